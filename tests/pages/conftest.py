"""The app as a visitor meets it, in this process."""

import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from tests.pages import tiny

ROOT = Path(__file__).resolve().parents[2]
Visit = Callable[..., AppTest]


def entered(**params: str | list[str]) -> AppTest:
    """The app at these parameters of the address, not run yet: `switch_page` says which page is run first.

    Before the first run Streamlit knows a page by the name of its file, which is its address (Add data's is not).
    """
    app = AppTest.from_file(ROOT / "streamlit_app.py", default_timeout=180)
    for key, value in params.items():
        app.query_params[key] = value
    return app


@pytest.fixture(scope="session", autouse=True)
def _components_are_looked_for_once() -> Iterator[None]:
    """As in a server: here every app that is opened would look through each installed package again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny company, made once; not to be changed."""
    return tiny.make(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def workspace(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the tiny company that the app shows, and that a test may break."""
    folder = tmp_path / "workspace"
    shutil.copytree(made, folder)
    monkeypatch.setenv("GROWTHOPS_WORKSPACE", str(folder))
    return folder


@pytest.fixture
def visit() -> Visit:
    """Open the entry script with these parameters in the address: it leads on to the first page with data."""
    return lambda **params: entered(**params).run()


@pytest.fixture
def onboarding() -> Visit:
    """Open Onboarding with these parameters in the address."""
    return lambda **params: entered(**params).switch_page("pages/activate/onboarding.py").run()
