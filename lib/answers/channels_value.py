"""What the people acquired bring in: gross profit by day after their first, its sum so far, and how sure that is."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from lib.answers.channels_people import Acquired
from lib.answers.channels_shares import Laid, Shares
from lib.answers.homes import homes
from lib.answers.log import Log
from lib.answers.tally import sums
from lib.engine import collect
from lib.facts import Facts
from lib.questions import Event
from lib.questions.channels import Channels
from lib.sampling import skewed_mean
from lib.scope import Scope

DAYS_A_MONTH = 365 / 12
Numbers = np.ndarray


@dataclass(frozen=True)
class Gains:
    """Gross profit of people: `amount` a day on every day from `first` to `last` after the first day of `who`.

    Where all of it came on single days, `first` and `last` are the same array.
    """

    who: Numbers
    first: Numbers
    last: Numbers
    amount: Numbers


def money_event(question: Channels, facts: Facts) -> tuple[Event | None, str | None]:
    """Which event carries the money, and a sentence where that is not known; neither where subscriptions do.

    Without a `value` in the question, subscriptions are the money where there are any; else the event that the settings
    call a purchase, or the one event that carries values at all. Where several do, nobody can know which is money.
    """
    if question.value is not None:
        return question.value, None
    valued = facts.tables["events"].filter(pl.col("value").is_not_null()).select(pl.col("name").unique())
    paying = collect(facts.tables["subscriptions"].head(1).select(pl.len())).item()
    if paying:
        return None, None
    purchase = facts.settings.channels.purchase
    names = sorted(collect(valued)["name"])
    names = [purchase] if purchase in names else names
    if len(names) == 1:
        return Event(event=(names[0],)), None
    lack = "No event carries a value" if not names else "Several events carry a value"
    return None, f"{lack} and there are no subscriptions, so what people bring in is not known; name it in value."


def gains(question: Channels, facts: Facts, people: Acquired, event: Event | None) -> Gains:
    """Everything the people bring in up to the horizon, on days that are over: from the event's values, or else from
    subscriptions."""
    if event is not None:
        who, first, last, amount = _from_events(question, facts, people, event)
    else:
        who, first, last, amount = _from_subscriptions(question, facts, people)
    return Gains(who, first, last, amount * question.margin)


def _from_events(question: Channels, facts: Facts, people: Acquired, event: Event) -> tuple[Numbers, ...]:
    """Each event's value, on the day it happened."""
    low, _ = question.scope.bounds(facts.timezone)
    day = pl.col("ts").dt.convert_time_zone(facts.timezone).dt.date()
    rows = Log(facts, Scope(), low=low, kept=("value",)).rows([event]).drop_nulls("value")
    found = collect(rows.select("person", "value", day=day))
    days = found["day"].to_physical().to_numpy()
    rows, who, age = people.aged(found["person"].to_numpy(), days, 0, question.horizon_days)
    return who, age, age, found["value"].to_numpy()[rows]


def _from_subscriptions(question: Channels, facts: Facts, people: Acquired) -> tuple[Numbers, ...]:
    """The monthly revenue of accounts, a twelfth of 365 days a month, to the person of the account seen first.

    Whoever was first brought the account in; colleagues who came later bring in nothing more, so that no money counts
    twice. Days before the person's first are left out.
    """
    ours = homes(facts).lazy().join(people.first.lazy(), on="person")
    first = ours.sort("at", "person").unique("account_id", keep="first", maintain_order=True)
    plan = facts.tables["subscriptions"].join(first, on="account_id").select(
        "person", "mrr_cents",
        start=pl.col("start_date").to_physical().cast(pl.Int64()),
        end=pl.col("end_date").to_physical().cast(pl.Int64()).fill_null(2**31),
    )  # fmt: skip
    rows = collect(plan)
    who = people.place[rows["person"].to_numpy()]
    rows, own = rows.filter(pl.Series(who >= 0)), who[who >= 0]
    day = people.day[own].astype(np.int64)
    units = 10**facts.settings.company.minor_units
    amount = rows["mrr_cents"].to_numpy() / units / DAYS_A_MONTH
    begin = np.maximum(rows["start"].to_numpy() - day, 0)
    last = np.minimum(rows["end"].to_numpy() - 1 - day, np.minimum(question.horizon_days, people.reach[own]))
    held = begin <= last
    return own[held], begin[held], last[held], amount[held]


@dataclass(frozen=True)
class Payback:
    """Per name: the people there on each day from 0 to the horizon, and gross profit per person so far.

    `low` and `high` are the 95 % interval of the value at the horizon.
    """

    there: Numbers
    so_far: Numbers
    low: Numbers
    high: Numbers

    @property
    def value(self) -> Numbers:
        """Gross profit per person at the horizon; not a number where nobody has been here so long."""
        return np.where(self.there[:, -1] > 0, self.so_far[:, -1], np.nan)

    def days_to(self, cost: Numbers) -> list[int | None]:
        """The first day on which gross profit per person has reached the cost of one; None where it has not."""
        with np.errstate(invalid="ignore"):
            paid: Numbers = np.logical_and(self.so_far >= cost[:, None], self.there > 0)
        first = np.where(paid.sum(axis=1) > 0, paid.argmax(axis=1), -1)
        return [day if day >= 0 else None for day in first.tolist()]


def payback(question: Channels, people: Acquired, shares: Shares, found: Gains) -> Payback:
    """The payback curves of all names.

    Every day adds the mean gross profit of the people for whom it is over. So subscriptions still open count up to the
    end of the data and then leave the sum, as Kaplan and Meier (1958) have it, and are never taken for ended; where
    the horizon is over for everybody the curve ends at the plain mean. It is the mean cumulative function of W. Nelson,
    "Confidence limits for recurrence data", Technometrics 37 (1995).

    The interval is that of a mean over people: what each of them adds to the curve's end, corrected for skewness
    (`lib.sampling.skewed_mean`).
    """
    days, names = question.horizon_days + 1, len(shares.names)
    here, reach = shares.reaching(np.minimum(people.reach, question.horizon_days))
    cell, weight = shares.key[here] * days + reach, shares.weights(here)
    over = sums(cell, weight, names * days)
    there = np.cumsum(over.reshape(names, days)[:, ::-1], axis=1)[:, ::-1]
    per = np.divide(1.0, there, out=np.zeros_like(there), where=there > 0)
    daily, part = _laid_out(found, shares.laid(found.who), per)
    mean = daily * per
    so_far, means = np.cumsum(mean, axis=1), np.cumsum(mean * per, axis=1)
    # What each person adds: their own profit over the people there, less their part in the means of their days.
    expected = means.ravel()[cell]
    part = part[here] - (expected if weight is None else weight * expected)
    low, high = _interval(shares, here, part, so_far[:, -1])
    return Payback(there, so_far, low, high)


def _laid_out(found: Gains, laid: Laid, per: Numbers) -> tuple[Numbers, Numbers]:
    """Gross profit by name and day; and what each entry of the shares brought in, each day's profit over the people
    there on it (1 ÷ them is `per`)."""
    days, amount = per.shape[1], laid.amounts(found.amount)
    if found.first is found.last:
        cells = laid.cells(found.first, days)
        daily = laid.filled(cells, days, found.amount)
        each = np.vstack([np.zeros((1, days)), per]).ravel()[cells]
    else:
        daily = _held(found, laid, days)
        weights = np.vstack([np.zeros((1, days)), np.cumsum(per, axis=1)])
        first, last = found.first[laid.rows], found.last[laid.rows]
        each = weights[laid.number, last] - np.where(first > 0, weights[laid.number, first - 1], 0.0)
    return daily, laid.by_entry(each if amount is None else amount * each)


def _held(found: Gains, laid: Laid, days: int) -> Numbers:
    """Gross profit by name and day, of what was held from one day to another."""
    change = laid.table(found.first, days + 1, found.amount) - laid.table(found.last + 1, days + 1, found.amount)
    change = change[:, :days]
    touched = np.cumsum(np.abs(change), axis=1) > 0
    return np.where(touched, np.cumsum(change, axis=1), 0.0)


def _interval(shares: Shares, here: Numbers | slice, part: Numbers, value: Numbers) -> tuple[Numbers, Numbers]:
    """The interval of each name's value, from what its people add to it."""
    key, names = shares.key[here], len(shares.names)
    n = np.bincount(key, minlength=names).astype(np.float64)
    square = part * part
    second, third = sums(key, square, names), sums(key, square * part, names)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt(second * n / (n - 1))
        skewness = third / n / (second / n) ** 1.5
    return skewed_mean(value, np.where(error > 1e-12 * (1 + np.abs(value)), error, 0.0), np.nan_to_num(skewness), n)
