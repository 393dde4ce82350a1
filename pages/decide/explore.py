import streamlit as st

from lib.ui import explore, explore_kinds, explore_start, person, url
from lib.ui.page import page_header, verdict
from lib.ui.scope_bar import scope_bar

scope = scope_bar()
kind = explore_kinds.here()
head = st.container()
explore_kinds.choose(kind)
user = person.asked()
if kind == explore_kinds.START:
    head.title(explore.TITLE, anchor=False)
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
    head.title(explore.TITLE, anchor=False)
    person.shown(user, asked.funnel)
elif asked.question is None:
    head.title(explore.TITLE, anchor=False)
    st.info(asked.missing)
else:
    answer = explore.answered(asked.question, head)
    with head:
        page_header(explore.TITLE, answer)
        verdict(asked.told(answer) if asked.whole is None else explore.answered(asked.whole, head))
    asked.draw(answer)
with refused:
    url.say_refused()
