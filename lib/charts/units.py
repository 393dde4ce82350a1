"""Values of a measure in words, and the marks of an axis that shows them."""

from dataclasses import dataclass
from math import floor, log10

import altair as alt

from lib.charts.tones import Tones
from lib.words import duration, percent, short_money

SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}
FIGURE, BESIDE = 8, 8  # pixels of a figure of an axis, and between it and the plot
TIMES = (("days", 86_400), ("hr", 3_600), ("min", 60), ("sec", 1))
SHORT = "replace(format(datum.value / {size}, abs(datum.value) < 1000 ? ',~r' : '~s'), 'G', 'B')"


@dataclass(frozen=True)
class Unit:
    """How a value is written: `count` (any plain number), `percent` (a share of 1), `seconds` or `money`.

    Money is in major units of `currency`.
    """

    kind: str = "count"
    currency: str = "USD"

    def text(self, value: float | None) -> str:
        """A value in full; an en dash where there is none.

        >>> Unit().text(12345), Unit().text(1.25), Unit("percent").text(0.5), Unit("money", "EUR").text(1234.5)
        ('12,345', '1.25', '50.0 %', '€1,234.50')
        """
        if value is None:
            return "–"
        if self.kind == "percent":
            return percent(value)
        if self.kind == "seconds":
            return duration(value)
        if self.kind == "money":
            amount = f"{abs(value):,.0f}" if value == round(value) else f"{abs(value):,.2f}"
            return f"{'−' if value < 0 else ''}{self.symbol}{amount}"
        return f"{value:,.0f}" if value == round(value) or abs(value) >= 1000 else f"{value:,.3g}"

    @property
    def symbol(self) -> str:
        """The currency's mark, or its code where it has none of its own."""
        return SYMBOLS.get(self.currency, f"{self.currency} ")

    def axis(self, marks: list[float], tones: Tones) -> alt.Axis:
        """An axis with these marks, in few characters."""
        if self.kind == "percent":
            label = f"format(100 * datum.value, '.{0 if _even(marks) else 1}f') + ' %'"
        elif self.kind == "seconds":
            mark, size = next((one for one in TIMES if max(marks) >= 2 * one[1]), TIMES[-1])
            one = "day" if mark == "days" else mark
            label = f"format(datum.value / {size}, ',~r') + (datum.value == {size} ? ' {one}' : ' {mark}')"
        elif self.kind == "money":
            label = f"(datum.value < 0 ? '−' : '') + '{self.symbol}' + " + SHORT.format(size=1).replace(
                "format(datum.value", "format(abs(datum.value)"
            )
        else:
            label = SHORT.format(size=1)
        return alt.Axis(
            title=None, values=marks, labelExpr=label, gridColor=tones.hairline, labelFlush=False,
            minExtent=self._room(marks),
        )  # fmt: skip

    def _room(self, marks: list[float]) -> int:
        """Pixels for the longest label: measured before the font has come, labels would take too little and be cut."""
        if self.kind == "percent":
            said = [percent(mark, 0 if _even(marks) else 1) for mark in marks]
        elif self.kind == "seconds":
            return 0
        else:
            said = [short_money(mark, self.currency if self.kind == "money" else "USD") for mark in marks]
            said = said if self.kind == "money" else [text.replace("$", "") for text in said]
        return BESIDE + FIGURE * max(map(len, said), default=0)


def _even(marks: list[float]) -> bool:
    """True where whole percents tell the marks apart."""
    return all(abs(100 * mark - round(100 * mark)) < 1e-9 for mark in marks)


def marks(low: float, high: float, kind: str = "count", *, whole: bool = False, most: int = 5) -> list[float]:
    """Round numbers from at or below `low` to at or above `high`; with `whole` nothing between whole numbers.

    Lengths of time go in the steps of minutes, hours and days that people use.

    >>> marks(0, 0.52, "percent"), marks(0, 7), marks(0, 2, whole=True)
    ([0.0, 0.2, 0.4, 0.6], [0.0, 2.0, 4.0, 6.0, 8.0], [0.0, 1.0, 2.0])
    """
    high = high if high > low else low + 1
    step = max(_step((high - low) / (most - 1), kind), 1 if whole else 0)
    first, last = floor(low / step + 1e-9), -floor(-high / step + 1e-9)
    return [float(round(k * step, 12)) for k in range(first, max(last, first + 1) + 1)]


def _step(least: float, kind: str) -> float:
    """The smallest step in use that is no smaller than `least`."""
    if kind == "seconds" and least > 1:
        days = (1, 2, 5, 7, 14, 30, 60, 90, 180, 365, 730, 3650)
        steps = (2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21_600, 43_200, *(86_400 * many for many in days))
        return next((step for step in steps if step >= least), least)
    size = 10 ** floor(log10(least))
    return next(part * size for part in (1, 2, 2.5, 5, 10) if part * size >= least * (1 - 1e-9))
