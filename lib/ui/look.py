"""The typeface of every page, our own copy of Inter, from this computer; and what the theme file cannot say.

The font goes out inside the style that names it. From a file of its own a browser takes it anew whenever Streamlit adds
a style while a page is being built; a chart drawn meanwhile is measured in another font, and its labels are cut.
Charts and their files use the same font (`lib.charts.theme`). Its digits are all of one width.
"""

from base64 import b64encode
from pathlib import Path

import streamlit as st

from lib.charts.theme import FONTS
from lib.charts.tones import DARK

# Streamlit cuts the name of a number, and what is said beside it, to one line; on a phone some need two.
WRAPPED = (
    ":is([data-testid=stMetricLabel],[data-testid=stMetricDelta]) *{white-space:normal!important}"
    # Where the tabs of a page are wider than the screen, they stand in rows: the open one may not be out of sight.
    "[data-testid=stTabs] [role=tablist]{flex-wrap:wrap;row-gap:.25rem}"
    # Words to press that take two lines begin at the left, like all text.
    "[data-testid=stBaseButton-tertiary] *{text-align:left}"
)
# The sections of the menu stand apart without a container each.
APART = ".st-key-menu>:has([data-testid=stCaptionContainer]):not(:first-child){margin-top:.5rem}"
FONT = b64encode((FONTS / "Inter.woff2").read_bytes()).decode()
NAMED = f"@font-face{{font-family:Inter;font-weight:400 700;src:url(data:font/woff2;base64,{FONT}) format('woff2')}}"

# Streamlit writes white on the main colour. In the dark theme that is a light blue, on which white cannot be read
# (2.4:1): what stands on it is written in the dark of the page, and under the mouse the blue gets lighter, not darker.
ON_MAIN = (
    "[data-testid^=stBaseButton-primary]:not(:disabled)",
    "[data-testid=stMultiSelectTagsContainer] [data-tag]",
    "[data-testid^=stDate][data-testid$=Field] [role=spinbutton][data-focused]",
    "[data-testid^=stDate][data-testid$=Calendar] [role=button][data-selected]",
)
MARKS = (
    "[data-testid=stRadioOption][data-selected] div div div",
    "[data-testid=stCheckbox] label[data-selected] div div",
)
DARKER = (
    f"<style>:is({','.join(ON_MAIN)}){{background-color:{DARK.main}!important;color:{DARK.on_deep}!important}}"
    f":is({','.join(ON_MAIN)}) *{{color:{DARK.on_deep}!important}}"
    f"{ON_MAIN[0]}:is(:hover,:focus-visible){{background-color:{DARK.heat[-2]}!important}}"
    f":is({','.join(MARKS)}):empty{{background-color:{DARK.on_deep}!important}}"
    f"[data-testid=stCheckbox] label[data-selected] svg :not([data-testid^=stTooltip] *){{stroke:{DARK.on_deep}}}"
    # A button whose panel is open is darkened by Streamlit, here to a blue nobody can read on the dark page.
    f"[data-testid=stPopoverButton][kind=tertiary][aria-expanded=true]{{color:{DARK.main}!important}}</style>"
)

# As text, so that no run has to open the file.
ICON = "data:image/svg+xml;base64," + b64encode((Path(__file__).parent / "icon.svg").read_bytes()).decode()

_in_page = False


def head() -> str:
    """The font for the head of the page itself: a server that puts it there spares every run the sending."""
    global _in_page
    _in_page = True
    return f"<style>{NAMED}</style>"


def font() -> None:
    """Hand the browser our styles, and the font `.streamlit/config.toml` names where the page does not bring it."""
    named = "" if _in_page else NAMED
    st.html(f"<style>{named}{WRAPPED}{APART}</style>{DARKER if st.context.theme.type == 'dark' else ''}")
