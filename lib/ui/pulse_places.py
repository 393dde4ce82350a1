"""Growth on both sides by country, on Pulse: a small picture of people and one of businesses for each."""

import base64

import streamlit as st

from lib.charts import sparks
from lib.pulse.places import Course, Place
from lib.queries import pulse
from lib.ui.page import tones
from lib.ui.pulse_choice import Shown
from lib.ui.words import plain

ABOUT = "The last two years by month, each line on a scale of its own: compare their shapes, and sizes by number."


def places(shown: Shown) -> None:
    """The countries behind a word; they are asked for, and drawn, once somebody opens it."""
    opened = st.expander("Growth by country", key="pulse-places", on_change="rerun")
    if not opened.open:
        return
    with opened:
        found = pulse.read_places(shown.around)
        if not found:
            st.caption("Nothing is known by country: neither people nor businesses have one.")
            return
        st.caption(ABOUT)
        with st.grid(3, min_column_width=170, gap="medium"):
            for place in found:
                _place(place)


def _place(place: Place) -> None:
    with st.container(gap="xsmall"):
        st.markdown(f"**{plain(place.country)}**")
        for side, colour in zip(place.sides, _colours(place), strict=True):
            st.markdown(_picture(side, colour))
            st.markdown(f":small[:gray[{plain(side.said)}]]")


def _colours(place: Place) -> list[str]:
    """People in the colour of the page, businesses in the muted one; the words below say which is which."""
    return [tones().main if side.metric == "users_total" else tones().muted for side in place.sides]


def _picture(side: Course, colour: str) -> str:
    drawn = sparks.svg(list(side.values), colour)
    if not drawn:
        return ""
    data = base64.b64encode(drawn.encode()).decode()
    return f"![{plain(side.said)}](data:image/svg+xml;base64,{data})"
