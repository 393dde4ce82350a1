"""Coming back: on which days people visit after their first, and what they do then.

A person's interest ends on some day; until then they come on random days, fewer on weekends and in
August. Interest is heavy-tailed, so that retention curves fall fast and then flatten.
"""

from dataclasses import dataclass

import numpy as np

from lib.demo.calendar import BUSINESS, LAST, LEISURE, Floats, Ints, instants, second_of_day
from lib.demo.log import KNOWN, Log, code

_EARLY = 1.6
"""The days after which the first big loss is over."""


@dataclass(frozen=True, slots=True)
class Visits:
    """Pairs of a person (position in their group) and an age in days, without repeats, sorted."""

    who: Ints
    age: Ints

    def without(self, low: int, high: int, people: np.ndarray) -> "Visits":
        """The visits left when the people marked do not come at ages `low` to `high`."""
        keep = ~(people[self.who] & (self.age >= low) & (self.age <= high))
        return Visits(self.who[keep], self.age[keep])

    def until(self, age: Ints) -> "Visits":
        """The visits at ages up to each person's own last one."""
        keep = self.age <= age[self.who]
        return Visits(self.who[keep], self.age[keep])

    def plus(self, who: Ints, age: Ints) -> "Visits":
        """These visits and others, each once."""
        key = np.unique(np.concatenate([self.who, who]) * 10_000 + np.concatenate([self.age, age]))
        return Visits(key // 10_000, key % 10_000)


def interest(rng: np.random.Generator, share_at_30: Floats) -> Floats:
    """Days of interest for each person, drawn so that the share given is still interested after 30 days."""
    power = -np.log(share_at_30) / np.log1p(30 / _EARLY)
    days = _EARLY * (rng.random(len(share_at_30)) ** (-1 / power) - 1)
    # Beyond two months even loyal people stop, at a slow steady rate.
    return np.minimum(days, 80 + rng.exponential(230, len(days)))


def visits(rng: np.random.Generator, first: Ints, days: Floats, per_day: Floats | float, *, business: bool) -> Visits:
    """Visits at ages 1 and later, while interest lasts and the data goes."""
    room = np.clip(np.minimum(days, LAST - first), 0, None)
    who = np.repeat(np.arange(len(first)), rng.poisson(room * per_day))
    age = 1 + np.floor(rng.random(len(who)) * room[who]).astype(np.int64)
    on = np.minimum(first[who] + age, LAST)
    come = (rng.random(len(who)) < (BUSINESS if business else LEISURE)[on]) & (first[who] + age <= LAST)
    return Visits(np.zeros(0, np.int64), np.zeros(0, np.int64)).plus(who[come], age[come])


def exactly(
    rng: np.random.Generator, made: Visits, days: Floats, age: int, quotas: list[tuple[np.ndarray, int]]
) -> tuple[Visits, np.ndarray]:
    """The same visits, but at one age exactly `quota` people of each group come; also says who.

    Those who would have come anyway are taken first, then those whose interest lasts longest, so
    that the day does not stand out from the days around it.
    """
    n = len(days)
    would = np.zeros(n, bool)
    would[made.who[made.age == age]] = True
    score = would * 4.0 + (days > age) * 2.0 + np.where(days > age, rng.random(n), days / (age + 1))
    chosen = np.zeros(n, bool)
    for group, quota in quotas:
        members = np.flatnonzero(group)
        chosen[members[np.argsort(-score[members], kind="stable")[:quota]]] = True
    who = np.flatnonzero(chosen)
    return made.without(age, age, np.ones(n, bool)).plus(who, np.full(len(who), age)), chosen


@dataclass(frozen=True, slots=True)
class Habit:
    """What a kind of person does on a visit beside `app_session`: event names and how often each is the next one."""

    business: bool
    on_app: float
    more: float
    names: tuple[str, ...]
    chances: tuple[float, ...]


SOLO_HABIT = Habit(
    False, 1.0, 0.24,
    ("receipt_scanned", "report_viewed", "feature_used", "export_done", "error_shown"), (0.62, 0.16, 0.14, 0.05, 0.03),
)  # fmt: skip
TEAM_HABIT = Habit(
    True, 0.22, 0.56,
    ("receipt_scanned", "report_viewed", "comment_added", "feature_used", "export_done", "member_invited"),
    (0.36, 0.22, 0.16, 0.14, 0.08, 0.04),
)  # fmt: skip


def write(
    rng: np.random.Generator, log: Log, crowd_numbers: Ints, country: Ints, first: Ints, made: Visits, habit: Habit
) -> None:
    """Write visits to the log: a session, and sometimes one or two things done in it."""
    made = made.until(LAST - first)
    who, person = made.who, crowd_numbers[made.who]
    at = instants(first[who] + made.age, second_of_day(rng, country[who], business=habit.business))
    surface = np.where(rng.random(len(who)) < habit.on_app, code("surface", "app"), code("surface", "web"))
    log.add(person, at, KNOWN, name="app_session", surface=surface)
    codes = np.array([code("name", name) for name in habit.names])
    for chance in (habit.more, habit.more * 0.25):
        go = np.flatnonzero(rng.random(len(who)) < chance)
        name = codes[rng.choice(len(codes), len(go), p=habit.chances)]
        at[go] += rng.integers(8, 420, len(go))
        used = name == code("name", "feature_used")
        broken = name == code("name", "error_shown")
        log.add(
            person[go], at[go], KNOWN, name=name, surface=surface[go],
            feature=np.where(used, rng.choice(5, len(go), p=(0.34, 0.26, 0.18, 0.13, 0.09)) + 1, 0),
            error=np.where(broken, rng.integers(2, 5, len(go)), 0),
        )  # fmt: skip
