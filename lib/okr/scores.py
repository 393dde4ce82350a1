"""Scores at the close of a cycle, from 0.0 to 1.0, and how they are read."""

from collections.abc import Sequence
from typing import Literal

REACHED, PARTLY = 0.7, 0.4

Kind = Literal["committed", "aspirational"]


def score(done: float) -> float:
    """Progress at the close as the score that is kept: to the hundredth, never rounded up to a full 1.0.

    >>> score(0.666), score(0.999), score(1.0)
    (0.67, 0.99, 1.0)
    """
    return 1.0 if done >= 1 else min(round(done, 2), 0.99)


def read(value: float, kind: Kind = "aspirational") -> str:
    """A score in a word: reached from 0.7, partly from 0.4, else missed. What was committed to is reached at 1.0 only.

    >>> read(0.7), read(0.4), read(0.39), read(0.99, "committed"), read(1.0, "committed")
    ('reached', 'partly', 'missed', 'missed', 'reached')
    """
    if kind == "committed":
        return "reached" if value >= 1 else "missed"
    return "reached" if value >= REACHED else "partly" if value >= PARTLY else "missed"


def weighted(parts: Sequence[tuple[float, float]]) -> float | None:
    """The mean of values with their weights; None where nothing weighs anything.

    >>> weighted([(1.0, 1.0), (0.6, 3.0)]), weighted([(1.0, 0.0)])
    (0.7, None)
    """
    whole = sum(weight for _, weight in parts)
    return round(sum(value * weight for value, weight in parts) / whole, 12) if whole > 0 else None
