"""To whom people belong, and rows about people added up by it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lib.answers.tally import LEAST, distinct, sums

Numbers = np.ndarray


@dataclass(frozen=True)
class Shares:
    """To whom the people belong: one entry per person and name, in order of `who` (a place among those acquired).

    `key` counts through `names`, `home` through `channels` (the channel of the contact that decided), and the weights
    of a person add up to 1. `whole` says that everybody belongs to one name only. People who are not here are
    unattributed.
    """

    who: Numbers
    key: Numbers
    home: Numbers
    weight: Numbers
    names: tuple[str, ...]
    channels: tuple[str, ...]
    people: int
    whole: bool

    def laid(self, who: Numbers) -> "Laid":
        """Rows about people, laid out to whom these belong."""
        if self.whole:
            return Laid(self, slice(None), who, self._number[who], None)
        starts = np.concatenate([[0], np.cumsum(np.bincount(self.who, minlength=self.people))])
        many = starts[who + 1] - starts[who]
        rows = np.repeat(np.arange(who.size), many)
        nth = np.arange(rows.size) - np.repeat(np.cumsum(many) - many, many)
        entry = starts[who[rows]] + nth
        return Laid(self, rows, entry, self.key[entry] + 1, self.weight[entry])

    @cached_property
    def _number(self) -> Numbers:
        """The name of everybody, counted from 1; 0 for people who belong to none."""
        found = np.zeros(self.people, dtype=np.int64)
        found[self.who] = self.key + 1
        return found

    def reaching(self, days: Numbers) -> tuple[Numbers | slice, Numbers]:
        """The entries of people for whom a day is over, and how many days are (`days`, of each person) for these."""
        reach = days[self.who]
        if reach.min(initial=0) >= 0:
            return slice(None), reach
        here = np.flatnonzero(reach >= 0)
        return here, reach[here]

    def weights(self, entries: Numbers | slice) -> Numbers | None:
        """The weights of these entries; None where each is 1."""
        return None if self.whole else self.weight[entries]

    def total(self, amount: Numbers | None = None) -> Numbers:
        """Amounts of the entries, weighted, added up by name; without any, the people."""
        if self.whole:
            return sums(self.key, amount, len(self.names))
        return sums(self.key, self.weight if amount is None else self.weight * amount, len(self.names))

    def squares(self, amount: Numbers | None = None) -> Numbers:
        """As `total`, with the squares of the weights."""
        if self.whole:
            return self.total(amount)
        return self.total(self.weight if amount is None else self.weight * amount)

    @cached_property
    def pairs(self) -> tuple[Numbers, Numbers, Numbers]:
        """Each name with each channel its people came by, in order, and how many people that are."""
        size = max(len(self.channels), 1)
        cell = self.key * size + self.home
        weight, cells = None if self.whole else self.weight, len(self.names) * size
        found = distinct(cell, cells)
        if cells <= max(cell.size, LEAST):
            users = sums(cell, weight, cells)[found]
        else:
            users = sums(np.searchsorted(found, cell), weight, found.size)
        return found // size, found % size, users


@dataclass(frozen=True)
class Laid:
    """Rows about people with what they belong to: a row of several entries is there once for each.

    `rows` are the numbers of the rows, `unit` is the entry of each (with whole shares: the person), and `number` counts
    the names from 1; rows of nobody's people have 0. `weight` is that of the entry, None where it is always 1.
    """

    shares: Shares
    rows: Numbers | slice
    unit: Numbers
    number: Numbers
    weight: Numbers | None

    def table(self, column: Numbers, columns: int, amount: Numbers | None = None) -> Numbers:
        """Amounts of rows (None: 1 each), weighted, added up in a table of names (down) and columns (across)."""
        return self.filled(self.cells(column, columns), columns, amount)

    def filled(self, cells: Numbers, columns: int, amount: Numbers | None = None) -> Numbers:
        """The same, of rows whose cells are known."""
        size = (len(self.shares.names) + 1) * columns
        return sums(cells, self.amounts(amount), size).reshape(-1, columns)[1:]

    def cells(self, column: Numbers, columns: int) -> Numbers:
        """The cell of each row in a table of names and columns, read line by line; nobody's come in a line before."""
        return self.number * columns + column[self.rows]

    def amounts(self, amount: Numbers | None) -> Numbers | None:
        """Amounts of rows, weighted; None where each is 1."""
        if amount is None or self.weight is None:
            return self.weight if amount is None else amount[self.rows]
        return self.weight * amount[self.rows]

    def by_entry(self, amount: Numbers) -> Numbers:
        """Amounts, one of each row here, added up by entry of the shares."""
        if self.weight is None:
            found = sums(self.unit, amount, self.shares.people)
            return found if self.shares.who.size == found.size else found[self.shares.who]
        return sums(self.unit, amount, self.shares.who.size)
