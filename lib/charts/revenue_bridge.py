"""The bridge of revenue: from what was paid a month at the start to what is paid at the end, movement by movement."""

from datetime import date
from typing import Any

import altair as alt
import polars as pl

from lib.charts.picking import POINTS, keys
from lib.charts.tones import Drawn, Tones
from lib.charts.units import Unit, marks
from lib.words import money, percent, short_money

LABELS = 108
"""Pixels for the longest name."""
ROW, THICK, ROOM = 40, 0.62, 84  # pixels: of a row, part of it that is a bar, and what stays free for an amount
YEARLY = "ARR"
CUT = 0.35  # where all movements together span less than this part of the highest amount, the axis begins higher up
START, END, ELSEWHERE = "start", "end", "elsewhere"
SIGNS = {
    "new": 1, "expansion": 1, "reactivation": 1, "contraction": -1, "churn": -1, "paused": 1, "fx": 1,
}  # fmt: skip
NAMES = {
    START: "MRR at the start", "new": "New", "expansion": "Expansion", "reactivation": "Reactivation",
    "contraction": "Contraction", "churn": "Churn", "paused": "Paused", "fx": "Exchange rates",
    ELSEWHERE: "Changed group", END: "MRR at the end",
}  # fmt: skip
MEANINGS = {
    START: "what customers paid when the period began",
    "new": "accounts that had never paid before",
    "expansion": "accounts that pay more than before",
    "reactivation": "accounts that had left and pay again",
    "contraction": "accounts that pay less, and still pay",
    "churn": "accounts that stopped paying",
    "paused": "pauses begun, less those ended",
    "fx": "the difference that exchange rates make",
    ELSEWHERE: "accounts that moved into this group or out of it between two buckets",
    END: "what customers pay when the period ends",
}
LEGEND = (
    "Each bar begins where the one above it ended. A click on a movement lists its accounts. Where the axis does not"
    " begin at 0, the first and the last bar are cut."
)
TOOLTIP = [
    alt.Tooltip("name:N", title="Movement"),
    alt.Tooltip("exact:N", title="Amount"),
    alt.Tooltip("part:N", title="Of the start"),
    alt.Tooltip("meaning:N", title="That is"),
]


def chart(frame: pl.DataFrame, tones: Tones, *, currency: str = "USD", measure: str = "MRR") -> Drawn:
    """Movements of one segment by bucket, added up: start and end in ink, gains and losses each with its sign.

    Movements without an amount are left out. Where they are small beside what is paid, the axis does not begin at zero;
    a note says so. With the `measure` ARR every amount is twelve times as large: of a year.
    """
    rows = _rows(frame, tones, currency, measure)
    low, high = _ends(rows)
    steps = marks(low, high, "money")
    rows = rows.with_columns(pl.max_horizontal("left", pl.lit(steps[0])))
    free: Any = alt.ExprRef(f"width - {ROOM}")
    axis = Unit("money", currency).axis(steps, tones)
    axis.labelOverlap = True
    scale = alt.Scale(domain=[steps[0], steps[-1]], range=[0, free], nice=False, zero=False)
    x = alt.X("left:Q", scale=scale, axis=axis)
    order = rows["name"].to_list()
    # Measured before the font has come, labels would take too little and be cut.
    left = alt.Axis(title=None, labelLimit=140, labelPadding=8, grid=False, domain=False, minExtent=LABELS)
    y = alt.Y("name:N", sort=order, axis=left, scale=alt.Scale(paddingInner=1 - THICK, paddingOuter=(1 - THICK) / 2))
    place = alt.Y("name:N", sort=order)
    shade = alt.Color("shade:N", scale=None, legend=None)
    levels = alt.Chart().transform_filter("!datum.moves").mark_bar(cornerRadius=2)
    moved = alt.Chart().transform_filter("datum.moves").mark_bar(cornerRadius=2)
    link = alt.Chart().transform_filter("isValid(datum.next)").mark_rule(color=tones.muted, strokeDash=[2, 3])
    amount = alt.Chart().mark_text(align="left", dx=6, fontWeight=600)
    layers = [
        levels.encode(x, alt.X2("right"), y, shade, tooltip=TOOLTIP),
        moved.encode(x, alt.X2("right"), y, shade, tooltip=TOOLTIP).properties(name=POINTS),
        link.encode(alt.X("after:Q"), place, alt.Y2("next")),
        amount.encode(alt.X("right:Q"), place, alt.Text("amount:N"), shade),
    ]
    if steps[0] > 0:
        said = f"The axis begins at {short_money(steps[0], currency)}."
        layers.append(_note(said, ROW * rows.height, tones))
    return alt.layer(*layers, data=rows, height=ROW * rows.height)


def _note(text: str, height: int, tones: Tones) -> alt.Chart:
    mark = alt.Chart(alt.InlineData(values=[{"note": text}]))
    return mark.mark_text(align="left", baseline="top", x=0, y=height + 30, color=tones.muted).encode(
        alt.Text("note:N")
    )


def parts(frame: pl.DataFrame) -> dict[str, float]:
    """What each bar is worth, from `start` to `end`, signs as they count; movements of nothing are left out.

    Where a group changes its members between buckets, `elsewhere` is what is missing, so that the bridge foots.
    """
    if not frame.height:
        return {START: 0.0, END: 0.0}
    at = pl.col("bucket")
    start = float(frame.filter(at == at.min())["start_mrr"].sum())
    end = float(frame.filter(at == at.max())["end_mrr"].sum())
    found = {name: sign * float(frame[name].sum()) for name, sign in SIGNS.items()}
    rest = round(end - start - sum(found.values()), 2)
    moved = {name: amount for name, amount in {**found, ELSEWHERE: rest}.items() if amount}
    return {START: start, **moved, END: end}


def _sized(frame: pl.DataFrame, measure: str) -> pl.DataFrame:
    """The movements a month, or twelve times as much."""
    money_ = [name for name in ("start_mrr", *SIGNS, "end_mrr") if name in frame.columns]
    return frame.with_columns(pl.col(money_) * 12) if measure == YEARLY else frame


def _called(name: str, measure: str) -> str:
    return NAMES[name].replace("MRR", measure)


def _rows(frame: pl.DataFrame, tones: Tones, currency: str, measure: str) -> pl.DataFrame:
    """A bar per row: from where to where, its amount in words, and the level after it."""
    told = parts(_sized(frame, measure))
    names, level, rows = list(told), 0.0, list[dict[str, Any]]()
    for place, (name, amount) in enumerate(told.items()):
        moves = name not in (START, END)
        before, level = (level, level + amount) if moves else (0.0, amount)
        following = names[place + 1] if place + 1 < len(names) else None
        sign = ("+" if amount > 0 else "") if moves else ""
        rows.append(
            {
                "movement": name, "name": _called(name, measure), "meaning": MEANINGS[name],
                "left": min(before, level), "right": max(before, level), "after": level,
                "next": None if following is None else _called(following, measure),
                "amount": sign + short_money(amount, currency), "exact": sign + money(amount, currency),
                "part": percent(amount / told[START] if told[START] else None), "moves": moves and name != ELSEWHERE,
                "shade": (tones.good if amount > 0 else tones.bad) if moves else tones.ink,
            }
        )  # fmt: skip
    made = pl.DataFrame(rows, schema_overrides={"next": pl.String()})
    return made.with_columns(keys(made, ["movement"]))


def _ends(rows: pl.DataFrame) -> tuple[float, float]:
    """Where the axis begins and ends: at zero, unless the movements would then be too small to see."""
    high = float(rows["right"].max() or 0)  # type: ignore[arg-type]
    least = min(rows["after"].to_list())
    if least <= 0 or high - least > CUT * high:
        return min(0.0, least), high
    return least - 0.3 * (high - least), high


def title(frame: pl.DataFrame, currency: str = "USD", measure: str = "MRR", span: str = "") -> str:
    """How much more or less is paid at the end, of which days, and the largest gain and loss behind it."""
    of_days = f", {span}" if span else ""
    told = parts(_sized(frame, measure))
    start, end = told[START], told[END]
    moved = {name: amount for name, amount in told.items() if name not in (START, END)}
    if not moved:
        return f"Nothing moved: {measure} is {short_money(end, currency)}{of_days}"
    change = f" {percent(abs(end / start - 1))}" if start else ""
    grew = "stayed at" if end == start else f"grew{change} to" if end > start else f"fell{change} to"
    said = []
    for way, word in ((1, "added"), (-1, "took")):
        most = max(moved.items(), key=lambda one: way * one[1])
        if way * most[1] > 0:
            said.append(f"{NAMES[most[0]].lower()} {word} most ({short_money(abs(most[1]), currency)})")
    return f"{measure} {grew} {short_money(end, currency)}{of_days}: {', '.join(said)}"


def summary(frame: pl.DataFrame, currency: str = "USD", measure: str = "MRR") -> str:
    """Start, every movement with its sign, and end."""
    told = parts(_sized(frame, measure))
    moved = [
        f"{NAMES[name].lower()} {'+' if amount > 0 else ''}{money(amount, currency)}"
        for name, amount in told.items()
        if name not in (START, END)
    ]
    said = f": {', '.join(moved)}" if moved else ""
    return f"{measure} from {money(told[START], currency)} to {money(told[END], currency)}{said}."


def example() -> tuple[pl.DataFrame, dict[str, Any]]:
    """Three months of a company that grows."""
    rows = [
        ("2026-08-01", 456_000, 24_500, 5_600, 0, 1_000, 6_000, 0, 479_100),
        ("2026-09-01", 479_100, 23_400, 5_200, 300, 900, 7_700, -1_200, 498_200),
        ("2026-10-01", 498_200, 18_200, 2_400, 0, 1_400, 5_600, 800, 512_600),
    ]
    names = ["bucket", "start_mrr", "new", "expansion", "reactivation", "contraction", "churn", "paused", "end_mrr"]
    frame = pl.DataFrame(
        [(date.fromisoformat(at), *map(float, more)) for at, *more in rows], schema=names, orient="row"
    )
    return frame.with_columns(fx=pl.lit(0.0), segment=pl.lit("All"), complete=pl.lit(True)), {}
