"""Runs: for every unit, how far it got and when. All views of a funnel are read off this one frame.

The unit is what the funnel counts: a person, an account, a visit; or one of those within a bucket or a segment, where
every bucket or segment makes its own funnel. Three walkers share the work: `funnel_chain` (ordered), `funnel_strict`
and `funnel_any` are vectorised, and exact as long as no two events at one instant could swap places; units in which
they could are handed to `funnel_walk`.
"""

from datetime import datetime
from typing import Any

import polars as pl

from lib.answers import funnel_any, funnel_chain, funnel_strict, funnel_walk
from lib.answers.funnel_rules import Rules
from lib.answers.packing import Packing
from lib.engine import collect
from lib.facts import Facts
from lib.questions import Funnel

WALKERS = {"ordered": funnel_chain, "strict": funnel_strict, "any": funnel_any}


def runs(rows: pl.DataFrame, question: Funnel, timezone: str, time_unit: str, as_of: datetime) -> pl.DataFrame:
    """The timed run of every unit that entered.

    Args:
        rows: `unit`, `ts`, `m1` … `mn` (matches the step), `x1` … (matches the exclusion); for a strict order every
            event of every unit that starts, for the others the events of steps and exclusions. An optional `start`
            says which rows may open a run, beside the scope's window.
        question: the funnel.
        timezone: for windows of calendar months.
        time_unit: the unit in which every instant is whole: "s", "ms" or "us".
        as_of: the last event known.

    Returns:
        `unit`, `reached` (furthest step, 1 … n), `open` (may still do the next step), `closed` (the run's window is
        over), `t1` … `tn` (instants, null beyond `reached`) and, where the question needs them, `r1` … `rn` (row
        numbers in `rows`); sorted by unit. A unit that an exclusion with effect `remove` takes out is not listed.
    """
    steps = len(question.steps)
    if rows.height == 0:
        return _empty(steps)
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
    return _in_order(found) if found else _empty(steps)


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
    part = funnel_chain.walk(rows, rules)
    return _in_order([_unpack(part, rules, 0)])


def _in_order(parts: list[pl.DataFrame]) -> pl.DataFrame:
    whole = parts[0] if len(parts) == 1 else pl.concat(parts)
    return whole if whole["unit"].is_sorted() else whole.sort("unit")


def _walk(rows: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """The vectorised walker for almost all units, the exact one for those it cannot decide."""
    walker = WALKERS[rules.question.order]
    if rules.question.order != "strict" and not rules.overlap:
        return walker.walk(rows, rules)
    hard = walker.ambiguous(rows, rules)
    if hard.len() == 0:
        return walker.walk(rows, rules)
    is_hard = rules.unit().is_in(hard.implode())
    parts = [walker.walk(rows.filter(~is_hard), rules), funnel_walk.walk(rows.filter(is_hard), rules)]
    full = [part for part in parts if part.height]
    return pl.concat([part.select(parts[0].columns).cast(parts[0].schema) for part in full]) if full else parts[0]


def _unpack(part: pl.DataFrame, rules: Rules, base: int) -> pl.DataFrame:
    """Packed keys back to instants, and units back to their own numbers."""

    def within(k: int) -> Any:
        return pl.when(pl.col("reached") >= k)

    steps = range(1, rules.steps + 1)
    kept = part.filter(~pl.col("removed")) if rules.removing else part
    return kept.select(
        pl.col("unit") + base,
        "reached",
        "open",
        (rules.is_over(pl.col("t1")) & ~pl.col("open")).alias("closed"),
        *(within(k).then(rules.packing.instant_of(pl.col(f"t{k}"))).alias(f"t{k}") for k in steps),
        *(within(k).then(pl.col(f"r{k}").cast(pl.UInt32())).alias(f"r{k}") for k in steps if rules.with_rows),
    )


def _empty(steps: int) -> pl.DataFrame:
    times = {f"t{k}": pl.Datetime("us", "UTC") for k in range(1, steps + 1)}
    places = {f"r{k}": pl.UInt32() for k in range(1, steps + 1)}
    flags = {"open": pl.Boolean(), "closed": pl.Boolean()}
    return pl.DataFrame(schema={"unit": pl.Int64(), "reached": pl.Int64(), **flags, **times, **places})
