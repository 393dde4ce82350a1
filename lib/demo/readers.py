"""Readers whom native advertisements bring to a page with advertisements of others on it: what a visit earns."""

import numpy as np
import polars as pl

from lib.demo.calendar import LEISURE, Ints, countries, day, instants, spread
from lib.demo.crowd import Crowd
from lib.demo.log import ANON, Log
from lib.demo.truths import TRUTHS
from lib.model import TOUCHPOINTS

_HOURS = (8, 13, 19)
"""When readers come, far enough apart that each time is a visit of its own."""


def build(rng: np.random.Generator, crowd: Crowd, log: Log) -> tuple[Ints, Ints]:
    """Add the visits, three a day of each reader; who came, and the second of the click that brought them."""
    told = TRUTHS.native
    each = told.visits // told.readers
    country = countries(rng, told.readers)
    last = day(told.end) - each // len(_HOURS) - 1
    first = spread(rng, day(told.start), last, told.readers, LEISURE)
    reader = crowd.add(told.readers, country=country)
    person, nth = np.repeat(reader, each), np.tile(np.arange(each), told.readers)
    second = np.array(_HOURS)[nth % len(_HOURS)] * 3_600 + rng.integers(0, 3_600, told.visits)
    clicked = instants(np.repeat(first, each) + nth // len(_HOURS), second)
    pages = rng.permutation(np.resize(np.array(told.pages), told.visits))
    at = clicked + rng.integers(1, 20, told.visits)
    for page in range(int(pages.max())):
        go = np.flatnonzero(pages > page)
        at[go] += rng.integers(15, 240, len(go)) if page else 0
        earned = np.full(len(go), told.cents_a_page / 100)
        log.add(person[go], at[go], ANON, name="page_viewed", surface="web", page=told.page, value=earned)
    return person, clicked


def contacts(crowd: Crowd, visits: tuple[Ints, Ints]) -> pl.DataFrame:
    """The click that began each visit."""
    told, (person, clicked) = TRUTHS.native, visits
    named = {"channel": told.channel, "campaign": told.campaign, "landing_page": told.page}
    ts = pl.Series(clicked * 1_000_000).cast(pl.Datetime("us", "UTC"))
    rows = pl.DataFrame(
        {"ts": ts, "anon_id": crowd.anon_ids().gather(person)}
    ).with_columns(pl.lit(value).alias(name) for name, value in named.items())  # fmt: skip
    nothing = [
        pl.lit(None, dtype).alias(name) for name, dtype in TOUCHPOINTS.schema.items() if name not in rows.columns
    ]
    return rows.with_columns(nothing).select(list(TOUCHPOINTS.schema)).match_to_schema(TOUCHPOINTS.schema)
