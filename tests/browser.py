"""A browser for the tests: find one, or provide one.

`python -m tests.browser` (part of `make test`) makes sure there is one that starts, and says which.
The fixtures only ask for `launch_options()`.
"""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

COMMANDS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC_APPS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
BUNDLED = "playwright"
DOWNLOAD_SECONDS = 300
PACKAGE_SECONDS = 600


@cache
def executable() -> str | None:
    """The browser to start; None means the one Playwright brings.

    `GROWTHOPS_BROWSER` decides, as a path or as the word `playwright`; else the first installed one that answers.
    """
    chosen = os.environ.get("GROWTHOPS_BROWSER")
    if chosen:
        return None if chosen == BUNDLED else chosen
    found = (shutil.which(command) for command in COMMANDS)
    return next((path for path in (*found, *MAC_APPS) if path and answers(path)), None)


def answers(path: str) -> bool:
    """True when the program is a browser, and not a stub that only tells how to install one."""
    if not Path(path).exists():
        return False
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=30, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def launch_options() -> dict[str, Any]:
    """Keyword arguments for `playwright.chromium.launch`."""
    return {"executable_path": executable(), "headless": True, "args": list(QUIET), "timeout": 180_000}


def starts() -> str:
    """Start the browser and close it again: empty when that works, else the first line of what went wrong."""
    from playwright.sync_api import Error, sync_playwright

    try:
        with sync_playwright() as playwright:
            playwright.chromium.launch(**launch_options()).close()
    except Error as error:
        return str(error).strip().splitlines()[0]
    return ""


def download() -> None:
    """Let Playwright fetch its own Chromium, with the libraries it needs where we may install them."""
    step("Fetching a browser (Playwright's Chromium) ...")
    deps = ["--with-deps"] if sys.platform == "linux" and admin() is not None else []
    attempt([sys.executable, "-m", "playwright", "install", *deps, "chromium"], DOWNLOAD_SECONDS)


def install_package() -> None:
    """Install the system's Chromium, where that is apt and we may."""
    prefix = admin()
    if prefix is None or not shutil.which("apt-get"):
        return
    step("Installing the system's Chromium ...")
    attempt([*prefix, "apt-get", "update", "-qq"], PACKAGE_SECONDS)
    attempt([*prefix, "apt-get", "install", "-y", "-qq", "chromium"], PACKAGE_SECONDS)


def admin() -> list[str] | None:
    """What to put before a command that needs to be root; None when we may not."""
    if os.geteuid() == 0:
        return []
    return ["sudo", "-n"] if shutil.which("sudo") and attempt(["sudo", "-n", "true"], 10) else None


def attempt(command: list[str], seconds: float) -> bool:
    """Run a command quietly, within a time limit; True when it succeeded."""
    try:
        return subprocess.run(command, capture_output=True, timeout=seconds, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def step(sentence: str) -> None:
    """Say what is being done."""
    print(sentence, flush=True)


def main() -> int:
    """Provide a browser that starts; 1 when there is no way."""
    problem = starts()
    chosen = os.environ.get("GROWTHOPS_BROWSER", "")
    ways = {"": (download, install_package), BUNDLED: (download,)}
    for provide in ways.get(chosen, ()):
        if not problem:
            break
        provide()
        executable.cache_clear()
        problem = starts()
    if problem:
        print(
            f"No browser for the tests: {problem}\n"
            "Install Chromium or Chrome, or set GROWTHOPS_BROWSER to the path of one "
            f"(or to '{BUNDLED}' for the one Playwright downloads), and run it again.",
            file=sys.stderr,
        )
        return 1
    step(f"Browser: {executable() or 'Chromium, from Playwright'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
