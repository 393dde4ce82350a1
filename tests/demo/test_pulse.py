"""Pulse finds what is planted: the release that hides a field, in its first whole week."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from lib import choices
from lib.answers import ask
from lib.demo import SETTINGS
from lib.demo.board import ALERTS, BOARD
from lib.demo.workspace import write_diary
from lib.facts import Facts
from lib.pulse import moves, tiles
from lib.pulse.tiles import Around
from lib.settings import Settings
from lib.store import Store
from lib.store.boards import AlertRule, Board

Tables = dict[str, Any]


@pytest.fixture(scope="module")
def facts(tables: Tables) -> Facts:
    settings = Settings.model_validate(SETTINGS)
    return Facts.of(settings=settings, timezone=settings.company.timezone, **tables)


def test_the_bad_release_is_what_moved(facts: Facts) -> None:
    """Before 6.1 half got through; in its first whole week eight points fewer, most of them by it."""
    around = Around(date(2026, 9, 14))
    found = moves.read(lambda asked: ask(asked, facts), around, choices.fields(facts), ("onboarding_rate", "events"))
    move = next(one for one in found.moves if one.metric == "onboarding_rate")
    assert not move.is_better and move.bucket == date(2026, 9, 7) and move.times < -4
    assert move.part is not None and move.split is not None
    assert (move.split.field, move.part.segment, move.part.is_mix) == ("app_version", "6.1", True)
    assert sum(one.amount for one in move.split.parts) + move.split.left == pytest.approx(move.split.change)
    assert move.part.amount / move.split.change > 0.8
    calm = moves.read(lambda asked: ask(asked, facts), Around(date(2026, 11, 1)), (), ("onboarding_rate",))
    assert calm.moves == ()


def test_the_board_can_be_read(facts: Facts) -> None:
    board = Board.model_validate(BOARD)
    found = [
        tiles.read(tile, board, lambda asked: ask(asked, facts), Around(date(2026, 11, 1))) for tile in board.tiles
    ]
    assert [one.missing for one in found] == [""] * 7
    by = {one.tile.metric: one for one in found}
    assert by["grr"].state == "amber" and by["onboarding_rate"].state == "reached"
    assert by["net_new_arr"].pace is not None and by["net_new_arr"].pace.elapsed == pytest.approx(31 / 92)


def test_it_is_written_once(tmp_path: Path) -> None:
    for _ in range(2):
        write_diary(tmp_path)
    store = Store(tmp_path)
    kept = store.definitions.live("pulse", "team")
    rules = store.definitions.list("alert")
    store.close()
    assert kept is not None and kept.version == 1 and len(kept.body["tiles"]) == 7
    assert {one.name for one in rules} == {name for name, _ in ALERTS.values()}
    assert all(AlertRule.model_validate(one.body) for one in rules)
