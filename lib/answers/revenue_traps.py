"""Rows of subscriptions that cannot be counted, or that count and look wrong: each kind of them named in a sentence."""

import numpy as np
import polars as pl

from lib.words import count

FOREVER = 2**31 - 1
DAYS = 1 << 32


def clean(found: pl.DataFrame) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """The rows that can be counted, and a sentence for each kind that cannot or that looks wrong."""
    traps: list[str] = []
    again = _repeated(found["subscription_id"].hash())
    if again.any() and _may_repeat(found.filter(again)):
        # `is_first_distinct` keeps the rows in their order.
        keep = ~pl.Series(again) | found.select(pl.struct(pl.all()).is_first_distinct()).to_series()
        if not keep.all():
            traps.append(_said(int((~keep).sum()), "repeats another and is", "repeat others and are"))
        found, again = found.filter(keep), again[keep.to_numpy()]
    tests = {
        ("has no amount and is", "have no amount and are"): pl.col("mrr_cents").is_null(),
        ("has an amount below zero and is", "have an amount below zero and are"): pl.col("mrr_cents") < 0,
        ("ends before it begins and is", "end before they begin and are"): pl.col("end_date") < pl.col("start_date"),
        ("has no account or no first day and is", "have no account or no first day and are"): (
            pl.col("account_id").is_null() | pl.col("start_date").is_null()
        ),
    }
    counted = found.select(test.fill_null(False).sum().alias(str(i)) for i, test in enumerate(tests.values())).row(0)
    traps += [_said(n, *words) for n, words in zip(counted, tests, strict=True) if n]
    if any(counted):
        right = ~found.select(pl.any_horizontal(test.fill_null(False) for test in tests.values())).to_series()
        found, again = found.filter(right), again[right.to_numpy()]
    return found, (*traps, *_odd(found, again))


def _repeated(hashes: pl.Series) -> np.ndarray:
    """Of every row, does another one have the same hash? By sorting, where counting texts takes far longer."""
    values = hashes.to_numpy()
    found = np.zeros(values.size, dtype=np.bool_)
    ordered = np.sort(values)
    if np.any(ordered[1:] == ordered[:-1]):
        order = np.argsort(values)
        same = values[order[1:]] == values[order[:-1]]
        found[order[1:][same]] = found[order[:-1][same]] = True
    return found


def _may_repeat(rows: pl.DataFrame) -> bool:
    """May there be equal rows? Only those that begin alike can be, and hashing every column takes longest of all."""
    alike = _repeated(rows.select(pl.struct("account_id", "start_date").hash()).to_series())
    return bool(alike.any()) and bool(_repeated(rows.filter(alike).hash_rows()).any())


def _odd(found: pl.DataFrame, again: np.ndarray) -> list[str]:
    """Sentences about rows that count and still look wrong; only those marked may share a subscription."""
    odd: list[str] = []
    above = found.select((pl.col("mrr_cents") > pl.col("list_mrr_cents")).sum()).item()
    if above:
        odd.append(f"{_rows(above)} more than the list price; the realised price of these is above 100 %.")
    overlap, touching, later = _following(found.filter(again)) if again.any() else (0, 0, 0)
    if overlap:
        odd.append(f"{_rows(overlap, 'begins', 'begin')} before the one before it of the same subscription ended;"
                   " both count on these days.")  # fmt: skip
    if later > touching:
        odd.append(f"{_rows(later, 'begins', 'begin')} the day after the one before it of the same subscription ended,"
                   " and nothing is paid in between: a loss and a return where a month ends there. The end is the first"
                   " day that is not paid; where yours is the last paid one, let it be a day later.")  # fmt: skip
    return odd


def _following(rows: pl.DataFrame) -> tuple[int, int, int]:
    """How many begin before, on, and on the day after the day that the one before it of the same subscription ended."""
    number = rows["subscription_id"].rank("dense").fill_null(0).to_numpy().astype(np.int64)
    start = rows["start_date"].to_physical().to_numpy().astype(np.int64)
    end = rows["end_date"].to_physical().fill_null(FOREVER).to_numpy().astype(np.int64)
    order = np.argsort(number * DAYS + start)  # days before 1970 too: DAYS is far more than there are
    number, start, end = number[order], start[order], end[order]
    wait = (start[1:] - end[:-1])[(number[1:] == number[:-1]) & (number[1:] > 0)]
    return int((wait < 0).sum()), int((wait == 0).sum()), int((wait == 1).sum())


def _rows(number: int, one: str = "pays", many: str = "pay") -> str:
    return f"{count(number)} {'row of subscriptions ' + one if number == 1 else 'rows of subscriptions ' + many}"


def _said(number: int, one: str, many: str) -> str:
    return f"{_rows(number, one, many)} left out."
