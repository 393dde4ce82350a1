"""`python -m tests.benches --browser`: how long a person waits for Explore and for Pulse, in a real browser.

At the start the clock runs from the start of the process until a chart is painted, with a browser already open. On
Explore it runs in the page: from the key that takes a choice until the picture under it is another one and has been
painted. On Pulse it runs from the navigation until the last tile and the chart have been painted. The browser is on the
same computer as the server, so both share its cores; where others use them, too, the CPU seconds tell more.
"""

import statistics
import time
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from lib.demo.workspace import make_company
from tests.browser import launch_options
from tests.pictures import settle
from tests.visitor import OURS, Server

FOLDER = Path(".bench")
PERIODS = ("last 30 days", "last 90 days", "last 7 days", "all time")
ROUNDS, STARTS = 8, 5
PICTURE = "[data-testid=stVegaLiteChart] .marks"
VIEWS = 10
TILES = 7
PAINTED = f"""
() => {{
  const numbers = document.querySelectorAll('[class*="st-key-tile-"] [data-testid=stMetricValue]').length;
  const links = document.querySelectorAll('[class*="st-key-tile-"] a').length;
  if (numbers < {TILES} || links < {TILES} || !document.querySelector('{PICTURE}')) return false;
  if (window.painted === undefined) {{
    window.painted = null;
    requestAnimationFrame(() => requestAnimationFrame(() => {{ window.painted = performance.now(); }}));
  }}
  return window.painted ?? false;
}}
"""
OVER = "() => document.querySelector('[data-test-script-state=notRunning]') !== null"
# A picture is another one when it is drawn differently: its title comes earlier. A canvas is compared as a thumbnail.
CLOCK = """
picture => {
  const small = document.createElement('canvas');
  small.width = small.height = 64;
  const brush = small.getContext('2d', {willReadFrequently: true});
  const drawn = () => {
    const found = document.querySelector(picture);
    if (!found || found.tagName !== 'CANVAS') return found && found.outerHTML;
    if (!found.width || !found.height) return null;
    brush.clearRect(0, 0, 64, 64);
    brush.drawImage(found, 0, 0, 64, 64);
    return brush.getImageData(0, 0, 64, 64).data.join();
  };
  window.waited = null;
  document.addEventListener('keydown', event => {
    if (event.key !== 'Enter') return;
    const began = performance.now(), before = drawn();
    const look = () => [before, null].includes(drawn())
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
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options())
        _measure(browser, demo.absolute())
        browser.close()


def _measure(browser: Browser, demo: Path) -> None:
    starts = [_start(browser, demo) for _ in range(STARTS)]
    print(f"Start → first chart: median {statistics.median(starts):.1f} s, best {min(starts):.1f} s  target: ≤ 5")
    with Server(demo, OURS, log=FOLDER / "browser.log") as server:
        # The page's own rules forbid eval; measuring needs it.
        page = browser.new_context(viewport={"width": 1440, "height": 900}, bypass_csp=True).new_page()
        page.goto(f"http://localhost:{server.port}/explore?ask=trend&grain=day")
        settle(page)
        page.evaluate(CLOCK, PICTURE)
        new = [_choose(page, period) for period in PERIODS]
        known = [_choose(page, period) for _ in range(ROUNDS) for period in PERIODS]
        views = _views(browser, server)
    for what, found in (("answer new", new), ("answer known", known)):
        tail = sorted(found)[int(len(found) * 0.95)]
        target = "  target: p95 ≤ 350" if found is known else ""
        middle = statistics.median(found)
        print(f"Explore, choice → painted chart, {what}: median {middle:.0f} ms, p95 {tail:.0f} ms{target}")

    first, *warm = views
    for what, found in (("first view", [first]), (f"best of {VIEWS} warm views", warm)):
        painted, busy, served = (min(one[part] for one in found) for part in range(3))
        target = "  target: painted ≤ 1500" if found is warm else ""
        print(
            f"Pulse, navigation → last tile and chart, {what}: painted {painted:.0f} ms, browser CPU {busy:.2f} s,"
            f" server CPU {served:.2f} s{target}"
        )


def _start(browser: Browser, demo: Path) -> float:
    """Seconds from the start of the process until the chart of the first page is there."""
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    with Server(demo, OURS, log=FOLDER / "start.log") as server:
        page.goto(f"http://localhost:{server.port}", wait_until="commit")
        page.wait_for_selector(PICTURE, timeout=60_000)
        seconds = time.perf_counter() - server.began
    page.context.close()
    return seconds


def _views(browser: Browser, server: Server) -> list[tuple[float, float, float]]:
    """The first view of Pulse and warm ones: milliseconds to the paint, CPU seconds of the page and of the server."""
    page = browser.new_context(viewport={"width": 1440, "height": 900}, bypass_csp=True).new_page()
    metrics = page.context.new_cdp_session(page)
    metrics.send("Performance.enable")
    found = []
    for _ in range(VIEWS + 1):
        server.settle()
        before = server.seconds()
        page.goto(f"http://localhost:{server.port}/pulse", wait_until="commit")
        painted = float(page.wait_for_function(PAINTED, timeout=60_000, polling="raf").json_value())
        page.wait_for_function(OVER, timeout=60_000)
        told = {one["name"]: one["value"] for one in metrics.send("Performance.getMetrics")["metrics"]}
        found.append((painted, float(told["ThreadTime"]), server.seconds() - before))
    return found


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
