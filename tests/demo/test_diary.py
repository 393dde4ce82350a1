"""The demo company's diary, on the time charts of its workspace."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from lib import demo
from lib.demo.workspace import make_company, write_diary
from lib.settings import Settings, StorePlace, write_settings
from lib.store import Annotation, Store


def diary(folder: Path) -> tuple[Annotation, ...]:
    store = Store(folder)
    try:
        return store.annotations.list()
    finally:
        store.close()


def test_the_diary_is_written_once(tmp_path: Path) -> None:
    write_diary(tmp_path)
    found = diary(tmp_path)
    assert [(one.date, one.title, one.kind) for one in found] == [
        (note.date, note.title, note.kind) for note in demo.ANNOTATIONS
    ]
    assert {one.author for one in found} == {"Tallyfold"}
    write_diary(tmp_path)
    assert diary(tmp_path) == found


def test_what_people_made_of_it_stays(tmp_path: Path) -> None:
    write_diary(tmp_path)
    store = Store(tmp_path)
    first, second, *_ = store.annotations.list()
    store.annotations.edit(replace(first, title="Ours"), author="ana")
    store.annotations.remove(second, author="ana")
    own = store.annotations.add(date(2026, 7, 1), "Summer", "team", author="ana")
    store.close()
    write_diary(tmp_path)
    found = diary(tmp_path)
    assert len(found) == len(demo.ANNOTATIONS) and own in found
    assert "Ours" in [one.title for one in found] and second.title not in [one.title for one in found]


def test_it_is_part_of_making_the_company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    users = pl.DataFrame({"user_id": ["u1"]}).with_columns(created_at=pl.lit(0).cast(pl.Datetime("us", "UTC")))
    monkeypatch.setattr(demo, "tables", lambda: {"users": users})
    for _ in range(2):
        make_company(tmp_path)
        assert len(diary(tmp_path)) == len(demo.ANNOTATIONS)


def test_nobodys_own_database_gets_the_diary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROWTHOPS_STORE_URL", f"sqlite:///{tmp_path / 'production.db'}")
    write_diary(tmp_path / "demo")
    assert list(tmp_path.iterdir()) == []
    monkeypatch.delenv("GROWTHOPS_STORE_URL")
    write_settings(tmp_path / "demo", Settings(store=StorePlace(url="postgresql+psycopg://ana@db/state")))
    write_diary(tmp_path / "demo")
    assert [path.name for path in (tmp_path / "demo").iterdir()] == ["growthops.toml"]
