"""Alerts: a rule that somebody wrote down, held against what is known now."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from lib.catalog import METRICS, Metric, metric
from lib.errors import GrowthOpsError
from lib.pulse import links, tiles
from lib.pulse.freshness import age
from lib.pulse.tiles import Around, Ask
from lib.store.boards import AlertRule, Tile
from lib.words import minus, percent

State = Literal["fine", "fired", "unknown"]
EXIT: dict[State, int] = {"fine": 0, "fired": 1, "unknown": 2}
"""What `growthops check` ends with; what could not be evaluated weighs most."""


@dataclass(frozen=True)
class Alert:
    """What became of a rule: fine, fired, or unknown where it could not be evaluated; `said` is the whole sentence.

    `key_result` is the id of the key result it is about; empty for all other rules. `page` and `address` are where to
    find out why.
    """

    key: str
    name: str
    state: State
    said: str
    value: float | None = None
    bucket: str | None = None
    key_result: str = ""
    page: str = "pulse"
    address: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)

    def as_json(self) -> dict[str, Any]:
        """As `growthops check --format json` writes it."""
        return {"key": self.key, "name": self.name, "state": self.state, "said": self.said, "value": self.value,
                "bucket": self.bucket}  # fmt: skip


@dataclass(frozen=True)
class Rule:
    """A kept rule: its key, its name, and what it says."""

    key: str
    name: str
    body: AlertRule


@dataclass(frozen=True)
class Now:
    """What rules are held against. `key_result` returns status and words of a key result by its id."""

    ask: Ask
    around: Around
    as_of: datetime | None
    now: datetime
    key_result: Callable[[str], tuple[str, str]] | None = None


def evaluate(rules: Sequence[Rule], now: Now) -> tuple[Alert, ...]:
    """Every rule, in order. A rule that cannot be evaluated is `unknown` and says why; the others go on."""
    found = []
    for rule in rules:
        try:
            alert = _held(rule, now)
        except GrowthOpsError as error:
            alert = Alert(rule.key, rule.name, "unknown", f"It could not be evaluated: {error}")
        page, address = links.of_rule(rule.body, now.around)
        found.append(replace(alert, page=page, address=address))
    return tuple(found)


def worst(alerts: Sequence[Alert]) -> State:
    """The state that decides the exit code."""
    found = {one.state for one in alerts}
    return "unknown" if "unknown" in found else "fired" if "fired" in found else "fine"


def _held(rule: Rule, now: Now) -> Alert:
    if rule.body.when == "no_data":
        return _silence(rule, now)
    if rule.body.when == "off_track":
        return _key_result(rule, now)
    return _metric(rule, now)


def _silence(rule: Rule, now: Now) -> Alert:
    limit = rule.body.hours or 0.0
    if now.as_of is None:
        return Alert(rule.key, rule.name, "fired", "No event was ever loaded.")
    hours = max(0.0, (now.now - now.as_of).total_seconds() / 3600)
    state: State = "fired" if hours > limit else "fine"
    return Alert(rule.key, rule.name, state, f"The last event is {age(hours)} old; the limit is {age(limit)}.", hours)


def _key_result(rule: Rule, now: Now) -> Alert:
    if now.key_result is None:
        raise GrowthOpsError("there are no key results to look at.")
    status, said = now.key_result(rule.body.key_result or "")
    state: State = "fired" if status in ("off track", "breached", "outdated") else "fine"
    return Alert(rule.key, rule.name, state, said, key_result=rule.body.key_result or "")


def _metric(rule: Rule, now: Now) -> Alert:
    body = rule.body
    name = body.metric or ""
    if name not in METRICS:
        raise GrowthOpsError(
            f"its metric “{name}” is gone from the catalog. Choose another under “alerts” on Pulse, or take the alert"
            " off the list there."
        )
    asked, entry = Tile(metric=name, where=body.where), metric(name)
    rows = tiles.complete(now.ask(tiles.question(asked, body.grain, now.around)), body.grain, now.around)
    if not rows or rows[-1]["value"] is None:
        raise GrowthOpsError(f"{entry.title} has no value: no {body.grain} is over yet, or nothing to divide by.")
    last, value, limit = rows[-1], float(rows[-1]["value"]), body.value or 0.0
    shown, at = entry.said(value, now.around.currency), tiles.named(last["bucket"], body.grain)
    if body.when in ("below", "above"):
        is_over = value < limit if body.when == "below" else value > limit
        said = f"{entry.title} is {shown} {at}; the limit is {entry.said(limit, now.around.currency)}."
        return Alert(rule.key, rule.name, "fired" if is_over else "fine", said, value, f"{last['bucket']}")
    known = {row["bucket"]: row["value"] for row in rows}
    before = known.get(tiles.earlier(last["bucket"], body.grain, body.against))
    if not before:
        raise GrowthOpsError(f"{entry.title} has nothing to compare {at} with.")
    change = (value - before) / abs(before)
    is_over = change <= -limit if body.when == "falls" else change >= limit
    against = "a year before" if body.against == "year" else f"the {body.grain} before"
    said = (
        f"{entry.title} is {shown} {at}, {_moved(entry, value, before)} against {against}"
        f" ({entry.said(before, now.around.currency)}); the limit is a"
        f" {body.when.removesuffix('s')} of {percent(limit)}."
    )
    return Alert(rule.key, rule.name, "fired" if is_over else "fine", said, value, f"{last['bucket']}")


def _moved(entry: Metric, value: float, before: float) -> str:
    """`−20.0 %`; for a share the points that its tile shows, and how much of the value before that is."""
    told = minus(f"{100 * (value - before) / abs(before):+.1f} %")
    return f"{minus(f'{100 * (value - before):+.1f} pp')} ({told})" if entry.is_share else told
