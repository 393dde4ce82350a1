"""Changes of the demo company: the product reads the planted figures by the questions the team has saved."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from lib.answers import Answer, ask
from lib.demo import ANNOTATIONS, SETTINGS, TRUTHS
from lib.demo.readings import PAGE, note_id, readings, write_readings
from lib.facts import Facts
from lib.questions import parse
from lib.settings import Settings
from lib.store import Store

KEYS = ("one-package-churn", "one-package-new", "press", "four-plans", "help-moved")


@pytest.fixture(scope="module")
def answers(tables: dict[str, Any]) -> dict[str, Answer]:
    settings = Settings.model_validate(SETTINGS)
    facts = Facts.of(settings=settings, timezone=settings.company.timezone, **tables)
    return {one.key: ask(parse(one.body["question"]), facts) for one in readings()}


def effect(answer: Answer, name: str) -> dict[str, Any]:
    return answer.tables["effects"].row(by_predicate=pl.col("effect") == name, named=True)


def hits(answer: Answer, group: str) -> list[tuple[int, int | None]]:
    return answer.tables["windows"].filter(pl.col("group") == group).select("hits", "n").rows()


def test_one_package_halves_the_churn(answers: dict[str, Answer]) -> None:
    """SG-03: 24 of 400, then 12 of 400; where it came later 20, then 19: −2.75 points net. New customers ×1.75."""
    truth, churn = TRUTHS.changes.one_package, answers["one-package-churn"]
    assert hits(churn, "group") == [(24, 400), (12, 400)] == [(lost, truth.group.paying) for lost in truth.group.lost]
    assert hits(churn, "comparison") == [(20, 400), (19, 400)]
    change, net = effect(churn, "change"), effect(churn, "net")
    assert [round(100 * change[name], 1) for name in ("difference", "low", "high")] == [-3.0, -6.1, -0.1]
    assert 100 * net["difference"] == pytest.approx(truth.net_points)
    assert "−3.0 pp (95 % interval −6.1 to −0.1); against the comparison group −2.75 pp (95 %" in churn.headline
    new = answers["one-package-new"]
    assert [count for count, _ in hits(new, "group")] == [40, 70] == list(truth.group.new)
    ratio = effect(new, "change")
    assert [round(ratio[name], 2) for name in ("ratio", "ratio_low", "ratio_high")] == [1.75, 1.19, 2.58]


def test_four_plans_sell_more(answers: dict[str, Answer]) -> None:
    """IC-09: 45 of 1,500, then 72 of 1,600: +1.5 points (0.2…2.9)."""
    assert hits(answers["four-plans"], "group") == [(45, 1_500), (72, 1_600)]
    assert "3.0 % before, 4.5 % after, +1.5 pp (95 % interval 0.2 to 2.9): better." in answers["four-plans"].headline


def test_the_news_is_taken_apart(answers: dict[str, Answer]) -> None:
    """SG-17: 1,000 a day; 5,000, 3,000 and 2,000 are 7,000 more; 1,150 a day stay, 15.0 % more."""
    row = answers["press"].tables["spike"].row(0, named=True)
    assert [row[name] for name in ("baseline", "peak", "spike_days", "excess", "later")] == [
        1_000,
        5_000,
        3,
        7_000,
        1_150,
    ]
    assert row["kept"] == pytest.approx(0.15) and row["peak_day"] == TRUTHS.changes.press.at
    assert row["excess"] == TRUTHS.changes.press.excess


def test_the_move_lost_nobody(answers: dict[str, Answer]) -> None:
    """SG-18: 10,000 visits, then 13,000 on both hosts together: +30.0 %; the old host alone shows −90.0 %."""
    rows = {row["host"]: row for row in answers["help-moved"].tables["hosts"].iter_rows(named=True)}
    moved = TRUTHS.changes.moved
    assert (rows[None]["before"], rows[None]["after"]) == (10_000, 13_000)
    assert rows[None]["change"] == pytest.approx(0.3) and rows[moved.old]["change"] == pytest.approx(-0.9)
    assert (rows[moved.new]["before"], rows[moved.new]["after"]) == (0, 12_000)


def test_nobody_is_there_who_was_not(tables: dict[str, pl.DataFrame]) -> None:
    """Who looks at a page planted here has done something else half a minute before, so no day has more people."""
    own = pl.col("name").is_in([TRUTHS.changes.press.event, TRUTHS.changes.moved.event])
    events = tables["events"].with_columns(
        who=pl.coalesce("user_id", "anon_id"), day=pl.col("ts").dt.convert_time_zone("Europe/Berlin").dt.date()
    )
    planted, others = events.filter(own), events.filter(~own)
    assert planted.join(others, on=["who", "day"], how="anti").is_empty()


def test_readings_are_written_once_and_opened_by_their_change(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for _ in range(2):
        write_readings(store, "Tallyfold")
    views = {one.key: one for one in store.definitions.list("view")}
    [sites] = store.definitions.list("page_map")
    store.close()
    assert tuple(one.key for one in readings()) == KEYS and set(views) == set(KEYS)
    assert all(one.version == 1 and one.body["page"] == PAGE for one in views.values())
    known = {note_id(note) for note in ANNOTATIONS}
    assert all(one.body["controls"]["annotation"][0] in known for one in views.values())
    assert sites.body["hosts"] == {"tallyfold-help.example": "help.tallyfold.example"}
