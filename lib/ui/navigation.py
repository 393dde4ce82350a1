"""Whose numbers these are, and the way to every page, at the top of the sidebar."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from lib import queries
from lib.ui import states, url
from lib.ui.words import plain

PAGES = "_pages"


def page(address: str) -> Any:
    """The page with this address, for a link to it; None where there is none."""
    return st.session_state.get(PAGES, {}).get(address)


def draw(sections: Mapping[str, Sequence[st.Page]], here: str) -> None:
    """The company's name, then the pages by section. `here` is the path of the page that is shown.

    A link carries what was last chosen on its page, and the period and filters of this one.
    """
    url.begin(here)
    st.session_state[PAGES] = {page.url_path: page for pages in sections.values() for page in pages}
    with st.sidebar:
        with states.quiet():
            st.markdown(f"**{plain(queries.settings().company.name)}**  \n:small[:gray[Growth Ops]]")
        for section, pages in sections.items():
            with st.container(gap="xsmall"):
                st.caption(section)
                for page in pages:
                    st.page_link(page, width="stretch", query_params=url.link(page.url_path) or None)
