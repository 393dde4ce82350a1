"""The whole of Pulse in one value: what the page, the brief and the digest show."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from lib.catalog import METRICS
from lib.pulse import decisions, growing, moves, restatements, tiles
from lib.pulse.decisions import Ahead, Decision, Known
from lib.pulse.freshness import Freshness, freshness
from lib.pulse.moves import Moves
from lib.pulse.tiles import Around, Ask, TileReading
from lib.store import Snapshot
from lib.store.boards import Board, Tile
from lib.words import minus, people

OPENS_WITH = (
    ("arr", "subscriptions"), ("grr", "subscriptions"), ("nrr", "subscriptions"), ("active_users", "events"),
    ("new_users", "events"), ("onboarding_rate", "events"), ("cost_per_kept_user", "spend"),
)  # fmt: skip


@dataclass(frozen=True)
class Reading:
    """Pulse at one moment. `failed` says what could not be worked out; nothing else is missing."""

    company: str
    board: Board
    around: Around
    tiles: tuple[TileReading, ...]
    moves: Moves
    decisions: tuple[Decision, ...]
    coming: tuple[Ahead, ...]
    growth: tuple[growing.Grown, ...]
    freshness: Freshness
    failed: tuple[str, ...] = ()
    stamp: str = ""

    @property
    def verdict(self) -> str:
        """One or two sentences: the first number, what moved, and how much waits."""
        return verdict(self.tiles, self.moves, self.decisions)

    @property
    def gaps(self) -> tuple[str, ...]:
        """Everything that could not be worked out.

        A tile that is only early is none, unless no tile has a value: in its first year a company keeps no revenue of
        the year before, and everything else may be sound.
        """
        is_bare = all(one.missing for one in self.tiles)
        bare = [f"{one.label}: {one.missing}" for one in self.tiles if one.missing and (is_bare or not one.is_early)]
        return (*bare, *self.moves.failed, *self.failed)


def opening(loaded: Collection[str], has_steps: bool) -> Board:
    """The board of a team that has not chosen one: what the tables that were loaded allow, seven metrics at most."""
    names = [name for name, table in OPENS_WITH if table in loaded and (has_steps or name != "onboarding_rate")]
    return Board(tiles=tuple(Tile(metric=name) for name in names or ["events"]))


def read(
    board: Board, ask: Ask, around: Around, known: Known, fields: Collection[str], *, company: str,
    as_of: datetime | None, target_hours: float, timezone: str, stamp: str = "", reported: Sequence[Snapshot] = (),
    through: date | None = None,
) -> Reading:  # fmt: skip
    """Work everything out. What cannot be is said in its place; see `Reading.gaps`."""
    waiting, failed = decisions.decide(known)
    notes: Sequence[Any] = ()
    try:
        notes = known.annotations()
    except decisions.GrowthOpsError as error:
        failed = (*failed, f"Coming: {error}")
    shown = [tiles.read(tile, board, ask, around) for tile in board.tiles]
    said = tuple(replace(one, restated=restatements.text(one, around, reported, stamp)) for one in shown)
    return Reading(
        company, board, around, said,
        moves.read(ask, around, fields), waiting, decisions.coming(notes, around.end), growing.read(ask, around),
        freshness(as_of, known.now, target_hours, timezone, through), failed, stamp,
    )  # fmt: skip


def verdict(shown: Sequence[TileReading], moved: Moves | None, waiting: Sequence[Decision] | None) -> str:
    """The sentence Pulse begins with; parts that are not known yet are left out."""
    valued = [one for one in shown if one.value is not None]
    parts = []
    if valued:
        first = valued[0]
        change = f", {minus(first.delta_text)} against {first.against}" if first.delta_text else ""
        parts.append(f"{first.label} is {first.text}{change}.")
    elif shown:
        parts.append(f"None of the {len(shown)} numbers can be read yet.")
    late = [one.label for one in valued if one.state == "amber"]
    if late:
        parts.append(f"In amber: {', '.join(late)}.")
    if moved is not None:
        parts.append(_moved(moved))
    if waiting:
        urgent = next((f", first of all: {one.title}" for one in waiting if one.is_urgent), "")
        parts.append(f"{people(len(waiting), 'thing waits', 'things wait')} for a decision{urgent}.")
    return " ".join(filter(None, parts))


def _moved(moved: Moves) -> str:
    if not moved.looked_at:
        return ""
    if not moved.moves:
        many = people(moved.looked_at, "metric", "metrics")
        return f"Nothing moved beyond its usual noise; {many} looked at."
    first = moved.moves[0]
    _, change = tiles.difference(METRICS[first.metric], first.value, first.expected)
    where = (
        f", mostly {moves.field_words(first.split.field)} {first.part.segment}" if first.split and first.part else ""
    )
    told = f"{minus(change)} against what was to be expected" if change else "where nothing was to be expected"
    return f"Moved most: {first.title}, {told}{where}."
