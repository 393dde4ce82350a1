"""The runs of a funnel with whose they are and which segment they stand in."""

import polars as pl

from lib.answers import segments
from lib.answers.funnel_rows import FunnelRows
from lib.answers.funnel_runs import lean_runs, runs
from lib.answers.packing import EPOCH
from lib.questions import Funnel


def walk(source: FunnelRows) -> pl.DataFrame:
    """The runs, with `segment`, `owner` and `person` (and `bucket` for a trend) put on each."""
    question, facts = source.question, source.facts
    lean = lean_runs(source.plan, question, facts) if question.view in ("steps", "times") else None
    if lean is not None:
        return lean.with_columns(owner=pl.col("unit"), segment=pl.lit(segments.ALL))
    rows = source.rows
    found = runs(rows, question, facts.timezone, facts.time_unit, facts.as_of or EPOCH)
    many = question.view == "trend" or bool(question.hold) or (question.by is not None and question.by.take == "all")
    kept = ["bucket"] if question.view == "trend" else []
    kept += ["person"] if question.view == "people" else []
    found = found.with_columns(rows[name].gather(found["r1"]).alias(name) for name in kept)
    # Where every unit is somebody of its own, the unit is its owner; looking that up would be work for nothing.
    owner = rows["owner"].gather(found["r1"]) if many else found["unit"]
    found = found.with_columns(owner.alias("owner"))
    return found.with_columns(_segment(found, rows, question))


def _segment(found: pl.DataFrame, rows: pl.DataFrame, question: Funnel) -> pl.Series:
    """The segment of each run: whose value counts is `take`; all but the largest become "Other"."""
    if question.by is None:
        return pl.Series("segment", [segments.ALL], dtype=pl.String()).new_from_index(0, found.height)
    take, n = question.by.take, len(question.steps)
    at = [rows["segment"].gather(found[f"r{k}"]).alias(f"v{k}") for k in range(1, n + 1)]
    values = pl.DataFrame(at)
    if take == "all":
        return values["v1"].alias("segment")
    if take.startswith("step:"):
        chosen = pl.col(f"v{take[5:]}")
    elif take == "last":
        chosen = pl.coalesce(f"v{k}" for k in range(n, 0, -1))
    else:
        chosen = pl.col("v1") if take == "entry" else pl.coalesce(f"v{k}" for k in range(1, n + 1))
    named = values.select(segment=chosen.fill_null(segments.NONE)).with_columns(found["owner"])
    sizes = named.group_by("segment").agg(users=pl.col("owner").n_unique())
    return named.select(segments.fold(segments.largest(sizes, question.by.top)))["segment"]
