"""`make screenshots`: every page as people see it, light and dark, on a wide screen and on a phone, into `docs/img`.

    python -m tests.pictures [--workspace DIR] [--into DIR] [--page ADDRESS …]

A picture is taller than the window where the page is: all of it is shown.
"""

import argparse
import ast
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from lib.demo.workspace import make_company
from tests.browser import launch_options
from tests.visitor import ROOT, Server

WIDTHS = {1440: 900, 390: 844}
THEMES = ("light", "dark")
TALLEST = 2_600
COLOURS = 128
PATIENCE_MS = 120_000


def addresses() -> list[str]:
    """The address of every page, as the router lists them."""
    for node in ast.parse((ROOT / "streamlit_app.py").read_text("utf-8")).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "PAGES":
            return [entry[2] for entries in ast.literal_eval(node.value).values() for entry in entries]
    raise SystemExit("streamlit_app.py has no table PAGES")


def settle(page: Page) -> None:
    """Wait until nothing on the page is running, loading or being drawn."""
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for(timeout=PATIENCE_MS)
    page.wait_for_function(
        "() => !document.querySelector('[data-testid=stSkeleton], [data-stale=true]')", timeout=PATIENCE_MS
    )
    page.evaluate("() => document.fonts.ready.then(() => true)")
    # Charts and tables draw themselves in the frames that follow.
    page.evaluate("() => new Promise(done => { let n = 30; const f = () => n-- ? requestAnimationFrame(f) : done();"
                  " f(); })")  # fmt: skip


def height(page: Page) -> int:
    """How tall the whole page is; what scrolls is a part inside it."""
    return int(page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollHeight"))


def take(browser: Browser, url: str, width: int, theme: str, file: Path) -> None:
    """One picture of a page as its visitors know it, in few colours, for pictures in a repository stay for ever.

    It is opened twice: on a busy machine the font can come after the first charts and tables were measured.
    """
    window = browser.new_context(
        viewport={"width": width, "height": WIDTHS[width]}, color_scheme="dark" if theme == "dark" else "light"
    )
    page = window.new_page()
    for _ in range(2):
        page.goto(url)
        settle(page)
    page.set_viewport_size({"width": width, "height": min(TALLEST, max(WIDTHS[width], height(page)))})
    settle(page)
    page.screenshot(path=file)
    window.close()
    with Image.open(file) as taken:
        taken.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)


def wanted(pages: Sequence[str], into: Path) -> Iterator[tuple[str, int, str, Path]]:
    """Address, width, theme and file of every picture."""
    for address in pages:
        name = address.split("?")[0].strip("/") or "home"
        for theme in THEMES:
            for width in WIDTHS:
                yield address, width, theme, into / f"{name}-{theme}-{width}.png"


def main() -> None:
    """Serve a workspace (the demo company unless another is named) and take the pictures."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    asked.add_argument("--workspace", type=Path, default=ROOT / "workspaces" / "demo")
    asked.add_argument("--into", type=Path, default=ROOT / "docs" / "img")
    asked.add_argument("--page", nargs="*", default=addresses())
    told = asked.parse_args()
    if told.workspace.name == "demo" and not (told.workspace / "warehouse").exists():
        make_company(told.workspace)
    told.into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options())
        with Server(told.workspace.absolute(), log=Path(folder) / "server.log") as server:
            for address, width, theme, file in wanted(told.page, told.into):
                take(browser, f"http://127.0.0.1:{server.port}/{address}", width, theme, file)
                print(f"{file}  {file.stat().st_size / 1000:.0f} kB", flush=True)
        browser.close()


if __name__ == "__main__":
    main()
