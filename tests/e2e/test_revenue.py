"""Revenue in a real browser: what is kept measured differently, from a bar to its accounts, a CSV, and a link."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import ANSWERS_WITHIN_MS, Server, Visitor
from tests.e2e.test_every_page import problems
from tests.pages import tiny
from tests.pages.test_revenue import load
from tests.pictures import settle

Open = Callable[..., Visitor]


@pytest.fixture(autouse=True, scope="module")
def _patience() -> None:
    expect.set_options(timeout=ANSWERS_WITHIN_MS)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The tiny company, with customers."""
    folder = tmp_path_factory.mktemp("revenue")
    started = Server(load(tiny.make(folder / "workspace")), folder / "server.log")
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
    expect(page.get_by_text("over the month to 31 March 2026")).to_be_visible()
    page.get_by_role("button", name="kept step by step").click()
    settle(page)
    # The bars of the movements, from the top: new, expansion, contraction, churn.
    bar = page.locator("[data-testid=stVegaLiteChart]").first.locator(".points_marks path").nth(3)
    bar.click()
    expect(page.get_by_role("heading", name="1 account: churn in the whole period")).to_be_visible()
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
    expect(again.get_by_role("heading", name="1 account: churn in the whole period")).to_be_visible()
    expect(again.get_by_role("button", name="kept step by step")).to_be_visible()


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (390, True)])
@pytest.mark.parametrize("address", ["/revenue?move=all", "/revenue?tab=Cohorts", "/revenue?tab=Packages"])
def test_it_can_be_read_by_all(open_page: Open, address: str, width: int, dark: bool) -> None:
    page = ready(open_page(address, width=width, dark=dark).page)
    assert problems(page) == []
    inside = page.evaluate("() => { const m = document.querySelector('[data-testid=stMain]');"
                           " return [m.scrollWidth, m.clientWidth]; }")  # fmt: skip
    assert inside[0] <= inside[1]
