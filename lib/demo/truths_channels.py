"""What is planted about channels: the spring campaign, its creators, and what smaller outreach brought."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel's people first seen in the scope, and those with any event on day 30, by age band."""

    channel: str
    cost_cents: int
    people: int
    kept: int
    bands: tuple[tuple[str, int, int], ...]
    """(age band, people, kept)"""

    @property
    def cost_per_kept_cents(self) -> float:
        """Cost of one person who was there on day 30."""
        return self.cost_cents / self.kept


@dataclass(frozen=True, slots=True)
class Channels:
    """The spring campaign: the cheaper channel is the dearer one per person kept.

    Day 30 is the 30th calendar day after the person's first event (day 0).
    """

    start: date = date(2026, 5, 1)
    end: date = date(2026, 6, 1)
    day: int = 30
    young: str = "18-24"
    influencer: Channel = Channel(
        "influencer", 1_500_000, 10_000, 1_000,
        (("18-24", 8_000, 720), ("25-34", 1_000, 140), ("35-44", 600, 84), ("45-54", 300, 42), ("55+", 100, 14)),
    )  # fmt: skip
    paid_social: Channel = Channel(
        "paid_social", 3_000_000, 10_000, 2_500,
        (("18-24", 2_020, 202), ("25-34", 3_000, 864), ("35-44", 2_500, 720), ("45-54", 1_500, 432),
         ("55+", 980, 282)),
    )  # fmt: skip
    even_mix: tuple[float, float] = (0.115, (202 / 2_020 + 2_298 / 7_980) / 2)
    """Day-30 share of both at half young, half older: influencer, paid social."""


@dataclass(frozen=True, slots=True)
class Partners:
    """The influencers of the same scope: (people, kept on day 30), eight of them with 100 people or more."""

    ranked_from: int = 100
    people_kept: tuple[tuple[int, int], ...] = (
        (2_900, 261), (1_950, 215), (1_420, 128), (1_060, 121), (820, 74), (590, 65), (420, 38), (252, 30),
        (95, 12), (88, 9), (74, 5), (66, 8), (57, 7), (48, 4), (41, 5), (35, 4), (28, 3), (22, 3), (20, 6), (14, 2),
    )  # fmt: skip
    small_people: int = 20
    small_kept: int = 6
    shrunk_rate: float = (6 + 60 * 0.10) / (20 + 60)
    """The small partner's share with a prior of 60 people at the channel's 10 %."""


@dataclass(frozen=True, slots=True)
class Group:
    """People whom one contact each brought to a story's page, how many of them reached its goal, and what it cost."""

    channel: str
    people: int
    reached: int
    cost_cents: int = 0
    campaign: str | None = None
    partner: str | None = None
    audience: str | None = None
    creative: str | None = None
    keyword_class: str | None = None
    referrer_host: str | None = None

    @property
    def rate(self) -> float:
        """The share that reaches the goal."""
        return self.reached / self.people


@dataclass(frozen=True, slots=True)
class Story:
    """What outreach brought: everybody's first event is `page_viewed` on `page`, which nobody else sees, in the scope.

    Who reaches the goal does so within the days after it, everybody else never.
    """

    start: date
    end: date
    page: str
    goal: str
    within_days: int
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Scans:
    """`receipt_scanned` within the days after a person's first event, by channel; the scope is that of the campaign."""

    within_days: int = 14
    influencer: tuple[int, int] = (10_000, 1_800)
    search: tuple[int, int] = (6_000, 900)


MESSAGES = Story(
    date(2026, 7, 1), date(2026, 8, 1), "/start", "register_done", 14,
    (
        Group("retargeting", 2_000, 60, audience="visited_docs", creative="api_message"),
        Group("retargeting", 2_000, 40, audience="visited_docs", creative="generic_message"),
        Group("retargeting", 1_000, 34, audience="visited_pricing", creative="free_trial_message"),
        Group("retargeting", 1_000, 25, audience="visited_pricing", creative="generic_message"),
    ),
)  # fmt: skip
"""Docs visitors: 3.0 % by a message about the API, 2.0 % by the generic one."""

KEYWORDS = Story(
    date(2026, 2, 1), date(2026, 3, 1), "/teams", "register_done", 14,
    (
        Group("paid_search", 20, 20, 100_000, "teams_brand", keyword_class="brand", referrer_host="search.example"),
        Group("paid_search", 12, 12, 300_000, "teams_comparison", keyword_class="comparison",
              referrer_host="search.example"),
        Group("paid_search", 2, 2, 500_000, "teams_category", keyword_class="category",
              referrer_host="search.example"),
        Group("referral", 366, 366, referrer_host="friends.example"),
    ),
)  # fmt: skip
"""New customers of the team offer: $50, $250 and $2,500 each by class of keyword; search brings 34 of 400."""

QUALITY = Story(
    date(2026, 3, 1), date(2026, 4, 1), "/together", "receipt_scanned", 14,
    (
        Group("co_marketing", 500, 60, 120_000, "joint_webinar", partner="ledger_weekly"),
        Group("paid_social", 5_000, 200, 900_000, "studio_social", creative="shoebox_video"),
    ),
)  # fmt: skip
"""Smaller and better: 12 % of the webinar's visitors are activated at $20 each, 4 % of paid social's at $45."""

SEARCHERS = Story(
    date(2026, 5, 1), date(2026, 6, 1), "/scan", "receipt_scanned", 14,
    (Group("organic_search", 6_000, 900, referrer_host="search.example"),),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Native:
    """Visits that native advertisements bring to a page with advertisements on it: 5.0 pages, $0.03 against $0.02.

    A few readers come back three times a day and every visit is bought anew, so that they are few as people.
    """

    start: date = date(2025, 6, 1)
    end: date = date(2025, 7, 1)
    channel: str = "native_ads"
    campaign: str = "expense_stories"
    page: str = "/stories"
    readers: int = 20
    visits: int = 1_000
    pages: tuple[int, ...] = (3, 4, 5, 6, 7)
    cents_a_page: float = 0.6
    cost_cents: int = 2_000
    pages_a_visit: float = 5.0
    earned_a_visit: float = 0.03
    paid_a_visit: float = 0.02


CAMPAIGN, CREATORS, SCANS, NATIVE = Channels(), Partners(), Scans(), Native()
