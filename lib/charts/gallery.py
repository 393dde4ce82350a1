"""Every chart with a small example: what `docs/charts.md` shows, and its pictures in both themes."""

import hashlib
import inspect
import json
from collections.abc import Iterator
from dataclasses import asdict
from importlib import import_module
from typing import Any

from lib.charts import image, printing
from lib.charts.specification import Specification, specification
from lib.charts.tones import DARK, LIGHT, Tones

CHARTS = (
    "funnel", "funnel_segments", "times", "trend", "lines", "retention", "cohorts", "lifecycle", "stickiness",
    "channel_map", "channel_shares", "channel_messages", "channel_keywords", "payback", "revenue_bridge",
    "okr_tree", "okr_line", "okr_scores",
    "effect", "effect_days", "before_after",
)  # fmt: skip
SOURCE = "Made-up numbers"
DRAWN_FROM = "<!-- drawn from {} -->\n"


def reference() -> str:
    """The part of `docs/charts.md` that shows each chart: what it is, what it takes, its picture and its sentences."""
    return "\n\n".join(_entry(name) for name in CHARTS)


def _entry(name: str) -> str:
    module = import_module(f"lib.charts.{name}")
    frame, more = module.example()
    title = _asked(module.title, frame, more)
    takes = [part for part in inspect.signature(module.chart).parameters if part not in ("frame", "tones")]
    asks = f" Takes {', '.join(f'`{part}`' for part in takes)}." if takes else ""
    picture = (
        f'<picture><source media="(prefers-color-scheme: dark)" srcset="img/charts/{name}-dark.svg">'
        f'<img src="img/charts/{name}-light.svg" alt="{_asked(module.summary, frame, more)}"></picture>'
    )
    about = " ".join((module.__doc__ or "").split())
    how = " ".join((module.chart.__doc__ or "").split())
    sentences = f"Its title: *{title}*\n\nIts sentence: *{_asked(module.summary, frame, more)}*"
    return f"## {name}\n\n{about}\n\n{how}{asks}\n\n{picture}\n\n{sentences}"


def _asked(function: Any, frame: Any, more: dict[str, Any]) -> str:
    names = inspect.signature(function).parameters
    return function(frame, **{name: value for name, value in more.items() if name in names})


def pictures() -> Iterator[tuple[str, str, Any]]:
    """For each picture its file, what it is drawn from (a digest), and a function that draws it.

    The digest is of everything that goes into the drawing, and stands in the file, so that a check need not draw: two
    releases of the drawing library may round differently.
    """
    for name in CHARTS:
        for tones in (LIGHT, DARK):
            made, caption = _made(name, tones)
            digest = _digest(made, caption, tones)
            yield f"{name}-{tones.name}.svg", digest, lambda one=(made, caption, tones, digest): _draw(*one)


def _made(name: str, tones: Tones) -> tuple[Specification, image.Caption]:
    module = import_module(f"lib.charts.{name}")
    frame, more = module.example()
    title = _asked(module.title, frame, more)
    caption = image.Caption(title, legend=getattr(module, "LEGEND", ""), source=SOURCE)
    return specification(module.chart(frame, tones, **more), tones), caption


def _digest(made: Specification, caption: image.Caption, tones: Tones) -> str:
    parts = [made.spec, made.rows.to_dicts(), asdict(caption), asdict(tones)]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:16]


def _draw(made: Specification, caption: image.Caption, tones: Tones, digest: str) -> str:
    return printing.printed(image.job(made, caption, tones, "svg")).decode() + DRAWN_FROM.format(digest)
