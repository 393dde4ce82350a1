"""Addresses: from a number to the page that shows the same number."""

import json
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import quote, urlencode

from lib.pulse.tiles import Around, TileReading

Address = dict[str, tuple[str, ...]]
METRIC_PAGE = "explore"


def to_metric(
    metric: str, grain: str, reading: TileReading | None, around: Around, shared: Mapping[str, tuple[str, ...]]
) -> Address:
    """The address, on Explore, of a metric up to the bucket that is shown: its last complete one is that bucket.

    `shared` are the filters of the page; the conditions of the tile go along beside them. Buckets are never cut: the
    first is a whole one.
    """
    first = reading.course[0][0] if reading is not None and reading.course else around.end - timedelta(days=200)
    days = (f"{first}", f"{around.end - timedelta(days=1)}")
    kept = {key: values for key, values in shared.items() if key not in ("period", "range")}
    own = reading.tile.where if reading is not None else ()
    more = tuple(_text(one.model_dump(mode="json", by_alias=True, exclude_none=True)) for one in own)
    conditions = (*kept.pop("if", ()), *more)
    address = {**kept, "ask": ("metric",), "metric": (metric,), "grain": (grain,), "period": ("custom",), "range": days}
    return address | ({"if": conditions} if conditions else {})


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def url(base: str, page: str, address: Mapping[str, tuple[str, ...]]) -> str:
    """A whole link.

    >>> url("http://localhost:8501/", "explore", {"ask": ("metric",), "range": ("2026-01-01", "2026-02-01")})
    'http://localhost:8501/explore?ask=metric&range=2026-01-01&range=2026-02-01'
    """
    told = urlencode([(key, value) for key, values in address.items() for value in values])
    return f"{base.rstrip('/')}/{quote(page)}" + (f"?{told}" if told else "")
