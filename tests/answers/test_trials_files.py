"""Tests read out from files to JSON: published figures, and the edges at which a unit counts."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.answers.files import Files, clock

T = datetime(2025, 3, 1, 9)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Row = dict[str, Any]
ASKED = {"kind": "experiment", "experiment": "x", "goal": "goal", "within": {"value": 7, "unit": "day"}}


def iso(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


class World:
    """Exposures and events, written down one by one."""

    def __init__(self) -> None:
        self.events = clock()
        self.exposures = "experiment_id,unit,unit_id,variant,ts\n"

    def saw(self, unit: str, variant: str, at: datetime = T) -> None:
        self.exposures += f"x,user,{unit},{variant},{iso(at)}\n"

    def did(self, unit: str, at: datetime, name: str = "goal") -> None:
        self.events += f"{unit},{name},{iso(at)}\n"

    def group(self, variant: str, units: int, hits: int) -> None:
        for number in range(units):
            self.saw(f"{variant}{number}", variant)
            self.did(f"{variant}{number}", T, "came")
            if number < hits:
                self.did(f"{variant}{number}", T + HOUR)

    def files(self, folder: Path) -> Files:
        return Files(folder, events=self.events, exposures=self.exposures)


def effect(files: Files, **more: Any) -> Row:
    rows = files.rows("effects", **ASKED, **more)
    assert len(rows) == 1
    return rows[0]


PUBLISHED = [
    # The example of proportions_ztest in the manual of statsmodels: z −1.41, p 0.159.
    ((5, 83), (12, 99), {"p_value": 0.159}),
    # R. Newcombe, Statistics in Medicine 17 (1998) 873–890, table II, method 10.
    ((56, 70), (48, 80), {"difference": 0.2, "low": 0.0524, "high": 0.3339}),
    ((9, 10), (3, 10), {"difference": 0.6, "low": 0.1705, "high": 0.8090}),
    ((6, 7), (2, 7), {"difference": 0.5714, "low": 0.0582, "high": 0.8062}),
    ((5, 56), (0, 29), {"difference": 0.0893, "low": -0.0381, "high": 0.1926}),
    ((0, 10), (0, 20), {"difference": 0.0, "low": -0.1611, "high": 0.2775}),
    ((0, 10), (0, 10), {"difference": 0.0, "low": -0.2775, "high": 0.2775}),
    ((10, 10), (0, 20), {"difference": 1.0, "low": 0.6791, "high": 1.0}),
    ((10, 10), (0, 10), {"difference": 1.0, "low": 0.6075, "high": 1.0}),
]


@pytest.mark.parametrize(("new", "control", "printed"), PUBLISHED)
def test_shares_as_they_were_published(
    tmp_path: Path, new: tuple[int, int], control: tuple[int, int], printed: dict[str, float]
) -> None:
    world = World()
    world.group("new", new[1], new[0])
    world.group("control", control[1], control[0])
    found = effect(world.files(tmp_path), weights=[
        {"variant": "new", "weight": new[1]}, {"variant": "control", "weight": control[1]}])  # fmt: skip
    assert {name: round(found[name], 4 if name != "p_value" else 3) for name in printed} == printed


@pytest.mark.parametrize(("hits", "relative"), [(0, None), (50, 0.0)])
def test_nobody_or_everybody(tmp_path: Path, hits: int, relative: float | None) -> None:
    """Where nothing varies there is an interval of the difference, and none of the ratio: it is not known exactly."""
    world = World()
    world.group("new", 50, hits)
    world.group("control", 50, hits)
    files = world.files(tmp_path)
    found = effect(files)
    assert (found["difference"], found["p_value"], found["relative"], found["verdict"]) == (
        0,
        None,
        relative,
        "not_yet",
    )
    assert (found["relative_low"], found["relative_high"]) == (None, None)
    assert found["high"] == -found["low"] == pytest.approx(0.0713, abs=5e-5)
    wide = effect(files, analysis="sequential")
    assert wide["low"] < found["low"] and found["high"] < wide["high"]


def test_what_counts_of_a_unit(tmp_path: Path) -> None:
    """From its first exposure on, the instant included, to the end of its week, the instant included."""
    world = World()
    done = {"before": -HOUR, "at_once": timedelta(0), "last": 7 * DAY, "late": 7 * DAY + timedelta(seconds=1)}
    for unit, after in done.items():
        world.saw(unit, "new")
        world.did(unit, T + after)
    world.saw("often", "new")
    world.saw("often", "new", T + DAY)
    world.did("often", T + HOUR)
    world.did("often", T + 2 * HOUR)
    world.saw("twice", "control", T)
    world.saw("twice", "new", T + HOUR)
    world.did("twice", T + 2 * HOUR)
    world.saw("again", "control", T)
    world.saw("stranger", "control", T)
    world.did("again", T - DAY)
    answer = world.files(tmp_path).ask(**ASKED)
    found = {row["variant"]: (row["units"], row["users"]) for row in answer["tables"]["variants"]}
    assert found == {"new": (5, 3), "control": (3, 1)}
    said = {row["check"]: row["said"] for row in answer["tables"]["checks"]}
    assert said["two_variants"] == "1 person (12.5 %) saw more than one variant; the first one counts."
    assert said["known"] == "1 id of people is in no other table; it counts, as having done nothing."


def test_a_unit_whose_week_is_not_over_is_not_read(tmp_path: Path) -> None:
    world = World()
    world.group("new", 10, 5)
    world.group("control", 10, 5)
    world.saw("late", "new", datetime(2026, 6, 28))
    answer = world.files(tmp_path).ask(**ASKED)
    assert {row["variant"]: (row["units"], row["read"]) for row in answer["tables"]["variants"]} == {
        "control": (10, 10), "new": (11, 10),
    }  # fmt: skip
    said = {row["check"]: row["said"] for row in answer["tables"]["checks"]}
    assert said["window_over"] == "1 person still has time left and is not read yet."


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ({"experiment": "y"}, "There is no test 'y'; Allowed: x."),
        ({"control": "old"}, "control: nobody saw 'old'; Allowed: control, new."),
        ({"measure": "sum"}, "measure sum adds up a field of the event; say which in field"),
        ({"guardrails": [{"goal": "came", "mragin": 0.1}]}, "guardrails.1: unknown field 'mragin'; did you mean"),
        ({"within": {"value": 7, "unit": "days"}}, "did you mean 'day'?"),
    ],
)
def test_what_is_refused_says_where(tmp_path: Path, question: Row, said: str) -> None:
    world = World()
    world.group("new", 1, 0)
    world.group("control", 1, 0)
    assert said in world.files(tmp_path).refused(**ASKED | question)
