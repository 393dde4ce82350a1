"""Objectives and their key results as a tree: how much of the way is done, against the time that is over."""

from textwrap import wrap
from typing import Any

import altair as alt
import polars as pl

from lib.charts.picking import POINTS, keys
from lib.charts.tones import Drawn, Tones
from lib.words import people, percent

ROW, INDENT, BAR, WORDS = 50, 22, 8, 118
NARROW, LETTERS = 560, 38
"""On a screen of fewer pixels than that a title has two lines of so many letters, and the state stands by the bar."""
SIGNS = {
    "on track": "●", "reached": "●", "watch": "▲", "partly": "▲", "off track": "▼", "missed": "▼", "breached": "×",
    "outdated": "○", "early": "·", "no value": "–",
}  # fmt: skip
WEAKEST = " · weakest"
"""What stands behind the title of the weakest key result of an objective."""
LEGEND = (
    "The bar is how much of the way is done; the upright mark is how much of the time is over. A guard rail is full"
    " inside its limit. Click a key result to open it."
)


def chart(frame: pl.DataFrame, tones: Tones) -> Drawn:
    """A line of text with a bar under it for each objective and key result, indented under what it belongs to.

    The frame has a row for each, in order: id, title, depth, is_objective, progress, elapsed, word, said (what stands
    on the right). Objectives have no mark of time.
    """
    rows = placed(frame, tones)
    tooltip = [alt.Tooltip("title:N", title="Title"), alt.Tooltip("right:N", title="State")]
    end = _by_room(f"width - {WORDS}", "width")
    wide = f"({end} - datum.indent)"
    titles = [
        _title(tones, _by_room("datum.head", "datum.title"), _by_room("datum.tail ? 8 : 21", "16")),
        _title(tones, _by_room("datum.tail", "''"), "23"),
    ]
    right = alt.Chart().mark_text(
        align="right", baseline="middle", x=_at("width"), y=_at(f"datum.top + {_by_room('36', '16')}")
    )
    whole = _bar(tones.lost, _at(end))
    part = _bar(None, _at(f"datum.indent + datum.done * {wide}"))
    now = f"datum.indent + datum.elapsed * {wide}"
    # A rule would want fields of the frame; a narrow bar takes places.
    gone = (
        alt.Chart()
        .transform_filter("isValid(datum.elapsed)")
        .mark_rect(
            color=tones.ink, x=_at(f"{now} - 1"), x2=_at(f"{now} + 1"), y=_at(f"{TOP} - 3"),
            y2=_at(f"{TOP} + 3 + {BAR}"),
        )
    )  # fmt: skip
    touch = alt.Chart().transform_filter("!datum.is_objective").mark_rect(
        opacity=0, x=0, x2=_at("width"), y=_at("datum.top"), y2=_at(f"datum.top + {ROW}")
    )  # fmt: skip
    colour = alt.Color("shade:N", scale=None, legend=None)
    layers = [
        whole,
        part.encode(colour),
        gone,
        *titles,
        right.encode(alt.Text("right:N"), colour),
        touch.encode(tooltip=tooltip).properties(name=POINTS),
    ]
    return alt.layer(*layers, data=rows, height=max(frame.height, 1) * ROW)


def placed(frame: pl.DataFrame, tones: Tones) -> pl.DataFrame:
    """The rows with their places, colours and words."""
    lines = [wrap(text, LETTERS, break_long_words=False, max_lines=2, placeholder=" …") or [""]
             for text in frame["title"]]  # fmt: skip
    return frame.with_row_index("place").with_columns(
        pl.Series("head", [line[0] for line in lines], dtype=pl.String()),
        pl.Series("tail", [" ".join(line[1:]) for line in lines], dtype=pl.String()),
        keys(frame, ["id"]),
        indent=pl.col("depth") * INDENT,
        top=pl.col("place").cast(pl.Int64) * ROW,
        done=pl.col("progress").fill_null(0.0),
        weight=pl.when("is_objective").then(pl.lit(600)).otherwise(pl.lit(400)),
        shade=pl.Series([shade(word, tones) for word in frame["word"]], dtype=pl.String()),
        right=pl.Series(
            [f"{SIGNS[word]} {said}" for word, said in frame.select("word", "said").iter_rows()], dtype=pl.String()
        ),
    )


def shade(word: str, tones: Tones) -> str:
    """The colour of a word: of what it means, never of how large something is. Early has none."""
    good, warn, bad = ("on track", "reached"), ("watch", "partly"), ("off track", "breached", "missed")
    if word in good:
        return tones.good
    return tones.warn if word in warn else tones.bad if word in bad else tones.muted


def _by_room(narrow: str, wide: str) -> str:
    """An expression that is one thing on a narrow screen and another on a wide one."""
    return f"(width < {NARROW} ? {narrow} : {wide})"


TOP = f"(datum.top + {_by_room('32', '28')})"


def _title(tones: Tones, text: str, y: str) -> alt.Chart:
    room = f"width - datum.indent - {_by_room('0', str(WORDS))}"
    return alt.Chart().mark_text(
        align="left", baseline="middle", color=tones.ink, x=_at("datum.indent"), y=_at(f"datum.top + {y}"),
        fontWeight=_at("datum.weight"), limit=_at(room), text=_at(text),
    )  # fmt: skip


def _bar(shade: str | None, end: Any) -> alt.Chart:
    told: dict[str, Any] = {} if shade is None else {"color": shade}
    return alt.Chart().mark_rect(
        x=_at("datum.indent"),
        x2=end,
        y=_at(TOP),
        y2=_at(f"{TOP} + {BAR}"),
        cornerRadius=2,
        **told,
    )


def _at(text: str) -> Any:
    return alt.ExprRef(text)


def title(frame: pl.DataFrame) -> str:
    """Which key result is furthest behind its time: where the bar ends longest before the upright mark."""
    results = frame.filter(~pl.col("is_objective"))
    if not results.height:
        return "No key results yet"
    going = results.drop_nulls(["progress", "elapsed"]).with_columns(behind=pl.col("elapsed") - pl.col("progress"))
    if not going.height:
        return f"{people(results.height, 'key result', 'key results')}, none of them on its way now"
    last = going.sort("behind", descending=True, maintain_order=True).row(0, named=True)
    if last["behind"] <= 0:
        return "No key result is behind its time"
    done, gone = percent(last["progress"], 0), percent(last["elapsed"], 0)
    named = str(last["title"]).removesuffix(WEAKEST)
    return f"Furthest behind: “{named}”, {done} done with {gone} of its time over"


def summary(frame: pl.DataFrame) -> str:
    """The state of each key result, for those who cannot see the bars."""
    told = [
        f"{row['title']}: {row['word']}" + (f", {percent(row['progress'], 0)} of the way" if row["progress"] else "")
        for row in frame.filter(~pl.col("is_objective")).iter_rows(named=True)
    ]
    return f"{title(frame)}. {'; '.join(told)}." if told else f"{title(frame)}."


def example() -> tuple[pl.DataFrame, dict[str, Any]]:
    """A small tree."""
    rows = [
        ("o1", "Keep the customers we win", 0, True, 0.55, None, "breached", "0.55"),
        ("k1", "Revenue kept from 88 % to 92 %", 1, False, 0.4, 0.35, "on track", "on track"),
        ("k2", "Customers lost below 10 %", 1, False, 0.6, 0.35, "breached", "breached"),
        ("o2", "Help people start", 1, True, 0.2, None, "off track", "0.20"),
        ("k3", "Activation from 20 % to 30 %", 2, False, 0.2, 0.35, "off track", "off track"),
    ]
    schema = ["id", "title", "depth", "is_objective", "progress", "elapsed", "word", "said"]
    return pl.DataFrame(rows, schema=schema, orient="row"), {}
