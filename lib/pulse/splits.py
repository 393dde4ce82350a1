"""Which group of which field explains a change: parts that add up to it exactly.

A count splits into what each group lost or gained. A share splits, group by group, into rate (its own share changed)
and mix (more or fewer belong to it): the symmetric split of E. M. Kitagawa, "Components of a difference between two
rates" (JASA 50, 1955), with the mix measured against the middle of the two overall shares. Of several fields the one
is named in which a single group holds most of the change beyond what its size lets expect: the idea of explanatory
power and surprise in R. Bhagwan et al., "Adtributor: Revenue debugging in advertising systems" (NSDI 2014).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

ALIKE = 0.3
"""A group with less than this part of the change, beyond its size, explains nothing: the change is spread evenly."""
REST = "Other"


@dataclass(frozen=True)
class Cell:
    """One group before and now: what was counted and, for shares and ratios, of what."""

    segment: str
    top_then: float
    top_now: float
    below_then: float | None = None
    below_now: float | None = None


@dataclass(frozen=True)
class Part:
    """A group's part of the change: `rate` + `mix` for shares and ratios, `amount` for all; and its size before."""

    segment: str
    amount: float
    rate: float
    mix: float
    weight: float
    is_new: bool = False

    @property
    def is_mix(self) -> bool:
        """True where more of it comes from how many belong to the group than from what they do."""
        return abs(self.mix) > abs(self.rate)


@dataclass(frozen=True)
class Split:
    """A change by one field: the parts, the largest first, and what groups cannot explain (people in several)."""

    field: str
    change: float
    parts: tuple[Part, ...]
    left: float

    @property
    def excess(self) -> tuple[float, Part | None]:
        """The largest part of the change, beyond its size, that one group holds (1 is all of it); and the group."""
        if not self.change:
            return 0.0, None
        named = [one for one in self.parts if one.segment != REST]
        shares = [(one.amount / self.change - one.weight, one) for one in named]
        return max(shares, key=lambda found: found[0], default=(0.0, None))


def counts(field: str, cells: Sequence[Cell], change: float | None = None) -> Split:
    """The change of a count, group by group. `change` is that of everybody, where groups share people."""
    whole = sum(abs(cell.top_then) for cell in cells)
    moved = [(cell, cell.top_now - cell.top_then) for cell in cells]
    parts = [
        Part(cell.segment, amount, amount, 0.0, abs(cell.top_then) / whole if whole else 0.0) for cell, amount in moved
    ]
    total = sum(amount for _, amount in moved)
    change = total if change is None else change
    return Split(field, change, _largest(parts), change - total)


def ratios(field: str, cells: Sequence[Cell], change: float | None = None) -> Split:
    """The change of a share or ratio (all counted ÷ all below), group by group, as rate and mix.

    A group that was not there before has no rate of its own then, so its part is all mix.
    """
    then, now = (sum(_of(cell, when) for cell in cells) for when in ("below_then", "below_now"))
    whole_then = sum(cell.top_then for cell in cells) / then if then else 0.0
    whole_now = sum(cell.top_now for cell in cells) / now if now else 0.0
    middle = (whole_then + whole_now) / 2
    parts = [_ratio(cell, then, now, middle) for cell in cells]
    total = whole_now - whole_then if then and now else 0.0
    change = total if change is None else change
    return Split(field, change, _largest(parts), change - sum(one.amount for one in parts))


def _ratio(cell: Cell, then: float, now: float, middle: float) -> Part:
    below_then, below_now = _of(cell, "below_then"), _of(cell, "below_now")
    weight_then, weight_now = (below_then / then if then else 0.0), (below_now / now if now else 0.0)
    rate_then = cell.top_then / below_then if below_then else None
    rate_now = cell.top_now / below_now if below_now else None
    before = rate_now if rate_then is None else rate_then
    after = rate_then if rate_now is None else rate_now
    before, after = before or 0.0, after or 0.0
    rate = (after - before) * (weight_then + weight_now) / 2
    mix = (weight_now - weight_then) * ((before + after) / 2 - middle)
    return Part(cell.segment, rate + mix, rate, mix, (weight_then + weight_now) / 2, not below_then)


def _of(cell: Cell, name: str) -> float:
    return float(getattr(cell, name) or 0.0)


def _largest(parts: Sequence[Part]) -> tuple[Part, ...]:
    return tuple(sorted(parts, key=lambda one: (-abs(one.amount), one.segment)))


def best(splits: Mapping[str, Split]) -> tuple[Split, Part] | None:
    """The field and the group that explain most; None where the change is spread over all groups of every field."""
    found = [(split.excess, split) for split in splits.values()]
    named = [(share, split, one) for (share, one), split in found if one is not None and share >= ALIKE]
    if not named:
        return None
    _, split, one = max(named, key=lambda told: (told[0], told[1].field))
    return split, one
