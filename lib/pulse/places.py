"""Growth on both sides by country: people and businesses of each, month by month, against a year before."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from lib.answers.segments import OTHER
from lib.catalog import METRICS
from lib.errors import GrowthOpsError
from lib.pulse import tiles
from lib.pulse.growing import BY_PLACE
from lib.pulse.tiles import Around, Ask
from lib.questions import parse
from lib.store.boards import Tile

SIDES = ("users_total", "accounts_total")
MONTHS, MOST = 24, 12


@dataclass(frozen=True)
class Course:
    """One side of a country: its last months, the last one that is over at the end, and how it grew in a year.

    `multiple` is empty where there was nothing a year before; then `is_new` says so.
    """

    metric: str
    title: str
    now: float
    text: str
    values: tuple[float, ...]
    multiple: float | None
    is_new: bool

    @property
    def said(self) -> str:
        """`People registered 4,120, ×5.0 in a year`."""
        if self.is_new:
            return f"{self.title} {self.text}, none a year before"
        return f"{self.title} {self.text}" + (f", ×{self.multiple:.1f} in a year" if self.multiple else "")


@dataclass(frozen=True)
class Place:
    """A country with the sides that are known of it."""

    country: str
    sides: tuple[Course, ...]


def read(ask: Ask, around: Around) -> tuple[Place, ...]:
    """The largest countries, by people first; at most twelve. A side that cannot be asked is left out."""
    found: dict[str, list[Course]] = {}
    for name in SIDES:
        try:
            rows = _months(name, ask, around)
        except GrowthOpsError:
            continue
        for country, course in _courses(name, rows, around).items():
            found.setdefault(country, []).append(course)
    order = sorted(found, key=lambda country: (*_sizes(found[country]), country))
    return tuple(Place(country, tuple(found[country])) for country in order[:MOST])


def _sizes(sides: list[Course]) -> tuple[float, ...]:
    known = {one.metric: one.now for one in sides}
    return tuple(-known.get(name, 0.0) for name in SIDES)


def _months(name: str, ask: Ask, around: Around) -> Mapping[date, Mapping[str, float]]:
    """The values of every country at the end of each month that is over."""
    asked = tiles.question(Tile(metric=name), "month", around).model_dump(mode="json", by_alias=True)
    table = ask(parse({**asked, "by": {"field": BY_PLACE[name], "top": 1000}})).tables["metric"]
    months: dict[date, dict[str, float]] = {}
    for bucket, segment, value in table.select("bucket", "segment", "value").sort("bucket").rows():
        if tiles.following(bucket, "month") <= around.end and segment != OTHER:
            months.setdefault(bucket, {})[segment] = float(value or 0)
    return months


def _courses(name: str, months: Mapping[date, Mapping[str, float]], around: Around) -> dict[str, Course]:
    if not months:
        return {}
    shown, last = list(months)[-MONTHS:], max(months)
    before = last.replace(year=last.year - 1)
    was_there = before in months
    found: dict[str, Course] = {}
    for country, now in months[last].items():
        if not now:
            continue
        then = months[before].get(country, 0.0) if was_there else 0.0
        values = tuple(months[bucket].get(country, 0.0) for bucket in shown)
        text = METRICS[name].said(now, around.currency)
        multiple = now / then if then else None
        found[country] = Course(name, METRICS[name].title, now, text, values, multiple, was_there and not then)
    return found
