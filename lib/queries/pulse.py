"""Pulse for pages: the board and the alerts somebody kept, and what they read, each worked out once per load."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from lib import queries
from lib.errors import GrowthOpsError, StoreError
from lib.health.events import seen
from lib.pulse import alerts as rules_of
from lib.pulse import decisions, growing, moves, places, reading, restatements, standings, tiles
from lib.pulse.alerts import Alert, Now, Rule
from lib.pulse.decisions import Ahead, Decision, Known
from lib.pulse.freshness import Freshness, freshness, target
from lib.pulse.moves import Moves
from lib.pulse.places import Place
from lib.pulse.tiles import Around, TileReading
from lib.queries import okrs
from lib.queries import tests as ledger
from lib.queries.state import from_state
from lib.scope import Scope
from lib.store import Definition, Snapshot
from lib.store.boards import AlertRule, Board

KEY = "team"
"""Under which a workspace keeps its board; it has one."""
NAME = "Pulse"


def kept() -> Definition | None:
    """The board the team chose, as it is kept; None where nobody chose yet."""

    def read() -> tuple[Definition, ...]:
        return queries.store().definitions.list("pulse") if queries.has_state() else ()

    found = sorted(from_state(read, "pulse boards"), key=lambda one: (one.key != KEY, one.key))
    return found[0] if found else None


def board(chosen: Definition | None) -> Board:
    """What the kept board says; without one, what the tables that were loaded allow.

    Raises:
        StoreError: it is of a version this one cannot read.
    """
    if chosen is None:
        return reading.opening(queries.loaded(), len(queries.settings().onboarding.steps) > 1)
    try:
        return Board.model_validate(chosen.body)
    except ValueError as error:
        raise StoreError(f"The board of Pulse cannot be read: {error}") from None


def around(scope: Mapping[str, Any] | None = None) -> Around:
    """What Pulse is asked about: up to the end of the scope, and with its filters; by default up to the last day."""
    told = Scope.model_validate(scope or {})
    end = told.end if told.end is not None else queries.last_day() + timedelta(days=1)
    company = queries.settings().company
    day = end.date() if isinstance(end, datetime) else end
    return Around(day, told.where, company.currency, company.week_start)


def read_tiles(shown: Board, about: Around) -> tuple[TileReading, ...]:
    """What each tile shows, with what was reported of it before where that was another number."""
    found = tuple(tiles.read(tile, shown, queries.ask, about) for tile in shown.tiles)
    said, stamp = _reported(), queries.facts().stamp
    people = queries.facts().persons if said else None
    return tuple(replace(one, restated=restatements.text(one, about, said, stamp, people)) for one in found)


def _reported() -> tuple[Snapshot, ...]:
    """What was reported so far; nothing where the state cannot be read, which Decide says."""

    def read() -> tuple[Snapshot, ...]:
        return queries.store().snapshots.list() if queries.has_state() else ()

    try:
        return from_state(read, "snapshots")
    except GrowthOpsError:
        return ()


def read_key_results() -> tuple[okrs.Held, ...]:
    """The key results of the cycle that runs, as they stand."""
    records, zone = okrs.records(), queries.facts().timezone
    if not records.objectives:
        return ()
    known = queries.days()
    today = okrs.judged_on(datetime.now(UTC), known and known[1], zone)
    return okrs.board(records, okrs.present(records, today), queries.ask, today, zone).held


def read_moves(about: Around) -> Moves:
    """What moved most, over the whole catalog; where the state is down, which has rules it needs, that."""
    try:
        return queries.once(lambda: moves.read(queries.ask, about, queries.fields()), "moved most", *_about(about))
    except StoreError as error:
        return Moves((), 0, (f"Moved most: {error}",))


def read_growth(about: Around) -> tuple[growing.Grown, ...]:
    """Growth on both sides; nothing where the state cannot be read, which the page says elsewhere."""
    try:
        return queries.once(lambda: growing.read(queries.ask, about), "growth", *_about(about))
    except StoreError:
        return ()


def read_places(about: Around) -> tuple[Place, ...]:
    """Growth on both sides by country; nothing where the state cannot be read, which the page says elsewhere."""
    try:
        return queries.once(lambda: places.read(queries.ask, about), "growth by country", *_about(about))
    except StoreError:
        return ()


def _about(about: Around) -> tuple[str, ...]:
    """What an answer about all metrics depends on: the end, the filters, and the rules that say what a channel is."""
    return queries.named(tiles.question(reading.Tile(metric="cac"), "week", about))


def rules() -> tuple[Rule, ...]:
    """The alerts somebody wrote down, by name."""

    def read() -> tuple[Rule, ...]:
        found = queries.store().definitions.list("alert") if queries.has_state() else ()
        return tuple(Rule(one.key, one.name, AlertRule.model_validate(one.body)) for one in found)

    try:
        return tuple(sorted(from_state(read, "alerts"), key=lambda one: (one.name, one.key)))
    except ValueError as error:
        raise StoreError(f"An alert cannot be read: {error}") from None


def read_alerts(now: datetime | None = None) -> tuple[Alert, ...]:
    """What became of each rule, over all that is known and without the filters of a page."""
    held = Now(
        queries.ask, around(), queries.facts().as_of, now or datetime.now(UTC),
        lambda key: standings.key_result(read_key_results(), key),
    )  # fmt: skip
    return rules_of.evaluate(rules(), held)


def known(about: Around) -> Known:
    """What there is to decide about."""
    now = datetime.now(UTC)
    has_events = "events" in queries.loaded()
    return Known(
        about.end, now, annotations=queries.annotations,
        events=(lambda: queries.from_facts(seen)) if has_events else None, fired=lambda: read_alerts(now),
        measured=lambda: standings.measured(ledger.experiments(), ledger.views()),
        key_results=lambda: standings.of_key_results(read_key_results()),
        tests=lambda: standings.of_tests(ledger.experiments(), ledger.read_outs(), about.end),
    )  # fmt: skip


def read_decisions(about: Around) -> tuple[tuple[Decision, ...], tuple[str, ...]]:
    """What waits for a decision, and what could not be looked at."""
    return decisions.decide(known(about))


def clock() -> datetime:
    """What time it is."""
    return datetime.now(UTC)


def read_coming(today: date) -> tuple[Ahead, ...]:
    """Dated facts ahead of the last day shown; none where the state cannot be read, which Decide says."""
    try:
        source, days = queries.facts(), queries.days()
        now = clock().astimezone(ZoneInfo(source.timezone)).date()
        return decisions.coming(queries.annotations(), today, now, days and days[1])
    except GrowthOpsError:
        return ()


def read_freshness(now: datetime | None = None) -> Freshness:
    """How old the data is, against how old it may be."""
    source = queries.facts()
    known = queries.days()
    return freshness(
        source.as_of, now or datetime.now(UTC), target(source.settings), source.timezone, known and known[1]
    )


def read_all(shown: Board, about: Around) -> reading.Reading:
    """Everything the brief has."""
    source, known_days = queries.facts(), queries.days()
    return reading.read(
        shown, queries.ask, about, known(about), queries.fields(), company=source.settings.company.name,
        as_of=source.as_of, target_hours=target(source.settings), timezone=source.timezone, stamp=source.stamp,
        reported=_reported(), through=known_days and known_days[1],
    )  # fmt: skip
