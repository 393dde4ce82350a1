import streamlit as st

from lib.ui import health_parts, health_tabs, states, url
from lib.ui.page import cards

found = health_parts.look()
health_parts.header("Data health", found)
if found.is_empty:
    states.empty(health_parts.ANSWERS)
    st.stop()

health_parts.verdict(found)
cards(health_parts.numbers(found))

sources, quarantine, events, joins, storage = st.tabs(
    ["Sources", "Quarantine", "Events", "Joins", "Storage"],
    default="Events" if "event" in st.query_params else None,
    key="part",
    bind="query-params",
)
with sources, states.guarded(), health_parts.readable(found):
    if sources.open:
        health_parts.sources_tab(found)
with quarantine, states.guarded(), health_parts.readable(found):
    if quarantine.open:
        health_tabs.quarantine_tab(found)
with events, states.guarded(), health_parts.readable(found):
    if events.open:
        health_tabs.events_tab()
with joins, states.guarded(), health_parts.readable(found):
    if joins.open:
        health_parts.joins_tab()
with storage, states.guarded(), health_parts.readable(found):
    if storage.open:
        health_parts.storage_tab(found)
url.say_refused()
