"""The router: page config, the table of sections and pages, and a net under every page."""

from contextlib import nullcontext

import streamlit as st

from lib import queries
from lib.ui import adoption, annotations, look, navigation, saved, states, url

# section: (file, title, address, what it answers).
PAGES = {
    "Brief": [
        ("pages/brief/pulse.py", "Pulse", "pulse", "What changed, why, and what needs a decision."),
        ("pages/brief/okrs.py", "OKRs", "okrs", "Whether we are where we said we would be."),
    ],
    "Acquire": [
        ("pages/acquire/channels.py", "Channels", "channels", "Which channel brings people who stay, at what cost."),
    ],
    "Activate": [
        ("pages/activate/onboarding.py", "Onboarding", "onboarding", "Where new users stop, and who stays."),
        ("pages/activate/tests.py", "Tests", "tests", "Whether a change worked: tests, and before against after."),
    ],
    "Keep": [
        ("pages/keep/revenue.py", "Revenue", "revenue", "Do customers stay and grow, and what moved it."),
    ],
    "Decide": [
        ("pages/decide/explore.py", "Explore", "explore", "How many people do what, how often, and who they are."),
    ],
    "Trust": [
        ("pages/trust/health.py", "Data health", "health", "Whether the numbers can be believed."),
        ("pages/trust/add_data.py", "Add data", "data", "Your own events and money, from a file to the first funnel."),
    ],
}
# The page that opens, where it has what it needs. A page needs one of these tables, or else events; without, it says so
# in place of its answer, and stands under "With more data" where its tables are further ones.
FIRST = "pulse"
NEEDS = {
    "pulse": ("events", "subscriptions"),
    "channels": ("touchpoints", "spend"),
    "revenue": ("subscriptions",),
    "tests": ("events", "subscriptions", "exposures"),
}
EVENTS = ("events",)
# Pages that have something to say before the first event, or when the data cannot be read.
ALWAYS = ("health", "data")
# Pages made of what people write: they work without any data.
WRITTEN = ("okrs",)

st.set_page_config(page_title="Growth Ops", page_icon=look.ICON, layout="wide")

pages, answers = {}, {}
for section, entries in PAGES.items():
    pages[section] = [st.Page(file, title=title, url_path=path, help=about) for file, title, path, about in entries]
    answers |= {path: about for _, _, path, about in entries}
listed = [page for entries in pages.values() for page in entries]
first = next(page for page in listed if page.url_path == FIRST)


def lacks(path: str) -> bool:
    """True for a page that has nothing to say because none of its tables was loaded."""
    return path not in (*ALWAYS, *WRITTEN) and queries.loaded().isdisjoint(NEEDS.get(path, EVENTS))


def home() -> None:
    """The bare address leads to the first page that has data, with whatever the link says after it."""
    found, own = first, (*ALWAYS, *WRITTEN)
    with states.quiet():
        if lacks(FIRST):
            found = next((page for page in listed if page.url_path not in own and not lacks(page.url_path)), first)
    st.switch_page(found, query_params={key: st.query_params.get_all(key) for key in st.query_params})


start = st.Page(home, title="Growth Ops", url_path="home", default=True, visibility="hidden")
page = st.navigation({"": [start], **pages}, position="hidden")
look.font()

# Pages that load data see what they loaded; all others see one state of the workspace from top to bottom.
with nullcontext() if page.url_path in ALWAYS else queries.steady():
    navigation.draw(pages, page.url_path, NEEDS)
    adoption.note(page.url_path)
    with states.guarded(page.title):
        if page is not start and lacks(page.url_path):
            states.title(page.title)
            states.lacking(answers[page.url_path], NEEDS.get(page.url_path, EVENTS))
        else:
            states.said()
            page.run()
            saved.save_drawer()
            annotations.annotations_drawer(page.url_path)
url.ended()
