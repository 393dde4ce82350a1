"""What is planted about changes everybody got at once: one package, four plans, news in the press, a moved site."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Cohort:
    """The accounts of one use case: paying at the start of each stretch of days, lost in it, and new in it.

    Of the new ones of the first stretch so many left again before it was over that as many pay when the second begins.
    """

    use_case: str
    paying: int
    lost: tuple[int, int]
    new: tuple[int, int]


@dataclass(frozen=True, slots=True)
class OnePackage:
    """Two packages are one again, for those who bill clients first; half a quarter's logo churn halves."""

    at: date = date(2026, 7, 28)
    days: int = 90
    group: Cohort = Cohort("client_billing", 400, (24, 12), (40, 70))
    comparison: Cohort = Cohort("travel_expenses", 400, (20, 19), (20, 24))
    others: tuple[str, ...] = ("project_costs", "petty_cash")
    net_points: float = -2.75


@dataclass(frozen=True, slots=True)
class FourPlans:
    """One price becomes four small plans: people of the persona who sign up, and whose account pays within the days."""

    at: date = date(2026, 5, 26)
    days: int = 28
    within_days: int = 30
    persona: str = "freelancer"
    signed_up: tuple[int, int] = (1_500, 1_600)
    paid: tuple[int, int] = (45, 72)


@dataclass(frozen=True, slots=True)
class Press:
    """News in the press: people a day who look at the page with it, usually, on the days of the spike, and later."""

    at: date = date(2026, 6, 2)
    days: int = 14
    event: str = "news_viewed"
    usual: int = 1_000
    peak: tuple[int, ...] = (5_000, 3_000, 2_000)
    later: int = 1_150
    excess: int = 7_000


@dataclass(frozen=True, slots=True)
class Moved:
    """The help pages move to another host: visits in as many days before and after, each on one host."""

    at: date = date(2026, 3, 17)
    days: int = 28
    event: str = "help_page_viewed"
    old: str = "tallyfold-help.example"
    new: str = "help.tallyfold.example"
    before: int = 10_000
    after_old: int = 1_000
    after_new: int = 12_000


@dataclass(frozen=True, slots=True)
class Changes:
    """All of them."""

    one_package: OnePackage = OnePackage()
    four_plans: FourPlans = FourPlans()
    press: Press = Press()
    moved: Moved = Moved()


CHANGES = Changes()
