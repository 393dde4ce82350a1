"""The parts of Pulse: its head, tiles, course, what moved most, what waits, what comes, and growth."""

import base64
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import polars as pl
import streamlit as st

from lib import queries
from lib.catalog import METRICS
from lib.charts import lines, sparks
from lib.errors import GrowthOpsError
from lib.pulse import links, reading, tiles
from lib.pulse.decisions import Ahead, Decision
from lib.pulse.freshness import Freshness
from lib.pulse.growing import Grown, heading
from lib.pulse.moves import Move, Moves
from lib.pulse.tiles import TileReading
from lib.queries import pulse, state
from lib.ui import annotations as notes
from lib.ui import explore_metric, navigation, states, url
from lib.ui.page import VERDICT, picture, tones
from lib.ui.pulse_choice import Shown
from lib.ui.words import plain, stressed

YEAR = re.compile(r" \d{4}$")


def head(title: str, fresh: Freshness, actions: Callable[[], None]) -> None:
    """The page's name; right of it how old the data is (amber past its target), and the page's actions."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        states.title(title, width="content")
        with st.container(horizontal=True, width="content", vertical_alignment="center", gap="small"):
            colour = "orange" if fresh.is_old else "gray"
            st.markdown(f":small[:{colour}[{plain(fresh.said)}]]", width="content")
            actions()


def verdict(
    readings: Sequence[TileReading], found: Moves | None = None, waiting: Sequence[Decision] | None = None
) -> None:
    """The computed sentence; what is not known yet is left out of it."""
    st.html(f'<p style="{VERDICT}">{stressed(reading.verdict(readings, found, waiting))}</p>')


def reason(readings: Sequence[TileReading]) -> str:
    """Why several tiles have no value, where the reason is the same: the top of the page says it for all."""
    return reading.shared_reason(readings)


def cards(shown: Shown, readings: Sequence[TileReading]) -> None:
    """The tiles, four in a row; each leads to the page with the same number."""
    down = reason(readings)
    with st.grid(4, min_column_width=150, gap="medium"):
        for place, one in enumerate(readings):
            with st.container(gap="xsmall", key=f"tile-{place}"):
                _card(replace(one, missing="not available") if down and one.missing == down else one)
                _link(shown, one)


def _card(one: TileReading) -> None:
    colour = {"amber": "orange", "reached": ""}.get(one.state, "")
    value = f":{colour}[{plain(one.text)}]" if colour else plain(one.text)
    good = "off" if not one.tone else "normal" if one.better == "up" else "inverse"
    st.metric(
        plain(one.label), value, one.delta_text or None, delta_color=good,
        delta_arrow="auto" if one.delta_text.strip("+-0. %p") else "off",
        help=plain(one.meaning) or None,
    )  # fmt: skip
    # Streamlit's own line in a metric has no words for those who cannot see it, and is a whole Vega chart.
    course = sparks.svg([value for _, value in one.course], tones().main)
    if course:
        data = base64.b64encode(course.encode()).decode()
        st.markdown(f"![{plain(one.label)}: {plain(_course(one))}](data:image/svg+xml;base64,{data})")
    said = [one.missing, one.alone, "in amber" if one.state == "amber" else "", one.target_text, one.pace_text,
            f"n {one.n}, too few to rely on" if _is_few(one) else "", one.restated]  # fmt: skip
    told = " · ".join(filter(None, said))
    if told:
        colour = "orange" if one.state == "amber" else "gray"
        st.markdown(f":small[:{colour}[{plain(told)}]]")


def _course(one: TileReading) -> str:
    """The course in words: from what to what, over how many steps."""
    known = [value for _, value in one.course if value is not None]
    if len(known) < 2:
        return ""
    metric = METRICS[one.tile.metric]
    first, last = (metric.said(value, queries.settings().company.currency) for value in (known[0], known[-1]))
    return f"from {first} to {last} over {len(one.course)} steps by {one.grain}"


def _is_few(one: TileReading) -> bool:
    metric = METRICS.get(one.tile.metric)
    return metric is not None and metric.is_share and 0 < one.n < 30


def _link(shown: Shown, one: TileReading) -> None:
    if one.bucket is None:
        return
    address = links.to_metric(one.tile.metric, one.grain, one, shown.around, shared())
    page = navigation.page(links.METRIC_PAGE)
    if page is not None:
        st.page_link(page, label=f":small[{plain(YEAR.sub('', one.short_at))}]",
                     icon=":material/arrow_forward:", query_params=address, width="content",
                     help=plain(f"{one.label}, {one.short_at}, against {one.against}: step by step"))  # fmt: skip


def shared() -> dict[str, tuple[str, ...]]:
    """What all pages are asked about, as the address has it."""
    return {key: values for key, values in url.now().items() if url.is_shared(key)}


def course(shown: Shown, down: str = "") -> None:
    """The course of one metric over somewhat more than a year, with what happened on it."""
    tile = next(tile for tile in shown.board.tiles if tile.metric == shown.show)
    metric = METRICS.get(tile.metric)
    if metric is None:
        return
    try:
        answer = queries.ask(tiles.question(tile, shown.board.grain, shown.around))
    except GrowthOpsError as error:
        st.caption(plain("Not available." if str(error) == down else str(error)))
        return
    rows = answer.tables["metric"]
    if not rows.height or rows["value"].is_null().all():
        st.caption("There is nothing to draw yet.")
        return
    rows = tiles.since_data(rows).filter(pl.col("bucket") < shown.around.end)
    cut = replace(answer, tables={"metric": rows})
    named = explore_metric.labelled(cut, metric)
    unit = "percent" if metric.is_share else "money" if metric.unit == "money" else "count"
    happened = notes.shown(url.page(), tile.metric)
    picture(named, "metric", lines, unit=unit, annotations=happened, key="pulse-course", ours=metric.title)


def moved(shown: Shown, found: Moves, down: str = "") -> None:
    """What moved most, each with the split that explains most of it and a way to look closer.

    Where nothing did, the sentence at the top of the page has said so; so it has why nothing is known (`down`).
    """
    if found.moves:
        st.markdown("## Moved most")
    for place, move in enumerate(found.moves):
        with st.container(gap="xsmall", key=f"moved-{place}"):
            st.markdown(f"**{'▲' if move.value > move.expected else '▼'} {plain(move.said)}.**")
            st.markdown(plain(move.why))
            _closer(shown, move)
    for sentence in _unsaid(found.failed, down)[:3]:
        st.caption(plain(sentence))


def _unsaid(failed: Sequence[str], down: str) -> tuple[str, ...]:
    """What could not be worked out, each reason once; the one at the top of the page is not said again."""
    told = reading.gathered(failed)
    return tuple(f"{one.removesuffix(f': {down}')}: not available" if down and one.endswith(down) else one
                 for one in told)  # fmt: skip


def _closer(shown: Shown, move: Move) -> None:
    page = navigation.page(links.METRIC_PAGE)
    address = links.to_metric(move.metric, "week", None, shown.around, shared())
    if move.split is not None:
        address["by"] = (move.split.field,)
    if page is not None:
        st.page_link(page, label=":small[Look closer]", icon=":material/arrow_forward:", query_params=address,
                     width="content")  # fmt: skip


def decide(found: Sequence[Decision], failed: Sequence[str], down: str = "") -> None:
    """What waits for somebody, as many beside each other as fit, each with the page it is decided on."""
    st.markdown("## Decide")
    if not found and not failed:
        st.caption("Nothing waits for a decision.")
    if found:
        with st.grid(3, min_column_width=280, gap="medium"):
            for one in found:
                with st.container(gap="xsmall"):
                    _decision(one)
    for sentence in _unsaid(failed, down):
        st.markdown(f":small[:orange[{plain(sentence)}]]")


def _decision(one: Decision) -> None:
    st.markdown(f"**{plain(one.title)}**" + (" :small[:orange[urgent]]" if one.is_urgent else ""))
    st.markdown(f":small[:gray[{plain(one.why)}]]")
    page = navigation.page(one.page)
    if page is not None and one.page != url.page():
        st.page_link(page, label=":small[Decide there]", icon=":material/arrow_forward:",
                     query_params=dict(one.address) or None, width="content")  # fmt: skip


def coming(shown: Shown, found: Sequence[Ahead]) -> None:
    """Dated facts ahead of the last day known."""
    st.markdown("## Coming")
    st.caption(f"After {shown.around.end - timedelta(days=1):%-d %B %Y}, the last day shown.")
    if not found:
        st.caption("Not available." if state.problem() else "Nothing is noted for the next two months.")
    for one in found:
        st.markdown(f"{one.note.date:%-d %b} · **{plain(one.note.title)}** :small[:gray[{one.said}, {one.note.kind}]]")
    notes.add_button(url.page(), "coming")


def growth(found: Sequence[Grown]) -> None:
    """Growth on both sides, a sentence each."""
    if not found:
        return
    st.markdown(f"## {heading(found)}")
    for one in found:
        more = one.said or "nothing to compare with yet"
        st.markdown(f"**{plain(one.title)}** {plain(one.text)} · {plain(more)}")


def read(shown: Shown) -> tuple[TileReading, ...]:
    """What the tiles show."""
    return pulse.read_tiles(shown.board, shown.around)
