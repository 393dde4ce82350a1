"""From an empty workspace to one's own first funnel, by hand in the browser."""

import os
import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import ANSWERS_WITHIN_MS, Server, Visitor

Open = Callable[..., Visitor]
STEPS = ("App geöffnet", "Konto angelegt", "Erster Kauf")
PEOPLE = (60, 45, 20)


def export() -> str:
    """A German export: 60 people open the app, 45 make an account, 20 buy; one row twice, one without a time."""
    rows = ["customer;Zeitpunkt;Vorgang;Gerät"]
    for step, people in enumerate(PEOPLE):
        rows += [f"k{k:02};{1 + k % 20:02}.03.2026 {9 + step:02}:00;{STEPS[step]};ios" for k in range(people)]
    return "\n".join([*rows, rows[1], "k00;irgendwann;App geöffnet;ios"]) + "\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server over a workspace in which nothing is."""
    folder = tmp_path_factory.mktemp("first")
    (folder / "laden").mkdir()
    started = Server(folder / "laden", folder / "server.log")
    try:
        started.start()
        yield started
    finally:
        started.stop()


def pick(page: Page, column: str, option: str) -> None:
    page.get_by_test_id("stSelectbox").filter(has_text=f"{column} · required").get_by_role("combobox").click()
    page.get_by_role("option", name=option, exact=True).click()


def picture(page: Page, name: str) -> None:
    if folder := os.environ.get("GROWTHOPS_PICTURES"):
        page.wait_for_timeout(500)
        page.screenshot(path=Path(folder) / f"{name}.png")


def test_from_nothing_to_the_first_funnel(open_page: Open, server: Server, tmp_path: Path) -> None:
    expect.set_options(timeout=ANSWERS_WITHIN_MS)
    page = open_page("/", width=1440, height=1400).page
    page.get_by_role("link", name="Add your data").click()
    expect(page).to_have_url(re.compile(r"/data$"))
    expect(page.get_by_role("button", name="Try the demo company")).to_be_visible()
    picture(page, "1-empty")
    (tmp_path / "tracking.csv").write_text(export(), "utf-8")
    page.locator("input[type=file]").set_input_files(tmp_path / "tracking.csv")

    expect(page.get_by_text("Not ready yet: choose the column for What happened.")).to_be_visible()
    expect(page.get_by_role("button", name="Load", exact=True)).to_be_disabled()
    picture(page, "2-mapping")
    pick(page, "What happened (name)", "Vorgang")
    expect(page.get_by_text("Of the first 127 rows, 126 can be loaded and 1 would be kept back")).to_be_visible()
    expect(page.get_by_text("Kept as properties: Gerät")).to_be_visible()
    picture(page, "3-preview")
    page.set_viewport_size({"width": 390, "height": 844})
    sizes = "element => [element.scrollWidth, element.clientWidth]"
    assert page.get_by_test_id("stMain").evaluate(sizes) == [390, 390]
    picture(page, "3-preview-phone")
    page.set_viewport_size({"width": 1440, "height": 1400})
    page.get_by_role("button", name="Load", exact=True).click()

    done = page.get_by_text("uploads/tracking.csv: 127 rows = 125 loaded + 1 duplicate + 1 quarantined")
    expect(done).to_be_visible()
    picture(page, "4-done")
    page.get_by_role("button", name="Open Onboarding").click()
    expect(page).to_have_url(re.compile(r"/onboarding"))
    expect(page.get_by_test_id("stMetric").first).to_contain_text("33.3 %")
    expect(page.get_by_test_id("stVegaLiteChart").first.get_by_text("3. erster kauf")).to_be_visible()
    picture(page, "5-onboarding")
    listed = tomllib.loads((server.workspace / "growthops.toml").read_text("utf-8"))["sources"]
    assert listed == [
        {
            "table": "events",
            "path": "uploads/tracking.csv",
            "snake_case": True,
            "columns": {"ts": "Zeitpunkt", "name": "Vorgang", "user_id": "customer"},
        }
    ]
