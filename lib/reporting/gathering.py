"""Pulse of a workspace on disk, as the page would show it without filters."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

import polars as pl

from lib import choices
from lib.answers import Answer
from lib.answers import ask as answer_of
from lib.catalog import METRICS
from lib.charts import image, lines
from lib.charts.specification import specification
from lib.charts.tones import LIGHT
from lib.errors import GrowthOpsError, StoreError
from lib.facts import Facts
from lib.health.events import seen
from lib.pulse import alerts, reading, standings, tiles
from lib.pulse.alerts import Alert, Now, Rule
from lib.pulse.decisions import Known
from lib.pulse.freshness import target
from lib.pulse.reading import Reading
from lib.pulse.tiles import Around
from lib.queries import okrs
from lib.queries.tests import read_outs_of
from lib.questions import Question
from lib.store import Annotation, Experiment, Store
from lib.store.boards import AlertRule, Board

NOTES = {"date": pl.Date(), "end_date": pl.Date(), "title": pl.String(), "kind": pl.String()}


@dataclass(frozen=True)
class Gathered:
    """A workspace that is open for reading: its facts, its state where there is one, and the clock."""

    facts: Facts
    store: Store | None
    now: datetime

    def ask(self, question: Question) -> Answer:
        """The answer, from these facts."""
        return answer_of(question, self.facts)

    @property
    def around(self) -> Around:
        """Up to the last day known, without filters."""
        known, company = choices.days(self.facts), self.facts.settings.company
        end = known[1] + timedelta(days=1) if known else self.now.date()
        return Around(end, (), company.currency, company.week_start)

    @property
    def board(self) -> Board:
        """The board the team keeps; without one, what the tables that were loaded allow.

        Raises:
            StoreError: it cannot be read.
        """
        kept = sorted(self.store.definitions.list("pulse"), key=lambda one: one.key) if self.store else []
        if not kept:
            return reading.opening(choices.loaded(self.facts), len(self.facts.settings.onboarding.steps) > 1)
        try:
            return Board.model_validate(kept[0].body)
        except ValueError as error:
            raise StoreError(f"The board of Pulse cannot be read: {error}") from None

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The alerts, by name.

        Raises:
            StoreError: they cannot be read.
        """
        found = self.store.definitions.list("alert") if self.store else ()
        try:
            rules = [Rule(one.key, one.name, AlertRule.model_validate(one.body)) for one in found]
        except ValueError as error:
            raise StoreError(f"An alert cannot be read: {error}") from None
        return tuple(sorted(rules, key=lambda one: (one.name, one.key)))

    def annotations(self) -> tuple[Annotation, ...]:
        """What is noted on charts, by date."""
        return self.store.annotations.list() if self.store else ()

    def alerts(self) -> tuple[Alert, ...]:
        """What became of each rule."""
        now = Now(self.ask, self.around, self.facts.as_of, self.now, lambda key: standings.key_result(self.held, key))
        return alerts.evaluate(self.rules, now)

    @cached_property
    def held(self) -> tuple[okrs.Held, ...]:
        """The key results of the cycle that runs, as they stand."""
        records = okrs.read(self.store) if self.store else okrs.Records()
        if not records.objectives:
            return ()
        known, zone = choices.days(self.facts), self.facts.timezone
        today = okrs.judged_on(self.now, known and known[1], zone)
        return okrs.board(records, okrs.present(records, today), self.ask, today, zone).held

    def measured(self) -> frozenset[str]:
        """The annotations somebody has read after."""
        return standings.measured(self.tests(), self.store.definitions.list("view") if self.store else ())

    def tests(self) -> tuple[Experiment, ...]:
        """The ledger of tests."""
        return self.store.experiments.list() if self.store else ()

    def pulse(self) -> Reading:
        """All of Pulse.

        Raises:
            GrowthOpsError: the board cannot be read; what else fails is said in the reading.
        """
        facts = self.facts
        events = (lambda: seen(facts)) if facts.as_of is not None else None
        end, days = self.around.end, choices.days(facts)
        known = Known(
            end, self.now, self.annotations, events, self.alerts, self.measured,
            lambda: standings.of_key_results(self.held),
            lambda: standings.of_tests(self.tests(), read_outs_of(facts, self.tests(), self.ask), end),
        )  # fmt: skip
        return reading.read(
            self.board, self.ask, self.around, known, choices.fields(facts), company=facts.settings.company.name,
            as_of=facts.as_of, target_hours=target(facts.settings), timezone=facts.timezone, stamp=facts.stamp,
            reported=self.store.snapshots.list() if self.store else (), through=days and days[1],
        )  # fmt: skip


@contextmanager
def opened(folder: Path, now: datetime) -> Iterator[Gathered]:
    """Open a workspace with the rules people keep in it.

    Raises:
        GrowthOpsError: settings, facts or state cannot be read.
    """
    store = Store(folder)
    has_state = store.address.file is None or store.address.file.exists()
    try:
        facts = Facts.open(folder, cohorts=store.cohorts(), channel_rules=store.channel_rules())
        yield Gathered(facts, store if has_state else None, now)
    finally:
        store.close()


def chart(shown: Reading, ask: tiles.Ask, notes: tuple[Annotation, ...]) -> bytes | None:
    """The course of the first number as SVG, with what happened on it; None where there is nothing to draw."""
    if not shown.tiles or shown.tiles[0].value is None:
        return None
    first, metric = shown.tiles[0], METRICS[shown.tiles[0].tile.metric]
    rows = tiles.since_data(ask(tiles.question(first.tile, first.grain, shown.around)).tables["metric"])
    frame = rows.filter(pl.col("bucket") < shown.around.end).with_columns(label=pl.lit(first.label))
    unit = "percent" if metric.is_share else "money" if metric.unit == "money" else "count"
    told = [(one.date, one.end_date, one.title, one.kind) for one in notes if one.scope.touches(metric.name, "pulse")]
    happened = pl.DataFrame(told, schema=NOTES, orient="row")
    drawn = lines.chart(frame, LIGHT, unit=unit, currency=shown.around.currency, annotations=happened)
    title = lines.title(frame, unit, shown.around.currency)
    try:
        return image.svg(specification(drawn, LIGHT), image.Caption(title), LIGHT)
    except GrowthOpsError:
        return None
