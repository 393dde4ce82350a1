"""A company in its first year: what it cannot know yet does not keep the digest from everybody."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from lib.cli import cli
from lib.reporting import commands
from lib.store import Edit, Store
from tests.answers.files import Files

SOLD = "subscription_id,account_id,mrr,start_date\ns1,a,100,2026-01-05\ns2,b,300,2026-02-05\n"
EVENTS = "user_id,name,ts\nu1,open,2026-01-05T08:00:00Z\nu2,open,2026-05-31T08:00:00Z\n"


@pytest.fixture
def young(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(commands, "present", lambda: datetime(2026, 5, 31, 20, tzinfo=UTC))
    return Files(tmp_path, events=EVENTS, subscriptions=SOLD).workspace


def digest(folder: Path, tiles: list[dict[str, Any]]) -> tuple[int, str]:
    store = Store(folder)
    store.definitions.publish(Edit("pulse", "team", {"tiles": tiles}, "Team", "ana"))
    store.close()
    done = CliRunner().invoke(cli, ["digest", "--workspace", str(folder)])
    return done.exit_code, done.output


def test_a_number_there_is_nothing_for_yet_is_said_in_its_place(young: Path) -> None:
    code, text = digest(young, [{"metric": "mrr"}, {"metric": "grr"}])
    assert code == 0, text
    assert "- **MRR** [$400" in text
    assert "(Nothing to divide by: nobody was there in that time)" in text and "–](" in text


def test_without_any_number_there_is_no_digest(young: Path) -> None:
    code, text = digest(young, [{"metric": "grr"}])
    assert code == 2 and "no digest" in text and "Gross revenue retention: Nothing to divide by" in text
