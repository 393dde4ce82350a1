"""The font is there before the first chart is drawn, also for somebody who was never here: its labels are not cut."""

import pytest
from playwright.sync_api import Browser

from tests.e2e.conftest import ANSWERS_WITHIN_MS, Server, profile
from tests.pictures import settle

NOTED = """
() => new MutationObserver(() => {
  if (window.drawn === undefined && document.querySelector('[data-testid=stVegaLiteChart] .marks'))
    window.drawn = document.fonts.check('13px Inter')
      && [...document.fonts].some(face => face.family === 'Inter' && face.status === 'loaded');
}).observe(document, {childList: true, subtree: true})
"""
CUT = """
() => [...document.querySelectorAll('[data-testid=stVegaLiteChart] svg')].flatMap(picture => {
  const left = picture.getBoundingClientRect().left - 0.5;
  return [...picture.querySelectorAll('text')]
    .filter(text => text.textContent && text.getBoundingClientRect().left < left).map(text => text.textContent);
})
"""


@pytest.mark.parametrize("address", ["/pulse", "/onboarding"])
def test_the_first_chart_is_measured_in_our_font(server: Server, browser: Browser, address: str) -> None:
    window = profile(browser, "light")
    page = window.new_page()
    page.set_default_timeout(ANSWERS_WITHIN_MS)
    page.add_init_script(f"({NOTED})()")
    page.goto(server.url + address)
    settle(page)
    assert page.evaluate("() => window.drawn") is True
    assert page.evaluate(CUT) == []
    window.close()
