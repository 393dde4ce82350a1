"""`python -m tests.benches --browser`: from a choice in the sidebar to the painted chart, as a person's browser has it.

The clock runs in the page: from the key that takes the choice until the picture under it is another one and has been
painted. On the same computer as the server, so both share its cores.
"""

import statistics
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from lib.demo.workspace import make_company
from tests.browser import launch_options
from tests.pictures import settle
from tests.visitor import OURS, Server

FOLDER = Path(".bench")
PERIODS = ("last 30 days", "last 90 days", "last 7 days", "all time")
ROUNDS = 8
PICTURE = "[data-testid=stVegaLiteChart] .marks"
CLOCK = """
picture => {
  const shown = () => document.querySelector(picture)?.outerHTML.length + document.querySelector('h2')?.innerText;
  window.waited = null;
  document.addEventListener('keydown', event => {
    if (event.key !== 'Enter') return;
    const began = performance.now(), before = shown();
    const look = () => shown() === before || !document.querySelector(picture)
      ? requestAnimationFrame(look)
      : requestAnimationFrame(() => requestAnimationFrame(() => { window.waited = performance.now() - began; }));
    requestAnimationFrame(look);
  }, {capture: true});
}
"""


def main() -> None:
    """Print the median and the 95th percentile, for answers known and for new ones."""
    demo = FOLDER / "demo"
    if not (demo / "warehouse" / "stamp.json").exists():
        make_company(demo)
    with Server(demo.absolute(), OURS, log=FOLDER / "browser.log") as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options())
        # The page's own rules forbid eval; measuring needs it.
        page = browser.new_context(viewport={"width": 1440, "height": 900}, bypass_csp=True).new_page()
        page.goto(f"http://localhost:{server.port}/explore?ask=trend&grain=day")
        settle(page)
        page.evaluate(CLOCK, PICTURE)
        new = [_choose(page, period) for period in PERIODS]
        known = [_choose(page, period) for _ in range(ROUNDS) for period in PERIODS]
        browser.close()
    for what, found in (("answer new", new), ("answer known", known)):
        tail = sorted(found)[int(len(found) * 0.95)]
        target = "  target: p95 ≤ 350" if found is known else ""
        print(f"choice → painted chart, {what}: median {statistics.median(found):.0f} ms, p95 {tail:.0f} ms{target}")


def _choose(page: Page, period: str) -> float:
    """Choose a period by keyboard; how many milliseconds until its chart is there."""
    box = page.get_by_role("combobox", name="Period")
    box.click()
    box.fill(period)
    page.get_by_role("option", name=period, exact=True).wait_for()
    page.evaluate("() => { window.waited = null; }")
    box.press("Enter")
    page.wait_for_function("() => window.waited !== null", timeout=30_000)
    settle(page)
    return float(page.evaluate("() => window.waited"))


if __name__ == "__main__":
    main()
