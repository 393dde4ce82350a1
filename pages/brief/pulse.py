import streamlit as st

from lib.queries import pulse
from lib.ui import pulse_alerts, pulse_brief, pulse_choice, pulse_drawer, pulse_parts, pulse_places, url
from lib.ui.scope_bar import scope_bar

shown = pulse_choice.here(scope_bar())
readings = pulse_parts.read(shown)
down = pulse_parts.reason(readings)
pulse_parts.head("Pulse", pulse.read_freshness(), lambda: pulse_brief.button(shown))
said = st.empty()
with said:
    pulse_parts.verdict(readings)
pulse_choice.controls(shown, [pulse_drawer.control(shown), pulse_alerts.control()])
refused = st.container()
pulse_parts.cards(shown, readings)
moves_at = st.container()
pulse_choice.drawn(shown)
pulse_parts.course(shown, down)

waiting, failed = pulse.read_decisions(shown.around)
pulse_parts.decide(waiting, failed, down)
left, right = st.columns([3, 2], gap="large")
with right:
    pulse_parts.coming(shown, pulse.read_coming(shown.around.end))
moved = pulse.read_moves(shown.around)
with moves_at:
    pulse_parts.moved(shown, moved, down)
with said:
    pulse_parts.verdict(readings, moved, waiting)
with left:
    pulse_parts.growth(pulse.read_growth(shown.around))
    pulse_places.places(shown)
pulse_drawer.reopened()
pulse_drawer.metrics_drawer()
pulse_alerts.alerts_drawer()
with refused:
    url.say_refused()
