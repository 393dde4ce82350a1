"""Pulse in a real browser: from a tile to the page with the same number, the brief on paper, and who can read it."""

import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from lib.store import Store
from tests.e2e.conftest import ANSWERS_WITHIN_MS, Server, Visitor
from tests.e2e.test_every_page import TWO, can_be_read
from tests.pages import tiny
from tests.pages.test_pulse import BOARD, keep
from tests.pages.test_revenue import load
from tests.pictures import settle

Open = Callable[..., Visitor]


@pytest.fixture(autouse=True, scope="module")
def _patience() -> None:
    expect.set_options(timeout=ANSWERS_WITHIN_MS)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The tiny company with customers, a board, and an alert that fired."""
    folder = tmp_path_factory.mktemp("pulse")
    workspace = load(tiny.make(folder / "workspace"))
    keep(workspace, "pulse", "team", {**BOARD, "grain": "month"})
    keep(workspace, "alert", "few", {"when": "below", "metric": "active_users", "value": 1e6}, "Few people")
    started = Server(workspace, folder / "server.log")
    try:
        started.start()
        yield started
    finally:
        started.stop()


def test_from_a_tile_to_the_same_number(open_page: Open) -> None:
    page = open_page("/", width=1440).page
    expect(page.get_by_role("heading", name="Pulse", exact=True)).to_be_visible()
    settle(page)
    tile = page.locator("[data-testid=stMetric]").filter(has_text="Newcomers")
    expect(tile).to_contain_text("60")
    page.locator(".st-key-tile-2").get_by_role("link").click()
    expect(page.get_by_text("New people: 60 in March 2026.")).to_be_visible()
    assert "metric=new_users" in page.url
    page.go_back()
    expect(page.get_by_role("heading", name="Pulse", exact=True)).to_be_visible()


def test_a_click_on_the_line_of_a_note_opens_before_and_after(server: Server, open_page: Open) -> None:
    store = Store(server.workspace)
    store.annotations.add(date(2026, 3, 12), "Series A", "funding", author="ana", annotation_id="a_series")
    store.close()
    page = open_page("/pulse?grain=week&show=new_users", width=1440).page
    settle(page)
    line = page.locator("[data-testid=stVegaLiteChart] .note_lines_marks > *").first
    line.scroll_into_view_if_needed()
    box = line.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 0.7 * box["height"])
    expect(page.get_by_role("heading", name="Tests", exact=True)).to_be_visible()
    expect(page).to_have_url(re.compile("annotation=a_series"))
    page.go_back()
    expect(page.get_by_role("heading", name="Pulse", exact=True)).to_be_visible()


def test_the_brief_prints_on_a4(open_page: Open, tmp_path: Path, browser: Browser) -> None:
    page = open_page("/pulse", width=1440).page
    settle(page)
    with page.expect_download() as saved:
        page.get_by_role("button", name="Brief").click()
    file = tmp_path / "brief.html"
    saved.value.save_as(file)
    asked: list[str] = []
    context = browser.new_context(viewport={"width": 794, "height": 1123}, offline=True)
    paper = context.new_page()
    paper.on("request", lambda request: asked.append(request.url))
    paper.goto(file.as_uri())
    paper.emulate_media(media="print")
    expect(paper.get_by_role("heading", name="Tiny & Sons: Pulse")).to_be_visible()
    expect(paper.get_by_role("link", name="Few people")).to_be_visible()
    assert paper.evaluate("() => document.scrollingElement.scrollWidth <= window.innerWidth")
    printed = paper.pdf(prefer_css_page_size=True, print_background=True)
    context.close()
    assert printed.startswith(b"%PDF-") and 1 <= printed.count(b"/Type /Page\n") <= 2
    assert asked == [file.as_uri()], "the brief asks nothing of anybody"


@pytest.mark.parametrize("address", ["/pulse", "/pulse?grain=week&compare=year&show=new_users"])
def test_it_can_be_read_by_all(open_page: Open, address: str) -> None:
    page = open_page(address, width=1440).page
    expect(page.get_by_role("heading", name="Pulse", exact=True)).to_be_visible()
    can_be_read(page, TWO)
