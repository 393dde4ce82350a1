"""The command line, as a person meets it: what is printed, what is loaded, and how it ends."""

import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result

from lib import cli as command
from lib import settings
from lib.facts import Facts
from lib.questions import KINDS
from lib.settings import load_settings
from lib.store import Edit, Store
from lib.warehouse import Warehouse

ROOT = Path(__file__).resolve().parent.parent
Run = Callable[..., Result]

EVENTS = """when,person,action,amount,plan
2026-01-01 10:00,u1,signup,1.5,=cmd
2026-01-02 10:00,u1,paid,20,pro
2026-01-03 10:00,u2,signup,2,free
"""
MAPPED = ("--column", "ts=when", "--column", "user_id=person", "--yes")
QUESTION = {"kind": "funnel", "steps": ["signup", "paid"]}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Workspaces without a place of their own live here, not beside the checkout."""
    place = tmp_path / "workspaces"
    for module in (settings, command):
        monkeypatch.setattr(module, "workspaces", lambda: place)
    monkeypatch.delenv("GROWTHOPS_WORKSPACE", raising=False)
    return place


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """`run("load", file)`: a command on a workspace of its own; `own=False` names no workspace."""

    def invoke(*words: object, own: bool = True, stdin: str | bytes | None = None) -> Result:
        place = ["--workspace", str(tmp_path / "ws")] if own else []
        result = CliRunner().invoke(command.cli, [*map(str, words), *place], input=stdin)
        assert "Traceback" not in result.output
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return invoke


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "export.csv"
    path.write_text(EVENTS)
    return path


@pytest.fixture
def loaded(run: Run, file: Path) -> Path:
    """A workspace with the three events."""
    assert run("load", file, "--as", "events", *MAPPED).exit_code == 0
    return file.parent / "ws"


def asked(run: Run, question: object, *words: object, **how: object) -> Result:
    return run("ask", "-", *words, stdin=json.dumps(question), **how)


def refused(result: Result) -> str:
    """The sentence on stderr of a command that was refused."""
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: ")
    return result.stderr.removeprefix("Error: ").strip()


# ------------------------------------------------------------------ load


def test_a_file_is_loaded_by_the_proposed_mapping(run: Run, file: Path) -> None:
    result = run("load", file, "--as", "events", *MAPPED)
    assert result.exit_code == 0
    assert "Table events (csv, separator ,, encoding utf-8, decimal .)" in result.stdout
    assert "name    = action  (known as another name of name)  e.g. signup, paid" in result.stdout
    assert f"{file} → events: 3 rows = 3 loaded\n" in result.stdout
    events = Facts.open(file.parent / "ws").tables["events"].sort("ts").collect()
    assert events.select("user_id", "name", "value", "plan").rows() == [
        ("u1", "signup", 1.5, "=cmd"), ("u1", "paid", 20.0, "pro"), ("u2", "signup", 2.0, "free"),
    ]  # fmt: skip
    source = load_settings(file.parent / "ws").sources[0]
    assert (source.table, source.path) == ("events", str(file))
    assert source.columns == {"name": "action", "value": "amount", "ts": "when", "user_id": "person"}


def test_loading_again_changes_nothing(run: Run, loaded: Path, file: Path) -> None:
    before = Warehouse.open(loaded).stamp
    result = run("load", file, "--as", "events", *MAPPED)
    assert (result.exit_code, Warehouse.open(loaded).stamp) == (0, before)
    assert f"{file}: already loaded, nothing changed" in result.stdout
    assert "already loaded, nothing changed" in run("load").stdout
    assert len(load_settings(loaded).sources) == 1 and Warehouse.open(loaded).stamp == before


def test_more_rows_in_the_same_file_are_added(run: Run, loaded: Path, file: Path) -> None:
    """T10, T11"""
    file.write_text(EVENTS + "2026-01-02 09:00,u2,paid,9,free\n")
    result = run("load")
    assert f"{file} → events: 4 rows = 1 loaded + 3 duplicates; 1 are older than the last load's end" in result.stdout
    assert json.loads(asked(run, QUESTION).stdout)["tables"]["steps"][0]["users"] == 2


def test_a_missing_column_is_asked_for(run: Run, file: Path) -> None:
    result = run("load", file, "--as", "events", "--yes")
    assert refused(result) == (
        f"{file}: no column found for user_id or anon_id. Say which it is: --column user_id=THEIRS,"
        " or give it one value: --constant user_id=VALUE"
    )
    assert "Missing: user_id or anon_id" in result.stdout
    assert load_settings(file.parent / "ws").sources == (), "a source that was refused is not listed"
    assert Warehouse.open(file.parent / "ws").stamp.is_empty


def test_a_constant_fills_a_column(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "purchases.csv"
    file.write_text("ts,user_id\n2026-01-01T10:00:00Z,u1\n2026-01-02T10:00:00Z,u1\n")
    assert refused(run("load", file, "--as", "events", "--yes")).startswith(f"{file}: no column found for name.")
    assert run("load", file, "--as", "events", "--constant", "name=purchase", "--yes").exit_code == 0
    assert Facts.open(tmp_path / "ws").names.rows() == [("purchase", 2)]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--as", "evnts"), "there is no table 'evnts'; did you mean 'events'?"),
        (
            ("--as", "events", "--column", "tz=when"),
            "columns.tz is not a column of events; Allowed: account_id, anon_id,",
        ),
        (("--as", "events", "--column", "ts=whn", "--column", "user_id=person"), "has no column 'whn'"),
    ],
)
def test_a_wrong_mapping_is_refused(run: Run, file: Path, words: tuple[str, ...], sentence: str) -> None:
    assert sentence in refused(run("load", file, *words, "--yes"))
    assert Warehouse.open(file.parent / "ws").stamp.is_empty


def test_what_is_no_pair_is_refused(run: Run, file: Path) -> None:
    result = run("load", file, "--as", "events", "--column", "ts")
    assert result.exit_code == 2 and "'ts' is not NAME=VALUE" in result.stderr


def test_nothing_to_load_is_said(run: Run, tmp_path: Path) -> None:
    assert "lists no sources. Name a file: growthops load FILE --as events" in refused(run("load"))
    assert "nothing matches" in refused(run("load", tmp_path / "gone.csv", "--as", "events"))
    assert not (tmp_path / "ws").exists(), "a file that is not there leaves no workspace"


def test_rebuild_forgets_what_is_gone(run: Run, loaded: Path, file: Path) -> None:
    file.write_text(EVENTS.replace("paid", "bought"))
    result = run("load", "--rebuild")
    assert "3 rows = 3 loaded" in result.stdout
    assert Facts.open(loaded).names["name"].to_list() == ["signup", "bought"]


# ------------------------------------------------------------------ ask


def test_ask_answers_in_json(run: Run, loaded: Path, tmp_path: Path) -> None:
    file = tmp_path / "question.json"
    file.write_text(json.dumps(QUESTION))
    result = run("ask", file)
    found = json.loads(result.stdout)
    assert list(found) == ["question", "headline", "definition", "as_of", "stamp", "tables"]
    assert [row["users"] for row in found["tables"]["steps"]] == [2, 1]
    assert (found["as_of"], found["question"]["steps"][0]) == ("2026-01-03T10:00:00Z", {"event": "signup"})
    assert json.loads(asked(run, QUESTION).stdout) == found, "a file and stdin are the same"
    assert json.loads(run("ask", "-", stdin=b"\xef\xbb\xbf" + json.dumps(QUESTION).encode()).stdout) == found


def test_a_list_answers_each(run: Run, loaded: Path) -> None:
    metric = {"kind": "metric", "metric": "events", "grain": "month"}
    found = json.loads(asked(run, [QUESTION, metric]).stdout)
    assert [answer["question"]["kind"] for answer in found] == ["funnel", "metric"]
    assert json.loads(asked(run, [QUESTION]).stdout)[0] == found[0]
    assert json.loads(asked(run, []).stdout) == []


def test_ask_answers_in_csv(run: Run, loaded: Path) -> None:
    people = QUESTION | {"view": "people", "step": 1, "by": {"field": "plan"}}
    rows = list(csv.DictReader(io.StringIO(asked(run, people, "--format", "csv").stdout)))
    assert [(row["user_id"], row["segment"]) for row in rows] == [("u1", "'=cmd"), ("u2", "free")]
    assert datetime.fromisoformat(rows[0]["entered_at"]) == datetime(2026, 1, 1, 10, tzinfo=UTC)
    retention = {"kind": "retention", "start": "signup"}
    curve = asked(run, retention, "--format", "csv", "--table", "curve").stdout
    assert curve.splitlines()[0] == "segment,period,to_period,eligible,users,rate,low,high,mean_of_cohorts"
    assert asked(run, retention, "--format", "csv").stdout.startswith("segment,cohort,period,")
    wrong = asked(run, retention, "--format", "csv", "--table", "curves")
    assert refused(wrong) == "The answer has no table 'curves'; it has cohorts, curve."


def test_a_name_that_is_mistyped_is_said_beside_the_csv(run: Run, loaded: Path) -> None:
    wrong = QUESTION | {"steps": ["signup", "payd"]}
    result = asked(run, wrong, "--format", "csv")
    assert (result.exit_code, result.stderr) == (
        0, "Note: No event called “payd” was ever loaded. Did you mean “paid”?\n",
    )  # fmt: skip
    assert [row["users"] for row in csv.DictReader(io.StringIO(result.stdout))] == ["2", "0"]
    assert asked(run, QUESTION, "--format", "csv").stderr == "", "nothing to say of a good one"
    assert asked(run, wrong).stderr == "", "in JSON the notes are part of the answer"
    assert json.loads(asked(run, wrong).stdout)["notes"] == [
        "No event called “payd” was ever loaded. Did you mean “paid”?"
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("\n", "No question was given: it is an object in JSON, which begins with {."),
        ("{", "The question is not JSON: Expecting property name enclosed in double quotes at line 1, column 2."),
        (b"\xff\xfe{", "The question is not text in UTF-8."),
        ("9" * 5000, "The question is not JSON to be read: a number is too long, or parts nest too deep."),
        ('{"kind": "funel"}', "There is no kind of question 'funel': did you mean 'funnel'?"),
        ('{"kind": "funnel", "steps": ["a"]}', "steps: needs at least 2, has 1"),
        ('[{"kind": "funnel", "steps": ["a", "b"]}, 5]', "A question is a JSON object, not int."),
        (
            '{"kind": "metric", "metric": "activ_users"}',
            "metric: there is no metric 'activ_users'; did you mean 'active_users'?",
        ),
        (
            '{"kind": "funnel", "steps": ["a", "b"], "by": {"field": "plam"}}',
            "There is no field 'plam'; did you mean 'plan'?",
        ),
    ],
    ids=range(9),
)
def test_a_bad_question_is_refused_on_stderr(run: Run, loaded: Path, text: str | bytes, sentence: str) -> None:
    result = run("ask", "-", stdin=text)
    assert sentence in refused(result) and result.stdout == ""


def test_a_workspace_that_is_not_there_is_no_empty_one(run: Run, tmp_path: Path) -> None:
    for result in (asked(run, QUESTION), run("doctor")):
        assert refused(result) == f"There is no workspace {tmp_path / 'ws'}."
    assert not (tmp_path / "ws").exists()
    (tmp_path / "ws").mkdir()
    assert json.loads(asked(run, QUESTION).stdout)["headline"] == "Nobody did “signup”."


def test_the_real_program(loaded: Path) -> None:
    """`python -m lib ask -`, from another folder."""
    environment = os.environ | {"GROWTHOPS_WORKSPACE": str(loaded), "PYTHONPATH": str(ROOT)}
    words = [sys.executable, "-W", "error", "-m", "lib", "ask", "-"]
    done = subprocess.run(
        words, input=json.dumps(QUESTION), capture_output=True, text=True, cwd=loaded, env=environment, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert [row["users"] for row in json.loads(done.stdout)["tables"]["steps"]] == [2, 1]
    bad = subprocess.run(words, input="{}", capture_output=True, text=True, cwd=ROOT, env=environment, check=False)
    assert (bad.returncode, bad.stdout) == (2, "")
    assert bad.stderr == f"Error: The question has no 'kind': Allowed: {', '.join(sorted(KINDS))}.\n"


# ------------------------------------------------------------------ template, quarantine, doctor


@pytest.mark.parametrize(
    "table", ["events", "users", "accounts", "touchpoints", "spend", "subscriptions", "aliases", "exposures"]
)
def test_a_template_can_be_loaded_as_it_is(run: Run, tmp_path: Path, table: str) -> None:
    text = run("template", table, own=False).stdout
    assert len(text.splitlines()) == 4
    file = tmp_path / "template.csv"
    file.write_text(text)
    result = run("load", file, "--as", table, "--yes")
    assert result.exit_code == 0 and f"→ {table}: 3 rows = 3 loaded\n" in result.stdout


def test_a_template_of_nothing_is_refused(run: Run) -> None:
    assert refused(run("template", "event", own=False)).startswith(
        "There is no table 'event'; did you mean 'events'? Allowed: accounts, "
    )
    assert "Tables: events, users," in run("template", "--help", own=False).stdout


BAD = """when,person,action,amount,note
2026-01-01 10:00,u1,signup,1.5,fine
2026-01-02 10:00,u1,paid,abc,-danger
2026-01-32 10:00,u2,signup,2,ok
2026-01-03 10:00,,signup,2,ok
"""


def test_quarantine_is_listed_exported_mended_and_replayed(run: Run, file: Path, tmp_path: Path) -> None:
    file.write_text(BAD)
    result = run("load", file, "--as", "events", *MAPPED)
    assert f"{file} → events: 4 rows = 1 loaded + 3 quarantined\n" in result.stdout
    assert "See why rows were quarantined: growthops quarantine" in result.stdout
    assert run("quarantine").stdout.splitlines() == [
        f"1 × events ← {file}: neither user_id nor anon_id is given (first: row 4)",
        f"1 × events ← {file}: ts: '2026-01-32 10:00' is not a time stamp (first: row 3)",
        f"1 × events ← {file}: value: 'abc' is not a finite number (first: row 2)",
    ]
    export = tmp_path / "bad.csv"
    assert run("quarantine", "--export", export).stdout == f"3 rows written to {export}\n"
    text = export.read_text()
    assert "'-danger" in text, "a spreadsheet must not run it"
    mended = text.replace("abc", "9").replace("2026-01-32 10:00,u2", "2026-01-31 10:00,u2")
    export.write_text(mended)
    result = run("quarantine", "--replay", "--corrected", export)
    assert result.stdout.startswith(f"{file} → events: 3 rows = 2 loaded + 1 quarantined")
    left = run("quarantine").stdout.splitlines()
    assert len(left) == 1 and "neither user_id nor anon_id is given" in left[0]
    run("quarantine", "--export", export)
    export.write_text(export.read_text().replace("10:00,,signup", "10:00,u3,signup"))
    assert "1 rows = 1 loaded" in run("quarantine", "--replay", "--corrected", export).stdout
    assert run("quarantine").stdout == "Nothing waits in quarantine.\n"
    # What was mended is as if it had been right from the start: no column of the export stays behind.
    right = tmp_path / "right.csv"
    right.write_text(BAD.replace("abc", "9").replace("01-32", "01-31").replace("10:00,,signup", "10:00,u3,signup"))
    runner = CliRunner().invoke(
        command.cli, ["load", str(right), "--as", "events", *MAPPED, "--workspace", str(tmp_path / "b")]
    )
    assert runner.exit_code == 0
    one, other = (Facts.open(tmp_path / name).tables["events"].drop("person").collect() for name in ("ws", "b"))
    assert one.columns == other.columns
    assert one.sort("ts", "name").rows() == other.sort("ts", "name").rows()
    assert refused(run("quarantine", "--replay")) == "No row of events waits in quarantine."
    assert not list((tmp_path / "ws").glob(".replay*"))


def test_replay_follows_the_mapping_of_each_source(run: Run, tmp_path: Path) -> None:
    one, other = tmp_path / "one.csv", tmp_path / "other.csv"
    one.write_text("ts,user_id,name,amount\n2026-01-01,u1,Signed Up,x\n2026-01-01,u9,Signed Up,1\n")
    other.write_text("zeit,wer,name,amount\n05/01/2026,u2,paid,y\n25/01/2026,u3,paid,1\n")
    run("load", one, "--as", "events", "--yes")
    run("load", other, "--as", "events", "--column", "ts=zeit", "--column", "user_id=wer", "--yes")
    config = tmp_path / "ws" / "growthops.toml"
    config.write_text(config.read_text().replace(f'path = "{other}"', f'path = "{other}"\ndate_format = "%d/%m/%Y"'))
    export = tmp_path / "bad.csv"
    assert run("quarantine", "--export", export).stdout.startswith("2 rows written")
    export.write_text(export.read_text().replace(",x,", ",1,").replace(",y,", ",2,"))
    result = run("quarantine", "--replay", "--corrected", export)
    assert result.stdout.count(" → events: 1 rows = 1 loaded") == 2
    events = (
        Facts.open(tmp_path / "ws").tables["events"].sort("user_id").select("user_id", "name", pl.col("ts").dt.date())
    )
    assert events.collect().rows() == [
        ("u1", "Signed Up", date(2026, 1, 1)), ("u2", "paid", date(2026, 1, 5)),
        ("u3", "paid", date(2026, 1, 25)), ("u9", "Signed Up", date(2026, 1, 1)),
    ]  # fmt: skip


def test_a_corrected_file_must_say_what_it_corrects(run: Run, file: Path, tmp_path: Path) -> None:
    file.write_text(BAD)
    run("load", file, "--as", "events", *MAPPED)
    export = tmp_path / "bad.csv"
    export.write_text("when,person,action\n2026-01-01,u1,paid\n")
    assert "has no column '_id'" in refused(run("quarantine", "--replay", "--corrected", export))
    export.write_text("when,person,action,_id\n2026-01-01,u1,paid,gone-1\n")
    assert "none of its rows waits in quarantine any more" in refused(
        run("quarantine", "--replay", "--corrected", export)
    )
    assert len(run("quarantine").stdout.splitlines()) == 3


def test_doctor_finds_a_sound_workspace_sound(run: Run, loaded: Path) -> None:
    for words in (("doctor",), ("doctor", "--quick")):
        result = run(*words)
        assert (result.exit_code, result.stdout) == (0, f"{loaded}: no damage found.\n")


def test_doctor_names_the_damaged_file(run: Run, loaded: Path) -> None:
    """T4"""
    target = next((loaded / "warehouse" / "events").rglob("*.parquet"))
    contents = bytearray(target.read_bytes())
    contents[len(contents) // 2] ^= 1
    target.write_bytes(contents)
    result = run("doctor")
    assert result.exit_code == 1
    assert f"error: A file's contents have changed since it was written. [{target}]" in result.stdout
    assert "no damage found" not in result.stdout
    target.unlink()
    assert run("doctor", "--quick").exit_code == 1
    assert "growthops doctor" in refused(asked(run, QUESTION))


def test_doctor_reads_a_damaged_stamp(run: Run, loaded: Path) -> None:
    """T4"""
    stamp = loaded / "warehouse" / "stamp.json"
    stamp.write_text(stamp.read_text()[:100])
    result = run("doctor")
    assert result.exit_code == 1 and str(stamp) in result.stdout


def test_restore_goes_back_to_the_load_before(run: Run, loaded: Path, file: Path) -> None:
    """T4"""
    before = asked(run, QUESTION).stdout
    file.write_text(EVENTS + "2026-01-04 09:00,u2,paid,9,free\n")
    run("load")
    after = asked(run, QUESTION).stdout
    assert json.loads(after)["tables"] != json.loads(before)["tables"]
    newest = max((loaded / "warehouse" / "events").rglob("*.parquet"), key=lambda path: path.stat().st_mtime_ns)
    newest.write_bytes(b"broken")
    assert run("doctor").exit_code == 1
    assert run("restore").stderr == f"Workspace: {loaded} (Ws)\n" and run("doctor").exit_code == 0
    assert json.loads(asked(run, QUESTION).stdout)["tables"] == json.loads(before)["tables"]
    # What was taken back can simply be loaded again.
    assert "4 rows = 1 loaded + 3 duplicates" in run("load").stdout
    assert json.loads(asked(run, QUESTION).stdout)["tables"] == json.loads(after)["tables"]


def test_wrong_settings_are_refused(run: Run, loaded: Path) -> None:
    (loaded / "growthops.toml").write_text('[company]\ntimezone = "Berlin"\n')
    assert "'Berlin' is not a time zone" in refused(run("doctor"))
    assert "'Berlin' is not a time zone" in refused(asked(run, QUESTION))


def test_compact_changes_no_answer(run: Run, loaded: Path, file: Path) -> None:
    file.write_text(EVENTS + "2026-01-04 09:00,u2,paid,9,free\n")
    run("load")
    before = json.loads(asked(run, QUESTION).stdout)["tables"]
    assert run("compact").stdout == "Compacted.\n"
    assert json.loads(asked(run, QUESTION).stdout)["tables"] == before


def test_a_question_may_name_a_cohort_people_keep(run: Run, loaded: Path) -> None:
    question = {"kind": "cohort", "cohort": "payers"}
    assert "payers" in refused(asked(run, question))
    assert not (loaded / "app.db").exists(), "asking writes nothing"
    store = Store(loaded)
    store.definitions.publish(Edit("cohort", "payers", {"did": "paid"}, "Who paid", "ana"))
    store.close()
    assert json.loads(asked(run, question).stdout)["tables"]["size"][0]["users"] == 1
    among = {"kind": "funnel", "steps": ["signup", "paid"], "scope": {"where": [{"cohort": "payers"}]}}
    assert [row["users"] for row in json.loads(asked(run, among).stdout)["tables"]["steps"]] == [1, 1]


def test_channels_are_answered_with_the_rules_people_keep(run: Run, loaded: Path) -> None:
    question = {"kind": "channels", "lookback_days": 3}
    (loaded / "touches.csv").write_text("ts,user_id,channel\n2026-01-01 00:00,u1,news\n")
    run("load", loaded / "touches.csv", "--as", "touchpoints", "--yes")
    before = json.loads(asked(run, question).stdout)["tables"]
    assert [(row["channel"], row["users"]) for row in before["channels"]] == [("news", 1)]
    store = Store(loaded)
    rules = {"rules": [{"when": {"field": "channel", "op": "eq", "value": "news"}, "channel": "press"}]}
    store.definitions.publish(Edit("channel_rules", "ours", rules, "Ours", "ana"))
    store.close()
    after = json.loads(asked(run, question).stdout)["tables"]
    assert [row["channel"] for row in after["channels"]] == ["press"]
    by_contact = {"kind": "trend", "series": ["*"], "grain": "year", "by": {"field": "touch.channel"}}
    assert "press" in asked(run, by_contact, "--format", "csv").stdout, "as everywhere else"
    assert asked(run, question | {"rules": []}, "--format", "csv").stdout.startswith("channel,of_channel,spend,users,")
    assert after["unattributed"] == before["unattributed"]


def test_what_rules_would_move_is_answered_against_the_rules_in_force(run: Run, loaded: Path) -> None:
    (loaded / "touches.csv").write_text("ts,user_id,channel,referrer_host\n2026-01-01 00:00,u1,news,deku.example\n")
    run("load", loaded / "touches.csv", "--as", "touchpoints", "--yes")
    host = {"field": "referrer_host", "op": "eq", "value": "deku.example"}
    store = Store(loaded)
    rules = {"rules": [{"when": host, "channel": "press"}]}
    store.definitions.publish(Edit("channel_rules", "standard", rules, "Channel rules", "ana"))
    store.close()
    question = {"kind": "channels", "view": "moves", "rules": [{"when": host, "channel": "open source"}]}
    (move,) = json.loads(asked(run, question).stdout)["tables"]["moves"]
    assert (move["from_channel"], move["to_channel"], move["contacts"]) == ("press", "open source", 1)
    csv = asked(run, {"kind": "channels", "view": "referrers"}, "--format", "csv").stdout.splitlines()
    assert csv[0] == "host,first_seen,is_new,contacts,people,sign_ups,activated,channel,ruled"
    assert csv[1].startswith("deku.example,2026-01-01T00:00:00") and csv[1].endswith(",press,1")


# ------------------------------------------------------------------ backup and restore


def test_a_workspace_is_backed_up_and_brought_back(run: Run, loaded: Path, file: Path, tmp_path: Path) -> None:
    # T45
    before = asked(run, QUESTION).stdout
    store = Store(loaded)
    store.definitions.publish(Edit("funnel", "signup", QUESTION, "Sign-up", "ana"))
    store.close()
    target = tmp_path / "b.zip"
    said = run("backup", target)
    assert said.exit_code == 0
    stamp = Warehouse.open(loaded).stamp.stamp
    assert re.fullmatch(rf"{target}: \d+ files, [\d,]+ bytes, load {stamp}\. Read back and compared\.\n", said.stdout)
    file.write_text(EVENTS + "2026-01-04 09:00,u2,paid,9,free\n")
    run("load")
    (loaded / "app.db").unlink()
    assert asked(run, QUESTION).stdout != before
    said = run("restore", "--from", target).stdout.splitlines()
    assert re.fullmatch(rf"{loaded}: as it was on [\d :-]+ UTC \({target}\)\.", said[0])
    aside = next(path for path in tmp_path.iterdir() if path.name.startswith("ws-before-"))
    assert said[1:] == [f"What was there before is kept in {aside}. Delete it when you no longer need it."]
    assert asked(run, QUESTION).stdout == before
    store = Store(loaded)
    assert [one.key for one in store.definitions.list()] == ["signup"]
    store.close()


def test_a_backup_goes_into_the_current_folder(
    run: Run, loaded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert run("backup").exit_code == 0
    [found] = (tmp_path / "here").iterdir()
    assert re.fullmatch(r"ws-\d{8}-\d{6}\.zip", found.name)
    elsewhere = CliRunner().invoke(
        command.cli, ["restore", "--from", str(found), "--workspace", str(tmp_path / "other")]
    )
    assert elsewhere.exit_code == 0 and len(elsewhere.stdout.splitlines()) == 1
    assert Warehouse.open(tmp_path / "other").stamp == Warehouse.open(loaded).stamp


def test_a_damaged_backup_is_refused(run: Run, loaded: Path, tmp_path: Path) -> None:
    target = tmp_path / "b.zip"
    run("backup", target)
    content = target.read_bytes()
    place = content.index(b"PAR1") + 40
    target.write_bytes(content[:place] + bytes([content[place] ^ 255]) + content[place + 1 :])
    sentence = refused(run("restore", "--from", target))
    assert re.match(rf"{target} is damaged: warehouse/\S+\.parquet cannot be trusted \(", sentence)
    assert refused(run("restore", "--from", tmp_path / "none.zip")) == f"There is no file {tmp_path / 'none.zip'}."
    assert refused(run("backup", target)).startswith(f"{target} is there already; a backup is not written over.")
    assert run("doctor").exit_code == 0


def test_what_a_backup_leaves_out_is_said(run: Run, loaded: Path, tmp_path: Path) -> None:
    settings_file = loaded / "growthops.toml"
    settings_file.write_text(settings_file.read_text() + '\n[store]\nurl = "postgresql+psycopg://ana:s3cret@db/x"\n')
    said = run("backup", tmp_path / "b.zip").stdout.splitlines()
    assert said[1:] == [
        "What people wrote is in the postgresql database, which this backup leaves out: back it up with its own tools."
    ]
    assert "leaves out" in run("restore", "--from", tmp_path / "b.zip").stdout


def test_doctor_looks_at_the_state(run: Run, loaded: Path) -> None:
    store = Store(loaded)
    store.definitions.publish(Edit("funnel", "signup", QUESTION, "Sign-up", "ana"))
    store.close()
    assert run("doctor").stdout == f"{loaded}: no damage found.\n"
    content = (loaded / "app.db").read_bytes()
    (loaded / "app.db").write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    result = run("doctor")
    assert result.exit_code == 1
    assert f"[{loaded / 'app.db'}] Bring back a backup: growthops restore --from FILE." in result.stdout


# ------------------------------------------------------------------ which workspace


def test_the_environment_names_a_workspace(run: Run, loaded: Path, monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.setenv("GROWTHOPS_WORKSPACE", str(loaded))
    assert json.loads(asked(run, QUESTION, own=False).stdout)["tables"]["steps"][0]["users"] == 2
    assert not home.exists()


def test_a_sample_becomes_the_workspace_in_use(run: Run, home: Path) -> None:
    result = run("demo", "--sample", "ecom", own=False)
    assert result.exit_code == 0 and "31,106 rows = 31,076 loaded + 30 duplicates" in result.stdout
    assert (home / "current").read_text() == "ecom\n"
    metric = {"kind": "metric", "metric": "events", "grain": "year"}
    answer = json.loads(asked(run, metric, own=False).stdout)
    assert [row["value"] for row in answer["tables"]["metric"]] == [31_076.0]
    assert run("demo", "--sample", "ecom", "--if-missing", own=False).output == ""
    assert "There is no sample 'econ': did you mean 'ecom'?" in refused(run("demo", "--sample", "econ", own=False))
    assert (home / "current").read_text() == "ecom\n"


def test_own_data_never_goes_into_the_demo(run: Run, home: Path, file: Path) -> None:
    result = run("load", file, "--as", "events", *MAPPED, own=False)
    assert result.exit_code == 0 and result.stdout.startswith(f"Workspace: {home / 'mine'}\n")
    assert not (home / "demo").exists() and (home / "current").read_text() == "mine\n"
    # From now on it is the workspace in use, also for the next file and for questions.
    again = run("load", file, "--as", "events", *MAPPED, own=False)
    assert "already loaded" in again.stdout and "Workspace:" not in again.stdout
    assert json.loads(asked(run, QUESTION, own=False).stdout)["tables"]["steps"][1]["users"] == 1


def test_another_workspace_is_used_by_its_name(run: Run, home: Path, file: Path, loaded: Path) -> None:
    run("load", file, "--as", "events", *MAPPED, own=False)
    shutil.copytree(home / "mine", home / "demo")
    assert run("use", own=False).stdout == "  demo\n* mine\n"
    assert run("use", home / "demo", own=False).exit_code == 0
    assert run("use", own=False).stdout == "* demo\n  mine\n"
    assert run("use", "mine", own=False).stderr == f"Workspace: {home / 'mine'} (Mine)\n"
    assert settings.find_workspace(None) == home / "mine"
    run("use", "demo", own=False)
    assert refused(run("use", "mines", own=False)) == (
        "There is no workspace 'mines'; did you mean 'mine'? Allowed: demo, mine."
    )
    assert refused(run("use", file.parent / "mine", own=False)).startswith("There is no workspace ")
    assert "name it with --workspace" in refused(run("use", loaded, own=False))
    assert settings.find_workspace(None) == home / "demo", "what is refused changes nothing"
    (home / "current").unlink()
    again = run("load", file, "--as", "events", *MAPPED, own=False)
    assert again.stderr == "mine is used from now on; back to the demo company: growthops use demo\n"


def test_the_environment_comes_before_the_workspace_in_use(
    run: Run, home: Path, file: Path, loaded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("load", file, "--as", "events", *MAPPED, own=False)
    monkeypatch.setenv("GROWTHOPS_WORKSPACE", str(loaded))
    assert refused(run("use", "mine", own=False)) == f"GROWTHOPS_WORKSPACE names {loaded}, which comes first; unset it."


@pytest.mark.parametrize("words", [("doctor",), ("backup",), ("quarantine",), ("compact",)])
def test_a_command_says_whose_workspace_it_read(
    run: Run, loaded: Path, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(loaded.parent)
    result = run(*words)
    assert (result.exit_code, result.stderr) == (0, f"Workspace: {loaded} (Ws)\n")
    assert "Workspace:" not in result.stdout


def test_a_workspace_in_use_that_is_gone_is_forgotten(run: Run, home: Path, file: Path) -> None:
    run("load", file, "--as", "events", *MAPPED, own=False)
    (home / "mine" / "growthops.toml").unlink()
    assert settings.find_workspace(None) == home / "demo"
    (home / "current").write_bytes(b"\xff\xfe")
    assert settings.find_workspace(None) == home / "demo"
    assert settings.find_workspace("~/x") == Path("~/x").expanduser()


def test_a_named_workspace_does_not_become_the_one_in_use(run: Run, loaded: Path, home: Path) -> None:
    assert not (home / "current").exists()


def test_the_demo_is_made_when_it_is_asked(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Path] = []

    def make(folder: Path) -> None:
        made.append(folder)
        folder.mkdir(parents=True, exist_ok=True)

    monkeypatch.setattr(command, "_make_demo", make)
    assert asked(run, QUESTION, own=False).exit_code == 0
    assert made == [home / "demo"]
    run("demo", own=False)
    assert made == [home / "demo"] * 2 and (home / "current").read_text() == "demo\n"


def test_a_demo_that_was_broken_off_is_made_again(
    run: Run, home: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused(run("load", file, "--as", "events", "--column", "ts=whn", "--column", "user_id=person", "--yes"))
    home.mkdir()
    (file.parent / "ws").rename(home / "demo")
    assert (home / "demo" / "warehouse" / "stamp.json").exists()
    made: list[Path] = []
    monkeypatch.setattr(command, "_make_demo", made.append)
    run("demo", "--if-missing", own=False)
    asked(run, QUESTION, own=False)
    assert made == [home / "demo"] * 2


def test_help_and_version(run: Run) -> None:
    text = run("--help", own=False).stdout
    for name in (
        "ask", "backup", "compact", "demo", "doctor", "load", "quarantine", "restore", "run", "template", "use",
    ):  # fmt: skip
        assert f"  {name} " in text
