"""New people of the mobile app, month by month: install, open, register, home, and then back or not.

Every month is built by count: so many install, so many of them open, and so on. September 2026 has
the planted numbers, in total and for the release that hides the e-mail field.
"""

from dataclasses import dataclass

import numpy as np

from lib.demo.calendar import (
    FIRST,
    LEISURE,
    MIDNIGHTS,
    MONTHS,
    Floats,
    Ints,
    countries,
    date_of,
    day,
    instants,
    second_of_day,
    spread,
)
from lib.demo.company import CHANNELS, RELEASES
from lib.demo.crowd import NOBODY, Crowd
from lib.demo.log import ANON, BOTH, KNOWN, Log, code
from lib.demo.truths import TRUTHS
from lib.demo.visits import SOLO_HABIT, interest, visits, write

_INSTALLS = (1_400, 1_550, 1_500, 1_420, 1_950, 2_100, 2_250, 2_000, 2_600, 2_800, 3_100, 3_300, 3_900, 4_200, 4_600,
             5_200, 10_000, 8_100)  # fmt: skip
_PLANTED = next(i for i, (low, _) in enumerate(MONTHS) if date_of(low) == TRUTHS.onboarding.start)
_SHORT_FORM = next(i for i, (low, _) in enumerate(MONTHS) if date_of(low).isoformat() == "2026-03-01")

# Where registered people came from, and how many of a hundred are still interested after a month.
_SOURCES = (("app_store_search", 0.30, 0.36), ("app_store_ads", 0.19, 0.27), ("organic_search", 0.11, 0.42),
            ("referral", 0.14, 0.50), ("influencer", 0.09, 0.20), ("paid_social", 0.12, 0.40))  # fmt: skip
_UNKNOWN_INTEREST = 0.33


@dataclass(frozen=True, slots=True)
class _Batch:
    """Installs of one month with one version rule: how many get to each step, and the version if it is fixed."""

    people: tuple[int, ...]
    month: int
    version: str | None = None


def build(rng: np.random.Generator, crowd: Crowd, log: Log) -> None:
    """Add everybody who installs the app in the data's time, and the people who had it before."""
    for month, installs in enumerate(_INSTALLS):
        if month == _PLANTED:
            _month(rng, crowd, log, _Batch(TRUTHS.version.people, month, TRUTHS.version.app_version))
            _month(rng, crowd, log, _Batch(TRUTHS.version.others, month))
        else:
            _month(rng, crowd, log, _Batch(_usual(rng, month, installs), month))
    _long_known(rng, crowd, log, 1_100)


def _usual(rng: np.random.Generator, month: int, installs: int) -> tuple[int, ...]:
    """How many get to each step in a month without a plan: slowly better, a jump with the shorter form."""
    short = month >= _SHORT_FORM
    shares = (
        0.785 + 0.0022 * month,
        (0.745 if short else 0.655) + 0.0015 * month,
        0.865 + 0.0022 * month,
        0.872 + 0.0016 * month,
    )
    people = [installs]
    for share in shares:
        people.append(round(people[-1] * (share + rng.normal(0, 0.006))))
    return tuple(people)


def _month(rng: np.random.Generator, crowd: Crowd, log: Log, batch: _Batch) -> None:
    installed, opened, started, done, home = batch.people
    first = _days(rng, batch, installed)
    country = countries(rng, installed)
    at = instants(first, second_of_day(rng, country, business=False))
    version = _versions(rng, batch, first)
    # Minutes for most, days for some, and never more than six and a half days in all.
    waits = [np.minimum(rng.exponential(scale, installed), cap).astype(np.int64) + 4
             for scale, cap in ((5_400, 200_000), (2_400, 120_000), (150, 3_000), (35, 1_200))]  # fmt: skip
    late = rng.random(installed) < 0.06
    waits[1] += np.where(late, rng.integers(40_000, 230_000, installed), 0)
    times = at + np.cumsum([np.zeros(installed, np.int64), *waits], axis=0)
    known_at = np.where(np.arange(installed) < done, times[3], NOBODY)
    channel, interested = _sources(rng, batch, installed)
    aliased = (rng.random(installed) < 0.03) & (known_at != NOBODY)
    person = crowd.add(
        installed, country=country, platform=np.where(rng.random(installed) < 0.46, 1, 2), channel=channel,
        known_at=known_at, age=rng.choice(5, installed, p=(0.27, 0.34, 0.2, 0.12, 0.07)), aliased=aliased,
        update_days=rng.geometric(0.09, installed), installed_version=version,
    )  # fmt: skip
    ids = (np.full(installed, ANON), np.full(installed, ANON), np.full(installed, ANON),
           np.where(aliased, KNOWN, BOTH), np.full(installed, KNOWN))  # fmt: skip
    for step, reached in enumerate((installed, opened, started, done, home)):
        log.add(person[:reached], times[step][:reached], ids[step][:reached], name=TRUTHS.onboarding.steps[step],
                surface="app", app_version=version[:reached])  # fmt: skip
    _instead(rng, log, person[started:opened], times[1][started:opened], version[started:opened])
    # Who registers on a later day comes back after that day; who never saw the home screen hardly does.
    joined = np.searchsorted(MIDNIGHTS, times[3][:done], side="right") - 1
    keen = np.where(np.arange(done) < home, 1.0, 0.12)
    _after(rng, log, person[:done], country[:done], joined, interested[:done] * keen)


def _days(rng: np.random.Generator, batch: _Batch, n: int) -> Ints:
    """Install days: busy like any, with a crowd on launch day; a fixed version only while it was given out."""
    low, high = MONTHS[batch.month]
    weight = LEISURE.copy()
    launch = day(TRUTHS.onboarding.start) + 1
    after = np.arange(len(weight)) - launch
    weight *= 1 + np.where(after >= 0, 1.5 * np.exp(-np.maximum(after, 0) / 5), 0)
    if batch.version:
        rolled_out = {version: day(when) for version, when in RELEASES}
        low, high = rolled_out[batch.version], rolled_out["6.2"]
    # A month that grows is busier at its end.
    weight *= 1 + 0.004 * (np.arange(len(weight)) - low)
    return spread(rng, low, high, n, weight)


def _versions(rng: np.random.Generator, batch: _Batch, on: Ints) -> Ints:
    """The version each phone gets from the store on its day: new releases reach everybody over a week."""
    if batch.version:
        return np.full(len(on), code("app_version", batch.version))
    found = np.full(len(on), 1)
    patience = 7 * rng.random(len(on)) - 0.5
    for version, when in RELEASES:
        if version != TRUTHS.version.app_version:
            found[on - day(when) >= patience] = code("app_version", version)
    return found


def _sources(rng: np.random.Generator, batch: _Batch, n: int) -> tuple[Ints, Floats]:
    """The channel of each person and their interest; the spring campaign's channels stand apart in their month."""
    campaign = date_of(MONTHS[batch.month][0]) == TRUTHS.channels.start
    names = [row for row in _SOURCES if not (campaign and row[0] in ("influencer", "paid_social"))]
    share = np.array([row[1] for row in names])
    pick = rng.choice(len(names) + 1, n, p=np.append(share, 1 - sum(r[1] for r in _SOURCES)) / (
        share.sum() + 1 - sum(r[1] for r in _SOURCES)))  # fmt: skip
    channel = np.append([CHANNELS.index(row[0]) for row in names], NOBODY)[pick]
    return channel, np.append([row[2] for row in names], _UNKNOWN_INTEREST)[pick]


def _instead(rng: np.random.Generator, log: Log, person: Ints, at: Ints, version: Ints) -> None:
    """What people do who open the app and never start to register."""
    broken = version == code("app_version", TRUTHS.version.app_version)
    stuck = np.flatnonzero(broken & (rng.random(len(person)) < 0.82))
    log.add(person[stuck], at[stuck] + rng.integers(6, 60, len(stuck)), ANON, name="error_shown",
            error=TRUTHS.version.error, surface="app", app_version=version[stuck])  # fmt: skip
    for name, chance in (("terms_viewed", 0.22), ("help_opened", 0.13)):
        some = np.flatnonzero(rng.random(len(person)) < chance)
        log.add(person[some], at[some] + rng.integers(65, 400, len(some)), ANON, name=name, surface="app",
                app_version=version[some])  # fmt: skip


def _after(rng: np.random.Generator, log: Log, person: Ints, country: Ints, first: Ints, interested: Floats) -> None:
    days = interest(rng, interested)
    made = visits(rng, first, days, 0.44, business=False)
    write(rng, log, person, country, first, made, SOLO_HABIT)


def _long_known(rng: np.random.Generator, crowd: Crowd, log: Log, n: int) -> None:
    """People who had the app before the data begins, so that it does not begin with an empty house."""
    country = countries(rng, n)
    since = spread(rng, FIRST - 240, FIRST - 5, n, LEISURE)
    person = crowd.add(
        n, country=country, platform=np.where(rng.random(n) < 0.46, 1, 2), known_at=MIDNIGHTS[since] + 40_000,
        age=rng.choice(5, n, p=(0.27, 0.34, 0.2, 0.12, 0.07)), update_days=rng.geometric(0.09, n), installed_version=1,
    )  # fmt: skip
    start = np.full(n, FIRST - 1)
    made = visits(rng, start, rng.exponential(150, n) + 5, 0.3, business=False)
    write(rng, log, person, country, start, made, SOLO_HABIT)
