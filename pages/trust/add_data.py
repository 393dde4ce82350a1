import streamlit as st

from lib.ui import add_data, add_data_mapping, states

target = add_data.header()
add_data.done()
asked = add_data.choose(target)
if asked is None:
    add_data.offer_demo()
    st.stop()

guessed = add_data.look(asked)
if guessed is None:
    st.stop()
wanted = add_data_mapping.mapping(asked, guessed)
found = add_data.look(wanted)
if found is None:
    st.stop()
settled = add_data_mapping.rules(wanted, found)
found = add_data.look(settled)
if found is None:
    st.stop()
add_data_mapping.summary(found)
with states.guarded():
    add_data.load(settled, found)
add_data_mapping.preview(found)
