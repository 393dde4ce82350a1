"""Marketing contacts: the one that brought each person, and for some people an earlier one."""

import numpy as np
import polars as pl

from lib.demo import outreach
from lib.demo.calendar import FIRST, LAST, MIDNIGHTS, Ints
from lib.demo.company import CHANNELS, PARTNERS, PROMO_CODES
from lib.demo.crowd import NOBODY, Crowd
from lib.demo.log import Log
from lib.model import TOUCHPOINTS

_HOUSE = tuple(CHANNELS.index(name) for name in ("organic_search", "content", "referral"))
_INFLUENCER, _PAID_SOCIAL = CHANNELS.index("influencer"), CHANNELS.index("paid_social")
_CAMPAIGNS = {
    "influencer": ("always_on_creators", "spring_creators"),
    "paid_social": ("always_on_social", "spring_social"),
    "paid_search": ("search_category", "search_brand"),
    "app_store_ads": ("store_ads", "store_ads"),
    "events": ("trade_fairs", "trade_fairs"),
}
_HOSTS = {"organic_search": "search.example", "paid_search": "search.example", "paid_social": "social.example",
          "influencer": "social.example", "referral": "friends.example", "content": "news.example"}  # fmt: skip
_LANDING = {"influencer": "/join", "paid_social": "/join", "content": "/blog/month-end", "events": "/enterprise",
            "paid_search": "/pricing", "organic_search": "/", "referral": "/"}  # fmt: skip
_CREATIVES = ("shoebox_video", "month_end_carousel", "taxi_receipt_reel")
_KEYWORDS = ("brand", "comparison", "category")


def frame(rng: np.random.Generator, crowd: Crowd, log: Log, more: pl.DataFrame) -> pl.DataFrame:
    """The canonical table; everything is before the person's first event, the last contact on the same day.

    `more` are the contacts of readers, who have one for every visit.
    """
    seen = log.first_seen(crowd.size)
    channel = crowd["channel"]
    known = crowd["known_at"] != NOBODY
    here = (channel != NOBODY) & (seen < MIDNIGHTS[LAST + 1])
    # Creators are known by the code typed in at sign-up, paid social by the sign-up it is paid for.
    here &= known | ((channel != _INFLUENCER) & (channel != _PAID_SOCIAL))
    who = np.flatnonzero(here)
    at = seen[who] - rng.integers(5, 900, len(who))
    bought = (channel[who] == _INFLUENCER) | (channel[who] == _PAID_SOCIAL)
    earlier = np.flatnonzero(~bought & (rng.random(len(who)) < 0.2))
    before = at[earlier] - rng.integers(86_400, 12 * 86_400, len(earlier))
    house = np.array(_HOUSE)[rng.integers(0, len(_HOUSE), len(earlier))]
    person = np.concatenate([who, who[earlier]])
    usual = _frame(rng, crowd, person, np.concatenate([at, before]), np.concatenate([channel[who], house]))
    return pl.concat([usual, outreach.contacts(rng, crowd, seen), more]).sort("ts", "channel", "user_id", "anon_id")


def _frame(rng: np.random.Generator, crowd: Crowd, person: Ints, at: Ints, channel: Ints) -> pl.DataFrame:
    n = len(person)
    inside = at >= MIDNIGHTS[FIRST]
    person, at, channel = person[inside], at[inside], channel[inside]
    n = len(person)
    is_known = crowd["known_at"][person] != NOBODY
    coded = channel == _INFLUENCER
    by_user = is_known & (coded | (rng.random(n) < 0.5))
    # Creators of the app's own months are drawn here; those of the joiners are given.
    partner = np.where(crowd["partner"][person] >= 0, crowd["partner"][person], rng.integers(0, 12, n))
    partner = np.where(coded, partner, -1)
    campaign = np.where(channel == CHANNELS.index("paid_search"), rng.random(n) < 0.3, crowd["campaign"][person])
    names = pl.Series(CHANNELS).gather(channel.astype(np.uint32))
    campaigns = pl.Series([_CAMPAIGNS.get(name, (None, None))[k] for name in CHANNELS for k in (0, 1)], dtype=pl.String)
    in_search = channel == CHANNELS.index("paid_search")
    words = np.where(in_search, np.where(campaign == 1, 0, rng.integers(1, 3, n)), -1)
    data = {
        "ts": pl.Series(at * 1_000_000).cast(pl.Datetime("us", "UTC")),
        "user_id": _where(crowd.user_ids().gather(person), by_user),
        "anon_id": _where(crowd.anon_ids().gather(person), ~by_user),
        "channel": names,
        "campaign": campaigns.gather((channel * 2 + campaign).astype(np.uint32)),
        "partner": _pick(PARTNERS, partner),
        "creative": _pick(_CREATIVES, np.where(channel == _PAID_SOCIAL, rng.integers(0, 3, n), -1)),
        "audience": pl.Series([None] * n, dtype=pl.String),
        "keyword_class": _pick(_KEYWORDS, words),
        "referrer_host": pl.Series([_HOSTS.get(name) for name in CHANNELS]).gather(channel.astype(np.uint32)),
        "landing_page": pl.Series([_LANDING.get(name) for name in CHANNELS]).gather(channel.astype(np.uint32)),
        "promo_code": _pick(PROMO_CODES, partner),
    }
    return pl.DataFrame(data).match_to_schema(TOUCHPOINTS.schema)


def _where(values: pl.Series, keep: np.ndarray) -> pl.Series:
    return pl.select(pl.when(pl.Series(keep)).then(values)).to_series()


def _pick(words: tuple[str, ...], codes: np.ndarray) -> pl.Series:
    return pl.Series([*words, None], dtype=pl.String).gather(np.where(codes < 0, len(words), codes).astype(np.uint32))
