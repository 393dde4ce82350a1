"""The funnel of any order: how many different steps fall into one window, whichever comes first.

Every event of a step may open a run. For each, the next event of every other step is one as-of join forward; the
sorted times of those inside the window are the times at which the 1st, 2nd … step was done.
"""

import polars as pl

from lib.answers.funnel_rules import Rules, matches


def walk(rows: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Runs of every unit: see `funnel_runs.runs`; times are still packed keys.

    Args:
        rows: `row`, `key`, `m1` … `mn`, `x1` …; no row may match two steps.
        rules: the question in packed time.
    """
    kinds = [f"m{k}" for k in range(1, rules.steps + 1)]
    hits = rows.filter(pl.any_horizontal(kinds)).sort("key", "row").with_columns(unit=rules.unit())
    runs = hits.filter(rules.starts(hits.columns)).rename({"row": "first_row"})
    if rules.question.entry == "first":
        runs = runs.unique("unit", keep="first", maintain_order=True)
    runs = runs.with_columns(until=rules.until(pl.col("key")))
    runs = _cut(runs, rows, rules)
    for k in range(1, rules.steps + 1):
        events = hits.filter(f"m{k}").select(pl.col("key").alias(f"t{k}"), pl.col("row").alias(f"r{k}"))
        runs = runs.join_asof(events, left_on="key", right_on=f"t{k}", strategy="forward", coalesce=False)
    return _timed(runs, rules)


def _cut(runs: pl.DataFrame, rows: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """End a run at the first excluded event after its start: `limit`, and `void{i}`."""
    runs = runs.with_columns(limit=pl.col("until"), void=pl.lit(False), void_out=pl.lit(False))
    for i, part in enumerate(rules.question.exclude, 1):
        crossing = rows.filter(f"x{i}").select(_x="key").sort("_x")
        runs = runs.join_asof(
            crossing, left_on="key", right_on="_x", strategy="forward", allow_exact_matches=False, coalesce=False
        )
        met = (pl.col("_x") <= pl.col("until")).fill_null(False)
        out = pl.col("void_out") | met if part.effect == "remove" else pl.col("void_out")
        runs = runs.with_columns(
            limit=pl.when(met).then(pl.min_horizontal("limit", "_x")).otherwise("limit"),
            void=pl.col("void") | met,
            void_out=out,
        ).drop("_x")
    return runs


def _timed(runs: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Per unit the run that did the most steps, the soonest done, then the latest begun."""
    n = rules.steps
    # The opening event fills its own step at its own instant, even if another event of that step ties with it.
    done = [
        pl.when(pl.col(f"m{k}")).then(pl.struct(t="key", r="first_row")).when(pl.col(f"t{k}") <= pl.col("limit"))
        .then(pl.struct(t=f"t{k}", r=f"r{k}"))
        for k in range(1, n + 1)
    ]  # fmt: skip
    runs = runs.with_columns(done=pl.concat_list(done).list.drop_nulls().list.sort())
    runs = runs.with_columns(reached=pl.col("done").list.len().cast(pl.Int64))
    best = runs.sort(
        ["unit", "reached", pl.col("done").list.last().struct.field("t"), "key"], descending=[False, True, False, True]
    )
    best = best.filter(pl.col("reached") == pl.col("reached").max().over("unit"))
    going = pl.col("reached") < n
    ends = best.group_by("unit").agg(
        open=(going & ~pl.col("void") & rules.still_open()).any(), removed=(going & pl.col("void_out")).all()
    )
    first = best.unique("unit", keep="first", maintain_order=True)
    step = [pl.col("done").list.get(k - 1, null_on_oob=True) for k in range(1, n + 1)]
    return first.select(
        "unit",
        *(one.struct.field("t").alias(f"t{k}") for k, one in enumerate(step, 1)),
        *(one.struct.field("r").cast(pl.UInt32).alias(f"r{k}") for k, one in enumerate(step, 1)),
        "reached",
    ).join(ends, on="unit", how="left")


def ambiguous(rows: pl.DataFrame, rules: Rules) -> pl.Series:
    """Units (counted from the block's first) in which an event could fill one step or another."""
    return rows.filter(matches(rules.steps) > 1).select(unit=rules.unit()).unique()["unit"]
