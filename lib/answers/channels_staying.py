"""Who stayed: on which days after their first the people acquired came back, and the curves of their names."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from lib.answers import tally
from lib.answers.channels_people import Acquired
from lib.answers.channels_shares import Shares
from lib.answers.log import Log
from lib.answers.tally import sums
from lib.engine import collect
from lib.facts import Facts
from lib.questions import Kept
from lib.scope import Scope
from lib.stats import wilson_high, wilson_low

Numbers = np.ndarray


def returns(kept: Kept, facts: Facts, people: Acquired) -> tuple[Numbers, Numbers]:
    """Who did the event on which day after their first: `who`, `age`, each pair once, up to the day asked for.

    Only days that are over count. In order of `who` and `age`.
    """
    if not len(people):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    rows = collect(_days(kept, facts, people))
    person, day = rows["person"].to_numpy(), rows["day"].to_physical().to_numpy()
    _, who, age = people.aged(person, day, 1, kept.day)
    width = kept.day + 1
    pairs = tally.distinct(np.multiply(who, width, dtype=np.int64) + age, len(people) * width)
    who = pairs // width
    return who, pairs - who * width


def _days(kept: Kept, facts: Facts, people: Acquired) -> pl.LazyFrame:
    """`person`, `day` of the events that count, from the roll-up of days where it knows enough."""
    first, last = int(people.day.min()), int(people.day.max()) + kept.day
    if facts.daily is not None and kept.event.is_any and not kept.event.where:
        rows = facts.daily.filter(
            pl.col("day").is_between(_date(first), _date(last)),
            pl.col("month") >= f"{_noon(first - 1):%Y-%m}", pl.col("month") <= f"{_noon(last + 1):%Y-%m}",
        )  # fmt: skip
        return rows.select("person", "day")
    log = Log(facts, Scope(), low=_noon(first - 1), high=_noon(last + 2))
    day = pl.col("ts").dt.convert_time_zone(facts.timezone).dt.date()
    return log.rows([kept.event]).select("person", day=day)


def _noon(day: int) -> datetime:
    return datetime(1970, 1, 1, 12, tzinfo=UTC) + timedelta(days=day)


def _date(day: int) -> pl.Expr:
    return pl.lit(_noon(day).date())


def stayed(kept: Kept, came: tuple[Numbers, Numbers], people: Acquired) -> tuple[Numbers, Numbers]:
    """For each of the people, whether their day is over, and whether they stayed (never where it is not)."""
    eligible = people.reach >= kept.day
    found = np.zeros(len(people), dtype=np.bool_)
    who, age = came
    found[who[age >= kept.first_day]] = True
    return eligible, found & eligible


def curves(
    kept: Kept, came: tuple[Numbers, Numbers], people: Acquired, shares: Shares, shown: pl.DataFrame | None = None
) -> tuple[Numbers, Numbers]:
    """Per name and day from 0 to the day asked for: people whose day is over, and those who stayed up to it.

    Someone stayed up to day d if they did the event on a day in (d − within_days, d], so that the last column is the
    retention of the answer. On day 0 everybody is there. With `shown`, a table of names (`channel`),
    the second is counted for these names only.
    """
    days, names = kept.day + 1, len(shares.names)
    reached = np.minimum(people.reach, kept.day)
    here, reach = shares.reaching(reached)
    over = sums(shares.key[here] * days + reach, shares.weights(here), names * days)
    eligible = np.cumsum(over.reshape(names, days)[:, ::-1], axis=1)[:, ::-1]
    who, age = came
    if shown is not None and shown.height < names:
        wanted = pl.Series(shares.names, dtype=pl.String()).is_in(shown["channel"].implode()).to_numpy()
        theirs = np.zeros(len(people), dtype=np.bool_)
        theirs[shares.who[wanted[shares.key]]] = True
        seen = theirs[who]
        who, age = who[seen], age[seen]
    # A return counts on its own day and the following ones, until the next return takes over.
    following = np.full(who.size, days, dtype=np.int64)
    following[:-1] = np.where(who[1:] == who[:-1], age[1:], days)
    last = np.minimum(np.minimum(age + kept.within_days, following) - 1, reached[who])
    laid = shares.laid(who)
    change = laid.table(age, days + 1) - laid.table(last + 1, days + 1)
    there = np.cumsum(change, axis=1)[:, :days]
    there[:, 0] = eligible[:, 0]
    return eligible, there


def bounded(curves: pl.DataFrame) -> pl.DataFrame:
    """The table `curves` with the 95 % interval of each share, `low` and `high` (Wilson).

    Where several contacts share a person it is wider than it need be: more people are behind it than their parts.
    """
    ends = {"low": wilson_low, "high": wilson_high}
    return curves.with_columns(**{name: end(pl.col("kept"), pl.col("eligible")) for name, end in ends.items()})
