import streamlit as st

from lib.ui import tests_controls, tests_decision, tests_page, url

choice = tests_controls.read()
head = st.container()
tests_controls.sections(choice)
refused = st.container()
tests_decision.drawers()

answer = tests_page.part(choice)

with head:
    tests_page.header(choice, answer)
with refused:
    url.say_refused()
