"""Empty, damaged and misconfigured workspaces end in a readable page that finishes."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from lib.answers import funnel
from lib.intake import load_frames
from lib.model import TABLES
from tests.pages.conftest import ROOT, Visit, entered


def test_an_empty_workspace_says_what_is_missing(visit: Visit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROWTHOPS_WORKSPACE", str(tmp_path / "nothing here"))
    app = visit(period="last 7 days", steps="gone")
    assert not app.exception
    assert not app.error
    assert [title.value for title in app.title] == ["Pulse"]
    said = " ".join(part.value for part in app.markdown)
    assert "No events yet" in said
    assert "what changed, why, and what needs a decision" in said
    commands = [part.value for part in app.code]
    assert any(command.startswith("growthops load") for command in commands)
    assert any(command.endswith("\ngrowthops demo") for command in commands)
    assert app.get("download_button")[0].proto.label == "Download the template"
    assert app.dataframe[0].value.columns.tolist() == [column.name for column in TABLES["events"].columns[:4]]


@pytest.mark.parametrize(
    ("page", "needs"), [("acquire/channels", ["touchpoints", "spend"]), ("keep/revenue", ["subscriptions"])]
)
def test_an_empty_page_asks_for_what_it_needs(
    visit: Visit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: str, needs: list[str]
) -> None:
    monkeypatch.setenv("GROWTHOPS_WORKSPACE", str(tmp_path / "nothing here"))
    app = visit().switch_page(f"pages/{page}.py").run()
    assert not app.exception and not app.error
    said = " ".join(part.value for part in app.markdown)
    assert f"It needs {' or '.join(f'**{name}**' for name in needs)}" in said
    assert "who did what" not in said
    files = [part.proto.label for part in app.get("download_button")]
    assert files == [f"Download the template of {name}" for name in needs]


def test_subscriptions_alone_are_enough_for_revenue(
    visit: Visit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nobody counts events, the days known are those on which subscriptions began."""
    begins = [date(2025, 1, 10), date(2025, 1, 20), date(2026, 2, 1)]
    rows = {"subscription_id": ["s", "t", "u"], "account_id": ["a", "b", "c"], "mrr_cents": [10_000, 5_000, 3_000],
            "start_date": begins, "end_date": [None, date(2025, 9, 1), None]}  # fmt: skip
    load_frames(tmp_path / "money", {"subscriptions": pl.DataFrame(rows)}, "money")
    monkeypatch.setenv("GROWTHOPS_WORKSPACE", str(tmp_path / "money"))
    app = visit().switch_page("pages/keep/revenue.py").run()
    assert not app.exception and not app.error
    said = " ".join(part.value for part in app.markdown)
    assert "No events yet" not in said and "data through 1 Feb 2026" in said
    # January: 100 of the 150 a year before; grey, for there are few accounts.
    assert {part.label: part.value for part in app.metric}["GRR"] == ":gray[66.7 %]"


def test_a_cut_file_is_said_and_the_page_finishes(visit: Visit, workspace: Path) -> None:
    for path in (workspace / "warehouse" / "events").rglob("*.parquet"):
        path.write_bytes(path.read_bytes()[:200])
    app = visit()
    assert not app.exception
    assert "growthops doctor" in app.error[0].value
    assert [part.label for part in app.expander] == ["Details"]


@pytest.mark.parametrize(("page", "name"), [("brief/okrs", "OKRs"), ("activate/tests", "Tests")])
def test_a_page_keeps_its_name_without_the_state_of_the_workspace(workspace: Path, page: str, name: str) -> None:
    (workspace / "app.db").write_bytes(b"this is no database, and long enough to be looked at" * 20)
    app = entered().switch_page(f"pages/{page}.py").run()
    assert "app.db cannot be used" in app.error[0].value
    assert [title.value for title in app.title] == [name]


@pytest.mark.parametrize(
    ("page", "name"),
    [("brief/pulse", "Pulse"), ("acquire/channels", "Channels"), ("activate/onboarding", "Onboarding"),
     ("keep/revenue", "Revenue"), ("decide/explore", "Explore"), ("trust/health", "Data health")],
)  # fmt: skip
def test_a_page_keeps_its_name_without_its_data(workspace: Path, page: str, name: str) -> None:
    for path in (workspace / "warehouse").rglob("*.parquet"):
        path.write_bytes(path.read_bytes()[:200])
    app = entered().switch_page(f"pages/{page}.py").run()
    assert app.error
    assert [title.value for title in app.title] == [name]


def test_damage_inside_a_file_is_said_and_the_page_finishes(visit: Visit, workspace: Path) -> None:
    for path in (workspace / "warehouse" / "events").rglob("*.parquet"):
        content = bytearray(path.read_bytes())
        content[4 : len(content) - 8] = b"\xff" * (len(content) - 12)
        path.write_bytes(bytes(content))
    app = visit()
    assert not app.exception
    assert app.error


def test_a_damaged_stamp_is_said(visit: Visit, workspace: Path) -> None:
    (workspace / "warehouse" / "stamp.json").write_text("{", "utf-8")
    app = visit()
    assert not app.exception
    assert "stamp.json" in app.error[0].value


def test_wrong_settings_are_said_with_what_to_do(visit: Visit, workspace: Path) -> None:
    (workspace / "growthops.toml").write_text('[company]\ntimezone = "Mars/Olympus"\n', "utf-8")
    app = visit()
    assert not app.exception
    assert "Mars/Olympus" in app.error[0].value
    assert "Correct the file" in app.error[0].value


def test_a_panic_of_the_data_engine_leaves_a_page(
    onboarding: Visit, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def panics(*_: object) -> None:
        raise pl.exceptions.PanicException("index out of bounds")

    monkeypatch.setattr(funnel, "walk", panics)
    app = onboarding()
    assert not app.exception
    assert "index out of bounds" in app.error[0].value
    assert app.sidebar.selectbox


def test_settings_without_a_funnel_propose_one(onboarding: Visit, workspace: Path) -> None:
    (workspace / "growthops.toml").write_text("", "utf-8")
    app = onboarding()
    assert not app.error
    assert app.dataframe[0].value["label"].tolist() == ["signup start", "signup done", "project created"]


def test_every_page_is_in_the_navigation(visit: Visit, workspace: Path) -> None:
    app = visit()
    for path in sorted((ROOT / "pages").glob("*/*.py")):
        assert not app.switch_page(str(path.relative_to(ROOT))).run().exception
