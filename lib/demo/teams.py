"""Business users: who signs up in which company, what they do in their first week, and whether they stay.

Staying goes with having sent project data, far less with having created a project. June 2026 has
the planted counts; other months are built the same way with shares of their own.
"""

from dataclasses import dataclass

import numpy as np

from lib.demo.accounts import FOREVER, Account, Book
from lib.demo.calendar import (
    BUSINESS,
    FIRST,
    LAST,
    MIDNIGHTS,
    MONTHS,
    Floats,
    Ints,
    countries,
    date_of,
    instants,
    second_of_day,
    spread,
)
from lib.demo.company import CHANNELS
from lib.demo.crowd import PERSONAS, ROLES, Crowd
from lib.demo.log import BOTH, KNOWN, Log
from lib.demo.truths import TRUTHS
from lib.demo.visitors import browse
from lib.demo.visits import TEAM_HABIT, Visits, visits, write

_SIGN_UPS = (330, 350, 345, 310, 430, 470, 510, 420, 560, 610, 690, 720, 800, 1_000, 890, 850, 1_120, 1_230)
_PLANTED = next(i for i, (low, _) in enumerate(MONTHS) if date_of(low) == TRUTHS.activation.start)
_SIZE = {"self_serve": 1.0, "smb": 2.5, "mid": 7.0, "enterprise": 22.0}
_OLD_TEAM = {"self_serve": 2, "smb": 3, "mid": 7, "enterprise": 18}
_SOURCES = (("organic_search", 0.27), ("content", 0.17), ("paid_search", 0.24), ("referral", 0.16), ("events", 0.08))
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class _Fate:
    """What each person of one month will do: stay, create a project, send project data."""

    kept: np.ndarray
    created: np.ndarray
    sent: np.ndarray


def build(rng: np.random.Generator, crowd: Crowd, log: Log, book: Book) -> None:
    """Add every business user: the old teams, the sign-ups of each month, and our own staff."""
    _old_teams(rng, crowd, log, book)
    for month, people in enumerate(_SIGN_UPS):
        _month(rng, crowd, log, book, month, people)
    _staff(rng, crowd, log)


def _month(rng: np.random.Generator, crowd: Crowd, log: Log, book: Book, month: int, n: int) -> None:
    low, high = MONTHS[month]
    waiting = book.seen_opening(low, high)
    fresh = round(n * 0.36)
    place = countries(rng, n)
    first = spread(rng, low, high, n, BUSINESS)
    first[: len(waiting)] = [account.opened for account in waiting]
    homes = [*waiting, *(book.open("self_serve", int(first[len(waiting) + i])) for i in range(fresh))]
    place[: len(waiting)] = [account.country for account in waiting]
    homes += _join(rng, book, first[len(homes) :])
    # The order must not tell founders from colleagues when fates are dealt.
    at = instants(first, second_of_day(rng, place, business=True))
    fate = _fates(rng, month, n)
    channel = rng.choice(len(_SOURCES) + 1, n, p=[*(share for _, share in _SOURCES), 0.08])
    channel = np.array([*(CHANNELS.index(name) for name, _ in _SOURCES), -1])[channel]
    person = crowd.add(
        n, country=place, platform=np.where(rng.random(n) < 0.6, 1, 2), account=np.array([a.number for a in homes]),
        known_at=at, channel=channel, update_days=rng.geometric(0.09, n), **_faces(rng, n),
    )  # fmt: skip
    for account, who, when, where in zip(homes, person, at, place, strict=True):
        if account.founder < 0 and account.opened >= FIRST:
            account.founder, account.opened_at, account.country = int(who), int(when), int(where)
    before = np.maximum(first - rng.integers(0, 9, n), FIRST)
    looked = rng.random(n) < 0.72
    browse(rng, log, person[looked], place[looked], before[looked], 2.2, at[looked])
    log.add(person, at, BOTH, name="signup_done", surface="web", page="/signup")
    log.add(person, at + 20, KNOWN, name="app_session", surface="web")
    _first_week(rng, log, person, at, fate)
    until = np.array([account.until for account in homes])
    _come_back(rng, log, person, place, first, until, fate)


def _join(rng: np.random.Generator, book: Book, first: Ints) -> list[Account]:
    """A company for each colleague who joins one: open by then, with time to go, large ones more often."""
    opened = np.array([account.opened for account in book.accounts])
    until = np.array([account.until for account in book.accounts])
    size = np.array([_SIZE[account.segment] for account in book.accounts])
    found = []
    for when in first:
        weight = np.where((opened < when) & (until > when + 60), size, 0.0)
        found.append(book.accounts[int(np.searchsorted(np.cumsum(weight), rng.random() * weight.sum(), side="right"))])
    return found


def _fates(rng: np.random.Generator, month: int, n: int) -> _Fate:
    """Deal out fates by count."""
    truth = TRUTHS.activation
    if month == _PLANTED:
        sent, created = truth.candidates
        counts = (truth.kept, sent.kept_doers, created.kept_doers, sent.doers - sent.kept_doers,
                  created.doers - created.kept_doers)  # fmt: skip
    else:
        kept = round(n * (0.255 + 0.003 * month + rng.normal(0, 0.006)))
        left = n - kept
        counts = (kept, round(kept * rng.uniform(0.76, 0.82)), round(kept * rng.uniform(0.95, 0.98)),
                  round(left * rng.uniform(0.08, 0.1)), round(left * rng.uniform(0.69, 0.75)))  # fmt: skip
    kept, kept_sent, kept_created, left_sent, left_created = counts
    rank = np.arange(n)
    is_kept = rank < kept
    after = rank - kept
    deal = rng.permutation(n)
    return _Fate(
        is_kept[deal],
        np.where(is_kept, rank < kept_created, after < left_created)[deal],
        # Sending data needs a project, so the senders are among the creators.
        np.where(is_kept, rank < kept_sent, after < left_sent)[deal],
    )


def _first_week(rng: np.random.Generator, log: Log, person: Ints, at: Ints, fate: _Fate) -> None:
    """Projects and project data within seven days of sign-up."""
    n = len(person)
    created_at = at + 120 + np.minimum(rng.exponential(0.35 * _DAY, n), 3.5 * _DAY).astype(np.int64)
    sent_at = created_at + 240 + np.minimum(rng.exponential(0.6 * _DAY, n), 2.7 * _DAY).astype(np.int64)
    for does, when, name in ((fate.created, created_at, "project_created"), (fate.sent, sent_at, "project_data_sent")):
        log.add(person[does], when[does], KNOWN, name=name, surface="web")


def _come_back(
    rng: np.random.Generator, log: Log, person: Ints, place: Ints, first: Ints, until: Ints, fate: _Fate
) -> None:
    """Visits. Who is kept comes between day 24 and 29; who is not stays away from day 22 to 31, some come later."""
    n = len(person)
    days = np.where(fate.kept, 34 + rng.exponential(330, n), np.minimum(21.0, 1 + rng.exponential(7.5, n)))
    days = np.minimum(days, until - first - 1)
    made = visits(rng, first, days, np.where(fate.kept, 0.46, 0.45), business=True)
    came = np.zeros(n, bool)
    came[made.who[(made.age >= 23) & (made.age <= 30)]] = True
    missing = np.flatnonzero(fate.kept & ~came)
    made = made.plus(missing, rng.integers(24, 30, len(missing)))
    back = np.flatnonzero(~fate.kept & (rng.random(n) < 0.09) & (until - first > 90))
    returned = np.repeat(rng.integers(34, 58, len(back)), 3) + rng.integers(0, 24, 3 * len(back))
    made = made.plus(np.repeat(back, 3), returned).until(LAST - first)
    write(rng, log, person, place, first, made, TEAM_HABIT)
    _projects(rng, log, person, first, made, fate)


def _projects(rng: np.random.Generator, log: Log, person: Ints, first: Ints, made: Visits, fate: _Fate) -> None:
    """Later projects of people who stay: also of those who took longer than their first week."""
    go = np.flatnonzero(fate.kept[made.who] & (made.age >= 15) & (rng.random(len(made.who)) < 0.16))
    at = MIDNIGHTS[first[made.who[go]] + made.age[go]] + rng.integers(32_000, 64_000, len(go))
    log.add(person[made.who[go]], at, KNOWN, name="project_created", surface="web")
    sent = rng.random(len(go)) < 0.6
    log.add(person[made.who[go]][sent], at[sent] + rng.integers(200, 9_000, int(sent.sum())), KNOWN,
            name="project_data_sent", surface="web")  # fmt: skip


def _faces(rng: np.random.Generator, n: int) -> dict[str, Ints]:
    return {
        "role": rng.choice(len(ROLES), n, p=(0.14, 0.24, 0.26, 0.12, 0.1, 0.14)),
        "seniority": rng.choice(5, n, p=(0.5, 0.28, 0.12, 0.05, 0.05)),
        "persona": rng.choice(len(PERSONAS), n, p=(0.45, 0.4, 0.15)),
        "age": rng.choice(5, n, p=(0.08, 0.34, 0.32, 0.18, 0.08)),
    }


def _old_teams(rng: np.random.Generator, crowd: Crowd, log: Log, book: Book) -> None:
    """Teams of the companies that were customers before the data begins."""
    old = [account for account in book.accounts if account.opened < FIRST]
    size = np.array([1 + int(rng.poisson(_OLD_TEAM[account.segment])) for account in old])
    home = np.repeat([account.number for account in old], size)
    opened, until = np.repeat([a.opened for a in old], size), np.repeat([a.until for a in old], size)
    n = len(home)
    place = np.repeat([account.country for account in old], size)
    since = opened + (rng.random(n) * (FIRST - 1 - opened)).astype(np.int64)
    person = crowd.add(
        n, country=place, platform=np.where(rng.random(n) < 0.6, 1, 2), account=home, installed_version=1,
        known_at=instants(since, second_of_day(rng, place, business=True)), update_days=rng.geometric(0.09, n),
        **_faces(rng, n),
    )  # fmt: skip
    _steady(rng, log, person, place, np.minimum(rng.exponential(330, n) + 10, until - FIRST), 0.26)


def _staff(rng: np.random.Generator, crowd: Crowd, log: Log) -> None:
    """Our own people try everything, every day; they are marked and left out."""
    n = 14
    place = np.zeros(n, np.int64)
    person = crowd.add(
        n, country=place, platform=1, internal=1, known_at=MIDNIGHTS[FIRST - 30] + np.arange(n) * 977,
        installed_version=1, **_faces(rng, n),
    )  # fmt: skip
    _steady(rng, log, person, place, np.full(n, float(FOREVER)), 1.1)


def _steady(rng: np.random.Generator, log: Log, person: Ints, place: Ints, days: Floats, per_day: float) -> None:
    start = np.full(len(person), FIRST - 1)
    write(rng, log, person, place, start, visits(rng, start, days, per_day, business=True), TEAM_HABIT)
