"""What the address of Pulse says: the step of time, what it is compared with, and the metric whose course is drawn."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lib.catalog import METRICS
from lib.pulse.tiles import NOUNS, Around
from lib.queries import pulse
from lib.store import Definition
from lib.store.boards import Board
from lib.ui import states, url
from lib.ui.builder import widgets
from lib.ui.builder.toolbar import Control, toolbar
from lib.ui.url import Address, Reader

GRAINS = tuple(NOUNS)
COMPARES = {
    "previous": ("the step before", "A week with the week before, a month with the month before."),
    "year": ("a year before", "The same weeks (52 before, so that weekdays are equal), months or quarters."),
}
OWN = ("grain", "compare", "show")


@dataclass(frozen=True)
class Shown:
    """The board as the address has it, the definition it comes from, and what it is asked about."""

    board: Board
    kept: Definition | None
    around: Around
    show: str


def read(address: Address, board: Board) -> tuple[Board, str, list[str]]:
    """The board with what the address says instead, the metric to draw, and a sentence for each part that is wrong."""
    reader = Reader(address)
    metrics = [tile.metric for tile in board.tiles]
    grain = reader.one("grain", GRAINS, board.grain)
    compare = reader.one("compare", COMPARES, board.compare)
    show = reader.one("show", metrics, metrics[0])
    return board.model_copy(update={"grain": grain, "compare": compare}), show, reader.notes


def here(scope: Mapping[str, Any]) -> Shown:
    """What is shown. What the address says in vain is taken out of it, and remembered for `url.say_refused`."""
    kept = _kept()
    own = pulse.board(kept)
    board, show, notes = read(url.now(), own)
    if notes:
        url.note(notes)
        url.write({key: None for key in OWN if not _is_good(key, url.now(), own)})
    return Shown(board, kept, pulse.around(scope), show)


def _is_good(key: str, address: Address, board: Board) -> bool:
    return key not in address or not read({key: address[key]}, board)[2]


def _kept() -> Definition | None:
    found: Definition | None = None
    with states.quiet():
        found = pulse.kept()
    return found


def controls(shown: Shown, more: list[Control]) -> None:
    """Draw the sentence: by which step, against what, and what the page adds to it."""
    board = shown.board
    against = "a year before" if board.compare == "year" else f"the {NOUNS[board.grain]} before"
    toolbar("pulse", [
        Control("grain", f"by {board.grain}", "Which step of time a number is of: the last one that is over",
                lambda: widgets.pick("pulse-grain", "Numbers of the last complete", GRAINS, board.grain,
                                     lambda value: url.write({"grain": value}), width=200)),
        Control("compare", f"against {against}", "What a number is compared with", lambda: widgets.explained(
            "pulse-compare", "Compare with", COMPARES, board.compare, lambda value: url.write({"compare": value}))),
        *more,
    ])  # fmt: skip


def drawn(shown: Shown) -> None:
    """Which metric's course is drawn, as a row of words."""
    tiles = {tile.metric: tile for tile in shown.board.tiles}
    names = list(tiles)
    said = [tiles[name].label or title(name) for name in names]

    def put(place: int | None) -> None:
        if place is not None:
            url.write({"show": names[place]})

    widgets.choose_in_row("pulse-show", "Show over time", said, names.index(shown.show), put)


def title(name: str) -> str:
    """What the catalog calls a metric; its name where it has none any more."""
    return METRICS[name].title if name in METRICS else name
