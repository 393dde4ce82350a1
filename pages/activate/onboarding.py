import streamlit as st

from lib import queries
from lib.questions import parse
from lib.ui import (
    funnel_choice,
    funnel_controls,
    funnel_exclusions,
    funnel_parts,
    funnel_steps,
    funnel_tabs,
    person,
    states,
    url,
)
from lib.ui.page import cards, page_header, verdict
from lib.ui.scope_bar import earlier, scope_bar
from lib.ui.tables import table

scope = scope_bar(times=True)
choice = funnel_controls.read()
compare, against = earlier(scope, choice.compare)
head = st.container()
funnel_controls.controls(choice, against)
refused = st.container()
funnel_steps.steps_drawer(choice, funnel_controls.change)
funnel_exclusions.exclusions_drawer(choice, funnel_controls.change)
if len(choice.steps) < 2:
    url.say_refused()
    st.info("A funnel needs two steps or more: add one under “steps”.")
    st.stop()

asked = funnel_choice.question(choice, scope)
of_people = choice.count_by != "account"
user = person.asked()
if user is not None:
    states.title("Onboarding", head)
    url.say_refused()
    person.shown(user, asked if of_people else None)
    st.stop()

whole = queries.ask(parse({**asked, "by": None, **compare}))
answer = queries.ask(parse(asked)) if choice.by else whole

with head:
    page_header("Onboarding", answer)
    verdict(whole)
    funnel_parts.caution(whole)
cards(funnel_parts.numbers(whole, against))
funnel_parts.steps_picture(answer)
funnel_parts.lost_people(whole)
funnel_parts.steps_table(answer)
funnel_tabs.tabs(asked, choice, person.listed if of_people else table)
with refused:
    url.say_refused()
