"""Definitions: versions, what is in force when, conflicts, drafts, undo; against a slow model in plain Python."""

import itertools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as how
from hypothesis import strategies as st

from lib.errors import StoreError
from lib.store import ConflictError, Definition, Edit, Store, close_stores

from .conftest import NOW, Clock


def funnel(*steps: str) -> dict[str, Any]:
    return {"kind": "funnel", "steps": [{"event": step} for step in steps]}


def edit(*steps: str, author: str = "ana", **more: Any) -> Edit:
    return Edit("funnel", "signup", funnel(*(steps or ("open", "join"))), "Sign-up", author, **more)


def numbers(found: tuple[Definition, ...]) -> list[int]:
    return [one.version for one in found]


# ------------------------------------------------------------------ publish, history, diff


def test_a_published_version_keeps_everything(store: Store, clock: Clock) -> None:
    made = store.definitions.publish(edit(note="first try", owner="growth team"))
    assert made == Definition(
        "funnel", "signup", 1, "Sign-up", funnel("open", "join"), "live", "growth team", "ana", "first try",
        NOW, NOW, None,
    )  # fmt: skip
    assert store.definitions.live("funnel", "signup") == made
    assert store.definitions.newest("funnel", "signup") == made
    assert store.definitions.version("funnel", "signup", 1) == made
    clock.forward(minutes=3)
    second = store.definitions.publish(made.edited(author="ben", body=funnel("open", "pay"), note="pay is the aim"))
    assert (second.version, second.author, second.owner, second.based_on) == (2, "ben", "growth team", 1)
    assert second.created_at == NOW + timedelta(minutes=3)
    assert store.definitions.history("funnel", "signup") == (made, second)
    assert [change.words for change in made.differs(second)] == ['steps.2.event: "join" → "pay"']
    assert [change.words for change in made.differs(replace(second, name="Paid", owner="ben"))] == [
        'name: "Sign-up" → "Paid"', 'owner: "growth team" → "ben"', 'steps.2.event: "join" → "pay"',
    ]  # fmt: skip


def test_nothing_is_there_before(store: Store) -> None:
    definitions = store.definitions
    assert definitions.live("funnel", "signup") is None and definitions.newest("funnel", "signup") is None
    assert definitions.history("funnel", "signup") == () == definitions.list() == definitions.drafts()
    with pytest.raises(StoreError, match="There is no version 1 of the funnel 'signup'"):
        definitions.version("funnel", "signup", 1)
    for number in ("based_on", "seen"):
        with pytest.raises(StoreError, match="There is no version 4 of the funnel 'signup'"):
            definitions.publish(replace(edit(), **{number: 4}))
    assert definitions.history("funnel", "signup") == ()


def test_another_process_reads_it(store: Store, another: Callable[[], Store]) -> None:
    made = store.definitions.publish(edit(note="– ünï 漢字 🙂 <b>"))
    assert another().definitions.live("funnel", "signup") == made


def test_every_version_has_one_owner(store: Store) -> None:
    # CA-22: six versions, six with exactly one owner; publishing without one is refused.
    last = store.definitions.publish(edit())
    for author in ("ben", "cleo", "dan", "eve", "fay"):
        last = store.definitions.publish(last.edited(author=author))
    assert [one.owner for one in store.definitions.history("funnel", "signup")] == ["ana"] * 6
    with pytest.raises(StoreError, match="The owner is empty"):
        store.definitions.publish(last.edited(author="ben", owner=" "))
    with pytest.raises(StoreError, match="The author is empty"):
        store.definitions.publish(last.edited(author=""))
    assert len(store.definitions.history("funnel", "signup")) == 6


# ------------------------------------------------------------------ conflicts


def test_who_comes_second_is_told_and_loses_nothing(store: Store, clock: Clock) -> None:
    # T22
    opened = store.definitions.publish(edit())
    clock.forward(minutes=30)
    theirs = store.definitions.publish(opened.edited(author="ben", body=funnel("open", "pay"), note="his"))
    mine = opened.edited(author="cleo", body=funnel("open", "join", "stay"), note="hers")
    with pytest.raises(ConflictError) as caught:
        store.definitions.publish(mine)
    conflict = caught.value
    assert (conflict.base, conflict.theirs, conflict.yours) == (opened, theirs, mine)
    assert [change.words for change in conflict.their_changes] == ['steps.2.event: "join" → "pay"']
    assert [change.words for change in conflict.your_changes] == ['steps.3: added {"event": "stay"}']
    assert str(conflict) == (
        "The funnel 'signup' was changed by ben on 2026-06-01 12:30 UTC, since you opened version 1 (now 2):"
        ' steps.2.event: "join" → "pay". Yours was not saved: save it as newer, or as a draft.'
    )
    assert store.definitions.live("funnel", "signup") == theirs
    # On purpose: as a draft beside theirs, or as newer than theirs.
    draft = store.definitions.save_draft(mine, beside=True)
    assert (draft.version, draft.status, draft.based_on) == (3, "draft", 1)
    assert store.definitions.live("funnel", "signup") == theirs
    with pytest.raises(ConflictError):  # she has seen version 2, and not her own draft yet
        store.definitions.publish(mine.over(theirs))
    newer = store.definitions.publish(mine.over(draft))
    assert (newer.version, newer.based_on, newer.body) == (4, 1, funnel("open", "join", "stay"))
    assert [one.note for one in store.definitions.history("funnel", "signup")] == ["", "his", "hers", "hers"]


def test_a_key_in_use_is_not_a_new_definition(store: Store) -> None:
    first = store.definitions.publish(edit())
    with pytest.raises(ConflictError, match="There is the funnel 'signup' already \\(version 1, by ana") as caught:
        store.definitions.publish(edit("a", "b", author="ben"))
    assert caught.value.base is None and caught.value.their_changes == ()
    assert [change.path for change in caught.value.your_changes] == ["steps.1.event", "steps.2.event"]
    assert store.definitions.publish(edit("a", "b").over(first)).version == 2
    # The same key of another kind is another thing.
    view = Edit("view", "signup", {"question": funnel("a", "b")}, "Sign-up", "ana")
    assert store.definitions.publish(view).version == 1


@pytest.mark.parametrize("verb", ["publish", "save_draft", "make_live", "retire", "undo"])
def test_every_verb_minds_what_is_newer(store: Store, verb: str) -> None:
    definitions = store.definitions
    old = definitions.save_draft(edit())
    definitions.publish(old.edited(author="ben", body=funnel("x", "y")))
    verbs: dict[str, Callable[[], Definition]] = {
        "publish": lambda: definitions.publish(old.edited(author="cleo")),
        "save_draft": lambda: definitions.save_draft(old.edited(author="cleo")),
        "make_live": lambda: definitions.make_live(old, author="cleo"),
        "retire": lambda: definitions.retire(old, author="cleo"),
        "undo": lambda: definitions.undo(old, to=1, author="cleo"),
    }
    with pytest.raises(ConflictError, match="changed by ben"):
        verbs[verb]()
    assert numbers(definitions.history("funnel", "signup")) == [1, 2]


def test_the_examples_in_the_docs(tmp_path: Path) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "state.md").read_text("utf-8")
    names: dict[str, Any] = {"workspace": tmp_path}
    for code in re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL):
        exec(code, names)
    assert names["store"].definitions.history("channel_rules", "standard")[-1].author == "ben"
    assert [one.owner for one in names["store"].objectives.list()] == ["ben"]
    close_stores()


# ------------------------------------------------------------------ drafts, retire, undo


def test_a_draft_is_not_in_force_until_it_is_made_live(store: Store, clock: Clock) -> None:
    draft = store.definitions.save_draft(edit(note="an idea"))
    assert (draft.status, draft.effective_from) == ("draft", None)
    assert store.definitions.live("funnel", "signup") is None and store.definitions.list() == ()
    assert store.definitions.drafts() == store.definitions.drafts("funnel") == (draft,)
    assert store.definitions.drafts("view") == ()
    clock.forward(hours=1)
    live = store.definitions.make_live(draft, author="ben")
    assert (live.version, live.body, live.note, live.effective_from) == (2, draft.body, "an idea", clock.now)
    assert store.definitions.drafts() == ()
    assert store.definitions.live("funnel", "signup") == live


def test_a_draft_beside_what_is_live_stays_open_until_it_is_continued(store: Store) -> None:
    live = store.definitions.publish(edit())
    draft = store.definitions.save_draft(live.edited(author="ben", body=funnel("a", "b")))
    newer = store.definitions.publish(live.edited(author="ana", body=funnel("c", "d")).over(draft))
    assert store.definitions.drafts() == (draft,)
    further = store.definitions.save_draft(draft.edited(author="ben", body=funnel("a", "b", "c")).over(newer))
    assert store.definitions.drafts() == (further,)
    assert store.definitions.list() == (newer,)


def test_a_draft_that_is_discarded_is_put_away_and_nothing_else_changes(store: Store, clock: Clock) -> None:
    definitions = store.definitions
    live = definitions.publish(edit())
    draft = definitions.save_draft(live.edited(author="ben", body=funnel("a", "b"), note="his"))
    other = definitions.save_draft(live.edited(author="cleo", body=funnel("c", "d")), beside=True)
    clock.forward(hours=1)
    done = definitions.discard(draft, author="ana", note="no longer needed")
    assert (done.version, done.status, done.author, done.note) == (4, "discarded", "ana", "no longer needed")
    assert (done.effective_from, done.based_on, done.body, done.owner) == (None, 2, draft.body, "ana")
    assert definitions.drafts() == (other,)
    assert definitions.live("funnel", "signup") == live and definitions.list() == (live,)
    assert definitions.as_of("funnel", "signup", clock.now + timedelta(days=9)) == live
    assert definitions.retired() == () and definitions.history("funnel", "signup") == (live, draft, other, done)
    # It can be brought back as any version can.
    again = definitions.undo(done, to=draft.version, author="ana")
    assert again.body == draft.body and definitions.list() == (again,)


def test_only_open_drafts_are_discarded(store: Store) -> None:
    definitions = store.definitions
    live = definitions.publish(edit())
    with pytest.raises(StoreError, match="Version 1 of the funnel 'signup' is no draft"):
        definitions.discard(live, author="ana")
    first = definitions.save_draft(live.edited(author="ben"))
    definitions.discard(first, author="ana")
    second = definitions.save_draft(live.edited(author="ben"), beside=True)
    definitions.publish(second.edited(author="ben"))
    third = definitions.save_draft(live.edited(author="ben"), beside=True)
    definitions.save_draft(third.edited(author="ben"))
    before = definitions.history("funnel", "signup")
    for draft in (first, second, third):
        with pytest.raises(StoreError, match=f"The draft {draft.version} of the funnel 'signup' is not open any more"):
            definitions.discard(draft, author="cleo")
    assert definitions.history("funnel", "signup") == before


def test_a_draft_beside_is_no_reason_not_to_retire(store: Store) -> None:
    live = store.definitions.publish(edit())
    draft = store.definitions.save_draft(live.edited(author="ben", body=funnel("a", "b")))
    with pytest.raises(ConflictError):
        store.definitions.retire(live, author="ana")
    ended = store.definitions.retire(live, author="ana", seen=draft.version)
    assert (ended.version, ended.status, ended.body, ended.based_on) == (3, "retired", live.body, 1)
    assert store.definitions.list() == () and store.definitions.drafts() == (draft,)


ROUTING = {
    "rules": [
        {"name": "enterprise", "where": [{"field": "seats", "op": "ge", "value": 50}], "team": "enterprise"},
        {"name": "velocity", "where": [{"field": "seats", "op": "ge", "value": 10}], "team": "velocity"},
    ],
    "catch_all": "support",
}


def team(rules: Mapping[str, Any], seats: int) -> str:
    fits = (rule["team"] for rule in rules["rules"] if all(seats >= one["value"] for one in rule["where"]))
    return next(fits, rules["catch_all"])


def test_four_changes_in_four_weeks_and_an_undo(store: Store, clock: Clock) -> None:
    # CA-23: the median from draft to live is 6 minutes; undo restores the former team of all 1,000 leads.
    definitions = store.definitions
    last = definitions.publish(Edit("routing_rules", "leads", ROUTING, "Lead routing", "ana"))
    before = [team(last.body, seats) for seats in range(1_000)]
    for minutes, seats in ((4, 40), (6, 30), (6, 35), (30, 20)):
        clock.forward(days=7)
        first = {**ROUTING["rules"][0], "where": [{"field": "seats", "op": "ge", "value": seats}]}
        body = {**ROUTING, "rules": [first, ROUTING["rules"][1]]}
        draft = definitions.save_draft(last.edited(author="ben", body=body, note=f"{seats} seats are large"))
        clock.forward(minutes=minutes)
        last = definitions.make_live(draft, author="ben")
    history = definitions.history("routing_rules", "leads")
    drafts = {one.version: one for one in history if one.status == "draft"}
    took = [one.effective_from - drafts[one.based_on].created_at for one in history if one.based_on in drafts]
    assert median(took) == timedelta(minutes=6) and len(took) == 4
    assert [team(last.body, seats) for seats in range(1_000)] != before
    undone = definitions.undo(last, to=1, author="ana")
    assert [team(undone.body, seats) for seats in range(1_000)] == before
    assert (undone.version, undone.based_on, undone.note) == (10, 1, "as version 1")
    assert history[0].differs(undone) == ()
    with pytest.raises(StoreError, match="There is no version 99 of the routing rules 'leads'"):
        definitions.undo(undone, to=99, author="ana")


def test_what_is_retired_is_gone_from_then_on_and_can_come_back(store: Store, clock: Clock) -> None:
    live = store.definitions.publish(edit())
    clock.forward(days=1)
    ended = store.definitions.retire(live, author="ben", note="nobody looks at it")
    assert (ended.version, ended.status, ended.body) == (2, "retired", live.body)
    assert store.definitions.live("funnel", "signup") is None and store.definitions.list() == ()
    assert store.definitions.retired() == store.definitions.retired("funnel") == (ended,)
    assert store.definitions.as_of("funnel", "signup", NOW + timedelta(hours=23)) == live
    assert store.definitions.list(when=NOW) == (live,)
    clock.forward(days=1)
    again = store.definitions.undo(ended, to=1, author="ana")
    assert store.definitions.list() == (again,) and store.definitions.retired() == ()
    assert [store.definitions.as_of("funnel", "signup", NOW + timedelta(days=n)) for n in (0.5, 1.5, 2.5)] == [
        live, None, again,
    ]  # fmt: skip


# ------------------------------------------------------------------ in force


def test_in_force_at_a_moment_and_at_the_end_of_a_day(store: Store, clock: Clock) -> None:
    # The workspace is in Berlin: 1 June 2026 ends at 22:00 UTC.
    clock.now = datetime(2026, 6, 1, 21, 59, tzinfo=UTC)
    first = store.definitions.publish(edit())
    clock.now = datetime(2026, 6, 1, 22, 0, tzinfo=UTC)
    second = store.definitions.publish(first.edited(author="ana", body=funnel("a", "b")))
    as_of = store.definitions.as_of
    assert as_of("funnel", "signup", date(2026, 5, 31)) is None
    assert as_of("funnel", "signup", date(2026, 6, 1)) == first
    assert as_of("funnel", "signup", date(2026, 6, 2)) == second
    assert as_of("funnel", "signup", datetime(2026, 6, 1, 21, 59, tzinfo=UTC)) == first
    assert as_of("funnel", "signup", datetime(2026, 6, 1, 21, 58, 59, 999999, tzinfo=UTC)) is None
    assert as_of("funnel", "signup", datetime(2026, 6, 2, 0, 0)) == second, "without an offset it is local"
    assert store.definitions.list(when=date(2026, 6, 1)) == (first,)
    assert store.definitions.list(when=date(2026, 6, 2)) == (second,)


def test_a_version_can_begin_later_or_have_begun_before(store: Store, clock: Clock) -> None:
    first = store.definitions.publish(edit())
    later = store.definitions.publish(
        first.edited(author="ana", body=funnel("a", "b"), effective_from=date(2026, 7, 1))
    )
    assert later.effective_from == datetime(2026, 6, 30, 22, tzinfo=UTC), "a day begins at midnight in Berlin"
    assert store.definitions.live("funnel", "signup") == first and store.definitions.list() == (first,)
    assert store.definitions.as_of("funnel", "signup", date(2026, 6, 30)) == first
    assert store.definitions.as_of("funnel", "signup", date(2026, 7, 1)) == later
    clock.forward(days=40)
    assert store.definitions.live("funnel", "signup") == later
    # History recomputed: the newest version speaks for last year, too.
    past = store.definitions.publish(
        later.edited(author="ana", body=funnel("c", "d"), effective_from=datetime(2025, 1, 1, tzinfo=UTC))
    )
    assert store.definitions.as_of("funnel", "signup", date(2025, 5, 5)) == past
    assert store.definitions.live("funnel", "signup") == past
    assert store.definitions.as_of("funnel", "signup", date(2024, 12, 31)) is None


def test_a_clock_that_goes_back_takes_nothing_back(store: Store, clock: Clock) -> None:
    # T8: the clock of the one who published was ahead.
    first = store.definitions.publish(edit())
    clock.forward(days=-1)
    assert store.definitions.live("funnel", "signup") == first and store.definitions.list() == (first,)
    second = store.definitions.publish(first.edited(author="ana", body=funnel("a", "b")))
    assert store.definitions.live("funnel", "signup") == second


def test_the_list_is_by_kind_and_name(store: Store) -> None:
    for kind, key, name in (
        ("view", "z", "apples"), ("funnel", "b", "Beta"), ("funnel", "a", "alpha"), ("funnel", "c", "alpha"),
    ):  # fmt: skip
        body = funnel("a", "b") if kind == "funnel" else {"question": funnel("a", "b")}
        store.definitions.publish(Edit(kind, key, body, name, "ana"))
    assert [(one.kind, one.key) for one in store.definitions.list()] == [
        ("funnel", "a"), ("funnel", "c"), ("funnel", "b"), ("view", "z"),
    ]  # fmt: skip
    assert [one.key for one in store.definitions.list("view")] == ["z"]


# ------------------------------------------------------------------ a slow model


@dataclass
class Row:
    status: str
    steps: tuple[str, str]
    starts: datetime | None
    made: datetime


def in_force(rows: list[Row], when: datetime) -> int | None:
    """The number of the version in force, found by looking at them all."""
    for place in range(len(rows) - 1, -1, -1):
        starts = rows[place].starts
        if starts is not None and starts <= when:
            return place + 1 if rows[place].status == "live" else None
    return None


STEPS = st.tuples(
    st.sampled_from(["publish", "draft", "retire", "undo"]),
    st.integers(0, 3),  # how far behind the newest version the person is
    st.none() | st.integers(-72, 72),  # hours until it begins
    st.integers(0, 30),  # hours that pass
    st.sampled_from(["join", "pay", "stay"]),
)
KEYS = itertools.count()


@given(steps=st.lists(STEPS, min_size=1, max_size=10))
@how(max_examples=40)
def test_any_sequence_of_edits_agrees_with_a_list(shared: tuple[Store, Clock], steps: list[Any]) -> None:
    store, clock = shared
    definitions, key, rows, kept = store.definitions, f"k{next(KEYS)}", list[Row](), list[Definition]()
    clock.now = NOW
    for verb, behind, begins, passes, word in steps:
        clock.forward(hours=passes)
        opened = kept[max(0, len(kept) - 1 - behind)] if kept else None
        starts = None if begins is None else clock.now + timedelta(hours=begins)
        body, wanted = funnel("open", word), ("open", word)
        if opened is None:
            done = definitions.publish(Edit("funnel", key, body, "n", "a", effective_from=starts))
            status = "live"
        else:
            change = opened.edited(author="a", body=body, effective_from=starts)
            verbs: dict[str, Callable[[], Definition]] = {
                "publish": lambda change=change: definitions.publish(change),
                "draft": lambda change=change: definitions.save_draft(change),
                "retire": lambda opened=opened, s=starts: definitions.retire(opened, author="a", effective_from=s),
                "undo": lambda opened=opened: definitions.undo(opened, to=1, author="a"),
            }
            if opened.version < len(kept):
                with pytest.raises(ConflictError) as caught:
                    verbs[verb]()
                assert caught.value.theirs == kept[-1]
                continue
            done = verbs[verb]()
            status = {"publish": "live", "draft": "draft", "retire": "retired", "undo": "live"}[verb]
            if verb in ("retire", "undo"):
                wanted = rows[0 if verb == "undo" else opened.version - 1].steps
            if verb == "undo":
                starts = None
        kept.append(done)
        rows.append(Row(status, wanted, None if status == "draft" else starts or clock.now, clock.now))
        # What was written stays as it was written, and is read back as it was returned.
        assert list(definitions.history("funnel", key)) == kept
        for hours in (-80, -1, 0, 5, 80):
            when = clock.now + timedelta(hours=hours)
            number = in_force(rows, when)
            found = definitions.as_of("funnel", key, when)
            assert (found and found.version) == number
            assert (found in definitions.list(when=when)) == (number is not None)
            assert found is None or [step["event"] for step in found.body["steps"]] == list(rows[number - 1].steps)
        now = in_force(rows, clock.now)
        live = definitions.live("funnel", key)
        assert (live and live.version) == now
    assert [row.status for row in rows] == [one.status for one in kept]
    assert numbers(tuple(kept)) == list(range(1, len(kept) + 1))
