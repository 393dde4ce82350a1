"""What holds for every page: readable by all (axe), fits a phone, works in the dark, stays on this computer."""

import re
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.e2e.conftest import Server, Visitor
from tests.pages import tiny
from tests.pictures import addresses, settle

Open = Callable[..., Visitor]
SCREENS = {"desktop, light": (1440, False), "desktop, dark": (1440, True), "phone, light": (390, False)}
TWO = {"desktop, light": (1440, False), "phone, dark": (390, True)}

# Streamlit's own frame, which a page cannot change: named here so that nothing of ours hides behind it.
NOT_OURS = {"presentation-role-conflict": "Streamlit's file uploader: the drop zone around the button carries a name"}


@pytest.fixture(scope="module", params=["tiny", "empty"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A company with events, and a workspace in which nothing is."""
    folder = tmp_path_factory.mktemp("every")
    workspace = folder / "laden"
    if request.param == "tiny":
        tiny.make(workspace)
    else:
        workspace.mkdir()
    started = Server(workspace, folder / "server.log")
    try:
        started.start()
        yield started
    finally:
        started.stop()


def problems(page: Page) -> list[str]:
    """What axe finds, one line each: the rule, what it asks for, and the first place."""
    found = Axe().run(page).response["violations"]
    return [
        f"{rule['id']}: {rule['help']} at {rule['nodes'][0]['html'][:300]} ({len(rule['nodes'])} places)"
        for rule in found
        if rule["id"] not in NOT_OURS
    ]


def can_be_read(page: Page, screens: dict[str, tuple[int, bool]]) -> None:
    """Fail where a screen of this width and theme has a page that axe objects to, or that is wider than the screen."""
    for screen, (width, dark) in screens.items():
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme="dark" if dark else "light")
        settle(page)
        assert page.locator("[data-testid=stException]").count() == 0
        assert page.get_by_role("heading", level=1).count() == 1
        assert is_dark(page) == dark, screen
        assert problems(page) == [], screen
        wide = page.evaluate("() => [document.scrollingElement.scrollWidth, window.innerWidth]")
        inside = page.evaluate("() => { const m = document.querySelector('[data-testid=stMain]');"
                               " return [m.scrollWidth, m.clientWidth]; }")  # fmt: skip
        assert wide[0] <= wide[1], screen
        assert inside[0] <= inside[1], screen


@pytest.mark.parametrize("address", addresses())
def test_page(open_page: Open, server: Server, address: str) -> None:
    page = open_page(f"/{address}", width=1440).page
    can_be_read(page, SCREENS if (server.workspace / "warehouse").exists() else TWO)


def is_dark(page: Page) -> bool:
    """What the page is painted on."""
    painted = page.locator("[data-testid=stApp]").evaluate("app => getComputedStyle(app).backgroundColor")
    return sum(map(int, re.findall(r"\d+", painted)[:3])) < 3 * 128
