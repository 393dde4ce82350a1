import streamlit as st

from lib import queries
from lib.ui import (
    revenue_accounts,
    revenue_behind,
    revenue_choice,
    revenue_controls,
    revenue_parts,
    revenue_policy,
    revenue_tabs,
    revenue_views,
    url,
)
from lib.ui.page import cards, page_header, verdict
from lib.ui.scope_bar import scope_bar

period = scope_bar()
scope, left_out = revenue_choice.about_revenue(period)
choice, changed = revenue_choice.fitting(revenue_controls.read(), scope)
head = st.container()
revenue_controls.controls(choice, [revenue_policy.control()])
for sentence in filter(None, (left_out, changed)):
    st.warning(sentence)
refused = st.container()

asked = revenue_parts.ask(choice, scope)
view = revenue_views.here(revenue_parts.buckets(asked), revenue_parts.groups(asked), queries.products())

with head:
    page_header("Revenue", asked.kept)
    verdict(asked.kept)
revenue_parts.step_of_numbers(asked)
cards(revenue_parts.numbers(asked))
revenue_policy.policy(choice, scope)
revenue_parts.bridge(asked, view)
revenue_accounts.accounts(asked, choice, scope, view)
revenue_parts.movements(asked)
revenue_tabs.tabs(revenue_behind.Behind(asked, choice, scope, view))
with refused:
    url.say_refused()
