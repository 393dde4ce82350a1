"""A chart as a file to paste elsewhere: headed by what it says and whom it is about, with its source below.

Made on this computer, in a process of its own (`lib.charts.printing`), from the specification that the page draws and
with the same font.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from lib.charts.specification import Specification
from lib.charts.theme import FAMILY, FONTS, SMALL
from lib.charts.tones import Tones
from lib.errors import GrowthOpsError

WIDTH, TITLE = 960, 18
PATIENCE_SECONDS = 120
ROOT = Path(__file__).resolve().parents[2]


class PictureError(GrowthOpsError):
    """A picture could not be made."""


@dataclass(frozen=True)
class Caption:
    """What stands around a chart: what it says and whom it is about; how to read it, what is counted, its source."""

    title: str
    scope: str = ""
    legend: str = ""
    definition: str = ""
    source: str = ""


def svg(made: Specification, caption: Caption, tones: Tones) -> bytes:
    """The picture as SVG; its text stays text.

    Raises:
        PictureError: it could not be made.
    """
    return _apart(job(made, caption, tones, "svg"))


def png(made: Specification, caption: Caption, tones: Tones) -> bytes:
    """The same as PNG, with two pixels for one.

    Raises:
        PictureError: it could not be made.
    """
    return _apart(job(made, caption, tones, "png"))


def job(made: Specification, caption: Caption, tones: Tones, kind: Literal["svg", "png"]) -> dict[str, Any]:
    """What `lib.charts.printing` is asked for."""
    return {
        "kind": kind,
        "spec": made.spec | {"data": {"values": made.rows.to_dicts()}},
        "width": WIDTH,
        "title": caption.title,
        "before": [_line(caption.title, TITLE, tones.ink, 600), _line(caption.scope, SMALL, tones.muted)],
        "after": [_line(text, SMALL - 1, tones.muted) for text in (caption.legend, caption.definition, caption.source)],
        "paper": tones.paper,
        "family": FAMILY,
        "fonts": str(FONTS),
    }


def _line(text: str, size: int, fill: str, weight: int = 400) -> dict[str, Any]:
    return {"text": text, "size": size, "fill": fill, "weight": weight}


def _apart(asked: dict[str, Any]) -> bytes:
    """The picture, made in another process."""
    text = json.dumps(asked, default=str, allow_nan=False).encode()
    command = [sys.executable, "-m", "lib.charts.printing"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    try:
        done = subprocess.run(command, input=text, capture_output=True, cwd=ROOT, env=env, timeout=PATIENCE_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PictureError(f"The picture could not be made ({type(error).__name__}); try again.") from error
    if done.returncode or not done.stdout:
        lines = reversed(done.stderr.decode(errors="replace").splitlines())
        reason = next((line.partition("Error: ")[2] for line in lines if "Error: " in line), "no reason was given")
        raise PictureError(f"The picture could not be made: {reason}")
    return done.stdout
