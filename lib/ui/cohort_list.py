"""The cohorts that are kept, on Explore's start: what they are for, how many people are in each now, and a link."""

from collections.abc import Callable
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lib import queries
from lib.errors import GrowthOpsError
from lib.questions import parse
from lib.store import Definition
from lib.ui import cohort_keeping, keeping, url
from lib.ui.builder import widgets
from lib.ui.words import plain
from lib.words import count

PEOPLE = "people"  # the kind of question on Explore


def kept_cohorts() -> Callable[[], None]:
    """Draw the list, the newest first, without numbers. What it returns puts the number of people into each row."""
    kept = keeping.listed(cohort_keeping.KIND)
    if not kept:
        return lambda: None
    st.markdown("## Cohorts", help="People under a name, counted as of the last event, whatever the sidebar says.")
    return partial(_fill, [(one.key, _row(one)) for one in kept])


def _row(cohort: Definition) -> DeltaGenerator:
    """One cohort; returns the place of its number."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        # A button, for Streamlit cuts long names of links off, and marks every link to the page one is on.
        st.button(
            f"**{plain(cohort.name)}**", key=f"cohort-{cohort.key}", type="tertiary", icon=":material/arrow_forward:",
            icon_position="right", on_click=url.write, args=(link(cohort),),
        )  # fmt: skip
        size = st.container(width="content")
        about = cohort.body.get("about")
        st.caption(plain(f"{about} · {cohort.owner}" if about else cohort.owner), width="content")
        widgets.icon(
            f"retire-cohort-{cohort.key}", "delete", f"Take “{cohort.name}” off the list", cohort_keeping.retire, cohort
        )
    return size


def _fill(places: list[tuple[str, DeltaGenerator]]) -> None:
    for key, place in places:
        place.markdown(plain(size(key)), width="content")


def size(key: str) -> str:
    """How many people are in a cohort now, or why nobody can tell.

    It is one question a cohort, and remembered until the next load or the next change of a cohort.
    """
    try:
        people = queries.ask(parse({"kind": "cohort", "cohort": key})).tables["size"]["users"].item()
    except GrowthOpsError as error:
        return str(error)
    return f"{count(people)} {'person' if people == 1 else 'people'}"


def link(cohort: Definition) -> dict[str, tuple[str, ...]]:
    """The parameters that open a cohort."""
    return {"ask": (PEOPLE,), cohort_keeping.KIND: (cohort.key,)}
