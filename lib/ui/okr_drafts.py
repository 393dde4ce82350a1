"""A key result while it is being written: a draft that begins with a good guess, and becomes a record."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

from lib import queries
from lib.catalog import METRICS
from lib.errors import GrowthOpsError
from lib.okr import cycles
from lib.queries import okr_values
from lib.store import KeyResult, Reading
from lib.ui import okr_choice
from lib.ui.builder import fields
from lib.ui.okr_words import SHARES, value

METRIC, VIEW, TYPED = "metric", "view", "typed"
SOURCES = {
    METRIC: ("A metric", "A number of the catalog, with filters. Nobody types it."),
    VIEW: ("A saved question", "A number of a view somebody saved. Nobody types it either."),
    TYPED: ("Typed in check-ins", "For what no data knows."),
}
NEW = ""
STEP = 0.10
"""The target that is proposed: a tenth better than the baseline."""


def blank(cycle: str, metric: str | None, objective: str = NEW) -> dict[str, Any]:
    """A key result not written yet; of a metric with its last value as the baseline.

    Its way begins on the day everything is judged by, for that is the day of the baseline; with the cycle where that
    lies ahead or is over.
    """
    first, last = cycles.days(cycle)[0], cycles.last_day(cycle)
    start = today if first <= (today := okr_choice.today()) < last else first
    draft: dict[str, Any] = {
        "kept": None, "cycle": cycle, "objective": objective, "objective_title": "", "title": "",
        "owner": queries.author(), "source": METRIC, "metric": None, "where": [], "grain": "week", "take": "last",
        "view": None, "question": None, "table": None, "column": None, "segment": None, "type": "increase",
        "baseline": None, "target": None, "unit": "", "weight": 1, "start": start, "due": last,
        "cadence": 7, "note": "",
    }  # fmt: skip
    return draft if metric is None else with_metric(draft, metric)


def draft_of(kept: KeyResult, cycle: str) -> dict[str, Any]:
    """A key result as the drawer changes it. A title made of its numbers is left open, so that it follows them."""
    source = METRIC if kept.metric_key else VIEW if kept.question else TYPED
    is_made = source != TYPED and kept.title == proposed(kept)
    return blank(cycle, None, kept.objective_id) | {
        "kept": kept, "title": "" if is_made else kept.title, "owner": kept.owner, "source": source,
        "metric": kept.metric_key,
        "where": [dict(one) for one in kept.filters], "question": kept.question, "type": kept.type,
        **asdict(kept.reading), "baseline": kept.baseline, "target": kept.target, "unit": kept.unit or "",
        "weight": kept.weight, "start": kept.start_on, "due": kept.due_on, "cadence": kept.cadence_days,
    }  # fmt: skip


def with_metric(draft: Mapping[str, Any], metric: str) -> dict[str, Any]:
    """The draft for a metric: its own direction, its last value as the baseline, a tenth better as the target."""
    entry = METRICS[metric]
    grain = "quarter" if metric == "magic_number" else draft["grain"]
    told = {
        **draft, "metric": metric, "source": METRIC, "question": None, "grain": grain, "take": "last",
        "type": "increase" if entry.better == "up" else "decrease", "baseline": None, "target": None,
    }  # fmt: skip
    return with_baseline(told)


def with_baseline(draft: Mapping[str, Any]) -> dict[str, Any]:
    """The draft with the number it looks at now as its baseline, and a tenth better as its target."""
    found = 0.0 if draft["take"] == "total" else current(draft)
    if found is None:
        return dict(draft)
    better = STEP if draft["type"] in ("increase", "stay_above") else -STEP
    target = rounded(found * (1 + better)) if found else None
    if target is not None and is_part(draft):
        target = min(target, 1.0)
    return {**draft, "baseline": rounded(found), "target": target}


def is_share(draft: Mapping[str, Any]) -> bool:
    """True where its numbers are shares: kept from 0 to 1, and written in per cent."""
    if draft["source"] == METRIC:
        return draft["metric"] in METRICS and METRICS[draft["metric"]].is_share
    return draft["source"] == VIEW and draft["column"] in SHARES


def is_part(draft: Mapping[str, Any]) -> bool:
    """True where they are shares of a whole, of which none lies above 100 %."""
    return draft["source"] == METRIC and draft["metric"] in METRICS and METRICS[draft["metric"]].is_part


def rounded(number: float) -> float:
    """A number with four figures, whole where it is large.

    >>> rounded(0.763512), rounded(12_345.6), rounded(10.123456)
    (0.7635, 12346, 10.12)
    """
    found = float(f"{number:.4g}") if abs(number) < 1000 else round(number)
    return int(found) if found == int(found) else found


def current(draft: Mapping[str, Any]) -> float | None:
    """The number the draft looks at, as it is now; None where there is none, or it cannot be asked for yet."""
    try:
        probe = replace(record(draft), type="stay_above", target=1.0)
        found = okr_values.measured([probe], queries.ask, {}, queries.settings().company.timezone)
    except (GrowthOpsError, TypeError, KeyError):
        return None
    points = found[probe.kr_id].points
    return points[-1][1] if points else None


def record(draft: Mapping[str, Any]) -> KeyResult:
    """The record a draft makes; with the version that was opened, where there is one."""
    source = draft["source"]
    by_view = source == VIEW
    reading = Reading(
        draft["grain"], draft["take"], *((draft["table"], draft["column"], draft["segment"], draft["view"])
                                         if by_view else (None, None, None, None)),
    )  # fmt: skip
    told: dict[str, Any] = {
        "objective_id": draft["objective"], "title": draft["title"].strip(), "owner": draft["owner"].strip(),
        "type": draft["type"], "target": 0.0 if draft["target"] is None else float(draft["target"]),
        "baseline": None if draft["baseline"] is None else float(draft["baseline"]),
        "start_on": draft["start"], "due_on": draft["due"], "weight": float(draft["weight"]),
        "cadence_days": int(draft["cadence"]), "unit": draft["unit"].strip() or None, "reading": reading,
        "metric_key": draft["metric"] if source == METRIC else None,
        "filters": tuple(dict(one) for one in draft["where"]) if source == METRIC else (),
        "question": draft["question"] if by_view else None,
    }  # fmt: skip
    kept: KeyResult | None = draft["kept"]
    found = KeyResult(**told) if kept is None else replace(kept, **told)
    return found if found.title else replace(found, title=proposed(found))


def proposed(result: KeyResult) -> str:
    """A title made of what is measured: `Activation rate from 20.0 % to 30.0 %`."""
    what = METRICS[result.metric_key].title if result.metric_key in METRICS else "The number"
    target = value(result, result.target)
    if result.type in ("stay_above", "stay_below"):
        return f"{what} {result.type.removeprefix('stay_')} {target}"
    return f"{what} from {value(result, result.baseline or 0.0)} to {target}"


def suggested(draft: Mapping[str, Any]) -> str:
    """The title it has unless somebody writes one; empty while it has no number, or where one has to be written."""
    return "" if draft["source"] == TYPED or draft["target"] is None else proposed(record({**draft, "title": ""}))


def problem(draft: Mapping[str, Any]) -> str:
    """Why it cannot be saved yet; empty when it can."""
    if draft["source"] == METRIC and draft["metric"] is None:
        return "Choose a metric."
    if draft["source"] == METRIC and (wrong := fields.problem(draft["where"])):
        return wrong
    if draft["source"] == VIEW and (draft["question"] is None or not draft["table"] or not draft["column"]):
        return "Choose a saved view, and which of its numbers counts."
    if draft["source"] == TYPED and not draft["title"].strip():
        return "Say in a few words what the number is."
    if draft["target"] is None:
        return "Say where it is to be: the target."
    if draft["type"] in ("increase", "decrease") and draft["baseline"] is None:
        return "Say where it starts: the baseline."
    if not draft["owner"].strip():
        return "Say who answers for it."
    if draft["start"] is None or draft["due"] is None or draft["due"] - draft["start"] < timedelta(days=1):
        return "It has to end after it begins."
    return _sides(draft)


def _sides(draft: Mapping[str, Any]) -> str:
    base, target = draft["baseline"] or 0.0, draft["target"]
    if is_part(draft) and not (0 <= target <= 1 and 0 <= base <= 1):
        title = METRICS[draft["metric"]].title
        return f"{title} is a share of a whole, between 0 and 100 %: write baseline and target in per cent, such as 55."
    if draft["type"] in ("increase", "decrease", "milestone") and base == target:
        return "Baseline and target are the same, so there is no way to go."
    if (draft["type"] == "increase" and target < base) or (draft["type"] == "decrease" and target > base):
        return "The target lies on the other side of the baseline: change the type, or one of the two."
    return ""


def columns(frame_names: Sequence[str]) -> list[str]:
    """The columns of a table that may be a number of a key result."""
    left_out = ("complete", "bucket", "step", "period", "n", "open", "rank")
    return [name for name in frame_names if name not in left_out]
