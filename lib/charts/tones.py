"""Colours by meaning, one set per theme: those of `.streamlit/config.toml`, and the few in between that charts need.

The theme file is the one place for them, so that a chart on a page, the same chart as a file and the page around it
agree.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    import altair as alt

FEW = 30
THEME = Path(__file__).resolve().parents[2] / ".streamlit" / "config.toml"
Drawn: TypeAlias = "alt.LayerChart | alt.FacetChart"


@dataclass(frozen=True)
class Tones:
    """What each colour is for."""

    name: Literal["light", "dark"]
    paper: str
    ink: str
    muted: str
    hairline: str
    main: str
    good: str
    warn: str
    bad: str
    series: tuple[str, ...]
    heat: tuple[str, ...]
    diverging: tuple[str, ...]
    waiting: str
    lost: str
    worst: str
    grey: str
    on_deep: str

    @property
    def rest(self) -> str:
        """The colour of whatever is not one thing: `Other` and `(none)`."""
        return self.series[-1]


def _of_theme(name: Literal["light", "dark"]) -> dict[str, Any]:
    """The colours that the theme file names."""
    theme = tomllib.loads(THEME.read_text("utf-8"))["theme"][name]
    return {
        "name": name,
        "paper": theme["secondaryBackgroundColor"],
        "ink": theme["textColor"],
        "muted": theme["grayTextColor"],
        "hairline": theme["dataframeBorderColor"],
        "main": theme["primaryColor"],
        "good": theme["greenTextColor"],
        "warn": theme["orangeTextColor"],
        "bad": theme["redTextColor"],
        "series": tuple(theme["chartCategoricalColors"]),
        "heat": tuple(theme["chartSequentialColors"]),
        "diverging": tuple(theme["chartDivergingColors"]),
    }


LIGHT = Tones(
    **_of_theme("light"),
    waiting="#A6B8F2",
    lost="#ECEEF2",
    worst="#F8E3C8",
    grey="#9AA3B0",
    on_deep="#FFFFFF",
)
DARK = Tones(
    **_of_theme("dark"),
    waiting="#41548C",
    lost="#1E2531",
    worst="#3D2C12",
    grey="#5A6475",
    on_deep="#0F131A",
)
