"""Annotations: on which charts, in which range, and that editing or removing keeps what was said."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from lib.errors import StoreError
from lib.store import Annotation, ConflictError, Reach, Store

from .conftest import NOW, Clock

FUNDING = date(2022, 2, 1)
CHARTS = (  # five time charts, as pages would ask for them
    {"metric": "active_users", "page": "pulse"},
    {"metric": "grr", "page": "revenue", "segment": "enterprise"},
    {"page": "onboarding"},
    {"metric": "cac", "page": "channels", "segment": "influencer"},
    {},
)


def test_what_is_noted_is_kept(store: Store) -> None:
    made = store.annotations.add(
        FUNDING, " Series A ", "funding", author="ana", end_date=date(2022, 2, 9),
        scope=Reach(metrics=("grr",), pages=("revenue", "pulse"), segments=("smb",)),
    )  # fmt: skip
    assert made == Annotation(
        made.annotation_id, 1, FUNDING, date(2022, 2, 9), "Series A", "funding",
        Reach(("grr",), ("revenue", "pulse"), ("smb",)), "ana", NOW,
    )  # fmt: skip
    assert made.annotation_id.startswith("a_") and len(made.annotation_id) == 10
    assert store.annotations.list() == (made,) == store.annotations.history(made.annotation_id)
    assert store.annotations.history("a_none") == ()


def test_without_a_scope_it_is_on_every_chart_that_reaches_its_day(store: Store) -> None:
    # LE-20: on 5 of 5 time charts, and on none that ends before its date.
    made = store.annotations.add(FUNDING, "Series A, $10M", "funding", author="ana")
    found = [store.annotations.in_range(date(2022, 1, 1), date(2022, 3, 1), **chart) for chart in CHARTS]
    assert found == [(made,)] * 5
    ended = [store.annotations.in_range(date(2021, 1, 1), FUNDING - timedelta(days=1), **chart) for chart in CHARTS]
    assert ended == [()] * 5


@pytest.mark.parametrize(
    ("first", "last", "is_in"),
    [
        (date(2026, 5, 1), date(2026, 5, 3), False),
        (date(2026, 5, 1), date(2026, 5, 4), True),
        (date(2026, 5, 4), date(2026, 5, 4), True),
        (date(2026, 5, 6), date(2026, 5, 7), True),
        (date(2026, 5, 10), date(2026, 5, 31), True),
        (date(2026, 5, 11), date(2026, 5, 31), False),
        (date(2026, 1, 1), date(2026, 12, 31), True),
    ],
)
def test_a_span_touches_a_range_with_any_of_its_days(store: Store, first: date, last: date, is_in: bool) -> None:
    store.annotations.add(date(2026, 5, 4), "Campaign", "campaign", author="ana", end_date=date(2026, 5, 10))
    assert bool(store.annotations.in_range(first, last)) is is_in


@pytest.mark.parametrize(
    ("scope", "seen_by"),
    [
        (Reach(), [0, 1, 2, 3, 4]),
        (Reach(metrics=("grr",)), [1, 2, 4]),
        (Reach(pages=("revenue", "pulse")), [0, 1, 4]),
        (Reach(segments=("influencer",)), [0, 2, 3, 4]),
        (Reach(metrics=("grr", "cac"), pages=("channels",)), [3, 4]),
        (Reach(pages=("nowhere",)), [4]),
    ],
)
def test_a_scope_says_on_which_charts(store: Store, scope: Reach, seen_by: list[int]) -> None:
    """Every part that is not empty has to name the chart; what a chart does not say of itself counts for it."""
    store.annotations.add(FUNDING, "Price book 2", "pricing", author="ana", scope=scope)
    found = [bool(store.annotations.in_range(FUNDING, FUNDING, **chart)) for chart in CHARTS]
    assert [number for number, is_there in enumerate(found) if is_there] == seen_by


def test_they_come_by_date_and_title(store: Store) -> None:
    for day, title in ((2, "b"), (1, "z"), (2, "a")):
        store.annotations.add(date(2026, 1, day), title, "site", author="ana")
    found = store.annotations.in_range(date(2026, 1, 1), date(2026, 1, 2))
    assert [(one.date.day, one.title) for one in found] == [(1, "z"), (2, "a"), (2, "b")]


def test_editing_and_removing_add_versions(store: Store, clock: Clock) -> None:
    made = store.annotations.add(FUNDING, "Series A", "funding", author="ana")
    clock.forward(hours=1)
    changed = store.annotations.edit(replace(made, title="Series B", date=date(2022, 3, 1)), author="ben")
    assert (changed.version, changed.author, changed.created_at) == (2, "ben", clock.now)
    assert [change.words for change in made.differs(changed)] == [
        'date: "2022-02-01" → "2022-03-01"', 'title: "Series A" → "Series B"',
    ]  # fmt: skip
    assert store.annotations.in_range(FUNDING, FUNDING) == ()
    removed = store.annotations.remove(changed, author="cleo")
    assert store.annotations.list() == () == store.annotations.in_range(date(2000, 1, 1), date(2030, 1, 1))
    assert store.annotations.history(made.annotation_id) == (made, changed, removed)
    assert (removed.is_removed, removed.title) == (True, "Series B")
    back = store.annotations.edit(removed, author="ana")
    assert store.annotations.list() == (back,) and not back.is_removed


def test_who_comes_second_is_told(store: Store) -> None:
    # T22
    made = store.annotations.add(FUNDING, "Series A", "funding", author="ana")
    theirs = store.annotations.edit(replace(made, title="Series A, $10M"), author="ben")
    mine = replace(made, kind="launch")
    for verb in (store.annotations.edit, store.annotations.remove):
        with pytest.raises(ConflictError, match="The annotation 'Series A, \\$10M' was changed by ben") as caught:
            verb(mine, author="cleo")
        assert (caught.value.theirs, caught.value.base) == (theirs, made)
        assert [change.words for change in caught.value.their_changes] == ['title: "Series A" → "Series A, $10M"']
    assert 'kind: "funding" → "launch"' in [change.words for change in caught.value.your_changes]
    over = store.annotations.edit(mine.over(theirs), author="cleo")
    assert (over.version, over.kind, over.title) == (3, "launch", "Series A")


def test_an_id_is_used_once(store: Store) -> None:
    store.annotations.add(FUNDING, "Series A", "funding", author="ana", annotation_id="series-a")
    with pytest.raises(ConflictError, match="There is the annotation 'Series A' already"):
        store.annotations.add(FUNDING, "Another", "funding", author="ana", annotation_id="series-a")
    ghost = Annotation("a_ghost", 3, FUNDING, None, "x", "site", Reach(), "ana", NOW)
    with pytest.raises(StoreError, match="There is no version 3 of the annotation 'x'"):
        store.annotations.edit(ghost, author="ana")
    assert len(store.annotations.list()) == 1


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"title": " "}, "The title is empty; write one."),
        ({"title": "x" * 201}, "The title has 201 characters; at most 200 are kept."),
        ({"title": "a\0b"}, "The title holds characters that cannot be kept."),
        ({"author": ""}, "The author is empty"),
        ({"kind": "lunch"}, "There is no kind of annotation 'lunch'; did you mean 'launch'?"),
        ({"end_date": date(2022, 1, 31)}, "The annotation ends on 2022-01-31, before it begins on 2022-02-01."),
        ({"scope": Reach(pages=("",))}, "A value of pages is empty"),
    ],
)
def test_what_cannot_be_kept_is_refused(store: Store, said: dict[str, Any], sentence: str) -> None:
    whole = {"title": "Series A", "kind": "funding", "author": "ana", **said}
    with pytest.raises(StoreError) as caught:
        store.annotations.add(FUNDING, **whole)
    assert sentence in str(caught.value)
    assert store.annotations.list() == ()


def test_any_text_comes_back_as_it_was(store: Store) -> None:
    # T16
    for title in ("<b>bold</b>", "=cmd|' /C calc'!A0", "שלום עולם", "e\u0301 🙂 漢字", "'; drop table annotations; --"):
        store.annotations.add(FUNDING, title, "site", author=title, scope=Reach(segments=(title,)))
    found = store.annotations.list()
    assert len(found) == 5
    assert all(one.author == one.title == one.scope.segments[0] for one in found)
