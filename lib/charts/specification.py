"""A chart as it leaves `lib.charts`: a specification that names no data, and the rows it draws."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import altair as alt
import polars as pl

from lib.charts.theme import AUTOSIZE, config
from lib.charts.tones import Drawn, Tones

# A picture of more rows is painted on a canvas: a browser needs half as long for it as for as many SVG elements.
MOST_DRAWN = 200


@dataclass(frozen=True)
class Specification:
    """A Vega-Lite specification with its theme, and its rows. Both are shared and must not be changed."""

    spec: dict[str, Any]
    rows: pl.DataFrame

    @cached_property
    def arrow(self) -> Any:
        """The rows as Arrow, which Streamlit sends on as they are."""
        return self.rows.to_arrow()


def specification(chart: "Drawn | alt.Chart", tones: Tones) -> Specification:
    """Take a chart apart, and set it in the type and colours all charts share."""
    rows = chart.data
    assert isinstance(rows, pl.DataFrame), "a chart draws one frame"
    chart = chart.copy(deep=False)
    chart.data = alt.NamedData("rows")
    spec = chart.to_dict(validate=False)  # tests validate every chart; it takes most of the time
    del spec["data"]
    beside = spec.pop("datasets", {})
    for layer in spec.get("layer", ()):
        # Marks beside the rows, such as annotations, carry their few values with them.
        if name := layer.get("data", {}).get("name"):
            layer["data"] = {"values": beside[name]}
    if rows.height > MOST_DRAWN:
        spec["usermeta"] = {"embedOptions": {"renderer": "canvas"}}
    return Specification(spec | {"config": config(tones), "autosize": AUTOSIZE}, rows)
