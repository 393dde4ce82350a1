"""Pictures to paste elsewhere: complete, in both themes, made without anybody else."""

import json
import re
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from typing import Any
from xml.etree import ElementTree

import polars as pl
import pytest

from lib.charts import gallery, image, printing, trend
from lib.charts.specification import Specification, specification
from lib.charts.tones import DARK, LIGHT, Tones
from lib.errors import GrowthOpsError

BOTH = pytest.mark.parametrize("tones", [LIGHT, DARK], ids=["light", "dark"])
CAPTION = image.Caption(
    "Half & more <of> “them”", "3 Aug – 31 Oct · platform is ios", "Solid: people.", "Counts people.", "Acme · load abc"
)


def small(tones: Tones = LIGHT) -> Specification:
    return gallery._made("stickiness", tones)[0]


def texts(svg: bytes) -> list[str]:
    return [part.text or "" for part in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def here(made: Specification, caption: image.Caption, tones: Tones, kind: Any = "svg", **changes: Any) -> bytes:
    """The picture, drawn in this process: the same code without a second to wait for the other."""
    return printing.printed(image.job(made, caption, tones, kind) | changes)


@BOTH
def test_a_picture_says_what_whom_and_from_where(tones: Tones) -> None:
    made = here(small(tones), CAPTION, tones)
    said = texts(made)
    assert said[:2] == ["Half & more <of> “them”", "3 Aug – 31 Oct · platform is ios"]
    assert said[-3:] == ["Solid: people.", "Counts people.", "Acme · load abc"]
    assert "37 %" in said
    ground = ElementTree.fromstring(made).find("{http://www.w3.org/2000/svg}rect")
    assert ground is not None and ground.get("fill") == tones.paper


@pytest.mark.parametrize("name", gallery.CHARTS)
def test_every_chart_can_be_printed_wide_and_narrow(name: str) -> None:
    for tones, width in ((LIGHT, 960), (DARK, 400)):
        made, caption = gallery._made(name, tones)
        svg = here(made, caption, tones, width=width).decode()
        assert "NaN" not in svg and "undefined" not in svg
        root = ElementTree.fromstring(svg)
        assert int(root.get("width", "0")) == width
        assert int(root.get("height", "0")) > 200
        assert {"Inter"} == set(re.findall(r'font-family="(\w+)', svg))


def test_long_words_are_wrapped_and_cut() -> None:
    caption = image.Caption("T", definition="It counts every one of them. " * 60)
    lines = [
        text for text in texts(here(small(), caption, LIGHT)) if text.startswith(("It", "one", "them", "every", "of"))
    ]
    assert len(lines) == printing.MOST_LINES
    assert lines[-1].endswith("…")


def test_png_has_two_pixels_for_one() -> None:
    made = here(small(), CAPTION, LIGHT, "png")
    assert made.startswith(b"\x89PNG")
    assert int.from_bytes(made[16:20]) == 2 * image.WIDTH


def test_a_picture_is_made_in_another_process() -> None:
    assert image.svg(small(), CAPTION, LIGHT) == here(small(), CAPTION, LIGHT)
    assert image.png(small(DARK), CAPTION, DARK) == here(small(DARK), CAPTION, DARK, "png")


def test_what_cannot_be_drawn_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = Specification({"mark": "no such mark"}, pl.DataFrame({"a": [1]}))
    with pytest.raises(GrowthOpsError, match="The picture could not be made: "):
        image.svg(broken, CAPTION, LIGHT)

    def late(*_: Any, **__: Any) -> None:
        raise subprocess.TimeoutExpired("printing", 1)

    monkeypatch.setattr(subprocess, "run", late)
    with pytest.raises(GrowthOpsError, match=r"TimeoutExpired\); try again"):
        image.svg(small(), CAPTION, LIGHT)


@pytest.fixture
def listener() -> Iterator[tuple[str, list[str]]]:
    """A server on this computer, and the paths it was asked for."""
    asked: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'[{"a": 1}]')

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join()
    server.server_close()


def test_nothing_is_fetched(listener: tuple[str, list[str]]) -> None:
    address, asked = listener
    across = {"x": {"field": "a", "type": "quantitative"}}
    beside = {"data": {"url": f"{address}/d.json"}, "mark": "bar", "encoding": across}
    picture = {"mark": {"type": "image", "url": f"{address}/i.png", "width": 9, "height": 9}, "encoding": across}
    rows = pl.DataFrame({"a": [1]})
    with pytest.raises(GrowthOpsError, match="not allowed"):
        image.svg(Specification({"layer": [beside]}, rows), CAPTION, LIGHT)
    for make in (image.svg, image.png):
        with pytest.raises(GrowthOpsError, match="no images"):
            make(Specification(picture, rows), CAPTION, LIGHT)
    assert asked == []


def test_the_specification_names_no_data_and_carries_its_theme() -> None:
    frame, more = trend.example()
    made = specification(trend.chart(frame, LIGHT, **more), LIGHT)
    assert "data" not in made.spec and "datasets" not in made.spec
    assert made.spec["config"]["axis"]["labelColor"] == LIGHT.muted
    assert "App 6.1 rolled out" in json.dumps(made.spec)  # what lies beside the rows is carried along
    assert made.arrow is made.arrow and made.arrow.num_rows == made.rows.height == frame.height


@pytest.mark.parametrize("name", gallery.CHARTS)
def test_specifications_are_valid(name: str) -> None:
    """Pages skip this check, which takes longer than all the rest."""
    module = import_module(f"lib.charts.{name}")
    frame, more = module.example()
    for rows in (frame, frame.head(1)):
        module.chart(rows, LIGHT, **more).to_dict(validate=True)
        module.chart(rows, LIGHT).to_dict(validate=True)
