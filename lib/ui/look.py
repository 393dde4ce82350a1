"""The typeface of every page: our own copy of Inter, from this computer.

Streamlit serves fonts from a folder `static` beside the entry script only. A declared component is the other folder it
serves, from `streamlit run` and from our own server alike; ours has nothing in it but the font, and is never drawn. The
style that names it is sent by the script, when the file can be had, and not by the theme, which is there before.
Charts and their files use the same font (`lib.charts.theme`). Its digits are all of one width.
"""

from base64 import b64encode
from pathlib import Path

import streamlit as st
from streamlit.components.v1 import declare_component

from lib.charts.theme import FONTS

FILE = f"component/{__name__}.font/Inter.woff2"
# Streamlit cuts the name of a number, and what is said beside it, to one line; on a phone some need two.
WRAPPED = ":is([data-testid=stMetricLabel],[data-testid=stMetricDelta]) *{white-space:normal!important}"
# The sections of the menu stand apart without a container each.
APART = ".st-key-menu>:has([data-testid=stCaptionContainer]):not(:first-child){margin-top:.5rem}"
STYLE = (
    "<style>@font-face{font-family:Inter;font-weight:400 700;font-display:swap;"
    f"src:url({FILE}) format('woff2')}}{WRAPPED}{APART}</style>"
)

# As text, so that no run has to open the file.
ICON = "data:image/svg+xml;base64," + b64encode((Path(__file__).parent / "icon.svg").read_bytes()).decode()


def font() -> None:
    """Hand the browser the font that `.streamlit/config.toml` names; until it is there, Source Sans stands in."""
    _serve()
    st.html(STYLE)


@st.cache_resource(show_spinner=False)
def _serve() -> None:
    """Have this server hand out the folder of the font; once is enough."""
    declare_component("font", path=str(FONTS))
