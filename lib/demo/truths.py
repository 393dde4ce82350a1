"""What is planted in the demo company: every number exact, with the scope it holds in.

The generator reads its counts from here, so there is one place to change. Days are days of the
company's time zone; a scope is half-open, `start` in and `end` out; money is whole cents. Internal
users are outside every count.
"""

from dataclasses import dataclass
from datetime import date

from lib.demo.truths_changes import CHANGES, Changes
from lib.demo.truths_channels import (
    CAMPAIGN,
    CREATORS,
    KEYWORDS,
    MESSAGES,
    NATIVE,
    QUALITY,
    SCANS,
    SEARCHERS,
    Channels,
    Native,
    Partners,
    Scans,
    Story,
)
from lib.demo.truths_services import FREE_SERVICES, FreeServices


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
class Test:
    """A test: (variant, units, units that did the goal in the days after their first exposure), the control first.

    A unit could see it from its first `seen_by` event (on `page`) in the scope on; nobody's event says so where it was
    written to. `cta` narrows the goal.
    """

    experiment_id: str
    unit: str
    seen_by: str | None
    goal: str
    within_days: int
    start: date
    end: date
    variants: tuple[tuple[str, int, int], ...]
    page: str | None = None
    cta: str | None = None
    guardrail: str | None = None
    planned: int | None = None
    is_split_wrong: bool = False


TESTS: tuple[Test, ...] = (
    Test("activation_email", "user", "signup_done", "project_data_sent", 7, date(2026, 4, 1), date(2026, 10, 1),
         (("control", 2_000, 400), ("redesigned", 2_000, 480)), guardrail="project_created"),
    Test("register_form", "anon", "app_opened", "register_done", 1, date(2025, 9, 1), date(2026, 2, 20),
         (("control", 2_500, 1_300), ("short_form", 2_500, 1_475))),
    Test("home_words", "anon", "page_viewed", "cta_clicked", 1, date(2025, 6, 1), date(2026, 10, 1),
         (("control", 10_000, 300), ("what_it_does", 10_000, 360)), page="/", cta="start_free"),
    Test("report_menu", "user", "app_session", "report_viewed", 14, date(2026, 7, 1), date(2026, 10, 10),
         (("control", 2_000, 500), ("in_menu", 2_300, 590)), is_split_wrong=True),
    Test("win_back", "user", None, "app_session", 14, date(2026, 10, 5), date(2026, 10, 6),
         (("hold_out", 124, 10), ("written_to", 1_116, 134)), planned=5_000),
)  # fmt: skip
"""+4.0 points (1.4 to 6.6), +7.0 (4.2 to 9.7), +0.6 (0.1 to 1.1), a split that stops the read-out, and "not yet"."""


@dataclass(frozen=True, slots=True)
class BillingFlow:
    """Bills whose payment first failed in these days, while one flow of billing e-mails was live."""

    name: str
    start: date
    end: date
    failed: int
    recovered: int
    failed_cents: int
    recovered_cents: int
    share: float


@dataclass(frozen=True, slots=True)
class Collections:
    """Billing e-mails before and after their rework; the interval of the difference is Newcombe's."""

    old: BillingFlow = BillingFlow("plain", date(2026, 1, 1), date(2026, 4, 1), 50, 15, 1_000_000, 300_000, 0.30)
    new: BillingFlow = BillingFlow("reworked", date(2026, 4, 1), date(2026, 7, 1), 50, 32, 1_000_000, 640_000, 0.64)
    points: float = 34.0
    points_between: tuple[float, float] = (14.5, 50.1)


@dataclass(frozen=True, slots=True)
class InboundDeals:
    """Deals with the origin `inbound` opened in the scope: days to a win, and how many were won within a quarter."""

    start: date = date(2025, 10, 1)
    end: date = date(2026, 7, 1)
    won: int = 120
    same_quarter: int = 72
    same_quarter_share: float = 0.60
    median_days: int = 38


@dataclass(frozen=True, slots=True)
class EnterpriseDeals:
    """Deals of the team `enterprise`: how long those with the origin `outbound` take, and the very large ones."""

    won: int = 60
    median_days: int = 300
    between_days: tuple[int, int] = (270, 365)
    large_from: int = 10_000_000
    large: int = 2
    large_share: float = 2 / 60


@dataclass(frozen=True, slots=True)
class GivenAway:
    """Deals won by the team `mid_market`, in whole dollars: what they are worth, less consulting for nothing."""

    won: int = 20
    acv: int = 120_000
    given: int = 30_000
    net_acv: int = 90_000
    with_free: int = 8


@dataclass(frozen=True, slots=True)
class Pipeline:
    """What was opened in the first two quarters of 2024, before any other deal, in whole dollars; sellers began to
    bring in deals of their own in the second."""

    quarters: tuple[date, date] = (date(2024, 1, 1), date(2024, 4, 1))
    acv: int = 10_000_000
    outbound: tuple[int, int] = (1_500_000, 4_500_000)
    shares: tuple[float, float] = (0.15, 0.45)


@dataclass(frozen=True, slots=True)
class Deals:
    """The deals of three teams, and what was opened before them."""

    inbound: InboundDeals = InboundDeals()
    enterprise: EnterpriseDeals = EnterpriseDeals()
    services: GivenAway = GivenAway()
    pipeline: Pipeline = Pipeline()


@dataclass(frozen=True, slots=True)
class Aims:
    """The objectives of the last quarter of 2026 as they stand on 1 November: the word of each key result.

    `reported` is what was said of revenue kept in the week to 27 September, by another definition than that of today.
    """

    cycle: str = "2026-Q4"
    today: date = date(2026, 11, 1)
    words: tuple[tuple[str, str], ...] = (
        ("grr", "on track"), ("churn", "breached"), ("cac", "off track"), ("mrr", "watch"), ("spend", "on track"),
        ("active", "outdated"), ("languages", "on track"),
    )  # fmt: skip
    said_on_track: str = "cac"
    net_confidence: float = 1 / 7
    reported: float = 0.7702


@dataclass(frozen=True, slots=True)
class Truths:
    """All that is planted."""

    onboarding: Onboarding = Onboarding()
    version: Version = Version()
    activation: Activation = Activation()
    channels: Channels = CAMPAIGN
    partners: Partners = CREATORS
    enterprise: Enterprise = Enterprise()
    packages: Packages = Packages()
    collections: Collections = Collections()
    deals: Deals = Deals()
    services: FreeServices = FREE_SERVICES
    tests: tuple[Test, ...] = TESTS
    stories: tuple[Story, ...] = (MESSAGES, KEYWORDS, QUALITY, SEARCHERS)
    scans: Scans = SCANS
    native: Native = NATIVE
    aims: Aims = Aims()
    changes: Changes = CHANGES


TRUTHS = Truths()
