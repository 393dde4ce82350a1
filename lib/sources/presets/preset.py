"""What a preset is: the headers that give an export away, and what becomes of its rows."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import polars as pl

from lib.sources.extras import as_text
from lib.sources.presets.calendar import bare_name, month_of

Names = tuple[str, ...]
Gather = Literal["sum", "visits", "months", "changes", "levels", "payments", "lines", "versions", "states"]
MADE = "made: "
"""What the names of columns begin with that no file has: a preset makes them from those it has."""
STEP = "step: "
"""What the names of columns begin with that are there only while others are made from them."""
DASHES = r"^\s*(?:--?|\x{2013}|\x{2014}|\((?:not set|none|direct|not provided)\)|)\s*$"
"""How these tools write that there is nothing."""


def counted(number: int, thing: str) -> str:
    """`1 row`, `1,200 rows`."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def key(name: str) -> str:
    """A header without case, blanks, braces of a placeholder and a currency behind it.

    >>> key("Amount spent (USD)"), key("{cost_amount}"), key(" Impr. ")
    ('amountspent', 'cost_amount', 'impr.')
    """
    return bare_name(re.sub(r"\([A-Z]{3}\)\s*$", "", name.replace("\ufeff", "")))


def first_of(names: Iterable[str], wanted: Names) -> str | None:
    """The column that is called by one of the wanted headers; earlier ones are better."""
    by_key: dict[str, str] = {}
    for name in names:
        by_key.setdefault(key(name), name)
    return next((by_key[key(one)] for one in wanted if key(one) in by_key), None)


@dataclass(frozen=True)
class Links:
    """What leads to a creator: codes (in upper case), paths of pages, and the UTM names of links. All name creators."""

    codes: dict[str, str] = field(default_factory=dict)
    paths: dict[str, str] = field(default_factory=dict)
    utms: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Cells:
    """The columns of a piece by their headers, as text, for the columns a preset makes.

    `decimal` is the file's decimal mark, `hosts` are the company's own, `links` lead to creators (of their ledger).
    """

    names: tuple[str, ...]
    schema: pl.Schema
    decimal: str = "."
    hosts: tuple[str, ...] = ()
    links: Links | None = None

    def has(self, *wanted: str) -> bool:
        """Is there a column of one of these headers?"""
        return first_of(self.names, wanted) is not None

    def get(self, *wanted: str) -> pl.Expr:
        """The first of these columns that holds a value in the row; null where none does, or a dash stands there."""
        found = [name for one in wanted if (name := first_of(self.names, (one,))) is not None]
        texts = [self._text(name) for name in dict.fromkeys(found)]
        return pl.coalesce(texts) if texts else pl.lit(None, pl.String())

    def _text(self, name: str) -> pl.Expr:
        slot = f"c{self.names.index(name)}"
        text = as_text(pl.col(slot), self.schema[slot]).str.strip_chars()
        return pl.when(~text.str.contains(DASHES)).then(text)


@dataclass(frozen=True)
class Target:
    """One table that a file fills.

    `columns` is canonical = headers, the best first; `constants` the same value in every row. `made` gives further
    columns by name (beginning with `MADE`), `keeps` says which rows are of this table at all. `steps` are columns
    (their names begin with `STEP`) that these two are made from, in layers that may each use those before: what stands
    in several expressions is worked out again in each, which multiplies from layer to layer. `ends` says where the
    last day of a row stands that covers several: column of the first day = column of the last, or "week", "month",
    "quarter". `gather`: "sum" adds up the rows of one key, "visits" leaves one touchpoint a visit, the others make
    intervals of subscriptions (`lib.sources.presets.revenue`). `is_rounded`: an amount more precise than the currency
    is rounded, not refused; `is_minor`: amounts are in minor units. `is_wide`: columns are months. `others` says what
    the rows are that `keeps` leaves out. `needs` are headers without one of which the file does not fill this table.
    `says` are sentences that every load repeats.
    """

    table: str
    columns: Mapping[str, Names]
    constants: Mapping[str, str] = field(default_factory=dict)
    made: Callable[[Cells], Mapping[str, pl.Expr]] | None = None
    keeps: Callable[[Cells], pl.Expr] | None = None
    steps: Callable[[Cells], Iterable[Mapping[str, pl.Expr]]] | None = None
    ends: Mapping[str, str] = field(default_factory=dict)
    gather: Gather | None = None
    is_rounded: bool = False
    others: str = "of other tables"
    needs: Names = ()
    is_minor: bool = False
    is_wide: bool = False
    says: Names = ()

    @property
    def is_revenue(self) -> bool:
        """Do the rows become intervals of subscriptions?"""
        return self.gather not in (None, "sum", "visits")


@dataclass(frozen=True)
class Preset:
    """One vendor's export.

    `title` is what people call it. `identify` are groups of headers; a file is recognised where it has one of
    each. `labels` are columns in which a row of sums says that it is one; `is_nameless` says that such a row may also
    show by having none of them filled. `notes` are sentences a person should read before loading. `months` is how many
    headers have to be months for a file to be recognised, and with one of `unless` it is something else.
    """

    name: str
    title: str
    identify: tuple[Names, ...]
    targets: tuple[Target, ...]
    labels: Names = ()
    is_nameless: bool = False
    notes: Names = ()
    months: int = 0
    unless: Names = ()

    @property
    def called(self) -> str:
        """With its article, to complete "This looks like …"."""
        return f"{'an' if self.title[0] in 'AEIOU' or self.title.startswith('event') else 'a'} {self.title}"

    def fits(self, keys: Collection[str]) -> bool:
        """Do headers of these keys belong to this export?"""
        if not all(any(key(one) in keys for one in group) for group in self.identify):
            return False
        if any(key(one) in keys for one in self.unless):
            return False
        return not self.months or sum(month_of(one) is not None for one in keys) >= self.months
