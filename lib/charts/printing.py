"""The process that turns a chart into a file: `python -m lib.charts.printing` reads a job and writes the picture.

It is a process of its own because the drawing library stops every thread of the one it runs in, for a second or more:
nobody else would be answered meanwhile. It also keeps what it needs of memory only while it draws. A job is JSON:

- `kind`: svg or png; `spec`: Vega-Lite with its data; `width`: of the whole picture, in pixels
- `before`, `after`: lines of text around the chart, each with text, size, weight and fill
- `title`, `paper`, `family`, `fonts`: what it is called, its ground, its font, and the folder where that lies
"""

import json
import re
import sys
import textwrap
from html import escape
from typing import Any

MARGIN, SCALE = 28, 2
LEADING, LETTER = 1.4, 0.53  # a line and a usual letter, as parts of the size
MOST_LINES = 3
CLIP = re.compile(r"\bclip\d+\b")
NAMES = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
OUTER = re.compile(r"<svg[^>]*?\bviewBox=\"0 0 ([\d.]+) ([\d.]+)\"[^>]*>(.*)</svg>\s*$", re.DOTALL)


def printed(job: dict[str, Any]) -> bytes:
    """The picture of a job."""
    import vl_convert

    vl_convert.register_font_directory(job["fonts"])
    spec = job["spec"] | {"width": job["width"] - 2 * MARGIN, "background": None, "padding": 0}
    # Whatever a specification says, nothing is fetched from anywhere: neither rows nor, by the PNG's maker, images.
    found = OUTER.search(vl_convert.vegalite_to_svg(spec, allowed_base_urls=[]))
    assert found is not None, "vl-convert writes one svg element with a viewBox"
    if "<image" in found[3]:
        raise ValueError("a chart shows no images")
    page = _page(job, _numbered(found[3]), float(found[2]))
    return vl_convert.svg_to_png(page, scale=SCALE) if job["kind"] == "png" else page.encode()


def _numbered(chart: str) -> str:
    """Names of clipping paths count on within a process; here they begin anew, so that a picture is always the same."""
    known: dict[str, str] = {}
    return CLIP.sub(lambda found: known.setdefault(found[0], f"clip{len(known)}"), chart)


def _page(job: dict[str, Any], chart: str, high: float) -> str:
    """The lines before, the chart, the lines after, on one sheet."""
    above, y = _lines(job["before"], MARGIN, job["width"])
    y += 13
    middle, y = f'<g transform="translate({MARGIN},{y})">{chart}</g>', y + round(high) + 13
    below, y = _lines(job["after"], y, job["width"])
    size = f'width="{job["width"]}" height="{y + MARGIN - 12}"'
    return (
        f'<svg {NAMES} {size} viewBox="0 0 {job["width"]} {y + MARGIN - 12}" '
        f'font-family="{escape(job["family"])}" role="img"><title>{escape(job["title"])}</title>'
        f'<rect {size} fill="{job["paper"]}"/>{above}{middle}{below}</svg>\n'
    )


def _lines(told: list[dict[str, Any]], y: int, width: int) -> tuple[str, int]:
    """Texts, each wrapped to the width, and where the next would go."""
    drawn = []
    for part in told:
        size = part["size"]
        room = int((width - 2 * MARGIN) / (size * LETTER))
        for line in textwrap.wrap(part["text"], room, max_lines=MOST_LINES, placeholder=" …"):
            drawn.append(
                f'<text x="{MARGIN}" y="{y + size}" font-size="{size}" font-weight="{part["weight"]}" '
                f'fill="{part["fill"]}">{escape(line)}</text>'
            )
            y += round(size * LEADING)
    return "".join(drawn), y


if __name__ == "__main__":
    sys.stdout.buffer.write(printed(json.load(sys.stdin.buffer)))
