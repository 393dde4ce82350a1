import streamlit as st

from lib.ui import explore, explore_kinds, explore_start, person, url
from lib.ui.page import page_header, verdict
from lib.ui.scope_bar import scope_bar

scope = scope_bar()
kind = explore_kinds.here()
head, said = st.container(), st.container()
explore_kinds.choose(kind)
if kind == explore_kinds.START:
    head.title(explore.TITLE, anchor=False)
    sizes = explore_start.start()
    url.say_refused()
    sizes()
    st.stop()

asked = explore.asked(kind, scope)
refused = st.container()
user = person.asked()
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
    with said:
        verdict(answer if asked.whole is None else explore.answered(asked.whole, head))
    asked.draw(answer)
with refused:
    url.say_refused()
