"""The whole of Pulse in one value: what the page, the brief and the digest show."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from lib.catalog import METRICS
from lib.pulse import decisions, growing, moves, restatements, tiles
from lib.pulse.decisions import Ahead, Decision, Known
from lib.pulse.freshness import Freshness, freshness
from lib.pulse.moves import Moves
from lib.pulse.tiles import Around, Ask, TileReading
from lib.store import Snapshot
from lib.store.boards import Board, Tile
from lib.words import listing, minus, people

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
        """A few sentences: what is behind, the first number, what moved, and how much waits."""
        return verdict(self.tiles, self.moves, self.decisions)

    @property
    def gaps(self) -> tuple[str, ...]:
        """Everything that could not be worked out.

        A tile that is only early is none, unless no tile has a value: in its first year a company keeps no revenue of
        the year before, and everything else may be sound.
        """
        is_bare = all(one.missing for one in self.tiles)
        bare = [f"{one.label}: {one.missing}" for one in self.tiles if one.missing and (is_bare or not one.is_early)]
        return gathered((*bare, *self.moves.failed, *self.failed))


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
        moves.read(ask, around, fields), waiting, _ahead(notes, around, known.now, timezone, through),
        growing.read(ask, around),
        freshness(as_of, known.now, target_hours, timezone, through), failed, stamp,
    )  # fmt: skip


def _ahead(
    notes: Sequence[Any], around: Around, now: datetime, timezone: str, through: date | None
) -> tuple[Ahead, ...]:
    return decisions.coming(notes, around.end, now.astimezone(ZoneInfo(timezone)).date(), through)


def gathered(sentences: Sequence[str]) -> tuple[str, ...]:
    """Sentences of the form "what: why", those with the same reason as one; each thing is named once.

    >>> gathered(["ARR: The database is down.", "Churn: No bill was loaded.", "Alerts: The database is down."])
    ('ARR and Alerts: The database is down.', 'Churn: No bill was loaded.')
    """
    names: dict[str, list[str]] = {}
    for sentence in sentences:
        name, mark, why = sentence.partition(": ")
        names.setdefault(why if mark else sentence, []).extend([name] if mark else [])
    told = {why: listing(list(dict.fromkeys(each))) for why, each in names.items()}
    return tuple(f"{each}: {why}" if each else why for why, each in told.items())


def shared_reason(shown: Sequence[TileReading]) -> str:
    """The sentence that keeps several tiles from a value, such as that of a database that is down; else nothing."""
    told = [one.missing for one in shown if one.missing and not one.is_early]
    return next((one for one in told if told.count(one) > 1), "")


def verdict(shown: Sequence[TileReading], moved: Moves | None, waiting: Sequence[Decision] | None) -> str:
    """The sentence Pulse begins with, what is behind first; parts that are not known yet are left out."""
    valued = [one for one in shown if one.value is not None]
    down = shared_reason(shown)
    without = sum(one.missing == down for one in shown)
    which = "The numbers" if without == len(shown) else f"{without} of the {len(shown)} numbers"
    parts = [f"{which} are not available. {down}"] if down else []
    parts.extend(_behind(valued))
    if valued:
        first = valued[0]
        change = f", {minus(first.delta_text)} against {first.against}" if first.delta_text else ""
        parts.append(f"{first.label} stood at {first.text}{change}.")
    elif shown and not down:
        parts.append(f"None of the {len(shown)} numbers can be read yet.")
    if moved is not None:
        parts.append(_moved(moved))
    if waiting:
        urgent = next((f", first of all: {one.title}" for one in waiting if one.is_urgent), "")
        parts.append(f"{people(len(waiting), 'thing waits', 'things wait')} for a decision{urgent}.")
    return " ".join(filter(None, parts))


def _behind(shown: Sequence[TileReading]) -> list[str]:
    """What is off its plan, beyond its amber limit, or short of its target, each number once."""
    said: dict[str, list[str]] = {"Off track": [], "In amber": [], "Target not reached": []}
    for one in shown:
        misses = one.tile.target is not None and one.state == ""
        word = "Off track" if one.is_off_track else "In amber" if one.state == "amber" else "Target not reached"
        if one.is_off_track or one.state == "amber" or misses:
            said[word].append(one.label)
    return [f"{word}: {'; '.join(labels)}." for word, labels in said.items() if labels]


def _moved(moved: Moves) -> str:
    if not moved.looked_at:
        return ""
    if not moved.moves:
        many = people(moved.looked_at, "metric", "metrics")
        return f"Nothing moved more than it usually does; {many} looked at."
    first = moved.moves[0]
    _, change = tiles.difference(METRICS[first.metric], first.value, first.expected)
    where = (
        f", mostly {moves.field_words(first.split.field)} {first.part.segment}" if first.split and first.part else ""
    )
    told = f"{minus(change)} against what was expected" if change else "where nothing was expected"
    return f"Moved most: {first.title}, {told}{where}."
