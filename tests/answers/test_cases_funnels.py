"""Funnels on a few events, each with the answer worked out by hand: what is easily read in more than one way."""

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner

from lib.answers import ask
from lib.cli import cli
from lib.errors import QuestionError
from lib.facts import Facts
from lib.questions import parse
from tests.answers.files import Files

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
TYPES = {"user_id": pl.String(), "name": pl.String(), "ts": pl.Datetime("us", "UTC")}


def log(text: str) -> pl.DataFrame:
    """`person name time property=value …` for each event, between semicolons; times count from noon: 90s, 2h, -1d.

    A name of several letters without a time is a person's events a second apart: `u abc`.
    """
    rows: list[dict[str, Any]] = []
    for line in filter(None, map(str.strip, text.split(";"))):
        who, names, *rest = line.split()
        if not rest:
            rows += [{"user_id": who, "name": name, "ts": NOON + timedelta(seconds=i)} for i, name in enumerate(names)]
            continue
        ts = NOON + timedelta(seconds=float(rest[0][:-1]) * UNITS[rest[0][-1]])
        rows.append({"user_id": who, "name": names, "ts": ts, **dict(part.split("=", 1) for part in rest[1:])})
    others = {key for row in rows for key in row} - set(TYPES)
    return pl.DataFrame(rows, schema=TYPES | dict.fromkeys(sorted(others), pl.String()))


def told(events: str | pl.DataFrame, question: dict[str, Any], *columns: str) -> list[Any]:
    """These columns of the answer's table; one column as plain values."""
    facts = Facts.of(events=log(events) if isinstance(events, str) else events)
    answer = ask(parse({"kind": "funnel", **question}), facts)
    rows = next(iter(answer.tables.values())).select(columns).rows()
    return [row[0] for row in rows] if len(columns) == 1 else rows


def steps(*names: Any, **fields: Any) -> dict[str, Any]:
    return {"steps": list(names), **fields}


def window(value: int, unit: str) -> dict[str, Any]:
    return {"window": {"value": value, "unit": unit}}


def condition(field: str, op: str, *value: Any) -> dict[str, Any]:
    return {"field": field, "op": op, **({"value": value[0]} if value else {})}


STRICT = "1 abc; 2 adbc; 3 aabbcc; 4 aaaabbcc; 5 aabbdcc; 6 ccbbaa; 7 acb"
PAGES = "1 s; 2 sv; 3 svzv; 4 svzvv; 5 svvvv; 6 vvsv; 7 vvvv"
AGAIN = """1 A 0s; 1 A 2h; 1 B 121m; 2 A 0s; 2 A 50m; 2 B 61m; 3 A 0s; 3 A 10s; 3 A 20s; 3 B 30s;
           4 A 0s; 4 A 30m; 4 B 45m; 4 C 75m"""
CROSSED = """1 x -1s; 1 a 0s; 1 b 5s; 2 a 0s; 2 x 0s; 2 b 5s; 3 a 0s; 3 x 5s; 3 b 5s; 4 a 0s; 4 b 5s; 4 x 6s;
             5 a 0s; 5 x 3s; 5 b 5s; 6 a 0s; 6 x 3s; 6 a 4s; 6 b 5s; 7 a 0s; 7 x 20s"""
HELD = """u view 0s p=1; u view 9s p=2; u buy 20s p=1; v view 0s p=1; v buy 5s p=1; w view 0s; w buy 5s;
          x view 0s p=3; x buy 5s p=4"""
FIVE = """1 a 1h; 1 b 2h; 1 x 3h; 1 c 4h; 1 x 4.5h; 1 d 5h; 1 x 5.5h; 1 e 6h; 2 a 1h; 2 b 2h; 2 c 4h; 2 x 4.5h;
          2 d 5h; 2 x 5.5h; 2 e 6h; 3 a 1h; 3 x 1.5h; 3 b 2h; 3 c 4h; 3 d 5h; 3 x 5.5h; 3 e 6h"""


def out(after: int, before: int) -> dict[str, Any]:
    return steps(*"abcde", exclude=[{"event": "x", "after": after, "before": before, "effect": "remove"}])


CASES: list[tuple[str, str, dict[str, Any], list[int]]] = [
    ("the window ends with its last second", "u abcde", steps("a", "c", "e", **window(4, "second")), [1, 1, 1]),
    ("one second less", "u abcde", steps("a", "c", "e", **window(3, "second")), [1, 1, 0]),
    ("events in between", STRICT, steps("a", "b", "c"), [7, 6, 5]),
    # 3 and 4 go a b b, 5 too; 2 is cut by d and 7 by c.
    ("nothing in between", STRICT, steps("a", "b", "c", order="strict"), [7, 4, 1]),
    ("nothing between, from the first start", STRICT, steps("a", "b", "c", order="strict", entry="first"), [7, 1, 1]),
    ("any order", STRICT, steps("a", "b", "c", order="any"), [7, 7, 7]),
    ("the same event in several steps", PAGES, steps("s", "v", "v", "v", "v"), [6, 5, 3, 2, 1]),
    ("the same, consecutively", PAGES, steps("s", "v", "v", "v", "v", order="strict"), [6, 5, 1, 1, 1]),
    ("the same, in any order", PAGES, steps("s", "v", "v", "v", "v", order="any"), [7, 6, 5, 4, 1]),
    ("any event", PAGES, steps("*", "*", "*"), [7, 6, 5]),
    ("any start", AGAIN, steps("A", "B", **window(1, "hour")), [4, 4]),
    ("the first start", AGAIN, steps("A", "B", entry="first", **window(1, "hour")), [4, 2]),
    ("a later start reaches further", AGAIN, steps("A", "B", "C", **window(1, "hour")), [4, 4, 1]),
    ("an exclusion", CROSSED, steps("a", "b", exclude=["x"], **window(10, "second")), [7, 5]),
    # 5 is taken out; the clean run of 6 counts, and the x of 7 comes after its window.
    ("an exclusion that removes", CROSSED,
     steps("a", "b", exclude=[{"event": "x", "effect": "remove"}], **window(10, "second")), [6, 5]),
    ("an exclusion in any order", CROSSED, steps("b", "a", order="any", exclude=["x"], **window(10, "second")), [7, 5]),
    ("every other event excluded", CROSSED, steps("a", "b", exclude=["*"], **window(10, "second")), [7, 5]),
    ("exclusions before step 2", FIVE, out(1, 2), [2] * 5),
    ("exclusions from step 2 to 3", FIVE, out(2, 3), [2] * 5),
    ("exclusions from step 2 to 4", FIVE, out(2, 4), [1] * 5),
    ("exclusions before the last step", FIVE, out(4, 5), [0] * 5),
    ("held", HELD, steps("view", "buy", hold=["p"]), [4, 2]),
    ("held in any order", HELD, steps("buy", "view", order="any", hold=["p"]), [4, 2]),
    ("held and consecutive", HELD, steps("view", "buy", order="strict", hold=["p"]), [4, 1]),
    ("soon enough after the step before", "1 abb; 2 a 0s; 2 b 9s",
     steps("a", {"event": "b", "within": {"value": 1, "unit": "second"}}), [2, 1]),
    ("left out", "1 aob; 2 ab; 3 ao; 4 oab", steps("a", {"event": "o", "optional": True}, "b"), [4, 2, 3]),
    ("first ever, before the scope", "1 a -9d; 1 ab; 2 ab",
     steps({"event": "a", "first_ever": True}, "b", scope={"start": "2026-01-05"}), [1, 1]),
    ("one of several events", "1 xb; 2 ab; 3 b", steps({"event": ["a", "x"]}, "b"), [2, 2]),
    ("no condition and none that can hold", "1 ab; 2 ab",
     steps({"event": "a", "where": [{"all": []}]}, {"event": "b", "where": [{"any": []}]}), [2, 0]),
]  # fmt: skip


@pytest.mark.parametrize(("events", "question", "users"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_how_many_reach_each_step(events: str, question: dict[str, Any], users: list[int]) -> None:
    assert told(events, question, "users") == users


def test_the_run_that_is_timed() -> None:
    hour = window(1, "hour")
    # From the latest start: 60 s, 11 min, 10 s, 15 min.
    assert told(AGAIN, steps("A", "B", **hour), "mean_seconds") == [None, (60 + 660 + 10 + 900) / 4]
    assert told(AGAIN, steps("A", "B", entry="first", **hour), "mean_seconds") == [None, (30 + 2700) / 2]
    # A run that got to the end, not the slower ones that broke off later.
    tries = "u a 0h; u b 1h; u c 2h; u a 2d; u b 50h; u a 3d; u b 75h"
    assert told(tries, steps("a", "b", "c", **window(1, "day")), "median_seconds") == [None, 3600, 3600]


def test_a_person_is_in_every_bucket_they_start_in_and_converts_where_they_do() -> None:
    events = "u a 0d; u b 23h; u a 4d; u b 119h; u a 19d; z z 60d"
    scope = {"start": "2026-01-05", "end": "2026-02-01"}
    question = steps("a", "b", view="trend", grain="day", scope=scope, **window(1, "day"))
    found = told(events, question, "bucket", "entered", "converted")
    assert [(day.day, *counts) for day, *counts in found if any(counts)] == [(5, 1, 1), (9, 1, 1), (24, 1, 0)]
    assert len(found) == 27


# ------------------------------------------------------------------ whose value counts

BROWSERS = """1 s 0h p=chrome; 1 buy 1h; 2 s 0h; 2 buy 1h p=safari; 3 s 0h p=mac; 3 buy 1h; 4 s 0h p=0;
              4 buy 1h p=other; 5 s 0h; 5 buy 1h; 6 s 0h p=opera"""


@pytest.mark.parametrize(
    ("by", "found"),
    [
        ({"take": "first"}, "(none) 1 1, 0 1 1, chrome 1 1, mac 1 1, opera 1 0, safari 1 1"),
        ({"take": "last"}, "(none) 1 1, chrome 1 1, mac 1 1, opera 1 0, other 1 1, safari 1 1"),
        ({"take": "entry"}, "(none) 2 2, 0 1 1, chrome 1 1, mac 1 1, opera 1 0"),
        ({"take": "step:2"}, "(none) 4 3, other 1 1, safari 1 1"),
        ({"take": "all"}, "(none) 2 1, 0 1 0, chrome 1 0, mac 1 0, opera 1 0"),
        ({"take": "entry", "top": 1}, "(none) 2 2, Other 4 3"),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(map(str, value.values())),
)
def test_a_run_stands_where_its_value_is(by: dict[str, Any], found: str) -> None:
    rows = told(BROWSERS, steps("s", "buy", by={"field": "p", **by}), "segment", "users")
    assert ", ".join(f"{rows[i][0]} {rows[i][1]} {rows[i + 1][1]}" for i in range(0, len(rows), 2)) == found


def test_every_value_has_a_first_start_of_its_own() -> None:
    events = "u a 0s p=x; u b 1s p=x; u a 2s p=y; u b 3s p=y; v a 0s p=x"
    question = steps("a", "b", entry="first", by={"field": "p", "take": "all"})
    assert told(events, question, "segment", "users") == [("x", 2), ("x", 1), ("y", 1), ("y", 1)]


@pytest.mark.parametrize("order", ["ordered", "strict", "any"])
@pytest.mark.parametrize("take", ["first", "last", "entry", "all", "step:2"])
def test_the_order_of_the_rows_decides_nothing(order: str, take: str) -> None:
    rng = random.Random(take + order)
    for _ in range(2):
        texts = [
            f"u{rng.randint(1, 2)} {rng.choice('abc')} {rng.randint(0, 3)}h p={rng.choice('xyz')}" for _ in range(14)
        ]
        question = steps("a", rng.choice(["*", "b"]), order=order, entry=rng.choice(["any", "first"]),
                         by={"field": "p", "take": take, "top": 2})  # fmt: skip
        events = log(";".join(texts))
        columns = ("segment", "users", "open", "mean_seconds")
        assert told(events, question, *columns) == told(events.reverse(), question, *columns)


def test_a_time_names_its_segment_in_iso() -> None:
    events = log("u a 0s; u b 1s").with_columns(due=pl.Series([NOON, None], dtype=pl.Datetime("us", "UTC")))
    assert told(events, steps("a", "b", by={"field": "due"}), "segment")[0] == "2026-01-05T12:00:00Z"


def test_of_nobody_and_of_everybody_the_interval_has_a_round_end() -> None:
    for people in (1, 3, 12):
        events = ";".join(f"u{i} a 0s; u{i} b 1s" for i in range(people))
        assert told(events, steps("a", "b"), "of_previous_high")[1] == 1.0
        assert told(events, steps("a", "c"), "of_previous_low")[1] == 0.0


# ------------------------------------------------------------------ what a source brings

TEXTS = ["C:\\new\\table", "tab\there", 'say "so"', "über\\u", "\\d+\\.\\d", "a\u0001b", "line\nbreak"]


def lines(rows: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def event(user: str, name: str, second: int, **props: Any) -> dict[str, Any]:
    ts = (NOON + timedelta(seconds=second)).isoformat()
    return {"user_id": user, "event": name, "ts": ts, "properties": props}


def answers(folder: Path, *questions: dict[str, Any]) -> list[dict[str, Any]]:
    """The tables of the answers to these funnels, asked at once on the command line."""
    asked = json.dumps([{"kind": "funnel", **question} for question in questions])
    done = CliRunner().invoke(cli, ["ask", asked, "--workspace", str(folder)])
    return [answer["tables"] for answer in json.loads(done.stdout)]


def test_nested_properties_keep_their_signs(tmp_path: Path) -> None:
    rows = [event(f"u{i}", "a", 0, text=text, **{'k\\e"y': text}, size=7.5, whole=2.0) for i, text in enumerate(TEXTS)]
    files = Files(tmp_path, events=lines([*rows, *(event(f"u{i}", "b", 9) for i in range(len(TEXTS)))]))
    assert "quarantined" not in files.said
    wanted = [(i, {"event": "a", "where": [condition(field, "eq", text)]})
              for field in ("text", 'k\\e"y') for i, text in enumerate(TEXTS)]  # fmt: skip
    found = answers(files.workspace, *(steps(first, "b", view="people") for _, first in wanted))
    assert [[row["user_id"] for row in tables["people"]] for tables in found] == [[f"u{i}"] for i, _ in wanted]
    found = answers(files.workspace, *(steps("a", "b", by={"field": field}) for field in ("size", "whole")))
    assert [tables["steps"][0]["segment"] for tables in found] == ["7.5", "2"]


def test_nested_and_flat_properties_are_tested_alike(tmp_path: Path) -> None:
    values: list[dict[str, Any]] = [{"n": 5, "t": "x"}, {"n": 10, "t": ""}, {"n": None}, {"n": -3, "t": "5"}, {}]
    rows = [event(f"u{i}", "a", 0, **value) for i, value in enumerate(values)]
    flat = [{**{key: row[key] for key in ("user_id", "event", "ts")}, **row["properties"]} for row in rows]
    expected = [
        (condition("n", "gt", "4"), [0, 1]), (condition("n", "gt", 4), [0, 1]), (condition("n", "lt", "5"), [3]),
        (condition("n", "ne", "5"), [1, 2, 3, 4]), (condition("n", "in", ["5", -3]), [0, 3]),
        (condition("n", "is_not_set"), [2, 4]), (condition("t", "is_not_set"), [1, 2, 4]),
        (condition("t", "is_set"), [0, 3]), (condition("t", "contains", ""), [0, 3]),
        (condition("t", "not_contains", "x"), [1, 2, 3, 4]), (condition("t", "ge", "w"), [0]),
    ]  # fmt: skip
    for name, given in (("nested", rows), ("flat", flat)):
        folder = tmp_path / name
        folder.mkdir()
        files = Files(folder, events=lines(given))
        asked = [steps({"event": "a", "where": [one]}, "b", view="people", step=1) for one, _ in expected]
        found = [tables["people"] for tables in answers(files.workspace, *asked)]
        people = [[int(row["user_id"][1:]) for row in rows] for rows in found]
        assert people == [wanted for _, wanted in expected], name


def test_a_list_of_objects_is_read_like_lines(tmp_path: Path) -> None:
    path = tmp_path / "from" / "events.json"
    path.parent.mkdir()
    path.write_text(json.dumps([event("u", "a", 0, p="x\\y"), event("u", "b", 1)], indent=2))
    words = ["--as", "events", "--yes", "--workspace", str(tmp_path / "ws")]
    assert CliRunner().invoke(cli, ["load", str(path), *words]).exit_code == 0
    [tables] = answers(tmp_path / "ws", steps("a", "b", by={"field": "p"}))
    assert [(row["segment"], row["users"]) for row in tables["steps"]] == [("x\\y", 1), ("x\\y", 1)]
    path.write_text('[{"user_id": "u"')
    done = CliRunner().invoke(cli, ["load", str(path), *words])
    assert done.exit_code == 2 and "begins like a list, and is not JSON" in done.output
    # Beside other files a .json may be anything.
    assert "nothing matches" in CliRunner().invoke(cli, ["load", str(path.parent), *words]).output


def test_a_property_nearly_named_is_suggested() -> None:
    events = log("u ab").with_columns(props=pl.Series(['{"tariff": "pro"}', None]))
    with pytest.raises(QuestionError, match=r"There is no field 'tarif'; did you mean 'tariff'\?"):
        told(events, steps("a", "b", by={"field": "tarif"}), "users")


def test_a_property_that_is_empty_everywhere_is_missing(tmp_path: Path) -> None:
    # `n` is a name of ours at rest.
    rows = [{**event("u", name, i), "n": None, "tariff": None} for i, name in enumerate("ab")]
    files = Files(
        tmp_path, events=lines([{key: value for key, value in row.items() if key != "properties"} for row in rows])
    )
    found = answers(files.workspace, *(steps("a", "b", by={"field": field}) for field in ("n", "tariff")))
    assert [[(row["segment"], row["users"]) for row in tables["steps"]] for tables in found] == [
        [("(none)", 1)] * 2
    ] * 2


def test_a_person_may_be_named_by_a_number() -> None:
    events = log("5 a 0s; 5 b 1s")
    found = told(events, steps("a", "b", view="proof", user_id=5), "step", "verdict")
    assert found == [(1, "filled step 1"), (2, "filled step 2")]
