"""How one key result stands: measured and said side by side, and where it is heading."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from lib.okr import forecast, rhythm
from lib.okr.progress import EARLY, Aim, elapsed, pace, progress, straight_line, word

CONFIDENT, HEADING = 0.7, 0.7
"""From this confidence on somebody says it will be reached; from this progress on the due day it is heading there."""

BEFORE = timedelta(days=31)
"""A value of the month before the start counts until there is a newer one."""

Point = tuple[date, float]


@dataclass(frozen=True, slots=True)
class Said:
    """What a person said on a day."""

    day: date
    confidence: float


@dataclass(frozen=True, slots=True)
class Standing:
    """A key result on a day. `progress` and all that follows from the value are None without one.

    `heading` is the value of the robust line on the due day, `band` the values around it, `lands` the progress that
    would be. `rhythm` is the share of check-ins that were made in time.
    """

    word: str
    value: float | None
    at: date | None
    elapsed: float
    progress: float | None
    pace: float | None
    straight: float | None
    heading: float | None
    band: tuple[float, float] | None
    lands: float | None
    said: float | None
    heard: date | None
    is_outdated: bool
    rhythm: float | None
    is_limit: bool = False

    @property
    def is_good(self) -> bool:
        """True where it counts as on track in the net confidence."""
        return self.word == "on track"

    @property
    def is_bad(self) -> bool:
        """True where it counts as off track in the net confidence: off track, or a limit breached."""
        return self.word in ("off track", "breached")

    @property
    def is_early(self) -> bool:
        """True in the first tenth of the time: nothing is said of where it leads then."""
        return self.elapsed < EARLY

    @property
    def disagrees(self) -> bool:
        """True where people say it will be reached and the line says it will not, or the other way round.

        A guard rail is kept where the line stays inside its limit. In the first tenth of the time neither is judged.
        """
        if self.said is None or self.lands is None or self.is_early:
            return False
        return (self.said >= CONFIDENT) != (self.lands >= (1.0 if self.is_limit else HEADING))

    @property
    def contrast(self) -> str:
        """What is said against what is measured, in a few words; empty where they agree."""
        if not self.disagrees or self.said is None or self.lands is None:
            return ""
        opinion = "said on track" if self.said >= CONFIDENT else "said at risk"
        if self.is_limit:
            return f"{opinion}, heading {'to stay inside' if self.lands >= 1 else 'past'} its limit"
        return f"{opinion}, heading to {100 * self.lands:.0f} % of the way"


def standing(
    aim: Aim, points: Sequence[Point], said: Sequence[Said], today: date, written: date | None = None
) -> Standing:
    """How a key result stands on a day, from its values up to that day and what people said.

    `written` is the day it was written down: before that nobody could check in.

    The line is laid through the values since the start, or through the last four where there are fewer since.
    """
    known = sorted(point for point in dict(points).items() if point[0] <= today)
    value, at = (known[-1][1], known[-1][0]) if known and known[-1][0] >= aim.start - BEFORE else (None, None)
    since = [point for point in known if point[0] >= aim.start]
    ahead = forecast.line(since if len(since) >= forecast.LEAST else known[-forecast.LEAST :])
    heard = sorted(said, key=lambda one: one.day)
    days = [one.day for one in heard]
    outdated = rhythm.is_outdated(aim, days, today, written)
    heading = None if ahead is None or value is None else ahead.at(aim.due)
    return Standing(
        word=word(aim, value, today, outdated),
        value=value,
        at=at,
        elapsed=elapsed(aim, today),
        progress=None if value is None else progress(aim, value),
        pace=None if value is None else pace(aim, value, today),
        straight=None if value is None else straight_line(aim, value, today),
        heading=heading,
        band=None if ahead is None or value is None else ahead.band(aim.due),
        lands=None if heading is None else progress(aim, heading),
        said=heard[-1].confidence if heard else None,
        heard=days[-1] if days else None,
        is_outdated=outdated,
        rhythm=rhythm.rhythm(aim, days, today),
        is_limit=aim.is_limit,
    )
