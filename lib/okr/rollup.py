"""Objectives out of their key results, the tree they make, and the one figure of a cycle."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lib.okr.scores import weighted
from lib.okr.standing import Standing

WORST = (
    "breached", "off track", "missed", "outdated", "no value", "watch", "partly", "early", "on track", "reached",
)  # fmt: skip
"""Words from the worst to the best, those of scores among them."""


@dataclass(frozen=True, slots=True)
class Together:
    """An objective: the weighted mean of the progress of its key results, and its weakest key result.

    `weakest` is the place of the weakest among those given, as `weakest` finds it; `word` is the worst word of any.
    """

    mean: float | None
    weakest: int | None
    word: str


CLOSED = ("reached", "partly", "missed")


def weakest(standings: Sequence[Standing]) -> int | None:
    """The place of the weakest: the one in the worst state, of several the one of which least is done.

    Those that go on come before closed ones; those without a value are left out. None where none is left.
    """
    known = [(place, one) for place, one in enumerate(standings) if one.progress is not None]
    ranks = [(one.word in CLOSED, WORST.index(one.word), one.progress or 0.0, place) for place, one in known]
    return min(ranks)[-1] if ranks else None


def together(parts: Sequence[tuple[Standing, float]]) -> Together:
    """An objective out of its key results, each with its weight."""
    known = [(one.progress, weight) for one, weight in parts if one.progress is not None]
    words = [one.word for one, _ in parts]
    return Together(
        mean=weighted(known),
        weakest=weakest([one for one, _ in parts]),
        word=min(words, key=WORST.index) if words else "no value",
    )


def net_confidence(standings: Sequence[Standing]) -> float | None:
    """The share of key results on track less the share off track or breached, from −1 to 1; None without any."""
    if not standings:
        return None
    return (sum(one.is_good for one in standings) - sum(one.is_bad for one in standings)) / len(standings)


@dataclass(frozen=True, slots=True)
class Branch:
    """A node of the tree: how deep it lies, and under what."""

    id: str
    depth: int
    parent: str | None


def tree(parents: Mapping[str, str | None]) -> list[Branch]:
    """Everything in the order in which it is read: each thing, then what lies under it, in the order given.

    What hangs on something unknown stands at the top; so does one of each loop, so that nothing is ever left out.
    """
    under: dict[str | None, list[str]] = {}
    for node, parent in parents.items():
        under.setdefault(parent if parent in parents and parent != node else None, []).append(node)
    found: dict[str, Branch] = {}

    def walk(node: str, depth: int, parent: str | None) -> None:
        if node not in found:
            found[node] = Branch(node, depth, parent)
            for below in under.get(node, ()):
                walk(below, depth + 1, node)

    for root in (*under.get(None, ()), *parents):  # the second round begins what only a loop leads to
        walk(root, 0, None)
    return list(found.values())
