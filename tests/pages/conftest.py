"""The app as a visitor meets it, in this process."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages import tiny

ROOT = Path(__file__).resolve().parents[2]
Visit = Callable[..., AppTest]


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
    """Open the entry script with these parameters in the address."""

    def opened(**params: str | list[str]) -> AppTest:
        app = AppTest.from_file(ROOT / "streamlit_app.py", default_timeout=60)
        for key, value in params.items():
            app.query_params[key] = value
        return app.run()

    return opened


@pytest.fixture
def onboarding(visit: Visit) -> Visit:
    """Open Onboarding with these parameters in the address."""

    def opened(**params: str | list[str]) -> AppTest:
        app = visit()
        for key, value in params.items():
            app.query_params[key] = value
        return app.switch_page("pages/activate/onboarding.py").run()

    return opened
