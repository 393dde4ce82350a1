"""From page to page by the menu: what is chosen for all of them is shown on each, and late words do no harm."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Server, Visitor
from tests.pictures import settle

Open = Callable[..., Visitor]


def period(page: Page, name: str) -> str:
    """What the list of periods says on the page one gets to by the menu."""
    page.get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
    settle(page)
    return page.get_by_role("combobox", name="Period").input_value()


def test_the_period_is_the_same_on_every_page(open_page: Open) -> None:
    page = open_page("/pulse", width=1440).page
    settle(page)
    # A widget that two pages have is new to the browser on each: once it showed its first choice on every other page.
    for chosen in ("last 90 days", "last 30 days"):
        assert [period(page, name) for name in ("Onboarding", "Explore", "Onboarding", "Pulse")] == [chosen] * 4
        if chosen == "last 90 days":
            box = page.get_by_role("combobox", name="Period")
            box.fill("last 30 days")
            page.get_by_role("option", name="last 30 days", exact=True).click()
            settle(page)


def test_a_typed_time_and_a_click_at_once_break_nothing(server: Server, open_page: Open) -> None:
    page = open_page("/onboarding?period=custom&range=2026-03-01T00:00&range=2026-03-03T00:00", width=1440).page
    settle(page)
    until = page.get_by_test_id("stDateTimeInput").last
    until.get_by_role("spinbutton", name="hour").first.click()
    page.keyboard.type("1130")
    page.get_by_role("link", name="Explore", exact=True).click()  # the time is said while the page is left
    settle(page)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert page.get_by_test_id("stException").count() == 0
    assert "A page failed" not in server.log.read_text("utf-8", "replace")
