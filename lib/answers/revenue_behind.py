"""The accounts behind a number, and where a change of what is kept comes from."""

import numpy as np
import polars as pl

from lib.answers.revenue_lines import Ints, Lines
from lib.answers.revenue_retention import kept_between
from lib.answers.revenue_rows import Subscriptions
from lib.answers.revenue_steps import places
from lib.answers.revenue_times import Times, a_year_before, number
from lib.answers.scoped import asked
from lib.errors import QuestionError, suggest
from lib.questions.revenue import Revenue

SCHEMA = {"account_id": pl.String(), "segment": pl.String(), "product": pl.String(), "opening": pl.Float64(),
          "now": pl.Float64(), "movement": pl.String(), "amount": pl.Float64(), "gap_days": pl.Int64(),
          "reason": pl.String()}  # fmt: skip


def place_of(question: Revenue, times: Times) -> int:
    """The bucket asked for; else the last that is over; else the last.

    Raises:
        QuestionError: the scope does not touch the bucket asked for.
    """
    if question.bucket is None:
        over = times.complete.arg_true()
        return int(over[-1]) if over.len() else len(times) - 1
    place = int(times.firsts.search_sorted(question.bucket, side="right")) - 1
    if place < 0 or number(question.bucket) >= times.closes[place] > times.firsts.to_physical()[place]:
        raise QuestionError(f"bucket: {question.bucket} is in no bucket{asked(question.scope)}.")
    return place


def behind(question: Revenue, rows: pl.DataFrame, of: Lines, times: Times, opens: Ints,
           found: Subscriptions) -> pl.DataFrame:  # fmt: skip
    """Table `rows`: account_id, segment, product, opening, now, movement (of the account), amount (now − opening),
    gap_days (of a reactivation: days without paying), reason (of what ended in between); the largest change first.

    Raises:
        QuestionError: there is no such bucket or segment.
    """
    if not len(times):
        return pl.DataFrame(schema=SCHEMA)
    if question.segment is not None and question.segment not in of.names:
        raise QuestionError(f"segment: there is no {question.segment!r}; {suggest(question.segment, of.names)}")
    place = place_of(question, times)
    edges = int((times.opens if question.of == "movements" else opens)[place]), int(times.closes[place])
    units = _units(question, of, times, place, edges)
    asked = np.zeros(of.units, dtype=np.bool_)
    asked[units["unit"].to_numpy()] = True
    some = np.flatnonzero(asked[of.unit] & (of.amount > 0))
    lines = rows.drop("segment")[some].with_columns(unit=pl.Series(of.unit[some]),
                              account_id=pl.col("account_id").cast(pl.String()),
                              product=pl.col("product").cast(pl.String()))  # fmt: skip
    lines = lines.join(units, on="unit")
    low, high = edges

    def at(edge: int) -> pl.Expr:
        return pl.col("mrr").filter((pl.col("start") < edge) & (pl.col("end") >= edge)).sum()

    ended = (pl.col("end") >= low) & (pl.col("end") < high)
    table = lines.group_by("unit", "account_id", "product", "segment", "movement").agg(
        opening=at(low), now=at(high), reason=pl.col("reason").filter(ended).sort_by(pl.col("end").filter(ended)).last()
    )
    gaps = lines.group_by("unit").agg(
        gap_days=pl.col("start").filter((pl.col("start") >= low) & (pl.col("start") < high)).min()
        - pl.col("end").filter(pl.col("start") < low).max()
    )
    gap = pl.when(pl.col("movement") == "reactivation").then(pl.col("gap_days"))
    moved = pl.col("now") - pl.col("opening")
    table = table.filter((pl.col("opening") > 0) | (pl.col("now") > 0)).join(gaps, on="unit", how="left")
    table = table.with_columns(amount=moved, gap_days=gap).sort(moved.abs().sum().over("unit"), "account_id", "product",
                                                                descending=[True, False, False])  # fmt: skip
    return table.select(list(SCHEMA)).with_columns(pl.col("opening", "now", "amount") / 10**found.minor)


def _units(question: Revenue, of: Lines, times: Times, place: int, edges: tuple[int, int]) -> pl.DataFrame:
    """`unit`, `segment`, `movement` of the units asked for."""
    then, now = of.at(edges[0]), of.at(edges[1])
    part = np.where(then.kept > 0, then.part, now.part)
    if question.of == "movements":
        pauses = (now.paid - then.paid) != (now.kept - then.kept)
        began, here = then.kept == 0, (then.kept > 0) | (now.kept > 0)
        fresh = ~_paid_before(of, times, times.before.size + place)
        tests = {"new": began & fresh, "reactivation": began, "churn": now.kept == 0,
                 "expansion": now.kept > then.kept, "contraction": now.kept < then.kept, "paused": pauses}  # fmt: skip
    else:
        here = then.paid > 0
        pauses = (now.paid < then.paid) & (np.minimum(now.kept, then.paid) > now.paid)
        tests = {"churn": now.kept == 0, "contraction": now.kept < then.paid, "paused": now.paid < then.paid,
                 "expansion": now.paid > then.paid}  # fmt: skip
    named = np.select(list(tests.values()), np.arange(len(tests)), len(tests))
    words = [*tests, "kept"]
    if question.movement is not None:
        own = named == words.index(question.movement) if question.movement in words else np.zeros_like(here)
        here &= (own | pauses) if question.movement == "paused" else own
    elif question.of == "movements":
        here &= named < len(tests)
    if question.segment is not None:
        here &= part == of.names.index(question.segment)
    unit = np.flatnonzero(here)
    names = pl.Series(of.names, dtype=pl.String())
    return pl.DataFrame({"unit": unit, "segment": names.gather(part[unit]),
                         "movement": pl.Series(words).gather(named[unit])})  # fmt: skip


def _paid_before(of: Lines, times: Times, place: int) -> np.ndarray:
    """Did each unit pay at an edge before the one at this place? An interval does at the first edge after its start."""
    found = np.zeros(of.units, dtype=np.bool_)
    first = places(of.start, times.edges)
    early = np.flatnonzero((first < place) & (of.amount > 0))
    found[of.unit[early[of.until[early] >= times.edges[first[early]]]]] = True
    return found


def drivers(question: Revenue, of: Lines, times: Times, opens: Ints, found: Subscriptions) -> pl.DataFrame:
    """Table `drivers`: what a segment adds to the change of GRR from the stretch just before to that of the bucket.

    Columns: segment, opening_before, opening, grr_before, grr, weight_before, weight, rate, mix, churn, contraction,
    paused. Rate and mix add up to the change over all segments, and so do churn, contraction and paused (each below
    zero where more was lost). A segment without an opening in one of the two has no rate, only mix.

    The split is that of E. Kitagawa, "Components of a difference between two rates", JASA 50 (1955).
    """
    if not len(times):
        return _split({}, of.names, found)
    place = place_of(question, times)
    low, high = int(opens[place]), int(times.closes[place])
    length = high - low
    before = int(a_year_before(np.array([low]))[0]) if question.basis == "trailing_12" else low - length
    if question.basis == "period":
        first = pl.Series(times.firsts.gather([place])).dt.offset_by(
            {"day": "-1d", "week": "-1w", "month": "-1mo", "quarter": "-3mo", "year": "-1y"}[question.grain]
        )
        before = int(first.to_physical()[0])
    return _split(kept_between(of, [(before, low), (low, high)]), of.names, found)


def _split(cents: dict[str, Ints], names: tuple[str, ...], found: Subscriptions) -> pl.DataFrame:
    """The two columns of every measure, before and now, put against each other."""
    nothing = np.zeros((len(names), 2), dtype=np.int64)
    opening, kept_ = (cents.get(name, nothing).astype(np.float64) for name in ("opening_mrr", "kept_mrr"))
    total = opening.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        weight, grr = opening / total, kept_ / opening
        whole = float(np.mean(kept_.sum(axis=0) / total)) if total.all() else float("nan")
        filled = np.where(np.isnan(grr), grr[:, ::-1], grr)
        rate = (filled[:, 1] - filled[:, 0]) * weight.mean(axis=1)
        mix = (weight[:, 1] - weight[:, 0]) * (filled.mean(axis=1) - whole)
        lost = {name: cents.get(name, nothing) / total for name in ("churn", "contraction", "paused")}
    table = pl.DataFrame(
        {
            "segment": pl.Series(names, dtype=pl.String()),
            "opening_before": found.money(opening[:, 0]), "opening": found.money(opening[:, 1]),
            "grr_before": grr[:, 0], "grr": grr[:, 1], "weight_before": weight[:, 0], "weight": weight[:, 1],
            "rate": rate, "mix": mix,
            **{name: values[:, 0] - values[:, 1] for name, values in lost.items()},
        }
    ).fill_nan(None)  # fmt: skip
    some = (pl.col("opening_before") > 0) | (pl.col("opening") > 0)
    return table.filter(some).with_columns(pl.col("rate", "mix").fill_null(0.0)) if total.all() else table.filter(some)
