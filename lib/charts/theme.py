"""How every chart is set: one font, its sizes, and where colours come from when a chart names none.

Each specification carries this with it, so that a chart looks the same on a page and in a file.
"""

from functools import cache
from pathlib import Path
from typing import Any

from lib.charts.tones import Tones

FONTS = Path(__file__).parent / "fonts"
FAMILY = "Inter, 'Source Sans', sans-serif"
SMALL, BODY = 13, 15
# One plot as wide as it is given, as high as it says; axes and legends come on top of the height.
AUTOSIZE = {"type": "fit-x", "contains": "padding"}


@cache
def config(tones: Tones) -> dict[str, Any]:
    """The `config` of a Vega-Lite specification."""
    label = {"labelFont": FAMILY, "labelFontSize": SMALL, "labelColor": tones.muted, "labelFontWeight": 400}
    title = {"titleFont": FAMILY, "titleFontSize": SMALL, "titleColor": tones.muted, "titleFontWeight": 400}
    return {
        "font": FAMILY,
        "axis": {
            **label,
            **title,
            "domain": False,
            "ticks": False,
            "gridColor": tones.hairline,
            "labelPadding": 8,
            "titlePadding": 10,
            "labelOverlap": True,
            "labelSeparation": 10,
            "labelFlush": True,
        },
        "legend": {**label, **title, "labelColor": tones.ink, "columnPadding": 14, "rowPadding": 4, "padding": 0},
        "header": {**label, **title, "labelColor": tones.ink},
        "text": {"font": FAMILY, "fontSize": SMALL, "color": tones.ink},
        "range": {
            "category": list(tones.series),
            "ramp": list(tones.heat),
            "heatmap": list(tones.heat),
            "diverging": list(tones.diverging),
        },
        "view": {"stroke": None},
        # A screen reader hears the sentence of the whole chart and has the table, not every mark with its pixels.
        "mark": {"color": tones.main, "aria": False},
    }
