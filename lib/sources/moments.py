"""Text and numbers into instants (UTC, microseconds) and days.

Local times a clock change skips move forward to the first instant that exists; local times it repeats
are the earlier of the two.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl

INSTANT = pl.Datetime("us", "UTC")
LOCAL = pl.Datetime("us")
OFFSET = r"(?:[Zz]| ?UTC| ?[+-]\d\d:?\d\d| ?[+-]\d\d)$"
# The first two are what most files hold, and three times as fast to read as the general "%+".
WITH_OFFSET = (
    "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S%.fZ", "%+", "%Y-%m-%d %H:%M:%S%.f%#z",
    "%Y-%m-%d %H:%M:%S%.f %#z", "%Y-%m-%dT%H:%M%#z", "%Y-%m-%d %H:%M%#z",
)  # fmt: skip
YEAR_FIRST = (
    "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M",
    "%Y/%m/%d", "%Y/%m/%d %H:%M:%S%.f", "%Y/%m/%d %H:%M", "%Y%m%d", "%Y%m%dT%H%M%S",
    "%d.%m.%Y", "%d.%m.%Y %H:%M:%S%.f", "%d.%m.%Y %H:%M",
)  # fmt: skip
CLOCKS = ("", " %H:%M:%S%.f", " %H:%M", ", %H:%M:%S%.f", ", %H:%M")
SLASHED = r"^(\d{1,2})/(\d{1,2})/\d{4}"
UNITS_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}


@dataclass(frozen=True, slots=True)
class Habit:
    """How one column writes time: the largest first and second number of slashed days, and the epoch unit."""

    first: int = 0
    second: int = 0
    unit: str | None = None

    def merge(self, other: "Habit") -> "Habit":
        """What both pieces of the column say; the unit is that of the earlier piece."""
        return Habit(max(self.first, other.first), max(self.second, other.second), self.unit or other.unit)

    @property
    def slashed(self) -> bool:
        """True when some value is written like 03/04/2026."""
        return self.first > 0

    @property
    def problem(self) -> str | None:
        """Why the order of day and month cannot be told, or None."""
        if not self.slashed or (self.first > 12) != (self.second > 12):
            return None
        if self.first > 12:
            return "some days are written day first and some month first"
        return "days like 03/04/2026 could be 3 April or 4 March"


def habit_of(values: pl.Series) -> Habit:
    """Look at one piece of a column."""
    if values.dtype == pl.String():
        return _text_habit(values)
    if values.dtype.is_integer() or values.dtype.is_float():
        return Habit(unit=_unit(values.cast(pl.Float64())))
    return Habit()


def _text_habit(values: pl.Series) -> Habit:
    first = second = 0
    if values.str.contains("/", literal=True).any():
        parts = values.str.extract_groups(SLASHED).struct.unnest()
        numbers = parts.cast(pl.Int64(), strict=False)
        first, second = (int(numbers[name].max() or 0) for name in numbers.columns)  # type: ignore[arg-type]
    present = values.drop_nulls()
    unit = None
    if present.len() and present.head(1000).str.contains(r"^\d{9,19}(\.\d+)?$").any():
        unit = _unit(present.cast(pl.Float64(), strict=False))
    return Habit(first, second, unit)


def _unit(numbers: pl.Series) -> str | None:
    """Seconds, milliseconds, microseconds or nanoseconds since 1970, by the size of the middle value."""
    middle = numbers.drop_nulls().median()
    if not isinstance(middle, int | float):
        return None
    size = abs(middle)
    return "s" if size < 1e11 else "ms" if size < 1e14 else "us" if size < 1e17 else "ns"


def to_instants(values: pl.Series, zone: str, habit: Habit, date_format: str | None = None) -> pl.Series:
    """The column as UTC instants; null where a value is no time stamp. Local times are those of `zone`."""
    if values.dtype == pl.Date():
        return _localise(values.cast(LOCAL), zone)
    if isinstance(values.dtype, pl.Datetime):
        aware = values.dtype.time_zone is not None
        micro = values.dt.cast_time_unit("us")
        return micro.dt.convert_time_zone("UTC") if aware else _localise(micro, zone)
    if values.dtype != pl.String():
        return _from_epoch(values.cast(pl.String()), habit.unit)
    if date_format is not None:
        return _formats(values, [date_format], zone, pl.repeat(None, values.len(), dtype=INSTANT, eager=True))
    return _guess(values, zone, habit)


def _guess(values: pl.Series, zone: str, habit: Habit) -> pl.Series:
    result = pl.repeat(None, values.len(), dtype=INSTANT, eager=True)
    if habit.unit is not None:
        result = _from_epoch(values, habit.unit)
    sample = values.drop_nulls().head(50)
    # Most files use one format throughout: try first the family that the first values belong to.
    aware = bool(sample.str.contains(OFFSET).any()) and bool(sample.str.contains(r"\d:\d\d").any())
    local: list[str] = list(YEAR_FIRST)
    if habit.slashed and habit.problem is None:
        day = "%d/%m/%Y" if habit.first > 12 else "%m/%d/%Y"
        local += [day + clock for clock in CLOCKS]
    families = (WITH_OFFSET, local) if aware else (local, WITH_OFFSET)
    for family in families:
        result = _formats(values, family, zone, result)
    return result


def _formats(values: pl.Series, formats: Iterable[str], zone: str, result: pl.Series) -> pl.Series:
    """Fill what is still null in `result`, one format after the other, looking only at what is left."""
    for pattern in formats:
        open_places = (values.is_not_null() & result.is_null()).arg_true()
        if open_places.is_empty():
            break
        whole = open_places.len() == values.len()
        part = values if whole else values.gather(open_places)
        if not whole and part.len() > 1000 and _parse(part.head(200), pattern, zone).null_count() == 200:
            # Not this format, as far as the first 200 show; the few that may follow get their turn below.
            rest = _parse(part.unique(), pattern, zone)
            if rest.null_count() == rest.len():
                continue
        parsed = _parse(part, pattern, zone)
        if parsed.null_count() < parsed.len():
            result = parsed if whole else result.scatter(open_places, parsed)
    return result


def _parse(part: pl.Series, pattern: str, zone: str) -> pl.Series:
    if pattern in ("%Y-%m-%d", "%Y%m%d", "%Y/%m/%d"):
        # chrono reads '2026-3-2' too, which is fine, but must not read a longer text.
        part = part.set(part.str.len_bytes() > 10, None)
    parsed = part.str.to_datetime(pattern, time_unit="us", strict=False)
    if pattern.endswith("Z"):
        return parsed.dt.replace_time_zone("UTC")
    aware = isinstance(parsed.dtype, pl.Datetime) and parsed.dtype.time_zone is not None
    return parsed.dt.convert_time_zone("UTC") if aware else _localise(parsed, zone)


def _from_epoch(text: pl.Series, unit: str | None) -> pl.Series:
    """Seconds with a fraction are exact to the microsecond: the digits are cut, never rounded."""
    parts = text.str.extract_groups(r"^(-?\d{1,19})(?:\.(\d+))?(?:[eE]\+?(\d+))?$").struct.unnest()
    whole = parts.to_series(0).cast(pl.Int64(), strict=False)
    if unit is None or (parts.to_series(2).is_not_null()).any():
        # A float column prints large values with an exponent; those are whole units anyway.
        whole = pl.select(
            pl.when(parts.to_series(2).is_null())
            .then(whole)
            .otherwise(text.cast(pl.Float64(), strict=False).cast(pl.Int64(), strict=False))
        ).to_series()
    per_second = UNITS_PER_SECOND[unit or "s"]
    micros = whole // 1000 if per_second > 1_000_000 else whole * (1_000_000 // per_second)
    if unit == "s":
        fraction = parts.to_series(1).fill_null("").str.slice(0, 6).str.pad_end(6, "0").cast(pl.Int64(), strict=False)
        micros = micros + fraction.fill_null(0)
    return micros.cast(INSTANT)


def _localise(local: pl.Series, zone: str) -> pl.Series:
    """Local times of `zone` as instants."""
    if zone == "UTC":
        return local.dt.replace_time_zone("UTC")
    found = local.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null").dt.convert_time_zone("UTC")
    gaps = (local.is_not_null() & found.is_null()).arg_true()
    if gaps.is_empty():
        return found
    skipped = local.gather(gaps)
    known = {moment: _after_gap(moment, ZoneInfo(zone)) for moment in skipped.unique().to_list()}
    return found.scatter(gaps, pl.Series([known[moment] for moment in skipped.to_list()], dtype=INSTANT))


def _after_gap(local: datetime, zone: ZoneInfo) -> datetime:
    """The instant the clock jumped, for a local time inside the jump."""
    one, other = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    low, high = min(one, other), max(one, other)
    before = low.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)


def to_days(values: pl.Series, zone: str, habit: Habit, date_format: str | None = None) -> pl.Series:
    """The column as days. A written time stamp gives the day it is written with; an instant the day in `zone`."""
    if values.dtype == pl.Date():
        return values
    if isinstance(values.dtype, pl.Datetime):
        return (values.dt.convert_time_zone(zone) if values.dtype.time_zone else values).dt.date()
    if values.dtype != pl.String() or habit.unit is not None:
        return to_instants(values, zone, habit).dt.convert_time_zone(zone).dt.date()
    if date_format is None and bool((values.str.len_bytes() > 10).any()):
        timed = values.str.contains(r"\d:\d\d")
        values = pl.select(pl.when(timed).then(values.str.replace(OFFSET, "")).otherwise(values)).to_series()
    return to_instants(values, "UTC", habit, date_format).dt.date()
