"""A file that is loaded and a frame in memory are the same facts: names, fields and times mean what the file says."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner, Result

from lib.answers import ask
from lib.cli import cli
from lib.errors import QuestionError
from lib.facts import Facts
from lib.questions import parse

Load = Callable[..., Path]
T = datetime(2026, 1, 1, 10, tzinfo=UTC)


def run(*words: object, given: str | None = None) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words], input=given)


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Load frames as files of one kind into a workspace, each as its table."""

    def loaded(kind: str = "parquet", zone: str = "UTC", **frames: pl.DataFrame) -> Path:
        folder = tmp_path / "ws"
        folder.mkdir(exist_ok=True)
        (folder / "growthops.toml").write_text(f'[company]\nname = "T"\ntimezone = "{zone}"\n')
        for table, frame in frames.items():
            file = tmp_path / f"{table}.{kind}"
            {"csv": frame.write_csv, "parquet": frame.write_parquet, "jsonl": frame.write_ndjson}[kind](file)
            result = run("load", file, "--as", table, "--yes", "--workspace", folder)
            assert result.exit_code == 0, result.output
        return folder

    return loaded


def answers(folder: Path, *questions: dict[str, Any]) -> list[dict[str, Any]]:
    result = run("ask", "-", "--workspace", folder, given=json.dumps(questions))
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def segments(question: dict[str, Any], folder: Path, **frames: pl.DataFrame) -> list[tuple[str, float]]:
    """The segments and values of a trend: the same through both doors, or this fails."""
    (from_file,) = answers(folder, question)
    in_memory = json.loads(json.dumps(ask(parse(question), Facts.of(**frames)).as_json()))
    assert from_file["tables"] == in_memory["tables"]
    return [(row["segment"], row["value"]) for row in from_file["tables"]["series"]]


def by(field: str) -> dict[str, Any]:
    return {"kind": "trend", "series": ["*"], "grain": "year", "by": {"field": field}}


def events(**columns: list[Any]) -> pl.DataFrame:
    """Three people do something, an hour apart."""
    times = [T + timedelta(hours=hour) for hour in range(3)]
    return pl.DataFrame({"user_id": ["a", "b", "c"], "name": ["e"] * 3, "ts": times, **columns})


# ------------------------------------------------------------------ names


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_events_keep_the_names_they_have(load: Load, kind: str) -> None:
    """Two spellings are two events, until somebody says that they are one."""
    log = events().with_columns(name=pl.Series(["Signed Up", "$pay", "signed_up"]))
    folder = load(kind, events=log)
    series = {"kind": "trend", "series": ["Signed Up", "signed_up", "$pay", "pay"], "grain": "year"}
    (answer,) = answers(folder, series)
    assert [(row["label"], row["value"]) for row in answer["tables"]["series"]] == [
        ("Signed Up", 1), ("signed_up", 1), ("$pay", 1), ("pay", 0),
    ]  # fmt: skip


@pytest.mark.parametrize("field", ["amount", "os", "url", "account", "version", "month", "person", "day", "n", "unit"])
def test_a_property_is_found_by_the_name_in_the_file(load: Load, field: str) -> None:
    """A load keeps some under the name of a column of ours, and some under a name that is free."""
    log = events(**{field: ["5", "6", "5"]})
    assert segments(by(field), load("parquet", events=log), events=log) == [("5", 2), ("6", 1)]


def test_a_name_that_nothing_has_is_still_refused(load: Load) -> None:
    folder = load(events=events(plan=["x", "y", None]))
    for field, near in (("amount", "account_id"), ("month", "plan"), ("user.plan", "user.")):
        result = run("ask", "-", "--workspace", folder, given=json.dumps(by(field)))
        assert result.exit_code == 2
        assert f"There is no field '{field}'; " in result.stderr and near in result.stderr
    assert "plan" in run("ask", "-", "--workspace", folder, given=json.dumps(by("zzz"))).stderr


def test_an_id_that_repeats_is_a_property_and_no_id_of_the_event(load: Load) -> None:
    log = events(id=["p1", "p1", "p2"])
    assert segments(by("id"), load(events=log), events=log) == [("p1", 2), ("p2", 1)]


def test_an_event_is_found_by_its_id(load: Load) -> None:
    log = events(event_id=["1", "2", "3"])
    question = {"kind": "trend", "series": ["e"], "grain": "year"}
    question["scope"] = {"where": [{"field": "event_id", "op": "in", "value": ["2", "3"]}]}
    assert segments(question, load(events=log), events=log) == [("All", 2)]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_further_columns_of_users_and_accounts_are_fields(load: Load, kind: str) -> None:
    users = pl.DataFrame(
        {"user_id": ["a", "b", "c"], "account_id": ["k", "k", "l"], "created_at": [T] * 3, "tier": ["x", None, "x"],
         "seats": [10, 2, None], "age": ["31", "20", None]}
    )  # fmt: skip
    accounts = pl.DataFrame({"account_id": ["k", "l"], "name": ["K", "L"], "created_at": [T] * 2, "tier": ["p", "q"]})
    log = events()
    folder = load(kind, users=users, accounts=accounts, events=log)
    frames = {"users": users, "accounts": accounts, "events": log}
    assert segments(by("user.tier"), folder, **frames) == [("x", 2), ("(none)", 1)]
    assert segments(by("account.tier"), folder, **frames) == [("p", 2), ("q", 1)]
    assert answers(folder, by("user.age"))[0]["tables"]["series"][0]["segment"] == "(none)"
    many = {"kind": "trend", "series": ["e"], "grain": "year"}
    many["scope"] = {"where": [{"field": "user.seats", "op": "gt", "value": 2}]}
    assert segments(many, folder, **frames) == [("All", 1)]
    inside = {"cohort": {"field": "user.tier", "op": "eq", "value": "x"}}
    assert segments({**many, "scope": {"where": [inside]}}, folder, **frames) == [("All", 2)]


def test_a_frame_of_people_needs_only_their_ids() -> None:
    users = pl.DataFrame({"user_id": ["a", "b"], "account_id": ["k", None], "country": ["DE", "AT"]})
    facts = Facts.of(events=events(), users=users, accounts=pl.DataFrame({"account_id": ["k"], "segment": ["smb"]}))
    for field, found in (("user.country", ["(none)", "AT", "DE"]), ("account.segment", ["(none)", "smb"])):
        assert ask(parse(by(field)), facts).tables["series"]["segment"].to_list() == found
    new = ask(parse({"kind": "lifecycle", "grain": "year", "born": "created"}), facts).tables["lifecycle"]
    assert new["users"].to_list() == [3, 0, 0, 0]


# ------------------------------------------------------------------ values


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_an_object_of_properties(load: Load, kind: str) -> None:
    log = events(properties=[{"plan": "pro", "n": 5.0, "ok": True}, {"plan": None, "n": 7.5, "ok": False}, None])
    folder = load(kind, events=log)
    assert segments(by("plan"), folder, events=log) == [("(none)", 2), ("pro", 1)]
    assert segments(by("ok"), folder, events=log) == [("(none)", 1), ("false", 1), ("true", 1)]
    for op, value, found in (("eq", 5, 1), ("in", [5, 7.5], 2), ("ne", 5, 2), ("gt", 5, 1), ("not_in", [5], 2)):
        question = {"kind": "trend", "series": ["e"], "grain": "year"}
        question["scope"] = {"where": [{"field": "n", "op": op, "value": value}]}
        assert segments(question, folder, events=log) == [("All", found)], (op, value)


def test_values_of_odd_types_are_text(load: Load) -> None:
    log = events(took=[timedelta(hours=1), timedelta(minutes=5), None], kind=["x", None, "x"])
    log = log.with_columns(kind=pl.col("kind").cast(pl.Categorical()))
    folder = load(events=log)
    assert segments(by("took"), folder, events=log) == [("(none)", 1), ("PT1H", 1), ("PT5M", 1)]
    assert segments(by("kind"), folder, events=log) == [("x", 2), ("(none)", 1)]


# ------------------------------------------------------------------ times


@pytest.mark.parametrize(
    "moment",
    ["2026-06-13T10:30Z", "2026-06-13 10:30:00 +0200", "1781346600", 1781346600, 1781346600000, date(2026, 6, 13)],
    ids=repr,
)
@pytest.mark.parametrize("zone", ["Asia/Kathmandu", "America/New_York"])
def test_a_time_is_read_alike(load: Load, moment: object, zone: str) -> None:
    log = pl.DataFrame({"user_id": ["a"], "name": ["e"], "ts": [moment]})
    folder = load("parquet", zone, events=log)
    assert Facts.open(folder).as_of == Facts.of(events=log, timezone=zone).as_of


def test_a_day_is_a_day_of_the_workspace() -> None:
    log = pl.DataFrame({"user_id": ["a"], "name": ["e"], "ts": ["2026-06-01"]})
    for zone in ("America/New_York", "Asia/Kathmandu"):
        question = parse({"kind": "trend", "series": ["e"]})
        found = ask(question, Facts.of(events=log, timezone=zone)).tables["series"]
        assert found.select("bucket", "value").rows() == [(date(2026, 6, 1), 1.0)]


def test_a_column_without_any_time_is_refused() -> None:
    log = pl.DataFrame({"user_id": ["a", "b"], "name": ["e", "e"], "ts": ["soon", None]})
    with pytest.raises(QuestionError, match="events: ts: 'soon' is no time; write it as 2026-01-31T12:00:00Z"):
        Facts.of(events=log)
    unclear = log.with_columns(ts=pl.Series(["03/04/2026", "05/06/2026"]))
    with pytest.raises(QuestionError, match="events: ts: days like 03/04/2026 could be 3 April or 4 March"):
        Facts.of(events=unclear)


def test_numbers_in_text_are_numbers() -> None:
    facts = Facts.of(events=events(value=["5", " 2.5", ""]))
    assert facts.tables["events"].collect()["value"].to_list() == [5.0, 2.5, None]
    with pytest.raises(QuestionError, match=r"events: value: 'high' is no number\."):
        Facts.of(events=events(value=["5", "high", None]))


# ------------------------------------------------------------------ refusals


def test_the_wrong_one_of_several_questions_is_named(load: Load) -> None:
    folder = load(events=events())
    given = json.dumps([{"kind": "trend", "series": ["e"]}, {"kind": "trend", "serie": ["e"]}])
    result = run("ask", "-", "--workspace", folder, given=given)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Question 2 of 2: series: is missing; the question: unknown field 'serie'; did you mean 'series'?" in (
        result.stderr
    )


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    gone = tmp_path / "gone.csv"
    result = run("load", gone, "--as", "events", "--workspace", tmp_path / "ws")
    assert result.exit_code == 2
    assert f"{gone}: nothing matches; there is no such file or folder." in result.stderr
