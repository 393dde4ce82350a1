"""The memory behind the pages: one computation per key, bounded, and failures are not remembered."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from lib.memory import Memory


def test_made_once_however_many_ask_at_once() -> None:
    memory, made = Memory(4), []
    waiting = threading.Barrier(8)

    def slow() -> object:
        made.append(1)
        return object()

    def ask(_: int) -> object:
        waiting.wait(10)
        return memory.get("key", slow)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(ask, range(8)))
    assert len(made) == 1
    assert all(one is found[0] for one in found)


def test_one_key_being_made_does_not_hold_up_another() -> None:
    memory, begun, go = Memory(4), threading.Event(), threading.Event()

    def slow() -> str:
        begun.set()
        assert go.wait(10)
        return "slow"

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(memory.get, "slow", slow)
        assert begun.wait(10)
        assert memory.get("quick", lambda: "quick") == "quick"
        go.set()
        assert first.result(10) == "slow"


def test_a_failure_is_not_remembered() -> None:
    memory = Memory(4)
    with pytest.raises(ZeroDivisionError):
        memory.get("key", lambda: 1 / 0)
    assert memory.get("key", lambda: 7) == 7


def test_the_least_used_is_forgotten_first() -> None:
    memory = Memory(2)
    memory.get("a", lambda: "a")
    memory.get("b", lambda: "b")
    memory.get("a", lambda: "again")
    memory.get("c", lambda: "c")
    assert memory.get("a", lambda: "made anew") == "a"
    assert memory.get("b", lambda: "made anew") == "made anew"


def test_heavy_values_push_out_older_ones_but_never_the_last() -> None:
    memory = Memory(100, bytes_kept=10, weigh=len)
    memory.get("a", lambda: "12345")
    memory.get("b", lambda: "12345")
    assert len(memory) == 2
    memory.get("c", lambda: "1")
    assert len(memory) == 2
    assert memory.get("a", lambda: "new") == "new"
    memory.get("huge", lambda: "x" * 1000)
    assert len(memory) == 1
    assert memory.get("huge", lambda: "never") == "x" * 1000
