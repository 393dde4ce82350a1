"""Objectives, key results, check-ins, reported numbers and tests: every version kept, and nobody's work lost."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from lib.errors import GrowthOpsError, StoreError
from lib.questions import parse
from lib.store import CheckIn, ConflictError, Experiment, KeyResult, Objective, Reading, Snapshot, Store

from .conftest import NOW, Clock

KEEP = Objective("2026-Q1", "Keep who we win", "ana", team="Growth")
GRR = KeyResult(
    "o_1", "GRR to 92 %", "ana", "increase", 0.92, date(2026, 1, 1), date(2026, 4, 1), baseline=0.88,
    metric_key="grr", filters=({"field": "account.segment", "op": "eq", "value": "smb"},), reading=Reading("month"),
)  # fmt: skip
MAIL = Experiment(
    "Second mail", "A second mail brings more back", "ana", "activation_rate", guardrails=("logo_churn",),
    variants={"control": 1, "mail": 1}, planned_n=4_000, start_on=date(2026, 3, 1),
)  # fmt: skip


def numbers(value: float | None = 0.9, **more: Any) -> Snapshot:
    said: dict[str, Any] = {"definition": {"meaning": "kept"}, "stamp": "s1", "author": "ana", **more}
    return Snapshot("grr", date(2026, 3, 31), value, **said)


def test_what_is_written_down_is_kept(store: Store) -> None:
    made = store.objectives.add(KEEP, author=" ana ", note="a start")
    assert made == replace(
        KEEP, objective_id=made.objective_id, version=1, author="ana", note="a start", created_at=NOW
    )
    assert made.objective_id.startswith("o_") and len(made.objective_id) == 10
    result = store.key_results.add(replace(GRR, objective_id=made.objective_id), author="ana")
    assert result == replace(
        GRR, objective_id=made.objective_id, kr_id=result.kr_id, version=1, author="ana", created_at=NOW
    )
    assert result.filters == GRR.filters and result.reading == Reading("month")
    assert store.key_results.of(made.objective_id) == (result,) and store.key_results.of("o_2") == ()
    assert store.objectives.get(made.objective_id) == made and store.objectives.get("o_none") is None
    test = store.experiments.add(MAIL, author="ana")
    assert store.experiments.list() == (test,) and test.guardrails == ("logo_churn",)
    assert test.variants == {"control": 1.0, "mail": 1.0}


def test_a_question_is_kept_as_the_contract_writes_it(store: Store) -> None:
    asked = {"kind": "retention", "start": "sign_up", "return": "open"}
    counted = Reading("week", table="curve", column="rate", view="week-one")
    made = store.key_results.add(replace(GRR, metric_key=None, filters=(), question=asked, reading=counted), author="a")
    assert made.question == parse(asked).as_json()
    assert made.reading == counted


def test_a_change_adds_a_version_and_loses_none(store: Store, clock: Clock) -> None:
    made = store.objectives.add(KEEP, author="ana")
    later = clock.forward(days=1)
    changed = store.objectives.change(replace(made, title="Keep them", status="achieved"), author="ben", note="done")
    assert (changed.version, changed.author, changed.note, changed.created_at) == (2, "ben", "done", later)
    assert store.objectives.history(made.id) == (made, changed)
    assert store.objectives.list() == (changed,)
    assert [one.words for one in made.differs(changed)] == [
        'title: "Keep who we win" → "Keep them"', 'status: "live" → "achieved"',
    ]  # fmt: skip


def test_they_come_in_the_order_they_were_written(store: Store, clock: Clock) -> None:
    first = store.objectives.add(KEEP, author="ana")
    clock.forward(seconds=1)
    second = store.objectives.add(replace(KEEP, title="Second"), author="ana")
    clock.forward(seconds=1)
    store.objectives.change(replace(first, title="First"), author="ana")
    assert [one.title for one in store.objectives.list()] == ["First", "Second"] and second.version == 1


def test_who_comes_second_sees_both_and_can_join_them(store: Store) -> None:
    # T22
    made = store.objectives.add(KEEP, author="ana")
    theirs = store.objectives.change(replace(made, title="Theirs", team="Product"), author="ben")
    with pytest.raises(ConflictError) as caught:
        store.objectives.change(replace(made, owner="cleo", team="Sales"), author="cleo")
    told = caught.value
    assert (told.base, told.theirs) == (made, theirs) and isinstance(told.yours, Objective)
    assert str(told).endswith("Yours was not saved: save it as newer.") and "changed by ben" in str(told)
    assert [one.words for one in told.their_changes] == [
        'title: "Keep who we win" → "Theirs"', 'team: "Growth" → "Product"',
    ]  # fmt: skip
    assert [one.words for one in told.your_changes] == ['owner: "ana" → "cleo"', 'team: "Growth" → "Sales"']
    assert told.yours.overlap(made, theirs) == ("team",)
    both = store.objectives.change(told.yours.joined(made, theirs), author="cleo")
    assert (both.version, both.title, both.owner, both.team) == (3, "Theirs", "cleo", "Sales")
    over = store.objectives.change(told.yours.over(both), author="cleo")
    assert (over.version, over.title, over.team) == (4, "Keep who we win", "Sales")
    assert len(store.objectives.history(made.id)) == 4, "neither is lost"


def test_an_id_is_used_once_and_a_ghost_is_refused(store: Store) -> None:
    store.objectives.add(replace(KEEP, objective_id="keep"), author="ana")
    with pytest.raises(ConflictError, match="There is the objective 'Keep who we win' already"):
        store.objectives.add(replace(KEEP, objective_id="keep", title="Other"), author="ana")
    with pytest.raises(StoreError, match="There is no version 7 of the objective"):
        store.objectives.change(replace(KEEP, objective_id="keep", version=7), author="ana")


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"title": " "}, "The title is empty; write one."),
        ({"owner": ""}, "The owner is empty"),
        ({"cycle": "Q1"}, "'Q1' is no cycle; write one like 2026-Q1"),
        ({"cycle": "2026-13"}, "is no cycle"),
        ({"level": "squad"}, "The level cannot be 'squad'"),
        ({"kind": "comitted"}, "did you mean 'committed'?"),
        ({"status": "open"}, "The status cannot be 'open'"),
        ({"objective_id": "o", "parent_id": "o"}, "cannot lie under itself"),
    ],
)
def test_objectives_that_cannot_be_kept(store: Store, said: dict[str, Any], sentence: str) -> None:
    with pytest.raises(StoreError) as caught:
        store.objectives.add(replace(KEEP, **said), author="ana")
    assert sentence in str(caught.value) and store.objectives.list() == ()


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"target": 0.88}, "Baseline and target are both 0.88, so there is no way to go"),
        ({"target": 0.5}, "From 0.88 to 0.5 is no increase; choose 'decrease'"),
        ({"type": "decrease"}, "From 0.88 to 0.92 is no decrease; choose 'increase'"),
        ({"baseline": None}, "needs a baseline"),
        ({"type": "milestone", "baseline": None, "target": 0.0}, "are both 0"),
        ({"type": "grow"}, "The type cannot be 'grow'"),
        ({"due_on": date(2026, 1, 1)}, "is due on 2026-01-01, not after its start"),
        ({"cadence_days": 0}, "write a number from 1 to 366"),
        ({"target": float("nan")}, "The target is a number"),
        ({"weight": -1.0}, "write a number at least 0"),
        ({"metric_key": "No metric"}, "is not the name of a metric"),
        ({"question": {"kind": "metric", "metric": "grr"}}, "from a metric or from a question, not from both"),
        ({"metric_key": None}, "Filters belong to a metric"),
        ({"filters": ({"field": "x", "op": "near", "value": 1},)}, "A filter cannot be asked"),
        ({"metric_key": None, "filters": (), "question": {"kind": "funel"}}, "There is no kind of question 'funel'"),
        (
            {"metric_key": None, "filters": (), "question": {"kind": "metric", "metric": "grr"}},
            "Say which number of the question counts",
        ),
        ({"reading": Reading("fortnight")}, "The grain cannot be 'fortnight'"),
        ({"status": "closed"}, "closed with a score and the day"),
        ({"score": 1.2}, "write a number from 0 to 1"),
    ],
)
def test_key_results_that_cannot_be_kept(store: Store, said: dict[str, Any], sentence: str) -> None:
    with pytest.raises(GrowthOpsError) as caught:
        store.key_results.add(replace(GRR, **said), author="ana")
    assert sentence in str(caught.value) and store.key_results.list() == ()


def test_a_closed_key_result_keeps_its_score(store: Store) -> None:
    made = store.key_results.add(GRR, author="ana")
    closed = store.key_results.change(
        replace(
            made, status="closed", score=0.8, final_value=0.912, closed_on=date(2026, 4, 1),
            frozen={"meaning": "kept ÷ then"},
        ),
        author="ana",
    )  # fmt: skip
    tries: list[tuple[dict[str, Any], str]] = [
        ({"score": 1.0}, "its score stays"), ({"target": 0.9}, "its target stays"),
        ({"frozen": None, "final_value": 1.0}, "its final value and frozen stays"),
        ({"status": "live"}, "takes its score off"),
    ]  # fmt: skip
    for what, sentence in tries:
        with pytest.raises(StoreError, match=sentence):
            store.key_results.change(replace(closed, **what), author="ben")
    named = store.key_results.change(replace(closed, title="GRR, all regions"), author="ben")
    assert (named.score, named.frozen) == (0.8, {"meaning": "kept ÷ then"})
    opened = store.key_results.change(
        replace(named, status="live", score=None, closed_on=None, final_value=None, frozen=None), author="ben"
    )
    assert opened.status == "live" and [one.score for one in store.key_results.history(made.id)] == [
        None, 0.8, 0.8, None,
    ]  # fmt: skip


def test_check_ins_are_appended_and_say_why(store: Store, clock: Clock) -> None:
    first = store.check_ins.add("kr_1", 0.9, author="ana", value=0.9)
    assert first == CheckIn("kr_1", NOW, 0.9, "ana", 0.9, "", "", first.checkin_id)
    clock.forward(days=7)
    with pytest.raises(StoreError, match=r"Say why in a note: confidence is 0.7, after 0.9 the last time"):
        store.check_ins.add("kr_1", 0.7, author="ana")
    with pytest.raises(StoreError, match=r"Say why in a note: confidence is 0.69"):
        store.check_ins.add("kr_2", 0.69, author="ana")
    second = store.check_ins.add("kr_1", 0.7, author="ana", note="two accounts wobble", blocker="no staff")
    other = store.check_ins.add("kr_2", 0.7, author="ben")
    assert store.check_ins.of("kr_1") == (first, second)
    assert {one.checkin_id for one in store.check_ins.list()} == {one.checkin_id for one in (first, second, other)}
    for confidence in (1.1, -0.1, float("nan")):
        with pytest.raises(StoreError, match="The confidence is"):
            store.check_ins.add("kr_1", confidence, author="ana", note="x")


def test_reported_numbers_are_appended_with_their_definition(store: Store, clock: Clock) -> None:
    # UP-34: what was reported stays as it was, whatever the number means later.
    first = store.snapshots.report(numbers())
    assert (first.version, first.def_version, first.reported_at) == (1, 1, NOW)
    clock.forward(days=1)
    assert store.snapshots.report(numbers(stamp="s2")) == first, "the same number again says nothing new"
    late = store.snapshots.report(numbers(0.91, stamp="s2", reason="late data"))
    anew = store.snapshots.report(numbers(0.91, stamp="s2", definition={"meaning": "kept, paused out"}))
    other = store.snapshots.report(numbers(0.5, dims={"segment": "smb"}))
    assert [(one.version, one.def_version, one.value) for one in (late, anew, other)] == [
        (2, 1, 0.91), (3, 2, 0.91), (1, 1, 0.5),
    ]  # fmt: skip
    assert store.snapshots.of("grr", {}) == (first, late, anew)
    assert store.snapshots.of("grr", {"segment": "smb"}) == (other,)
    assert len(store.snapshots.of("grr")) == len(store.snapshots.list()) == 4


def test_a_test_is_decided_once_for_each_version(store: Store) -> None:
    made = store.experiments.add(replace(MAIL, status="running", setup={"event": "activated"}), author="ana")
    decided = store.experiments.decide(made, "ship", "A second mail brings 4 pp more back", author="ben")
    assert (decided.status, decided.decision, decided.version) == ("decided", "ship", 2)
    with pytest.raises(ConflictError, match="The test 'Second mail' was changed by ben"):
        store.experiments.decide(made, "no_effect", "nothing", author="cleo")
    tries: list[tuple[dict[str, Any], str]] = [
        ({"decision": None, "status": "decided"}, "decided with a decision"),
        ({"decision": "ship"}, "has none before"),
        ({"kind": "A/B"}, "is no kind of test"),
        ({"end_on": date(2026, 2, 1)}, "ends on 2026-02-01, before"),
        ({"planned_n": 0}, "plan for at least 1"),
        ({"unit": "visitor"}, "The unit cannot be"),
        ({"variants": {"a": float("inf")}}, "The weight of 'a' is a number"),
        ({"name": ""}, "The name is empty"),
        ({"decision": "ship", "status": "decided"}, "What was learnt is empty"),
    ]
    for said, sentence in tries:
        with pytest.raises(StoreError, match=sentence):
            store.experiments.add(replace(MAIL, **said), author="ana")


def test_any_text_comes_back_as_it_was(store: Store) -> None:
    # T16
    for title in ("<b>bold</b>", "=cmd|' /C calc'!A0", "שלום עולם", "e\u0301 🙂 漢字", "'; drop table objectives; --"):
        made = store.objectives.add(replace(KEEP, title=title, owner=title), author=title)
        assert store.objectives.get(made.id) == made and made.title == made.author == title
        assert store.check_ins.add("kr", 0.5, author=title, note=title, blocker=title).blocker == title


def test_of_a_thousand_races_no_update_is_lost(store: Store, another: Callable[[], Store]) -> None:
    # T22: two editors change the same objectives 1,000 times; who loses is told, joins, and both changes stand.
    rounds = 10
    made = [store.objectives.add(KEEP, author="ana") for _ in range(50 if store.address.file else 12)]
    both, lost = threading.Barrier(2, timeout=60), [0, 0]

    def edit(place: int, through: Store) -> None:
        for one in made:
            both.wait()
            for number in range(rounds):
                part: dict[str, Any] = {"title": f"t{number}"} if place == 0 else {"owner": f"w{number}"}
                mine = replace(through.objectives.get(one.id) or one, **part)
                while True:
                    try:
                        through.objectives.change(mine, author=f"editor {place}")
                        break
                    except ConflictError as conflict:
                        lost[place] += 1
                        base, theirs, yours = conflict.base, conflict.theirs, conflict.yours
                        assert isinstance(base, Objective) and isinstance(theirs, Objective)
                        assert isinstance(yours, Objective) and theirs.author != f"editor {place}"
                        mine = yours.joined(base, theirs)

    threads = [threading.Thread(target=edit, args=pair) for pair in enumerate((store, another()))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(lost) > 0.4 * len(made), "nobody ever met another"
    for one in made:
        history = store.objectives.history(one.id)
        assert [each.version for each in history] == list(range(1, 2 * rounds + 2))
        said = [(each.title, each.author) for each in history if each.author == "editor 0"]
        assert said == [(f"t{number}", "editor 0") for number in range(rounds)]
        assert [each.owner for each in history if each.author == "editor 1"] == [f"w{n}" for n in range(rounds)]
        assert (history[-1].title, history[-1].owner) == (f"t{rounds - 1}", f"w{rounds - 1}")


def test_times_are_instants(store: Store) -> None:
    berlin = datetime(2026, 3, 1, 9, tzinfo=UTC) + timedelta(hours=1)
    store.check_ins.add("kr_1", 0.8, author="ana", at=berlin)
    assert store.check_ins.of("kr_1")[0].at == datetime(2026, 3, 1, 10, tzinfo=UTC)
