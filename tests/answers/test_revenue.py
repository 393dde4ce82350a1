"""Revenue: exact numbers on tiny tables, one movement and one edge at a time."""

from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest

from lib.answers import Answer, ask
from lib.errors import QuestionError
from lib.facts import Facts
from lib.questions import parse

COLUMNS = ("account_id", "product", "mrr_cents", "start_date", "end_date", "end_reason")
Line = tuple[str, str, int, str, str | None, str | None]


def said(lines: list[Line], more: dict[str, Any] | None = None, **question: Any) -> Answer:
    """The answer over these intervals, known up to the end of June 2026 where the question does not say."""
    rows = [
        {"subscription_id": f"s{number}"} | dict(zip(COLUMNS, line, strict=True)) | (more or {})
        for number, line in enumerate(lines)
    ]
    kinds = {"end_date": pl.String(), "end_reason": pl.String(), "list_mrr_cents": pl.Int64(), "currency": pl.String()}
    frame = pl.DataFrame(rows, schema_overrides={name: kind for name, kind in kinds.items() if name in rows[0]})
    names = sorted({line[0] for line in lines})
    accounts = pl.DataFrame({"account_id": names, "name": names, "created_at": [date(2020, 1, 1)] * len(names),
                             "segment": ["smb" if name < "m" else "enterprise" for name in names]})  # fmt: skip
    source = Facts.of(subscriptions=frame, accounts=accounts)
    return ask(parse({"kind": "revenue", "at": "2026-06-30"} | question), source)


def line(
    account: str, mrr: int, start: str, end: str | None = None, why: str | None = None, product: str = "core"
) -> Line:
    return account, product, mrr, start, end, why


def moved(answer: Answer, month: int, segment: str = "All") -> dict[str, float]:
    """What moved in a month of 2026: all that is not zero."""
    table = answer.tables["movements"]
    row = table.filter((pl.col("bucket") == date(2026, month, 1)) & (pl.col("segment") == segment)).row(0, named=True)
    names = ("start_mrr", "new", "expansion", "reactivation", "contraction", "churn", "paused", "end_mrr")
    return {name: row[name] for name in names if row[name]}


def test_each_movement() -> None:
    answer = said([
        line("grows", 1000, "2026-01-10", "2026-03-15", "changed"), line("grows", 1550, "2026-03-15"),
        line("shrinks", 1000, "2026-01-10", "2026-03-15", "changed"), line("shrinks", 400, "2026-03-15"),
        line("leaves", 700, "2026-01-10", "2026-03-20", "left"),
        line("returns", 300, "2026-01-10", "2026-01-31", "left"), line("returns", 350, "2026-03-02"),
        line("comes", 900, "2026-03-31"),
    ])  # fmt: skip
    assert moved(answer, 1) == {"new": 27.0, "end_mrr": 27.0}, "who left on the 31st does not pay at its end"
    assert moved(answer, 3) == {
        "start_mrr": 27.0, "new": 12.5, "expansion": 5.5, "contraction": 6.0, "churn": 7.0, "end_mrr": 32.0,
    }  # fmt: skip
    row = answer.tables["movements"].row(2, named=True)
    assert (row["accounts_start"], row["accounts_new"], row["accounts_churned"], row["accounts_end"]) == (3, 2, 1, 4)
    assert row["quick_ratio"] == pytest.approx(18 / 13)


def test_a_return_after_a_month_end_is_a_reactivation_with_its_gap() -> None:
    lines = [line("a", 300, "2026-01-10", "2026-02-10", "left"), line("a", 350, "2026-04-11")]
    answer = said(lines)
    assert moved(answer, 2) == {"start_mrr": 3.0, "churn": 3.0}
    assert moved(answer, 4) == {"reactivation": 3.5, "end_mrr": 3.5}
    behind = said(lines, view="rows", bucket="2026-04-01").tables["rows"].row(0, named=True)
    assert (behind["movement"], behind["gap_days"], behind["amount"]) == ("reactivation", 60, 3.5)


def test_a_change_within_the_month_is_net() -> None:
    gone_and_back = [line("a", 300, "2026-01-10", "2026-03-05", "left"), line("a", 350, "2026-03-25")]
    assert moved(said(gone_and_back), 3) == {"start_mrr": 3.0, "expansion": 0.5, "end_mrr": 3.5}
    same_day = [line("a", 300, "2026-01-10", "2026-03-05", "changed"), line("a", 300, "2026-03-05")]
    assert moved(said(same_day), 3) == {"start_mrr": 3.0, "end_mrr": 3.0}
    came_and_went = [line("a", 300, "2026-03-05", "2026-03-25", "left"), line("b", 1, "2026-01-01")]
    assert moved(said(came_and_went), 3) == {"start_mrr": 0.01, "end_mrr": 0.01}


@pytest.mark.parametrize(("end", "month"), [("2026-02-28", 2), ("2026-03-01", 3), ("2026-03-31", 3)])
def test_an_end_belongs_to_the_month_of_its_day(end: str, month: int) -> None:
    answer = said([line("a", 500, "2026-01-01", end, "left")])
    assert moved(answer, month) == {"start_mrr": 5.0, "churn": 5.0}


def test_the_leap_day_is_a_day() -> None:
    answer = said([line("a", 500, "2024-02-29"), line("b", 700, "2024-01-01", "2024-02-29", "left")], at="2024-03-31")
    rows = {row["bucket"].month: row for row in answer.tables["movements"].to_dicts()}
    assert (rows[2]["new"], rows[2]["churn"], rows[3]["start_mrr"]) == (5.0, 7.0, 5.0)
    later = said([line("a", 500, "2024-02-29")], view="retention", at="2025-02-28").tables["retention"]
    assert later.row(-1, named=True)["grr"] == 1.0, "28 February 2025 looks back to the end of 29 February 2024"


def test_the_end_of_the_data_and_an_end_to_come_are_no_churn() -> None:
    lines = [line("a", 500, "2026-01-01"), line("b", 700, "2026-01-01", "2026-07-01", "left")]
    assert moved(said(lines), 6) == {"start_mrr": 12.0, "end_mrr": 12.0}
    ahead = said([*lines, line("c", 300, "2026-09-01")])
    assert ahead.tables["committed"].select("bucket", "ending", "starting", "accounts").rows() == [
        (date(2026, 7, 1), 7.0, 0.0, 1), (date(2026, 9, 1), 0.0, 3.0, 1),
    ]  # fmt: skip
    assert str(ahead.as_of) == "2026-06-30 23:59:59.999999+00:00"
    at_cancel = said(lines, policy={"churn": "at_cancel"})
    assert moved(at_cancel, 6) == {"start_mrr": 12.0, "churn": 7.0, "end_mrr": 5.0}
    assert "1 subscription begins after 31 January 2026" in " ".join(said([line("a", 1, "2026-01-01"),
                                                    line("b", 1, "2026-03-01")], at="2026-01-31").notes)  # fmt: skip


def test_without_events_the_latest_start_says_how_far_the_data_goes() -> None:
    answer = said([line("a", 500, "2026-01-10"), line("b", 700, "2026-02-10", "2030-01-01")], at=None)
    assert answer.tables["movements"].select("bucket", "complete").rows() == [
        (date(2026, 1, 1), True), (date(2026, 2, 1), False),
    ]  # fmt: skip
    assert any("10 February 2026 is taken" in note for note in answer.notes)


def test_a_second_product_is_expansion_and_one_dropped_contraction() -> None:
    lines = [line("a", 200, "2026-01-01"), line("a", 300, "2026-02-03", "2026-04-03", "dropped_package", "insights")]
    answer = said(lines)
    assert moved(answer, 2) == {"start_mrr": 2.0, "expansion": 3.0, "end_mrr": 5.0}
    assert moved(answer, 4) == {"start_mrr": 5.0, "contraction": 3.0, "end_mrr": 2.0}
    by_product = said(lines, by={"field": "product"})
    assert moved(by_product, 2, "insights") == {"new": 3.0, "end_mrr": 3.0}
    assert moved(by_product, 4, "insights") == {"start_mrr": 3.0, "churn": 3.0}


def test_who_pays_nothing_is_no_customer() -> None:
    lines = [line("a", 0, "2026-01-01", "2026-03-01", "changed"), line("a", 400, "2026-03-01")]
    answer = said(lines)
    assert answer.tables["movements"]["accounts_end"].to_list() == [0, 0, 1, 1, 1, 1]
    assert moved(answer, 3) == {"new": 4.0, "end_mrr": 4.0}


PAUSED = [line("a", 400, "2026-01-01", "2026-02-10", "paused"), line("b", 100, "2026-01-01")]


def test_a_pause_is_its_own_movement_until_90_days() -> None:
    back = said([*PAUSED, line("a", 450, "2026-04-20")])
    assert moved(back, 2) == {"start_mrr": 5.0, "paused": -4.0, "end_mrr": 1.0}
    assert moved(back, 4) == {"start_mrr": 1.0, "expansion": 0.5, "paused": 4.0, "end_mrr": 5.5}
    gone = said(PAUSED)
    assert moved(gone, 5) == {"start_mrr": 1.0, "churn": 4.0, "paused": 4.0, "end_mrr": 1.0}, "10 Feb + 90 is 11 May"
    assert moved(said(PAUSED, policy={"pause": "churn"}), 2) == {"start_mrr": 5.0, "churn": 4.0, "end_mrr": 1.0}
    keep = said(PAUSED, policy={"pause": "keep"})
    assert moved(keep, 2) == {"start_mrr": 5.0, "end_mrr": 5.0}
    assert moved(keep, 5) == {"start_mrr": 5.0, "churn": 4.0, "end_mrr": 1.0}


def test_a_plan_is_the_one_of_the_opening() -> None:
    lines = [line("a", 200, "2026-01-01", "2026-03-05", "changed"), line("a", 500, "2026-03-05")]
    rows = pl.DataFrame(
        {"subscription_id": ["1", "2"], "account_id": "a", "plan": ["team", "scale"], "mrr_cents": [200, 500],
         "start_date": ["2026-01-01", "2026-03-05"], "end_date": ["2026-03-05", None]}
    )  # fmt: skip
    question = {"kind": "revenue", "at": "2026-04-30", "by": {"field": "plan"}}
    answer = ask(parse(question), Facts.of(subscriptions=rows))
    assert moved(answer, 3, "team") == {"start_mrr": 2.0, "expansion": 3.0, "end_mrr": 5.0}
    assert moved(answer, 4, "scale") == {"start_mrr": 5.0, "end_mrr": 5.0} and moved(answer, 4, "team") == {}
    assert moved(said(lines), 3) == {"start_mrr": 2.0, "expansion": 3.0, "end_mrr": 5.0}


KEPT = [
    line("grows", 1000, "2025-01-01", "2025-08-01", "changed"), line("grows", 1500, "2025-08-01"),
    line("left", 500, "2025-01-01", "2025-09-01", "left"),
    line("shrank", 800, "2025-01-01", "2025-09-01", "changed"), line("shrank", 500, "2025-09-01"),
    line("back", 700, "2025-01-01", "2025-09-01", "left"), line("back", 700, "2026-02-01"),
    line("new", 9000, "2026-01-01"),
]  # fmt: skip


def test_retention_from_point_to_point() -> None:
    answer = said(KEPT, view="retention")
    row = answer.tables["retention"].row(-1, named=True)
    assert (row["opening_mrr"], row["kept_mrr"], row["now_mrr"], row["accounts"]) == (30.0, 22.0, 27.0, 4)
    assert (row["grr"], row["nrr"], row["logo_retention"]) == (22 / 30, 27 / 30, 0.75)
    assert (row["churn"], row["contraction"], row["expansion"], row["complete"]) == (5.0, 3.0, 5.0, True)
    assert answer.headline == (
        "By 30 June 2026, 73.3 % of what accounts paid 12 months before is still paid (GRR): churn took 16.7 points and"
        " contraction 10.0. With what they pay more, it is 90.0 % (NRR)."
    )
    assert answer.tables["retention"]["grr"][0] is None, "nobody paid 12 months before"


def test_retention_over_the_bucket_and_over_the_scope() -> None:
    rows = said(KEPT, view="retention", basis="period").tables["retention"]
    september = rows.filter(pl.col("bucket") == date(2025, 9, 1)).row(0, named=True)
    assert (september["opening_mrr"], september["kept_mrr"], september["accounts"]) == (35.0, 20.0, 4)
    scope = {"start": "2025-07-15", "end": "2026-03-10"}
    over = said(KEPT, view="retention", basis="scope", scope=scope).tables["retention"]
    assert over.select("bucket", "opening_mrr", "kept_mrr", "now_mrr").rows() == [(date(2025, 7, 15), 30.0, 22.0, 27.0)]
    with pytest.raises(QuestionError, match="needs a start"):
        parse({"kind": "revenue", "basis": "scope"})


def test_a_scope_that_cuts_a_bucket_is_measured_as_it_is_cut_and_said() -> None:
    answer = said(KEPT, scope={"start": "2025-07-15", "end": "2025-08-01"})
    assert answer.tables["movements"].select("start_mrr", "end_mrr").rows() == [(30.0, 30.0)]
    assert "The period holds only a part of July 2025." in answer.notes


def test_cohorts() -> None:
    tables = said(KEPT, view="cohorts", grain="year", at="2026-12-31").tables
    assert tables["cohorts"].select("cohort", "age", "size", "accounts", "mrr", "grr", "nrr", "logo").rows() == [
        (date(2025, 1, 1), 0, 2, 2, 20.0, 1.0, 1.0, 1.0), (date(2025, 1, 1), 1, 2, 2, 20.0, 1.0, 1.0, 1.0),
        (date(2026, 1, 1), 0, 2, 2, 97.0, 1.0, 1.0, 1.0),
    ]  # fmt: skip
    monthly = said(KEPT, view="cohorts").tables
    last = monthly["cohorts"].filter((pl.col("cohort") == date(2025, 1, 1)) & (pl.col("age") == 17)).row(0, named=True)
    assert (last["size_mrr"], last["mrr"], last["accounts"]) == (30.0, 27.0, 3)
    assert (last["grr"], last["nrr"], last["logo"]) == (22 / 30, 0.9, 0.75)
    assert monthly["curve"].filter(pl.col("age") == 17)["grr"].to_list() == [22 / 30]


def test_packages() -> None:
    both = [(name, product) for name in "abcdef" for product in ("capture", "insights")]
    ends = {("a", "insights"): "2026-02-10", ("b", "insights"): "2026-03-31", ("c", "capture"): "2026-01-05",
            ("d", "capture"): "2026-02-01", ("d", "insights"): "2026-02-01"}  # fmt: skip
    lines = [
        line(name, 300 if product == "insights" else 200, "2025-06-01", ends.get((name, product)), "left", product)
        for name, product in both
    ]
    lines += [line("only", 200, "2025-06-01", None, None, "capture")]
    answer = said(lines, view="packages", scope={"start": "2026-01-01", "end": "2026-04-01"})
    assert answer.tables["packages"].select("outcome", "accounts", "share", "contraction", "churn").rows() == [
        ("kept both", 2, 2 / 6, 0.0, 0.0), ("dropped insights", 2, 2 / 6, 6.0, 0.0),
        ("dropped capture", 1, 1 / 6, 2.0, 0.0), ("left", 1, 1 / 6, 0.0, 5.0),
    ]  # fmt: skip
    moves = answer.tables["package_moves"].select("held", "now_held", "accounts").rows()
    assert ("capture", "capture", 1) in moves and ("capture + insights", "", 1) in moves
    with pytest.raises(QuestionError, match=r"did you mean 'insights'"):
        said(lines, view="packages", packages=["capture", "insight"])
    with pytest.raises(QuestionError, match="broken down by fields of accounts"):
        said(lines, view="packages", by={"field": "plan"})


def test_prices() -> None:
    rows = pl.DataFrame({
        "subscription_id": [str(n) for n in range(5)], "account_id": ["a", "b", "c", "d", "d"],
        "price_version": ["v1", "v1", "v2", "v2", "v1"], "route": ["sales", "sales", "self_serve", "sales", "sales"],
        "mrr_cents": [800, 640, 500, 900, 1], "list_mrr_cents": [1000, 800, None, 1000, 1],
        "start_date": ["2025-01-01"] * 4 + ["2025-01-01"], "end_date": [None, "2026-01-01", None, None, "2025-01-20"],
    })  # fmt: skip
    question = {"kind": "revenue", "view": "prices", "at": "2026-01-31"}
    table = ask(parse(question), Facts.of(subscriptions=rows)).tables["prices"]
    assert table.select("price_version", "route", "accounts", "mrr", "list_mrr", "realised_price", "grr").rows() == [
        ("v1", "sales", 1, 8.0, 10.0, 0.8, pytest.approx(800 / 1440)), ("v2", "sales", 1, 9.0, 10.0, 0.9, 1.0),
        ("v2", "self_serve", 1, 5.0, 5.0, 1.0, 1.0),
    ]  # fmt: skip
    assert table["share"].to_list() == [1 / 3, 1 / 3, 1 / 3]


def test_attach_and_paths() -> None:
    lines = [
        line("a", 1, "2026-01-01", None, None, "engage"), line("a", 1, "2026-02-10", None, None, "support"),
        line("b", 1, "2026-01-01", None, None, "engage"), line("b", 1, "2026-01-21", "2026-03-01", "left", "support"),
        line("c", 1, "2026-01-01", None, None, "support"), line("d", 0, "2026-01-01", None, None, "engage"),
    ]  # fmt: skip
    tables = said(lines, view="attach", at="2026-03-31").tables
    assert tables["attach"].select("accounts", "products", "with_two", "per_account", "rate").rows() == [
        (3, 4, 1, 4 / 3, 1 / 3), (3, 5, 2, 5 / 3, 2 / 3), (3, 4, 1, 4 / 3, 1 / 3),
    ]  # fmt: skip
    assert tables["paths"].select("first", "next", "accounts", "median_days").rows() == [
        ("engage", "support", 2, 30.0), ("support", None, 1, None),
    ]  # fmt: skip


def test_concentration() -> None:
    table = said([line("a", 600, "2026-01-01"), line("b", 300, "2026-01-01"), line("c", 100, "2026-02-01")],
                 view="concentration", at="2026-02-28").tables["concentration"]  # fmt: skip
    assert table.select("mrr", "top_1", "top_5", "top_10", "hhi").rows() == [
        (9.0, 2 / 3, 1.0, 1.0, pytest.approx(5 / 9)), (10.0, 0.6, 1.0, 1.0, pytest.approx(0.46)),
    ]  # fmt: skip


def test_drivers_split_the_change_exactly() -> None:
    lines = [
        line("a", 1000, "2024-01-01", "2025-03-01", "left"), line("b", 1000, "2024-01-01"),
        line("z", 2000, "2024-01-01", "2026-02-01", "left"), line("y", 500, "2025-01-01", "2026-03-01", "changed"),
        line("y", 400, "2026-03-01"),
    ]  # fmt: skip
    table = said(lines, view="drivers", by={"field": "account.segment"}).tables["drivers"]
    grr = [said(lines, view="retention", at=at).tables["retention"]["grr"][-1] for at in ("2025-06-30", "2026-06-30")]
    for parts in (("rate", "mix"), ("churn", "contraction", "paused")):
        assert sum(sum(table[name]) for name in parts) == pytest.approx(grr[1] - grr[0])
    assert set(table["segment"]) == {"smb", "enterprise"}


def test_traps_are_said() -> None:
    frame = pl.DataFrame({
        "subscription_id": ["1", "1", "2", "3", "4", "4", "5"], "account_id": ["a", "a", "b", "c", "d", "d", "e"],
        "mrr_cents": [100, 100, -5, 100, 100, 100, 300], "list_mrr_cents": [None] * 6 + [200],
        "start_date": ["2026-01-01"] * 3 + ["2026-02-01", "2026-01-01", "2026-01-10", "2026-01-01"],
        "end_date": [None, None, None, "2026-01-15", "2026-02-01", None, None],
    })  # fmt: skip
    answer = ask(parse({"kind": "revenue", "at": "2026-02-15"}), Facts.of(subscriptions=frame))
    assert moved(answer, 1) == {"new": 6.0, "end_mrr": 6.0}, "one a, both of d, and e"
    told = " ".join(answer.notes)
    for words in ("1 row of subscriptions repeats another and is left out.", "below zero", "ends before it begins",
                  "begins before the one before it", "pays more than the list price",
                  "February 2026 is not over: it counts up to 15 February 2026."):  # fmt: skip
        assert words in told


def test_a_month_that_runs_says_the_time_of_the_last_event() -> None:
    frame = pl.DataFrame(
        {"subscription_id": ["1"], "account_id": ["a"], "mrr_cents": [100], "start_date": ["2026-01-01"]}
    )
    last = pl.DataFrame({"user_id": ["u"], "name": ["open"], "ts": [datetime(2026, 1, 31, 22, 58, tzinfo=UTC)]})
    known = Facts.of(subscriptions=frame, events=last, timezone="Europe/Berlin")
    said = "January 2026 is not over: it counts up to 31 January 2026, 23:58, the time of the last event."
    assert said in ask(parse({"kind": "revenue"}), known).notes


def test_currencies_are_never_added_up() -> None:
    frame = pl.DataFrame({"subscription_id": ["1", "2"], "account_id": ["a", "b"], "mrr_cents": [100, 200],
                          "currency": [None, "EUR"], "start_date": ["2026-01-01"] * 2})  # fmt: skip
    with pytest.raises(QuestionError, match="are in EUR and USD"):
        ask(parse({"kind": "revenue"}), Facts.of(subscriptions=frame))
    only = {"where": [{"field": "currency", "op": "eq", "value": "EUR"}]}
    answer = ask(parse({"kind": "revenue", "scope": only, "at": "2026-01-31"}), Facts.of(subscriptions=frame))
    assert moved(answer, 1)["new"] == 2.0 and "€2.00" in answer.headline


def test_conditions_and_fields() -> None:
    lines = [line("a", 100, "2026-01-01"), line("z", 900, "2026-01-01")]
    smb = {"where": [{"field": "account.segment", "op": "eq", "value": "smb"}]}
    assert moved(said(lines, scope=smb), 1) == {"new": 1.0, "end_mrr": 1.0}
    with pytest.raises(QuestionError, match=r"did you mean 'product'"):
        said(lines, by={"field": "produkt"})
    with pytest.raises(QuestionError, match=r"did you mean 'account.segment'"):
        said(lines, by={"field": "account.segmnt"})


@pytest.mark.parametrize("view", ["movements", "retention", "cohorts", "packages", "prices", "attach", "concentration",
                                  "drivers", "rows"])  # fmt: skip
def test_nothing_known(view: str) -> None:
    question = {"kind": "revenue", "view": view, "by": {"field": "account.segment"}}
    answer = ask(parse(question), Facts.of())
    assert all(not table.height for table in answer.tables.values())
    assert answer.headline == "No subscriptions are known."
    answer.to_text()


def test_a_price_list_half_moved() -> None:
    """SG-04: 120 of 400 accounts on the second price list, and sales gives a fifth away."""
    old = [(f"o{n}", "v1", "sales" if n < 90 else "self_serve", 80_000 if n < 90 else 5_000) for n in range(280)]
    new = [(f"n{n}", "v2", "self_serve", 6_000) for n in range(120)]
    rows = pl.DataFrame([*old, *new], schema=["account_id", "price_version", "route", "mrr_cents"], orient="row")
    listed = pl.when(pl.col("route") == "sales").then(100_000).otherwise("mrr_cents")
    rows = rows.with_columns(subscription_id="account_id", list_mrr_cents=listed, start_date=pl.lit(date(2025, 1, 1)))
    question = {"kind": "revenue", "view": "prices", "at": "2026-01-31"}
    table = ask(parse(question), Facts.of(subscriptions=rows)).tables["prices"]
    assert table.select("price_version", "route", "share", "mrr", "list_mrr", "realised_price").rows() == [
        ("v1", "sales", 0.225, 72_000.0, 90_000.0, 0.8),
        ("v1", "self_serve", pytest.approx(0.475), 9_500.0, 9_500.0, 1.0),
        ("v2", "self_serve", 0.3, 7_200.0, 7_200.0, 1.0),
    ]  # fmt: skip


def test_a_second_product_in_42_of_100_accounts() -> None:
    """IC-11: 160 products, and the path most take."""
    begun = {"engage": range(70), "support": [*range(18), *range(70, 100)],
             "data": range(18, 30), "mail": range(30, 42),
             "desk": range(18)}  # fmt: skip
    months = {"engage": 1, "support": 2, "data": 3, "mail": 3, "desk": 4}
    lines = [
        line(f"a{n:03}", 100, f"2026-0{months[product]}-01", None, None, product)
        for product, accounts in begun.items()
        for n in accounts
    ]
    answer = said(lines, view="attach")
    last = answer.tables["attach"].row(-1, named=True)
    assert (last["accounts"], last["products"], last["per_account"], last["with_two"]) == (100, 160, 1.6, 42)
    assert answer.headline == "42.0 % of 100 accounts have a second product; 1.6 products each."
    paths = answer.tables["paths"].drop_nulls("next").select("first", "next", "accounts").rows()
    assert paths == [("engage", "support", 18), ("engage", "data", 12), ("engage", "mail", 12)]


@pytest.mark.parametrize(
    ("metric", "value"),
    [("mrr", 117.0), ("arr", 1404.0), ("net_new_mrr", 0.0), ("grr", 22 / 30), ("nrr", 27 / 30), ("logo_churn", 0.25),
     ("arpa", 29.25), ("quick_ratio", None), ("realised_price", 1.0)],
)  # fmt: skip
def test_metrics_say_the_same(metric: str, value: float | None) -> None:
    answer = said(KEPT, kind="revenue", view="movements")
    assert answer.tables["movements"]["end_mrr"][-1] == 117.0
    rows = [dict(zip(COLUMNS, one, strict=True)) | {"subscription_id": str(n)} for n, one in enumerate(KEPT)]
    events = pl.DataFrame({"user_id": ["u"], "name": ["open"], "ts": ["2026-07-01T00:00:00"]})
    facts = Facts.of(subscriptions=pl.DataFrame(rows, schema_overrides={"end_date": pl.String()}), events=events)
    question = {"kind": "metric", "metric": metric, "grain": "month", "scope": {"end": "2026-07-01"}}
    row = ask(parse(question), facts).tables["metric"].row(-1, named=True)
    assert (row["bucket"], row["complete"]) == (date(2026, 6, 1), True)
    assert row["value"] == (None if value is None else pytest.approx(value))
