"""Revenue agrees with a plain-Python reading of its definition: one account, one bucket and one day at a time."""

import random
from collections import defaultdict
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.answers import ask
from lib.facts import Facts
from lib.questions import Revenue, parse

DAY = timedelta(days=1)
DAYS = [date(2023, 12, 31), date(2024, 1, 1), date(2024, 1, 15), date(2024, 1, 31), date(2024, 2, 1), date(2024, 2, 28),
        date(2024, 2, 29), date(2024, 3, 1), date(2024, 5, 31), date(2024, 6, 1), date(2024, 12, 31), date(2025, 1, 1),
        date(2025, 1, 31), date(2025, 2, 1), date(2025, 2, 28), date(2025, 3, 1), date(2025, 5, 20)]  # fmt: skip
SEGMENTS = {"a": "smb", "b": "smb", "c": "enterprise", "d": None}
Row = dict[str, Any]


def company(rng: random.Random) -> list[Row]:
    """A few intervals of a few accounts, often touching, overlapping, or ending where another begins."""
    rows = []
    for number in range(rng.randint(1, 10)):
        start = rng.choice(DAYS)
        end = rng.choice([None, None, start + rng.choice([0, 1, 10, 31, 60, 90, 91, 200]) * DAY, rng.choice(DAYS)])
        end = end if end is None or end >= start else None
        rows.append({
            "subscription_id": f"s{number}", "account_id": rng.choice("abcd"), "product": rng.choice("pq"),
            "plan": rng.choice("xyz"), "mrr_cents": (mrr := rng.choice([0, 100, 100, 250, 999])),
            "list_mrr_cents": rng.choice([None, mrr, mrr + 50]), "start_date": start, "end_date": end,
            "end_reason": rng.choice(["left", "changed", "paused", "paused", None]) if end else None,
        })  # fmt: skip
    return rows


def a_question(rng: random.Random) -> Row:
    bounds = sorted(rng.sample([*DAYS, date(2025, 7, 4)], 2))
    scope = {"start": bounds[0].isoformat(), "end": bounds[1].isoformat()}
    return {
        "kind": "revenue",
        "grain": rng.choice(["month", "month", "quarter", "week", "year", "day"]),
        "scope": rng.choice([{}, {"start": scope["start"]}, scope, scope]),
        "by": rng.choice([None, {"field": "account.segment"}, {"field": "product"}, {"field": "plan"}]),
        "basis": rng.choice(["trailing_12", "period"]),
        "at": rng.choice([date(2025, 2, 28), date(2025, 3, 14), date(2025, 5, 31)]).isoformat(),
        "policy": {"pause": rng.choice(["own", "own", "churn", "keep"]), "discounts": rng.choice(["net", "list"]),
                   "churn": rng.choice(["period_end", "period_end", "at_cancel"])},
    }  # fmt: skip


class Oracle:
    """The definition, read slowly. A unit pays at an edge what its intervals pay on the day before."""

    def __init__(self, question: Revenue, rows: list[Row]) -> None:
        self.q = question
        assert question.at is not None
        self.known = question.at + DAY
        self.rows = [self.interval(row, rows) for row in rows]
        self.units = sorted({row["unit"] for row in self.rows})
        low, high = question.scope.start, question.scope.end
        first = min(row["start_date"] for row in rows)
        start = low or first
        stop = min(self.known, high or self.known)
        self.buckets = []  # first day, open, close, complete
        day = self.floor(start)
        while day < stop and start < stop:
            after = self.floor(day + 400 * DAY if question.grain == "year" else day + self.length() * DAY)
            cut = min(after, high) if high else after
            opens = max(day, low) if low else day
            self.buckets.append((day, opens, min(cut, self.known), cut <= self.known))
            day = after
        self.before = []
        if self.buckets:
            day = self.floor(min(first, self.buckets[0][1]))
            while day < self.buckets[0][1]:
                self.before.append(day)
                day = self.floor(day + 400 * DAY if question.grain == "year" else day + self.length() * DAY)
            self.before.append(self.buckets[0][1])
        self.edges = [*self.before, *(bucket[2] for bucket in self.buckets)]

    def length(self) -> int:
        return {"day": 1, "week": 7, "month": 31, "quarter": 100, "year": 400}[self.q.grain]

    def floor(self, day: date) -> date:
        if self.q.grain == "day":
            return day
        if self.q.grain == "week":
            return day - day.weekday() * DAY
        month = {"month": day.month, "quarter": (day.month - 1) // 3 * 3 + 1, "year": 1}[self.q.grain]
        return date(day.year, month, 1)

    def interval(self, row: Row, rows: list[Row]) -> Row:
        policy, forever = self.q.policy, date(9999, 1, 1)
        end = row["end_date"] or forever
        if (policy.churn == "at_cancel" and row["end_reason"] == "left" and end >= self.known
                and row["start_date"] < self.known):  # fmt: skip
            end = max(self.known - DAY, row["start_date"])
        until = end
        if row["end_reason"] == "paused" and policy.pause != "churn":
            same = [other["start_date"] for other in rows
                    if (other["account_id"], other["product"]) == (row["account_id"], row["product"])]  # fmt: skip
            until = min([end + 90 * DAY, *(start for start in same if start >= end)])
            end = until if policy.pause == "keep" else end
        field = self.q.fields[0] if self.q.fields else None
        value = {None: "All", "account.segment": SEGMENTS[row["account_id"]] or "(none)", "product": row["product"],
                 "plan": row["plan"]}[field]  # fmt: skip
        listed = row["list_mrr_cents"] if row["list_mrr_cents"] is not None else row["mrr_cents"]
        return {
            "unit": (row["account_id"], row["product"] if field == "product" else ""), "value": value,
            "start": row["start_date"], "end": end, "until": until, "account": row["account_id"],
            "product": row["product"],
            "mrr": listed if policy.discounts == "list" else row["mrr_cents"],
        }  # fmt: skip

    def pays(self, unit: Any, edge: date, upto: str = "end") -> int:
        return sum(row["mrr"] for row in self.rows if row["unit"] == unit and row["start"] < edge <= row[upto])

    def value(self, unit: Any, edge: date) -> str | None:
        held: dict[str, int] = defaultdict(int)
        for row in self.rows:
            if row["unit"] == unit and row["start"] < edge <= row["until"] and row["mrr"]:
                held[row["value"]] += row["mrr"]
        return min(held, key=lambda name: (-held[name], name)) if held else None

    def held(self, edge: date) -> dict[str, dict[str, int]]:
        """Per account, what it pays for each product."""
        found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for row in self.rows:
            if row["start"] < edge <= row["end"] and row["mrr"]:
                found[row["account"]][row["product"]] += row["mrr"]
        return found

    def movements(self) -> dict[tuple[date, str], dict[str, int]]:
        found: dict[tuple[date, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for nth, (first, opens, closes, _) in enumerate(self.buckets):
            earlier = self.edges[: len(self.before) + nth]
            assert earlier[-1] == opens
            for unit in self.units:
                then, now = self.pays(unit, opens), self.pays(unit, closes)
                lasting, lasts = self.pays(unit, opens, "until"), self.pays(unit, closes, "until")
                segment = self.value(unit, opens) or self.value(unit, closes)
                if segment is None:
                    continue
                cell = found[first, segment]
                cell["start_mrr"] += then
                cell["end_mrr"] += now
                cell["accounts_start"] += lasting > 0
                cell["accounts_end"] += lasts > 0
                moved = lasts - lasting
                cell["paused"] += (now - then) - moved
                if not lasting:
                    ever = any(self.pays(unit, edge, "until") for edge in earlier)
                    cell["reactivation" if ever else "new"] += moved
                    cell["accounts_reactivated" if ever else "accounts_new"] += 1
                elif not lasts:
                    cell["churn"] += -moved
                    cell["accounts_churned"] += 1
                else:
                    cell["expansion"] += max(moved, 0)
                    cell["contraction"] += max(-moved, 0)
        return found

    def retention(self) -> dict[tuple[date, str], dict[str, int]]:
        found: dict[tuple[date, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for first, opens, closes, _ in self.buckets:
            if self.q.basis == "trailing_12":
                leap = (closes.month, closes.day) == (2, 29)
                opens = closes.replace(year=closes.year - 1, day=28 if leap else closes.day)
            for unit in self.units:
                then, now = self.pays(unit, opens), self.pays(unit, closes)
                if not then:
                    continue
                lasting = min(then, self.pays(unit, closes, "until"))
                cell = found[first, self.value(unit, opens) or ""]
                cell["opening_mrr"] += then
                cell["kept_mrr"] += min(then, now)
                cell["now_mrr"] += now
                cell["expansion"] += max(now - then, 0)
                cell["churn"] += 0 if lasting else then
                cell["contraction"] += then - lasting if lasting else 0
                cell["paused"] += lasting - min(then, now)
                cell["accounts"] += 1
                cell["logos"] += lasting > 0
        return found

    def cohorts(self) -> dict[tuple[str, date, int], dict[str, int]]:
        found: dict[tuple[str, date, int], dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for unit in self.units:
            paying = [nth for nth, edge in enumerate(self.edges) if self.pays(unit, edge)]
            if not paying or paying[0] < len(self.before):
                continue
            at = paying[0] - len(self.before)
            edge = self.buckets[at][2]
            size, segment = self.pays(unit, edge), self.value(unit, edge) or ""
            for age, bucket in enumerate(self.buckets[at:]):
                cell, now = found[segment, self.buckets[at][0], age], self.pays(unit, bucket[2])
                cell["size"] += 1
                cell["size_mrr"] += size
                cell["mrr"] += now
                cell["accounts"] += now > 0
                cell["kept"] += min(now, size)
                cell["logos"] += self.pays(unit, bucket[2], "until") > 0
        return found


def facts(rows: list[Row]) -> Facts:
    accounts = [{"account_id": key, "name": key, "created_at": date(2023, 1, 1), "segment": value}
                for key, value in SEGMENTS.items()]  # fmt: skip
    frame = pl.DataFrame(rows, schema_overrides={"end_date": pl.Date(), "end_reason": pl.String(),
                                                 "list_mrr_cents": pl.Int64()})  # fmt: skip
    return Facts.of(subscriptions=frame, accounts=pl.DataFrame(accounts))


def cents(row: Row, names: list[str]) -> dict[str, int]:
    """Money as whole cents, and counts as they are."""
    found = {}
    for name in names:
        value = row[name]
        found[name] = round(value * 100) if isinstance(value, float) else value
        assert not isinstance(value, float) or value * 100 == pytest.approx(found[name], abs=1e-6)
    return found


def some(cell: dict[str, int], names: list[str]) -> dict[str, int]:
    return {name: cell.get(name, 0) for name in names}


MOVES = ["start_mrr", "new", "expansion", "reactivation", "contraction", "churn", "paused", "end_mrr", "accounts_start",
         "accounts_new", "accounts_churned", "accounts_reactivated", "accounts_end"]  # fmt: skip
KEPT = ["opening_mrr", "kept_mrr", "now_mrr", "expansion", "contraction", "churn", "paused", "accounts"]


@given(st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_movements(rng: random.Random) -> None:
    rows, data = company(rng), a_question(rng)
    question = parse(data)
    assert isinstance(question, Revenue)
    oracle = Oracle(question, rows)
    expected = oracle.movements()
    table = ask(question, facts(rows)).tables["movements"]
    complete = {first: over for first, _, _, over in oracle.buckets}
    assert sorted(set(table["bucket"])) == [first for first, *_ in oracle.buckets]
    for row in table.iter_rows(named=True):
        found = cents(row, MOVES)
        assert found == some(expected.pop((row["bucket"], row["segment"]), {}), MOVES), row
        gains, losses = found["new"] + found["expansion"], found["contraction"] + found["churn"]
        assert found["start_mrr"] + gains + found["reactivation"] - losses + found["paused"] == found["end_mrr"]
        assert row["fx"] == 0 and row["complete"] is complete[row["bucket"]]
        assert row["quick_ratio"] == (pytest.approx(gains / losses) if losses else None)
    assert not any(any(cell.values()) for cell in expected.values()), "every cell is in the table"


@given(st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_retention(rng: random.Random) -> None:
    rows, data = company(rng), a_question(rng)
    question = parse(data | {"view": "retention"})
    assert isinstance(question, Revenue)
    expected = Oracle(question, rows).retention()
    table = ask(question, facts(rows)).tables["retention"]
    for row in table.iter_rows(named=True):
        cell = expected.pop((row["bucket"], row["segment"]), {})
        assert cents(row, KEPT) == some(cell, KEPT), row
        if not cell:
            assert row["grr"] is row["nrr"] is row["logo_retention"] is None
            continue
        assert row["grr"] == pytest.approx(cell["kept_mrr"] / cell["opening_mrr"]) and row["grr"] <= 1
        assert row["nrr"] == pytest.approx(cell["now_mrr"] / cell["opening_mrr"])
        assert row["logo_retention"] == pytest.approx(cell["logos"] / cell["accounts"])
    assert not expected


@given(st.randoms(use_true_random=False))
@settings(max_examples=40)
def test_cohorts(rng: random.Random) -> None:
    rows, data = company(rng), a_question(rng)
    data["grain"] = "month" if data["grain"] == "day" else data["grain"]
    question = parse(data | {"view": "cohorts"})
    assert isinstance(question, Revenue)
    oracle = Oracle(question, rows)
    expected = oracle.cohorts()
    answer = ask(question, facts(rows))
    names = ["size", "accounts", "mrr", "size_mrr"]
    pooled: dict[tuple[str, int], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in answer.tables["cohorts"].iter_rows(named=True):
        cell = expected.pop((row["segment"], row["cohort"], row["age"]))
        assert cents(row, names) == some(cell, names), row
        assert row["grr"] == pytest.approx(cell["kept"] / cell["size_mrr"])
        assert row["nrr"] == pytest.approx(cell["mrr"] / cell["size_mrr"])
        assert row["logo"] == pytest.approx(cell["logos"] / cell["size"])
        if row["complete"]:
            for name, value in cell.items():
                pooled[row["segment"], row["age"]][name] += value
    assert not expected
    curve = answer.tables["curve"].to_dicts()
    assert {(row["segment"], row["age"]) for row in curve} == set(pooled)
    for row in curve:
        cell = pooled[row["segment"], row["age"]]
        assert (row["grr"], row["size"]) == (pytest.approx(cell["kept"] / cell["size_mrr"]), cell["size"])


@given(st.randoms(use_true_random=False))
@settings(max_examples=40)
def test_second_products_packages_and_the_largest_accounts(rng: random.Random) -> None:
    rows = company(rng)
    data = a_question(rng) | {"by": rng.choice([None, {"field": "account.segment"}]), "packages": None}
    question = parse(data)
    assert isinstance(question, Revenue)
    oracle, source = Oracle(question, rows), facts(rows)
    held = {first: oracle.held(closes) for first, _, closes, _ in oracle.buckets}

    def inside(account: str, segment: str) -> bool:
        return segment in ("All", SEGMENTS[account] or "(none)")

    for row in ask(parse(data | {"view": "attach"}), source).tables["attach"].iter_rows(named=True):
        each = [len(paid) for account, paid in held[row["bucket"]].items() if inside(account, row["segment"])]
        assert (row["accounts"], row["products"], row["with_two"]) == (len(each), sum(each), each.count(2)), row
    for row in ask(parse(data | {"view": "concentration"}), source).tables["concentration"].iter_rows(named=True):
        paid = sorted((sum(one.values()) for account, one in held[row["bucket"]].items()
                       if inside(account, row["segment"])), reverse=True)  # fmt: skip
        total = sum(paid)
        assert (row["accounts"], round(row["mrr"] * 100)) == (len(paid), total)
        assert row["top_1"] == (pytest.approx(paid[0] / total) if total else None)
        assert row["hhi"] == (pytest.approx(sum((one / total) ** 2 for one in paid)) if total else None)
    if question.scope.start is None or not oracle.buckets or not {"p", "q"} <= {row["product"] for row in rows}:
        return
    opening, closing = oracle.held(oracle.buckets[0][1]), oracle.held(oracle.buckets[-1][2])
    expected: dict[tuple[str, str], int] = defaultdict(int)
    words = {"p": "dropped q", "q": "dropped p", "pq": "kept both", "": "left"}
    for account, paid in opening.items():
        if len(paid) == 2:
            segment = "All" if question.by is None else SEGMENTS[account] or "(none)"
            expected[segment, words["".join(sorted(closing.get(account, {})))]] += 1
    table = ask(parse(data | {"view": "packages", "packages": ["p", "q"]}), source).tables["packages"]
    assert {(row["segment"], row["outcome"]): row["accounts"] for row in table.to_dicts()} == expected


@given(st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_the_order_of_rows_changes_nothing(rng: random.Random) -> None:
    rows, data = company(rng), a_question(rng) | {"view": rng.choice(["movements", "retention", "cohorts"])}
    data["grain"] = "month" if data["grain"] == "day" else data["grain"]
    first = ask(parse(data), facts(rows)).tables
    rng.shuffle(rows)
    again = ask(parse(data), facts(rows)).tables
    assert [table.to_dicts() for table in first.values()] == [table.to_dicts() for table in again.values()]


@given(st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_segments_of_accounts_add_up(rng: random.Random) -> None:
    rows, data = company(rng), a_question(rng)
    source = facts(rows)
    whole = ask(parse(data | {"by": None}), source).tables["movements"]
    field = rng.choice(["account.segment", "plan"])
    parts = ask(parse(data | {"by": {"field": field, "top": rng.choice([1, 10])}}), source).tables["movements"]
    sums = parts.group_by("bucket").agg(pl.col(MOVES).sum()).sort("bucket")
    for one, other in zip(whole.sort("bucket").to_dicts(), sums.to_dicts(), strict=True):
        assert cents(one, MOVES) == cents(other, MOVES)


@given(st.randoms(use_true_random=False))
@settings(max_examples=40)
def test_rows_behind_a_cell_add_up_to_it(rng: random.Random) -> None:
    rows, data = company(rng), a_question(rng)
    source = facts(rows)
    of = rng.choice(["movements", "retention"])
    cells = ask(parse(data | {"view": of}), source).tables[of]
    if not cells.height:
        return
    cell = cells.row(rng.randrange(cells.height), named=True)
    base = data | {"view": "rows", "of": of, "bucket": cell["bucket"].isoformat(), "segment": cell["segment"]}
    signs = {"expansion": 1, "churn": -1, "contraction": -1} | (
        {"new": 1, "reactivation": 1} if of == "movements" else {}
    )
    pauses = cell["paused"] != 0
    for movement, sign in signs.items():
        behind = ask(parse(base | {"movement": movement}), source).tables["rows"]
        assert set(behind["movement"]) <= {movement}
        if not pauses:
            assert behind["amount"].sum() == pytest.approx(sign * cell[movement])
    if of == "retention":
        every = ask(parse(base), source).tables["rows"]
        assert every["opening"].sum() == pytest.approx(cell["opening_mrr"])
        assert every["account_id"].n_unique() <= cell["accounts"] or "product" in str(data["by"])
