"""The page Channels in a real browser: read, changed, taken along, and opened again from its address."""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from lib.intake import load_frames
from tests.e2e.conftest import ANSWERS_WITHIN_MS, Server, Visitor
from tests.e2e.test_every_page import SCREENS, can_be_read
from tests.pages import tiny
from tests.pictures import settle

Open = Callable[..., Visitor]
WEEK = "day=7&floor=10&within=7"


@pytest.fixture(autouse=True, scope="module")
def _patience() -> None:
    expect.set_options(timeout=ANSWERS_WITHIN_MS)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The tiny company with contacts and cost."""
    folder = tmp_path_factory.mktemp("channels")
    tiny.make(folder / "laden")
    load_frames(folder / "laden", {"touchpoints": tiny.touchpoints(), "spend": tiny.spend()}, "paid")
    started = Server(folder / "laden", folder / "server.log")
    try:
        started.start()
        yield started
    finally:
        started.stop()


def test_from_the_map_to_a_link(open_page: Open, tmp_path: Path) -> None:
    page = open_page(f"/channels?{WEEK}").page
    expect(page.get_by_test_id("stMetric")).to_have_count(5)
    expect(
        page.get_by_role("heading", name="“creators” is cheapest per person and per person kept: $3.85")
    ).to_be_visible()

    page.get_by_role("button", name="kept: did any event").click()
    drawer = page.get_by_role("dialog")
    drawer.get_by_role("combobox", name="Event, or any of several").click()
    page.get_by_role("option", name="project created", exact=True).click()
    page.keyboard.press("Escape")
    drawer.get_by_role("button", name="Apply").click()
    # All twenty who make a project came by ads: 20 of 30, so a person kept costs $15.
    expect(page.get_by_role("heading", name="“ads”: $15.00 per person kept")).to_be_visible()

    page.get_by_role("tab", name="Costs").click()
    expect(page.get_by_role("heading", name="What a person costs, three ways")).to_be_visible()
    page.get_by_role("tab", name="Partners").click()
    expect(page.get_by_role("combobox", name="Partners of")).to_be_visible()
    with page.expect_download() as saved:
        page.get_by_role("button", name="CSV").first.click()
    saved.value.save_as(tmp_path / "channels.csv")
    rows = list(csv.DictReader((tmp_path / "channels.csv").read_text("utf-8-sig").splitlines()))
    assert [(row["channel"], row["kept"]) for row in rows] == [("ads", "20"), ("creators", "0"), ("podcast", "0")]

    settle(page)
    link = page.url.split("/", 3)[3]
    assert "kept=project_created" in link
    again = open_page(f"/{link}").page
    expect(again.get_by_role("heading", name="“ads”: $15.00 per person kept")).to_be_visible()


def test_a_click_on_a_channel_opens_its_partners(open_page: Open) -> None:
    page = open_page(f"/channels?{WEEK}&tab=Costs").page
    settle(page)
    chart = page.get_by_test_id("stVegaLiteChart").first
    box = chart.locator("canvas, svg").first.bounding_box()
    assert box is not None
    # The point nearest to the click is meant, so that the corner of the dearer channel does.
    chart.locator("canvas, svg").first.click(position={"x": box["width"] * 0.85, "y": box["height"] * 0.2})
    expect(page.get_by_role("combobox", name="Partners of")).to_be_visible()
    settle(page)
    assert "of=ads" in page.url


def test_everybody_can_read_it(open_page: Open) -> None:
    can_be_read(open_page(f"/channels?{WEEK}", width=1440).page, SCREENS)
