"""Facts from frames: who is one person, which rows count, and what is refused."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from lib.errors import DamagedDataError, QuestionError, SettingsError
from lib.facts import Facts
from lib.settings import Company, Settings

T = datetime(2026, 1, 1, tzinfo=UTC)


def events(*rows: tuple[Any, ...], **more: list[Any]) -> pl.DataFrame:
    """Events as (user id, anonymous id)."""
    ids = {"user_id": [row[0] for row in rows], "anon_id": [row[1] for row in rows]}
    schema = {"user_id": pl.String, "anon_id": pl.String}
    frame = pl.DataFrame(ids, schema=schema).with_columns(name=pl.lit("e"), ts=pl.lit(T))
    return frame.with_columns(**{name: pl.Series(values) for name, values in more.items()})


def groups(facts: Facts) -> set[frozenset[str]]:
    """The ids of each person."""
    people = facts.people.collect().group_by("person").agg(pl.col("id_kind") + ":" + pl.col("id"))
    return {frozenset(ids) for ids in people["id_kind"]}


def test_ids_on_one_event_are_one_person() -> None:
    facts = Facts.of(events=events(("u", "d1"), (None, "d1"), ("u", "d2"), (None, "d2"), ("v", None)))
    assert groups(facts) == {frozenset({"user:u", "anon:d1", "anon:d2"}), frozenset({"user:v"})}
    person = facts.tables["events"].collect()["person"].to_list()
    assert person[0] == person[1] == person[2] == person[3] != person[4]


def test_ids_are_tied_in_chains() -> None:
    facts = Facts.of(events=events(("u", "d1"), ("v", "d1"), ("v", "d2"), ("w", "d2"), ("x", "d3")))
    assert len(groups(facts)) == 2 and len(max(groups(facts), key=len)) == 5


def test_a_user_and_a_device_may_share_a_name() -> None:
    assert len(groups(Facts.of(events=events(("1", None), (None, "1"))))) == 2


def test_aliases_tie_what_no_event_does() -> None:
    log = events((None, "d1"), ("u", None), ("old", None))
    aliases = pl.DataFrame({"anon_id": ["d1", "old"], "user_id": ["u", "u"]})
    assert groups(Facts.of(events=log, aliases=aliases)) >= {frozenset({"user:u", "user:old", "anon:d1", "anon:old"})}
    assert len({*Facts.of(events=log, aliases=aliases).tables["events"].collect()["person"]}) == 1


def test_a_person_is_listed_by_the_user_id() -> None:
    facts = Facts.of(events=events(("b", "d"), ("a", "d"), (None, "x")))
    assert sorted(facts.labels["user_id"]) == ["a", "x"]
    assert facts.labels["person"].n_unique() == 2


def test_internal_people_are_known() -> None:
    users = pl.DataFrame({"user_id": ["u", "staff", "lone"], "created_at": [T] * 3, "is_internal": ["no", "yes", None]})
    facts = Facts.of(events=events(("u", None), ("staff", "d"), (None, "d")), users=users)
    inside = facts.tables["events"].filter(pl.col("person").is_in(facts.internal.implode())).collect()
    assert inside.height == 2 and facts.user_rows.height == 3


# ------------------------------------------------------------------ rows


def test_repeats_count_once() -> None:
    """T10: equal ids are one event; without an id, equal rows are."""
    same = events(("u", None), ("u", None), ("u", None), event_id=["1", "1", "2"])
    assert Facts.of(events=same).tables["events"].collect()["event_id"].to_list() == ["1", "2"]
    differing = events(("u", None), ("u", None), event_id=["1", "1"], plan=["first", "second"])
    assert Facts.of(events=differing).tables["events"].collect()["plan"].to_list() == ["first"]
    bare = events(("u", None), ("u", None), ("u", None), plan=["a", "a", "b"])
    assert Facts.of(events=bare).tables["events"].collect()["plan"].to_list() == ["a", "b"]
    mixed = events(("u", None), ("u", None), ("u", None), ("u", None), event_id=[None, "1", None, "1"])
    assert Facts.of(events=mixed).tables["events"].collect()["event_id"].to_list() == [None, "1"]


def test_rows_that_say_nothing_are_left_out() -> None:
    log = events(("u", None), (None, None), ("v", None), ("w", None))
    log = log.with_columns(ts=pl.Series([T, T, None, T]), name=pl.Series(["e", "e", "e", None]))
    facts = Facts.of(events=log)
    assert facts.tables["events"].collect()["user_id"].to_list() == ["u"] and len(groups(facts)) == 1


def test_an_empty_store() -> None:
    """T17"""
    for frame in (events(), pl.DataFrame({"user_id": [], "name": [], "ts": []})):
        facts = Facts.of(events=frame)
        assert (facts.as_of, facts.first, facts.time_unit, facts.persons) == (None, None, "s", 0)
        assert facts.names.height == facts.labels.height == facts.internal.len() == 0
    assert Facts.of().as_of is None


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("2026-01-01T12:00:00Z", datetime(2026, 1, 1, 12, tzinfo=UTC)),
        ("2026-01-01T12:00:00+02:00", datetime(2026, 1, 1, 10, tzinfo=UTC)),
        ("2026-01-01T12:00:00.000001", datetime(2026, 1, 1, 12, 0, 0, 1, tzinfo=UTC)),
        ("2026-01-01 12:00:00", datetime(2026, 1, 1, 12, tzinfo=UTC)),
        ("2026-01-01 12:00", datetime(2026, 1, 1, 12, tzinfo=UTC)),
        ("2026-01-01T12:00Z", datetime(2026, 1, 1, 12, tzinfo=UTC)),
        ("2026-01-01 12:00:00 +0200", datetime(2026, 1, 1, 10, tzinfo=UTC)),
        ("13.01.2026 12:00", datetime(2026, 1, 13, 12, tzinfo=UTC)),
        ("1767268800", datetime(2026, 1, 1, 12, tzinfo=UTC)),
        (1767268800, datetime(2026, 1, 1, 12, tzinfo=UTC)),
        (1767268800123, datetime(2026, 1, 1, 12, 0, 0, 123000, tzinfo=UTC)),
        # A day is a day of the workspace, here 5:45 ahead.
        ("2026-01-01", datetime(2025, 12, 31, 18, 15, tzinfo=UTC)),
        (date(2026, 1, 1), datetime(2025, 12, 31, 18, 15, tzinfo=UTC)),
        (datetime(2026, 1, 1, 12), datetime(2026, 1, 1, 12, tzinfo=UTC)),
    ],
    ids=repr,
)
def test_times_in_many_clothes(given: object, expected: datetime) -> None:
    frame = pl.DataFrame({"user_id": ["u"], "name": ["e"], "ts": [given]})
    assert Facts.of(events=frame, timezone="Asia/Kathmandu").as_of == expected
    numbers = frame.with_columns(user_id=pl.lit(5))
    assert Facts.of(events=numbers).labels["user_id"].to_list() == ["5"]


def test_times_of_another_zone_and_unit() -> None:
    local = pl.Series([datetime(2026, 1, 1, 1)]).dt.replace_time_zone("Europe/Berlin")
    for unit in ("ms", "us", "ns"):
        frame = events(("u", None)).with_columns(ts=local.dt.cast_time_unit(unit))
        assert Facts.of(events=frame).as_of == T


@pytest.mark.parametrize(("micros", "unit"), [(0, "s"), (5_000, "ms"), (5, "us"), (1_000_000, "s")])
def test_the_unit_of_time_is_the_coarsest_that_is_exact(micros: int, unit: str) -> None:
    frame = events(("u", None), ("v", None)).with_columns(ts=pl.Series([T, T.replace(microsecond=micros % 1_000_000)]))
    assert Facts.of(events=frame).time_unit == unit


def test_properties_have_the_types_at_rest() -> None:
    log = events(("u", None), ("v", None), person=["x", "y"], kind=["a", "b"], small=[1, 2], share=[0.5, float("nan")])
    log = log.with_columns(
        pl.col("kind").cast(pl.Categorical), pl.col("small").cast(pl.UInt8), pl.col("share").cast(pl.Float32)
    )
    facts = Facts.of(events=log)
    fields = facts.fields[""]
    assert (fields["kind"], fields["small"], fields["share"]) == (pl.String, pl.Int64, pl.Float64)
    rows = facts.tables["events"].collect()
    assert rows["share"].to_list() == [0.5, None] and rows["person_prop"].to_list() == ["x", "y"]
    assert rows["person"].dtype == pl.Int64


# ------------------------------------------------------------------ stamps and refusals


def test_the_stamp_follows_the_rows_not_their_order() -> None:
    log = events(("u", "d"), ("v", None), (None, "x"))
    stamp = Facts.of(events=log).stamp
    assert Facts.of(events=log.reverse()).stamp == stamp and len(stamp) == 12
    assert Facts.of(events=log.head(2)).stamp != stamp
    assert Facts.of(events=log.with_columns(name=pl.lit("f"))).stamp != stamp


def test_the_time_zone_of_the_settings_holds_where_none_is_said() -> None:
    berlin = Settings(company=Company(timezone="Europe/Berlin", week_start="sunday"))
    assert Facts.of(settings=berlin).timezone == "Europe/Berlin"
    assert Facts.of(settings=berlin, timezone="Asia/Kathmandu").timezone == "Asia/Kathmandu"
    assert (Facts.of().timezone, Facts.of(settings=berlin).week_start) == ("UTC", "sunday")


@pytest.mark.parametrize(
    ("frames", "sentence"),
    [
        ({"evnts": pl.DataFrame()}, "There is no table 'evnts'; did you mean 'events'?"),
        (
            {"events": pl.DataFrame({"user_id": ["u"], "ts": [T]})},
            "events needs the column 'name'; it has user_id, ts.",
        ),
        ({"events": pl.DataFrame({"name": ["e"], "ts": [T]})}, "events needs one of the columns user_id, anon_id."),
        ({"users": pl.DataFrame({"country": ["DE"]})}, "users needs the column 'user_id'; it has country."),
    ],
    ids=["table", "column", "id", "users"],
)
def test_what_cannot_be_facts_is_refused(frames: dict[str, pl.DataFrame], sentence: str) -> None:
    with pytest.raises(QuestionError) as caught:
        Facts.of(**frames)
    assert sentence in str(caught.value)


def test_a_time_zone_that_does_not_exist_is_refused() -> None:
    with pytest.raises(QuestionError, match=r"There is no time zone 'Europe/Belin'; write one such as 'Europe/Berlin'"):
        Facts.of(timezone="Europe/Belin")


def test_an_empty_folder_is_an_empty_store(tmp_path: Path) -> None:
    facts = Facts.open(tmp_path)
    assert (facts.as_of, facts.workspace, facts.timezone) == (None, tmp_path, "UTC")
    (tmp_path / "growthops.toml").write_text("[company]\nname = 5\n")
    with pytest.raises(SettingsError, match=r"company\.name"):
        Facts.open(tmp_path)


def test_a_damaged_store_is_said(tmp_path: Path) -> None:
    """T4"""
    (tmp_path / "warehouse").mkdir()
    (tmp_path / "warehouse" / "stamp.json").write_text('{"stamp": 1')
    with pytest.raises(DamagedDataError, match=r"stamp\.json is damaged"):
        Facts.open(tmp_path)


def test_users_need_not_say_who_is_internal() -> None:
    users = pl.DataFrame({"user_id": ["u"], "created_at": ["2026-01-01T00:00:00Z"]})
    events = pl.DataFrame({"user_id": ["u"], "name": ["a"], "ts": ["2026-01-02T00:00:00Z"]})
    assert Facts.of(events=events, users=users).internal.to_list() == []
