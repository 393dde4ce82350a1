"""Runs: for every unit, how far it got and when. All views of a funnel are read off this one frame.

The unit is what the funnel counts: a person, an account, a visit; or one of those within a bucket or a segment, where
every bucket or segment makes its own funnel. Three walkers share the work: `funnel_chain` (ordered), `funnel_strict`
and `funnel_any` are vectorised, and exact as long as no two events at one instant could swap places and a later run is
as good as an earlier one; units in which that is not so are handed to `funnel_walk`.
"""

from datetime import datetime

import polars as pl

from lib.answers import funnel_any, funnel_chain, funnel_hold, funnel_strict, funnel_walk
from lib.answers.funnel_rules import Rules
from lib.answers.packing import Packing
from lib.engine import collect
from lib.facts import Facts
from lib.questions import Funnel

WALKERS = {"ordered": funnel_chain, "strict": funnel_strict, "any": funnel_any}


def runs(rows: pl.DataFrame, question: Funnel, timezone: str, time_unit: str, as_of: datetime) -> pl.DataFrame:
    """The timed run of every unit that entered.

    Args:
        rows: `unit`, `ts`, `m1` … `mn` (matches the step), `x1` … (matches the exclusion), and for a strict order what
            `funnel_units.in_sequence` adds. An optional `start` says which rows may open a run, beside the scope's
            window; an optional `group` says which units are one, of whose runs only the furthest counts.
        question: the funnel.
        timezone: for windows of calendar months.
        time_unit: the unit in which every instant is whole: "s", "ms" or "us".
        as_of: the last event known.

    Returns:
        `unit` (or the `group`), `reached` (furthest required step), `open` (may still do the next one), `open{k}` (may
        still do optional step k), `closed` (the run's window is over), `t1` … `tn` (instants, null at steps not taken)
        and, where the question needs them, `r1` … `rn` (row numbers in `rows`); sorted by unit. A unit that an
        exclusion with effect `remove` takes out is not listed.
    """
    if rows.height == 0:
        return _counted(_empty(question))
    low, high = rows["ts"].min(), rows["ts"].max()
    assert isinstance(low, datetime) and isinstance(high, datetime)
    packing = Packing.fit(low, max(high, as_of), question.window, time_unit)
    rules = Rules.of(question, packing, timezone, as_of)
    numbered = rows.with_row_index("row") if rules.with_rows or question.order != "ordered" else rows
    found = []
    for base, beyond in packing.blocks(rows["unit"]):
        within = numbered["unit"].is_between(base, beyond, closed="left")
        block = numbered if within.all() else numbered.filter(within)
        if block.height:
            keyed = block.with_columns(key=packing.key(pl.col("unit"), pl.col("ts"), base)).drop("unit", "ts")
            part = _walk(keyed, rules)
            if part.height:
                found.append(_unpack(part, rules, base))
    whole = pl.concat(found) if found else _empty(question)
    return _counted(funnel_hold.furthest(whole, rows, question) if "group" in rows.columns else whole)


def lean_runs(plan: pl.LazyFrame, question: Funnel, facts: Facts) -> pl.DataFrame | None:
    """The runs of a plan that needs nothing but packed keys; None where it needs more.

    Only where people are counted in order, without a breakdown, and all of them fit into one block: then the key is
    made while the log is read, and nothing else is carried along.
    """
    if facts.as_of is None or facts.first is None or question.order != "ordered" or question.count_by != "user":
        return None
    low = facts.first
    packing = Packing.fit(low, facts.as_of, question.window, facts.time_unit)
    rules = Rules.of(question, packing, facts.timezone, facts.as_of)
    if rules.overlap or rules.with_rows or facts.persons > packing.block:
        return None
    marks = [f"m{k}" for k in range(1, rules.steps + 1)] + [f"x{i}" for i in range(1, len(rules.spans) + 1)]
    rows = collect(plan.select(packing.key(pl.col("unit"), pl.col("ts")).alias("key"), *marks))
    return _counted(_unpack(_walk(rows, rules), rules, 0))


def _walk(rows: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """The vectorised walker for almost all units, the exact one for those it cannot decide."""
    walker = WALKERS[rules.question.order]
    hard = pl.Series("unit", [], dtype=pl.Int64())
    if rules.question.order == "strict" or rules.overlap:
        hard = walker.ambiguous(rows, rules).cast(pl.Int64())
    easy, undecided = walker.walk(rows.filter(~rules.unit().is_in(hard.implode())) if hard.len() else rows, rules)
    if undecided.len():
        easy, hard = easy.filter(~pl.col("unit").is_in(undecided.implode())), pl.concat([hard, undecided])
    if not hard.len():
        return easy
    exact = funnel_walk.walk(rows.filter(rules.unit().is_in(hard.implode())), rules)
    return pl.concat([easy.cast({"reached": pl.Int64()}), exact.select(easy.columns)])


def _unpack(part: pl.DataFrame, rules: Rules, base: int) -> pl.DataFrame:
    """Packed keys back to instants, units back to their own numbers; `over` says whose window is over."""
    waits = [name for name in part.columns if name.startswith("open")]
    steps = range(1, rules.steps + 1)

    def taken(name: str) -> pl.Expr:
        return pl.when(pl.col(name) >= 0).then(pl.col(name))

    return part.select(
        pl.col("unit") + base,
        pl.col("reached").cast(pl.Int64()),
        *waits,
        "removed",
        rules.is_over(pl.col("t1")).alias("over"),
        *(rules.packing.instant_of(taken(f"t{k}")).alias(f"t{k}") for k in steps),
        *(taken(f"r{k}").cast(pl.UInt32()).alias(f"r{k}") for k in steps if rules.with_rows),
    )


def _counted(runs: pl.DataFrame) -> pl.DataFrame:
    """Without those an exclusion takes out, in order; `closed` where the window is over and no step may still come."""
    kept = runs.filter(~pl.col("removed")) if runs["removed"].any() else runs
    waits = [name for name in runs.columns if name.startswith("open")]
    missed = [pl.col(name) & pl.col(f"t{name[4:]}").is_null() for name in waits if name != "open"]
    found = kept.with_columns(missed).with_columns(closed=pl.col("over") & ~pl.any_horizontal(waits))
    found = found.drop("removed", "over")
    return found if found["unit"].is_sorted() else found.sort("unit")


def _empty(question: Funnel) -> pl.DataFrame:
    steps = range(1, len(question.steps) + 1)
    times = {f"t{k}": pl.Datetime("us", "UTC") for k in steps}
    places = {f"r{k}": pl.UInt32() for k in steps}
    optional = {f"open{k}": pl.Boolean() for k in steps if question.steps[k - 1].optional}
    flags = {"open": pl.Boolean(), **optional, "removed": pl.Boolean(), "over": pl.Boolean()}
    return pl.DataFrame(schema={"unit": pl.Int64(), "reached": pl.Int64(), **flags, **times, **places})
