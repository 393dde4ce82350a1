"""What is planted in the demo company: every number exact, with the scope it holds in.

The generator reads its counts from here, so there is one place to change. Days are days of the
company's time zone; a scope is half-open, `start` in and `end` out; money is whole cents. Internal
users are outside every count.
"""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Onboarding:
    """New people of the mobile app: `surface` is `app`, steps in order, each person once."""

    start: date = date(2026, 9, 1)
    end: date = date(2026, 10, 1)
    surface: str = "app"
    within_days: int = 7
    steps: tuple[str, ...] = ("app_installed", "app_opened", "register_started", "register_done", "home_viewed")
    people: tuple[int, ...] = (10_000, 8_200, 5_330, 4_797, 4_317)
    largest_loss_step: int = 3
    largest_loss: int = 2_870


@dataclass(frozen=True, slots=True)
class Version:
    """The same funnel by `app_version`: one release passes 30 % from open to register start, the rest 76.3 %."""

    app_version: str = "6.1"
    people: tuple[int, ...] = (2_440, 2_000, 600, 540, 486)
    others: tuple[int, ...] = (7_560, 6_200, 4_730, 4_257, 3_831)
    rate: float = 600 / 2_000
    others_rate: float = 4_730 / 6_200
    people_won: float = 2_000 * 4_730 / 6_200 - 600
    error: str = "email_field_hidden"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One activation event, done at least once within the days: who did it, and how many of them were kept."""

    event: str
    doers: int
    kept_doers: int
    precision: float
    recall: float
    lift: float
    mcc: float


@dataclass(frozen=True, slots=True)
class Activation:
    """Business users by `signup_done` in the scope.

    Kept is: `app_session` on a calendar day 23 to 30 days after the day of `signup_done`. Who is not
    kept has no event of any name on days 22 to 31.
    """

    start: date = date(2026, 6, 1)
    end: date = date(2026, 7, 1)
    cohort_event: str = "signup_done"
    people: int = 1_000
    kept: int = 300
    kept_event: str = "app_session"
    kept_days: tuple[int, int] = (23, 30)
    within_days: int = 7
    candidates: tuple[Candidate, ...] = (
        Candidate("project_data_sent", 300, 240, 0.8, 0.8, 240 / 300 / 0.3, 150 / 210),
        Candidate("project_created", 800, 290, 290 / 800, 290 / 300, 290 / 800 / 0.3, 0.272772),
    )


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
class RevenueWindow:
    """Point to point over the accounts of one segment that pay at `start`: monthly cents, read at `end`."""

    start: date
    end: date
    opening: int
    churn: int
    contraction: int
    expansion: int
    grr: float
    nrr: float


@dataclass(frozen=True, slots=True)
class Enterprise:
    """Enterprise accounts: a bad half-year and, later, a good one."""

    segment: str = "enterprise"
    first: RevenueWindow = RevenueWindow(
        date(2025, 7, 1), date(2026, 1, 1), 10_000_000, 2_500_000, 1_200_000, 800_000, 0.63, 0.71
    )
    later: RevenueWindow = RevenueWindow(
        date(2026, 4, 1), date(2026, 10, 1), 12_000_000, 600_000, 360_000, 2_400_000, 0.92, 1.12
    )


@dataclass(frozen=True, slots=True)
class Packages:
    """Small businesses that hold both packages at `start`, one quarter later."""

    segment: str = "smb"
    start: date = date(2026, 1, 1)
    end: date = date(2026, 4, 1)
    package_a: str = "capture"
    package_b: str = "insights"
    mrr_a: int = 20_000
    mrr_b: int = 30_000
    accounts: int = 200
    dropped_b: int = 60
    dropped_a: int = 10
    left: int = 10
    opening: int = 10_000_000
    contraction: int = 2_000_000
    churn: int = 500_000
    grr: float = 0.75


@dataclass(frozen=True, slots=True)
class Truths:
    """All that is planted."""

    onboarding: Onboarding = Onboarding()
    version: Version = Version()
    activation: Activation = Activation()
    channels: Channels = Channels()
    partners: Partners = Partners()
    enterprise: Enterprise = Enterprise()
    packages: Packages = Packages()


TRUTHS = Truths()
