"""Which point of a picture was clicked: every point that stands for a row carries a key, and the key comes back."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

POINTS, PICKED, KEY = "points", "picked", "key"


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


def picked(selection: Mapping[str, Any]) -> list[Any] | None:
    """What was clicked: the values of its row's key; None where nothing is chosen.

    >>> picked({"picked": [{"key": '["2026-03-02", "new"]'}]})
    ['2026-03-02', 'new']
    """
    chosen = selection.get(PICKED) or ()
    return json.loads(chosen[0][KEY]) if chosen else None
