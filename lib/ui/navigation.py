"""Whose numbers these are, and the way to every page, at the top of the sidebar."""

from collections.abc import Mapping, Sequence

import streamlit as st

from lib import queries
from lib.ui import states
from lib.ui.words import plain


def draw(sections: Mapping[str, Sequence[st.Page]]) -> None:
    """The company's name, then the pages by section."""
    with st.sidebar:
        with states.quiet():
            st.markdown(f"**{plain(queries.settings().company.name)}**  \n:small[:gray[Growth Ops]]")
        for section, pages in sections.items():
            with st.container(gap="xsmall"):
                st.caption(section)
                for page in pages:
                    st.page_link(page, width="stretch")
