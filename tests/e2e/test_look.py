"""The face, in a real browser: our own typeface, and charts that leave as pictures. Nothing comes from elsewhere."""

import csv
import io
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import ANSWERS_WITHIN_MS, Visitor

Open = Callable[..., Visitor]

LOADED = "async () => { await document.fonts.ready; return [...document.fonts].map(f => `${f.family} ${f.status}`) }"
WIDTHS = """() => [...'0123456789'].map(digit => {
    const part = document.createElement('span')
    part.style.cssText = 'font: 600 40px Inter; position: absolute'
    part.textContent = digit.repeat(10)
    document.body.append(part)
    const width = part.getBoundingClientRect().width
    part.remove()
    return width
})"""
# Tables are drawn on a canvas: only the font itself can write what Streamlit formats with a minus.
MINUS = """() => {
    const pen = document.createElement('canvas').getContext('2d')
    pen.font = '600 40px Inter'
    const same = (one, other) => pen.measureText(one).width === pen.measureText(other).width
    return [same('-$3.01', '−$3.01'), same('-2.7 pp', '−2.7 pp'), same('2026-10', '2026−10')]
}"""

# How far a colour stands off from another (WCAG 2): what is written, or drawn, against what is behind it.
CONTRAST = """(part, property) => {
    const channels = text => text.match(/[\\d.]+/g).map(Number)
    const light = text => {
        const [red, green, blue] = channels(text).slice(0, 3).map(
            part => part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
    let behind = property === 'backgroundColor' ? part.parentElement : part
    while ((channels(getComputedStyle(behind).backgroundColor)[3] ?? 1) < 1) behind = behind.parentElement
    const two = [light(getComputedStyle(part)[property]), light(getComputedStyle(behind).backgroundColor)]
    return (Math.max(...two) + 0.05) / (Math.min(...two) + 0.05)
}"""


@pytest.fixture(autouse=True, scope="module")
def _patience() -> None:
    expect.set_options(timeout=ANSWERS_WITHIN_MS)


def drawn(page: Page) -> Page:
    expect(page.get_by_test_id("stVegaLiteChart").first.get_by_text("1. signup start")).to_be_visible()
    return page


def test_the_first_visitor_reads_our_own_typeface(open_page: Open) -> None:
    page = drawn(open_page("/onboarding").page)
    assert "Inter loaded" in page.evaluate(LOADED)
    for part in ("h1", "[data-testid=stVegaLiteChart] svg text", "[data-testid=stMetricValue]"):
        family = page.locator(part).first.evaluate("element => getComputedStyle(element).fontFamily")
        assert family.startswith("Inter,"), part
    assert len(set(page.evaluate(WIDTHS))) == 1, "digits line up"
    assert page.evaluate(MINUS) == [True, True, False], "a hyphen before a number is a minus, inside one it is none"


@pytest.mark.parametrize("width", [1280, 390])
def test_a_chart_leaves_as_picture_and_numbers(open_page: Open, tmp_path: Path, width: int) -> None:
    page = drawn(open_page("/onboarding", width=width, dark=width == 390).page)
    page.get_by_role("button", name="Export").first.click()
    menu = page.get_by_test_id("stPopoverBody")
    saved = {}
    for label, number in (("PNG", 0), ("SVG", 1), ("CSV", 0), ("About", 0)):
        with page.expect_download() as download:
            menu.get_by_role("button", name=label).nth(number).click()
        path = tmp_path / download.value.suggested_filename
        download.value.save_as(path)
        saved[label] = path
    assert all(path.name.startswith("funnel-steps_") and "_load-" in path.name for path in saved.values())
    assert saved["PNG"].read_bytes().startswith(b"\x89PNG")
    picture = ElementTree.fromstring(saved["SVG"].read_bytes())
    assert saved["SVG"].stem.endswith("_dark")
    assert "62 % of all losses come just before “project created”" in "".join(picture.itertext()).replace("\u00a0", " ")
    rows = list(csv.DictReader(io.StringIO(saved["CSV"].read_text("utf-8"))))
    assert [row["users"] for row in rows] == ["60", "45", "20"]
    assert "What is counted: " in saved["About"].read_text("utf-8")


def contrast(part: Locator, property: str = "color") -> float:
    """The ratio of what is written in a part, or of its `property`, to what is behind it, once colours stand still."""
    part.evaluate("part => Promise.all(part.getAnimations({subtree: true}).map(one => one.finished))")
    return float(part.evaluate(f"part => ({CONTRAST})(part, '{property}')"))


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_what_stands_on_the_main_colour_can_be_read(open_page: Open, dark: bool) -> None:
    page = drawn(open_page("/onboarding?period=custom", dark=dark).page)
    day = page.get_by_test_id("stDateInputField").first.get_by_role("spinbutton").last
    day.click()
    assert contrast(day) >= 4.5, "the part of a day that is being changed"
    chosen = page.get_by_test_id("stDateInputCalendar").locator("[role=button][data-selected]").first
    assert contrast(chosen) >= 4.5, "the chosen day"
    page.keyboard.press("Escape")

    page.get_by_role("button", name="Save view").click()
    drawer = page.get_by_role("dialog")
    drawer.get_by_label("Name", exact=True).fill("Losses")
    page.keyboard.press("Tab")
    save = drawer.get_by_role("button", name="Save", exact=True)
    expect(save).to_be_enabled()
    assert contrast(save.get_by_text("Save")) >= 4.5, "a button"
    save.hover()
    assert contrast(save.get_by_text("Save")) >= 4.5, "under the mouse"
    page.mouse.move(5, 5)
    save.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    assert contrast(save.get_by_text("Save")) >= 4.5, "reached by the keyboard"
    page.keyboard.press("Escape")

    page.get_by_role("button", name="3 steps").click()
    drawer.get_by_role("radio", name="1. signup start").click()
    tag = drawer.locator("[data-tag]").first
    assert contrast(tag.locator("span")) >= 4.5, "a word that was picked"
