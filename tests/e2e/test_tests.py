"""Tests in a real browser: from a link to a decision, from a note to before and after, and readable by all."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import ANSWERS_WITHIN_MS, Server, Visitor
from tests.e2e.test_every_page import TWO, can_be_read
from tests.pages import tiny
from tests.pages.test_tests import load
from tests.pictures import settle

Open = Callable[..., Visitor]


@pytest.fixture(autouse=True, scope="module")
def _patience() -> None:
    expect.set_options(timeout=ANSWERS_WITHIN_MS)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The tiny company, with a test and a note."""
    folder = tmp_path_factory.mktemp("tests")
    started = Server(load(tiny.make(folder / "workspace")), folder / "server.log")
    try:
        started.start()
        yield started
    finally:
        started.stop()


def ready(page: Page) -> Page:
    expect(page.get_by_role("heading", name="Tests", exact=True)).to_be_visible()
    settle(page)
    return page


def test_from_a_note_to_before_and_after_and_back_by_its_link(open_page: Open) -> None:
    page = ready(open_page("/tests", width=1440).page)
    expect(page.get_by_text("no effect shown").first).to_be_visible()
    page.get_by_role("radio", name="Before and after").click()
    page.get_by_role("button", name="11 March 2026: New start page").click()
    expect(page.get_by_text("Weak: there is no comparison group").first).to_be_visible()
    settle(page)
    assert "annotation=a_1" in page.url
    path = "/" + page.url.split("/", 3)[3]
    again = ready(open_page(path, width=1440).page)
    expect(again.get_by_text("Weak: there is no comparison group").first).to_be_visible()


@pytest.mark.parametrize(
    "address", ["/tests?exp=form", "/tests?annotation=a_1&metric=onboarding&days=5", "/tests?tab=Ledger"]
)
def test_it_can_be_read_by_all(open_page: Open, address: str) -> None:
    can_be_read(ready(open_page(address, width=1440).page), TWO)
