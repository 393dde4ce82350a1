"""Data health as a visitor meets it: with rows in quarantine, on nothing, and on damaged data."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from lib.health import quarantine
from lib.intake import load_sources
from lib.settings import Settings, SourceSpec, add_source, write_settings
from lib.warehouse import Warehouse
from tests.pages import tiny
from tests.pages.conftest import ROOT

PAGE = "pages/trust/health.py"
GOOD = "2026-03-{:02}T10:00:00Z,signup_start,u{}"
BAD = ["yesterday,signup_start,u1", "yesterday,signup_done,u2", ",signup_done,u3", "2026-03-04T10:00:00Z,,u4"]


@pytest.fixture
def mixed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """16 events that load and 4 that wait."""
    folder = tmp_path / "mixed"
    write_settings(folder, Settings.model_validate(tiny.SETTINGS))
    rows = [GOOD.format(number, number) for number in range(1, 17)]
    (folder / "e.csv").write_text("\n".join(["ts,name,user_id", *rows, *BAD]) + "\n", "utf-8")
    spec = SourceSpec(table="events", path="e.csv")
    add_source(folder, spec)
    load_sources(folder, [spec], now=datetime.now(UTC))
    monkeypatch.setenv("GROWTHOPS_WORKSPACE", str(folder))
    return folder


def test_old_data_is_amber_and_says_its_age(mixed: Path) -> None:
    [said] = [part.value for part in opened().markdown if "data through" in part.value]
    days = (datetime.now(UTC) - datetime(2026, 3, 16, 10, tzinfo=UTC)).days
    assert said.startswith(":small[:orange[data through 16 Mar 2026") and f"{days:,} days old" in said, said


def opened(part: str | None = None, **params: str) -> AppTest:
    app = AppTest.from_file(ROOT / "streamlit_app.py", default_timeout=180)
    for key, value in ({"part": part} if part else {}).items() | params.items():
        app.query_params[key] = value
    return app.switch_page(PAGE).run()


def said(app: AppTest) -> str:
    """Every text on the page."""
    texts = [part.value for kind in (app.markdown, app.caption, app.error, app.success, app.info) for part in kind]
    return "\n".join([*texts, *(part.proto.body for part in app.get("html"))]).replace("\\_", "_").replace("\xa0", " ")


def waiting(folder: Path) -> int:
    return quarantine.rows(quarantine.waiting(Warehouse.open(folder)))


def test_a_state_that_cannot_be_read_is_the_first_finding(mixed: Path) -> None:
    (mixed / "app.db").write_bytes(b"this is no database " * 400)
    app = opened()
    assert not app.exception
    [verdict] = [part.proto.body for part in app.get("html") if "Numbers through" in part.proto.body]
    assert verdict.index("What people write here cannot be read or kept.") < verdict.index("Numbers through")
    [error] = [part.value for part in app.error]
    assert "app.db" in error and "What still works." in error
    (mixed / "app.db").unlink()
    assert "cannot be read or kept" not in said(opened())


def test_the_verdict_comes_first_and_the_numbers_agree(mixed: Path) -> None:
    app = opened()
    assert not app.exception
    assert not app.error
    assert "Numbers through 16 March 2026, 10:00" in said(app)
    assert "The one source came in time; <strong>80.0 %</strong> of rows loaded, 4 wait in quarantine." in said(app)
    assert "Expected but never seen: “signup_done” and “project_created”." in said(app)
    assert {metric.label: metric.value for metric in app.metric} == {
        "Data through": "16 Mar 2026",
        "Sources late": "0 of 1",
        "Rows loaded": "80.0 %",
        "In quarantine": "4",
        "Events never seen": "2",
    }
    assert "20 rows read = 16 loaded + 4 quarantined." in said(app)


@pytest.mark.parametrize(
    ("part", "sign"),
    [
        ("Sources", "Every source came in time"),
        ("Quarantine", "4 rows wait, and why"),
        ("Events", "“project_created” and “signup_done” never came"),
        ("Joins", "Nothing can be matched yet: users, accounts, touchpoints and subscriptions have no rows."),
        ("Storage", "files"),
    ],
)
def test_every_part_opens_by_its_link(mixed: Path, part: str, sign: str) -> None:
    app = opened(part)
    assert not app.exception
    assert not app.error
    assert not app.warning
    assert sign in said(app)


def test_a_link_to_an_event_opens_it(workspace: Path) -> None:
    app = opened(event="project_created")
    assert app.selectbox(key="event").value == "project_created"
    assert "“project_created” always has" in said(app)


def test_quarantined_rows_show_their_cells_and_can_be_narrowed(mixed: Path) -> None:
    app = opened("Quarantine")
    reasons, rows = (table.value for table in app.dataframe)
    assert reasons["rows"].sum() == rows.shape[0] == 4
    assert set(rows["cell: user_id"]) == {"u1", "u2", "u3", "u4"}
    reason = next(option for option in app.selectbox(key="reason").options if "yesterday" in option)
    app.selectbox(key="reason").select(reason).run()
    assert app.dataframe[1].value["cell: user_id"].tolist() == ["u1", "u2"]
    assert not app.warning


def test_a_mended_file_is_loaded(mixed: Path) -> None:
    entries = quarantine.waiting(Warehouse.open(mixed))
    picked = quarantine.chosen(entries, "events", entries["reason"][0])
    mended = quarantine.as_csv(picked).replace(b"yesterday", b"2026-03-20T10:00:00Z")
    app = opened("Quarantine")
    app.file_uploader[0].set_value(("mended.csv", mended, "text/csv")).run()
    app.button(key="replay-mended").click().run()
    assert [part.value for part in app.success] == ["2 rows read again: 2 loaded."]
    assert waiting(mixed) == 2
    assert "Numbers through 20 March 2026, 10:00" in said(app)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"ts,name\n1,2\n", "has no column"),
        (b"", "cannot be read"),
        (b"\xff\xfe\x00\x01,\x00\n\x9c,2,3\n", "Nothing has changed"),
        (b"_id,ts\nnobody-1,2026-03-20\n", "none of its rows waits"),
        (b"_id\n" + b"x" * 10_000_001, "more than 10 MB"),
    ],
)
def test_a_wrong_file_is_a_sentence_that_names_it(mixed: Path, content: bytes, words: str) -> None:
    app = opened("Quarantine")
    app.file_uploader[0].set_value(("mine.csv", content, "text/csv")).run()
    app.button(key="replay-mended").click().run()
    assert not app.exception
    assert words in app.error[0].value
    assert "/tmp" not in app.error[0].value
    assert "mine.csv" in app.error[0].value or "Nothing has changed" in app.error[0].value
    assert waiting(mixed) == 4


def test_rows_load_again_under_a_corrected_mapping(mixed: Path) -> None:
    text = (mixed / "growthops.toml").read_text("utf-8")
    (mixed / "growthops.toml").write_text(
        text.replace('path = "e.csv"', 'path = "e.csv"\n[sources.constants]\nname = "signup_done"'), "utf-8"
    )
    app = opened("Quarantine")
    app.button(key="replay").click().run()
    assert not app.exception
    assert "1 loaded and 3 wait again" in app.success[0].value
    assert waiting(mixed) == 3


def test_rows_can_be_set_aside(mixed: Path) -> None:
    app = opened("Quarantine")
    app.button(key="aside").click().run()
    assert app.success[0].value == "4 rows set aside."
    assert waiting(mixed) == 0
    assert "all 16 rows loaded" in said(app)


def test_while_another_load_is_at_work_the_page_says_so(mixed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from lib.warehouse.disk import exclusive
    from lib.warehouse.transaction import LOCK

    app = opened("Quarantine")
    with exclusive(mixed / "warehouse" / LOCK):
        app.button(key="replay").click().run()
    assert "is being written" in app.error[0].value
    assert waiting(mixed) == 4


def test_a_bug_while_loading_is_a_sentence_too(mixed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret detail")

    app = opened("Quarantine")
    monkeypatch.setattr("lib.intake.replay", broken)
    app.button(key="replay").click().run()
    assert not app.exception
    assert "the rows could not be read" in app.error[0].value
    assert "secret" not in said(app)


def test_an_empty_workspace_says_what_the_page_is_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROWTHOPS_WORKSPACE", str(tmp_path / "nothing"))
    app = opened()
    assert not app.exception
    assert not app.error
    assert [title.value for title in app.title] == ["Data health"]
    assert "whether the numbers can be believed" in said(app)
    assert any(part.value.startswith("growthops load") for part in app.code)


def test_where_every_row_was_refused_the_page_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "refused"
    write_settings(folder, Settings())
    (folder / "e.csv").write_text("ts,name,user_id\n" + "\n".join(BAD) + "\n", "utf-8")
    spec = SourceSpec(table="events", path="e.csv")
    add_source(folder, spec)
    load_sources(folder, [spec])
    monkeypatch.setenv("GROWTHOPS_WORKSPACE", str(folder))
    app = opened("Quarantine")
    assert not app.exception
    assert "No event is loaded yet." in said(app)
    assert "0 % of rows loaded, 4 wait in quarantine" in said(app).replace("<strong>", "").replace("</strong>", "")
    for part in ("Events", "Joins", "Storage"):
        other = opened(part)
        assert not other.exception
        assert not other.error


def test_damage_is_named_and_the_rest_still_answers(mixed: Path) -> None:
    path = next((mixed / "warehouse" / "events").rglob("*.parquet"))
    path.write_bytes(path.read_bytes()[:200])
    app = opened("Quarantine")
    assert not app.exception
    assert said(app).count("1 file of “events” is damaged.") == 2
    assert "What still works." in app.error[0].value
    assert "What to do." in app.error[0].value
    assert "4 rows wait, and why" in said(app)
    for part, tables in (("Sources", 1), ("Storage", 2)):
        app = opened(part)
        assert (len(app.error), len(app.dataframe)) == (1, tables)
    for part in ("Events", "Joins"):
        app = opened(part)
        assert len(app.error) == 1
        assert "cannot be worked out" in said(app)


def test_a_damaged_stamp_does_not_hide_the_page(mixed: Path) -> None:
    (mixed / "warehouse" / "stamp.json").write_text("{", "utf-8")
    for part in ("Sources", "Quarantine", "Events", "Joins", "Storage"):
        app = opened(part)
        assert not app.exception
        assert "no table can be read" in app.error[0].value
        assert [title.value for title in app.title] == ["Data health"]


def test_the_deep_check_finds_a_changed_byte(mixed: Path) -> None:
    app = opened("Storage")
    app.button[0].click().run()
    assert "No damage" in app.success[0].value
    path = next((mixed / "warehouse" / "people").rglob("*.parquet"))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))
    app.button[0].click().run()
    assert not app.exception
    assert "people" in app.dataframe[-1].value["table"].tolist()
