"""Rows about accounts (bills, deals) that meet the conditions of a question, with the segment of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from lib.answers import segments
from lib.answers.conditions import fields_of, holds, tests_of
from lib.answers.known_days import last_known
from lib.engine import collect
from lib.errors import QuestionError, suggest
from lib.facts import Facts
from lib.questions.revenue import Revenue
from lib.scope import InCohort
from lib.timeline import day_bucket, next_bucket, spine

DAY = pl.col("day")


@dataclass(frozen=True)
class AccountRows:
    """Rows of one table with `segment` and `day`, the local day that decides whether a row is in the scope.

    Only those in the scope. `names` are the segments, the largest first. `known` is the last day something is known of.
    """

    frame: pl.DataFrame
    names: tuple[str, ...]
    known: date
    any_loaded: bool


def day_of(name: str, facts: Facts) -> pl.Expr:
    """The local day of an instant."""
    return pl.col(name).dt.convert_time_zone(facts.timezone).dt.date()


def account_rows(
    question: Revenue, facts: Facts, table: str, own: Sequence[str], keep: Sequence[str], day: pl.Expr
) -> AccountRows:
    """The rows of a table whose `day` is in the scope; `own` are its fields that may be asked about, `keep` stay.

    Raises:
        QuestionError: a field does not exist.
    """
    rows, columns = _with_fields(question, facts, table, own)
    where = question.scope.where
    segment = pl.lit(segments.ALL)
    if question.fields:
        segment = segments.named([columns[field] for field in question.fields]).fill_null(segments.NONE)
    named = rows.filter(holds(where, columns, rows.collect_schema(), facts.timezone)).select(
        *keep, "account_id", segment=segment, day=day
    )
    found = collect(named).drop_nulls("day")
    low, high = question.scope.bounds(facts.timezone)
    zone = ZoneInfo(facts.timezone)
    if low is not None:
        found = found.filter(low.astimezone(zone).date() <= DAY)
    if high is not None:
        found = found.filter((high - timedelta(microseconds=1)).astimezone(zone).date() >= DAY)
    sizes = found.group_by("segment").agg(users=pl.len())
    names = segments.largest(sizes, question.by.top if question.by else 1)
    found = found.with_columns(segments.fold(names))
    order = [*names, *([segments.OTHER] if sizes.height > len(names) and segments.OTHER not in names else [])]
    loaded = bool(collect(facts.tables[table].head(1).select(pl.len())).item())
    return AccountRows(found, tuple(order), _known(question, facts, found), loaded)


def _with_fields(
    question: Revenue, facts: Facts, table: str, own: Sequence[str]
) -> tuple[pl.LazyFrame, dict[str, str]]:
    where = question.scope.where
    if any(isinstance(test, InCohort) for test in tests_of(where)):
        raise QuestionError(f"scope.where: {table} are about accounts, and a cohort is made of people; leave it out.")
    known = facts.fields["account"]
    rows, columns, wanted = facts.tables[table], dict[str, str](), list[str]()
    for field in dict.fromkeys([*question.fields, *fields_of(where)]):
        prefix, _, name = field.rpartition(".")
        if prefix == "account" and name in known:
            wanted.append(name)
        elif field not in own:
            names = [*own, *(f"account.{name}" for name in known)]
            raise QuestionError(f"{table.capitalize()} have no field {field!r}; {suggest(field, names)}")
        columns[field] = field
    if wanted:
        others = facts.tables["accounts"].unique("account_id", keep="first", maintain_order=True)
        others = others.select("account_id", *(pl.col(name).alias(f"account.{name}") for name in wanted))
        rows = rows.join(others, on="account_id", how="left")
    return rows, columns


def _known(question: Revenue, facts: Facts, found: pl.DataFrame) -> date:
    """The last day something is known of: as of subscriptions; where there are none, the latest of these rows."""
    starts = collect(facts.tables["subscriptions"].select(pl.col("start_date").max())).item()
    latest = found["day"].max()
    days = [day for day in (starts, latest) if isinstance(day, date)]
    return last_known(facts, max(days, default=date(1970, 1, 1)), question.at) or date(1970, 1, 1)


def buckets(question: Revenue, facts: Facts, rows: AccountRows) -> pl.DataFrame:
    """`bucket` and `last` (its last day), from the first row in the scope to the last known day or the scope's end."""
    first, last = rows.frame["day"].min(), rows.frame["day"].max()
    if not isinstance(first, date) or not isinstance(last, date):
        return pl.DataFrame(schema={"bucket": pl.Date(), "last": pl.Date()})
    last = max(rows.known, last)
    _, high = question.scope.bounds(facts.timezone)
    if high is not None:
        last = min(last, (high - timedelta(microseconds=1)).astimezone(ZoneInfo(facts.timezone)).date())
    noon = [_noon(day, facts) for day in (first, max(first, last))]
    firsts = spine(noon[0], noon[1], question.grain, facts.timezone, question.week_start)
    return firsts.to_frame().with_columns(last=next_bucket(pl.col("bucket"), question.grain).dt.offset_by("-1d"))


def _noon(day: date, facts: Facts) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(facts.timezone)).astimezone(UTC)


def in_bucket(question: Revenue) -> pl.Expr:
    """The bucket of a row, by its `day`."""
    return day_bucket(DAY, question.grain, question.week_start).alias("bucket")
