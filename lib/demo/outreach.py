"""People whom bought or borrowed reach brought to a page of its own, counted out: the stories among the truths.

Nobody else sees these pages, so a condition on the page finds a story's people and no others; campaigns and cost are
named after them.
"""

import numpy as np
import polars as pl

from lib.demo.calendar import LAST, LEISURE, Ints, countries, day, instants, second_of_day, spread
from lib.demo.crowd import NOBODY, Crowd
from lib.demo.log import ANON, BOTH, KNOWN, Log
from lib.demo.truths import TRUTHS
from lib.demo.truths_channels import Group, Story
from lib.model import TOUCHPOINTS

GROUPS: tuple[tuple[Story, Group], ...] = tuple((story, group) for story in TRUTHS.stories for group in story.groups)
"""In the order of `crowd["story"]`."""

_REGISTERED = "register_done"


def build(rng: np.random.Generator, crowd: Crowd, log: Log) -> None:
    """Add the people of every story: all see its page, and of each group exactly so many reach its goal."""
    for number, (story, group) in enumerate(GROUPS):
        n = group.people
        country = countries(rng, n)
        first = spread(rng, day(story.start), day(story.end), n, LEISURE)
        at = instants(first, second_of_day(rng, country, business=False))
        reached = rng.permutation(np.arange(n) < group.reached)
        registered = at + rng.integers(60, 400, n)
        known = np.where(reached, registered, NOBODY)
        person = crowd.add(n, country=country, story=number, known_at=known)
        log.add(person, at, ANON, name="page_viewed", surface="web", page=story.page)
        who = np.flatnonzero(reached)
        log.add(person[who], registered[who], BOTH, name=_REGISTERED, surface="web", page=story.page)
        if story.goal != _REGISTERED:
            _later(rng, log, person[who], first[who], country[who], story)


def _later(rng: np.random.Generator, log: Log, person: Ints, first: Ints, country: Ints, story: Story) -> None:
    """The goal, on one of the days after the first that count."""
    on = np.minimum(first + rng.integers(1, story.within_days, len(person)), LAST)
    at = instants(on, second_of_day(rng, country, business=False))
    log.add(person, at, KNOWN, name=story.goal, surface="web")


def contacts(rng: np.random.Generator, crowd: Crowd, seen: Ints) -> pl.DataFrame:
    """The one contact of everybody in a story, minutes before their first event (`seen`, by person)."""
    who = np.flatnonzero(crowd["story"] != NOBODY)
    story = crowd["story"][who].astype(np.uint32)
    words = ("channel", "campaign", "partner", "creative", "audience", "keyword_class", "referrer_host")
    named = {
        word: pl.Series([getattr(group, word) for _, group in GROUPS], dtype=pl.String()).gather(story)
        for word in words
    }
    nothing = pl.Series([None], dtype=pl.String()).new_from_index(0, len(who))
    rows = pl.DataFrame(
        {
            "ts": pl.Series((seen[who] - rng.integers(5, 900, len(who))) * 1_000_000).cast(pl.Datetime("us", "UTC")),
            "user_id": nothing, "anon_id": crowd.anon_ids().gather(who), "promo_code": nothing,
            "landing_page": pl.Series([one.page for one, _ in GROUPS]).gather(story), **named,
        }
    )  # fmt: skip
    return rows.select(list(TOUCHPOINTS.schema)).match_to_schema(TOUCHPOINTS.schema)
