"""The bridge of revenue: it foots, it is told apart by more than colour, and it says what it shows."""

from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.charts import cohorts, revenue_bridge
from lib.charts.revenue_bridge import SIGNS
from lib.charts.tones import DARK, LIGHT, Tones

ZERO = dict.fromkeys(SIGNS, 0.0)


def table(*steps: dict[str, float], start: float = 500.0) -> pl.DataFrame:
    """Movements by month; what is not said is nothing, and the end follows."""
    rows = []
    for month, step in enumerate(steps, 1):
        moved = ZERO | step
        end = start + sum(sign * moved[name] for name, sign in SIGNS.items())
        rows.append(
            {
                "bucket": date(2026, month, 1),
                "segment": "All",
                "start_mrr": start,
                **{k: float(v) for k, v in moved.items()},
                "end_mrr": end,
            }
        )
        start = end
    return pl.DataFrame(rows)


def rows(frame: pl.DataFrame, tones: Tones = LIGHT) -> list[dict[str, Any]]:
    spec = revenue_bridge.chart(frame, tones).to_dict()
    return spec["datasets"][spec["data"]["name"]]


TWO = table({"new": 50, "churn": 100, "paused": -10}, {"new": 30, "expansion": 20, "contraction": 5, "paused": 10})


@pytest.mark.parametrize("tones", [LIGHT, DARK])
def test_each_bar_begins_where_the_one_before_ended(tones: Tones) -> None:
    drawn = rows(TWO, tones)
    assert [row["name"] for row in drawn] == [
        "MRR at the start", "New", "Expansion", "Contraction", "Churn", "MRR at the end",
    ]  # fmt: skip
    assert [row["amount"] for row in drawn] == ["$500", "+$80", "+$20", "−$5", "−$100", "$495"]
    assert [row["after"] for row in drawn] == [500, 580, 600, 595, 495, 495]
    ink, up, down = tones.ink, tones.good, tones.bad
    assert [row["shade"] for row in drawn] == [ink, up, up, down, down, ink]
    assert [row["moves"] for row in drawn] == [False, True, True, True, True, False]
    assert drawn[4]["key"] == '["churn"]'


def test_only_movements_can_be_clicked() -> None:
    spec = revenue_bridge.chart(TWO, LIGHT).to_dict()
    assert [layer["transform"][0]["filter"] for layer in spec["layer"] if layer.get("name") == "points"] == [
        "datum.moves"
    ]


def test_the_axis_begins_at_zero_unless_nothing_could_be_seen() -> None:
    def first(frame: pl.DataFrame) -> tuple[float, bool]:
        spec = revenue_bridge.chart(frame, LIGHT).to_dict()
        notes = [found for found in spec["datasets"].values() if found and "note" in found[0]]
        return spec["layer"][0]["encoding"]["x"]["scale"]["domain"][0], bool(notes) or "axis begins" in str(spec)

    assert first(table({"new": 500})) == (0, False)
    low, said = first(table({"new": 5}))
    assert 0 < low < 500
    assert said
    assert first(table({"churn": 700})) == (-200, False)


def test_a_group_that_changes_its_members_still_foots() -> None:
    frame = pl.concat([table({"new": 10}), table({}, {"churn": 5}, start=530).tail(1)])
    assert revenue_bridge.parts(frame) == {"start": 500, "new": 10, "churn": -5, "elsewhere": 20, "end": 525}


amounts = st.integers(-10_000, 10_000).map(float)


@given(st.lists(st.fixed_dictionaries(dict.fromkeys(SIGNS, amounts)), min_size=1, max_size=4))
def test_it_foots(steps: list[dict[str, float]]) -> None:
    told = revenue_bridge.parts(table(*steps))
    assert sum(amount for name, amount in told.items() if name != "end") == pytest.approx(told["end"])
    assert "elsewhere" not in told


def test_it_says_what_it_shows() -> None:
    assert revenue_bridge.title(TWO) == "MRR fell 1.0 % to $495: new added most ($80), churn took most ($100)"
    assert revenue_bridge.title(table({})) == "Nothing moved: MRR is $500"
    of_days = "Nothing moved: MRR is $500, 1 Feb – 31 Mar 2026"
    assert revenue_bridge.title(table({}), span="1 Feb – 31 Mar 2026") == of_days
    assert revenue_bridge.title(table({"new": 7}, start=0), span="1 Feb – 31 Mar 2026 so far") == (
        "MRR grew to $7, 1 Feb – 31 Mar 2026 so far: new added most ($7)"
    )
    assert revenue_bridge.title(table({"new": 7}, start=0)) == "MRR grew to $7: new added most ($7)"
    assert revenue_bridge.title(table({"new": 7, "churn": 7})).startswith("MRR stayed at $500: ")
    assert revenue_bridge.summary(TWO) == (
        "MRR from $500.00 to $495.00: new +$80.00, expansion +$20.00, contraction −$5.00, churn −$100.00."
    )
    assert revenue_bridge.summary(TWO.clear()) == "MRR from $0.00 to $0.00."


def test_cohorts_say_what_their_cells_are() -> None:
    frame, more = cohorts.example()
    spec = cohorts.chart(frame, LIGHT, **more, share="GRR", there="Accounts that pay").to_dict()
    titles = [tip["title"] for tip in spec["layer"][0]["encoding"]["tooltip"]]
    assert titles == ["Cohort of", "Period", "GRR", "Accounts that pay", "Of", "State"]
    assert "GRR between" in cohorts.summary(frame, "GRR")
