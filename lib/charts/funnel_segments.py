"""The funnel broken down: in each step one small bar per segment, as a share of that segment's own start."""

import altair as alt
import polars as pl

from lib.charts.funnel import TOOLTIP, scale_beside
from lib.charts.tones import FEW, Drawn, Tones
from lib.charts.trend import columns
from lib.words import count, listing, percent

LINE, BAR_AT, BAR, GAP = 16, 22, 12, 18
FIGURES = 92  # pixels kept free right of the widest bar
LEGEND = "Bars are shares of each segment's own first step, whose people are counted in the first block."


def chart(frame: pl.DataFrame, tones: Tones) -> Drawn:
    """Bars side by side; a segment of fewer than thirty people is faint."""
    names = frame["segment"].unique(maintain_order=True).to_list()
    rows = _rows(frame, names)
    block = BAR_AT + LINE * len(names) + GAP
    height = block * int(rows["step"].max() or 1) - GAP  # type: ignore[arg-type]
    across = scale_beside(1, FIGURES)
    down = alt.Scale(domain=[height, 0], nice=False, zero=False)
    colour = alt.Color(
        "segment:N",
        sort=names,
        legend=alt.Legend(orient="top", title=None, columns=columns(names), labelLimit=150, symbolType="square"),
    )
    segment = alt.Tooltip("segment:N", title="Segment")
    bars = (
        alt.Chart()
        .mark_rect(cornerRadius=1)
        .encode(
            alt.X("zero:Q", axis=None, scale=across),
            alt.X2("share"),
            alt.Y("top:Q", axis=None, scale=down),
            alt.Y2("bottom"),
            colour,
            alt.Opacity("strength:Q", scale=None, legend=None),
            tooltip=[segment, *TOOLTIP],
        )
    )
    steps = (
        alt.Chart()
        .mark_text(align="left", baseline="middle", fontSize=14, color=tones.ink, limit=300)
        .encode(alt.XValue(0), alt.Y("line:Q", axis=None, scale=down), alt.Text("name:N"))
    )
    figures = (
        alt.Chart()
        .mark_text(align="left", baseline="middle", dx=6, fontSize=12, color=tones.ink)
        .encode(
            alt.X("share:Q", axis=None, scale=across), alt.Y("middle:Q", axis=None, scale=down), alt.Text("figure:N")
        )
    )
    return alt.layer(bars, steps, figures, data=rows, height=height)


def _rows(frame: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    starts = {row["segment"]: row["users"] for row in frame.filter(pl.col("step") == 1).iter_rows(named=True)}
    block = BAR_AT + LINE * len(names) + GAP
    drawn = []
    for row in frame.iter_rows(named=True):
        at = names.index(row["segment"])
        top = block * (row["step"] - 1) + BAR_AT + LINE * at
        low, high = row["of_previous_low"], row["of_previous_high"]
        few = starts[row["segment"]] < FEW
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
                "figure": figure + (f" (n {starts[row['segment']]})" if few and row["step"] > 1 else ""),
                "interval": "–" if low is None else f"{percent(low)} to {percent(high)}",
                "took": "",
                "strength": 0.35 if few else 1.0,
            }
        )
    return pl.DataFrame(drawn, infer_schema_length=None)


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
