"""How long it takes: a histogram of the time between two steps, and the share that is through by then."""

import altair as alt
import polars as pl

from lib.charts.tones import Tones
from lib.words import count, duration, people, percent

HEIGHT = 260
UNITS = (("days", 86_400, 172_800), ("hours", 3_600, 7_200), ("minutes", 60, 120), ("seconds", 1, 0))


def unit(frame: pl.DataFrame) -> tuple[str, int]:
    """The unit in which the longest time is at least two."""
    longest = float(frame["to_seconds"].max() or 0)  # type: ignore[arg-type]
    return next((name, size) for name, size, least in UNITS if longest >= least)


def chart(frame: pl.DataFrame, tones: Tones) -> alt.Chart:
    """Bars of the people by how long they took."""
    word, size = unit(frame)
    rows = _whole(frame).with_columns(
        low=pl.col("from_seconds") / size,
        high=pl.col("to_seconds") / size,
        zero=pl.lit(0),
        span=pl.Series(
            [f"{duration(a)} to {duration(b)}" for a, b in frame_pairs(_whole(frame))], dtype=pl.String()
        ),
    )
    return alt.Chart(rows, height=HEIGHT).mark_rect(stroke=tones.hairline, strokeWidth=1).encode(
        alt.X("low:Q", axis=alt.Axis(title=f"{word} since the first of the two steps", grid=False, tickCount=10)),
        alt.X2("high"),
        alt.Y("users:Q", axis=alt.Axis(title=None, format="~s", gridColor=tones.hairline, tickCount=5)),
        alt.Y2("zero"),
        alt.Tooltip("span:N", title="Took"),
        alt.Tooltip("users:Q", title="People", format=","),
        alt.Tooltip("through:Q", title="Through by then", format=".1%"),
    )  # fmt: skip


def frame_pairs(frame: pl.DataFrame) -> list[tuple[float, float]]:
    """Both ends of every bar, in seconds."""
    return frame.select("from_seconds", "to_seconds").rows()


def _whole(frame: pl.DataFrame) -> pl.DataFrame:
    """All segments together, with the share that took no longer."""
    both = frame.group_by("from_seconds", "to_seconds").agg(pl.col("users").sum()).sort("from_seconds")
    return both.with_columns(through=pl.col("users").cum_sum() / pl.col("users").sum())


def title(frame: pl.DataFrame) -> str:
    """By when most are through."""
    rows = _whole(frame)
    if not rows.height or not rows["users"].sum():
        return "Nobody got through yet"
    row = rows.filter(pl.col("through") >= 0.5).row(0, named=True)
    return f"{percent(row['through'], 0)} of those who get through do so within {duration(row['to_seconds'])}"


def summary(frame: pl.DataFrame) -> str:
    """Where most of them are, and how long the slowest took."""
    rows = _whole(frame)
    if not rows.height or not rows["users"].sum():
        return "Nobody got through yet."
    tallest = rows.sort("users", descending=True).row(0, named=True)
    return (
        f"Of {people(rows['users'].sum())} who got through, {count(tallest['users'])} took "
        f"{duration(tallest['from_seconds'])} to {duration(tallest['to_seconds'])}; "
        f"all within {duration(rows['to_seconds'].max())}."  # type: ignore[arg-type]
    )
