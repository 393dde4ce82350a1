"""Scores over cycles, and scores against how regularly people checked in: two pictures of closed key results."""

from typing import Any

import altair as alt
import polars as pl

from lib.charts.okr_tree import shade
from lib.charts.tones import Drawn, Tones
from lib.words import people

HEIGHT, GOOD = 260, 0.7
LEGEND = (
    "Each dot is a key result, the line the mean of its cycle. From 0.7 on it is reached, from 0.4 on partly, below"
    " missed."
)
WATCHED = "Right: checked in on time. Top: scored 0.7 or more."
TOOLTIP = [
    alt.Tooltip("title:N", title="Key result"),
    alt.Tooltip("cycle:N", title="Cycle"),
    alt.Tooltip("score:Q", title="Score", format=".2f"),
    alt.Tooltip("told:N", title="Checked in on time"),
]


def chart(frame: pl.DataFrame, tones: Tones, *, against: str = "cycle") -> Drawn:
    """Dots of scores from 0 to 1, by cycle or, `against="rhythm"`, by the share of check-ins made in time.

    The frame has cycle, title, score, word (reached, partly, missed), rhythm; cycles in order of time.
    """
    told = [f"{100 * share:.0f} % of the time" if share is not None else "–" for share in frame["rhythm"]]
    rows = frame.with_columns(
        pl.Series("shade", [shade(word, tones) for word in frame["word"]], dtype=pl.String()),
        pl.Series("told", told, dtype=pl.String()),
        mean=pl.col("score").mean().over("cycle"),
    )
    axis = alt.Axis(title="score", values=[0, 0.4, 0.7, 1], format=".1f", gridColor=tones.hairline, titleAnchor="end")
    y = alt.Y("score:Q", axis=axis, scale=alt.Scale(domain=[0, 1]))
    colour = alt.Color("shade:N", scale=None, legend=None)
    if against == "cycle":
        order = rows["cycle"].unique(maintain_order=True).to_list()
        x = alt.X("cycle:N", sort=order, axis=alt.Axis(title=None, labelAngle=0, grid=False))
        line = alt.Chart().mark_line(color=tones.ink, strokeWidth=2).encode(x, alt.Y("mean:Q").title(None))
        dots = alt.Chart().mark_point(filled=True, size=90, opacity=0.85).encode(x, y, colour, tooltip=TOOLTIP)
        return alt.layer(line, dots, data=rows, height=HEIGHT)
    label = "format(100 * datum.value, '.0f') + ' %'"
    below = alt.Axis(
        title="check-ins on time", labelExpr=label, values=[0, 0.35, 0.7, 1], gridColor=tones.hairline,
        titleAnchor="start",
    )  # fmt: skip
    x = alt.X("rhythm:Q", axis=below, scale=alt.Scale(domain=[0, 1]))
    known = alt.Chart().transform_filter("isValid(datum.rhythm)")
    dots = known.mark_point(filled=True, size=90, opacity=0.85).encode(x, y, colour, tooltip=TOOLTIP)
    return alt.layer(dots, data=rows, height=HEIGHT)


def title(frame: pl.DataFrame) -> str:
    """The mean of the newest cycle against the one before."""
    means = frame.group_by("cycle", maintain_order=True).agg(pl.col("score").mean())
    if not means.height:
        return "No cycle is closed yet"
    last = means.row(-1)
    before = f", after {means['score'].item(-2):.2f} before that" if means.height > 1 else ""
    return f"The mean score was {last[1]:.2f} in {last[0]}{before}"


def watched(frame: pl.DataFrame) -> str:
    """How many were scored well, and in how many of the others nobody checked in as agreed."""
    if not frame.height:
        return "No cycle is closed yet"
    low = frame.filter(pl.col("score") < GOOD)
    alone = low.filter(pl.col("rhythm") < GOOD).height
    said = f"{frame.height - low.height} of {people(frame.height, 'key result', 'key results')} scored 0.7 or more"
    return f"{said}; of the other {low.height}, {alone} went unwatched" if low.height else said


def summary(frame: pl.DataFrame) -> str:
    """The mean of each cycle."""
    means = frame.group_by("cycle", maintain_order=True).agg(pl.col("score").mean())
    return "Mean scores: " + "; ".join(f"{cycle} {mean:.2f}" for cycle, mean in means.iter_rows()) + "."


def example() -> tuple[pl.DataFrame, dict[str, Any]]:
    """Two small cycles."""
    rows = [
        ("2025-Q4", "Revenue kept", 0.3, "missed", 0.4),
        ("2025-Q4", "New people", 0.8, "reached", 0.9),
        ("2026-Q1", "Revenue kept", 0.7, "reached", 0.9),
        ("2026-Q1", "New people", 0.5, "partly", None),
    ]
    return pl.DataFrame(rows, schema=["cycle", "title", "score", "word", "rhythm"], orient="row"), {}
