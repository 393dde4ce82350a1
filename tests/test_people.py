"""One person's record: every id, every event, the newest first."""

from datetime import UTC, datetime, timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from lib import people
from lib.facts import Facts

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)


def shop() -> Facts:
    """One person in an app and in shops, under three ids; and somebody else."""
    rows = [
        ("u1", "d1", "app_opened", 0, "app", "ios", None, None),
        (None, "d1", "page_viewed", -1, "app", "ios", None, '{"cta": "top", "depth": 2}'),
        ("u1", "d2", "app_opened", 1, "app", "web", "acme", "no JSON"),
        ("u1", None, "bought", 2, "store", None, "acme", None),
        ("u1", None, "bought", 3, "store", None, "acme", '{"paid": true, "list": [1]}'),
        ("u2", None, "bought", 4, "store", None, None, None),
    ]
    columns = ["user_id", "anon_id", "name", "hours", "surface", "platform", "account_id", "props"]
    events = pl.DataFrame(rows, schema=columns, orient="row")
    at = pl.lit(AT) + pl.duration(hours=pl.col("hours"))
    value = pl.when(pl.col("name") == "bought").then(pl.lit(12.5))
    users = pl.DataFrame(
        {
            "user_id": ["u1", "u2", "u3"],
            "created_at": [AT] * 3,
            "country": ["DE", None, "FR"],
            "is_internal": [False] * 3,
        }
    )
    return Facts.of(events=events.with_columns(ts=at, value=value).drop("hours"), users=users)


def test_one_person_across_ids_and_places() -> None:
    found = people.seen(shop(), "u1")
    assert found is not None
    assert found.ids == ("u1", "d1", "d2")
    assert (found.events, found.surfaces, found.platforms) == (5, ("app", "store"), ("ios", "web"))
    assert (found.first, found.last) == (AT - timedelta(hours=1), AT + timedelta(hours=3))
    assert found.fields == (("created_at", "1 March 2026, 09:00"), ("country", "DE"))


def test_the_newest_event_comes_first_with_all_it_says() -> None:
    found = people.seen(shop(), "d2")
    assert found is not None
    assert found.latest.columns == list(people.SCHEMA)
    assert found.latest["ts"].to_list() == [AT + timedelta(hours=k) for k in (3, 2, 1, 0, -1)]
    assert found.latest.row(0, named=True) == {
        "ts": AT + timedelta(hours=3), "name": "bought", "platform": None, "surface": "store", "account": "acme",
        "properties": "value: 12.5 · paid: yes · list: [1]",
    }  # fmt: skip
    assert found.latest["properties"].to_list()[2:] == ["props: no JSON", "", "cta: top · depth: 2"]


def test_of_many_events_the_latest() -> None:
    found = people.seen(shop(), "u1", most=2)
    assert found is not None
    assert (found.events, found.latest["name"].to_list()) == (5, ["bought", "bought"])


def test_somebody_without_events_and_nobody_at_all() -> None:
    found = people.seen(shop(), "u3")
    assert found is not None
    assert (found.events, found.first, found.last, found.latest.height) == (0, None, None, 0)
    assert found.fields[-1] == ("country", "FR")
    assert people.seen(shop(), "u4") is None


def test_an_id_that_two_kinds_share_is_the_user() -> None:
    events = pl.DataFrame({"user_id": ["x", None], "anon_id": [None, "x"], "name": ["a", "b"], "ts": [AT, AT]})
    found = people.seen(Facts.of(events=events), "x")
    assert found is not None
    assert found.latest["name"].to_list() == ["a"]


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 9), st.sampled_from("xyz")), max_size=12, unique=True))
def test_it_lists_what_a_plain_reading_of_the_log_lists(rows: list[tuple[str, int, str]]) -> None:
    frame = pl.DataFrame(
        [(who, AT + timedelta(hours=hour), name) for who, hour, name in rows],
        schema={"user_id": pl.String(), "ts": pl.Datetime("us", "UTC"), "name": pl.String()}, orient="row",
    )  # fmt: skip
    found = people.seen(Facts.of(events=frame), "a")
    wanted = sorted(((-hour, name) for who, hour, name in rows if who == "a"))
    if not wanted:
        assert found is None
        return
    assert found is not None
    told = found.latest.select("ts", "name").rows()
    assert told == [(AT - timedelta(hours=minus), name) for minus, name in wanted]
