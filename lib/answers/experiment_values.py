"""What the units of a test did after they were exposed: sums per variant and day, from which all else is worked out."""

from dataclasses import replace
from datetime import datetime

import polars as pl

from lib.answers.experiment_units import LEAD, Units, lead_numbers
from lib.answers.log import Log
from lib.engine import collect
from lib.errors import QuestionError
from lib.facts import Facts
from lib.inference import Moments
from lib.questions import Experiment, Measured
from lib.scope import Scope

PARTS = ("n", "x", "xx", "y", "xy", "yy")
COLUMNS = {"segment": pl.String(), "variant": pl.String(), "day": pl.Date(), "n": pl.Int64(), "hits": pl.Int64(),
           **{name: pl.Float64() for name in PARTS[1:]}}  # fmt: skip


def rows_of(question: Experiment, facts: Facts, found: Units) -> pl.DataFrame:
    """Every event that counts for a unit that is read: `unit`, `ts`, and `m1` …, `f0` … as `Log.rows` has them.

    From the first exposure on, both ends of the window included.

    Raises:
        QuestionError: a field does not exist.
    """
    fields = tuple(dict.fromkeys(one.field for one in question.measured if one.field is not None))
    over = found.frame.filter("is_over")
    first = over["at"].min()
    log = Log(facts, Scope(), found.count_by, fields, first if isinstance(first, datetime) else facts.as_of)
    goals = [one.goal for one in question.measured]
    is_of_leads = found.kind == "lead"
    rows = _of_leads(replace(log, fields=(*fields, LEAD)), question, facts) if is_of_leads else log.rows(goals)
    inside = (pl.col("ts") >= pl.col("at")) & (pl.col("ts") <= pl.coalesce("until", "ts"))
    return collect(rows.join(over.lazy().select("unit", "at", "until"), on="unit").filter(inside).drop("at", "until"))


def _of_leads(log: Log, question: Experiment, facts: Facts) -> pl.LazyFrame:
    """The same by the property `lead_id` of the events."""
    rows = log.rows([one.goal for one in question.measured])
    lead = f"f{len(log.fields) - 1}"
    numbers = lead_numbers(question, facts).lazy()
    return rows.drop("unit").with_columns(lead=pl.col(lead).cast(pl.String())).join(numbers, on="lead").drop("lead")


def increments(measured: Measured, place: int, rows: pl.DataFrame, found: Units, question: Experiment,
               timezone: str) -> pl.DataFrame:  # fmt: skip
    """How the sums of `Moments` grow from day to day: segment, variant, day, n, hits, x, xx, y, xy, yy.

    With a window a unit is read on the day its window ends, and with all it did; without one, on the day it is exposed,
    and what it does later is added on that day.

    Raises:
        QuestionError: a field holds no numbers.
    """
    done = _done(measured, place, rows, question)
    over = found.frame.filter("is_over").select("unit", "segment", "variant", "at", "until")
    is_ratio = measured.measure == "mean"
    start = over.select("unit", ts=pl.col("at"), dx=pl.lit(0.0), dy=pl.lit(0.0 if is_ratio else 1.0), dn=pl.lit(1))
    later = done.select("unit", "ts", "dx", "dy", dn=pl.lit(0)) if done.height else start.clear()
    steps = pl.concat([start, later.match_to_schema(start.schema, integer_cast="upcast")]).join(over, on="unit")
    at = pl.col("ts") if question.within is None else pl.col("until")
    steps = steps.with_columns(day=at.dt.convert_time_zone(timezone).dt.date())
    daily = steps.group_by("unit", "segment", "variant", "day").agg(pl.col("dn", "dx", "dy").sum()).sort("unit", "day")
    if measured.measure == "conversion":
        so_far = pl.col("dx").cum_sum().over("unit").clip(0, 1)
        daily = daily.with_columns(dx=so_far - so_far.shift(1).over("unit").fill_null(0.0))
    x, y = pl.col("dx").cum_sum().over("unit"), pl.col("dy").cum_sum().over("unit")
    daily = daily.with_columns(X=x, Y=y).with_columns(X0=pl.col("X") - pl.col("dx"), Y0=pl.col("Y") - pl.col("dy"))
    hit = (pl.col("X") != 0).cast(pl.Int64()) - (pl.col("X0") != 0).cast(pl.Int64())
    grown = daily.group_by("segment", "variant", "day").agg(
        n=pl.col("dn").sum().cast(pl.Int64()), hits=hit.sum(), x=pl.col("dx").sum(),
        xx=(pl.col("X") ** 2 - pl.col("X0") ** 2).sum(), y=pl.col("dy").sum(),
        xy=(pl.col("X") * pl.col("Y") - pl.col("X0") * pl.col("Y0")).sum(),
        yy=(pl.col("Y") ** 2 - pl.col("Y0") ** 2).sum(),
    )  # fmt: skip
    return grown.sort("segment", "variant", "day").select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())


def _done(measured: Measured, place: int, rows: pl.DataFrame, question: Experiment) -> pl.DataFrame:
    """What counts of the events of one goal: `unit`, `ts`, `dx`, `dy`."""
    own = rows.filter(f"m{place + 1}")
    if measured.field is None:
        return own.select("unit", "ts", dx=pl.lit(1.0), dy=pl.lit(0.0))
    fields = list(dict.fromkeys(one.field for one in question.measured if one.field is not None))
    column = own[f"f{fields.index(measured.field)}"]
    values = column.cast(pl.Float64(), strict=False)
    if column.count() and not values.count():
        raise QuestionError(f"field: {measured.field!r} holds text such as {column.drop_nulls()[0]!r}, no numbers.")
    divided = 1.0 if measured.measure == "mean" else 0.0
    kept = own.select("unit", "ts", dx=values, dy=pl.lit(divided))
    return kept.filter(pl.col("dx").is_finite().fill_null(False))


def sums(grown: pl.DataFrame, variant: str, segment: str | None = None) -> tuple[int, Moments]:
    """How many units did something, and the moments, of one variant (in one segment)."""
    own = grown.filter(pl.col("variant") == variant)
    own = own if segment is None else own.filter(pl.col("segment") == segment)
    total = own.select(*PARTS, "hits").sum().row(0, named=True)
    return int(total["hits"]), Moments(*(total[name] for name in PARTS))
