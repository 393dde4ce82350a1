"""Key results and tests that wait for a decision, and numbers that were reported otherwise."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import pytest

from lib.errors import GrowthOpsError
from lib.pulse import readouts, restatements, standings
from lib.pulse.readouts import ReadOut
from lib.store import Experiment, KeyResult, Snapshot
from lib.store.boards import Board, Tile
from tests.pulse.test_tiles import AROUND, END, asking, tiles, weeks


@dataclass(frozen=True)
class Standing:
    word: str
    pace: float | None = 0.6
    heard: date | None = date(2026, 5, 4)
    is_outdated: bool = False
    is_bad: bool = False
    contrast: str = ""


@dataclass(frozen=True)
class Held:
    result: KeyResult
    standing: Standing
    is_closed: bool = False


def held(title: str, standing: Standing, **more: Any) -> Held:
    result = KeyResult("o_1", title, "Ida", "increase", 10, date(2026, 4, 1), date(2026, 6, 30), kr_id=f"kr_{title}")
    return Held(result, standing, **more)


def test_key_results_that_wait() -> None:
    late = held("late", Standing("off track", is_bad=True, contrast="said on track, heading to 0.52"))
    quiet = held("quiet", Standing("outdated", is_outdated=True, heard=None, pace=None))
    good, over = held("good", Standing("on track")), held("over", Standing("missed", is_bad=True), is_closed=True)
    found = standings.of_key_results([late, quiet, good, over])
    assert [(one.title, one.is_urgent, dict(one.address)) for one in found] == [
        ("“late” is off track", True, {"kr": ("kr_late",)}), ("“quiet” is outdated", False, {"kr": ("kr_quiet",)}),
    ]  # fmt: skip
    assert found[0].why == (
        "Owned by Ida; at 60 % of the pace it needs; said on track, heading to 0.52; last check-in 4 May 2026."
    )
    still = held("still", Standing("off track", is_bad=True, pace=0.0))
    assert standings.said(still) == "Owned by Ida; no progress so far; last check-in 4 May 2026."
    assert found[1].why == "Owned by Ida; nobody has checked in."
    states = [standings.key_result([late, quiet, good], f"kr_{name}")[0] for name in ("late", "quiet", "good")]
    assert states == ["off track", "outdated", "on track"]
    with pytest.raises(GrowthOpsError, match="no key result 'kr_over'"):
        standings.key_result([over], "kr_over")


def test_tests_that_wait() -> None:
    def test(name: str, **more: Any) -> Experiment:
        return Experiment(name, "It helps.", "Marek", "new_users", experiment_id=f"e_{name}", **more)

    found = standings.of_tests(
        [test("over", status="running", end_on=END), test("runs", status="running", end_on=END + timedelta(days=1)),
         test("stopped", status="stopped"), test("done", status="decided"), test("draft")], (), END,
    )  # fmt: skip
    assert [(one.title, one.why) for one in found] == [
        ("Decide the test “over”", "Its time was over on 1 June 2026. Marek answers for it."),
        ("Decide the test “stopped”", "It was stopped. Marek answers for it."),
    ]  # fmt: skip
    assert standings.measured([test("read", setup={"annotation": "a_1"}), test("other")]) == {"a_1"}


def test_tests_wait_as_they_read() -> None:
    """Ready, stopped for wrong group sizes, unreadable, still running: each once, though the time of all is over."""
    running = [Experiment(name, "It helps.", "Marek", "new_users", experiment_id=name, status="running")
               for name in ("ready", "wrong", "broken", "runs")]  # fmt: skip
    over = [replace(one, end_on=END) for one in running[:3]]
    read = [
        ReadOut(over[0], "ship", "new: +4.0 pp (95 % interval 1.4 to 6.6): ship."),
        ReadOut(over[1], "stopped", "wrong: stopped: wrong group sizes. The groups are off. Find out why."),
        ReadOut(over[2], problem="There is no event 'x'."), ReadOut(running[3], "not_yet", "runs: not yet."),
    ]  # fmt: skip
    assert [one.state for one in read] == ["ready", "stopped", "running", "running"]
    found = standings.of_tests([*over, running[3]], read, END)
    assert [(one.title, one.why, one.is_urgent) for one in found] == [
        ("Decide the test “ready”",
         "It can be decided: new +4.0 pp (95 % interval 1.4 to 6.6): ship. Marek answers for it.", False),
        ("The test “wrong” is stopped: wrong group sizes", "The groups are off. Find out why. Marek answers for it.",
         True),
        ("The test “broken” cannot be read", "There is no event 'x'. Marek answers for it.", False),
    ]  # fmt: skip


def test_a_running_test_is_asked_about_only_where_somebody_saw_it() -> None:
    def refuse(_: object) -> Any:
        raise GrowthOpsError("it is broken.")

    one = Experiment("n", "It helps.", "Marek", "new_users", experiment_id="n", status="running")
    assert readouts.read([one, replace(one, status="decided")], [], refuse, "x") == (ReadOut(one),)
    assert readouts.read([one], ["n"], refuse, "x") == (ReadOut(one, problem="it is broken."),)


def reading(now: float) -> tiles.TileReading:
    tile = Tile(metric="grr")
    return tiles.read(tile, Board(tiles=(tile,)), asking({"grr": weeks([0.9, now])}), AROUND)


def reported(value: float, **more: Any) -> Snapshot:
    told = {"dims": {"filters": [], "grain": "week"}, "version": 1, "fingerprint": "f"} | more
    return Snapshot("grr", END - timedelta(days=1), value, told.pop("definition", {}), "s1", "ana", **told)


def test_a_restated_number_says_why() -> None:
    shown = reading(0.923)
    late = restatements.text(shown, AROUND, [reported(0.92)], "s2")
    assert late == "restated +0.3 pp: late data"
    merged = restatements.text(shown, AROUND, [reported(0.92, people=100)], "s2", 99)
    assert merged == "restated +0.3 pp: merged people"
    other = restatements.text(shown, AROUND, [reported(0.92, definition={"meaning": "Something else."})], "s2")
    assert other == "restated +0.3 pp: new definition"
    assert restatements.text(shown, AROUND, [reported(0.5), reported(0.923, version=2)], "s2") == ""
    elsewhere = [reported(0.92, dims={"filters": [], "grain": "month"}), reported(0.92, dims={})]
    assert restatements.text(shown, AROUND, elsewhere, "s2") == ""
