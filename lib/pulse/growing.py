"""Growth on both sides: customers and their money, people and businesses, against a year and two years before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from lib.catalog import METRICS
from lib.errors import GrowthOpsError
from lib.pulse import tiles
from lib.pulse.pace import Growth
from lib.pulse.tiles import Around, Ask
from lib.questions import parse
from lib.store.boards import Tile
from lib.words import minus, percent

MANIFOLD = 9.0
"""From a growth of so many times what there was on, a multiple says more than percent do."""
SIDES = ("arr", "customers", "users_total", "accounts_total")
BY_PLACE = {"users_total": "user.country", "accounts_total": "account.country", "customers": "account.country"}


@dataclass(frozen=True)
class Grown:
    """How a metric grew in a year and in two, up to its last complete month; and how much of it is in new countries.

    `elsewhere` is the share, now, of the countries in which there was nothing a year before; None where it is not
    known.
    """

    metric: str
    title: str
    bucket: date
    now: float
    text: str
    a_year: Growth | None
    two_years: Growth | None
    elsewhere: float | None

    @property
    def said(self) -> str:
        """`×4.0 in a year, ×2.5 in two (58.1 % a year on average), 18.0 % of it in new countries`."""
        parts = []
        if self.a_year is not None and self.a_year.multiple is not None:
            parts.append(f"×{self.a_year.multiple:.1f} in a year")
        if self.two_years is not None and self.two_years.change is not None:
            rate, change = self.two_years.a_year, self.two_years.change
            more = "" if rate is None else f" ({minus(percent(rate))} a year on average)"
            is_far = change >= MANIFOLD
            parts.append(f"×{1 + change:,.0f} in two" if is_far else f"×{1 + change:.1f} in two{more}")
        if self.elsewhere:
            parts.append(f"{percent(self.elsewhere)} of it in new countries")
        return ", ".join(parts)


def heading(found: Sequence[Grown]) -> str:
    """`Growth to the end of September 2026`: the last month that is over."""
    return f"Growth to the end of {max(one.bucket for one in found):%B %Y}" if found else "Growth"


def read(ask: Ask, around: Around) -> tuple[Grown, ...]:
    """Each side that has anything; those that cannot be asked, such as revenue of people in a cohort, are left out."""
    found = []
    for name in SIDES:
        try:
            one = _grown(name, ask, around)
        except GrowthOpsError:
            continue
        if one is not None:
            found.append(one)
    return tuple(found)


def _grown(name: str, ask: Ask, around: Around) -> Grown | None:
    question = tiles.question(Tile(metric=name), "month", around)
    rows = tiles.complete(ask(question), "month", around)
    if not rows or not rows[-1]["value"]:
        return None
    known = {row["bucket"]: row["value"] for row in rows}
    last, now = rows[-1]["bucket"], float(rows[-1]["value"])

    def since(years: int) -> Growth | None:
        then = known.get(last.replace(year=last.year - years))
        return Growth(float(then), now, years) if then else None

    text = METRICS[name].said(now, around.currency)
    return Grown(name, METRICS[name].title, last, now, text, since(1), since(2), _elsewhere(name, last, ask, around))


def _elsewhere(name: str, last: date, ask: Ask, around: Around) -> float | None:
    """The share of countries where there was nothing a year before; None where there was nothing anywhere."""
    if name not in BY_PLACE:
        return None
    asked = tiles.question(Tile(metric=name), "month", around).model_dump(mode="json", by_alias=True)
    table = ask(parse({**asked, "by": {"field": BY_PLACE[name], "top": 1000}})).tables["metric"]
    before = last.replace(year=last.year - 1)
    then, now = (dict(table.filter(table["bucket"] == day).select("segment", "value").rows()) for day in (before, last))
    whole = sum(value or 0 for value in now.values())
    if not whole or not any(then.values()):
        return None
    return sum(value or 0 for place, value in now.items() if not then.get(place)) / whole
