"""The part of the event log a question reads: which rows, which columns, whose events."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

import polars as pl

from lib.answers.conditions import fields_of, holds, with_account, with_cohorts, with_fields
from lib.engine import collect
from lib.facts import Facts
from lib.questions import CountBy, Event
from lib.scope import Scope

SESSION_GAP = timedelta(minutes=30)


@dataclass(frozen=True)
class Log:
    """Selects rows of the event log for one question.

    `low` and `high` bound the instants read (half-open, None is open); `fields` are wanted beside `person` and `ts`,
    and `kept` are columns of the log wanted under their own names, where it has them.
    """

    facts: Facts
    scope: Scope
    count_by: CountBy = "user"
    fields: tuple[str, ...] = ()
    low: datetime | None = None
    high: datetime | None = None
    kept: tuple[str, ...] = ()

    def rows(self, events: Sequence[Event], *, every: bool = False) -> pl.LazyFrame:
        """Rows that match at least one of the events (or all rows in scope, with `every`).

        Columns: `person`, `unit` (what is counted), `ts`, `m1` … `mk` (does the row match the k-th event), and the
        `fields` as `f0`, `f1` …. Rows of internal users are left out.
        """
        conditions = [*self.scope.where, *(part for event in events for part in event.where)]
        rows = self._between(self.facts.tables["events"])
        if not every and not any(event.is_any for event in events):
            names = list(dict.fromkeys(name for event in events for name in event.event))
            rows = rows.filter(pl.col("name").is_in(names) if len(names) > 1 else pl.col("name") == names[0])
        if self.facts.internal.len():
            rows = rows.filter(~pl.col("person").is_in(self.facts.internal.implode()))
        fields = list(dict.fromkeys([*fields_of(conditions), *self.fields]))
        rows, columns = with_fields(rows, self.facts, fields)
        rows = with_cohorts(rows, self.facts, conditions)
        schema, zone = rows.collect_schema(), self.facts.timezone
        if self.scope.where:
            rows = rows.filter(holds(self.scope.where, columns, schema, zone))
        marks = [self._matches(event, columns, schema).alias(f"m{k}") for k, event in enumerate(events, 1)]
        values = [pl.col(columns[field]).alias(f"f{i}") for i, field in enumerate(self.fields)]
        own = ("person", "ts", "account_id", "session_id")
        kept = [column for column in self.kept if column in schema]
        # Only then the unit: a property may be called so too.
        marked = self._with_unit(rows.select(*own, *marks, *values, *(name for name in kept if name not in own)))
        named = [part.meta.output_name() for part in (*marks, *values)]
        wanted = marked.select("person", "unit", "ts", *named, *kept)
        return wanted if every else wanted.filter(pl.any_horizontal(f"m{k}" for k in range(1, len(events) + 1)))

    def _between(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """Cut by time; whole months are skipped by partition where the log has them."""
        has_months = "month" in rows.collect_schema()
        for bound, inside in ((self.low, "ge"), (self.high, "lt")):
            if bound is None:
                continue
            rows = rows.filter(getattr(pl.col("ts"), inside)(pl.lit(bound, dtype=pl.Datetime("us", "UTC"))))
            if has_months:
                rows = rows.filter(getattr(pl.col("month"), "ge" if inside == "ge" else "le")(f"{bound:%Y-%m}"))
        return rows

    def _matches(self, event: Event, columns: dict[str, str], schema: pl.Schema) -> pl.Expr:
        named = pl.lit(True)
        if not event.is_any:
            names = list(event.event)
            named = pl.col("name").is_in(names) if len(names) > 1 else pl.col("name") == names[0]
        return named & holds(event.where, columns, schema, self.facts.timezone) if event.where else named

    def _with_unit(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """Add `unit`: the person, the account (rows without one are left out), or the visit."""
        if self.count_by == "user":
            return rows.with_columns(unit="person")
        if self.count_by == "account":
            codes = self.accounts.lazy()
            return with_account(rows, self.facts).join(codes, on="_account", how="inner", maintain_order="left")
        return rows.join(self.sessions.lazy(), on=["person", "ts", "session_id"], nulls_equal=True, how="left")

    @cached_property
    def accounts(self) -> pl.DataFrame:
        """`_account`, `unit`: every account a whole number of its own, in order of name."""
        found = with_account(self.facts.tables["events"], self.facts).select("_account").drop_nulls().unique()
        return collect(found.sort("_account")).with_row_index("unit").with_columns(pl.col("unit").cast(pl.Int64))

    @cached_property
    def sessions(self) -> pl.DataFrame:
        """`person`, `ts`, `session_id`, `unit`: the visit of every instant.

        Rows that carry a session id belong to that visit; the others start a new one after a gap of 30 minutes.
        """
        at = ["person", "ts", "session_id"]
        seen = collect(self.facts.tables["events"].select(at).unique().sort(at))
        bare = seen.filter(pl.col("session_id").is_null())
        gap = (pl.col("ts").diff() > SESSION_GAP) | (pl.col("person") != pl.col("person").shift())
        bare = bare.with_columns(_visit=gap.fill_null(True).cum_sum().cast(pl.Int64))
        named = seen.filter(pl.col("session_id").is_not_null())
        named = named.with_columns(_visit=-pl.struct("person", "session_id").rank("dense").cast(pl.Int64))
        both = pl.concat([bare, named])
        return both.with_columns(unit=pl.col("_visit").rank("dense").cast(pl.Int64) - 1).drop("_visit")
