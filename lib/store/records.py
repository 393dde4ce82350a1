"""The records of objectives and tests: what people write about where they want to be, and what they tried."""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from lib.store.versioned import UNSAVED, Versioned

Level = Literal["company", "team", "person"]
ObjectiveKind = Literal["committed", "aspirational"]
ObjectiveStatus = Literal["draft", "live", "achieved", "missed", "dropped"]
KeyResultType = Literal["increase", "decrease", "stay_above", "stay_below", "milestone"]
KeyResultStatus = Literal["live", "closed", "dropped"]
Take = Literal["last", "total"]
ExperimentUnit = Literal["user", "anon", "account", "lead"]
ExperimentStatus = Literal["draft", "running", "stopped", "decided"]
Decision = Literal["ship", "no_effect", "harm", "inconclusive"]


@dataclass(frozen=True, slots=True)
class Reading:
    """Which number of an answer counts, and at which grain it is asked for.

    `take` is `last`: the newest bucket that is over; or `total`: the sum of all buckets since the start. Of a saved
    question, `table` and `column` name the number, `segment` the row where there are several. `view` is the key of the
    saved view the question was taken from.
    """

    grain: str = "month"
    take: Take = "last"
    table: str | None = None
    column: str | None = None
    segment: str | None = None
    view: str | None = None


@dataclass(frozen=True, slots=True)
class Objective(Versioned):
    """Where people want to be at the end of a cycle, such as `2026-Q1`. `parent_id` is an objective or a key result."""

    ID: ClassVar[str] = "objective_id"
    NOUN: ClassVar[str] = "objective"

    cycle: str
    title: str
    owner: str
    level: Level = "company"
    team: str | None = None
    parent_id: str | None = None
    kind: ObjectiveKind = "aspirational"
    status: ObjectiveStatus = "live"
    objective_id: str = ""
    version: int = 0
    author: str = ""
    created_at: dt.datetime = UNSAVED
    note: str = ""


@dataclass(frozen=True, slots=True)
class KeyResult(Versioned):
    """One number that says whether the objective is reached.

    Its value comes from a metric of the catalog (`metric_key`, `filters`), from a question (`question`), or, with
    neither, from check-ins. At its close it gets a `score`, the `final_value` it was read from, and in `frozen` the
    definition the number had then; a closed one keeps them.
    """

    ID: ClassVar[str] = "kr_id"
    NOUN: ClassVar[str] = "key result"

    objective_id: str
    title: str
    owner: str
    type: KeyResultType
    target: float
    start_on: dt.date
    due_on: dt.date
    baseline: float | None = None
    metric_key: str | None = None
    filters: tuple[Mapping[str, Any], ...] = field(default=(), hash=False)
    question: Mapping[str, Any] | None = field(default=None, hash=False)
    reading: Reading = Reading()
    unit: str | None = None
    weight: float = 1.0
    cadence_days: int = 7
    status: KeyResultStatus = "live"
    score: float | None = None
    final_value: float | None = None
    closed_on: dt.date | None = None
    frozen: Mapping[str, Any] | None = field(default=None, hash=False)
    kr_id: str = ""
    version: int = 0
    author: str = ""
    created_at: dt.datetime = UNSAVED
    note: str = ""


@dataclass(frozen=True, slots=True)
class CheckIn:
    """What a person says of a key result at a moment. It is never changed; who thinks otherwise later says so anew."""

    kr_id: str
    at: dt.datetime
    confidence: float
    author: str
    value: float | None = None
    note: str = ""
    blocker: str = ""
    checkin_id: str = ""


LOW, FALL = 0.7, 0.2
"""A note is needed below this confidence, and after a fall of this much."""


def needs_note(confidence: float, before: float | None) -> bool:
    """Whether a check-in has to say why: confidence below 0.7, or 0.2 or more below the one before.

    >>> needs_note(0.7, None), needs_note(0.69, None), needs_note(0.7, 0.9), needs_note(0.75, 0.9)
    (False, True, True, False)
    """
    fell = 0.0 if before is None else round(before - confidence, 9)
    return confidence < LOW or fell >= FALL


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A number as it was reported: whose definition it had, which load it came from, when it was said and why.

    `as_of` is the day the number speaks for; `dims` say of what it is (filters, segment, grain). `definition` is what
    the number meant, `fingerprint` its hash, and `def_version` counts the different ones of this metric in the order
    in which they were first reported. `people` is how many persons that load knew, so that merged ones can be told from
    late data. `version` counts what was reported of the same day and dims.
    """

    metric_key: str
    as_of: dt.date
    value: float | None
    definition: Mapping[str, Any] = field(hash=False)
    stamp: str
    author: str
    dims: Mapping[str, Any] = field(default_factory=dict, hash=False)
    n: int | None = None
    people: int | None = None
    reason: str = ""
    fingerprint: str = ""
    def_version: int = 0
    version: int = 0
    reported_at: dt.datetime = UNSAVED


@dataclass(frozen=True, slots=True)
class Experiment(Versioned):
    """One test: what was tried, on whom, what should move, and what came of it.

    `primary_metric` is a metric of the catalog or the key of a definition; `guardrails` are metrics that must not get
    worse; `variants` are names with their weights. `setup` holds what its read-out needs beyond that (events, windows,
    an annotation, a comparison group), as JSON.
    """

    ID: ClassVar[str] = "experiment_id"
    NOUN: ClassVar[str] = "test"
    TITLE: ClassVar[str] = "name"

    name: str
    hypothesis: str
    owner: str
    primary_metric: str
    unit: ExperimentUnit = "user"
    kind: str = "ab"
    guardrails: tuple[str, ...] = ()
    variants: Mapping[str, float] = field(default_factory=dict, hash=False)
    setup: Mapping[str, Any] = field(default_factory=dict, hash=False)
    planned_n: int | None = None
    start_on: dt.date | None = None
    end_on: dt.date | None = None
    status: ExperimentStatus = "draft"
    decision: Decision | None = None
    learning: str = ""
    experiment_id: str = ""
    version: int = 0
    author: str = ""
    created_at: dt.datetime = UNSAVED
    note: str = ""


def digest(value: Mapping[str, Any]) -> str:
    """The hash of a JSON object: the same for the same object, however its keys are ordered."""
    text = json.dumps(dict(value), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
