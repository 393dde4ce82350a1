"""End to end: files of any kind in, the same answers out, and none of them changes with how the rows came."""

import json
import random
import sqlite3
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from lib.answers import ask
from lib.facts import Facts
from lib.intake import load_sources, replay, start_workspace
from lib.questions import parse
from lib.settings import Company, Settings, SourceSpec, write_settings
from lib.warehouse import LoadReport, Warehouse

START = datetime(2026, 3, 20, tzinfo=UTC)
NOW = datetime(2026, 7, 1, tzinfo=UTC)
DAYS = 60

QUESTIONS: list[dict[str, Any]] = [
    {"kind": "funnel", "steps": ["visit", "signup", "pay"], "window": {"value": 30, "unit": "day"}},
    {"kind": "funnel", "steps": ["visit", {"event": "signup", "where": [{"field": "seats", "op": "ge", "value": 3}]}]},
    {"kind": "funnel", "steps": ["visit", "pay"], "by": {"field": ["plan", "user.country"], "take": "entry", "top": 4}},
    {"kind": "funnel", "steps": ["visit", "pay"], "view": "trend", "grain": "day", "exclude": [{"event": "error"}]},
    {"kind": "funnel", "steps": ["visit", "signup"], "view": "people", "step": 1},
    {"kind": "funnel", "steps": ["visit", "signup"], "order": "strict", "count_by": "session"},
    {"kind": "funnel", "steps": ["visit", "signup", "pay"], "order": "any", "view": "times", "bins": 5},
    {"kind": "retention", "start": "visit", "grain": "week", "by": {"field": "trial"}},
    {"kind": "metric", "metric": "active_users", "grain": "week", "by": {"field": "plan"}},
    {"kind": "metric", "metric": "new_users", "grain": "day", "scope": {"start": "2026-03-25", "end": "2026-04-25"}},
]


def a_log(seed: int = 1, people: int = 40) -> pl.DataFrame:
    """People who begin as a device, some of whom become a user on an event that carries both ids."""
    rng = random.Random(seed)
    rows = []
    for person in range(people):
        plan, known = rng.choice(["free", "pro", "tëam 🚀", None]), rng.random() < 0.7
        instants = sorted(START + timedelta(seconds=rng.randrange(DAYS * 86_400)) for _ in range(rng.randint(1, 14)))
        for number, at in enumerate(instants):
            user = f"u{person}" if known and number >= 2 else None
            device = f"d{person}" if not user or number == 2 else None
            name = rng.choice(["visit", "visit", "signup", "pay", "error"])
            rows.append((f"e{len(rows)}", at, name, user, device, plan, rng.randint(1, 5), rng.random() < 0.5))
    schema = {"event_id": pl.String, "ts": pl.Datetime("us", "UTC"), "name": pl.String, "user_id": pl.String,
              "anon_id": pl.String, "plan": pl.String, "seats": pl.Int64, "trial": pl.Boolean}  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row")


LOG = a_log()
USERS = pl.DataFrame(
    {
        "user_id": ["u1", "u2", "u3", "old", "u5"],
        "created_at": [START] * 5,
        "country": ["DE", "US", "DE", "FR", None],
        "is_internal": [False, False, False, False, True],
    }
)
ALIASES = pl.DataFrame({"anon_id": ["d7", "d8", "u3"], "user_id": ["u1", "u2", "u9"]})
TABLES = {"events": LOG, "users": USERS, "aliases": ALIASES}
MEMORY = Facts.of(**TABLES)


def answers(facts: Facts, questions: list[dict[str, Any]] = QUESTIONS) -> list[dict[str, Any]]:
    """Headlines, notes and tables of every question."""
    found = []
    for question in questions:
        answer = ask(parse(question), facts).as_json()
        found.append({key: answer.get(key) for key in ("headline", "tables", "notes", "as_of")})
    return found


def written(frame: pl.DataFrame, path: Path) -> SourceSpec:
    """Write a table as the format its ending names, and say how it is read."""
    table = path.stem.split("-")[0]
    text = frame.with_columns(pl.selectors.datetime().dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ"))
    if path.suffix == ".csv":
        text.write_csv(path)
    elif path.suffix == ".jsonl":
        lines = [json.dumps({k: v for k, v in row.items() if v is not None}) for row in text.to_dicts()]
        path.write_text("\n".join(lines) + "\n")
    elif path.suffix == ".parquet":
        frame.write_parquet(path)
    else:
        with sqlite3.connect(path) as database:
            # SQLite knows no booleans: it would give 1 and 0 back.
            text = text.with_columns(pl.col(pl.Boolean).cast(pl.String))
            columns = ", ".join(
                f"{name} {'integer' if dtype == pl.Int64 else 'text'}" for name, dtype in text.schema.items()
            )
            database.execute(f"create table {table} ({columns})")
            marks = ", ".join("?" * text.width)
            database.executemany(f"insert into {table} values ({marks})", text.rows())
        database.close()
        return SourceSpec(table=table, url=f"sqlite:///{path}", query=f"select * from {table}")
    return SourceSpec(table=table, path=str(path))


Put = Callable[..., LoadReport]


@pytest.fixture
def put(tmp_path: Path) -> Put:
    """`put({"events": frame})`: write files and load them in one load; checks that every row is accounted for."""
    place = tmp_path / "ws"
    made = iter(range(1000))

    def load(tables: dict[str, pl.DataFrame], ending: str = ".csv", now: datetime = NOW) -> LoadReport:
        specs = [written(frame, tmp_path / f"{name}-{next(made)}{ending}") for name, frame in tables.items()]
        report = load_sources(place, specs, now=now)
        for part in report.inputs:
            assert part.read == part.loaded + part.updated + part.duplicates + part.quarantined
        assert [part.read for part in report.inputs if not part.skipped] == [
            frame.height for frame, part in zip(tables.values(), report.inputs, strict=True) if not part.skipped
        ]
        return report

    place.mkdir()
    return load


@pytest.fixture
def opened(tmp_path: Path) -> Callable[[], Facts]:
    return lambda: Facts.open(tmp_path / "ws")


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet", ".sqlite"])
def test_files_of_every_kind_answer_as_the_frame_does(put: Put, opened: Callable[[], Facts], ending: str) -> None:
    report = put(TABLES, ending)
    assert report.total("quarantined") == 0 and report.total("loaded") == LOG.height + USERS.height + ALIASES.height
    assert answers(opened()) == answers(MEMORY)


def test_the_answers_are_worth_comparing() -> None:
    """The log has what the questions ask for: every step is reached, every table has rows, identities merge."""
    for found in answers(MEMORY):
        assert all(rows for rows in found["tables"].values())
    assert [row["users"] for row in answers(MEMORY, QUESTIONS[:1])[0]["tables"]["steps"]][2] > 3
    assert MEMORY.people.select(pl.col("person").n_unique()).collect().item() < MEMORY.people.collect().height - 20


# ------------------------------------------------------------------ identity


def test_one_person_over_devices_events_and_aliases(put: Put, opened: Callable[[], Facts]) -> None:
    """A device visits; an event ties it to a user; an alias ties the user's other device and the user's older id."""
    at = [START + timedelta(hours=hour) for hour in range(5)]
    log = pl.DataFrame(
        {
            "ts": at, "name": ["a", "b", "c", "d", "e"],
            "anon_id": ["phone", "phone", "tablet", None, None], "user_id": [None, "new", None, "old", "new"],
        }
    )  # fmt: skip
    aliases = pl.DataFrame({"anon_id": ["tablet", "old"], "user_id": ["new", "new"]})
    question = [{"kind": "funnel", "steps": list("abcde")}]
    apart = [row["users"] for row in answers(Facts.of(events=log), question)[0]["tables"]["steps"]]
    assert apart == [1, 1, 0, 0, 0]
    for tables in ({"events": log, "aliases": aliases}, {"aliases": aliases, "events": log}):
        facts = Facts.of(**tables)
        assert [row["users"] for row in answers(facts, question)[0]["tables"]["steps"]] == [1] * 5
    put({"events": log})
    assert answers(opened(), question) == answers(Facts.of(events=log), question)
    put({"aliases": aliases})
    assert answers(opened(), question) == answers(Facts.of(events=log, aliases=aliases), question)


def test_a_late_tie_joins_what_was_loaded_before(put: Put, opened: Callable[[], Facts]) -> None:
    tied = pl.col("user_id").is_not_null() & pl.col("anon_id").is_not_null()
    put({"events": LOG.filter(~tied), "users": USERS})
    put({"aliases": ALIASES})
    put({"events": LOG.filter(tied)})
    assert answers(opened()) == answers(MEMORY)


# ------------------------------------------------------------------ duplicates, lateness, splitting


def test_the_same_batch_three_times_is_one(put: Put, opened: Callable[[], Facts]) -> None:
    """T10"""
    put(TABLES)
    for ending in (".csv", ".jsonl"):
        report = put({"events": LOG}, ending)
        assert report.total("loaded") == 0 and (report.inputs[0].skipped or report.total("duplicates") == LOG.height)
    assert answers(opened()) == answers(MEMORY)


def test_overlapping_batches_are_their_union(put: Put, opened: Callable[[], Facts]) -> None:
    """T10"""
    put(TABLES | {"events": LOG.head(150)})
    report = put({"events": LOG.slice(100)})
    assert (report.total("duplicates"), report.total("loaded")) == (50, LOG.height - 150)
    assert answers(opened()) == answers(MEMORY)


def test_events_without_ids_are_told_apart_by_all_they_say(put: Put, opened: Callable[[], Facts]) -> None:
    """T10"""
    bare = LOG.drop("event_id")
    put({"events": pl.concat([bare, bare.head(30)]), "users": USERS, "aliases": ALIASES})
    put({"events": bare.tail(60).reverse()})
    assert answers(opened()) == answers(Facts.of(events=bare, users=USERS, aliases=ALIASES)) == answers(MEMORY)


def test_late_events_land_in_their_own_time(put: Put, opened: Callable[[], Facts]) -> None:
    """T11: the newest rows first, then ever older ones, up to sixty days late."""
    put({"users": USERS, "aliases": ALIASES})
    ordered = LOG.sort("ts", descending=True)
    late = 0
    for start in range(0, LOG.height, 70):
        report = put({"events": ordered.slice(start, 70)})
        late += report.total("late")
    assert late == LOG.height - 70 and answers(opened()) == answers(MEMORY)


@pytest.mark.parametrize("seed", [1, 2])
def test_how_rows_are_split_says_nothing(put: Put, opened: Callable[[], Facts], seed: int) -> None:
    """T18"""
    rng = random.Random(seed)
    part = pl.Series([rng.randrange(4) for _ in range(LOG.height)])
    for number in range(4):
        put(
            {"events": LOG.filter(part == number).sample(fraction=1, shuffle=True, seed=seed)},
            rng.choice([".csv", ".parquet"]),
        )
    put({"users": USERS.tail(3)})
    put({"users": USERS, "aliases": ALIASES})
    assert answers(opened()) == answers(MEMORY)


# ------------------------------------------------------------------ rows that cannot be right


def test_the_future_is_set_aside_and_counted(put: Put, opened: Callable[[], Facts]) -> None:
    """T12: a day ahead of the clock is a fast clock, more is a mistake."""
    ahead = [NOW + timedelta(days=1), NOW + timedelta(days=1, seconds=1), NOW + timedelta(days=400)]
    rows = pl.DataFrame({"ts": ahead, "name": ["visit"] * 3, "user_id": ["f1", "f2", "f3"]})
    report = put({"events": pl.concat([LOG, rows, LOG.head(5)], how="diagonal")})
    assert (report.total("loaded"), report.total("quarantined"), report.total("duplicates")) == (LOG.height + 1, 2, 5)
    facts = opened()
    assert facts.as_of == ahead[0]
    reasons = Warehouse.open(facts.workspace or Path()).quarantine("events").collect()["reason"].to_list()
    assert len(reasons) == 2 and all("more than a day in the future" in reason for reason in reasons)
    known = Facts.of(events=pl.concat([LOG, rows.head(1)], how="diagonal"))
    assert answers(facts) == answers(known)


def test_bad_rows_are_rejected_and_the_others_unaffected(put: Put, opened: Callable[[], Facts], tmp_path: Path) -> None:
    """T14"""
    good = LOG.with_columns(pl.col("ts").dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ"), value=pl.lit("1.5"))
    bad = good.head(6).with_columns(
        event_id=pl.lit("bad") + pl.col("event_id"),
        ts=pl.Series([None, "soon", *good["ts"][:4]]),
        name=pl.Series(["visit", "visit", None, "visit", "visit", "visit"]),
        user_id=pl.Series(["u1"] * 3 + [None] + ["u1"] * 2), anon_id=pl.lit(None, pl.String),
        value=pl.Series(["1", "1", "1", "1", "inf", "many"]),
    )  # fmt: skip
    file = tmp_path / "events-bad.csv"
    pl.concat([bad.head(3), good, bad.tail(3)]).write_csv(file)
    report = load_sources(tmp_path / "ws", [SourceSpec(table="events", path=str(file))], now=NOW)
    assert (report.total("read"), report.total("loaded"), report.total("quarantined")) == (
        LOG.height + 6,
        LOG.height,
        6,
    )
    put({"users": USERS, "aliases": ALIASES})
    assert answers(opened()) == answers(MEMORY)


@pytest.mark.parametrize("height", [0, 1, 2])
@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_tiny_stores_answer_everything(put: Put, opened: Callable[[], Facts], height: int, ending: str) -> None:
    """T17: no event, one, or one person with two; and a column without a value."""
    few = LOG.filter(pl.col("anon_id") == "d0").head(height).with_columns(nothing=pl.lit(None, pl.String))
    few = few if ending == ".csv" else few.with_columns(nothing=pl.lit(None, pl.Null))
    if height:
        put({"events": few}, ending)
    more = [question | {"by": {"field": "nothing"}} for question in QUESTIONS[:1] if height]
    questions = [*QUESTIONS[:1], *QUESTIONS[3:7], *QUESTIONS[9:], *more]
    found = answers(opened(), questions)
    assert found == answers(Facts.of(events=few), questions)
    text = json.dumps(found, allow_nan=False)
    assert "NaN" not in text and all(answer["headline"] for answer in found)
    if more:
        assert {row["segment"] for row in found[-1]["tables"]["steps"]} <= {"(none)"}


# ------------------------------------------------------------------ days


@pytest.mark.parametrize(
    "zone",
    ["UTC", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns", "Pacific/Kiritimati", "America/New_York",
     "Australia/Lord_Howe", "Africa/Cairo"],
)  # fmt: skip
def test_days_add_up_to_the_range(zone: str) -> None:
    """T13: whatever the zone and the grain, the parts are the whole."""
    facts = Facts.of(**TABLES, timezone=zone)
    scope = {"start": "2026-03-22", "end": "2026-05-10"}
    low, high = parse({"kind": "metric", "metric": "events", "scope": scope}).scope.bounds(zone)
    internal = facts.tables["events"].filter(~pl.col("person").is_in(facts.internal.implode())).collect()
    inside = internal.filter((pl.col("ts") >= low) & (pl.col("ts") < high)).height
    assert LOG.height > inside > 200
    for grain in ("hour", "day", "week", "month", "quarter", "year"):
        for week_start in ("monday", "sunday"):
            fields = {"scope": scope, "grain": grain, "week_start": week_start}
            events = ask(parse({"kind": "metric", "metric": "events"} | fields), facts).tables["metric"]
            assert events["value"].sum() == inside, (grain, week_start)
            trend = {"kind": "funnel", "steps": ["visit", "pay"], "view": "trend", "entry": "first"} | fields
            table = ask(parse(trend), facts).tables["trend"]
            steps = ask(parse(trend | {"view": "steps"}), facts).tables["steps"]
            assert [table["entered"].sum(), table["converted"].sum()] == steps["users"].to_list()


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 28), 24), (date(2026, 3, 29), 23), (date(2026, 10, 25), 25)])
def test_a_day_in_berlin_has_the_hours_it_has(
    put: Put, opened: Callable[[], Facts], tmp_path: Path, day: date, hours: int
) -> None:
    """T13: one event every half hour from the day before to the day after."""
    write_settings(tmp_path / "ws", Settings(company=Company(timezone="Europe/Berlin")))
    begin = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=1)
    instants = [begin + timedelta(minutes=30 * n) for n in range(144)]
    put(
        {"events": pl.DataFrame({"ts": instants, "name": "visit", "user_id": "u"})},
        now=datetime(2027, 1, 1, tzinfo=UTC),
    )
    scope = {"start": day.isoformat(), "end": (day + timedelta(days=1)).isoformat()}
    metric = {"kind": "metric", "metric": "events", "scope": scope}
    for grain, buckets in (("hour", hours), ("day", 1)):
        table = ask(parse(metric | {"grain": grain}), opened()).tables["metric"]
        assert (table.height, table["value"].sum()) == (buckets, 2 * hours)
    assert answers(opened(), [metric]) == answers(
        Facts.of(events=pl.DataFrame({"ts": instants, "name": "visit", "user_id": "u"}), timezone="Europe/Berlin"),
        [metric],
    )


def test_local_times_of_a_file_are_the_companys(tmp_path: Path) -> None:
    """T13: times without an offset are read in the workspace's zone, so their days stay as written."""
    place = tmp_path / "ws"
    write_settings(place, Settings(company=Company(timezone="America/St_Johns")))
    file = tmp_path / "events.csv"
    file.write_text(
        "ts,name,user_id\n2026-01-01 00:00:00,visit,u\n2026-01-01 23:59:59,visit,u\n2026-01-02 00:00:00,visit,v\n"
    )
    load_sources(place, [SourceSpec(table="events", path=str(file))], now=NOW)
    facts = Facts.open(place)
    assert facts.first == datetime(2026, 1, 1, 3, 30, tzinfo=UTC)
    table = ask(parse({"kind": "metric", "metric": "events", "grain": "day"}), facts).tables["metric"]
    assert table.select("bucket", "value").rows() == [(date(2026, 1, 1), 2.0), (date(2026, 1, 2), 1.0)]


def test_a_row_with_two_faults_is_replayed_once(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("user_id,name,ts,value\nu,buy,someday,much\nu,buy,2026-05-01,3\n")
    start_workspace(tmp_path)
    load_sources(tmp_path, [SourceSpec(table="events", path="log.csv")], now=NOW)
    waiting = Warehouse.open(tmp_path).take_quarantined("events")
    assert len(waiting) == 2  # one entry for each fault
    mended = tmp_path / "mended.csv"
    ids = [row_id for row_id, _, _ in waiting]
    mended.write_text("user_id,name,ts,value,_id\n" + "".join(f"u,buy,2026-05-02,4,{row_id}\n" for row_id in ids))
    report = replay(tmp_path, "events", mended)
    assert (report.total("read"), report.total("loaded")) == (1, 1)
    assert Warehouse.open(tmp_path).take_quarantined("events") == []
