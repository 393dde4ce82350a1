import streamlit as st

from lib import queries
from lib.questions import parse
from lib.ui import channel_rules, channels_choice, channels_controls, channels_parts, channels_tabs, url
from lib.ui.page import cards, page_header, verdict
from lib.ui.scope_bar import scope_bar

scope = scope_bar()
choice = channels_controls.read()
head = st.container()
channels_controls.controls(choice, [channel_rules.control()])
channel_rules.rules_drawer(scope)
refused = st.container()

asked = channels_choice.question(choice, scope)
answer = queries.ask(parse(asked))

with head:
    page_header("Channels", answer)
    verdict(answer)
cards(channels_parts.numbers(answer))
channels_parts.map_picture(answer)
channels_parts.channels_table(answer)
channels_parts.unattributed(answer)
channels_tabs.tabs(asked, choice, answer)
with refused:
    url.say_refused()
