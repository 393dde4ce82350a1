"""People who look at the web site and never sign up, and the pages a later customer saw before."""

import numpy as np

from lib.demo.calendar import BUSINESS, LAST, MONTHS, Ints, countries, instants, second_of_day, spread
from lib.demo.company import CHANNELS
from lib.demo.crowd import NOBODY, Crowd
from lib.demo.log import ANON, WORDS, Log, code

_PAGES: tuple[tuple[str, float], ...] = (
    ("/", 0.30), ("/pricing", 0.17), ("/features/receipts", 0.12), ("/features/projects", 0.11), ("/enterprise", 0.06),
    ("/blog/petty-cash", 0.09), ("/blog/month-end", 0.07), ("/docs", 0.08),
)  # fmt: skip
# Which call to action a page shows first, and how many of a hundred viewers click it.
_CALLS: tuple[tuple[str, str, float], ...] = (
    ("/", "start_free", 0.06), ("/pricing", "contact_sales", 0.03), ("/pricing", "book_demo", 0.012),
    ("/features/receipts", "start_free", 0.05), ("/features/projects", "book_demo", 0.03),
    ("/enterprise", "contact_sales", 0.055), ("/blog/petty-cash", "see_pricing", 0.02),
)  # fmt: skip
_SOURCES: tuple[tuple[str | None, float], ...] = (
    ("organic_search", 0.40), ("content", 0.17), ("paid_search", 0.12), ("referral", 0.08), ("events", 0.02),
    (None, 0.21),
)  # fmt: skip


def build(rng: np.random.Generator, crowd: Crowd, log: Log) -> None:
    """Add the visitors of every month: more each month, some of them back within a week or two."""
    for month, (low, high) in enumerate(MONTHS):
        n = 1_000 + 90 * month + int(rng.integers(0, 200))
        country = countries(rng, n)
        first = spread(rng, low, high, n, BUSINESS)
        pick = rng.choice(len(_SOURCES), n, p=[share for _, share in _SOURCES])
        channel = np.array([CHANNELS.index(name) if name else NOBODY for name, _ in _SOURCES])[pick]
        person = crowd.add(n, country=country, channel=channel)
        browse(rng, log, person, country, first, 1.3)
        back = np.flatnonzero(rng.random(n) < 0.16)
        again = np.minimum(first[back] + rng.integers(1, 15, len(back)), LAST)
        browse(rng, log, person[back], country[back], again, 1.1)


def browse(
    rng: np.random.Generator, log: Log, person: Ints, country: Ints, on: Ints, more: float, before: Ints | None = None
) -> None:
    """One visit to the site by each person on a day: a first page, `more` others on average, sometimes a click.

    `before` says, per person, a second of 1970 all of it must lie before; who would be late is moved ahead of it.
    """
    at = instants(on, second_of_day(rng, country, business=True))
    if before is not None:
        at = np.minimum(at, before - rng.integers(1_900, 5_400, len(at)))
    codes = np.array([code("page", page) for page, _ in _PAGES])
    chance = np.array([share for _, share in _PAGES])
    views = 1 + np.minimum(rng.poisson(more, len(person)), 6)
    referrer = rng.choice(len(WORDS["referrer"]) + 1, len(person), p=(0.35, 0.42, 0.13, 0.10))
    for nth in range(int(views.max(initial=1))):
        go = np.flatnonzero(views > nth)
        at[go] += rng.integers(6, 180, len(go)) if nth else 0
        page = codes[rng.choice(len(codes), len(go), p=chance)]
        log.add(person[go], at[go], ANON, name="page_viewed", surface="web", page=page,
                referrer=referrer[go] * (nth == 0))  # fmt: skip
        for path, cta, share in _CALLS:
            hit = go[(page == code("page", path)) & (rng.random(len(go)) < share)]
            log.add(person[hit], at[hit] + 3, ANON, name="cta_clicked", surface="web", page=path, cta=cta)
