"""Cohorts in a real browser: made by hand, kept, used as a filter on another page, and the link opened elsewhere."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import ANSWERS_WITHIN_MS, Server, Visitor
from tests.e2e.test_every_page import problems
from tests.e2e.test_explore import asked, copied, path, pick, ready
from tests.pictures import settle

Open = Callable[..., Visitor]


@pytest.fixture(autouse=True, scope="module")
def _patience() -> None:
    expect.set_options(timeout=ANSWERS_WITHIN_MS)


def fill(page: Page, label: str, text: str) -> None:
    field = page.get_by_role("dialog").get_by_role("textbox", name=label)
    field.fill(text)
    field.press("Tab")


def started(page: Page) -> str:
    metric = page.get_by_test_id("stMetric").filter(has_text="Started").get_by_test_id("stMetricValue")
    expect(metric).to_be_visible()
    settle(page)
    return metric.inner_text()


def test_a_cohort_made_by_hand_filters_onboarding_and_its_link_shows_the_same(open_page: Open, server: Server) -> None:
    page = ready(open_page("/explore?ask=people&who=signup_done&period=all+time", width=1440).page)
    page.get_by_role("button", name="people who did “signup done” in the period").click()
    drawer = page.get_by_role("dialog")
    pick(page, "How often", "never")
    drawer.get_by_role("button", name="Apply").click()
    expect(drawer).to_have_count(0)
    settle(page)
    page.get_by_role("button", name="Save cohort").click()
    expect(drawer.get_by_role("button", name="Save", exact=True)).to_be_disabled()
    fill(page, "Name", "Never done")
    fill(page, "What it is for", "to ask why")
    drawer.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("button", name="Saved: Never done")).to_be_visible()
    expect(page).to_have_url(re.compile("cohort=never-done"))
    assert "who=" not in page.url

    page.get_by_role("radio", name="Start").click()
    expect(page.get_by_text("15 people", exact=True)).to_be_visible()
    expect(page.get_by_text("to ask why · local")).to_be_visible()

    page.get_by_role("link", name="Onboarding").click()
    expect(page.get_by_role("heading", name="Onboarding", exact=True)).to_be_visible()
    pick(page, "Only people in", "Never done")
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile("in=never-done"))
    settle(page)
    assert started(page) == "15"
    answer = asked(server, copied(page))
    assert [row["users"] for row in answer["tables"]["steps"]] == [15, 0, 0]

    other = open_page(path(page)).page
    expect(other.get_by_role("heading", name="Onboarding", exact=True)).to_be_visible()
    settle(other)
    assert started(other) == "15"
    assert copied(other) == copied(page)
    page.go_back()
    expect(page).not_to_have_url(re.compile("in=never-done"))


def test_the_drawer_of_a_cohort_fits_a_phone_in_the_dark(open_page: Open) -> None:
    page = ready(
        open_page("/explore?ask=people&who=signup_done&period=all+time", width=390, height=844, dark=True).page
    )
    page.get_by_role("button", name="Save cohort").click()
    expect(page.get_by_role("dialog").get_by_text("kept as “ever”")).to_be_visible()
    settle(page)
    wide = "element => [element.scrollWidth, element.clientWidth, document.documentElement.scrollWidth]"
    assert page.get_by_test_id("stMain").evaluate(wide) == [390, 390, 390]
    assert problems(page) == []
