"""Cells into values: time, money, numbers, words, rules of rows, names, extras. Exact numbers."""

import json
from datetime import UTC, date, datetime

import polars as pl
import pytest

from lib.errors import SourceError
from lib.settings import Company
from tests.sources.conftest import Load


def utc(year: int, month: int, day: int, *rest: int) -> datetime:
    return datetime(year, month, day, *rest, tzinfo=UTC)


def instants(load: Load, *cells: str, **spec: object) -> list[datetime | None]:
    rows = "".join(f'"{cell}",a,u\n' for cell in cells)
    batch = load("e.csv", "ts,name,user_id\n" + rows, **spec)
    assert batch.rejected.height == 0, batch.rejected["reason"].to_list()
    return batch.rows["ts"].to_list()


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2026-03-02T09:14:05Z", utc(2026, 3, 2, 9, 14, 5)),
        ("2026-03-02T09:14:05.123456Z", utc(2026, 3, 2, 9, 14, 5, 123456)),
        ("2026-03-02T09:14:05+02:00", utc(2026, 3, 2, 7, 14, 5)),
        ("2026-03-02 09:14:05+0200", utc(2026, 3, 2, 7, 14, 5)),
        ("2026-03-02 09:14:05 UTC", utc(2026, 3, 2, 9, 14, 5)),
        ("2026-03-02 09:14:05.5", utc(2026, 3, 2, 9, 14, 5, 500000)),
        ("2026-03-02T09:14", utc(2026, 3, 2, 9, 14)),
        ("2026-03-02", utc(2026, 3, 2)),
        ("02.03.2026 09:14", utc(2026, 3, 2, 9, 14)),
        ("20260302", utc(2026, 3, 2)),
        ("1772442845", utc(2026, 3, 2, 9, 14, 5)),
        ("1772442845.25", utc(2026, 3, 2, 9, 14, 5, 250000)),
        ("1772442845123", utc(2026, 3, 2, 9, 14, 5, 123000)),
        ("1772442845123456", utc(2026, 3, 2, 9, 14, 5, 123456)),
        ("1772442845123456789", utc(2026, 3, 2, 9, 14, 5, 123456)),
    ],
)
def test_spellings_of_time(load: Load, cell: str, expected: datetime) -> None:
    assert instants(load, cell) == [expected]
    mixed = instants(load, "2026-01-01T00:00:00Z", "2026-01-02", *[cell] * 3)
    if not cell.isdigit() and "." not in cell[:11]:
        assert mixed[2:] == [expected] * 3


def test_days_with_slashes(load: Load) -> None:
    assert instants(load, "03/04/2026", "13/04/2026 10:00") == [utc(2026, 4, 3), utc(2026, 4, 13, 10)]
    assert instants(load, "03/04/2026", "04/13/2026") == [utc(2026, 3, 4), utc(2026, 4, 13)]
    assert instants(load, "03/04/2026", date_format="%d/%m/%Y") == [utc(2026, 4, 3)]
    with pytest.raises(SourceError, match=r"could be 3 April or 4 March; set date_format"):
        instants(load, "03/04/2026", "05/06/2026")
    with pytest.raises(SourceError, match="some days are written day first and some month first"):
        instants(load, "13/04/2026", "04/13/2026")


def test_clock_changes(load: Load) -> None:  # T13
    berlin = {"timezone": "Europe/Berlin"}
    assert instants(load, "2026-03-29 01:59:59", "2026-03-29 02:30:00", "2026-03-29 03:00:00", **berlin) == [
        utc(2026, 3, 29, 0, 59, 59), utc(2026, 3, 29, 1), utc(2026, 3, 29, 1),
    ]  # fmt: skip
    assert instants(load, "2025-10-26 02:30:00", "2025-10-26 03:00:00", **berlin) == [
        utc(2025, 10, 26, 0, 30), utc(2025, 10, 26, 2),
    ]  # fmt: skip
    assert instants(load, "2026-03-08 02:15", timezone="America/New_York") == [utc(2026, 3, 8, 7)]
    assert instants(load, "2025-10-05 02:10", timezone="Australia/Lord_Howe") == [utc(2025, 10, 4, 15, 30)]
    assert instants(load, "2026-03-02 12:00", timezone="Asia/Kathmandu") == [utc(2026, 3, 2, 6, 15)]
    assert instants(load, "2026-03-02 12:00", company=Company(timezone="Pacific/Kiritimati")) == [utc(2026, 3, 1, 22)]


def test_time_out_of_range_and_in_the_future(load: Load) -> None:  # T12
    cells = ["1989-12-31", "2200-01-01", "2026-06-02", "2026-06-02T00:00:01Z", "0", "x"]
    batch = load("e.csv", "ts,name,user_id\n" + "".join(f"{cell},a,u\n" for cell in cells))
    assert batch.rows["_row"].to_list() == [3]
    by_row = {row: reason for row, reason in batch.rejected.select("row", "reason").rows()}
    assert by_row[1] == "ts: '1989-12-31' is before 1990 or after 2199"
    assert by_row[4] == "ts: '2026-06-02T00:00:01Z' lies more than a day in the future"
    assert by_row[6] == "ts: 'x' is not a time stamp"


def money(load: Load, cells: list[str], currency: str = "USD", header: str = "cost", **spec: object) -> pl.DataFrame:
    rows = "".join(f'2026-03-0{i + 1}|"{cell}"\n' for i, cell in enumerate(cells))
    batch = load(
        "s.csv", f"date|{header}\n" + rows, table="spend", separator="|", company=Company(currency=currency), **spec
    )
    return pl.concat([batch.rows.select("_row", value="cost_cents"),
                      batch.rejected.select(_row="row", value=pl.lit(None, pl.Int64()))]).sort("_row")  # fmt: skip


@pytest.mark.parametrize(
    ("cells", "decimal", "currency", "expected"),
    [
        (["1500.00", "320.4", "0.1", "29.99", "1e3"], ".", "USD", [150000, 32040, 10, 2999, None]),
        (["$1,234.50", "$ 5", "USD 7.1", "7.10 USD", "1'000"], ".", "USD", [123450, 500, 710, 710, 100000]),
        (["12.345", "12.340", "1,5", "12,34,56", "abc"], ".", "USD", [None, 1234, None, None, None]),
        (["1.234,50", "1234,5", "5", "1.234.567,00", "1,234.5"], ",", "EUR", [123450, 123450, 500, 123456700, None]),
        (["(5.00)", "-5", "5-", "0", "-0.00"], ".", "USD", [None, None, None, 0, 0]),
        (["1500", "1500.0", "0.5", "1,500"], ".", "JPY", [1500, 1500, None, 1500]),
        (["1.2345", "1.234", "1"], ".", "KWD", [1235, 1234, 1000]),
        (["83.3333", "83.333", "0.0049", "-0.0001"], ".", "USD", [8333, None, 0, 0]),
        (["83,33333333", "83,333"], ",", "EUR", [8333, None]),
        (["99999999999999999999", "90071992547409.93"], ".", "USD", [None, 9007199254740993]),
    ],
)
def test_money_is_exact(load: Load, cells: list[str], decimal: str, currency: str, expected: list[int | None]) -> None:
    assert money(load, cells, currency, decimal=decimal)["value"].to_list() == expected


def test_minor_units_are_taken_as_they_are(load: Load) -> None:
    assert money(load, ["1500", "1.5"], header="cost_cents")["value"].to_list() == [1500, None]
    assert money(load, ["1500"], header="paid", columns={"cost_cents": "paid"})["value"].to_list() == [1500]


def test_money_reasons_and_currency(load: Load) -> None:
    text = "date,cost,currency\n2026-03-02,12.345,\n2026-03-02,5,usd\n2026-03-02,5,EUR\n2026-03-02,-5,\n2026-03-02,,\n"
    batch = load("s.csv", text, table="spend")
    assert batch.rows.select("cost_cents", "currency", "function", "kind").rows() == [
        (500, "USD", "marketing", "media")
    ]
    assert batch.rejected.select("row", "column", "reason").rows() == [
        (1, "cost", "cost: '12.345' is more precise than USD, which has 2 digits after the point"),
        (3, "currency", "currency: 'EUR' is not the reporting currency USD, and fx_rates has no rate of it"),
        (4, "cost", "cost: '-5' is negative"),
        (5, "cost", "cost is empty"),
    ]


def test_decimal_comma_is_sniffed(load: Load) -> None:
    batch = load("s.csv", "date;cost;clicks\n02.03.2026;1.234,50;1.200\n03.03.2026;5,00;7\n", table="spend")
    assert batch.rows.select("date", "cost_cents", "clicks").rows() == [
        (date(2026, 3, 2), 123450, 1200), (date(2026, 3, 3), 500, 7),
    ]  # fmt: skip


def test_marks_between_thousands_of_a_property_are_read_where_the_decimal_mark_follows(load: Load) -> None:
    text = "ts;name;user_id;paid;build\n" + "".join(
        f"2026-03-0{day};buy;u{day};{paid};{build}\n"
        for day, (paid, build) in enumerate(
            [("1.876,50", "1.200"), ("12.001.876,5", "1.300"), ("-7,25", "2"), ("3", "")], 1
        )
    )
    rows = load("e.csv", text).rows
    assert rows["paid"].to_list() == [1876.5, 12_001_876.5, -7.25, 3.0]
    assert rows["build"].to_list() == ["1.200", "1.300", "2", None], "a version, for all that anybody knows"
    english = load("f.csv", 'ts,name,user_id,paid\n2026-03-01,buy,a,"1,876.50"\n2026-03-02,buy,b,2.5\n').rows
    assert english["paid"].to_list() == [1876.5, 2.5]


def test_subscriptions(load: Load) -> None:
    text = ("subscription_id,account_id,mrr,start_date,end_date,seats\n"
            "s1,a,49.00,2026-03-02T23:30:00Z,,3\n"
            "s2,a,49,2026-03-02,2026-03-01,\ns3,a,1,2026-03-02,2026-03-02,2.5\n")  # fmt: skip
    batch = load("s.csv", text, table="subscriptions")
    assert batch.rows.select("subscription_id", "mrr_cents", "start_date", "seats", "route").rows() == [
        ("s1", 4900, date(2026, 3, 2), 3, "self_serve")
    ]
    assert batch.rejected["reason"].to_list() == [
        "end_date: '2026-03-01' is before start_date '2026-03-02'", "seats: '2.5' is not a whole number",
    ]  # fmt: skip


def test_enums_flags_and_one_row_with_two_faults(load: Load) -> None:
    text = ("user_id,created_at,seniority,is_internal\nu1,2026-01-01,C-Level,YES\nu2,2026-01-01,VP,0\n"
            "u3,2026-01-01,boss,maybe\n u4 ,2026-01-01,,\n,2026-01-01,,\n")  # fmt: skip
    batch = load("u.csv", text, table="users")
    assert batch.rows.select("user_id", "seniority", "is_internal").rows() == [
        ("u1", "c_level", True), ("u2", "vp", False), ("u4", None, False),
    ]  # fmt: skip
    assert batch.rejected.select("row", "reason").rows() == [
        (3, "seniority: 'boss' is none of ic, manager, director, vp, c_level"),
        (3, "is_internal: 'maybe' is neither true nor false"),
        (5, "user_id is empty"),
    ]


def test_the_email_address_is_not_kept(load: Load) -> None:
    text = "user_id,created_at,E-Mail,plan\nu1,2026-01-01,Ana.Secret@Acme.COM,pro\nu2,bad,other.secret@x.org,\n"
    batch = load("u.csv", text, table="users")
    assert batch.rows.select("user_id", "email_domain", "traits").rows() == [("u1", "acme.com", '{"plan":"pro"}')]
    everything = str(batch.rows.to_dicts()) + str(batch.rejected.to_dicts())
    assert "ecret" not in everything
    assert json.loads(batch.rejected["raw"][0])["E-Mail"] == "***@x.org"


def test_traits_hold_what_nobody_mapped(load: Load) -> None:
    text = 'account_id,name,created_at,traits,b2c,score,"a ""b"""\n'
    text += 'a,A,2026-01-01,"{""x"":1}",true,1.5,say\nb,B,2026-01-01,,,,\n'
    batch = load("a.csv", text, table="accounts")
    first, second = batch.rows["traits"].to_list()
    assert json.loads(first) == {"x": 1, "b2c": True, "score": 1.5, 'a "b"': "say"}
    assert second is None


def test_props_must_be_json(load: Load) -> None:
    batch = load(
        "e.csv", """ts|name|user_id|props\n2026-01-01|a|u|{"k":[1]}\n2026-01-01|a|u|{'k':1}\n""", separator="|"
    )
    assert batch.rows["props"].to_list() == ['{"k":[1]}']
    assert batch.rejected["reason"].to_list() == ["props: '{'k':1}' is not a JSON object"]


def test_somebody_must_have_done_it(load: Load) -> None:
    batch = load("e.csv", "ts,name,user_id,anon_id\n2026-01-01,a, ,NULL\n2026-01-01,a, u ,\n")
    assert batch.rows["user_id"].to_list() == ["u"]
    assert batch.rejected["reason"].to_list() == ["neither user_id nor anon_id is given"]


def test_constants_renames_and_snake_case(load: Load) -> None:
    text = "ts,name,user_id\n" + "".join(f"2026-01-01,{n},u\n" for n in ("Signed Up", "ProjectCreated", "x-y/z", "!!"))
    batch = load("e.csv", text, constants={"surface": "Web"}, snake_case=True, event_names={"Signed Up": "signup_done"})
    assert batch.rows.select("name", "surface").rows() == [
        ("signup_done", "web"), ("project_created", "web"), ("x_y_z", "web"),
    ]  # fmt: skip
    assert batch.rejected["reason"].to_list() == ["name: '!!' leaves no name in snake_case"]


def test_headers_match_loosely_and_mappings_exactly(load: Load) -> None:
    batch = load("e.csv", "TS , Name,User ID,when\n2026-01-01,a,u,x\n")
    assert batch.rows.columns == ["ts", "name", "user_id", "when", "_row"]
    with pytest.raises(SourceError, match=r"no column 'whn', which sources.columns maps to ts; did you mean 'when'"):
        load("e.csv", "when,name,user_id\n2026-01-01,a,u\n", columns={"ts": "whn"})
    with pytest.raises(SourceError, match=r"no column for ts of events.*Columns of the source: time, name, user_id"):
        load("e.csv", "time,name,user_id\n2026-01-01,a,u\n")
    with pytest.raises(SourceError, match="no column for user_id or anon_id"):
        load("e.csv", "ts,name\n2026-01-01,a\n")


def test_types_of_further_columns(load: Load) -> None:
    text = (
        "ts,name,user_id,a,b,c,d,e\n2026-01-01,n,u,1,1.5,TRUE,007,2026-01-01\n2026-01-01,n,u,-2,3,false,1,2026-01-02\n"
    )
    batch = load("e.csv", text)
    assert batch.rows.select("a", "b", "c", "d", "e").rows() == [
        (1, 1.5, True, "007", "2026-01-01"), (-2, 3.0, False, "1", "2026-01-02"),
    ]  # fmt: skip
