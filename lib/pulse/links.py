"""Addresses: from a number to the page that shows the same number."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from urllib.parse import quote, urlencode

from lib.catalog import METRICS
from lib.pulse.tiles import Around, TileReading
from lib.scope import Condition
from lib.store.boards import AlertRule

Address = dict[str, tuple[str, ...]]
METRIC_PAGE = "explore"
YEAR: Address = {"period": ("last 12 months",)}
EXPLAINED: dict[str, tuple[str, Address]] = {
    "arr": ("revenue", YEAR | {"as": ("ARR",)}),
    "mrr": ("revenue", YEAR),
    "net_new_arr": ("revenue", YEAR | {"as": ("ARR",)}),
    "net_new_mrr": ("revenue", YEAR),
    "grr": ("revenue", YEAR),
    "nrr": ("revenue", YEAR | {"measure": ("nrr",)}),
    "logo_churn": ("revenue", YEAR | {"measure": ("logo",)}),
    "realised_price": ("revenue", YEAR | {"tab": ("Prices",)}),
    "onboarding_rate": ("onboarding", {}),
    "cost_per_kept_user": ("channels", {}),
    "share_of_spend_above_target": ("channels", {}),
    "cac": ("channels", {}),
}
"""The page that says why a metric is what it is, with what is chosen there; all others are taken apart on Explore."""


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
    conditions = (*kept.pop("if", ()), *_conditions(reading.tile.where if reading is not None else ()))
    address = {**kept, "ask": ("metric",), "metric": (metric,), "grain": (grain,), "period": ("custom",), "range": days}
    return address | ({"if": conditions} if conditions else {})


def of_rule(rule: AlertRule, around: Around) -> tuple[str, Address]:
    """The page, with its address, on which to find out why an alert fired.

    Of a metric that is the page that explains it, else Explore, with the conditions of the rule. An alert about a
    metric that is gone leads to Pulse, where alerts are changed.
    """
    if rule.when == "no_data":
        return "health", {}
    if rule.when == "off_track":
        return "okrs", {"kr": (rule.key_result or "",)}
    name = rule.metric or ""
    if name not in METRICS:
        return "pulse", {}
    page, address = EXPLAINED.get(name) or (METRIC_PAGE, to_metric(name, rule.grain, None, around, {}))
    conditions = _conditions(rule.where)
    step: Address = {"grain": (rule.grain,)} if page == "revenue" else {}
    return page, address | step | ({"if": conditions} if conditions else {})


def _conditions(where: Sequence[Condition]) -> tuple[str, ...]:
    return tuple(_text(one.model_dump(mode="json", by_alias=True, exclude_none=True)) for one in where)


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def url(base: str, page: str, address: Mapping[str, tuple[str, ...]]) -> str:
    """A whole link.

    >>> url("http://localhost:8501/", "explore", {"ask": ("metric",), "range": ("2026-01-01", "2026-02-01")})
    'http://localhost:8501/explore?ask=metric&range=2026-01-01&range=2026-02-01'
    """
    told = urlencode([(key, value) for key, values in address.items() for value in values])
    return f"{base.rstrip('/')}/{quote(page)}" + (f"?{told}" if told else "")
