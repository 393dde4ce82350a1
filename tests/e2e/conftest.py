"""A real server on a free port, and a real browser that may speak to nothing else."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser import launch_options
from tests.pages import tiny

ROOT = Path(__file__).resolve().parents[2]
STARTS_WITHIN, STOPS_WITHIN = 180, 10
ANSWERS_WITHIN_MS = 120_000  # waited out only by what is wrong; a busy computer may take long
Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")

# Below a page's address the browser first looks for the server in the wrong place; Streamlit's own habit.
PROBES = ("/_stcore/health", "/_stcore/host-config")


@dataclass
class Server:
    """The dashboard, as `growthops run` starts it."""

    workspace: Path
    log: Path
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.port = free_port()
        command = [sys.executable, "-m", "lib", "run", "--headless", "--port", str(self.port)]
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(
                [*command, "--workspace", str(self.workspace)], cwd=ROOT, stdout=out, stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONWARNINGS": "default"},
            )  # fmt: skip
        deadline = time.monotonic() + STARTS_WITHIN
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"the server did not start:\n{self.log.read_text('utf-8', 'replace')}")

    def answers(self) -> bool:
        """True when the server is up; waits a moment when it is not."""
        try:
            with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1) as reply:
                return reply.status == 200
        except (urllib.error.URLError, OSError):
            with socket.socket() as waiting:  # a listening socket nobody calls: its time-out is the pause
                waiting.bind(("127.0.0.1", 0))
                waiting.listen()
                waiting.settimeout(0.1)
                try:
                    waiting.accept()
                except TimeoutError:
                    return False
            return False

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(STOPS_WITHIN)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


@dataclass
class Visitor:
    """One browser window: its page, and what must not have happened in it."""

    page: Page
    errors: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def watch(self) -> "Visitor":
        self.page.set_default_timeout(ANSWERS_WITHIN_MS)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda said: self._console(said.type, said.text, said.location.get("url", "")))
        self.page.on("request", lambda request: self._request(request.url))
        return self

    def _console(self, kind: str, text: str, url: str) -> None:
        if kind == "error" and not url.endswith(PROBES):
            self.errors.append(f"{text} ({url})")

    def _request(self, url: str) -> None:
        if not url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:")):
            self.outside.append(url)


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server nobody has visited yet, over the tiny company."""
    folder = tmp_path_factory.mktemp("e2e")
    started = Server(tiny.make(folder / "workspace"), folder / "server.log")
    try:
        started.start()
        yield started
    finally:
        started.stop()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One browser for all tests of this folder; it ends with them, for while it is open nobody else can run a loop."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(**launch_options())
        yield started
        started.close()


def profile(browser: Browser, scheme: Scheme) -> BrowserContext:
    """A new profile. It asks for less motion: nothing is told by it, and every frame of it is drawn by a processor."""
    return browser.new_context(color_scheme=scheme, reduced_motion="reduce")


@pytest.fixture(scope="module")
def windows(browser: Browser) -> Iterator[dict[Scheme, BrowserContext]]:
    """A browser profile per colour scheme, which has the program's files already after the first visit."""
    opened: dict[Scheme, BrowserContext] = {scheme: profile(browser, scheme) for scheme in SCHEMES}
    yield opened
    for window in opened.values():
        window.close()


@pytest.fixture
def open_page(
    server: Server, browser: Browser, windows: dict[Scheme, BrowserContext]
) -> Iterator[Callable[..., Visitor]]:
    """Open an address; afterwards nothing may have gone wrong on any page.

    The first page of a test is one more tab of a profile that has been here; each further one is somebody else's.
    """
    visitors: list[Visitor] = []

    def opened(address: str, *, width: int = 1280, height: int = 900, dark: bool = False) -> Visitor:
        scheme: Scheme = "dark" if dark else "light"
        page = (profile(browser, scheme) if visitors else windows[scheme]).new_page()
        page.set_viewport_size({"width": width, "height": height})
        visitor = Visitor(page).watch()
        visitors.append(visitor)
        page.goto(server.url + address)
        return visitor

    yield opened
    for visitor in visitors:
        visitor.page.close()
    for visitor in visitors[1:]:
        visitor.page.context.close()
    print(server.log.read_text("utf-8", "replace")[-8_000:])  # shown by pytest when the test failed
    if server.process is not None and server.process.poll() is not None:
        pytest.fail(f"the server died:\n{server.log.read_text('utf-8', 'replace')}")
    assert [error for visitor in visitors for error in visitor.errors] == []
    assert [url for visitor in visitors for url in visitor.outside] == []
