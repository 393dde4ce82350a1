"""Currencies of amounts: in a column, in the header, or beside the number. One column has one, or says which.

Rows in another currency than the reporting one are kept where an exchange rate of it is loaded (table `fx_rates`); it
is applied when a question is asked. All others are refused.
"""

import re
from dataclasses import dataclass, field

import polars as pl

from lib.errors import SourceError
from lib.settings import minor_units
from lib.sources.casts import Fault
from lib.sources.plan import Plan
from lib.sources.presets import target_of
from lib.sources.presets.preset import key
from lib.sources.raw import LINE, ROW, Raw

MARK = r"^[-+(\s]*(\p{Sc}|[A-Za-z]{3})[-+(\s]*\d|\d[\s)]*(\p{Sc}|[A-Za-z]{3})[\s)]*$"
CODES = {"€": "EUR", "£": "GBP", "₹": "INR", "₺": "TRY", "₽": "RUB", "₴": "UAH", "₩": "KRW", "₪": "ILS", "₫": "VND"}
SHARED = {"$": "USD AUD CAD NZD SGD HKD TWD MXN CLP COP ARS", "¥": "JPY CNY"}
"""Signs that several currencies use: the reporting one is meant where it is among them."""
IN_HEADER = re.compile(r"\(([A-Z]{3})\)\s*$")


def foreign(plan: Plan) -> list[Fault]:
    """What can be wrong with the currency that a row says."""
    code, own = pl.col("v:currency"), plan.currency
    if plan.table.name == "fx_rates":
        return [Fault("currency", code == own, pl.lit(f"currency: {own} is the reporting currency and needs no rate"))]
    unknown = (code != own) & ~code.is_in(sorted(plan.rates))
    words = "currency: '{}' is not the reporting currency {}, and fx_rates has no rate of it"
    faults = [Fault("currency", unknown, pl.format(words, "v:currency", pl.lit(own)))]
    is_minor = plan.spec.preset is not None and target_of(plan.spec.preset, plan.spec.table)[1].is_minor
    others = [rate for rate in sorted(plan.rates) if minor_units(rate) != plan.digits]
    if others and (is_minor or plan.mapped.minor):
        words = "currency: '{}' has other minor units than {}; export amounts in major units"
        faults.append(Fault("currency", code.is_in(others), pl.format(words, "v:currency", pl.lit(own))))
    return faults


def check_header(plan: Plan) -> None:
    """Raise `SourceError` where a header such as `Amount spent (EUR)` names another currency than the reporting one."""
    if "currency" in plan.mapped.columns or "currency" in plan.spec.constants:
        return
    for column in plan.table.columns:
        source = plan.mapped.columns.get(column.name)
        code = IN_HEADER.search(source) if source is not None and column.kind == "money" else None
        if source is None or code is None:
            continue
        for other in plan.mapped.extras:
            second = IN_HEADER.search(other)
            if second is not None and key(other) == key(source) and second.group(1) != code.group(1):
                raise SourceError(f"{plan.label} has amounts in two currencies, {source} and {other}; export only one.")
        if code.group(1) != plan.currency:
            raise SourceError(_other(f"{plan.label}, {source}", code.group(1), plan.currency))


def _other(where: str, code: str, own: str) -> str:
    return (
        f"{where}: these amounts are in {code}, and the reporting currency is {own}. Export them in {own}, or say"
        f' constants = {{currency = "{code}"}} of this source and load a rate of {code} into fx_rates.'
    )


def _code(sign: str, own: str) -> str:
    """The currency a sign stands for, where ours is `own`.

    >>> _code("$", "CAD"), _code("$", "EUR"), _code("€", "USD"), _code("CHF", "USD")
    ('CAD', 'USD', 'EUR', 'CHF')
    """
    several = SHARED.get(sign, CODES.get(sign, sign)).split()
    return own if own in several else several[0]


@dataclass(slots=True)
class Marks:
    """The currency signs seen beside the amounts of a source that has no column of currencies."""

    seen: dict[str, tuple[str, str, str]] = field(default_factory=dict)

    def check(self, piece: Raw, plan: Plan) -> None:
        """Look at a piece. Raises `SourceError` for a second currency in one column, or one that is not ours."""
        if "currency" in plan.mapped.columns or "currency" in plan.spec.constants:
            return
        if "currency" not in plan.table.by_name:
            return
        for column in plan.table.columns:
            source = plan.mapped.columns.get(column.name)
            if column.kind == "money" and source is not None and source in piece.names:
                self._column(source, piece, plan)

    def _column(self, source: str, piece: Raw, plan: Plan) -> None:
        slot = f"c{piece.names.index(source)}"
        if piece.frame.schema[slot] != pl.String():
            return
        parts = pl.col(slot).str.extract_groups(MARK).struct
        mark = pl.coalesce(parts.field("1"), parts.field("2")).str.to_uppercase()
        found = piece.frame.select(mark.alias("mark"), pl.col(slot).alias("cell"), ROW, LINE).drop_nulls("mark")
        for sign, cell, row, line in found.unique("mark", keep="first", maintain_order=True).rows():
            code = _code(sign, plan.currency)
            here = f"line {line}" if line is not None else f"row {row}"
            before = self.seen.setdefault(source, (code, cell, here))
            if before[0] != code:
                raise SourceError(
                    f"{plan.label}, {source}: '{before[1]}' ({before[2]}) is in {before[0]} and '{cell}' ({here}) in "
                    f"{code}. One column of amounts needs one currency, or a column that says which."
                )
            if code != plan.currency:
                raise SourceError(_other(f"{plan.label}, {here}, {source}: '{cell}'", code, plan.currency))
