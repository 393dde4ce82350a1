"""Contacts at rest say whose they are, after every load, and those of an earlier release learn it."""

from pathlib import Path

import polars as pl

from lib.facts import Facts
from lib.warehouse import Warehouse
from lib.warehouse.contacts import owned
from lib.warehouse.transaction import begin
from tests.warehouse.build import at, check, events, load, rows, source

TOUCH = pl.DataFrame(
    {
        "ts": [at("2026-01-01"), at("2026-01-02"), at("2026-01-03"), at("2026-01-04")],
        "user_id": ["u1", None, "unknown", None],
        "anon_id": ["d9", "d1", "d1", "d7"],
        "channel": ["social", "search", "search", "social"],
    }
)
SEEN = events(("2026-01-05", "signup", "u1", None), ("2026-01-05", "visit", None, "d1"))


def whose(workspace: Path) -> list[int | None]:
    """The person of each contact, in order of time."""
    return Warehouse.open(workspace).scan("touchpoints").sort("ts").collect()["person"].to_list()


def test_a_contact_belongs_to_its_user_id_else_to_its_anonymous_id(tmp_path: Path) -> None:
    load(tmp_path, source("events", SEEN), source("touchpoints", TOUCH))
    assert whose(tmp_path) == [0, 1, 1, None]
    check(tmp_path)


def test_contacts_find_their_people_later(tmp_path: Path) -> None:
    """Contacts come before anybody is known; then people come, and then two of them turn out to be one."""
    load(tmp_path, source("touchpoints", TOUCH))
    assert whose(tmp_path) == [None, None, None, None]
    load(tmp_path, source("events", SEEN))
    assert whose(tmp_path) == [0, 1, 1, None]
    load(tmp_path, source("events", events(("2026-01-06", "visit", "u1", "d1"))))
    assert whose(tmp_path) == [0, 0, 0, None]
    check(tmp_path)


def test_loading_again_changes_nothing(tmp_path: Path) -> None:
    load(tmp_path, source("events", SEEN), source("touchpoints", TOUCH))
    before = Warehouse.open(tmp_path).stamp
    assert load(tmp_path, source("touchpoints", TOUCH)).total("duplicates") == 4
    after = Warehouse.open(tmp_path).stamp
    assert after.tables["touchpoints"] == before.tables["touchpoints"]
    more = events(("2026-01-07", "visit", "u1", None))  # nobody new: contacts are not written again
    load(tmp_path, source("events", more))
    assert Warehouse.open(tmp_path).stamp.tables["touchpoints"] == before.tables["touchpoints"]


def test_a_workspace_of_an_earlier_release_answers_and_learns(tmp_path: Path) -> None:
    """Without `person` at rest the ids are compared; the next load of contacts puts it there."""
    load(tmp_path, source("events", SEEN), source("touchpoints", TOUCH))
    with begin(tmp_path / "warehouse") as turn:
        turn.replace("touchpoints", Warehouse.open(tmp_path).scan("touchpoints").collect().drop("person"))
        turn.commit()
    old = Facts.open(tmp_path)
    assert "person" not in old.tables["touchpoints"].collect_schema()
    assert old.contacts.sort("ts").collect()["person"].to_list() == [0, 1, 1, None]
    assert "person" not in old.fields["touch"]
    load(tmp_path, source("touchpoints", TOUCH.head(1)))
    assert whose(tmp_path) == [0, 1, 1, None]
    assert "person" not in Facts.open(tmp_path).fields["touch"]
    assert len(rows(tmp_path, "touchpoints")) == 4


def test_owned_keeps_the_order_of_rows() -> None:
    people = pl.LazyFrame({"id_kind": ["user", "anon"], "id": ["u1", "d1"], "person": [5, 3]})
    found = owned(TOUCH.lazy(), people).collect()
    assert found.drop("person").equals(TOUCH) and found["person"].to_list() == [5, 3, 3, None]
