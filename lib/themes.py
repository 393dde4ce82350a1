"""The theme as Streamlit tells it to browsers, worked out once instead of at every run of a page."""

from collections.abc import Callable
from typing import Any

from streamlit.runtime import app_session

NAME = "_populate_theme_msg"
"""What fills one section of the theme into a message. It reads every option of Streamlit for each of six sections, at
every run of a page: 2 ms of 30. Nobody changes the theme of a server that runs."""


def keep() -> None:
    """Let every section be worked out once. A Streamlit without that function goes on as it is."""
    fill: Callable[..., None] | None = getattr(app_session, NAME, None)
    if fill is not None:
        setattr(app_session, NAME, once(fill))


def once(fill: Callable[..., None]) -> Callable[..., None]:
    """The same, which remembers what it has filled in."""
    made: dict[str, Any] = {}

    def fill_once(message: Any, section: str = "theme") -> None:
        if section not in made:
            first = type(message)()
            fill(first, section)
            made[section] = first
        if made[section].ByteSize():  # merging nothing would still say that the section is there
            message.MergeFrom(made[section])

    return fill_once
