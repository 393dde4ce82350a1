"""Which point of a picture was clicked: every point that stands for a row carries a key, and the key comes back."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from lib.charts.annotations import LINES, TOPS

POINTS, PICKED, KEY = "points", "picked", "key"
NOTED, NOTE = "noted", "note"


def keys(frame: pl.DataFrame, columns: Sequence[str]) -> pl.Series:
    """The key of each row: the values of these columns as a JSON list, days and times as ISO text.

    >>> keys(pl.DataFrame({"step": [1, 2], "segment": ["All", "All"]}), ["step", "segment"]).to_list()
    ['[1, "All"]', '[2, "All"]']
    """
    found = [json.dumps(row, default=lambda at: at.isoformat()) for row in frame.select(columns).iter_rows()]
    return pl.Series(KEY, found, dtype=pl.String())


def is_pickable(spec: Mapping[str, Any]) -> bool:
    """True for a picture that has points to click."""
    return any(layer.get("name") == POINTS for layer in spec.get("layer", ()))


def pickable(spec: Mapping[str, Any]) -> dict[str, Any]:
    """The picture with its points listening to clicks; of small ones the nearest is meant.

    The specification it is given stays as it is.
    """
    layers = [
        layer | {"mark": layer["mark"] | {"cursor": "pointer"}} if layer.get("name") == POINTS else layer
        for layer in spec["layer"]
    ]
    small = any(layer.get("name") == POINTS and layer["mark"]["type"] == "point" for layer in layers)
    select = {"type": "point", "fields": [KEY], "toggle": False, "nearest": small}
    return {**spec, "layer": layers, "params": [{"name": PICKED, "select": select, "views": [POINTS]}]}


def has_notes(spec: Mapping[str, Any]) -> bool:
    """True for a picture with annotations whose ids are known, so that a click on one can open it."""
    rows = [row for layer in spec.get("layer", ()) if layer.get("name") == LINES for row in layer["data"]["values"]]
    return any(row.get(NOTE) for row in rows)


def with_notes(spec: Mapping[str, Any]) -> dict[str, Any]:
    """The picture with the lines of its annotations listening to clicks.

    Where points listen, too, only the upper ends of the lines do: the nearest point is meant by every other click.
    """
    has_tops = any(layer.get("name") == TOPS for layer in spec["layer"])
    view = TOPS if has_tops and spec.get("params") else LINES  # Vega-Lite takes one view of a layered picture
    layers = [
        layer | {"mark": layer["mark"] | {"cursor": "pointer"}} if layer.get("name") == view else layer
        for layer in spec["layer"]
        if layer.get("name") != TOPS or view == TOPS  # an upper end that does not listen would only be in the way
    ]
    select = {"type": "point", "fields": [NOTE], "toggle": False}
    params = [*spec.get("params", ()), {"name": NOTED, "select": select, "views": [view]}]
    return {**spec, "layer": layers, "params": params}


def noted(selection: Mapping[str, Any]) -> str | None:
    """The id of the annotation that was clicked; None where none was.

    >>> noted({"noted": [{"note": "a_4f1c09be"}], "picked": []})
    'a_4f1c09be'
    """
    chosen = selection.get(NOTED) or ()
    return str(chosen[0].get(NOTE) or "") or None if chosen else None


def picked(selection: Mapping[str, Any]) -> list[Any] | None:
    """What was clicked: the values of its row's key; None where nothing is chosen.

    >>> picked({"picked": [{"key": '["2026-03-02", "new"]'}]})
    ['2026-03-02', 'new']
    """
    chosen = selection.get(PICKED) or ()
    return json.loads(chosen[0][KEY]) if chosen else None
