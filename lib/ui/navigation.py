"""Whose numbers these are, and the way to every page, at the top of the sidebar."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import streamlit as st

from lib import queries
from lib.ui import states, url
from lib.ui.words import plain

PAGES, LATER = "_pages", "With more data"
MENU = "menu"


def page(address: str) -> Any:
    """The page with this address, for a link to it; None where there is none."""
    return st.session_state.get(PAGES, {}).get(address)


def draw(sections: Mapping[str, Sequence[st.Page]], here: str, needs: Mapping[str, Collection[str]]) -> None:
    """The company's name, then the pages by section. `here` is the path of the page that is shown.

    A page that `needs` one of some tables stands at the end while none of them was loaded. A link carries what was last
    chosen on its page, and the period and filters of this one.
    """
    url.begin(here)
    st.session_state[PAGES] = {page.url_path: page for pages in sections.values() for page in pages}
    with st.sidebar:
        with states.quiet():
            st.markdown(f"**{plain(queries.settings().company.name)}**  \n:small[:gray[Growth Ops]]")
        links = url.links(st.session_state[PAGES])
        # One container for all sections: the room between them is a matter of style (`lib.ui.look`).
        with st.container(gap="xsmall", key=MENU):
            for section, pages in _in_order(sections, needs).items():
                st.caption(section)
                for page in pages:
                    st.page_link(page, width="stretch", query_params=links[page.url_path] or None)


def _in_order(
    sections: Mapping[str, Sequence[st.Page]], needs: Mapping[str, Collection[str]]
) -> dict[str, list[st.Page]]:
    """The sections, pages whose tables are missing at the end."""
    later = set[str]()
    with states.quiet():
        loaded = queries.loaded()
        later = {path for path, tables in needs.items() if loaded.isdisjoint(tables)}
    found = {name: [page for page in pages if page.url_path not in later] for name, pages in sections.items()}
    found[LATER] = [page for pages in sections.values() for page in pages if page.url_path in later]
    return {name: pages for name, pages in found.items() if pages}
