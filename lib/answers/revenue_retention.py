"""How much revenue is kept: of what accounts paid at an opening, what they pay now."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from lib.answers.revenue_lines import Lines, summed
from lib.answers.revenue_rows import Subscriptions
from lib.answers.revenue_steps import Changes, Ints, Steps, steps, table
from lib.answers.revenue_times import Times

MONEY = ("opening_mrr", "kept_mrr", "now_mrr", "expansion", "contraction", "churn", "paused")
MEASURES = (*MONEY, "accounts", "logos")


@dataclass(frozen=True)
class Pairs:
    """Of units that paid at the opening, what they paid then (`then`) and pay at the end (`now`, and `kept` through a
    pause, the same column where nothing is paused)."""

    then: Ints
    now: Ints
    kept: Ints

    def measures(self) -> dict[str, Ints]:
        """What every unit adds; the rest follows from the sums (`_with_rest`)."""
        low = np.minimum(self.then, self.now)
        lasting = low if self.kept is self.now else np.minimum(self.then, np.maximum(self.kept, self.now))
        stays = lasting > 0
        found = {
            "opening_mrr": self.then, "kept_mrr": low, "now_mrr": self.now,
            "contraction": (self.then - lasting) * stays, "accounts": np.ones(low.size), "logos": stays,
        }  # fmt: skip
        return found if lasting is low else found | {"paused": lasting - low}


def _with_rest(sums: dict[str, Ints]) -> dict[str, Ints]:
    """All measures: opening = kept + contraction + churn + paused, and now = kept + expansion."""
    sums = {"paused": np.zeros_like(sums["kept_mrr"]), **sums}
    churn = sums["opening_mrr"] - sums["kept_mrr"] - sums["contraction"] - sums["paused"]
    return sums | {"churn": churn, "expansion": sums["now_mrr"] - sums["kept_mrr"]}


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

    What a unit adds to a bucket stays the same until its balance at the opening or at the end changes: it is added
    where that begins and taken off where it ends, and all of that is summed over the buckets.
    """
    size = closes.size
    unit, place, then, now, lasting, part = _merged(steps(made, opens), steps(made, closes), size)
    next_ = np.full(place.size, size, dtype=np.int64)
    goes_on = unit[1:] == unit[:-1]
    next_[:-1][goes_on] = place[1:][goes_on]
    some = np.flatnonzero(then > 0)
    begin, end, part = place[some], next_[some], part[some]
    shape = (len(made.names), size + 1)
    found: dict[str, Ints] = {}
    later = now[some]
    pairs = Pairs(then[some], later, later if lasting is now else lasting[some])
    for name, values in pairs.measures().items():
        amount = values.astype(np.float64)  # once for both tables
        found[name] = np.cumsum(table(part, begin, amount, shape) - table(part, end, amount, shape), axis=1)[:, :size]
    return _with_rest(found)


def kept_between(of: Lines, ends: Sequence[tuple[int, int]]) -> dict[str, Ints]:
    """The same, of a few openings and ends: the intervals that run then are added up, and nothing is put in order."""
    held = {edge: of.at(edge) for edge in {edge for pair in ends for edge in pair}}
    size = len(of.names)
    columns: list[dict[str, Ints]] = []
    for low, high in ends:
        then, now = held[low], held[high]
        some = np.flatnonzero(then.paid)
        later = now.paid[some]
        pairs = Pairs(then.paid[some], later, later if now.kept is now.paid else now.kept[some])
        parts = then.part[some]
        columns.append(_with_rest({name: summed(parts, one, size) for name, one in pairs.measures().items()}))
    return {name: np.stack([column[name] for column in columns], axis=1) for name in MEASURES}


def _merged(then: Steps, now: Steps, size: int) -> tuple[Ints, Ints, Ints, Ints, Ints, Ints]:
    """Both as one, in order: unit and place, the balances then and now at each, and the segment then."""
    # One number for unit, place and side: numbers are sorted fastest.
    keys = np.concatenate([2 * (then.unit * size + then.place), 2 * (now.unit * size + now.place) + 1])
    keys.sort()
    later = keys & 1
    keys >>= 1
    final = np.flatnonzero(np.append(keys[1:] != keys[:-1], True)) if keys.size else keys
    second = np.cumsum(later)[final] - 1
    first = final - second - 1
    unit, place = np.divmod(keys[final], max(size, 1))
    old, new = _known(then, first, unit), _known(now, second, unit)
    after = new(now.after)
    lasting = after if now.kept_after is now.after else new(now.kept_after)
    return unit, place, old(then.after), after, lasting, old(then.part_after)


def _known(of: Steps, nth: Ints, unit: Ints) -> Callable[[Ints], Ints]:
    """Of the units, what they have at the steps with these numbers; 0 where the step is of another unit."""
    if not of.unit.size:
        return lambda values: np.zeros(unit.size, dtype=np.int64)
    at = np.maximum(nth, 0)
    is_own = (nth >= 0) & (of.unit[at] == unit)
    return lambda values: values[at] * is_own
