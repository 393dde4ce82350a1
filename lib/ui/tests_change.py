"""Before and after a change: its size, the comparison group's, the days around it, and a spike taken apart."""

import polars as pl
import streamlit as st

from lib import queries
from lib.answers import Answer
from lib.charts import before_after, lines
from lib.questions import BeforeAfter
from lib.store import Definition
from lib.ui import saved, tests_choice, tests_controls, tests_known, url
from lib.ui.annotations import SHOWN
from lib.ui.builder import widgets
from lib.ui.page import Card, cards, picture
from lib.ui.tables import Format, table
from lib.ui.tests_choice import TestsChoice
from lib.ui.tests_readout import text_of_p
from lib.ui.words import plain
from lib.words import count, percent

GROUPS = {"group": "With the change", "comparison": "Comparison group", "year_before": "A year earlier"}
EFFECTS = {"change": "Change", "comparison": "Change of the comparison group", "net": "Net of it",
           "year_before": "Change a year earlier"}  # fmt: skip
CHECKS = {"comparison": "Comparison group", "window_over": "Days are over", "season": "The season"}
LOOKS = {"change": "the change", "spike": "as a spike"}


def ask(choice: TestsChoice) -> Answer | None:
    """What is said of the change; None where there is no note to begin from or nothing to measure."""
    notes, metric = tests_known.notes(), tests_known.chosen_measure(choice)
    if choice.annotation not in notes or metric is None:
        return None
    measured = tests_known.measures(choice)[metric][1]
    return queries.ask(tests_choice.before_after(choice, notes[choice.annotation].date.isoformat(), measured, {}))


def start(choice: TestsChoice) -> None:
    """Nothing is chosen yet: what this says, and the latest notes to begin from."""
    views = tests_known.readings(choice)
    if views:
        st.markdown(
            "## Saved readings\n\nChanges somebody has looked at, each with its measure and whom it is compared with."
        )
        for view in views:
            _reading(view)
    st.markdown("## Choose what changed\n\nThis page then compares the days before it with as many days after.")
    notes = tests_known.notes()
    if not notes:
        st.markdown("There are no notes yet. Write one on any time chart (“Notes” below it), then come back.")
    over = [(key, one) for key, one in notes.items() if one.date <= queries.last_day()]
    for key, one in over[:6]:
        st.button(plain(f"{one.date:%-d %B %Y}: {one.title}"), key=f"tests-note-{key}", type="tertiary",
                  on_click=tests_controls.setter("annotation", tab=choice.tab), args=(key,))  # fmt: skip


def _reading(view: Definition) -> None:
    """A saved reading as a way to open it, with what it is for."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(plain(view.name), key=f"tests-reading-{view.key}", type="tertiary", icon=":material/bookmark:",
                  on_click=saved.show, args=(view,))  # fmt: skip
        about = str(view.body.get("about") or "")
        st.caption(plain(f"{about} · {view.owner}" if about else view.owner), width="content")


def others(choice: TestsChoice) -> None:
    """The saved readings of the same change, but for the one that is shown."""
    shown = url.now().get("view", ())
    views = [view for view in tests_known.readings(choice) if view.key not in shown]
    if views:
        st.caption("Saved readings of this change")
        for view in views:
            _reading(view)


def show(choice: TestsChoice, answer: Answer) -> None:
    """The numbers, the picture, the table, and what makes it weak."""
    assert isinstance(answer.question, BeforeAfter)
    unit = "count" if answer.question.measure in ("count", "new_customers") else "percent"
    if answer.question.view == "hosts":
        _hosts(answer)
        return
    if answer.question.measure == "count":
        widgets.show("tests-look", choice.look)
        st.segmented_control("Look at", tuple(LOOKS), key="tests-look", format_func=LOOKS.__getitem__,
                             on_change=widgets.heard("tests-look", tests_controls.setter("look")),
                             label_visibility="collapsed", required=True)  # fmt: skip
    if answer.question.view == "spike":
        _spike(choice, answer)
        return
    picture(answer, "windows", before_after, unit=unit, key="tests-change")
    _effects(answer, unit)
    _windows(answer, unit)
    _checks(answer)
    _days(choice, answer, unit)


def _checks(answer: Answer) -> None:
    """What makes it weak, but for what the sentence at the top of the page has said."""
    told = []
    for row in answer.tables["checks"].iter_rows(named=True):
        mark = {True: ":green[yes]. ", False: ":orange[no]. ", None: ":gray[unknown]. "}[row["passed"]]
        # Of the season nobody can say yes or no: its sentence says how likely it is.
        mark = "" if row["check"] == "season" else mark
        if row["said"] not in answer.headline:
            told.append(f"**{CHECKS[row['check']]}**: {mark}{plain(row['said'])}")
    if told:
        st.markdown("\n\n".join(told))


def _hosts(answer: Answer) -> None:
    whole = pl.when("is_joined").then(pl.lit("all hosts together")).otherwise("host")
    table(
        answer.tables["hosts"].with_columns(host=whole),
        {"site": ("Site", "text"), "host": ("Host", "text"), "before": ("Before", "count"), "after": ("After", "count"),
         "change": ("Change", "percent")},
        "hosts", "Visits by host before and after, and of all hosts of a site together", question=answer.question,
    )  # fmt: skip


def _effects(answer: Answer, unit: str) -> None:
    rows = answer.tables["effects"].with_columns(effect=pl.col("effect").replace_strict(EFFECTS), p=text_of_p())
    rows = rows.with_columns(pl.col("difference", "low", "high") * (100 if unit == "percent" else 1))
    shown: dict[str, tuple[str, Format]] = {"effect": ("What", "text")}
    if unit == "percent":
        shown |= {"difference": ("Change, pp", "decimal"), "low": ("95 % from", "decimal"), "high": ("to", "decimal")}
    else:
        shown |= {"ratio": ("Times", "decimal"), "ratio_low": ("95 % from", "decimal"), "ratio_high": ("to", "decimal")}
    shown["p"] = ("p-value", "text")
    table(rows, shown, "effects", "The change, and that of those compared with", question=answer.question)


def _windows(answer: Answer, unit: str) -> None:
    rows = answer.tables["windows"].with_columns(group=pl.col("group").replace_strict(GROUPS))
    form = "percent" if unit == "percent" else "decimal"
    table(
        rows,
        {"group": ("Who", "text"), "period": ("When", "text"), "value": ("Value", form), "low": ("95 % from", form),
         "high": ("to", form), "hits": ("Counted", "count"), "n": ("Of", "count"), "start": ("From", "day"),
         "end": ("until before", "day")},
        "windows", "What was measured before and after", question=answer.question,
    )  # fmt: skip


def _days(choice: TestsChoice, answer: Answer, unit: str) -> None:
    """The same by day, where it can be said by day, with the change marked."""
    series = answer.tables["series"]
    if not series.height:
        return
    named = series.with_columns(
        label=pl.col("group").replace_strict(GROUPS), segment=pl.lit("All"), complete=pl.lit(True)
    )
    drawn = Answer(answer.question, {"days": named}, answer.headline, answer.definition, answer.as_of, answer.stamp)
    said = "Day by day: with the change and the comparison group" if series["group"].n_unique() > 1 else "Day by day"
    picture(drawn, "days", lines, said, annotations=_mark(choice), unit=unit, key="tests-series")


def _mark(choice: TestsChoice) -> pl.DataFrame:
    """The note the change begins from, as charts want it."""
    one = tests_known.notes()[choice.annotation or ""]
    return pl.DataFrame([(one.date, one.end_date, one.title, one.kind, None)], schema=SHOWN, orient="row")


def _spike(choice: TestsChoice, answer: Answer) -> None:
    found = answer.tables["spike"]
    if found.height:
        row = found.row(0, named=True)
        half, kept = row["half_life_days"], row["kept"]
        cards(
            [
                Card("Usual day", count(row["baseline"]), meaning="The median day before."),
                Card("Peak", count(row["peak"]) if row["peak"] else "–",
                     note=f"{row['peak_day']:%-d %b}" if row["peak_day"] else None),
                Card("More than usual", count(row["excess"]), note=f"in {row['spike_days']} days"),
                Card("Half gone after", "–" if half is None else f"{half:.1f} days"),
                Card("Stayed", "–" if kept is None else f"{'+' if kept >= 0 else '−'}{percent(abs(kept))}",
                     meaning="The median day of the last half, against the usual day."),
            ]
        )  # fmt: skip
    _days(choice, answer, "count")
