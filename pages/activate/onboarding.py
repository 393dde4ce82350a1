import streamlit as st

from lib import queries
from lib.questions import parse
from lib.ui import funnel_controls, funnel_parts, funnel_tabs, url
from lib.ui.page import cards, page_header, verdict
from lib.ui.scope_bar import earlier, scope_bar

scope = scope_bar()
head, said, controls = st.container(), st.container(), st.container()
with controls:
    choice = funnel_controls.controls()
    url.say_refused()
if len(choice.steps) < 2:
    st.info("A funnel needs two steps or more: pick them under “steps”.")
    st.stop()

asked = funnel_controls.question(choice, scope, queries.events())
compare, against = earlier(scope)
whole = queries.ask(parse({**asked, "by": None, **compare}))
answer = queries.ask(parse(asked)) if choice.by else whole

with head:
    page_header("Onboarding", answer)
with said:
    verdict(whole)
cards(funnel_parts.numbers(whole, against))
funnel_parts.steps_picture(answer)
funnel_parts.steps_table(answer)

over_time, times, people, kept = st.tabs(
    ["Over time", "Time to convert", "People", "Retention"], key="tab", bind="query-params"
)
with over_time:
    if over_time.open:
        funnel_tabs.over_time(asked)
with times:
    if times.open:
        funnel_tabs.time_to_convert(asked)
with people:
    if people.open:
        funnel_tabs.people(asked)
with kept:
    if kept.open:
        funnel_tabs.kept(asked, choice.steps[-1])
