"""What a person costs against how many of them stay: a bubble for each channel, lines of equal cost per person kept."""

from math import log10
from typing import Any

import altair as alt
import polars as pl

from lib.charts import price_lines
from lib.charts.bubble_labels import NARROW, WIDE, Box, Bubble, layer, placed
from lib.charts.colours import MOST, colours
from lib.charts.picking import KEY, POINTS, keys
from lib.charts.price_lines import HEAD, HEIGHT, Axes, is_apart
from lib.charts.theme import SMALL
from lib.charts.tones import Drawn, Tones
from lib.charts.units import Unit, marks
from lib.words import money, named, people, percent

LARGEST, SMALLEST = 1_900.0, 70.0  # square pixels of the largest and the smallest bubble
LOG_FROM = 8  # times the smallest cost: from there the axis counts in tenfold steps
MOST_BUBBLES, ROOM = 80, 46
CROWD, FOOT = 8, 10  # more bubbles than that may lack names; pixels from the foot to the middle of what is said of it
NONE = "(none)"
LEGEND = (
    "Further right: dearer; higher up: more of them stay. Along a line a person kept costs the same. The larger a"
    " bubble, the more people; its cross is the 95 % interval; hollow: too few people to rank."
)

TOOLTIP = [
    alt.Tooltip("channel:N", title="Name"),
    alt.Tooltip("users_text:N", title="People"),
    alt.Tooltip("cac_text:N", title="Cost per person"),
    alt.Tooltip("kept_text:N", title="Kept"),
    alt.Tooltip("shrunk_text:N", title="Kept, evened out"),
    alt.Tooltip("price_text:N", title="Cost per person kept"),
    alt.Tooltip("rank_text:N", title="Rank"),
]
TEXTS = ("shade", "fill", "users_text", "cac_text", "kept_text", "shrunk_text", "price_text", "rank_text")


def chart(
    frame: pl.DataFrame, tones: Tones, *, by: str = "channel", currency: str = "USD", kept: str = "", of: str = ""
) -> Drawn:
    """One bubble per row of `channels` that has a cost and at least five people, named where there is room.

    `by` is what the names are, `kept` says when somebody is kept, and with `of` only names of that channel are drawn.
    """
    rows = _rows(drawable(frame, of), frame["rank"].drop_nulls().len(), tones, by, currency)
    left, right, is_log = _across(rows)
    top = marks(0, max(rows["reaches"].to_list(), default=0.1), "percent")[-1]
    kind = alt.Scale(type="log" if is_log else "linear", domain=[left, right], nice=False, zero=False, clamp=True)
    up = alt.Scale(domain=[0, top], range=[HEIGHT, HEAD], nice=False, clamp=True)
    ticks = _ticks(left, right, is_log)
    below = Unit("money", currency).axis(ticks, tones).copy(deep=False)
    below.title, below.grid, below.titleAnchor = f"cost per person{' (steps multiply)' if is_log else ''}", False, "end"
    x = alt.X("cac:Q", scale=kind, axis=below)
    beside = Unit("percent").axis(marks(0, top, "percent"), tones).copy(deep=False)
    beside.minExtent = ROOM  # measured before the font has come, labels would take too little and be cut
    y = alt.Y("retention:Q", scale=up, axis=beside)
    axes = Axes(left, right, top, is_log)
    equal = price_lines.lines(rows["cost_per_kept"], axes, currency)
    labels = _labels(rows.with_columns(_plain(rows["channel"], by)), axes, equal.boxes)
    layers: list[Any] = [
        *price_lines.layers(equal, tones), *_crosses(x, y), _bubbles(x, y), _head(kept, tones), layer(labels, tones),
        *_unnamed(labels, tones),
    ]  # fmt: skip
    return alt.layer(*layers, data=rows, height=HEIGHT)


def drawable(frame: pl.DataFrame, of: str = "") -> pl.DataFrame:
    """The rows that have a place on the map: one thing each, with a cost and at least five people."""
    has_place = pl.col("cac").is_not_null() & pl.col("retention").is_not_null()
    shown = (pl.col("sample") != "hidden") & (pl.col("channel") != NONE)
    mine = pl.col("of_channel") == of if of else True
    largest = frame.filter(has_place & shown & mine).sort(["users", "channel"], descending=[True, False])
    return largest.head(MOST_BUBBLES).sort(
        ["rank", "users", "channel"], descending=[False, True, False], nulls_last=True
    )


def _rows(frame: pl.DataFrame, ranked: int, tones: Tones, by: str, currency: str) -> pl.DataFrame:
    """The rows with the size and colours of their bubbles, and what the tooltip says."""
    some = [row["channel"] for row in frame.iter_rows(named=True) if row["rank"] is not None][:MOST]
    shades = colours(some, tones, by)
    most = max(frame["users"].to_list(), default=1)
    found = []
    for row in frame.iter_rows(named=True):
        few = row["sample"] != "enough"
        shade = tones.muted if few else shades.get(row["channel"], tones.grey)
        size = max(SMALLEST, LARGEST * row["users"] / most)
        # The intervals of few would squeeze all others together, so they may run out of the picture.
        reaches = row["retention"] if few else row["retention_high"]
        found.append(
            {"shade": shade, "fill": "transparent" if few else shade, "size": size, "reaches": reaches}
            | _told(row, ranked, currency)
        )
    schema: dict[str, Any] = {name: pl.String() for name in TEXTS} | {"size": pl.Float64(), "reaches": pl.Float64()}
    more = pl.DataFrame(found, schema=schema)
    columns = ["channel", "users", "cac", "cac_low", "cac_high", "retention", "retention_low", "retention_high",
               "cost_per_kept", "rank", "sample"]  # fmt: skip
    rows = frame.select(columns).hstack(more)
    return rows.with_columns(
        keys(rows, ["channel"]).alias(KEY), is_best=(pl.col("rank") == pl.col("rank").min()).fill_null(False)
    )


def _told(row: dict[str, Any], ranked: int, currency: str) -> dict[str, str]:
    """What the tooltip says of a row."""

    def cost(name: str) -> str:
        low, high = row[f"{name}_low"], row[f"{name}_high"]
        ends = f" (95 %: {money(low, currency)} to {money(high, currency)})" if low is not None else ""
        return money(row[name], currency) + (ends if high is not None else "")

    ends = f"{percent(row['retention_low'])} to {percent(row['retention_high'])}"
    rank = row["note"] if row["rank"] is None else f"{row['rank']} of {ranked}"
    return {
        "users_text": people(round(row["users"])),
        "cac_text": cost("cac"),
        "kept_text": f"{percent(row['retention'])} of {people(round(row['eligible']))} (95 %: {ends})",
        "shrunk_text": percent(row["retention_shrunk"]),
        "price_text": cost("cost_per_kept"),
        "rank_text": rank or "not ranked",
    }


def _across(rows: pl.DataFrame) -> tuple[float, float, bool]:
    """Where the axis of cost begins and ends, and whether it goes in tenfold steps."""
    costs = rows["cac"].to_list() or [1.0]
    sure = rows.filter(pl.col("sample") == "enough")
    ends = [*costs, *sure["cac_low"].drop_nulls(), *sure["cac_high"].drop_nulls()]
    low, high = min(ends), max(ends)
    if max(costs) > LOG_FROM * min(costs):
        return low / 1.6, high * 1.6, True
    return 0.0, marks(0, high * 1.08)[-1], False


def _ticks(left: float, right: float, is_log: bool) -> list[float]:
    if not is_log:
        return marks(0, right)
    places = range(int(log10(left)) - 1, int(log10(right)) + 2)
    return [mark for mark in (float(f"{part}e{k}") for k in places for part in (1, 2, 5)) if left <= mark <= right]


def _crosses(x: alt.X, y: alt.Y) -> list[alt.Chart]:
    """The intervals, as thin lines through the middle of each bubble."""
    thin = alt.Chart().mark_rule(strokeWidth=1, opacity=0.8, clip=True)
    shade = alt.Color("shade:N", scale=None, legend=None)
    return [
        thin.encode(alt.X("cac_low:Q"), alt.X2("cac_high"), y, shade),
        thin.encode(x, alt.Y("retention_low:Q"), alt.Y2("retention_high"), shade),
    ]


def _bubbles(x: alt.X, y: alt.Y) -> alt.Chart:
    size: Any = alt.ExprRef(f"datum.size * (width < {WIDE} ? {NARROW} : 1)")
    wide: Any = alt.ExprRef("datum.is_best ? 3 : 1.5")
    mark = alt.Chart().mark_point(shape="circle", size=size, strokeWidth=wide, fillOpacity=0.45)
    return mark.encode(
        x, y, alt.Fill("fill:N", scale=None, legend=None), alt.Stroke("shade:N", scale=None, legend=None),
        tooltip=TOOLTIP,
    ).properties(name=POINTS)  # fmt: skip


def _head(kept: str, tones: Tones) -> alt.Chart:
    """What the upright axis is, and which corner is the better one."""
    when = f"kept {kept}".strip()
    words = [{"long": f"↑ {when} · towards this corner is better: cheaper, and more stay", "short": f"↑ {when}"}]
    text: Any = alt.ExprRef(f"width < {WIDE} ? datum.short : datum.long")
    mark = alt.Chart(alt.InlineData(values=words)).mark_text(
        text=text, align="left", baseline="top", x=0, y=0, color=tones.muted, fontSize=SMALL
    )
    return mark.encode()


def _plain(names: pl.Series, by: str) -> pl.Series:
    """The names without quotes, as a label has them."""
    return pl.Series(names.name, [named(name, by)[1:-1] for name in names], dtype=pl.String())


def _labels(rows: pl.DataFrame, axes: Axes, boxes: list[Box]) -> list[dict[str, Any]]:
    """The names beside the bubbles; where there is no room for all, those that matter choose their places first."""
    rows = _by_weight(rows)
    if rows.height > CROWD:
        boxes = [*boxes, Box(1.0, HEIGHT - FOOT, *_told_of(rows.height), "right")]
    bubbles = [
        Bubble(
            name=row["channel"],
            more=f" · {row['price_text'].partition(' (')[0]}" + (", the least" if row["is_best"] else "")
            if row["rank"] is not None
            else " · too few"
            if row["sample"] != "enough"
            else " · nobody kept",
            cac=row["cac"],
            retention=row["retention"],
            at=axes.along(row["cac"]),
            y=axes.pixel(row["retention"]),
            size=row["size"],
            is_best=row["is_best"],
        )
        for row in rows.iter_rows(named=True)
    ]
    return placed(bubbles, boxes, HEIGHT, HEAD)


def _by_weight(rows: pl.DataFrame) -> pl.DataFrame:
    """The best first, then the ends (cheapest, dearest per person and per person kept, keeping most, largest), then
    those with a rank, and among equals those with more people."""
    able = rows.drop_nulls("rank")
    ends = {
        able.row(place, named=True)["channel"]
        for name in ("cac", "cost_per_kept", "retention", "users") if able.height
        for place in (able[name].arg_min(), able[name].arg_max()) if place is not None
    }  # fmt: skip
    is_end = pl.col("channel").is_in(list(ends))
    cheapest = pl.col("cac") != min(able["cac"].to_list(), default=0.0)
    order = (~pl.col("is_best"), cheapest, ~is_end, pl.col("rank").is_null(), -pl.col("users"))
    return rows.sort(*order, maintain_order=True)


def _told_of(unnamed: int) -> tuple[str, str]:
    """What is said of bubbles without a name, in full and for a phone."""
    return f"{unnamed} without a name here: point at one, or see the table", f"{unnamed} unnamed: see the table"


def _unnamed(labels: list[dict[str, Any]], tones: Tones) -> list[alt.Chart]:
    """How many bubbles have no name, where that is so."""
    lacking = [sum(not label[f"text_{which}"] for label in labels) for which in ("wide", "narrow")]
    if not any(lacking):
        return []
    said = [_told_of(many)[place] if many else "" for place, many in enumerate(lacking)]
    text: Any = alt.ExprRef(f"width < {WIDE} ? datum.short : datum.long")
    right: Any = alt.ExprRef("width")
    mark = alt.Chart(alt.InlineData(values=[{"long": said[0], "short": said[1]}])).mark_text(
        text=text, align="right", baseline="middle", x=right, y=HEIGHT - FOOT, color=tones.muted, fontSize=SMALL
    )
    return [mark.encode()]


def title(frame: pl.DataFrame, currency: str = "USD", of: str = "", by: str = "channel") -> str:
    """Which one costs the least per person kept, and whether that is the cheapest per person, too.

    Where its interval overlaps that of the cheapest per person, or of the next, only both prices are claimed.
    """
    best = drawable(frame, of).drop_nulls("rank").sort("rank", "channel")
    if not best.height:
        return "Too few people, or no cost, to rank by cost per person kept"
    first, cheap = best.row(0, named=True), best.sort("cac", "channel").row(0, named=True)
    price, name = money(first["cost_per_kept"], currency), named(first["channel"], by)
    if best.height == 1:
        return f"{name}: {price} per person kept"
    for other in (cheap, best.row(1, named=True)):
        if other["channel"] != first["channel"] and not is_apart(first, other):
            second = f"{named(other['channel'], by)} {money(other['cost_per_kept'], currency)}"
            return f"{name} {price} and {second} per person kept, too close to tell apart"
    if cheap["channel"] != first["channel"]:
        return f"{named(cheap['channel'], by)} is cheapest per person, {name} per person kept: {price}"
    return f"{name} is cheapest per person and per person kept: {price}"


def summary(frame: pl.DataFrame, currency: str = "USD", of: str = "", by: str = "channel") -> str:
    """The cost per person kept of the lowest three, how many are too few to rank, and how many kept nobody."""
    rows = drawable(frame, of)
    best = rows.drop_nulls("rank").sort("rank", "channel")
    few = rows.filter(pl.col("sample") != "enough").height
    ends = f" {few} more {'has' if few == 1 else 'have'} too few people to rank." if few else ""
    lost = rows.height - best.height - few
    ends += f" {lost} kept nobody." if lost else ""
    if not best.height:
        return f"{title(frame, currency, of, by)}.{ends}"
    said = [
        f"{named(row['channel'], by)} {money(row['cost_per_kept'], currency)}, as {money(row['cac'], currency)} per"
        f" person of whom {percent(row['retention'])} are kept"
        for row in best.head(3).iter_rows(named=True)
    ]
    return f"Cost per person kept, the lowest of {best.height}: {'; '.join(said)}.{ends}"


def example() -> tuple[pl.DataFrame, dict[str, Any]]:
    """Five channels, one of them with few people."""
    given = [
        ("paid social", 4_000, 14_000.0, 1_780), ("influencer", 2_600, 4_900.0, 510), ("content", 3_200, 9_600.0, 380),
        ("paid search", 1_300, 36_000.0, 170), ("podcast", 24, 260.0, 6),
    ]  # fmt: skip
    rows = []
    for name, users, spend, stay in given:
        rate, cost = stay / users, spend / users
        wide, near = 2 * (rate * (1 - rate) / users) ** 0.5, 2 / users**0.5
        price, few = cost / rate, users < 30
        rows.append(
            {"channel": name, "of_channel": name, "spend": spend, "users": users, "cac": cost,
             "cac_low": cost / (1 + near), "cac_high": cost * (1 + near), "eligible": users, "kept": stay,
             "retention": rate, "retention_low": rate - wide, "retention_high": rate + wide,
             "retention_shrunk": (stay + 14) / (users + 60), "cost_per_kept": price,
             "cost_per_kept_low": price * 0.9, "cost_per_kept_high": price * 1.1,
             "sample": "few" if few else "enough", "note": "n 24, too few to rank" if few else None}
        )  # fmt: skip
    frame = pl.DataFrame(rows)
    place = pl.when(pl.col("sample") == "enough").then("cost_per_kept").rank("min").cast(pl.Int64())
    return frame.with_columns(rank=place).sort("rank", nulls_last=True), {"kept": "on a day from 24 to 30"}
