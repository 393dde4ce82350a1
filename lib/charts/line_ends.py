"""Names at the ends of lines, so that nobody has to look up a legend."""

from collections.abc import Mapping, Sequence

import altair as alt

from lib.charts.theme import SMALL

LINE = 17  # pixels from one name to the next
LETTER, LONGEST, NARROW = 7.6, 150, 0.34
MOST_LETTERS = 26  # longer names go into a legend


def fit(names: Sequence[str]) -> bool:
    """True where names are short enough to stand beside their lines."""
    return max((len(name) for name in names), default=0) <= MOST_LETTERS


def room(names: Sequence[str]) -> str:
    """How many pixels to leave free for the names, as an expression: fewer on a narrow screen."""
    if not names or not fit(names):
        return "0"
    needed = min(LONGEST, round(LETTER * max(len(name) for name in names)) + 16)
    return f"min({needed}, width * {NARROW})"


def layer(ends: Mapping[str, float], shades: Mapping[str, str], space: str, top: float, bottom: float) -> alt.Chart:
    """The names right of the plot; `ends` says at which pixel each line ends, `space` what `room` left."""
    places = spread(list(ends.values()), top, bottom)
    rows = [{"name": name, "y": y, "shade": shades[name]} for name, y in zip(ends, places, strict=True)]
    mark = alt.Chart(alt.InlineData(values=rows)).mark_text(
        align="left",
        baseline="middle",
        fontSize=SMALL,
        fontWeight=600,
        x=alt.ExprRef(f"width - {space} + 10"),
        y=alt.ExprRef("datum.y"),
        limit=alt.ExprRef(f"{space} - 10"),
    )
    colour = alt.Color("shade:N", scale=None, legend=None)
    return mark.encode(alt.Text("name:N"), colour, tooltip=alt.Tooltip("name:N", title="Line"))


def spread(wanted: Sequence[float], top: float, bottom: float) -> list[float]:
    """Places at least a line apart, in the same order, as near as can be to those wanted and inside top and bottom.

    >>> spread([100, 104, 300], 0, 320)
    [93.5, 110.5, 300.0]
    """

    def inside(middle: float, size: int) -> float:
        half = LINE * (size - 1) / 2
        return min(max(middle, top + half), bottom - half)

    heaps: list[tuple[float, list[int]]] = []  # names that touch: the middle of the heap, and which they are
    for k in sorted(range(len(wanted)), key=lambda k: (wanted[k], k)):
        middle, members = inside(float(wanted[k]), 1), [k]
        while heaps and middle - heaps[-1][0] < LINE * (len(heaps[-1][1]) + len(members)) / 2:
            before, above = heaps.pop()
            middle = (before * len(above) + middle * len(members)) / (len(above) + len(members))
            members = [*above, *members]
            middle = inside(middle, len(members))
        heaps.append((middle, members))
    places = [0.0] * len(wanted)
    for middle, members in heaps:
        for place, k in enumerate(members):
            places[k] = middle + LINE * (place - (len(members) - 1) / 2)
    return places


def legend(names: Sequence[str]) -> alt.Legend:
    """A legend above the plot, for names too long to stand beside it."""
    across = max(1, min(len(names), 300 // (30 + 7 * max(len(name) for name in names))))
    return alt.Legend(orient="top", title=None, columns=across, labelLimit=280, symbolOpacity=1)
