"""Explore in a real browser: questions put together by hand, from a number to the people behind it, links, screens."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import ANSWERS_WITHIN_MS, ROOT, Server, Visitor
from tests.e2e.test_every_page import problems
from tests.pictures import settle

Open = Callable[..., Visitor]
ROW = 35  # pixels: how tall a row of a table is


@pytest.fixture(autouse=True, scope="module")
def _patience() -> None:
    expect.set_options(timeout=ANSWERS_WITHIN_MS)


def ready(page: Page) -> Page:
    expect(page.get_by_role("heading", name="Explore", exact=True)).to_be_visible()
    settle(page)
    return page


def pick(page: Page, label: str, option: str) -> None:
    """Choose from a list by its label."""
    box = page.get_by_role("combobox", name=label).last
    box.click()
    page.get_by_role("option", name=option, exact=True).click()


def add_event(page: Page, option: str) -> None:
    drawer = page.get_by_role("dialog")
    drawer.get_by_role("combobox", name="Event, or any of several").click()
    page.get_by_role("option", name=option, exact=True).click()
    page.keyboard.press("Escape")


def press_in_row(table: Locator, row: int, from_the_right: int) -> None:
    """Press the button of a row, counted from 0, in the last column: a table is one drawing without parts."""
    box = table.bounding_box()
    assert box is not None
    table.click(position={"x": box["width"] - from_the_right, "y": ROW * (row + 1.5)})


def copied(page: Page) -> str:
    page.get_by_role("button", name="Copy", exact=True).click()
    text = page.get_by_test_id("stCode").first.inner_text()
    page.keyboard.press("Escape")
    return text


def asked(server: Server, question: str) -> dict[str, Any]:
    """What the command line answers."""
    command = [sys.executable, "-m", "lib", "ask", "-", "--workspace", str(server.workspace)]
    done = subprocess.run(command, input=question, capture_output=True, text=True, cwd=ROOT, check=True, timeout=180)
    return json.loads(done.stdout)


def path(page: Page) -> str:
    return "/" + page.url.split("/", 3)[3]


def test_two_lines_a_formula_and_a_breakdown_by_hand_and_the_link_shows_the_same(
    open_page: Open, server: Server
) -> None:
    page = ready(open_page("/explore", width=1440).page)
    page.get_by_role("radio", name="Trend").click()
    page.get_by_role("button", name="any event (people)").click()
    drawer = page.get_by_role("dialog")
    add_event(page, "signup done")
    expect(drawer.get_by_role("button", name="Apply")).to_be_enabled()
    drawer.get_by_role("button", name="Add line").click()
    expect(drawer.get_by_role("button", name="Apply")).to_be_disabled()
    add_event(page, "signup start")
    field = drawer.get_by_role("textbox", name="Show instead what is worked out from them")
    field.fill("A / B")
    field.press("Enter")
    pick(page, "Write the values as", "a share, in %")
    drawer.get_by_role("button", name="Apply").click()
    expect(drawer).to_have_count(0)
    expect(page).to_have_url(re.compile("formula=A"))
    page.get_by_role("button", name="by day").click()
    pick(page, "One point for every", "month")
    page.get_by_role("button", name="no breakdown").click()
    pick(page, "Break down by", "platform")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="by platform")).to_be_visible()
    settle(page)
    question = copied(page)
    answer = asked(server, question)
    values = {row["segment"]: row["value"] for row in answer["tables"]["series"] if row["complete"]}
    assert values == {"ios": 1.0, "web": 0.5}
    # The page writes shares in per cent; the question, which knows no units, answers 1 and 0.5.
    in_per_cent = str(answer["headline"]).replace("with 1 in", "with 100.0 % in").replace("with 0.5.", "with 50.0 %.")
    assert "100.0 %" in in_per_cent
    assert "50.0 %" in in_per_cent
    expect(page.get_by_test_id("stHtml").filter(has_text="leads with")).to_have_text(in_per_cent)
    other = ready(open_page(path(page), width=1440).page)
    expect(other.get_by_test_id("stHtml").filter(has_text="leads with")).to_have_text(in_per_cent)
    assert json.loads(copied(other)) == json.loads(question)


def test_a_funnel_by_hand_equals_the_command_line_and_its_people_open_to_a_timeline(
    open_page: Open, server: Server
) -> None:
    page = ready(open_page("/explore", width=1440, height=1200).page)
    page.get_by_role("button", name="From “signup start” to “project created”").click()
    expect(page.get_by_role("button", name="2 steps")).to_be_visible()
    settle(page)
    answer = asked(server, copied(page))
    rows = answer["tables"]["steps"]
    assert [row["users"] for row in rows] == [60, 20]
    metric = page.get_by_test_id("stMetric").filter(has_text="Started").get_by_test_id("stMetricValue")
    expect(metric).to_have_text("60")
    expect(page.get_by_test_id("stVegaLiteChart").first.get_by_text("20 · 33.3 %")).to_be_visible()

    press_in_row(page.get_by_test_id("stDataFrame").first, 1, 85)  # who stopped before the second step
    expect(page).to_have_url(re.compile("tab=People"))
    expect(page.get_by_text("40 people did “signup start” and not “project created”")).to_be_visible()
    settle(page)
    press_in_row(page.get_by_test_id("stDataFrame").last, 0, 140)
    expect(page).to_have_url(re.compile("person=u20"))
    expect(page.get_by_role("heading", name="u20", exact=True)).to_be_visible()
    expect(page.get_by_text("got to step 1 of 2")).to_be_visible()
    expect(page.get_by_text("What they did, the newest first")).to_be_visible()
    other = ready(open_page(path(page)).page)
    expect(other.get_by_role("heading", name="u20", exact=True)).to_be_visible()
    page.go_back()
    expect(page.get_by_text("40 people did “signup start” and not “project created”")).to_be_visible()


def test_from_a_point_of_a_trend_to_its_people(open_page: Open) -> None:
    page = ready(open_page("/explore?ask=trend&series=signup_done&period=all+time&grain=month", height=1200).page)
    press_in_row(page.get_by_test_id("stDataFrame").first, 1, 175)
    expect(page).to_have_url(re.compile("point=2026-03-01"))
    expect(page.get_by_text("45 people did “signup done” in March 2026")).to_be_visible()
    page.get_by_role("button", name="Close", exact=True).click()
    expect(page.get_by_text("45 people did")).to_have_count(0)
    pick(page, "List the people of", "In March 2026")  # the same without a mouse
    expect(page.get_by_text("45 people did “signup done” in March 2026")).to_be_visible()
    field = page.get_by_role("textbox", name="Open the timeline of")
    field.fill("u07")
    field.press("Enter")
    expect(page.get_by_role("heading", name="u07", exact=True)).to_be_visible()


def test_a_click_on_a_picture_lists_its_people(open_page: Open) -> None:
    page = ready(open_page("/explore?ask=funnel&steps=signup_start&steps=signup_done").page)
    press_in(page.get_by_test_id("stVegaLiteChart").first, 0.2, 0.7)
    expect(page).to_have_url(re.compile("tab=People"))
    expect(page.get_by_test_id("stDataFrame").last).to_be_visible()
    page.goto(page.url.split("?")[0] + "?ask=trend&series=signup_start&grain=week")
    ready(page)
    press_in(page.get_by_test_id("stVegaLiteChart").first, 0.3, 0.5)
    expect(page).to_have_url(re.compile(r"point=2026-\d\d-\d\d&part=signup\+start&part=All"))
    expect(page.get_by_role("heading", name=re.compile("did “signup start”"))).to_be_visible()


def press_in(picture: Locator, across: float, down: float) -> None:
    """Click at a share of the picture's width and height, once it is drawn."""
    expect(picture.locator(".marks").first).to_be_visible()
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    assert box is not None
    picture.click(position={"x": across * box["width"], "y": down * box["height"]})


def test_rules_about_people_by_hand(open_page: Open, server: Server) -> None:
    page = ready(open_page("/explore?ask=people&who=signup_done&period=all+time", width=1440).page)
    page.get_by_role("button", name="people who did “signup done” in the period").click()
    drawer = page.get_by_role("dialog")
    pick(page, "How often", "never")
    drawer.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("button", name="people who did not do “signup done” in the period")).to_be_visible()
    settle(page)
    answer = asked(server, copied(page))
    assert len(answer["tables"]["people"]) == 15
    expect(page.get_by_test_id("stHtml").filter(has_text="in this cohort")).to_have_text(str(answer["headline"]))
    with page.expect_download() as found:
        page.get_by_role("button", name="CSV", exact=True).last.click()
    assert len(found.value.path().read_text("utf-8").splitlines()) == 16


KINDS = ("trend", "funnel", "retention", "lifecycle", "stickiness", "people", "metric", "funnel&person=u03")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_fits_a_phone_in_the_dark(open_page: Open, kind: str) -> None:
    page = ready(open_page(f"/explore?ask={kind}", width=390, height=844, dark=True).page)
    wide = "element => [element.scrollWidth, element.clientWidth, document.documentElement.scrollWidth]"
    assert page.get_by_test_id("stMain").evaluate(wide) == [390, 390, 390]
    expect(page.get_by_test_id("stException")).to_have_count(0)
    assert problems(page) == []


def test_kinds_are_reached_with_the_keyboard_and_back_undoes(open_page: Open) -> None:
    page = ready(open_page("/explore?ask=trend&series=signup_done").page)
    page.get_by_role("radio", name="Lifecycle").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("ask=lifecycle&event=signup_done"))
    expect(page.get_by_role("button", name="who did signup done")).to_be_visible()
    page.go_back()
    expect(page).to_have_url(re.compile("ask=trend&series=signup_done"))
    expect(page.get_by_role("button", name="by day")).to_be_visible()
