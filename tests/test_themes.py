"""The theme kept ready says to browsers exactly what Streamlit would have said."""

import pytest
from streamlit import config
from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session

from lib import themes


def told() -> CustomThemeConfig:
    """The theme as Streamlit puts it together for a page: all its sections, in its order."""
    message = CustomThemeConfig()
    fill = getattr(app_session, themes.NAME)
    for part, section in (
        (message, "theme"),
        (message.light, "theme.light"),
        (message.dark, "theme.dark"),
        (message.sidebar, "theme.sidebar"),
        (message.light.sidebar, "theme.light.sidebar"),
        (message.dark.sidebar, "theme.dark.sidebar"),
    ):
        fill(part, section)
    return message


@pytest.fixture(autouse=True)
def _as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app_session, themes.NAME, getattr(app_session, themes.NAME))


def test_every_run_is_told_the_same_theme_as_without_us() -> None:
    plain = told().SerializeToString(deterministic=True)
    themes.keep()
    assert [told().SerializeToString(deterministic=True) for _ in range(3)] == [plain] * 3
    assert plain
    assert config.get_option("theme.light.primaryColor") in plain.decode("latin-1")


def test_the_options_are_read_once_only(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    read = config.get_options_for_section

    def counted(section: str) -> dict[str, object]:
        asked.append(section)
        return read(section)

    monkeypatch.setattr(config, "get_options_for_section", counted)
    themes.keep()
    for _ in range(3):
        told()
    assert len(asked) == len(set(asked)) == 6


def test_what_a_page_does_with_its_message_stays_with_the_page() -> None:
    themes.keep()
    first = told()
    first.light.primary_color = "#000000"
    assert told().light.primary_color == config.get_option("theme.light.primaryColor")


def test_a_section_without_options_is_not_said_to_be_there() -> None:
    def nothing(message: CustomThemeConfig, section: str = "theme") -> None:
        """Fill nothing in."""

    message = CustomThemeConfig()
    themes.once(nothing)(message.sidebar, "theme.sidebar")
    assert not message.HasField("sidebar")


def test_a_streamlit_without_the_function_goes_on_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(app_session, themes.NAME)
    themes.keep()
    assert not hasattr(app_session, themes.NAME)
