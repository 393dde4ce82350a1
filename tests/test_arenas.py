"""What glibc sets aside for threads, asked of glibc itself in a process of its own."""

import ctypes
import subprocess
import sys
import threading
import weakref

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
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True, timeout=180)
    return sum(line.startswith("Arena ") for line in done.stderr.splitlines())


FREED = """
import re
from pathlib import Path
from lib import arenas
held = [bytes(2000) for _ in range(100_000)]
last = held[-1]
del held
def megabytes():
    return int(re.search(r"VmRSS:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024
before = megabytes()
arenas.give_back()
print(before - megabytes())
"""


class Knot:
    """Holds itself, so that only a collection of garbage ends it."""

    itself: "Knot"


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


@pytest.mark.skipif(not IS_GLIBC, reason="glibc keeps what is below something in use; others need not")
def test_what_is_not_used_is_given_back() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FREED], capture_output=True, text=True, cwd=ROOT, check=True, timeout=180
    )
    assert float(done.stdout) > 100, "of 200 MB that were freed below one block still in use"


def test_it_is_given_back_again_and_again_until_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[int] = []
    stop = threading.Event()
    garbage = Knot()
    garbage.itself, gone = garbage, weakref.ref(garbage)
    del garbage

    def give() -> None:
        given.append(1)
        if len(given) == 3:
            stop.set()

    monkeypatch.setattr(limits, "give_back", give)
    limits.keep_small(stop, every=0.001)
    assert len(given) == 3
    assert gone() is None, "garbage is collected, too"


def test_no_garbage_is_looked_for_while_modules_are_imported() -> None:
    # In a process of its own: what is there at the end of the imports stays out of it for good.
    said = (
        "import gc; from lib import arenas; arenas.begin_imports(); held = gc.isenabled();"
        "arenas.end_imports(); print(held, gc.isenabled(), gc.get_freeze_count() > 1000)"
    )
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.split() == ["False", "True", "True"]
