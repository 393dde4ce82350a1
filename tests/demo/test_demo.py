"""The demo company as data: the model's shape, sound keys and references, the same every time, believable."""

from datetime import UTC, date, datetime

import polars as pl
import pytest

from lib import demo
from lib.model import TABLES

Tables = dict[str, pl.DataFrame]


def test_tables_have_the_models_columns(tables: Tables) -> None:
    """Stored names and types, in order; events may have more."""
    assert set(tables) == set(TABLES)
    for name, frame in tables.items():
        schema = TABLES[name].schema
        assert dict(list(frame.schema.items())[: len(schema)]) == dict(schema), name
        assert frame.columns[: len(schema)] == list(schema), name
    assert tables["events"].columns[-5:] == ["feature", "cta", "error", "plan", "country"]


@pytest.mark.parametrize("name", sorted(TABLES))
def test_rows_are_sound(tables: Tables, name: str) -> None:
    """Required columns are filled, keys and rows are unique, enumerations keep to their list."""
    table, frame = TABLES[name], tables[name]
    for column in table.columns:
        values = frame[column.stored]
        assert not (column.required and values.null_count()), column.name
        assert not column.values or set(values.drop_nulls()) <= set(column.values), column.name
    # The key of `spend` says money by its name in files; none of its parts is money.
    assert not table.key or frame.select(table.key).is_unique().all()
    assert frame.drop("event_id", strict=False).is_unique().all()


def test_size_and_span(tables: Tables) -> None:
    """About two million events in eighteen months, whole milliseconds, ending on the last day."""
    events = tables["events"]
    assert 1_000_000 <= events.height <= 2_100_000
    assert events["ts"].is_sorted() and (events["ts"].dt.microsecond() % 1_000 == 0).all()
    assert events["ts"].min() >= datetime(2025, 4, 30, 22, tzinfo=UTC)
    last = events["ts"].dt.convert_time_zone("Europe/Berlin").dt.date().max()
    assert last == date(2026, 10, 31)
    assert tables["touchpoints"]["ts"].max() <= events["ts"].max()
    assert tables["spend"]["date"].min() == date(2025, 5, 1) and tables["spend"]["date"].max() == date(2026, 10, 31)
    assert tables["subscriptions"]["start_date"].max() <= date(2026, 10, 31)


def test_references(tables: Tables) -> None:
    """Every id points at a row, and every event has somebody."""
    users = set(tables["users"]["user_id"])
    accounts = set(tables["accounts"]["account_id"])
    for name in ("events", "touchpoints", "aliases"):
        frame = tables[name]
        assert set(frame["user_id"].drop_nulls()) <= users
        assert frame.filter(pl.col("user_id").is_null() & pl.col("anon_id").is_null()).is_empty()
    for name in ("events", "users", "subscriptions"):
        assert set(tables[name]["account_id"].drop_nulls()) <= accounts


def test_people_act_after_they_joined(tables: Tables) -> None:
    """No known person acts before signing up, except on the device that is tied later."""
    joined = tables["events"].join(tables["users"].select("user_id", "created_at"), on="user_id")
    assert (joined["ts"] >= joined["created_at"]).all()
    opened = tables["users"].join(tables["accounts"].select("account_id", opened="created_at"), on="account_id")
    teams = opened.filter(pl.col("role").is_not_null())
    assert (teams["created_at"].dt.date() >= teams["opened"].dt.date()).all()


def test_subscriptions_are_intervals(tables: Tables) -> None:
    """Ends after starts, no overlap within a product, list price not below price, a reason with every end."""
    rows = tables["subscriptions"].sort("subscription_id", "start_date")
    assert rows.filter(pl.col("end_date") <= pl.col("start_date")).is_empty()
    assert rows.filter(pl.col("end_date").is_null() != pl.col("end_reason").is_null()).is_empty()
    following = rows.with_columns(after=pl.col("start_date").shift(-1).over("subscription_id"))
    assert following.filter(pl.col("after") < pl.col("end_date").fill_null(date(9999, 1, 1))).is_empty()
    assert rows.filter(pl.col("mrr_cents") > pl.col("list_mrr_cents")).is_empty()
    assert rows["mrr_cents"].min() > 0


def test_same_every_time(tables: Tables) -> None:
    """The same seed gives the same rows, another seed others; the truths come from counts, not luck."""
    again, other = demo.tables(), demo.tables(11)
    for name, frame in tables.items():
        assert frame.equals(again[name]), name
    assert not tables["events"].equals(other["events"])


def test_weekends_are_quiet(people: pl.DataFrame) -> None:
    """Fewer people come on Sundays than on Tuesdays."""
    by_day = people.group_by("day").agg(pl.col("person").n_unique()).with_columns(weekday=pl.col("day").dt.weekday())
    mean = dict(by_day.group_by("weekday").agg(pl.col("person").mean()).iter_rows())
    assert mean[7] < 0.9 * mean[2]


def test_annotations_fit_the_data(tables: Tables) -> None:
    """In order, within the data but for the last, which lies ahead; and a release is not seen before its day."""
    dates = [note.date for note in demo.ANNOTATIONS]
    assert dates == sorted(dates) and date(2025, 5, 1) <= dates[0]
    assert dates[-2] <= date(2026, 10, 31) < dates[-1] <= date(2026, 12, 30)
    local = pl.col("ts").dt.convert_time_zone("Europe/Berlin").dt.date()
    first = dict(tables["events"].group_by("app_version").agg(local.min()).iter_rows())
    assert first["6.1"] == date(2026, 9, 4) and first["6.2"] >= date(2026, 9, 29) and first["5.4"] >= date(2026, 2, 24)
