"""People who join on the web through creators and paid social, with the spring campaign planted exactly.

Of the campaign month every person is counted out: age band, whether they come on day 30, and the
creator whose code they used.
"""

from dataclasses import dataclass

import numpy as np

from lib.demo.calendar import LEISURE, MONTHS, Ints, countries, date_of, instants, second_of_day, spread
from lib.demo.company import AGE_BANDS, CHANNELS, PARTNERS
from lib.demo.crowd import NOBODY, Crowd
from lib.demo.log import ANON, BOTH, KNOWN, Log
from lib.demo.truths import TRUTHS
from lib.demo.truths_channels import Channel
from lib.demo.visits import SOLO_HABIT, Habit, Visits, exactly, interest, visits, write

_PLANTED = next(i for i, (low, _) in enumerate(MONTHS) if date_of(low) == TRUTHS.channels.start)
# People a month through influencer and paid social; the planted month is in the truths.
_USUAL = ((60, 110), (70, 140), (80, 150), (60, 120), (120, 210), (140, 260), (180, 330), (160, 280), (220, 380),
          (260, 460), (380, 640), (620, 980), (0, 0), (860, 1_240), (480, 760), (420, 700), (620, 980),
          (560, 900))  # fmt: skip
_PER_DAY = 1.0
# On a day within their interest so many people do come, weekends and seasons among them.
_COME = (1 - np.exp(-_PER_DAY)) * 0.85
_WEB_HABIT = Habit(False, 0.0, 0.12, SOLO_HABIT.names, SOLO_HABIT.chances)
# Who scans in the first days of the campaign is counted out apart.
_READERS = Habit(False, 0.0, 0.12, ("report_viewed", "feature_used", "export_done"), (0.6, 0.28, 0.12))


@dataclass(frozen=True, slots=True)
class _Joiners:
    """One channel's people of one month: the age band of each, the day-30 count by band, the partner pool."""

    month: int
    channel: str
    band: Ints
    kept: tuple[int, ...]
    planted: bool


def build(rng: np.random.Generator, crowd: Crowd, log: Log) -> None:
    """Add the people of both channels in every month, and the campaign's visitors who never join."""
    for month, counts in enumerate(_USUAL):
        for truth, usual in zip((TRUTHS.channels.influencer, TRUTHS.channels.paid_social), counts, strict=True):
            planted = month == _PLANTED
            people = truth.people if planted else usual
            band = np.repeat(np.arange(len(AGE_BANDS)), _share_out(people, [row[1] for row in truth.bands]))
            size = np.bincount(band, minlength=len(AGE_BANDS))
            kept = tuple(round(n * row[2] / row[1]) for n, row in zip(size, truth.bands, strict=True))
            _join(rng, crowd, log, _Joiners(month, truth.channel, band, kept, planted), truth)
    _passers_by(rng, crowd, log, 8_000)


def _share_out(people: int, weights: list[int]) -> Ints:
    """`people` in the proportions given, in whole people."""
    bounds = np.round(np.cumsum(weights) * people / sum(weights)).astype(np.int64)
    return np.diff(bounds, prepend=0)


def _join(rng: np.random.Generator, crowd: Crowd, log: Log, group: _Joiners, truth: Channel) -> None:
    n = len(group.band)
    low, high = MONTHS[group.month]
    first = spread(rng, low, high, n, _pulse(group))
    country = countries(rng, n)
    at = instants(first, second_of_day(rng, country, business=False))
    rates = np.array([kept / people for _, people, kept in truth.bands])
    days = interest(rng, np.minimum(rates[group.band] / _COME, 0.9))
    # Interest that a campaign woke fades sooner than interest people brought along, but not in everybody.
    days = np.where(rng.random(n) < 0.72, np.minimum(days, 31 + rng.exponential(20, n)), days)
    made = visits(rng, first, days, _PER_DAY, business=False)
    quotas = [(group.band == band, kept) for band, kept in enumerate(group.kept)]
    made, kept = exactly(rng, made, days, TRUTHS.channels.day, quotas)
    partner = _partners(rng, kept, group) if group.channel == "influencer" else np.full(n, NOBODY)
    waits = [np.zeros(n, np.int64)] + [rng.integers(a, b, n) for a, b in ((4, 90), (5, 60), (25, 240), (1, 20))]
    times = at + np.cumsum(waits, axis=0)
    person = crowd.add(
        n, country=country, channel=CHANNELS.index(group.channel), partner=partner, age=group.band,
        campaign=1 if group.planted else 0, known_at=times[3],
    )  # fmt: skip
    cta = "join_with_code" if group.channel == "influencer" else "start_free"
    log.add(person, times[0], ANON, name="page_viewed", surface="web", page="/join",
            referrer="https://social.example/")  # fmt: skip
    log.add(person, times[1], ANON, name="cta_clicked", surface="web", page="/join", cta=cta)
    log.add(person, times[2], ANON, name="register_started", surface="web", page="/join")
    log.add(person, times[3], BOTH, name="register_done", surface="web", page="/join")
    log.add(person, times[4], KNOWN, name="app_session", surface="web")
    if group.planted and group.channel == "influencer":
        soon = made.age <= TRUTHS.scans.within_days
        _scans(rng, log, person, times[4])
        write(rng, log, person, country, first, Visits(made.who[soon], made.age[soon]), _READERS)
        made = Visits(made.who[~soon], made.age[~soon])
    write(rng, log, person, country, first, made, _WEB_HABIT)


def _scans(rng: np.random.Generator, log: Log, person: Ints, at: Ints) -> None:
    """Exactly the planted number scans a receipt in time, each on the first day."""
    _, scanned = TRUTHS.scans.influencer
    who = np.sort(rng.permutation(len(person))[:scanned])
    log.add(person[who], at[who] + rng.integers(20, 240, scanned), KNOWN, name="receipt_scanned", surface="web")


def _pulse(group: _Joiners) -> np.ndarray:
    """In the campaign month posts go out in three waves; else people come as on any day."""
    if not group.planted:
        return LEISURE
    since = np.arange(len(LEISURE)) - MONTHS[group.month][0]
    waves = sum(height * np.exp(-np.maximum(since - start, 0) / 4.0) * (since >= start)
                for start, height in ((3, 3.0), (10, 2.2), (19, 2.6)))  # fmt: skip
    return LEISURE * (0.25 + waves)


def _partners(rng: np.random.Generator, kept: np.ndarray, group: _Joiners) -> Ints:
    """The creator of each person: by the planted counts of kept and not kept people, else by fame."""
    counts = TRUTHS.partners.people_kept
    if not group.planted:
        fame = np.array([people for people, _ in counts[:14]], float) ** 0.7
        return rng.choice(14, len(kept), p=fame / fame.sum()).astype(np.int64)
    found = np.empty(len(kept), np.int64)
    order = np.arange(len(PARTNERS))
    stayed, left = [k for _, k in counts], [n - k for n, k in counts]
    found[kept] = rng.permutation(np.repeat(order, stayed))
    found[~kept] = rng.permutation(np.repeat(order, left))
    return found


def _passers_by(rng: np.random.Generator, crowd: Crowd, log: Log, n: int) -> None:
    """People who look at the campaign's page and go again; nothing says where they came from."""
    low, high = MONTHS[_PLANTED]
    country = countries(rng, n)
    first = spread(rng, low, high, n, _pulse(_Joiners(_PLANTED, "", np.zeros(0, np.int64), (), True)))
    at = instants(first, second_of_day(rng, country, business=False))
    person = crowd.add(n, country=country)
    log.add(person, at, ANON, name="page_viewed", surface="web", page="/join")
    some = np.flatnonzero(rng.random(n) < 0.3)
    log.add(person[some], at[some] + rng.integers(5, 300, len(some)), ANON, name="page_viewed", surface="web", page="/")
    started = np.flatnonzero(rng.random(n) < 0.18)
    log.add(person[started], at[started] + rng.integers(310, 600, len(started)), ANON, name="register_started",
            surface="web", page="/join")  # fmt: skip
