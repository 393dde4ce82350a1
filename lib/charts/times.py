"""How long it takes: a histogram of the time between two steps, and the share that is through by then."""

from typing import Any

import altair as alt
import polars as pl

from lib.charts.tones import Tones
from lib.charts.units import Unit, marks
from lib.words import count, duration, people, percent

HEIGHT = 280
BARS, FEWEST, MOST = 20, 5, 0.9
LEGEND = "Drawn up to the time by which nine in ten are through; what is slower is in the table."
UNITS = (("days", 86_400, 172_800), ("hours", 3_600, 7_200), ("minutes", 60, 120), ("seconds", 1, 0))

TOOLTIP = [
    alt.Tooltip("span:N", title="Took"),
    alt.Tooltip("users:Q", title="People", format=","),
    alt.Tooltip("through:Q", title="Through by then", format=".1%"),
]


def chart(frame: pl.DataFrame, tones: Tones, *, cut: str = "") -> alt.Chart:
    """Bars of the people by how long they took; the slowest tenth is in the table only.

    With `cut`, by which somebody chose the bars, each of the answer's own bins is one, to the slowest.
    """
    bars = folded(frame, cut).filter(~pl.col("rest"))
    word, size = _unit(bars)
    spans = [f"{duration(low)} to {duration(high)}" for low, high in bars.select("from_seconds", "to_seconds").rows()]
    rows = bars.with_columns(
        pl.Series("span", spans, dtype=pl.String()),
        low=pl.col("from_seconds") / size,
        high=pl.col("to_seconds") / size,
        zero=pl.lit(0),
    )
    across = alt.Axis(title=f"{word} since the first of the two steps", grid=False, tickCount=8, titleAnchor="start")
    steps = marks(0, float(max(rows["users"].to_list(), default=0)), whole=True)
    high = alt.Scale(domain=[0, steps[-1]], nice=False)
    mark = alt.Chart(rows, height=HEIGHT).mark_rect(stroke=tones.hairline, strokeWidth=1, color=tones.main)
    return mark.encode(
        alt.X("low:Q", axis=across, scale=alt.Scale(nice=False)),
        alt.X2("high"),
        alt.Y("users:Q", axis=Unit().axis(steps, tones), scale=high),
        alt.Y2("zero"),
        tooltip=TOOLTIP,
    )


def folded(frame: pl.DataFrame, cut: str = "") -> pl.DataFrame:
    """All segments together in at most twenty bars up to the time by which 90 % are through, then the rest in one.

    Bars are whole runs of the answer's own bins, so every figure is exact. With `cut` each bin stays a bar.
    """
    ends = ["from_seconds", "to_seconds"]
    fine = frame.group_by(ends).agg(pl.col("users").sum()).sort("from_seconds")
    total = fine["users"].sum()
    if not total:
        return fine.with_columns(through=pl.lit(None, pl.Float64()), rest=pl.lit(False)).head(0)
    through = fine["users"].cum_sum() / total
    if cut:
        return fine.with_columns(through=through, rest=pl.lit(False))
    most = int((through < MOST).sum()) + 1
    width = _width(fine["users"].head(most))
    bar = pl.int_range(pl.len()) // width
    rows = fine.with_columns(bar=pl.when(bar * width < most).then(bar).otherwise(BARS))
    bars = rows.group_by("bar").agg(pl.col("from_seconds").min(), pl.col("to_seconds").max(), pl.col("users").sum())
    bars = bars.sort("bar").with_columns(through=pl.col("users").cum_sum() / total)
    return bars.select(*ends, "users", "through", rest=pl.col("bar") == BARS)


def _width(users: pl.Series) -> int:
    """How many of the answer's bins make one bar: the fewest that leave no bar empty, as times in whole days would.

    Where no such width keeps at least five bars, there are gaps to be seen, and they are shown.
    """
    finest = -(-users.len() // BARS)
    for bars in range(BARS, FEWEST - 1, -1):
        width = -(-users.len() // bars)
        counted = users.to_frame("n").group_by(pl.int_range(pl.len()) // width).agg(pl.col("n").sum())
        if width >= finest and counted["n"].min() != 0:
            return width
    return finest


def _unit(frame: pl.DataFrame) -> tuple[str, int]:
    """The unit in which the longest time drawn is at least two."""
    longest = float(frame["to_seconds"].max() or 0)  # type: ignore[arg-type]
    return next((name, size) for name, size, least in UNITS if longest >= least)


def title(frame: pl.DataFrame, cut: str = "") -> str:
    """By when half and nearly all are through."""
    rows = folded(frame, cut)
    if not rows.height:
        return "Nobody got through yet"
    half, most = (rows.filter(pl.col("through") >= share).row(0, named=True) for share in (0.5, 0.9))
    return (
        f"{percent(half['through'], 0)} are through within {duration(half['to_seconds'])}, "
        f"{percent(most['through'], 0)} within {duration(most['to_seconds'])}"
    )


def summary(frame: pl.DataFrame, cut: str = "") -> str:
    """Where most of them are, and how long the slowest took."""
    rows = folded(frame, cut)
    if not rows.height:
        return "Nobody got through yet."
    tallest = rows.sort("users", descending=True).row(0, named=True)
    return (
        f"Of {people(int(rows['users'].sum()))} who got through, {count(tallest['users'])} took "
        f"{duration(tallest['from_seconds'])} to {duration(tallest['to_seconds'])}; "
        f"all within {duration(rows['to_seconds'].max())}."  # type: ignore[arg-type]
    )


def example() -> tuple[pl.DataFrame, dict[str, Any]]:
    """Most within the hour, a few after days."""
    users = [900, 620, 340, 210, 160, 120, 90, 70, 60, 50, 45, 40, 36, 30, 28, 24, 20, 18, 15, 12, 80]
    edges = [900.0 * k for k in range(len(users))] + [86_400.0 * 3]
    return pl.DataFrame({"from_seconds": edges[:-1], "to_seconds": edges[1:], "users": users}), {}
