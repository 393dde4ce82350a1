"""The funnel: one bar per step, what was lost between them, the largest loss marked."""

from collections.abc import Callable, Sequence
from typing import Any

import altair as alt
import polars as pl

from lib.charts.picking import POINTS, keys
from lib.charts.tones import FEW, Drawn, Tones
from lib.words import count, duration, listing, people, percent

ROW, TEXT_AT, BAR_AT, BAR = 60, 10, 21, 26
FIGURES = 132  # pixels kept free right of the widest bar, for "1,000,000 · 100.0 %"
LEGEND = "Solid: people at the step. Half-tone: still in time for it. Pale: lost since the step before, most in amber."

TOOLTIP = [
    alt.Tooltip("label:N", title="Step"),
    alt.Tooltip("users:Q", title="People", format=","),
    alt.Tooltip("of_start:Q", title="Of the first step", format=".2%"),
    alt.Tooltip("of_previous:Q", title="Of the step before", format=".2%"),
    alt.Tooltip("interval:N", title="95 % interval"),
    alt.Tooltip("lost:Q", title="Fewer than the step before", format=","),
    alt.Tooltip("open:Q", title="Of them still in time", format=","),
    alt.Tooltip("took:N", title="Median time since the step before"),
]


def chart(frame: pl.DataFrame, tones: Tones) -> Drawn:
    """A bar for the people at each step; behind it those lost since the step before, and those still in time."""
    rows = _rows(frame, tones)
    height = ROW * (rows.height - 1) + BAR_AT + BAR
    across = scale_beside(max(1, _most(rows)), FIGURES)
    down = alt.Scale(domain=[height, 0], nice=False, zero=False)

    def x(column: str) -> alt.X:
        return alt.X(f"{column}:Q", axis=None, scale=across)

    def y(column: str) -> alt.Y:
        return alt.Y(f"{column}:Q", axis=None, scale=down)

    def bar(start: str, end: str, shade: str) -> alt.Chart:
        rect = _base().mark_rect(cornerRadius=2)
        return rect.encode(x(start), alt.X2(end), y("top"), alt.Y2("bottom"), _colour(shade), tooltip=TOOLTIP)

    def text(column: str, at: Any, line: str, **style: Any) -> alt.Chart:
        mark = _base().mark_text(baseline="middle", **style)
        return mark.encode(at, y(line), alt.Text(f"{column}:N"), _colour(f"{column}_shade"))

    right = alt.XValue("width")
    return alt.layer(
        bar("users", "before", "lost_shade"),
        bar("users", "may", "may_shade"),
        bar("zero", "users", "shade"),
        text("name", alt.XValue(0), "line", align="left", fontSize=14, limit=230),
        text("loss", right, "line", align="right", fontSize=13),
        text("figure", right, "middle", align="right", fontSize=14, fontWeight=600),
        _whole(y),
        data=rows,
        height=height,
    )


def scale_beside(most: float, pixels: int) -> alt.Scale:
    """From zero to `most`, leaving some pixels free on the right whatever the width of the screen."""
    return alt.Scale(domainMin=0, domainMax=alt.ExprRef(f"{most} * width / max(80, width - {pixels})"), nice=False)


def _whole(y: Callable[[str], alt.Y]) -> alt.Chart:
    """The row of a step from edge to edge: what is pointed at and clicked."""
    rect = _base().mark_rect(color="transparent", x=0, x2=alt.ExprRef("width"))
    return rect.encode(y("above"), alt.Y2("bottom"), tooltip=TOOLTIP).properties(name=POINTS)


def _base() -> alt.Chart:
    return alt.Chart()


def _colour(column: str) -> alt.Color:
    return alt.Color(f"{column}:N", scale=None, legend=None)


def _most(rows: pl.DataFrame) -> int:
    return int(rows["users"].max() or 0)  # type: ignore[arg-type]


def _rows(frame: pl.DataFrame, tones: Tones) -> pl.DataFrame:
    """What is drawn: places in pixels, words, and colours."""
    worst = worst_step(frame)
    drawn = []
    for row in frame.sort("step").iter_rows(named=True):
        step, users, lost, still = row["step"], row["users"], row["lost"], row["open"] or 0
        top = ROW * (step - 1) + BAR_AT
        before = users + max(0, lost)
        bad = step == worst
        drawn.append(
            row
            | {
                "zero": 0,
                "before": before,
                "may": min(before, users + still),
                "above": top - BAR_AT,
                "line": top - BAR_AT + TEXT_AT,
                "top": top,
                "bottom": top + BAR,
                "middle": top + BAR // 2,
                "name": f"{step}. {row['label']}",
                "figure": count(users) + (f" · {percent(row['of_previous'])}" if step > 1 else ""),
                "loss": _loss(row),
                "interval": _interval(row),
                "took": duration(row["median_seconds"]),
                "shade": tones.grey if users + max(0, lost) < FEW else tones.main,
                "may_shade": tones.waiting,
                "lost_shade": tones.worst if bad else tones.lost,
                "loss_shade": tones.warn if bad else tones.muted,
                "name_shade": tones.ink,
                "figure_shade": tones.ink,
            }
        )
    found = pl.DataFrame(drawn, infer_schema_length=None)
    return found.with_columns(keys(found, ["step"]))


def _loss(row: dict[str, Any]) -> str:
    if row["step"] == 1 or row["of_previous"] is None or row["lost"] == 0:
        return ""
    return f"−{count(row['lost'])} · {percent(1 - row['of_previous'])}"


def _interval(row: dict[str, Any]) -> str:
    low, high = row["of_previous_low"], row["of_previous_high"]
    return "–" if low is None else f"{percent(low)} to {percent(high)}"


def worst_step(frame: pl.DataFrame) -> int | None:
    """The step with the largest loss in people before it; none where nobody was lost.

    Who is still in time is not lost yet.
    """
    gone = (pl.col("lost") - pl.col("open").fill_null(0)).alias("gone")
    lossy = frame.with_columns(gone).filter(pl.col("gone") > 0)
    lossy = lossy.sort(["gone", "lost", "step"], descending=[True, True, False])
    return lossy["step"].item(0) if lossy.height else None


def title(frame: pl.DataFrame) -> str:
    """What the picture shows, in a sentence: of few people counts, of a single passage how many make it."""
    worst = worst_step(frame)
    later = frame.filter(pl.col("step") > 1)
    total = later["lost"].sum()
    if worst is None or not total:
        waits = int(later["open"].sum())
        return f"Nobody is lost so far, {count(waits)} are still in time" if waits else "Nobody is lost on the way"
    row = frame.row(by_predicate=pl.col("step") == worst, named=True)
    before = row["users"] + row["lost"]
    if before < FEW:
        return f"{count(row['users'])} of {count(before)} went on to “{row['label']}”"
    if later.height == 1:
        return f"{percent(row['of_previous'])} go on to “{row['label']}”"
    return f"{percent(row['lost'] / total, 0)} of all losses come just before “{row['label']}”"


def summary(frame: pl.DataFrame) -> str:
    """The whole chart in one sentence, for those who cannot see it."""
    rows = frame.sort("step").rows(named=True)
    if not rows or not rows[0]["users"]:
        return "A funnel without anybody in it."
    steps = [f"{count(row['users'])} {row['label']} ({percent(row['of_start'])})" for row in rows[1:]]
    return f"Of {people(rows[0]['users'])} who did {rows[0]['label']}: {listing(steps)}."


def made_up(users: Sequence[int], still: int = 0) -> pl.DataFrame:
    """A small funnel of these people for examples; at the last step some are `still` in time."""
    names = ("Installed", "Opened", "Started to register", "Registered", "Saw home")
    rows = []
    for k, now in enumerate(users):
        before = users[k - 1] if k else now
        of_previous = now / before if k else None
        rows.append(
            {
                "segment": "All", "step": k + 1, "label": names[k], "users": now, "lost": before - now,
                "of_start": now / users[0], "of_previous": of_previous, "open": still if k == len(users) - 1 else 0,
                "of_previous_low": None if of_previous is None else of_previous - 0.01,
                "of_previous_high": None if of_previous is None else of_previous + 0.01,
                "median_seconds": 1800.0 * k if k else None,
            }
        )  # fmt: skip
    return pl.DataFrame(rows, infer_schema_length=None)


def example() -> tuple[pl.DataFrame, dict[str, Any]]:
    """Five steps of a sign-up."""
    return made_up([23026, 18820, 13447, 12122, 10905], still=700), {}
