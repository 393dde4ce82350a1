"""OKRs in a real browser: the first key result in three clicks, and two people who change the same objective."""

import re
from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from lib.store import KeyResult, Objective, Store
from tests.e2e.conftest import ANSWERS_WITHIN_MS, Server, Visitor
from tests.e2e.test_every_page import TWO, can_be_read, problems
from tests.pictures import settle

Open = Callable[..., Visitor]
SPRING = (date(2026, 4, 1), date(2026, 6, 30))


@pytest.fixture(autouse=True, scope="module")
def _patience() -> None:
    expect.set_options(timeout=ANSWERS_WITHIN_MS)


def ready(page: Page) -> Page:
    expect(page.get_by_role("heading", name="OKRs", exact=True)).to_be_visible()
    settle(page)
    return page


def test_the_first_key_result_takes_three_clicks(server: Server, open_page: Open) -> None:
    page = open_page("/health", width=1440).page
    settle(page)
    page.get_by_role("link", name="OKRs").click()  # one
    ready(page)
    page.get_by_role("button", name="Active people").click()  # two
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_text(re.compile(r"^Now [\d,]+\."))).to_be_visible()
    drawer.get_by_role("button", name="Save").click()  # three
    expect(page.get_by_role("heading", name="Active people from")).to_be_visible()
    expect(page.get_by_text("of 1 key result")).to_be_visible()
    expect(page.get_by_role("heading", name="behind")).to_be_visible()
    store = Store(server.workspace)
    [made] = store.key_results.list()
    assert made.metric_key == "active_users" and made.baseline and made.target > made.baseline
    store.close()
    settle(page)
    assert problems(page) == []


def test_two_browsers_change_the_same_objective(server: Server, open_page: Open) -> None:
    # T22: the second saver sees both versions and loses nothing.
    store = Store(server.workspace)
    made = store.objectives.add(Objective("2026-Q2", "Serve them well", "ana", objective_id="o_both"), author="ana")
    store.key_results.add(KeyResult("o_both", "Steps", "ana", "milestone", 4.0, *SPRING), author="ana")
    pages = [ready(open_page("/okrs", width=1440).page) for _ in range(2)]
    boxes = []
    for page in pages:
        page.locator(".st-key-change-o_both").get_by_role("button").click()
        boxes.append(page.get_by_role("dialog"))
        expect(boxes[-1].get_by_label("Where do you want to be?")).to_have_value("Serve them well")
    boxes[0].get_by_label("Where do you want to be?").fill("Serve them best")
    boxes[0].get_by_label("Where do you want to be?").press("Tab")
    boxes[0].get_by_role("button", name="Save").click()
    expect(boxes[0]).to_be_hidden()
    boxes[1].get_by_label("Who answers for it").fill("cleo")
    boxes[1].get_by_label("Who answers for it").press("Tab")
    boxes[1].get_by_role("button", name="Save").click()
    conflict = pages[1].get_by_role("dialog", name="Somebody else changed this")
    expect(conflict.get_by_text("saved version 2 of the objective 'Serve them best'")).to_be_visible()
    settle(pages[1])
    assert problems(pages[1]) == []
    assert [one.version for one in store.objectives.history(made.id)] == [1, 2]
    # Its X is no decision: the change waits on the page.
    conflict.get_by_role("button", name="Close").click()
    expect(conflict).to_be_hidden()
    expect(pages[1].get_by_text("is not saved: ")).to_be_visible()
    settle(pages[1])
    pages[1].get_by_role("button", name="Choose", exact=True).click()
    expect(conflict).to_be_visible()
    conflict.get_by_role("button", name="Keep both").click()
    expect(conflict).to_be_hidden()
    settle(pages[1])
    found = store.objectives.history(made.id)
    assert [(one.title, one.owner) for one in found] == [
        ("Serve them well", "ana"), ("Serve them best", "ana"), ("Serve them best", "cleo"),
    ]  # fmt: skip
    store.close()


def test_it_can_be_read_by_all(server: Server, open_page: Open) -> None:
    store = Store(server.workspace)
    if store.key_results.get("kr_read") is None:
        goal = store.objectives.add(Objective("2026-Q1", "Grow", "ana"), author="ana")
        days = (date(2026, 1, 1), date(2026, 3, 31))
        store.key_results.add(
            KeyResult(goal.id, "People", "ana", "increase", 40.0, *days, 1.0, "active_users", kr_id="kr_read"),
            author="ana",
        )
        store.check_ins.add("kr_read", 0.8, author="ana", note="on it")
    store.close()
    for address in ("/okrs?cycle=2026-Q1&kr=kr_read", "/okrs?tab=Diagnosis"):
        can_be_read(ready(open_page(address, width=1440).page), TWO)
