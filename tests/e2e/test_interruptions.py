"""Reload, back and forward, a lost connection, a server that was started again: the page stays what it was."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Server, Visitor, free_port
from tests.pictures import settle

ADDRESS = "/onboarding?by=platform&window=1&unit=hour&tab=People&outcome=dropped&step=2"
SAID = "15 people did"  # of 60 who start, 45 are done within the hour
Open = Callable[..., Visitor]


class Line:
    """The wire between browser and server, which can be cut and mended."""

    def __init__(self, target: int) -> None:
        self.port, self._target = free_port(), target
        self._open: list[socket.socket] = []
        self._whole = threading.Event()
        self._whole.set()
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """End every connection, and let no new one through."""
        self._whole.clear()
        for end in self._open:
            _close(end)
        self._open.clear()

    def mend(self, target: int | None = None) -> None:
        """Let connections through again, to another port where the server has moved."""
        self._target = target or self._target
        self._whole.set()

    def close(self) -> None:
        _close(self._listener)
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
                if not self._whole.is_set():
                    _close(near)
                    continue
                far = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                if self._listener.fileno() < 0:
                    return
                _close(near)
                continue
            self._open += [near, far]
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=_pump, args=(source, sink), daemon=True).start()


def _close(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            sink.sendall(data)
    _close(source)
    _close(sink)


@pytest.fixture
def line(server: Server) -> Iterator[Line]:
    wire = Line(server.port)
    yield wire
    wire.close()


@pytest.fixture
def page(line: Line, browser: Browser) -> Iterator[Page]:
    """A page over the wire; errors of a cut connection are expected in its console, so nobody listens there."""
    window = browser.new_context(viewport={"width": 1280, "height": 900})
    opened = window.new_page()
    opened.goto(f"http://127.0.0.1:{line.port}{ADDRESS}")
    yield opened
    window.close()


def is_the_same(page: Page) -> None:
    """The page shows what its address said at first."""
    expect(page.get_by_role("heading", name=SAID)).to_be_visible(timeout=60_000)
    expect(page.get_by_role("tab", name="People")).to_have_attribute("aria-selected", "true")
    settle(page)


def test_reload_back_and_forward(open_page: Open) -> None:
    page = open_page(ADDRESS).page
    is_the_same(page)
    page.reload()
    is_the_same(page)
    page.get_by_test_id("stSidebar").get_by_role("link", name="Data health").click()
    expect(page.get_by_role("heading", name="Data health", level=1)).to_be_visible()
    settle(page)
    page.go_back()
    is_the_same(page)
    page.go_forward()
    expect(page.get_by_role("heading", name="Data health", level=1)).to_be_visible()


def test_a_cut_connection(page: Page, line: Line) -> None:
    is_the_same(page)
    line.cut()
    lost = page.get_by_role("dialog", name="Connection error")
    expect(lost).to_be_visible()
    expect(page.get_by_role("heading", name=SAID)).to_be_visible()  # what was read can still be read
    line.mend()
    expect(lost).to_have_count(0, timeout=60_000)
    is_the_same(page)
    page.get_by_role("tab", name="Retention").click()
    expect(page.get_by_role("tab", name="Retention")).to_have_attribute("aria-selected", "true")
    settle(page)
    expect(page.get_by_text("is back").or_(page.get_by_text("are back")).first).to_be_visible()


def test_a_server_started_again_knows_the_page_by_its_address(page: Page, line: Line, server: Server) -> None:
    """Nothing of the session is left on the server, as after a long time away."""
    is_the_same(page)
    line.cut()
    server.stop()
    server.start()
    line.mend(server.port)
    is_the_same(page)
