"""Our months against another tool's: every difference has one kind, and the totals add up."""

import random
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib import upload
from lib.answers.reconciliation import KINDS, reconcile
from lib.errors import SourceError
from lib.facts import Facts
from lib.questions import Revenue, parse

D = date.fromisoformat
MONTHS = [date(2026, number, 1) for number in range(1, 7)]
NAMES = ["subscription_id", "account_id", "start_date", "end_date", "mrr_cents", "end_reason"]


def facts(rows: list[tuple[str, str, str, str | None, int, str | None]], **more: Any) -> Facts:
    frame = pl.DataFrame(rows, schema=dict.fromkeys(NAMES, pl.String()) | {"mrr_cents": pl.Int64()}, orient="row")
    frame = frame.with_columns(pl.col("start_date", "end_date").str.to_date())
    return Facts.of(subscriptions=frame, **more)


def sheet(rows: dict[str, list[Any]], currency: str | None = None) -> pl.DataFrame:
    lines = [(account, month, round(value * 100), currency) for account, values in rows.items()
             for month, value in zip(MONTHS, values, strict=True) if value is not None]  # fmt: skip
    schema = {"account_id": pl.String(), "month": pl.Date(), "cents": pl.Int64(), "currency": pl.String()}
    return pl.DataFrame(lines, schema=schema, orient="row")


def question(**policy: object) -> Revenue:
    asked = parse({"kind": "revenue", "at": "2026-06-30", "policy": policy})
    assert isinstance(asked, Revenue)
    return asked


OURS = [
    ("s1", "same", "2026-01-01", None, 10_000, None),
    ("s2", "late", "2026-02-10", None, 10_000, None),
    ("s3", "cents", "2026-01-01", None, 3_333, None),
    ("s4", "away", "2026-01-05", None, 5_000, None),
    ("s5", "rests", "2026-01-05", "2026-03-10", 8_000, "paused"),
    ("s6", "free", "2026-01-05", None, 0, None),
    ("s7", "less", "2026-01-05", None, 2_000, None),
]
THEIRS: dict[str, list[Any]] = {
    "same": [100] * 6, "late": [None, None, 100, 100, 100, 100.0], "cents": [33.34] * 6, "away": [None] * 6,
    "rests": [80] * 5 + [None], "free": [None, 20, None, None, None, None], "less": [20, 20, 25, 20, 20, 20],
    "ghost": [None, None, None, 7, None, None],
}  # fmt: skip


def test_each_kind_by_hand() -> None:
    found = reconcile(question(), facts(OURS), sheet(THEIRS))
    kinds = {row["kind"]: (row["account_months"], row["accounts"], row["difference"]) for row in found.kinds.to_dicts()}
    assert kinds == {
        "missing here": (1, 1, 7.0),  # a ghost nobody knows here
        "missing there": (6, 1, -300.0),  # away: they have never heard of it
        "amount": (1, 1, 5.0),  # less, in March
        "timing": (1, 1, -100.0),  # late begins in February here, in March there
        "currency or rounding": (6, 1, pytest.approx(0.06)),
        "paused or past due": (3, 1, 240.0),  # rests from March to May: billed there, paused here
        "trial or free": (1, 1, 20.0),
    }
    assert list(kinds) == [kind for kind in KINDS if kind in kinds]
    assert found.headline.startswith("17 of 36 account-months agree.")
    assert found.rows["difference"].abs().is_sorted(descending=True)
    assert found.rows.filter(pl.col("kind") == "timing").select("account_id", "month").rows() == [
        ("late", D("2026-02-01"))
    ]


def test_past_due_accounts_and_other_currencies() -> None:
    at = pl.Series([D("2026-02-01")]).cast(pl.Datetime("us", "UTC"))
    bills = pl.DataFrame({"invoice_id": ["i"], "account_id": ["same"], "issued_at": at, "status": ["failed"],
                          "amount_cents": [1]})  # fmt: skip
    found = reconcile(question(), facts(OURS[:1], invoices=bills), sheet({"same": [100] * 6}))
    assert found.kinds.rows() == [("paused or past due", 4, 1, 400.0)]
    rates = pl.DataFrame({"date": ["2026-01-01"], "currency": ["EUR"], "rate": [1.5]})
    euro = facts(OURS[:1]).tables["subscriptions"].collect().with_columns(currency=pl.lit("EUR"))
    source = Facts.of(subscriptions=euro, fx_rates=rates)
    assert not reconcile(question(), source, sheet({"same": [100] * 6}, "EUR")).rows.height
    other = reconcile(question(), source, sheet({"same": [148] * 6}))
    assert other.kinds["kind"].to_list() == ["currency or rounding"]
    lost = reconcile(question(), source, sheet({"same": [148] * 6}, "CHF"))
    assert any("CHF are left out" in note for note in lost.notes)


def test_months_to_come_and_nothing_at_all() -> None:
    rows = sheet({"same": [100] * 6}).with_columns(pl.col("month").dt.offset_by("3mo"))
    found = reconcile(question(), facts(OURS[:1]), rows)
    assert found.months["month"].to_list() == MONTHS[3:] and not found.rows.height
    assert found.notes[-1].startswith("July 2026, August 2026 and September 2026 lies after the last day known")
    assert reconcile(question(), Facts.of(), sheet({})).headline == "Neither side has revenue in these months."


@given(st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_totals_add_up_and_amounts_are_those_at_the_ends_of_months(rng: random.Random) -> None:
    rows: list[tuple[str, str, str, str | None, int, str | None]] = []
    for number in range(rng.randint(0, 8)):
        begin, end = sorted(rng.choices([date(2026, m, d) for m in range(1, 7) for d in (1, 15, 28)], k=2))
        rows.append((f"s{number}", rng.choice("abc"), begin.isoformat(), rng.choice([None, end.isoformat()]),
                     rng.choice([0, 100, 101, 2_500]), rng.choice([None, "left", "paused"])))  # fmt: skip
    theirs = {account: [rng.choice([None, 0, 1, 1.01, 25]) for _ in MONTHS] for account in "abcd" if rng.random() < 0.8}
    found = reconcile(question(pause="churn"), facts(rows), sheet(theirs))

    def pays(account: str, month: date) -> int:
        after = (month.replace(day=28) + (date(2026, 1, 5) - date(2026, 1, 1))).replace(day=1)
        return sum(cents for _, who, begin, end, cents, _ in rows
                   if who == account and D(begin) < after and (end is None or D(end) >= after))  # fmt: skip

    cells = {(account, month): (pays(account, month), round((theirs.get(account, [None] * 6)[place] or 0) * 100))
             for account in "abcd" for place, month in enumerate(MONTHS)}  # fmt: skip
    told = set(sheet(theirs)["month"])
    wrong = {key: pair for key, pair in cells.items() if pair[0] != pair[1] and key[1] in told}
    listed = {(row["account_id"], row["month"]): (round(row["ours"] * 100), round(row["theirs"] * 100))
              for row in found.rows.to_dicts()}  # fmt: skip
    assert listed == wrong
    total = sum(b - a for a, b in wrong.values())
    for table in (found.rows, found.kinds, found.months):
        assert round(table["difference"].sum() * 100) == total
    assert found.kinds["account_months"].sum() == len(wrong)
    assert set(found.rows["kind"]) <= set(KINDS)


def test_a_sheet_is_read_and_not_kept(tmp_path: Path) -> None:
    text = b"account,2026-01,2026-02\nacme,10,12.345\nglobex,,5\nTotal,10,17\n"
    rows, notes = upload.sheet(tmp_path, "their export.csv", text)
    assert rows.sort("account_id", "month").rows() == [
        ("acme", D("2026-01-01"), 1_000, None), ("acme", D("2026-02-01"), 1_235, None),
        ("globex", D("2026-01-01"), 0, None), ("globex", D("2026-02-01"), 500, None),
    ]  # fmt: skip
    assert notes == ("1 row of totals left out.",)
    assert not list(tmp_path.iterdir())
    with pytest.raises(SourceError, match="no sheet of revenue per account and month"):
        upload.sheet(tmp_path, "x.csv", b"account_id,mrr,start_date,subscription_id\na,1,2026-01-01,s\n")
