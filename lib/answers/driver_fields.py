"""The fields that drivers compare, and the values of a field as groups of people."""

from dataclasses import dataclass

import polars as pl

from lib.answers import segments
from lib.answers.conditions import with_fields
from lib.answers.driver_rows import DriverRows
from lib.engine import collect, collect_all
from lib.errors import QuestionError
from lib.facts import Facts
from lib.questions import Funnel

FEW_NUMBERS = 10
"""Up to so many different numbers each is a value of its own; more are cut into quarters."""
ACCOUNT = "account_id"
AS_READ = (pl.String, pl.Boolean, pl.Categorical, pl.Enum)
NOT_COMPARED = {
    "": {"props"},
    "user": {"traits", "is_internal"},
    "account": {"traits", "name", "domain"},
}


@dataclass(frozen=True)
class Fields:
    """What is compared: fields of the step's event, and fields of its person, account and contact; `named` if asked."""

    of_events: tuple[str, ...]
    of_people: tuple[str, ...]
    named: bool

    @property
    def read(self) -> tuple[str, ...]:
        """What has to be read with the events."""
        with_account = any(field.startswith("account.") for field in self.of_people)
        return (*self.of_events, *([ACCOUNT] if with_account else []))


def chosen(question: Funnel, facts: Facts) -> Fields:
    """The fields the question names; otherwise all but ids, times, first contacts and what nobody groups people by.

    A contact is often known by a code typed in on the way, which only those have who got there.
    """
    if question.fields:
        wanted = tuple(dict.fromkeys(question.fields))
        own = tuple(f for f in wanted if f in facts.fields[""] or not f.startswith(("user.", "account.", "touch.")))
        return Fields(own, tuple(f for f in wanted if f not in own), named=True)
    people = [f"user.{name}" for name in _fit("user", facts)] if facts.user_rows.height else []
    accounts = [f"account.{name}" for name in _fit("account", facts)]
    return Fields(tuple(_fit("", facts)), (*people, *accounts), named=False)


def _fit(table: str, facts: Facts) -> list[str]:
    return [
        name
        for name, dtype in facts.fields[table].items()
        if name not in NOT_COMPARED[table] and name != "id" and not name.endswith("_id") and not dtype.is_temporal()
    ]


def counts_of(reached: pl.DataFrame, source: DriverRows, fields: Fields) -> dict[str, pl.DataFrame]:
    """Per field how many people each of its values has, and how many of them took the step: `value`, `users`, `passed`.

    A value missing on the event is a group of its own, `(none)`. One missing on the person or account is left out:
    it is often missing because they never got far enough to be asked for it.

    Raises:
        QuestionError: a field does not exist, or is a time.
    """
    read = {field: f"v{i}" for i, field in enumerate(fields.read)}
    own = source.compared(reached, tuple(read.values()))
    values = {field: own[read[field]].alias(field) for field in fields.of_events}
    passed = {field: own["passed"] for field in values}
    if fields.of_people:
        account = {} if ACCOUNT not in read else {"_account": own[read[ACCOUNT]]}
        plan, _ = with_fields(own.select("passed", "person", **account).lazy(), source.facts, fields.of_people)
        known = collect(plan)
        values |= {field: known[field] for field in fields.of_people}
        passed |= {field: known["passed"] for field in fields.of_people}
    counted = collect_all([_counted(each, passed[field]) for field, each in values.items()])
    named = zip(values, counted, strict=True)
    return {field: _worded(each, segments.NONE if field in fields.of_events else None) for field, each in named}


def _counted(values: pl.Series, passed: pl.Series) -> pl.LazyFrame:
    """How many there are of each value as it is read, the missing one among them: words are made of few, not of all."""
    groups = values if values.dtype in AS_READ else as_groups(values)
    rows = pl.LazyFrame([groups.alias("value"), passed.alias("passed")])
    return rows.group_by("value").agg(users=pl.len().cast(pl.Int64()), passed=pl.col("passed").sum().cast(pl.Int64()))


def _worded(counted: pl.DataFrame, missing: str | None) -> pl.DataFrame:
    """Values as words. Where a missing one has a word, it counts with those whose value is that word."""
    words = counted.with_columns(pl.col("value").cast(pl.String()))
    if missing is None:
        return words.drop_nulls("value")
    return words.with_columns(pl.col("value").fill_null(missing)).group_by("value").agg(pl.col("users", "passed").sum())


def as_groups(values: pl.Series) -> pl.Series:
    """The values as words; numbers of more than a few different values as quarters such as `12–40`.

    Raises:
        QuestionError: the values are times.
    """
    if values.dtype.is_temporal():
        raise QuestionError(f"fields: {values.name!r} is a time; drivers compare words, numbers, and true or false")
    if not values.dtype.is_numeric():
        return values.cast(pl.String())
    number = pl.when(pl.col(values.name).is_finite()).then(values.name)
    ranges = values.to_frame().select(low=number, high=number)
    if ranges["low"].drop_nulls().n_unique() > FEW_NUMBERS:
        cuts = [ranges["low"].quantile(share, interpolation="lower") for share in (0.25, 0.5, 0.75)]
        quarter = pl.sum_horizontal(((pl.col("low") > cut).cast(pl.Int8()) for cut in cuts), ignore_nulls=False)
        ends = pl.col("low").min().over("quarter").alias("low"), pl.col("high").max().over("quarter").alias("high")
        ranges = ranges.with_columns(quarter=quarter).select(ends)
    words = ranges.unique().with_columns(words=pl.struct("low", "high").map_elements(_range, return_dtype=pl.String()))
    named = ranges.join(words, on=["low", "high"], how="left", nulls_equal=True, maintain_order="left")
    return named["words"].alias(values.name)


def _range(ends: dict[str, float | None]) -> str | None:
    low, high = ends["low"], ends["high"]
    if low is None or high is None:
        return None
    return f"{low:.6g}" if low == high else f"{low:.6g}–{high:.6g}"
