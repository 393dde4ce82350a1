"""What only a browser can show. The tests run in order: the first one meets a server nobody has visited."""

import csv
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import ANSWERS_WITHIN_MS, ROOT, Visitor
from tests.pages import tiny

Open = Callable[..., Visitor]

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
    page = settled(open_page("/?by=platform").page)
    expect(page).to_have_url(re.compile(r"/onboarding\?by=platform$"))


def test_a_change_is_in_the_address_and_the_link_shows_the_same(open_page: Open) -> None:
    page = settled(open_page("/onboarding").page)
    page.get_by_role("button", name="within 7 days").click()
    field = page.get_by_label("At most", exact=True)
    field.fill("5")
    field.press("Enter")
    expect(page).to_have_url(re.compile(r"[?&]window=5(&|$)"))
    expect(page.get_by_role("button", name="within 5 days")).to_be_visible()
    page.get_by_role("combobox", name="Unit").click()
    page.get_by_role("option", name="hour").click()
    expect(page).to_have_url(re.compile(r"[?&]unit=hour(&|$)"))
    expect(page.get_by_test_id("stMetric").first).to_contain_text("0.0 %")
    address = page.url.split("/", 3)[3]
    other = settled(open_page(f"/{address}").page)
    expect(other.get_by_test_id("stMetric").first).to_contain_text("0.0 %")
    assert number(other, "Largest loss") == number(page, "Largest loss") == "45"


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
    assert name.evaluate("element => element.getAttribute('fill')") == ("#E8EBF0" if dark else "#1B1F2A")


def test_a_phone_scrolls_down_only(open_page: Open) -> None:
    page = settled(open_page("/onboarding?by=platform", width=390, height=844, dark=True).page)
    main = page.get_by_test_id("stMain")
    wide = "element => [element.scrollWidth, element.clientWidth, document.documentElement.scrollWidth]"
    assert main.evaluate(wide) == [390, 390, 390]


def test_the_download_has_every_person_and_defused_cells(open_page: Open, tmp_path: Path) -> None:
    page = settled(open_page("/onboarding?tab=People&step=2").page)
    expect(page.get_by_text("15 people did")).to_be_visible()
    with page.expect_download() as found:
        page.get_by_role("button", name="CSV").last.click()
    found.value.save_as(tmp_path / "people.csv")
    rows = list(csv.DictReader((tmp_path / "people.csv").read_text("utf-8").splitlines()))
    assert found.value.suggested_filename == "funnel-people-dropped-2.csv"
    assert {row["user_id"] for row in rows} == {f"u{k:02}" for k in range(45, 59)} | {f"'{tiny.FORMULA}"}
    assert {row["furthest"] for row in rows} == {"1"}


def test_every_tab_draws(open_page: Open) -> None:
    page = settled(open_page("/onboarding").page)
    for tab, charts in (("Time to convert", 2), ("People", 1), ("Retention", 3), ("Over time", 2)):
        page.get_by_role("tab", name=tab).click()
        expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(charts)
        expect(page.get_by_role("alert")).to_have_count(0)


def test_keys_alone_reach_the_controls(open_page: Open) -> None:
    page = settled(open_page("/onboarding").page)
    button = page.get_by_role("button", name="no breakdown")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("combobox", name="Break down by")).to_be_visible()
