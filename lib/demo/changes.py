"""Changes of the demo company that everybody got at once, planted by count.

Nobody does anything because of a change: accounts and people are picked from what they did anyway and get a use case
or a persona; pages are looked at by people who are there at that moment. So no other number moves.
"""

from datetime import date, timedelta

import numpy as np
import polars as pl

from lib.demo.calendar import MIDNIGHTS, Ints, day
from lib.demo.company import SETTINGS
from lib.demo.crowd import Crowd
from lib.demo.log import Log, code
from lib.demo.truths import TRUTHS
from lib.demo.truths_changes import Cohort, FourPlans, OnePackage

_ZONE = SETTINGS["company"]["timezone"]
_CLEAR_SECONDS = 3_600
"""Who is there first this long after midnight has no visit that began the day before."""
_ELSEWHEN = 0.12
"""The share of other people on their own who have the persona, so that it is not of two months only."""


def build(rng: np.random.Generator, crowd: Crowd, log: Log) -> None:
    """Let people who are there look at the page with the news, and at the help pages on the old and the new host."""
    press, moved = TRUTHS.changes.press, TRUTHS.changes.moved
    for ahead in range(-press.days, press.days):
        usual = press.usual if ahead < 0 else press.later
        wanted = press.peak[ahead] if 0 <= ahead < len(press.peak) else usual
        person, at, ids = _there(rng, crowd, log, day(press.at) + ahead, wanted)
        log.add(person, at, ids, name=press.event, surface="web", page="/news")
    for ahead in range(-moved.days, moved.days):
        nth = ahead % moved.days
        parts = (
            [(moved.old, moved.before)] if ahead < 0 else [(moved.old, moved.after_old), (moved.new, moved.after_new)]
        )
        sizes = [_share(total, nth, moved.days) for _, total in parts]
        person, at, ids = _there(rng, crowd, log, day(moved.at) + ahead, sum(sizes))
        pages = np.repeat([code("page", f"https://{host}/") for host, _ in parts], sizes)
        log.add(person, at, ids, name=moved.event, surface="web", page=pages)


def _share(total: int, nth: int, days: int) -> int:
    """How many of a total fall on the nth of so many days; they add up to it."""
    return total * (nth + 1) // days - total * nth // days


def _there(rng: np.random.Generator, crowd: Crowd, log: Log, on: int, wanted: int) -> tuple[Ints, Ints, Ints]:
    """So many people who do something on a day, each once: who, half a minute after, and by which id."""
    person, at, ids = log.first_of(MIDNIGHTS[on], MIDNIGHTS[on + 1])
    fits = (crowd["internal"][person] == 0) & (at >= MIDNIGHTS[on] + _CLEAR_SECONDS) & (at < MIDNIGHTS[on + 1] - 60)
    able = np.flatnonzero(fits)
    if len(able) < wanted:
        raise ValueError(f"{wanted} people are to be there on day {on}, {len(able)} are")
    picked = rng.choice(able, wanted, replace=False)
    return person[picked], at[picked] + 30, ids[picked]


def use_cases(rng: np.random.Generator, accounts: pl.DataFrame, subscriptions: pl.DataFrame) -> pl.DataFrame:
    """The accounts with the use cases of those who pay around the day on which two packages become one again."""
    truth = TRUTHS.changes.one_package
    known = _around(subscriptions, truth).sort("account_id")
    used: list[str] = []
    chosen: dict[str, str] = {}
    for cohort in (truth.group, truth.comparison):
        for kind, size in _kinds(cohort).items():
            able = known.filter(pl.col("kind") == kind, ~pl.col("account_id").is_in(used))["account_id"].to_list()
            if len(able) < size:
                raise ValueError(f"{size} accounts are to be {kind} around {truth.at}, {len(able)} are left")
            picked = [able[place] for place in rng.choice(len(able), size, replace=False)]
            used += picked
            chosen |= dict.fromkeys(picked, cohort.use_case)
    rest = [one for one in known["account_id"].to_list() if one not in chosen]
    chosen |= dict(zip(rest, rng.choice(truth.others, len(rest)).tolist(), strict=True))
    given = pl.col("account_id").replace_strict(chosen, default=None, return_dtype=pl.String())
    return accounts.with_columns(use_case=pl.coalesce(given, "use_case"))


def _kinds(cohort: Cohort) -> dict[str, int]:
    """How many accounts of each kind make a cohort; who is new and stays takes the place of who is lost."""
    stays = cohort.lost[0]
    return {
        "lost before": cohort.lost[0], "lost after": cohort.lost[1],
        "stays": cohort.paying - cohort.lost[0] - cohort.lost[1],
        "new before, stays": stays, "new before, gone": cohort.new[0] - stays, "new after": cohort.new[1],
    }  # fmt: skip


def _around(subscriptions: pl.DataFrame, truth: OnePackage) -> pl.DataFrame:
    """Every account that pays around the day, with its kind; without one where two readings could differ."""
    low, at, high = truth.at - timedelta(days=truth.days), truth.at, truth.at + timedelta(days=truth.days)
    month = timedelta(days=31)
    rows = subscriptions.filter(
        pl.col("start_date") <= high + month, pl.col("end_date").is_null() | (pl.col("end_date") >= low - month)
    )
    paid = {name: _paying(on) for name, on in (("low", low), ("at", at), ("high", high))}
    edge = pl.any_horizontal(
        [pl.col(name) == on for name in ("start_date", "end_date") for on in (low, at, high)]
    ).fill_null(False)
    # A card that fails keeps its customer for a while: who lost one near an end is read in two ways.
    near = pl.any_horizontal([pl.col("end_date").is_between(on - month, on) for on in (low, at, high)])
    failed = near.fill_null(False) & (pl.col("end_reason") == "involuntary").fill_null(False)
    told = rows.group_by("account_id").agg(
        **{name: there.any() for name, there in paid.items()}, odd=edge.any() | failed.any()
    )
    first = subscriptions.group_by("account_id").agg(first=pl.col("start_date").min())
    is_new = [(pl.col("first") > since) & (pl.col("first") < until) for since, until in ((low, at), (at, high))]
    kind = (
        pl.when("odd").then(None)
        .when(pl.col("low") & ~pl.col("at") & ~pl.col("high")).then(pl.lit("lost before"))
        .when(pl.col("low") & pl.col("at") & ~pl.col("high")).then(pl.lit("lost after"))
        .when(pl.col("low") & pl.col("at") & pl.col("high")).then(pl.lit("stays"))
        .when(is_new[0] & pl.col("at") & pl.col("high")).then(pl.lit("new before, stays"))
        .when(is_new[0] & ~pl.col("at") & ~pl.col("high")).then(pl.lit("new before, gone"))
        .when(is_new[1]).then(pl.lit("new after"))
    )  # fmt: skip
    return told.join(first, on="account_id").select("account_id", kind=kind)


def _paying(on: date) -> pl.Expr:
    return (pl.col("start_date") <= on) & (pl.col("end_date").is_null() | (pl.col("end_date") > on))


def personas(rng: np.random.Generator, users: pl.DataFrame, subscriptions: pl.DataFrame) -> pl.DataFrame:
    """The users with the persona of those who sign up around the day on which one price becomes four plans."""
    truth = TRUTHS.changes.four_plans
    paid = subscriptions.group_by("account_id").agg(first=pl.col("start_date").min())
    alone = users.filter(pl.col("role").is_null(), ~pl.col("is_internal")).join(paid, on="account_id", how="left")
    joined = pl.col("created_at").dt.convert_time_zone(_ZONE).dt.date()
    after = (pl.col("first") - joined).dt.total_days()
    # Nobody near the end of the time, where a day more or less would decide.
    alone = alone.select(
        "user_id", joined=joined, soon=(after >= 0) & (after < truth.within_days),
        late=pl.col("first").is_null() | (after > truth.within_days + 1),
    ).sort("user_id")  # fmt: skip
    names = [name for period in (0, 1) for name in _signed_up(rng, alone, truth, period)]
    outside = (pl.col("joined") < truth.at - timedelta(days=truth.days)) | (
        pl.col("joined") >= truth.at + timedelta(days=truth.days)
    )
    others = alone.filter(outside)["user_id"].to_list()
    names += [name for name, draw in zip(others, rng.random(len(others)), strict=True) if draw < _ELSEWHEN]
    given = pl.when(pl.col("user_id").is_in(names)).then(pl.lit(truth.persona))
    return users.with_columns(persona=pl.coalesce("persona", given))


def _signed_up(rng: np.random.Generator, alone: pl.DataFrame, truth: FourPlans, period: int) -> list[str]:
    since = truth.at + timedelta(days=truth.days * (period - 1))
    inside = alone.filter(pl.col("joined") >= since, pl.col("joined") < since + timedelta(days=truth.days))
    found: list[str] = []
    paid = truth.paid[period]
    for column, size in (("soon", paid), ("late", truth.signed_up[period] - paid)):
        able = inside.filter(pl.col(column).fill_null(False))["user_id"].to_list()
        if len(able) < size:
            raise ValueError(f"{size} people are to pay {column} after {since}, {len(able)} do")
        found += [able[place] for place in rng.choice(len(able), size, replace=False)]
    return found
