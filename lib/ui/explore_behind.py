"""Whose numbers a row shows: the people behind a point of a trend, a lifecycle or a retention, as a cohort's rule."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from lib.questions import Event, Lifecycle, Retention, Trend
from lib.ui.builder.widgets import as_number

Json = dict[str, Any]
Moment = date | datetime
ALL, OTHER, NONE, BETWEEN = "All", "Other", "(none)", " · "
MONTHS = {"month": 1, "quarter": 3, "year": 12}


def of_trend(
    asked: Trend,
    line: int,
    bucket: Moment,
    segment: str,
    segments: Sequence[str],
    kinds: Mapping[str, str],
    today: date,
) -> Json | None:
    """Who did the events of a line (its place, from 0) in a bucket and segment; None where no rule can say it.

    `segments` are all segments of the answer, `kinds` says what is in a field, `today` is the day of the last event.
    With a running total it is everybody up to the end of the bucket, with trailing days everybody of those days.
    """
    series = asked.series[line]
    start, end = _span(bucket, asked.grain, asked.scope.start, asked.scope.end)
    if asked.cumulative:
        start = _with_hours(asked.scope.start, bucket)
    trailing = asked.trailing(series)
    if trailing is not None:
        assert end is not None
        last = min(_day(end) - timedelta(days=1), max(today, _day(bucket)))
        start, end = last - timedelta(days=trailing - 1), last + timedelta(days=1)
    inside = _inside(asked.by.field if asked.by else (), segment, segments, kinds)
    if inside is None:
        return None
    return _did(series, [*_where(asked), *inside], start, end)


def of_lifecycle(asked: Lifecycle, status: str, bucket: Moment) -> Json:
    """Who was new, returning, resurrecting or dormant in a bucket."""
    start, end = _span(bucket, asked.grain, None, asked.scope.end)
    shown, _ = _span(bucket, asked.grain, asked.scope.start, None)
    before, where = previous(bucket, asked.grain), _where(asked)

    def did(low: Moment | None, high: Moment | None) -> Json:
        return _did(asked.event, where, low, high)

    here, just_before, ever = did(shown, end), did(before, start), did(None, start)
    known: list[Json] = []
    if asked.born == "created":
        known = [{"field": "user.created_at", "op": "lt", "value": _text(bucket)}]
    if status == "new":
        return {"all": [here, {"not": {"any": [ever, *known]} if known else ever}]}
    if status == "returning":
        return {"all": [here, just_before]}
    if status == "dormant":
        return {"all": [just_before, {"not": did(start, end)}]}
    long_ago = did(None, before)
    return {"all": [here, {"not": just_before}, {"any": [long_ago, *known]} if known else long_ago]}


def of_retention(asked: Retention, cohort: Moment, period: int, to_period: int, *, is_back: bool = True) -> Json | None:
    """Who of a cohort came back in these periods, or who did not; None where no rule can say it.

    That is where people are counted from their own start, in segments, or are accounts and visits.
    """
    if asked.clock != "calendar" or asked.by is not None or asked.count_by != "user":
        return None
    where, (start, end) = _where(asked), _span(cohort, asked.grain, asked.scope.start, asked.scope.end)
    rules = [_did(asked.start, where, start, end)]
    since = None if asked.entry == "first_ever" else _with_hours(asked.scope.start, cohort)
    if asked.entry != "recurring" and (since is None or _is_before(since, start)):
        rules.append({"not": _did(asked.start, where, since, start)})
    first, last = _moved(cohort, asked.grain, period), _moved(cohort, asked.grain, to_period + 1)
    if asked.mode == "on_or_before":
        first = _moved(cohort, asked.grain, 1)
    back = _did(asked.return_event, where, first, None if asked.mode == "on_or_after" else last)
    back |= {"times": {"op": "ge", "value": asked.min_times}}
    return {"all": [*rules, back if is_back else {"not": back}]}


def _where(asked: Trend | Lifecycle | Retention) -> list[Json]:
    return [part.as_json() for part in asked.scope.where]


def _did(event: Event, where: Sequence[Json], start: Moment | None, end: Moment | None) -> Json:
    """Did this event, with these further conditions, in this stretch of time."""
    told = [*where, *(part.as_json() for part in event.where)]
    span = {key: _text(edge) for key, edge in (("start", start), ("end", end)) if edge is not None}
    did = {"event": event.as_json()["event"], **({"where": told} if told else {})}
    return {"did": did, **({"scope": span} if span else {})}


def _span(bucket: Moment, grain: str, low: Moment | None, high: Moment | None) -> tuple[Moment, Moment]:
    """From when to when a bucket goes, cut by the ends of the scope."""
    start, end = bucket, following(bucket, grain)
    low, high = _with_hours(low, bucket), _with_hours(high, bucket)
    if low is not None and _is_before(start, low):
        start = low
    if high is not None and _is_before(high, end):
        end = high
    return start, end


def _is_before(one: Moment, other: Moment) -> bool:
    """True where a day, or a moment by the workspace's clock or with its distance from UTC, lies before another."""
    zones = [at.tzinfo for at in (one, other) if isinstance(at, datetime) and at.tzinfo]
    first, second = (_exact(at, zones[0] if zones else None) for at in (one, other))
    return first < second


def _exact(moment: Moment, zone: tzinfo | None) -> datetime:
    at = moment if isinstance(moment, datetime) else datetime.combine(moment, time.min)
    return at if zone is None else (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)


def following(bucket: Moment, grain: str) -> Moment:
    """Where the next bucket begins.

    >>> following(date(2026, 12, 1), "month"), following(date(2026, 10, 1), "quarter")
    (datetime.date(2027, 1, 1), datetime.date(2027, 1, 1))
    """
    return _moved(bucket, grain, 1)


def previous(bucket: Moment, grain: str) -> Moment:
    """Where the bucket before begins.

    >>> previous(date(2026, 1, 1), "month"), previous(date(2026, 3, 2), "week")
    (datetime.date(2025, 12, 1), datetime.date(2026, 2, 23))
    """
    return _moved(bucket, grain, -1)


def _moved(bucket: Moment, grain: str, steps: int) -> Moment:
    if isinstance(bucket, datetime):
        return (bucket.astimezone(UTC) + timedelta(hours=steps)) if bucket.tzinfo else bucket + timedelta(hours=steps)
    if grain in MONTHS:
        months = bucket.year * 12 + bucket.month - 1 + steps * MONTHS[grain]
        return date(months // 12, months % 12 + 1, 1)
    return bucket + timedelta(days=steps * (7 if grain == "week" else 1))


def _with_hours(start: Moment | None, bucket: Moment) -> Moment | None:
    """A day or a time of day as an instant, where buckets are hours: the two ends of a span are then of one kind."""
    if start is None or not isinstance(bucket, datetime):
        return start
    at = start if isinstance(start, datetime) else datetime.combine(start, time.min)
    return at if at.tzinfo else at.replace(tzinfo=bucket.tzinfo)


def _day(moment: Moment) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def _text(moment: Moment) -> str:
    return moment.isoformat()


def _inside(
    fields: Sequence[str], segment: str, segments: Sequence[str], kinds: Mapping[str, str]
) -> list[Json] | None:
    """The conditions that put an event into a segment; None where its name does not tell its values apart."""
    if not fields:
        return []
    if segment != OTHER:
        return _values(fields, segment, kinds)
    named = [_values(fields, name, kinds) for name in segments if name != OTHER]
    if any(one is None for one in named):
        return None
    return [{"not": {"any": [{"all": one} for one in named]}}] if named else []


def _values(fields: Sequence[str], segment: str, kinds: Mapping[str, str]) -> list[Json] | None:
    told = [segment] if len(fields) == 1 else segment.split(BETWEEN)
    if len(fields) > 1 and segment == NONE:
        told = [NONE] * len(fields)
    found = [_value(field, text, kinds.get(field, "text")) for field, text in zip(fields, told, strict=False)]
    return None if len(told) != len(fields) or None in found else [one for one in found if one is not None]


def _value(field: str, text: str, kind: str) -> Json | None:
    """The condition that a field has the value a segment is called by; None for times, whose names are rounded."""
    if text == NONE:
        return {"field": field, "op": "is_not_set"}
    value: Any = {"truth": text == "true", "number": as_number(text), "time": None}.get(kind, text)
    return None if value is None else {"field": field, "op": "eq", "value": value}
