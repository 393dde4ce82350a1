"""What only a browser can show. The tests run in order: the first one meets a server nobody has visited."""

import csv
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import ANSWERS_WITHIN_MS, ROOT, Visitor
from tests.pages import tiny
from tests.pictures import settle

Open = Callable[..., Visitor]

LABELS = ("Get through", "Largest loss", "Started", "Still in time")
WIDE = "element => [element.scrollWidth, element.clientWidth, document.documentElement.scrollWidth]"
LAUNCHER = ROOT / "lib" / "server.py"


@pytest.fixture(autouse=True, scope="module")
def _patience() -> None:
    expect.set_options(timeout=ANSWERS_WITHIN_MS)


def number(page: Page, label: str) -> str:
    metric = page.get_by_test_id("stMetric").filter(has_text=re.compile(f"^{label}"))
    return metric.get_by_test_id("stMetricValue").inner_text().strip()


def settled(page: Page) -> Page:
    expect(page.get_by_role("heading", name="Onboarding", exact=True)).to_be_visible()
    expect(page.get_by_test_id("stMetric")).to_have_count(5)
    expect(page.get_by_test_id("stVegaLiteChart").first).to_be_visible()
    return page


def path_of(page: Page) -> str:
    return page.url.split("/", 3)[3]


def step_in(drawer: Locator, name: str) -> Locator:
    """A step in the row of the drawer."""
    return drawer.get_by_role("radio", name=name)


def pick(page: Page, inside: Page | Locator, label: str, option: str) -> None:
    """Choose from a list, and close it."""
    inside.get_by_role("combobox", name=label).click()
    page.get_by_role("option", name=option, exact=True).click()
    expect(page.get_by_role("option")).to_have_count(0) if "Field" in label else page.keyboard.press("Escape")


def problems(page: Page, part: str) -> list[str]:
    """What axe finds in a part of the page."""
    found = Axe().run(page, context=part).response["violations"]
    return [f"{rule['id']}: {rule['help']} at {rule['nodes'][0]['html'][:200]}" for rule in found]


FOCUS = """() => {
    const active = document.activeElement;
    return /BUTTON|INPUT/.test(active.tagName) ? active.getAttribute("aria-label") || active.innerText : "";
}"""


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what has this name has the focus."""
    for _ in range(60):
        found = page.evaluate(FOCUS)
        if name in found and not found.startswith("Help for"):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"Tab does not lead to {name}")


def test_a_cold_link_runs_the_entry_script(open_page: Open) -> None:
    visitor = open_page("/onboarding?by=platform")
    page = settled(visitor.page)
    expect(page.get_by_test_id("stSidebar").get_by_role("link", name="Onboarding")).to_be_visible()
    expect(page.get_by_text("Tiny & Sons")).to_be_visible()
    assert number(page, "Get through") == "33.3 %"
    if LAUNCHER.exists():
        expect(page.get_by_text("Page not found")).to_have_count(0)
    else:  # the plain server shows it once, to the first visitor, over a page that is complete
        visitor.errors = [error for error in visitor.errors if "does not seem to exist" not in error]


def test_the_bare_address_leads_to_the_first_page_with_its_parameters(open_page: Open) -> None:
    page = open_page("/?grain=month").page
    expect(page.get_by_role("heading", name="Pulse", exact=True)).to_be_visible()
    expect(page).to_have_url(re.compile(r"/pulse\?grain=month$"))


def test_a_change_is_in_the_address_and_the_link_shows_the_same(open_page: Open) -> None:
    page = settled(open_page("/onboarding").page)
    page.get_by_role("button", name="within 7 days").click()
    field = page.get_by_label("At most", exact=True)
    field.fill("5")
    field.press("Enter")
    expect(page).to_have_url(re.compile(r"[?&]window=5(&|$)"))
    expect(page.get_by_role("button", name="within 5 days")).to_be_visible()
    expect(field).to_be_focused()  # the word it was opened with has changed, and nothing was drawn anew
    page.get_by_role("combobox", name="Unit").click()
    page.get_by_role("option", name="hour").click()
    expect(page).to_have_url(re.compile(r"[?&]unit=hour(&|$)"))
    expect(page.get_by_test_id("stMetric").first).to_contain_text("0.0 %")
    other = settled(open_page(f"/{path_of(page)}").page)
    expect(other.get_by_test_id("stMetric").first).to_contain_text("0.0 %")
    assert number(other, "Largest loss") == number(page, "Largest loss") == "45"


def test_two_changes_in_one_breath_both_count_and_back_undoes_them(open_page: Open) -> None:
    page = settled(open_page("/onboarding?by=platform").page)
    page.get_by_role("button", name="within 7 days").click()
    page.get_by_label("At most", exact=True).fill("5")
    page.get_by_role("button", name="by platform").click()  # leaving the field is the first change, the click follows
    expect(page.get_by_role("combobox", name="Break down by")).to_be_visible()
    expect(page.get_by_role("button", name="within 5 days")).to_be_visible()
    expect(page).to_have_url(re.compile(r"\?by=platform&window=5$"))
    page.go_back()
    expect(page.get_by_role("button", name="within 7 days")).to_be_visible()
    expect(page).to_have_url(re.compile(r"\?by=platform$"))
    page.go_forward()
    expect(page.get_by_role("button", name="within 5 days")).to_be_visible()


def test_garbage_in_the_address_is_said_and_taken_out(open_page: Open) -> None:
    page = settled(open_page("/onboarding?period=soon&steps=nope").page)
    expect(page.get_by_role("alert").filter(has_text="could not be followed")).to_contain_text("soon")
    expect(page).not_to_have_url(re.compile("soon"))
    assert number(page, "Started") == "60"


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_page_follows_the_theme(open_page: Open, dark: bool) -> None:
    page = settled(open_page("/onboarding", dark=dark).page)
    canvas = page.get_by_test_id("stApp").evaluate("element => getComputedStyle(element).backgroundColor")
    assert canvas == ("rgb(15, 19, 26)" if dark else "rgb(247, 248, 250)")
    name = page.get_by_test_id("stVegaLiteChart").first.get_by_text("1. signup start")
    assert name.evaluate("element => element.getAttribute('fill')") == ("#E8EBF0" if dark else "#0A0D14")


def test_a_phone_scrolls_down_only(open_page: Open) -> None:
    page = settled(open_page("/onboarding?by=platform", width=390, height=844, dark=True).page)
    assert page.get_by_test_id("stMain").evaluate(WIDE) == [390, 390, 390]
    page.get_by_role("button", name="people, in order").click()
    expect(page.get_by_role("radio", name="in any order")).to_be_visible()
    assert page.get_by_test_id("stMain").evaluate(WIDE) == [390, 390, 390]
    page.get_by_role("button", name="3 steps").click()
    drawer = page.get_by_role("dialog")
    step_in(drawer, "2. signup done").click()
    drawer.get_by_role("button", name="Only where").click()
    pick(page, drawer, "Field of condition 1", "platform")
    pick(page, drawer, "Value of condition 1", "ios")
    expect(drawer.get_by_text("signup done where platform is ios").first).to_be_visible()
    assert drawer.evaluate("element => element.scrollWidth <= element.clientWidth")
    assert page.get_by_test_id("stMain").evaluate(WIDE)[2] == 390


def test_the_download_has_every_person_and_defused_cells(open_page: Open, tmp_path: Path) -> None:
    page = settled(open_page("/onboarding?tab=People&step=2").page)
    expect(page.get_by_text("15 people did")).to_be_visible()
    with page.expect_download() as found:
        page.get_by_role("button", name="CSV").last.click()
    found.value.save_as(tmp_path / "people.csv")
    rows = list(csv.DictReader((tmp_path / "people.csv").read_text("utf-8").splitlines()))
    assert re.fullmatch(r"funnel-people-dropped-2(_.*)?\.csv", found.value.suggested_filename)
    assert {row["user_id"] for row in rows} == {f"u{k:02}" for k in range(45, 59)} | {f"'{tiny.FORMULA}"}
    assert {row["furthest"] for row in rows} == {"1"}


def test_every_tab_draws(open_page: Open) -> None:
    page = settled(open_page("/onboarding").page)
    for tab, charts in (("Time to convert", 2), ("People", 1), ("Retention", 3), ("Over time", 2)):
        page.get_by_role("tab", name=tab).click()
        expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(charts)
        expect(page.get_by_role("alert")).to_have_count(0)


def test_a_newcomer_from_the_verdict_to_the_people_and_back(open_page: Open, tmp_path: Path) -> None:
    page = settled(open_page("/onboarding").page)
    expect(page.get_by_text("33.3 % of 60 people".replace(" %", "\xa0%"))).to_be_visible()
    page.get_by_role("button", name="3 steps").click()
    drawer = page.get_by_role("dialog")
    step_in(drawer, "2. signup done").click()
    drawer.get_by_role("button", name="Only where").click()
    expect(drawer.get_by_role("button", name="Apply")).to_be_disabled()
    pick(page, drawer, "Field of condition 1", "platform")
    pick(page, drawer, "Value of condition 1", "ios")
    drawer.get_by_role("button", name="Move later").click()
    drawer.get_by_role("button", name="Move earlier").click()
    drawer.get_by_role("button", name="Apply").click()
    expect(drawer).to_have_count(0)
    expect(page.get_by_test_id("stMetric").filter(has_text="Largest loss")).to_contain_text("30")
    page.get_by_role("button", name="no breakdown").click()
    pick(page, page, "Break down by", "platform")
    expect(page.get_by_role("button", name="by platform")).to_be_visible()
    expect(page).to_have_url(re.compile("by=platform"))
    expect(page.get_by_role("heading", name="“ios” gets")).to_be_visible()
    expect(page.get_by_role("heading", name="Too few people started")).to_be_visible()  # the last there is
    page.get_by_role("button", name="See the 30 people who stopped").click()
    expect(page.get_by_text("30 people did “signup start” and not")).to_be_visible()
    with page.expect_download() as found:
        page.get_by_role("button", name="CSV").last.click()
    found.value.save_as(tmp_path / "people.csv")
    rows = list(csv.DictReader((tmp_path / "people.csv").read_text("utf-8").splitlines()))
    assert len(rows) == 30
    assert {row["segment"] for row in rows} == {"web"}
    other = settled(open_page(f"/{path_of(page)}").page)
    expect(other.get_by_text("30 people did “signup start” and not")).to_be_visible()
    assert [number(other, label) for label in LABELS] == [number(page, label) for label in LABELS]


def test_a_row_of_the_table_opens_its_people(open_page: Open) -> None:
    page = settled(open_page("/onboarding").page)
    table = page.get_by_test_id("stDataFrame").first
    table.scroll_into_view_if_needed()
    box = table.bounding_box()
    assert box is not None
    row = box["height"] / 4  # the heading and three steps
    page.mouse.click(box["x"] + box["width"] - 30, box["y"] + 2.5 * row)
    expect(page.get_by_text("15 people did “signup start” and not “signup done”")).to_be_visible()
    expect(page).to_have_url(re.compile(r"tab=People&step=2$"))


def test_keys_alone_change_the_steps(open_page: Open) -> None:
    page = settled(open_page("/onboarding").page)
    keys = page.keyboard
    page.get_by_role("button", name="3 steps").focus()
    keys.press("Enter")
    drawer = page.get_by_role("dialog")
    expect(step_in(drawer, "1. signup start")).to_be_visible()
    tab_to(page, "1. signup start")
    keys.press("ArrowRight")
    keys.press("Space")
    expect(drawer.get_by_role("button", name="Move later")).to_be_visible()
    tab_to(page, "Move later")
    keys.press("Enter")
    expect(step_in(drawer, "3. signup done")).to_be_visible()
    expect(drawer.get_by_role("button", name="Move later")).to_be_disabled()
    tab_to(page, "Apply")
    keys.press("Enter")
    expect(drawer).to_have_count(0)
    expect(page).to_have_url(re.compile("steps=signup_start&steps=project_created&steps=signup_done"))
    page.get_by_role("button", name="3 steps").focus()
    keys.press("Enter")
    expect(drawer).to_be_visible()
    keys.press("Escape")
    expect(drawer).to_have_count(0)


def test_keys_alone_reach_the_panels(open_page: Open) -> None:
    page = settled(open_page("/onboarding").page)
    page.get_by_role("button", name="no breakdown").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("combobox", name="Break down by")).to_be_visible()
    tab_to(page, "Break down by")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="by platform")).to_be_visible()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_what_opens_is_readable_by_all(open_page: Open, dark: bool) -> None:
    page = settled(open_page("/onboarding?tab=Retention", dark=dark).page)
    page.get_by_role("button", name="people, in order").click()
    expect(page.get_by_role("radio", name="in any order")).to_be_visible()
    assert problems(page, ".st-key-funnel-bar-panel") == []
    page.get_by_role("button", name="3 steps").click()
    drawer = page.get_by_role("dialog")
    step_in(drawer, "2. signup done").click()
    drawer.get_by_role("button", name="Only where").click()
    pick(page, drawer, "Field of condition 1", "platform")
    expect(drawer.get_by_role("combobox", name="Value of condition 1")).to_be_visible()
    assert problems(page, "[role=dialog]") == []


def test_a_cell_of_a_retention_lists_its_people(open_page: Open, tmp_path: Path) -> None:
    told = "tab=Retention&start=signup_start&back=app_session&period=custom&range=2026-03-11&range=2026-03-20"
    page = settled(open_page(f"/onboarding?{told}", height=2400).page)
    triangle = page.get_by_test_id("stVegaLiteChart").nth(2)
    cell = triangle.get_by_text(re.compile("^67")).first  # of the first cohort, in week 1
    expect(cell).to_be_visible()
    cell.click(force=True)
    expect(page).to_have_url(re.compile("point=2026-03-09&part=1$"))
    expect(page.get_by_role("heading", name="10 people did “signup start” in the week from 9 March")).to_be_visible()
    pick(page, page, "People who", "did not come back")
    expect(page.get_by_role("heading", name="5 people did “signup start” in the week from 9 March")).to_be_visible()
    settle(page)
    assert problems(page, "[data-testid=stMain]") == []
    with page.expect_download() as found:
        page.get_by_role("button", name="CSV").nth(1).click()
    found.value.save_as(tmp_path / "people.csv")
    rows = list(csv.DictReader((tmp_path / "people.csv").read_text("utf-8").splitlines()))
    assert {row["user_id"] for row in rows} == {f"u{k}" for k in (12, 30, 33, 51, 54)}


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_period_goes_from_minute_to_minute_by_hand(open_page: Open, dark: bool) -> None:
    page = settled(open_page("/onboarding?period=custom&range=2026-03-01&range=2026-03-02", dark=dark).page)
    assert number(page, "Started") == "6"
    sidebar = page.get_by_test_id("stSidebar")
    sidebar.get_by_text("With times of day").click()
    expect(page).to_have_url(re.compile("range=2026-03-01T00%3A00&range=2026-03-03T00%3A00$"))
    field = sidebar.get_by_test_id("stDateTimeInput").first
    field.get_by_role("spinbutton", name=re.compile("hour")).first.click()
    page.keyboard.type("0907")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("range=2026-03-01T09%3A07"))
    expect(sidebar.get_by_text("1 Mar, 09:07 – 3 Mar 2026, 00:00")).to_be_visible()
    settle(page)  # the sidebar is there before the rest of the page
    assert number(page, "Started") == "3"
    page.mouse.move(5, 5)
    assert problems(page, "[data-testid=stSidebar]") == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_definition_of_the_reasons_opens_and_can_be_read(open_page: Open, dark: bool) -> None:
    page = settled(open_page("/onboarding?tab=Reasons&period=all+time", dark=dark).page)
    page.get_by_role("button", name="Definition").last.click()
    expect(page.get_by_text("“Take the step” is the share of these people")).to_be_visible()
    page.mouse.move(5, 5)
    settle(page)
    assert problems(page, "[data-testid=stApp]") == []
