"""What was reported, against what the same number is now: the difference, and why.

A number that went out with a report can change afterwards for three reasons. It means something else now (a new
definition); people who were counted apart turned out to be one (merged people); or rows came after the report (late
data). What was reported is never rewritten.
"""

from dataclasses import dataclass
from typing import Literal, Protocol

Reason = Literal["new definition", "merged people", "late data", "same load"]

SLIGHT = 1e-9
"""Numbers closer than this part of themselves are the same."""


class Number(Protocol):
    """A number with what it meant and where it came from: `Snapshot`, or what is known now."""

    @property
    def value(self) -> float | None:
        """The number; None where there was none."""
        ...

    @property
    def fingerprint(self) -> str:
        """The hash of what it meant."""
        ...

    @property
    def stamp(self) -> str:
        """The load it came from."""
        ...

    @property
    def people(self) -> int | None:
        """How many persons that load knew."""
        ...


@dataclass(frozen=True, slots=True)
class Known:
    """A number as it is now: its value, the hash of its definition, the load, and how many persons that load knows."""

    value: float | None
    fingerprint: str
    stamp: str
    people: int | None = None


@dataclass(frozen=True, slots=True)
class Restated:
    """A number that is not any more what was reported. `difference` is now less then; None where either is empty."""

    before: float | None
    now: float | None
    difference: float | None
    reason: Reason


def restated(before: Number, now: Number) -> Restated | None:
    """How a reported number changed, and why; None where it is the same.

    Another definition explains a difference before anything else. With the same definition and another load, fewer
    persons than before say that people were merged; else the rows came late. `same load` should not happen: then the
    difference comes from settings, or from rules the definition does not name.

    >>> restated(Known(0.90, "a", "s1", 100), Known(0.91, "a", "s2", 100)).reason
    'late data'
    """
    if _same(before.value, now.value):
        return None
    difference = None if before.value is None or now.value is None else now.value - before.value
    return Restated(before.value, now.value, difference, _reason(before, now))


def _same(one: float | None, two: float | None) -> bool:
    if one is None or two is None:
        return one is two
    return abs(one - two) <= SLIGHT * max(abs(one), abs(two))


def _reason(before: Number, now: Number) -> Reason:
    if before.fingerprint != now.fingerprint:
        return "new definition"
    if before.stamp == now.stamp:
        return "same load"
    fewer = before.people is not None and now.people is not None and now.people < before.people
    return "merged people" if fewer else "late data"
