"""What holds for every test: no network, no leftovers of another test, and generated examples that repeat."""

import gc
import os
import socket
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

collect_ignore = ["benches"]

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


def pytest_collection_finish() -> None:
    """Keep what was imported and collected out of garbage collection, as the server does: Streamlit collects after
    every run of a page, which would look through all of it, a fifth of a second each time."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    """Open the network again, for tools that run pytest in their own process."""
    _network.undo()


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
