import streamlit as st

from lib import queries
from lib.ui import explore, explore_kinds, explore_start, person, states, url
from lib.ui.page import page_header, verdict
from lib.ui.scope_bar import scope_bar

kind = explore_kinds.here()
scope = scope_bar(times=kind in explore_kinds.TIMED)
head = st.container()
explore_kinds.choose(kind)
user = person.asked()
if kind == explore_kinds.START:
    states.title(explore.TITLE, head)
    if user is not None:
        url.say_refused()
        person.shown(user)
        st.stop()
    sizes = explore_start.start()
    url.say_refused()
    sizes()
    st.stop()

asked = explore.asked(kind, scope)
refused = st.container()
if user is not None:
    states.title(explore.TITLE, head)
    person.shown(user, asked.funnel)
elif asked.question is None:
    states.title(explore.TITLE, head)
    st.info(asked.missing)
else:
    answer = queries.ask(asked.question)
    with head:
        page_header(explore.TITLE, answer)
        verdict(asked.told(answer) if asked.whole is None else queries.ask(asked.whole))
    asked.draw(answer)
with refused:
    url.say_refused()
