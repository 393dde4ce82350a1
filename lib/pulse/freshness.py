"""How old the data is, in a line, and whether that is older than it should be."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from lib.settings import Settings
from lib.words import count, moment, people

USUAL_HOURS = 24.0


@dataclass(frozen=True)
class Freshness:
    """The age of the last event in hours (None where none was loaded), and how old it may be.

    `through` is the last day something is known of where no event was ever loaded: revenue alone is never late.
    """

    as_of: datetime | None
    hours: float | None
    target_hours: float
    said: str
    through: date | None = None

    @property
    def is_old(self) -> bool:
        """Older than it should be; data that is not there counts as old."""
        return self.through is None if self.hours is None else self.hours > self.target_hours


def target(settings: Settings) -> float:
    """How old the newest event may be: the shortest `fresh_within_hours` of the sources of events, else a day."""
    return min((spec.fresh_within_hours for spec in settings.sources if spec.table == "events"), default=USUAL_HOURS)


def freshness(
    as_of: datetime | None, now: datetime, target_hours: float, timezone: str, through: date | None = None
) -> Freshness:
    """The line of a page: when the last event was, and how long ago.

    >>> last, now = datetime(2026, 5, 31, 23, tzinfo=UTC), datetime(2026, 6, 1, 9, tzinfo=UTC)
    >>> freshness(last, now, 24, "UTC").said
    'Last event 31 May 2026, 23:00 · 10 hours old'
    """
    if as_of is None and through is not None:
        said = f"Data through {through:%-d %B %Y}; no event was ever loaded"
        return Freshness(None, None, target_hours, said, through)
    if as_of is None:
        return Freshness(None, None, target_hours, "No event was ever loaded")
    hours = max(0.0, (now.astimezone(UTC) - as_of).total_seconds() / 3600)
    return Freshness(as_of, hours, target_hours, f"Last event {moment(as_of, timezone)} · {age(hours)} old")


def age(hours: float) -> str:
    """A length of time in its largest unit.

    >>> age(0.4), age(10), age(47), age(530)
    ('less than an hour', '10 hours', '47 hours', '22 days')
    """
    if hours < 1:
        return "less than an hour"
    return people(int(hours), "hour", "hours") if hours < 48 else f"{count(hours // 24)} days"
