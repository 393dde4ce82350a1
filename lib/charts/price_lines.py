"""Lines along which a person kept costs the same, each with its price: the scale on which a map of channels is read."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import log, log10
from typing import Any

import altair as alt
import polars as pl

from lib.charts.bubble_labels import WIDE, Box
from lib.charts.theme import SMALL
from lib.charts.tones import Tones
from lib.words import money

HEIGHT, HEAD = 400, 46  # the head is above the plot: what the axis is, and the prices of the lines
MOST, BENDS = 5, 40


def is_apart(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Does the interval of the price of the one lie wholly below that of the other?"""
    high, low = one["cost_per_kept_high"], other["cost_per_kept_low"]
    return high is not None and low is not None and high < low


@dataclass(frozen=True)
class Axes:
    """From where to where the axis of cost goes, how high the other one, and whether cost is on a log scale."""

    left: float
    right: float
    top: float
    is_log: bool

    def along(self, cost: float) -> float:
        """How far along the axis a cost is, from 0 to 1."""
        if self.is_log:
            return log(cost / self.left) / log(self.right / self.left)
        return (cost - self.left) / (self.right - self.left)

    def pixel(self, share: float) -> float:
        """At which pixel from above a share kept is."""
        return HEIGHT - (HEIGHT - HEAD) * min(share, self.top) / self.top


@dataclass(frozen=True)
class Lines:
    """Points of the lines, their prices, and where these stand as boxes to keep free."""

    bends: list[dict[str, Any]]
    said: list[dict[str, Any]]
    boxes: list[Box]


def prices(costs: pl.Series) -> list[float]:
    """Round prices from the lowest to the highest cost per person kept, a few of them.

    >>> prices(pl.Series([7.7, 29.0]))
    [5.0, 10.0, 20.0, 50.0]
    """
    known = [price for price in costs.drop_nulls() if price > 0]
    if not known:
        return []
    low, high = min(known), max(known)
    places = range(int(log10(low)) - 2, int(log10(high)) + 3)
    steps = [float(f"{part}e{k}") for k in places for part in (1, 2, 5)]
    first = max(k for k, step in enumerate(steps) if step <= low)
    last = min(k for k, step in enumerate(steps) if step >= high)
    within = steps[first : last + 1]
    return within[:: -(-len(within) // MOST)]


def lines(costs: pl.Series, axes: Axes, currency: str) -> Lines:
    """The lines between the lowest and the highest cost per person kept, as far as they are inside the plot."""
    bends: list[dict[str, Any]] = []
    said: list[dict[str, Any]] = []
    for price in prices(costs):
        end = min(axes.right, price * axes.top)
        if end <= axes.left:
            continue
        parts = [k / BENDS for k in range(BENDS + 1)]
        along = [
            axes.left * (end / axes.left) ** k if axes.is_log else axes.left + (end - axes.left) * k for k in parts
        ]
        bends += [{"price": price, "cac": cost, "retention": cost / price, "turn": k} for k, cost in enumerate(along)]
        said.append(_price(price, end, axes, currency))
    boxes = [Box(one["at"], one["y"] + one["lift"], one["long"], one["short"], one["turn"]) for one in said]
    return Lines(bends, said, boxes)


def _price(price: float, end: float, axes: Axes, currency: str) -> dict[str, Any]:
    """The price at the end of its line: above it; under it at the right edge, where bubbles are rare."""
    text, at, y = money(price, currency).removesuffix(".00"), axes.along(end), axes.pixel(end / price)
    edge = end >= axes.right
    return {
        "cac": end, "retention": end / price, "short": text, "long": f"{text} per person kept", "at": at, "y": y,
        "turn": "left" if at < 0.1 else "right" if at > 0.9 else "center",  # so that it stays inside the plot
        "lift": 14 if edge and y < HEIGHT - 30 else -8,
    }  # fmt: skip


def layers(drawn: Lines, tones: Tones) -> list[alt.Chart]:
    """The lines and their prices."""
    if not drawn.bends:
        return []
    place = alt.X("cac:Q"), alt.Y("retention:Q")
    line = alt.Chart(alt.InlineData(values=drawn.bends)).mark_line(color=tones.grey, strokeWidth=1, opacity=0.55)
    text: Any = alt.ExprRef(f"width < {WIDE} ? datum.short : datum.long")
    words = alt.Chart(alt.InlineData(values=drawn.said)).mark_text(
        text=text, align=alt.ExprRef("datum.turn"), dy=alt.ExprRef("datum.lift"), color=tones.muted, fontSize=SMALL - 1
    )
    return [line.encode(*place, alt.Order("turn:Q"), alt.Detail("price:N")), words.encode(*place)]
