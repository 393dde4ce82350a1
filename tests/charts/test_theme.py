"""The theme file is the one place of colours and type: charts, pages and Streamlit agree."""

import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from lib.charts import theme
from lib.charts.shades import along, contrast, mixed
from lib.charts.tones import DARK, LIGHT, THEME, Tones

ROOT = Path(__file__).resolve().parents[2]
BOTH = pytest.mark.parametrize("tones", [LIGHT, DARK], ids=["light", "dark"])


def told(tones: Tones) -> dict[str, Any]:
    return tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))["theme"][tones.name]


def test_the_theme_is_the_one_streamlit_reads() -> None:
    assert THEME == ROOT / ".streamlit" / "config.toml"
    assert tomllib.loads(THEME.read_text("utf-8"))["theme"]["font"].startswith("Inter,")
    assert theme.FAMILY.startswith("Inter,")


@BOTH
def test_charts_take_their_colours_from_the_theme(tones: Tones) -> None:
    page = told(tones)
    faint = page["dataframeBorderColor"]
    assert (tones.ink, tones.main, tones.hairline) == (page["textColor"], page["primaryColor"], faint)
    config = theme.config(tones)
    assert config["range"]["category"] == page["chartCategoricalColors"]
    assert config["range"]["ramp"] == page["chartSequentialColors"]
    assert config["range"]["diverging"] == page["chartDivergingColors"]
    assert config["axis"]["labelColor"] == page["grayTextColor"]
    assert config["mark"]["color"] == page["primaryColor"]


@BOTH
def test_text_in_charts_can_be_read_on_page_and_paper(tones: Tones) -> None:
    for ground in (tones.paper, told(tones)["backgroundColor"]):
        for shade in (tones.ink, tones.muted, tones.warn, tones.bad, tones.good):
            assert contrast(shade, ground) >= 5, (shade, ground)
        assert contrast(tones.main, ground) >= 4.5


@BOTH
def test_the_rings_of_choices_and_the_frames_of_fields_can_be_seen(tones: Tones) -> None:
    """Three to one against what they stand on: a ring that is not chosen has nothing else to be seen by."""
    page = told(tones)
    for ground in (page["backgroundColor"], page["secondaryBackgroundColor"]):
        assert contrast(page["borderColor"], ground) >= 3, ground


@BOTH
def test_every_tone_is_a_colour(tones: Tones) -> None:
    values = [getattr(tones, field.name) for field in fields(tones) if field.name != "name"]
    flat = [one for value in values for one in ([value] if isinstance(value, str) else value)]
    assert all(mixed(shade, shade, 0.5) == shade.upper() for shade in flat)


def test_colours_along_a_scale() -> None:
    scale = ["#000000", "#FF0000", "#FFFFFF"]
    assert [along(scale, place) for place in (-1, 0, 0.25, 0.5, 0.75, 1, 2)] == [
        "#000000", "#000000", "#800000", "#FF0000", "#FF8080", "#FFFFFF", "#FFFFFF",
    ]  # fmt: skip


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)  # the known pair just under 4.5
    assert contrast("#FFFFFF", "#777777") == contrast("#777777", "#FFFFFF")


def test_the_fonts_are_there_with_their_licence() -> None:
    files = {path.name: path.stat().st_size for path in theme.FONTS.iterdir()}
    assert {"Inter.woff2", "Inter-Regular.ttf", "Inter-SemiBold.ttf", "OFL.txt", "README.md"} == files.keys()
    assert sum(files.values()) < 350_000
    assert "SIL OPEN FONT LICENSE" in (theme.FONTS / "OFL.txt").read_text("utf-8")
