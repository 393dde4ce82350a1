"""Revenue in a real browser: what is kept measured differently, from a bar to its accounts, a CSV, and a link."""

from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest
from playwright.sync_api import Page, expect

from lib.intake import load_frames
from tests.e2e.conftest import ANSWERS_WITHIN_MS, Server, Visitor
from tests.e2e.test_every_page import TWO, can_be_read, problems
from tests.pages import tiny
from tests.pages.test_revenue import load
from tests.pages.test_revenue_money import invoices, opportunities
from tests.pictures import settle

Open = Callable[..., Visitor]


@pytest.fixture(autouse=True, scope="module")
def _patience() -> None:
    expect.set_options(timeout=ANSWERS_WITHIN_MS)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The tiny company, with customers, their bills and deals."""
    folder = tmp_path_factory.mktemp("revenue")
    workspace = load(tiny.make(folder / "workspace"))
    bills = invoices().filter(pl.col("invoice_id") != "last")
    load_frames(workspace, {"invoices": bills, "opportunities": opportunities()}, "money")
    started = Server(workspace, folder / "server.log")
    try:
        started.start()
        yield started
    finally:
        started.stop()


def ready(page: Page) -> Page:
    expect(page.get_by_role("heading", name="Revenue", exact=True)).to_be_visible()
    settle(page)
    return page


def test_from_a_bar_to_its_accounts_a_csv_and_a_link(open_page: Open, tmp_path: Path) -> None:
    page = ready(open_page("/revenue", width=1440).page)
    page.get_by_role("button", name="kept over 12 months").click()
    page.get_by_role("radiogroup", name="Measure what is kept").get_by_text("step by step").click()
    expect(page.get_by_role("button", name="kept step by step")).to_be_visible()
    expect(page.get_by_text("of what accounts paid when the month began")).to_be_visible()
    page.get_by_role("button", name="kept step by step").click()
    settle(page)
    # The bars of the movements, from the top: new, expansion, contraction, churn.
    bar = page.locator("[data-testid=stVegaLiteChart]").first.locator(".points_marks path").nth(3)
    bar.click()
    expect(page.get_by_role("heading", name="Churn in the whole period: 1 account")).to_be_visible()
    settle(page)
    assert "basis=each" in page.url
    assert "move=churn" in page.url
    with page.expect_download() as saved:
        page.get_by_role("button", name="CSV").first.click()
    file = tmp_path / "accounts.csv"
    saved.value.save_as(file)
    lines = file.read_text("utf-8").splitlines()
    assert lines[0].startswith("account_id,")
    assert [line.split(",")[0] for line in lines[1:]] == ["a2"]
    path = "/" + page.url.split("/", 3)[3]
    again = ready(open_page(path, width=1440).page)
    expect(again.get_by_role("heading", name="Churn in the whole period: 1 account")).to_be_visible()
    expect(again.get_by_role("button", name="kept step by step")).to_be_visible()


def test_another_tools_export_is_compared_and_forgotten(open_page: Open, tmp_path: Path) -> None:
    page = ready(open_page("/revenue?tab=Compare", width=1440).page)
    file = tmp_path / "theirs.csv"
    file.write_text("account,2026-01,2026-02,2026-03\na5,200,200,190\n")
    page.locator("input[type=file]").set_input_files(file)
    expect(page.get_by_text("2 of 12 account-months agree.")).to_be_visible()
    expect(page.get_by_role("heading", name="Account by account")).to_be_visible()
    settle(page)
    assert problems(page) == []
    assert "theirs" not in page.url


@pytest.mark.parametrize(
    "address",
    ["?move=all", "?tab=Cohorts", "?tab=Packages", "?tab=Collections", "?tab=Deals", "?price=list price"],
)
def test_it_can_be_read_by_all(open_page: Open, address: str) -> None:
    can_be_read(ready(open_page(f"/revenue{address}", width=1440).page), TWO)
