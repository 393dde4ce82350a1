"""What glibc sets aside for threads, asked of glibc itself in a process of its own."""

import ctypes
import subprocess
import sys

import pytest

from lib import arenas as limits
from tests.visitor import ROOT

THREADS = 8
CROWD = f"""
import ctypes, threading
from lib import arenas
{{}}
together = threading.Barrier({THREADS})
def work():
    held = [bytes(2000) for _ in range(100)]
    together.wait()
threads = [threading.Thread(target=work) for _ in range({THREADS})]
for thread in threads: thread.start()
for thread in threads: thread.join()
ctypes.CDLL(None).malloc_stats()
"""


def arenas(first: str) -> int:
    """How many arenas there are after eight threads worked at once."""
    command = [sys.executable, "-c", CROWD.format(first)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True, timeout=60)
    return sum(line.startswith("Arena ") for line in done.stderr.splitlines())


IS_GLIBC = sys.platform == "linux" and hasattr(ctypes.CDLL(None), "malloc_stats")


@pytest.mark.skipif(not IS_GLIBC, reason="arenas, and the count of them, are glibc's own")
def test_threads_share_two_arenas() -> None:
    assert arenas("arenas.limit()") <= 2 < arenas(""), "and left alone they do not"


@pytest.mark.parametrize("other", [object(), OSError("no such library"), TypeError("no name")])
def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch, other: object) -> None:
    asked: list[object] = []

    def library(name: object) -> object:
        asked.append(name)
        if isinstance(other, Exception):
            raise other
        return other

    monkeypatch.setattr(limits.ctypes, "CDLL", library)
    limits.limit()
    assert asked == [None]
