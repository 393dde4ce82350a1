"""One key result: its picture, what is said against what is measured, what was reported, and its check-ins."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import streamlit as st

from lib import queries
from lib.charts import okr_line
from lib.charts.specification import Specification, specification
from lib.charts.tones import Tones
from lib.okr import forecast
from lib.queries import okr_values, okrs
from lib.queries.okrs import Board, Held
from lib.ui import annotations as notes
from lib.ui import export, okr_check_in, okr_choice, okr_key_result, states, url
from lib.ui.caption import of_page
from lib.ui.okr_check_in import people
from lib.ui.okr_words import source, state, unit, value, way
from lib.ui.page import drawn, tones
from lib.ui.tables import Format, table
from lib.ui.words import moment, plain
from lib.words import percent

POINTS: dict[str, Any] = {
    "kind": pl.String(), "bucket": pl.Date(), "value": pl.Float64(), "low": pl.Float64(), "high": pl.Float64(),
    "confidence": pl.Float64(), "text": pl.String(),
}  # fmt: skip
CHECKS: dict[str, tuple[str, Format]] = {
    "at": ("When", "text"), "author": ("Who", "text"), "confidence": ("Confidence", "decimal"),
    "value": ("Value said", "text"), "note": ("Note", "text"), "blocker": ("In the way", "text"),
}  # fmt: skip
CLOSED = " The values are what the data says today; the last one is what it was closed with."
REPORTED: dict[str, tuple[str, Format]] = {
    "as_of": ("Of", "day"), "reported_at": ("Reported on", "text"), "before": ("Reported", "text"),
    "now": ("Now", "text"), "difference": ("Difference", "text"), "reason": ("Reason", "text"),
}  # fmt: skip


def detail(shown: Board, choice: okr_choice.OkrChoice) -> None:
    """Draw the key result that is open; nothing where none is."""
    held = next((one for one in shown.held if one.result.kr_id == choice.kr), None)
    if held is None:
        return
    st.markdown(f"## {plain(held.result.title)}")
    st.markdown(plain(sentence(held)))
    with st.container(horizontal=True, gap="small"):
        if not held.is_closed:
            okr_check_in.check_in_button(held)
        okr_key_result.change_button(held, shown.cycle)
        if not held.is_closed:
            okr_check_in.close_button([held])
            st.button("Drop", key="drop-key-result", type="tertiary", icon=":material/delete:",
                      help="Take it off the board; every version is kept", on_click=okr_key_result.drop,
                      args=(held.result,))  # fmt: skip
        else:
            st.button("Open again", key="reopen-key-result", type="tertiary", icon=":material/lock_open:",
                      help="Takes the score off; the closed version is kept", on_click=okr_key_result.open_again,
                      args=(held.result,))  # fmt: skip
        st.button("Close this view", key="leave-key-result", type="tertiary", icon=":material/close:",
                  on_click=okr_choice.put, args=("kr", None))  # fmt: skip
    _picture(held)
    _restated(held)
    _checks(held)


def sentence(held: Held) -> str:
    """State, measured, pace, where it leads, and what is said; in the first tenth of the time only how far it is."""
    stands, result = held.standing, held.result
    is_open = not held.is_closed and not stands.is_early
    now = [state(held) if stands.value is None else f"{state(held)}: measured {value(result, stands.value)}",
           way(result)]  # fmt: skip
    if stands.value is not None and not stands.is_limit:
        now.append(f"{percent(stands.progress, 0)} of the way")
    if stands.pace is not None and is_open:
        now.append(f"pace {stands.pace:.2f}")
    told = [", ".join(now), _leads(held) if is_open else "", stands.contrast, held.measured.problem or "",
            f"{source(result)}; owner {result.owner}"]  # fmt: skip
    return " ".join(f"{part[:1].upper()}{part[1:].rstrip('.')}." for part in told if part)


def _leads(held: Held) -> str:
    """`forecast $13.19 if the last values go on, $11.84 at the pace since the start`; empty without either."""
    stands, result = held.standing, held.result
    ends = []
    if stands.heading is not None and stands.lands is not None:
        far = "" if stands.is_limit else f" ({percent(stands.lands, 0)} of the way)"
        ends.append(f"{value(result, stands.heading)}{far} if the last values go on")
    if stands.straight is not None:
        ends.append(f"{value(result, stands.straight)} at the pace since the start")
    return f"forecast {', '.join(ends)}" if ends else ""


def _picture(held: Held) -> None:
    frame = points(held)
    metric = held.result.metric_key
    said = f"{held.result.title}: {'; '.join(filter(None, [held.standing.word, held.standing.contrast]))}"
    happened = notes.shown(url.page(), metric)

    def draw(tones: Tones) -> Specification:
        chart = okr_line.chart(frame, tones, annotations=happened, unit=unit(held.result),
                               currency=queries.settings().company.currency)  # fmt: skip
        return specification(chart, tones)

    alt = okr_line.summary(frame, said=said, unit=unit(held.result), currency=queries.settings().company.currency)
    drawn(draw(tones()), "okr-line", alt)
    legend = f"{okr_line.LEGEND}{CLOSED if held.is_closed else ''}"
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", gap="small"):
        st.caption(legend, width="stretch")
        with st.container(horizontal=True, width="content", gap="small"):
            if queries.days() is not None:
                notes.add_button(url.page(), "okr-line")
            words = of_page(said, legend, f"{source(held.result)}; {way(held.result)}.")
            export.frame_menu(frame, held.result.title, draw, words, "okr-line")


def points(held: Held) -> pl.DataFrame:
    """What the picture draws: values, path, forecast and check-ins."""
    result, aim = held.result, held.aim
    known = held_points(held)
    rows: list[tuple[Any, ...]] = [("value", day, number, None, None, None, "") for day, number in known]
    ends = ((result.start_on, aim.start), (result.due_on, aim.due))
    rows += [("path", day, aim.planned(at), None, None, None, "") for day, at in ends]
    since = [point for point in known if point[0] >= result.start_on]
    ahead = forecast.line(since if len(since) >= forecast.LEAST else known[-forecast.LEAST :])
    if ahead is not None and not held.is_closed and known:
        rows += [("forecast", day, at, low, high, None, "") for day, at, low, high in
                 forecast.path(ahead, known[-1][0], result.due_on)]  # fmt: skip
    timezone = queries.settings().company.timezone
    for one in held.said:
        day = one.at.astimezone(ZoneInfo(timezone)).date()
        number = one.value if one.value is not None else measured_on(known, day)
        rows.append(("check-in", day, number, None, None, one.confidence, f"{one.confidence:.1f}: {one.note or '–'}"))
    return pl.DataFrame(rows, schema=POINTS, orient="row").sort("kind", "bucket")


def held_points(held: Held) -> list[tuple[date, float]]:
    """The values up to the due day; of a closed one up to its close, where it has the value it was scored by."""
    result = held.result
    points = [point for point in held.measured.points if point[0] <= result.due_on]
    if not held.is_closed:
        return points
    with states.quiet():
        said = {result.kr_id: held.said}
        found = okr_values.measured([result], queries.ask, said, queries.settings().company.timezone)
        points = list(found[result.kr_id].points)
    over = okrs.closing_day(result)
    kept = [point for point in points if point[0] < over]
    return kept if result.final_value is None else [*kept, (over, result.final_value)]


def measured_on(known: Sequence[tuple[date, float]], day: date) -> float | None:
    """The value on a day: of the last point up to it, else of the first one; None without any."""
    before = [number for at, number in known if at <= day] or [number for _, number in known[:1]]
    return before[-1] if before else None


def _restated(held: Held) -> None:
    """What was reported and is another number now, with the reason."""
    if not queries.has_state():
        return
    rows: list[dict[str, Any]] = []
    with states.quiet():
        settings, store = queries.settings(), queries.store()
        meant = okrs.definition_of(held, settings, store)
        found = okrs.restatements(held, store.snapshots.of(okrs.reported_as(held.result)), meant, people())
        for one, changed in found:
            difference = changed.difference
            sign = "−" if (difference or 0) < 0 else "+"
            told = value(held.result, abs(difference or 0.0)).replace(" %", " pp")
            shown = "–" if difference is None else f"{sign}{told}"
            rows.append(
                {
                    "as_of": one.as_of, "reported_at": moment(one.reported_at, settings.company.timezone),
                    "before": value(held.result, changed.before), "now": value(held.result, changed.now),
                    "difference": shown, "reason": changed.reason,
                }
            )  # fmt: skip
    if rows:
        st.markdown("**Restated: reported before, another number now**")
        table(pl.DataFrame(rows), REPORTED, "restated", "Numbers that are not any more what was reported, and why")


def _checks(held: Held) -> None:
    if not held.said:
        st.caption("Nobody has checked in yet.")
        return
    timezone = queries.settings().company.timezone
    rows = [
        {
            "at": moment(one.at, timezone), "author": one.author, "confidence": one.confidence,
            "value": "" if one.value is None else value(held.result, one.value), "note": one.note,
            "blocker": one.blocker,
        }
        for one in reversed(held.said)
    ]  # fmt: skip
    st.markdown("**Check-ins**")
    table(pl.DataFrame(rows), CHECKS, "check-ins", "What people said of this key result, the newest first")
