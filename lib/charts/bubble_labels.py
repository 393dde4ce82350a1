"""Names beside the bubbles of a map, so that nobody has to look up a legend: where there is room for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import pi, sqrt
from typing import Any

import altair as alt

from lib.charts.theme import SMALL
from lib.charts.tones import Tones

WIDE, PHONE = 620, 230  # pixels of a plot: at least so many on a screen, at least so many on a phone
NARROW = 0.4  # how large a bubble of a phone is, to one of a screen
LETTER, LINE, GAP = 7.2, 15, 5
SHORT = 10  # letters of a name cut for want of room


@dataclass(frozen=True)
class Bubble:
    """One bubble: its name and what is said `more` where there is room, its values, and its place.

    `at` is how far along the axis it is (0 to 1), `y` its pixel from above, `size` its area in square pixels.
    """

    name: str
    more: str
    cac: float
    retention: float
    at: float
    y: float
    size: float
    is_best: bool = False


@dataclass(frozen=True)
class Box:
    """A text that is already there: how far along the axis it is anchored, and the pixel of its middle from above."""

    at: float
    y: float
    long: str
    short: str
    align: str


@dataclass(frozen=True)
class _Area:
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "_Area") -> bool:
        """Do the two overlap?"""
        beside = self.right <= other.left or other.right <= self.left
        return not (beside or self.bottom <= other.top or other.bottom <= self.top)


def placed(bubbles: Sequence[Bubble], boxes: Sequence[Box], height: float, head: float) -> list[dict[str, Any]]:
    """For each bubble its name, and where it stands in a wide and in a narrow plot; empty where there is no room.

    Of two that want one place the first gets it. A name stands right of its bubble, else left, above or below it.
    """
    wide = _layout(bubbles, boxes, (WIDE, height, head), full=True)
    narrow = _layout(bubbles, boxes, (PHONE, height, head), full=False)
    return [
        {"cac": bubble.cac, "retention": bubble.retention, "weight": 700 if bubble.is_best else 600}
        | {f"{name}_wide": value for name, value in one.items()}
        | {f"{name}_narrow": value for name, value in other.items()}
        for bubble, one, other in zip(bubbles, wide, narrow, strict=True)
    ]


def _layout(
    bubbles: Sequence[Bubble], boxes: Sequence[Box], plot: tuple[float, float, float], *, full: bool
) -> list[dict[str, Any]]:
    width, height, head = plot
    inside = _Area(0, head - LINE, width, height)
    radii = [sqrt(bubble.size * (1 if full else NARROW) / pi) for bubble in bubbles]
    middles = [(bubble.at * width, bubble.y) for bubble in bubbles]
    rounds = [_Area(x - r, y - r, x + r, y + r) for (x, y), r in zip(middles, radii, strict=True)]
    taken = [_text(box.at * width, box.y, box.long if full else box.short, box.align)
             for box in boxes]  # fmt: skip
    found = []
    for k, bubble in enumerate(bubbles):
        others = [*taken, *rounds[:k], *rounds[k + 1 :]]
        text, choice = "", None
        for text in _texts(bubble, full):
            choice = _choice(text, middles[k], radii[k], inside, others)
            if choice is not None:
                break
        if choice is None:
            found.append({"text": "", "dx": 0, "dy": 0, "align": "left"})
            continue
        area, dx, dy, align = choice
        taken.append(area)
        found.append({"text": text, "dx": dx, "dy": dy, "align": align})
    return found


def _texts(bubble: Bubble, full: bool) -> list[str]:
    """What may stand beside a bubble, the longest first."""
    name = bubble.name
    found = [name + bubble.more, name] if full else [name]
    return [*found, f"{name[: SHORT - 1]}…"] if len(name) > SHORT else found


def _choice(
    text: str, middle: tuple[float, float], radius: float, inside: _Area, others: Sequence[_Area]
) -> tuple[_Area, float, float, str] | None:
    """The first place beside a bubble where its name meets nothing."""
    away = radius + GAP
    level = min(0.0, inside.bottom - LINE / 2 - middle[1])  # beside a bubble at the foot a name stands on the axis
    for dx, dy, align in (
        (away, level, "left"), (-away, level, "right"),
        (0.0, -away - LINE / 2, "center"), (0.0, away + LINE / 2, "center"), (away * 0.7, -away, "left"),
        (-away * 0.7, -away, "right"), (away * 0.7, away, "left"), (-away * 0.7, away, "right"),
    ):  # fmt: skip
        area = _text(middle[0] + dx, middle[1] + dy, text, align)
        fits = area.left >= inside.left and area.right <= inside.right
        if fits and area.top >= inside.top and area.bottom <= inside.bottom and not any(map(area.meets, others)):
            return area, dx, dy, align
    return None


def _text(x: float, y: float, text: str, align: str) -> _Area:
    long = LETTER * len(text)
    left = x if align == "left" else x - long if align == "right" else x - long / 2
    return _Area(left, y - LINE / 2, left + long, y + LINE / 2)


def layer(labels: Sequence[dict[str, Any]], tones: Tones) -> alt.Chart:
    """The names, as `placed` puts them."""

    def either(name: str) -> Any:
        return alt.ExprRef(f"width < {WIDE} ? datum.{name}_narrow : datum.{name}_wide")

    mark = alt.Chart(alt.InlineData(values=list(labels))).mark_text(
        text=either("text"), dx=either("dx"), dy=either("dy"), align=either("align"), baseline="middle",
        fontSize=SMALL, fontWeight=alt.ExprRef("datum.weight"), color=tones.ink,
    )  # fmt: skip
    return mark.encode(alt.X("cac:Q"), alt.Y("retention:Q"))
