"""Objectives with their key results as they stand: what people wrote, measured by answers, judged on one day."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from lib import catalog
from lib.okr import cycles, rollup, scores
from lib.okr.progress import Aim, progress
from lib.okr.rollup import Together
from lib.okr.standing import Said, Standing, standing
from lib.queries.okr_values import Ask, Measured, Point, aim_of, measured
from lib.queries.state import from_state, has_state, store
from lib.reported import Known, Restated, restated
from lib.settings import Settings
from lib.store import CheckIn, KeyResult, Objective, Snapshot, Store, digest

PAGE = "okrs"
STALE_DAYS = 14
"""Where the data ended longer ago than that, its last day is what everything is judged by."""


@dataclass(frozen=True, slots=True)
class Records:
    """What people wrote about objectives in this workspace."""

    objectives: tuple[Objective, ...] = ()
    key_results: tuple[KeyResult, ...] = ()
    check_ins: tuple[CheckIn, ...] = ()
    written: Mapping[str, dt.datetime] = field(default_factory=dict[str, dt.datetime])
    """When the first version of each key result was written down, by its id."""

    def said(self) -> dict[str, list[CheckIn]]:
        """Check-ins by key result, oldest first."""
        found: dict[str, list[CheckIn]] = {}
        for one in self.check_ins:
            found.setdefault(one.kr_id, []).append(one)
        return found


@dataclass(frozen=True, slots=True)
class Held:
    """A key result, what it was measured by, what was said, and how it stands."""

    result: KeyResult
    aim: Aim
    measured: Measured
    said: tuple[CheckIn, ...]
    standing: Standing

    @property
    def is_closed(self) -> bool:
        """True once it has its score."""
        return self.result.status == "closed"


@dataclass(frozen=True, slots=True)
class Goal:
    """An objective with its key results, and how deep it lies in the tree; `parent` is what it lies under."""

    objective: Objective
    depth: int
    parent: str | None
    held: tuple[Held, ...]
    together: Together


@dataclass(frozen=True, slots=True)
class Board:
    """A cycle as it stands on a day: objectives in the order of the tree."""

    cycle: str
    today: dt.date
    goals: tuple[Goal, ...]

    @property
    def held(self) -> tuple[Held, ...]:
        """All its key results."""
        return tuple(one for goal in self.goals for one in goal.held)


def records() -> Records:
    """What people wrote, read once for as long as the state stays as it is.

    Raises:
        StoreError: the state cannot be read.
    """
    return from_state(lambda: read(store()) if has_state() else Records(), "objectives")


def read(state: Store) -> Records:
    """What people wrote in a store. Raises as `records`."""
    live = tuple(one for one in state.key_results.list() if one.status != "dropped")
    written = {
        one.kr_id: (one if one.version == 1 else state.key_results.history(one.kr_id)[0]).created_at for one in live
    }
    return Records(state.objectives.list(), live, state.check_ins.list(), written)


def judged_on(now: dt.datetime, last: dt.date | None, timezone: str) -> dt.date:
    """The day everything is judged by: today, or the day after the last one with data, where that is long ago.

    >>> judged_on(dt.datetime(2026, 6, 1, tzinfo=dt.UTC), dt.date(2026, 5, 1), "UTC")
    datetime.date(2026, 5, 2)
    """
    today = now.astimezone(ZoneInfo(timezone)).date()
    if last is None or (today - last).days <= STALE_DAYS:
        return today
    return last + dt.timedelta(days=1)


def all_cycles(known: Records) -> list[str]:
    """The cycles anybody wrote an objective for, the newest first."""
    return cycles.in_order({one.cycle for one in known.objectives})


def present(known: Records, today: dt.date) -> str:
    """The cycle to open with: the shortest that runs today, else the newest begun, else the quarter of today."""
    begun = [cycle for cycle in all_cycles(known) if cycles.days(cycle)[0] <= today]
    running = [cycle for cycle in begun if today < cycles.days(cycle)[1]]
    return [*running, *begun, cycles.quarter_of(today)][0]


def board(known: Records, cycle: str, ask: Ask, today: dt.date, timezone: str) -> Board:
    """A cycle as it stands: every live key result is measured, one question for all that look at the same.

    Closed ones have their score and the value it was read from, whatever the number would be today.
    """
    objectives = {one.objective_id: one for one in known.objectives if one.cycle == cycle and one.status != "dropped"}
    results = [one for one in known.key_results if one.objective_id in objectives]
    said = known.said()
    found = measured([one for one in results if one.status == "live"], ask, said, timezone)
    held = {
        one.kr_id: _held(
            one,
            found.get(one.kr_id, Measured()),
            said.get(one.kr_id, ()),
            objectives,
            today,
            timezone,
            known.written.get(one.kr_id),
        )
        for one in results
    }
    under = {one.kr_id: one.objective_id for one in results}
    parents = {key: under.get(one.parent_id or "", one.parent_id) for key, one in objectives.items()}
    goals = []
    for branch in rollup.tree(parents):
        own = tuple(held[one.kr_id] for one in results if one.objective_id == branch.id)
        joined = rollup.together([(one.standing, one.result.weight) for one in own])
        goals.append(Goal(objectives[branch.id], branch.depth, branch.parent, own, joined))
    return Board(cycle, today, tuple(goals))


def _held(
    result: KeyResult, found: Measured, said: Sequence[CheckIn], objectives: Mapping[str, Objective], today: dt.date,
    timezone: str, written: dt.datetime | None,
) -> Held:  # fmt: skip
    aim, zone = aim_of(result), ZoneInfo(timezone)
    words = [Said(one.at.astimezone(zone).date(), one.confidence) for one in said]
    points: tuple[Point, ...] = tuple(point for point in found.points if point[0] <= result.due_on)
    if result.status == "closed" and result.final_value is not None:
        points = ((closing_day(result), result.final_value),)
    day = min(today, aim.due) if result.status == "closed" else today
    stands = standing(aim, points, words, day, written and written.astimezone(zone).date())
    if result.status == "closed" and result.score is not None:
        told = scores.read(result.score, objectives[result.objective_id].kind)
        stands = replace(stands, word=told, progress=result.score, value=result.final_value, is_outdated=False)
    return Held(result, aim, found, tuple(said), stands)


def closing_day(result: KeyResult) -> dt.date:
    """The day a closed key result was closed on; its due day where that came first, for values count up to then."""
    return min(result.closed_on or result.due_on, result.due_on)


def seen_by(uses: pl.DataFrame) -> tuple[int, int]:
    """How many people opened this page, of how many who used the dashboard: of uses with page and person_id."""
    opened = uses.filter(pl.col("page") == PAGE)["person_id"].n_unique()
    return opened, uses["person_id"].n_unique()


# ------------------------------------------------------------------ closing, and what was reported


def closed(held: Held, definition: Mapping[str, Any], today: dt.date) -> KeyResult:
    """The key result with its score: progress at the last value up to the due day, and the definition it had then."""
    value = held.standing.value
    return replace(
        held.result,
        status="closed",
        score=scores.score(0.0 if value is None else progress(held.aim, value)),
        final_value=value,
        closed_on=today,
        frozen={**definition, "fingerprint": digest(definition)},
    )


def definition_of(held: Held, settings: Settings, state: Store) -> dict[str, Any]:
    """What the number of a key result means now: metric or question, filters, rules with their versions, settings."""
    result, answer = held.result, held.measured.answer
    told: dict[str, Any] = {"reading": asdict(result.reading), "timezone": settings.company.timezone}
    if result.metric_key is not None:
        entry = catalog.metric(result.metric_key)
        told |= {"metric": entry.name, "title": entry.title, "meaning": entry.meaning, "unit": entry.unit}
        told |= {"filters": [dict(one) for one in result.filters], "currency": settings.company.currency}
        if result.metric_key == "activation_rate":
            told["onboarding"] = settings.onboarding.model_dump(mode="json")
    elif result.question is not None and answer is not None:
        question = answer.question.as_json()
        where = question.pop("scope", {}).get("where", [])
        told |= {"question": question, "filters": where, "meaning": answer.definition}
    else:
        told |= {"meaning": "Typed in check-ins."}
    return told | {"rules": _rules(result, state)}


def _rules(result: KeyResult, state: Store) -> dict[str, int]:
    """The versions of the definitions the number depends on: channel rules, cohorts and the saved view."""
    text = json.dumps([list(result.filters), result.question, result.reading.view])
    entry = None if result.metric_key is None else catalog.metric(result.metric_key)
    by_channel = "touch." in text or '"channels"' in text or (entry is not None and "channel" in (entry.fields or ()))
    kept = [one for one in state.definitions.list("channel_rules") if by_channel]
    kept += [one for one in state.definitions.list("cohort") if f'"{one.key}"' in text or f"cohort.{one.key}" in text]
    kept += [one for one in state.definitions.list("view") if one.key == result.reading.view]
    return {f"{one.kind}/{one.key}": one.version for one in kept}


def dims_of(result: KeyResult) -> dict[str, Any]:
    """Of what the number of a key result is, so that two that look at the same share what was reported."""
    told: dict[str, Any] = {"filters": [dict(one) for one in result.filters], "grain": result.reading.grain}
    if result.reading.take == "total":
        told["since"] = result.start_on.isoformat()
    return told if result.metric_key else {"reading": asdict(result.reading)}


def reported_as(result: KeyResult) -> str:
    """Under which name its number is reported: the metric, or the key result itself."""
    return result.metric_key or f"kr/{result.kr_id}"


def report(
    held: Held, definition: Mapping[str, Any], state: Store, people: int | None, author: str, reason: str
) -> Snapshot | None:
    """Note the value a key result has now as reported; None where it has none, or where people type it.

    Raises:
        StoreError: it cannot be kept.
    """
    stands, answer = held.standing, held.measured.answer
    if answer is None or stands.value is None or stands.at is None:
        return None
    return state.snapshots.report(
        Snapshot(
            reported_as(held.result), stands.at, stands.value, definition, answer.stamp, author,
            dims=dims_of(held.result), people=people, reason=reason,
        )
    )  # fmt: skip


def restatements(
    held: Held, snapshots: Sequence[Snapshot], definition: Mapping[str, Any], people: int | None
) -> list[tuple[Snapshot, Restated]]:
    """What was reported of a key result and is another number now, the newest day first."""
    if held.measured.answer is None:
        return []
    now, stamp, name = dict(held.measured.points), held.measured.answer.stamp, reported_as(held.result)
    last = {one.as_of: one for one in snapshots if (one.metric_key, one.dims) == (name, dims_of(held.result))}
    fingerprint = digest(definition)
    found = [
        (one, restated(one, Known(now[day], fingerprint, stamp, people))) for day, one in last.items() if day in now
    ]
    return sorted(((one, told) for one, told in found if told), key=lambda pair: pair[0].as_of, reverse=True)
