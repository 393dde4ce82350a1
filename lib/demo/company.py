"""Who the demo company is: its settings, its places, its releases, its partners and its diary.

Tallyfold is invented. It turns receipts into project accounts: a free app for people on their own,
a web workspace for teams, contracts for large companies.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

SETTINGS: dict[str, Any] = {
    "company": {"name": "Tallyfold", "currency": "USD", "timezone": "Europe/Berlin", "week_start": "monday"},
    "onboarding": {
        "steps": ["app_installed", "app_opened", "register_started", "register_done", "home_viewed"],
        "window": {"value": 7, "unit": "day"},
        "activation_event": "project_data_sent",
    },
    # Pages with advertisements of others carry values too: what they earn is no purchase.
    "channels": {"purchase": "upgrade_done"},
}
"""What `growthops.toml` of the demo workspace says, sources apart."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """One dated fact about the company."""

    date: date
    title: str
    kind: str


ANNOTATIONS: tuple[Annotation, ...] = (
    Annotation(date(2025, 9, 9), "App 5.2: scan several receipts at once", "launch"),
    Annotation(date(2025, 11, 4), "Three enterprise customers leave after the export rewrite", "incident"),
    Annotation(date(2026, 1, 5), "Capture and Insights are sold apart", "pricing"),
    Annotation(date(2026, 2, 3), "Customer success team for enterprise starts", "team"),
    Annotation(date(2026, 2, 24), "App 5.4: shorter register form", "product"),
    Annotation(date(2026, 3, 17), "The help pages move to help.tallyfold.example", "site"),
    Annotation(date(2026, 3, 31), "Sponsored podcast season ends", "campaign"),
    Annotation(date(2026, 5, 4), "Spring campaign with twenty creators and paid social", "campaign"),
    Annotation(date(2026, 5, 26), "One price becomes four small plans", "pricing"),
    Annotation(date(2026, 6, 2), "Series A in the press", "funding"),
    Annotation(date(2026, 6, 15), "Insights is 10 % cheaper for returning customers", "pricing"),
    Annotation(date(2026, 7, 28), "One package again, in two waves", "pricing"),
    Annotation(date(2026, 8, 25), "App 6.0 in the stores", "product"),
    Annotation(date(2026, 9, 2), "Launch day of app 6: shared receipts", "launch"),
    Annotation(date(2026, 9, 4), "App 6.1 rolled out to a quarter of new phones", "product"),
    Annotation(date(2026, 9, 29), "App 6.2: e-mail field visible again on small screens", "product"),
    Annotation(date(2026, 11, 17), "Starter and Team get new prices", "pricing"),
)

RELEASES: tuple[tuple[str, date], ...] = (
    ("5.0", date(2024, 1, 15)),
    ("5.1", date(2025, 6, 17)),
    ("5.2", date(2025, 9, 9)),
    ("5.3", date(2025, 12, 2)),
    ("5.4", date(2026, 2, 24)),
    ("6.0", date(2026, 8, 25)),
    ("6.1", date(2026, 9, 4)),
    ("6.2", date(2026, 9, 29)),
)


@dataclass(frozen=True, slots=True)
class Country:
    """A country: its region, how many of a hundred people live there, and its clock against Berlin's."""

    code: str
    region: str
    share: int
    hours_ahead: int


COUNTRIES: tuple[Country, ...] = (
    Country("DE", "EMEA", 27, 0),
    Country("US", "NA", 17, -6),
    Country("GB", "EMEA", 12, -1),
    Country("FR", "EMEA", 9, 0),
    Country("NL", "EMEA", 7, 0),
    Country("ES", "EMEA", 6, 0),
    Country("AT", "EMEA", 6, 0),
    Country("CH", "EMEA", 5, 0),
    Country("PL", "EMEA", 4, 0),
    Country("BR", "LATAM", 4, -5),
    Country("AU", "APAC", 3, 8),
)

AGE_BANDS: tuple[str, ...] = ("18-24", "25-34", "35-44", "45-54", "55+")

CHANNELS: tuple[str, ...] = (
    "influencer", "paid_social", "paid_search", "app_store_search", "app_store_ads",
    "organic_search", "referral", "content", "events",
)  # fmt: skip

# In the order of `TRUTHS.partners.people_kept`.
PARTNERS: tuple[str, ...] = (
    "mia_adds_it_up", "ledger_lena", "kofi_keeps_receipts", "tax_tilda", "studio_on_a_budget", "oskar_invoices",
    "the_neat_nomad", "paper_pia", "rent_and_ramen", "side_gig_sven", "nora_nets_out", "budget_bruno",
    "cash_and_clay", "petty_cash_paul", "van_life_vat", "frida_files", "thesis_and_thrift", "two_euro_tom",
    "quiet_quarterly", "lunch_line_lou",
)  # fmt: skip

PROMO_CODES: tuple[str, ...] = tuple(f"{partner.replace('_', '')[:6].upper()}10" for partner in PARTNERS)

_STEMS = (
    "Alder", "Birkholm", "Cindra", "Dornfeld", "Elmar", "Fennick", "Gansum", "Hollin", "Ibera", "Juvento", "Kestra",
    "Lindqua", "Marlow", "Nordhag", "Osterby", "Pellaro", "Quenby", "Rosvik", "Sandrel", "Tirnau", "Ulmeda",
    "Vantor", "Wexley", "Yarrow", "Zellin",
)  # fmt: skip
_TRADES = (
    "Works", "Studio", "Logistics", "Bakery", "Partners", "Homes", "Energy", "Clinics", "Media", "Garden", "Textiles",
    "Robotics", "Foods", "Architects", "Travel", "Tools",
)  # fmt: skip
_FORMS = ("", " Group", " North", " & Co", " Labs", " South", " One", " Union", " Collective", " West", " East")


def company_name(number: int) -> str:
    """A company name for a number; the first 4,400 are different from each other.

    >>> company_name(0), company_name(1)
    ('Alder Works', 'Birkholm Studio')
    """
    stem, rest = number % len(_STEMS), number // len(_STEMS)
    # The trade moves along with the stem, so that neighbours in a list do not all bake bread.
    trade = (stem + rest) % len(_TRADES)
    form = rest // len(_TRADES)
    suffix = _FORMS[form] if form < len(_FORMS) else f" {form - len(_FORMS) + 2}"
    return f"{_STEMS[stem]} {_TRADES[trade]}{suffix}"


def company_domain(number: int) -> str:
    """The web domain of the company of that number.

    >>> company_domain(1)
    'birkholm-studio.example'
    """
    return company_name(number).lower().replace(" & ", "-").replace(" ", "-") + ".example"
