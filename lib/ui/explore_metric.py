"""A metric of the catalog on Explore: what it is asked, its controls, its picture and its table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from lib import queries
from lib.answers import Answer
from lib.catalog import METRICS, Metric
from lib.charts import lines
from lib.ui import explore_shared, trend_parts, url
from lib.ui.builder import widgets
from lib.ui.builder.toolbar import Control, toolbar
from lib.ui.explore_shared import Shared
from lib.ui.funnel_address import Known
from lib.ui.funnel_controls import known
from lib.ui.funnel_parts import remembered
from lib.ui.page import picture
from lib.ui.tables import Format, table
from lib.ui.url import Address, Reader

WEEKLY = Shared(grain="week")
HAS = ("grain", "by", "compare")
OWN = ("metric", *explore_shared.KEYS)
COLUMNS: dict[str, tuple[str, Format]] = {
    "segment": ("Segment", "text"),
    "bucket": ("From", "day"),
    "value": ("Value", "number"),
    "numerator": ("Counted", "count"),
    "denominator": ("Of", "count"),
    "n": ("Rests on", "count"),
    "state": ("State", "text"),
}


@dataclass(frozen=True)
class MetricChoice:
    """What the controls say: a name of the catalog, and what all kinds share."""

    metric: str = next(iter(METRICS))
    shared: Shared = WEEKLY


def read(address: Address, start: MetricChoice, known: Known) -> tuple[MetricChoice, list[str]]:
    """What the address says, over what the page opens with; and a sentence for each part that means nothing here."""
    reader = Reader(address)
    shared = explore_shared.read(reader, start.shared, known, HAS)
    return MetricChoice(reader.one("metric", METRICS, start.metric), shared), reader.notes


def written(choice: MetricChoice, start: MetricChoice) -> dict[str, tuple[str, ...]]:
    """The parameters that make `read` return this; those the page would take anyway are left out."""
    named = {"metric": () if choice.metric == start.metric else (choice.metric,)}
    return named | explore_shared.written(choice.shared, start.shared)


def question(choice: MetricChoice, scope: Mapping[str, Any]) -> dict[str, Any]:
    """The question these controls ask, as JSON."""
    return {"kind": "metric", "metric": choice.metric, "scope": dict(scope), **explore_shared.question(choice.shared)}


# --- on the page ------------------------------------------------------------------------------------------------------


def opens() -> MetricChoice:
    """What it opens with."""
    return MetricChoice(shared=Shared(grain="week", week_start=queries.settings().company.week_start))


def here() -> MetricChoice:
    """What the address says. What it says in vain is taken out of it, and remembered for `url.say_refused`."""
    start = opens()
    choice, notes = read(url.now(), start, known())
    if notes:
        url.note(notes)
        url.write(written(choice, start))
    return choice


def change(make: Callable[[MetricChoice], MetricChoice]) -> None:
    """Change the choice that is in the address; for callbacks."""
    start = opens()
    choice, _ = read(url.now(), start, known())
    url.write(written(make(choice), start))


def controls(choice: MetricChoice, against: str, more: list[Control]) -> None:
    """Draw the sentence. `against` names what the numbers are compared with."""

    def put(make: Callable[[Shared], Shared]) -> None:
        change(lambda old: replace(old, shared=make(old.shared)))

    shown = METRICS[choice.metric].title.lower()
    toolbar(
        "metric",
        [
            Control("metric", shown, "Which metric of the catalog", lambda: _metric(choice)),
            explore_shared.grain_control(choice.shared, put),
            explore_shared.by_control(choice.shared, put),
            explore_shared.compare_control(choice.shared, put, against),
            *more,
        ],
    )


def _metric(choice: MetricChoice) -> None:
    def choose(name: str) -> None:
        change(lambda old: replace(old, metric=name))

    options = {name: (metric.title, metric.meaning) for name, metric in METRICS.items()}
    widgets.explained("metric-name", "Metric", options, choice.metric, choose)


def draw(answer: Answer, choice: MetricChoice) -> None:
    """Picture and table."""
    metric = METRICS[choice.metric]
    named = remembered(answer, "lines", lambda: labelled(answer, metric))
    unit = "percent" if metric.is_share else "money" if metric.unit == "money" else "count"
    picture(named, "metric", lines, unit=unit, ours=metric.title)
    frame = remembered(answer, "rows", lambda: listed(answer.tables["metric"]))
    columns = {**COLUMNS, "bucket": ("From", "time" if choice.shared.grain == "hour" else "day")}
    if metric.is_share:
        columns["value"] = (metric.title, "percent")
        if remembered(answer, "rests", lambda: bool((frame["denominator"] == frame["n"]).all())):
            columns.pop("n")
    else:
        is_count = remembered(answer, "counts", lambda: trend_parts.is_count(frame))
        told = {"numerator", "denominator", *(["n"] if is_count else [])}
        columns = {name: part for name, part in columns.items() if name not in told}
        columns["value"] = (metric.title, "money" if unit == "money" else "number")
    if not choice.shared.by:
        columns.pop("segment")
    table(frame, columns, f"metric-{choice.metric}", f"{metric.title}, point by point", question=answer.question)


def labelled(answer: Answer, metric: Metric) -> Answer:
    """The answer with the metric's title on each row, which is what lines are called by."""
    title = pl.lit(metric.title).alias("label")
    named = {name: frame.with_columns(title) for name, frame in answer.tables.items()}
    before = {name: frame.with_columns(title) for name, frame in answer.previous.items()}
    return replace(answer, tables=named, previous=before)


def listed(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows, the newest first, with `state`."""
    state = pl.when("complete").then(pl.lit("finished")).otherwise(pl.lit("so far"))
    return frame.with_columns(state=state).sort("bucket", descending=True, maintain_order=True)
