"""How much revenue is kept: of what accounts paid at an opening, what they pay now."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from lib.answers.revenue_rows import Subscriptions
from lib.answers.revenue_steps import Changes, Ints, Steps, steps, table
from lib.answers.revenue_times import Times

MONEY = ("opening_mrr", "kept_mrr", "now_mrr", "expansion", "contraction", "churn", "paused")
MEASURES = (*MONEY, "accounts", "logos")


@dataclass(frozen=True)
class Pairs:
    """Of units, what they paid at the opening (`then`) and pay at the end (`now`, and `kept` through a pause)."""

    then: Ints
    now: Ints
    kept: Ints

    def measures(self) -> dict[str, Ints]:
        """Amounts of every unit, zero for those that paid nothing at the opening.

        then = kept_mrr + contraction + churn + paused, and now = kept_mrr + expansion.
        """
        was = self.then > 0
        low = np.minimum(self.then, self.now)
        lasting = np.minimum(self.then, np.maximum(self.kept, self.now))
        return {
            "opening_mrr": self.then,
            "kept_mrr": low,
            "now_mrr": np.where(was, self.now, 0),
            "expansion": np.where(was, self.now - low, 0),
            "contraction": np.where(lasting > 0, self.then - lasting, 0),
            "churn": np.where(lasting > 0, 0, self.then),
            "paused": lasting - low,
            "accounts": was.astype(np.int64),
            "logos": (was & (lasting > 0)).astype(np.int64),
        }


def retention(made: Changes, times: Times, opens: Ints, found: Subscriptions) -> pl.DataFrame:
    """Table `retention`: every bucket of every segment, the segment being that at the opening."""
    shape = (len(made.names), len(times))
    cents = kept(made, opens, times.closes) if len(times) else dict.fromkeys(MEASURES, np.zeros(shape, dtype=np.int64))
    part, place = (axis.ravel() for axis in np.indices(shape))
    frame = pl.DataFrame(
        {"bucket": times.firsts.gather(place), "segment": pl.Series(made.names, dtype=pl.String()).gather(part)}
        | {name: values.ravel() for name, values in cents.items()}
    )
    return frame.select("bucket", "segment", *shares(), complete=times.complete.gather(place)).with_columns(
        pl.col(MONEY) / 10**found.minor
    )


def shares() -> list[pl.Expr]:
    """The columns of amounts, and GRR, NRR and logo retention over them; a share of nothing is empty."""

    def over(name: str, whole: str) -> pl.Expr:
        return pl.when(pl.col(whole) > 0).then(pl.col(name) / pl.col(whole))

    return [
        pl.col("opening_mrr", "kept_mrr", "now_mrr"),
        over("kept_mrr", "opening_mrr").alias("grr"),
        over("now_mrr", "opening_mrr").alias("nrr"),
        over("logos", "accounts").alias("logo_retention"),
        pl.col("accounts", "expansion", "contraction", "churn", "paused"),
    ]


def kept(made: Changes, opens: Ints, closes: Ints) -> dict[str, Ints]:
    """The measures in minor units, by segment and bucket.

    What a unit adds to a bucket only differs from what it adds to the one before where its balance at the opening or
    at the end does; so these differences are added up, and summed over the buckets.
    """
    shape = (len(made.names), closes.size)
    key, then, now, lasting, part = _merged(steps(made, opens), steps(made, closes), shape[1])
    unit, place = key // max(shape[1], 1), key % max(shape[1], 1)
    goes_on = np.concatenate([[False], unit[1:] == unit[:-1]]) if unit.size else np.zeros(0, np.bool_)

    def last(values: Ints) -> Ints:
        return np.where(goes_on, np.concatenate([values[:1], values[:-1]]), 0)

    some = np.flatnonzero((then > 0) | (last(then) > 0))
    place, was_in, is_in = place[some], last(part)[some], part[some]
    added = Pairs(then[some], now[some], lasting[some]).measures()
    gone = Pairs(last(then)[some], last(now)[some], last(lasting)[some]).measures()
    if not np.any((was_in != is_in) & (gone["accounts"] > 0)):
        return {name: np.cumsum(table(is_in, place, added[name] - gone[name], shape), axis=1) for name in MEASURES}
    return {
        name: np.cumsum(table(is_in, place, added[name], shape) - table(was_in, place, gone[name], shape), axis=1)
        for name in MEASURES
    }


def _merged(then: Steps, now: Steps, size: int) -> tuple[Ints, Ints, Ints, Ints, Ints]:
    """Both as one: a key of unit and place, in order, with the balances then and now at each, and the segment then."""
    keys = np.concatenate([then.unit * size + then.place, now.unit * size + now.place])
    order = np.argsort(keys, kind="stable")  # two runs in order, which it merges
    keys, old = keys[order], order < then.unit.size
    unit = keys // max(size, 1)
    begin = np.maximum.accumulate(
        np.where(np.concatenate([[True], unit[1:] != unit[:-1]]), np.arange(unit.size), 0)
    ) if unit.size else unit  # fmt: skip
    final = np.flatnonzero(np.concatenate([keys[1:] != keys[:-1], [True]])) if keys.size else keys

    def side(is_own: np.ndarray) -> tuple[Ints, np.ndarray]:
        """For each key, which row of one of the two was the last one of its unit so far, and is there one?"""
        nth = np.cumsum(is_own) - 1
        at = np.maximum.accumulate(np.where(is_own, np.arange(keys.size), -1)) if keys.size else keys
        return np.maximum(nth[final], 0), (at >= begin)[final]

    def filled(of: tuple[Ints, np.ndarray], values: Ints) -> Ints:
        nth, held = of
        return np.where(held, values[nth], 0) if values.size else np.zeros(final.size, dtype=np.int64)

    first, second = order[old], order[~old] - then.unit.size
    was, has = side(old), side(~old)
    return (
        keys[final], filled(was, then.after[first]), filled(has, now.after[second]),
        filled(has, now.kept_after[second]), filled(was, then.part_after[first]),
    )  # fmt: skip
