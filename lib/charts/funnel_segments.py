"""The funnel broken down: in each step one small bar per segment, as a share of that segment's own start."""

from typing import Any

import altair as alt
import polars as pl

from lib.charts.colours import emphasised
from lib.charts.funnel import TOOLTIP, made_up, scale_beside, worst_step
from lib.charts.tones import FEW, Drawn, Tones
from lib.words import count, listing, percent

LINE, BAR_AT, BAR, GAP = 17, 24, 12, 18
LONGEST = 22  # letters of a segment's name beside its bar
LETTER, FIGURE = 7, 62  # pixels of a letter, and of "100.0 %" with the space around it
LEGEND = (
    "Bars are shares of each segment's own first step, whose people are counted in the first block. On the right, the"
    " share of the step before that was lost; in colour where a segment loses most people."
)


def chart(frame: pl.DataFrame, tones: Tones, *, by: str = "") -> Drawn:
    """Bars side by side, each with its name and what it lost; a segment of fewer than thirty people is faint.

    `by` is the field the segments are values of.
    """
    names = frame["segment"].unique(maintain_order=True).to_list()
    rows = _rows(frame, names, emphasised(names, tones, by), tones)
    block = BAR_AT + LINE * len(names) + GAP
    height = block * int(rows["step"].max() or 1) - GAP  # type: ignore[arg-type]
    across = scale_beside(1, 2 * FIGURE + LETTER * max(len(text) for text in rows["short"]))
    down = alt.Scale(domain=[height, 0], nice=False, zero=False)
    segment = alt.Tooltip("segment:N", title="Segment")
    share, middle = alt.X("share:Q", axis=None, scale=across), alt.Y("middle:Q", axis=None, scale=down)
    bars = alt.Chart().mark_rect(cornerRadius=1)
    steps = alt.Chart().mark_text(align="left", baseline="middle", fontSize=14, limit=300)
    figures = alt.Chart().mark_text(align="left", baseline="middle", dx=6)
    lost = alt.Chart().mark_text(align="right", baseline="middle")
    edge: Any = alt.XValue("width")
    loss_shade = alt.Color("loss_shade:N", scale=None, legend=None)
    return alt.layer(
        bars.encode(
            alt.X("zero:Q", axis=None, scale=across),
            alt.X2("share"),
            alt.Y("top:Q", axis=None, scale=down),
            alt.Y2("bottom"),
            alt.Color("shade:N", scale=None, legend=None),
            alt.Opacity("strength:Q", scale=None, legend=None),
            tooltip=[segment, *TOOLTIP],
        ),
        steps.encode(alt.XValue(0), alt.Y("line:Q", axis=None, scale=down), alt.Text("name:N")),
        figures.encode(share, middle, alt.Text("figure:N")),
        lost.encode(edge, middle, alt.Text("loss:N"), loss_shade),
        lost.encode(edge, alt.Y("line:Q", axis=None, scale=down), alt.Text("heading:N"), alt.ColorValue(tones.muted)),
        data=rows,
        height=height,
    )


def _rows(frame: pl.DataFrame, names: list[str], shades: dict[str, str], tones: Tones) -> pl.DataFrame:
    starts = {row["segment"]: row["users"] for row in frame.filter(pl.col("step") == 1).iter_rows(named=True)}
    block = BAR_AT + LINE * len(names) + GAP
    worst = {name: worst_step(frame.filter(pl.col("segment") == name)) for name in names}
    drawn = []
    for row in frame.iter_rows(named=True):
        at = names.index(row["segment"])
        top = block * (row["step"] - 1) + BAR_AT + LINE * at
        low, high = row["of_previous_low"], row["of_previous_high"]
        few = starts[row["segment"]] < FEW
        short = row["segment"] if len(row["segment"]) <= LONGEST else row["segment"][: LONGEST - 1] + "…"
        figure = count(row["users"]) if row["step"] == 1 else percent(row["of_start"])
        drawn.append(
            row
            | {
                "zero": 0.0,
                "share": row["of_start"] or 0.0,
                "line": top - LINE * at - BAR_AT + 10,
                "top": top,
                "bottom": top + BAR,
                "middle": top + BAR / 2,
                "name": f"{row['step']}. {row['label']}" if at == 0 else "",
                "short": short + (f" (n {starts[row['segment']]})" if few else ""),
                "figure": f"{figure} · {short}" + (f" (n {starts[row['segment']]})" if few and row["step"] > 1 else ""),
                "heading": "lost" if at == 0 and row["step"] > 1 else "",
                "loss": _loss(row),
                "loss_shade": tones.warn if not few and row["step"] == worst[row["segment"]] else tones.muted,
                "shade": shades[row["segment"]],
                "interval": "–" if low is None else f"{percent(low)} to {percent(high)}",
                "took": "",
                "strength": 0.35 if few else 1.0,
            }
        )
    return pl.DataFrame(drawn, infer_schema_length=None)


def _loss(row: dict[str, Any]) -> str:
    """The share of the step before that did not take this one; nothing where nobody could, or nobody was lost."""
    kept = row["of_previous"]
    return f"−{percent(1 - kept)}" if row["step"] > 1 and kept is not None and kept < 1 else ""


def ranked(frame: pl.DataFrame) -> pl.DataFrame:
    """Segments with enough people by their share of start to end, the best first."""
    last = frame["step"].max()
    starts = frame.filter((pl.col("step") == 1) & (pl.col("users") >= FEW))["segment"]
    ends = frame.filter((pl.col("step") == last) & pl.col("segment").is_in(starts.implode()))
    return ends.sort(["of_start", "segment"], descending=[True, False])


def title(frame: pl.DataFrame) -> str:
    """Which segment does best and which worst."""
    order = ranked(frame)
    if order.height < 2:
        return "Too few people to compare segments"
    best, worst = order.row(0, named=True), order.row(-1, named=True)
    most, least = percent(best["of_start"]), percent(worst["of_start"])
    return f"“{best['segment']}” gets {most} through, “{worst['segment']}” {least}"


def summary(frame: pl.DataFrame) -> str:
    """Every segment's share of start to end."""
    found = [f"{row['segment']} {percent(row['of_start'])}" for row in ranked(frame).iter_rows(named=True)]
    return f"Share that gets from the first to the last step: {listing(found)}." if found else "Too few people."


def example() -> tuple[pl.DataFrame, dict[str, Any]]:
    """The steps of a sign-up by platform."""
    both = {"ios": [5200, 4400, 3300, 3100], "android": [4100, 3200, 2100, 1900], "web": [900, 610, 260, 240]}
    parts = [made_up(users).with_columns(segment=pl.lit(name)) for name, users in both.items()]
    return pl.concat(parts), {"by": "platform"}
