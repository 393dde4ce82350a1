"""The ordered funnel as a chain of as-of joins.

For every step-k event, the latest run that stands at step k − 1 at or before it is at least as good as any earlier
one: its window ends later, and an exclusion has had less time to fall into it. So one look back per event carries the
whole history, and no work is done per unit.

The chain is exact when no event can stand in two places at once. Where an event matches several steps, `seek` and
`offer` keep it from finding itself, and units in which such an event shares its instant with a different one are
walked one by one instead (`funnel_walk`).
"""

import polars as pl

from lib.answers.funnel_rules import Rules, matches, voids
from lib.engine import collect, collect_all


def walk(rows: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Runs of every unit: see `funnel_runs.runs`; times are still packed keys.

    Args:
        rows: `row`, `key`, `m1` … `mn`, `x1` …; sorted or not.
        rules: the question in packed time.
    """
    steps, crossings = _lists(rows, rules)
    states = [_starts(steps[0], rows, rules)]
    for k in range(2, rules.steps + 1):
        states.append(_next(k, states[-1], steps[k - 1], crossings, rules))
    return furthest(states, crossings, rules)


def ambiguous(rows: pl.DataFrame, rules: Rules) -> pl.Series:
    """Units (counted from the block's first) with an instant at which different events compete for several steps."""
    kinds = [f"m{k}" for k in range(1, rules.steps + 1)]
    at = rows.lazy().filter(pl.any_horizontal(kinds)).group_by("key").agg(
        many=matches(rules.steps).max() > 1, alike=pl.struct(kinds).n_unique() == 1, events=pl.len()
    )
    tied = at.filter(pl.col("many") & ~pl.col("alike") & (pl.col("events") > 1)).select(unit=rules.unit()).unique()
    return collect(tied)["unit"]


def _lists(rows: pl.DataFrame, rules: Rules) -> tuple[list[pl.DataFrame], list[pl.DataFrame]]:
    """The events of each step, and of each exclusion, in order."""
    plan = rows.lazy()
    if rules.overlap:
        # Equal events at one instant take places one after the other; different ones share a place.
        kinds = [f"m{k}" for k in range(1, rules.steps + 1)]
        several = matches(rules.steps) > 1
        place = ((pl.col("key") != pl.col("key").shift()) | several).fill_null(True).cum_sum().cast(pl.Int64) * 2
        hits = plan.filter(pl.any_horizontal(kinds)).sort("key", "row")
        plan = hits.with_columns(seek=place, offer=place + several.cast(pl.Int64))
    columns = ["key", "row", "seek", "offer"] if rules.overlap else ["key", "row"]
    order = ["seek", "row"] if rules.overlap else ["key"]
    lists = [plan.filter(f"m{k}").select(columns).sort(order) for k in range(1, rules.steps + 1)]
    lists += [rows.lazy().filter(f"x{i}").select("key").sort("key") for i in range(1, len(rules.spans) + 1)]
    done = collect_all(lists)
    return done[: rules.steps], done[rules.steps :]


def _starts(first: pl.DataFrame, rows: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Runs that stand at step 1."""
    if "start" in rows.columns:
        first = first.join(rows.select("row", "start"), on="row", how="left", maintain_order="left")
    states = first.filter(rules.starts(first)).drop("start", strict=False)
    if rules.question.entry == "first":
        states = states.with_columns(unit=rules.unit()).unique("unit", keep="first", maintain_order=True).drop("unit")
    anchors = [pl.col("key").alias(f"a{i}") for i, (after, _) in enumerate(rules.spans) if after == 1]
    return states.with_columns(*anchors, until=rules.until(pl.col("key")), prev=pl.lit(None, pl.UInt32))


def _next(
    k: int, before: pl.DataFrame, events: pl.DataFrame, crossings: list[pl.DataFrame], rules: Rules
) -> pl.DataFrame:
    """Runs that stand at step k, from those that stand at step k − 1."""
    anchors = [name for name in before.columns if name.startswith("a")]
    seek, offer = ("seek", "offer") if rules.overlap else ("key", "key")
    offers = before.with_row_index("prev_at").select("prev_at", pl.col(offer).alias("_offer"), "until", *anchors)
    states = events.join_asof(offers, left_on=seek, right_on="_offer", strategy="backward", coalesce=False)
    # A run of another unit ends long before: the packing leaves more room than any window.
    states = states.filter(pl.col("key") <= pl.col("until")).drop("_offer").rename({"prev_at": "prev"})
    for i, (after, upto) in enumerate(rules.spans):
        if after < k <= upto:
            last = crossings[i].rename({"key": "_x"})
            states = states.sort("key", maintain_order=True).join_asof(
                last, left_on="key", right_on="_x", strategy="backward", allow_exact_matches=False, coalesce=False
            )
            clean = pl.col("_x").is_null() | (pl.col("_x") <= pl.col(f"a{i}"))
            states = states.filter(clean).drop("_x")
        if after == k:
            states = states.with_columns(pl.col("key").alias(f"a{i}"))
    return states


def furthest(states: list[pl.DataFrame], crossings: list[pl.DataFrame], rules: Rules) -> pl.DataFrame:
    """Per unit the run that reached the furthest step first, followed back to its start.

    Every list of states is in order of unit, so finding a unit's first and last state, and lining up the units of two
    steps, are passes over neighbours: nothing is hashed.
    """
    units = _ends(1, states[0], crossings, rules)
    for k in range(2, rules.steps + 1):
        ends = _ends(k, states[k - 1], crossings, rules).rename({"unit": "_unit"})
        met = units.join_asof(ends, left_on="unit", right_on="_unit", strategy="backward", coalesce=False)
        same = pl.col("_unit") == pl.col("unit")
        units = met.with_columns(pl.when(same).then(name) for name in (f"at{k}", f"open{k}", f"out{k}")).drop("_unit")
    places = [pl.col(f"at{k}").is_not_null().cast(pl.Int64) for k in range(1, rules.steps + 1)]
    units = units.with_columns(reached=pl.sum_horizontal(places))
    stands = [pl.col("reached") == k for k in range(1, rules.steps)]
    return _back(units, states).with_columns(
        units.select(
            open=pl.any_horizontal(pl.lit(False), *(at & pl.col(f"open{k}") for k, at in enumerate(stands, 1))),
            removed=pl.any_horizontal(pl.lit(False), *(at & pl.col(f"out{k}") for k, at in enumerate(stands, 1))),
        ).fill_null(False)
    )


def _ends(k: int, states: pl.DataFrame, crossings: list[pl.DataFrame], rules: Rules) -> pl.DataFrame:
    """Per unit that stands at step k: where its first state is (`at`), may it still go on (`open`), is it taken out."""
    here = states.with_columns(unit=rules.unit()).with_row_index("at")
    # Of several events at the instant the step was first reached, the last in place looks back the furthest.
    firsts = here.filter((pl.col("key") != pl.col("key").shift(-1)).fill_null(True)) if rules.overlap else here
    firsts = firsts.filter((pl.col("unit") != pl.col("unit").shift()).fill_null(True))
    # The last state begun ends last and was crossed last, so it alone says whether the unit may still go on.
    lasts = here.filter((pl.col("unit") != pl.col("unit").shift(-1)).fill_null(True))
    lasts = voids(lasts, crossings, rules.spans, k, range(len(rules.spans)))
    lasting = pl.col("lasting") if "lasting" in lasts.columns else pl.lit(True)
    open_now = lasts.select((~pl.col("void") & rules.still_open() & lasting).alias(f"open{k}"))
    ends = firsts.select("unit", pl.col("at").alias(f"at{k}")).with_columns(open_now)
    if not rules.removing:
        return ends.with_columns(pl.lit(False).alias(f"out{k}"))
    crossed = voids(here, crossings, rules.spans, k, rules.removing).group_by("unit").agg(pl.col("void").all())
    return ends.join(crossed.rename({"void": f"out{k}"}), on="unit", how="left", maintain_order="left")


def _back(units: pl.DataFrame, states: list[pl.DataFrame]) -> pl.DataFrame:
    """Follow each run from its furthest step to its start: `unit`, `reached`, `t1` … `tn`, `r1` … `rn`."""
    columns: list[pl.Series] = []
    came = pl.Series("came", [None], dtype=pl.UInt32()).new_from_index(0, units.height)
    for k in range(len(states), 0, -1):
        first = (units["reached"] == k).to_frame("ends")
        at = first.select(pl.when("ends").then(units[f"at{k}"]).otherwise(came).alias("at"))["at"]
        state = states[k - 1]
        columns += [state["key"].gather(at).alias(f"t{k}"), state["row"].gather(at).alias(f"r{k}")]
        came = state["prev"].gather(at)
    return units.select("unit", "reached").with_columns(columns)
