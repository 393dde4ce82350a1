"""What marketing and sales cost, day by day. The campaign month's two channels sum to the planted cents."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from lib.demo.calendar import BUSINESS, LEISURE, MONTHS, Floats, date_of, day
from lib.demo.company import PARTNERS
from lib.demo.truths import TRUTHS
from lib.model import SPEND


@dataclass(frozen=True, slots=True)
class _Line:
    """A budget line: dollars in the first month and in the last, growing evenly between."""

    channel: str | None
    campaign: str | None
    first: int
    last: int
    kind: str = "media"
    function: str = "marketing"
    segment: str | None = None
    cents_per_click: int = 0
    months: tuple[int, int] = (0, 18)


_LINES = (
    _Line("paid_search", "search_category", 4_600, 11_800, cents_per_click=210),
    _Line("paid_search", "search_brand", 900, 2_100, cents_per_click=60),
    _Line("app_store_ads", "store_ads", 900, 4_400, cents_per_click=85),
    _Line("events", "trade_fairs", 2_400, 4_200),
    # A season of sponsored episodes that nobody can be traced to.
    _Line("podcast", "spring_podcast", 4_000, 4_000, months=(8, 11)),
    _Line("content", "articles", 1_800, 2_600, kind="people"),
    _Line(None, "analytics_tools", 700, 1_200, kind="tool"),
    _Line(None, "marketing_team", 24_000, 33_000, kind="people"),
    _Line(None, "enterprise_sales", 31_000, 46_000, kind="people", function="sales", segment="enterprise"),
    _Line(None, "mid_sales", 14_000, 24_000, kind="people", function="sales", segment="mid"),
    _Line(None, "onboarding_services", 5_000, 8_000, kind="people", function="services", segment="enterprise"),
)
# Dollars a month; the planted month is in the truths.
_SOCIAL = (700, 800, 900, 800, 1_300, 1_500, 1_800, 1_600, 2_000, 2_300, 2_900, 3_900, 0, 4_900, 3_600, 3_400, 5_900,
           4_800)  # fmt: skip
_CREATORS = (200, 220, 240, 200, 380, 420, 520, 480, 620, 700, 900, 1_400, 0, 1_900, 1_200, 1_050, 2_100, 1_700)
_PLANTED = next(i for i, (low, _) in enumerate(MONTHS) if date_of(low) == TRUTHS.channels.start)

_Row = tuple[object, ...]


def frame(rng: np.random.Generator) -> pl.DataFrame:
    """The canonical table."""
    rows: list[_Row] = []
    for month, (low, high) in enumerate(MONTHS):
        for line in _LINES:
            if line.months[0] <= month < line.months[1]:
                dollars = line.first + (line.last - line.first) * month / 17 * rng.uniform(0.94, 1.06)
                rows += _daily(rng, line, round(dollars * 100), (low, high))
        rows += _social(rng, month, (low, high))
        rows += _creators(rng, month, (low, high))
    for story in TRUTHS.stories:
        for group in story.groups:
            line = _Line(group.channel, group.campaign, 0, 0)
            rows += _daily(rng, line, group.cost_cents, (day(story.start), day(story.end)), group.partner)
    native = TRUTHS.native
    line = _Line(native.channel, native.campaign, 0, 0, cents_per_click=native.cost_cents // native.visits)
    rows += _daily(rng, line, native.cost_cents, (day(native.start), day(native.end)))
    return pl.DataFrame(rows, schema=SPEND.schema, orient="row").sort(SPEND.key)


def _daily(
    rng: np.random.Generator, line: _Line, cents: int, month: tuple[int, int], partner: str | None = None
) -> list[_Row]:
    """A month's cents over its days, exactly."""
    low, high = month
    weight = (LEISURE if line.kind == "media" else BUSINESS)[low:high] * rng.uniform(0.85, 1.15, high - low)
    parts = _share(cents, weight)
    return [_row(rng, line, low + nth, part, partner) for nth, part in enumerate(parts) if part]


def _row(rng: np.random.Generator, line: _Line, number: int, cents: int, partner: str | None = None) -> _Row:
    clicks = int(cents / line.cents_per_click * rng.uniform(0.9, 1.1)) if line.cents_per_click else None
    shown = int(clicks * rng.uniform(38, 62)) if clicks is not None else None
    return (date_of(number), line.function, line.kind, line.channel, line.campaign, partner, line.segment, cents,
            None, shown, clicks)  # fmt: skip


def _share(cents: int, weight: Floats) -> list[int]:
    """Whole cents by weight, with the rounding carried along so that the sum is exact."""
    bounds = np.round(np.cumsum(weight) / weight.sum() * cents).astype(np.int64)
    return [int(part) for part in np.diff(bounds, prepend=0)]


def _social(rng: np.random.Generator, month: int, days: tuple[int, int]) -> list[_Row]:
    planted = month == _PLANTED
    cents = TRUTHS.channels.paid_social.cost_cents if planted else _SOCIAL[month] * 100
    line = _Line("paid_social", "spring_social" if planted else "always_on_social", 0, 0, cents_per_click=58)
    return _daily(rng, line, cents, days)


def _creators(rng: np.random.Generator, month: int, days: tuple[int, int]) -> list[_Row]:
    """Creators are paid per post: each of the campaign on one day, in other months a few of them."""
    low, high = days
    planted = month == _PLANTED
    line = _Line("influencer", "spring_creators" if planted else "always_on_creators", 0, 0, kind="influencer_fee")
    if planted:
        fame = np.array([people for people, _ in TRUTHS.partners.people_kept], float) ** 0.8 + 12
        fees = _share(TRUTHS.channels.influencer.cost_cents, fame)
    else:
        fees = _share(_CREATORS[month] * 100, np.array([3.0, 2.0, 1.5, 1.0]))
    names = PARTNERS if planted else [PARTNERS[(month * 3 + k) % 12] for k in range(4)]
    paid_on = rng.integers(low + 2, high - 6, len(names))
    return [_row(rng, line, int(on), fee, name) for on, fee, name in zip(paid_on, fees, names, strict=True)]
