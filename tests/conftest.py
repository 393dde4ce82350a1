"""What holds for every test: no network, no leftovers of another test, and generated examples that repeat."""

import gc
import os
import socket
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, settings

collect_ignore = ["benches"]

LONG = (
    "tests/e2e/", "tests/demo/", "tests/answers/test_truths", "tests/answers/test_activation", "tests/test_",
    "tests/pages/", "tests/store/", "tests/backup/", "tests/warehouse/", "tests/answers/", "tests/sources/",
)  # fmt: skip
"""Where the tests are that take longest, these first; the others are short."""

settings.register_profile(
    "tests",
    deadline=None,
    derandomize=True,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("explore", parent=settings.get_profile("tests"), derandomize=False, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "tests"))

_connect = socket.socket.connect
_network = pytest.MonkeyPatch()


def _connect_here(self: socket.socket, address: Any) -> None:
    """Connect to this computer only."""
    if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in ("127.0.0.1", "::1", "localhost"):
        self.close()
        raise AssertionError(f"a test wants to reach {address[0]}; tests use no network")
    _connect(self, address)


def pytest_configure() -> None:
    """Close the network, and forget the workspace of whoever runs the tests."""
    _network.setattr(socket.socket, "connect", _connect_here)
    os.environ.pop("GROWTHOPS_WORKSPACE", None)


def pytest_xdist_auto_num_workers() -> int:
    """One more process than processors: browsers, servers and databases are waited for, and somebody else works."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long comes first, so that nobody works alone at the end: a file is run by one process as a whole."""
    items.sort(key=lambda item: next((k for k, part in enumerate(LONG) if item.nodeid.startswith(part)), len(LONG)))


def pytest_collection_finish() -> None:
    """Keep what was imported and collected out of garbage collection, as the server does: Streamlit collects after
    every run of a page, which would look through all of it, a fifth of a second each time."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    """Open the network again, for tools that run pytest in their own process."""
    _network.undo()


@pytest.fixture(scope="session")
def demo_tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pl.DataFrame]:
    """Every table of the demo company: made by the first process that asks, read where it lies by all of this run."""
    from lib import demo

    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # which the workers of a run share
    with closing(sqlite3.connect(folder / "demo.lock", timeout=600)) as lock:
        lock.execute("BEGIN EXCLUSIVE")  # a lock that waits, on every system
        kept = folder / "demo"
        if not kept.exists():
            made = folder / "demo.part"
            made.mkdir(exist_ok=True)
            for name, table in demo.tables().items():
                table.write_ipc(made / f"{name}.arrow")
            made.rename(kept)
    return {path.stem: pl.read_ipc(path) for path in sorted(kept.iterdir())}


@pytest.fixture(autouse=True)
def _fresh_caches() -> Iterator[None]:
    """What one page test cached, the next must not see."""
    yield
    streamlit = sys.modules.get("streamlit")
    if streamlit is not None:
        streamlit.cache_data.clear()
        streamlit.cache_resource.clear()
    if queries := sys.modules.get("lib.queries"):
        queries.SOURCES.clear()
        queries.KEPT.clear()
