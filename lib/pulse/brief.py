"""The brief: all of Pulse as one HTML file that asks nothing of any server, and prints on A4.

Text that people wrote is escaped; charts are SVG that this product drew; every number carries its link.
"""

from collections.abc import Mapping, Sequence
from html import escape

from lib.charts import sparks
from lib.charts.tones import LIGHT
from lib.pulse import growing, links
from lib.pulse.reading import Reading, shared_reason
from lib.pulse.tiles import TileReading

STYLE = f"""
@page {{ size: A4; margin: 14mm 15mm 16mm; }}
* {{ box-sizing: border-box; }}
body {{ font: 15px/1.45 Inter, "Source Sans 3", system-ui, sans-serif; color: {LIGHT.ink}; background: #fff;
  max-width: 62rem; margin: 0 auto; padding: 1.5rem; font-variant-numeric: tabular-nums; }}
a {{ color: inherit; text-decoration: none; border-bottom: 1px solid {LIGHT.hairline}; }}
header {{ display: flex; justify-content: space-between; align-items: baseline; gap: 1rem; flex-wrap: wrap; }}
h1 {{ font-size: 26px; margin: 0; }}
h2 {{ font-size: 18px; margin: 1.6rem 0 .5rem; break-after: avoid; }}
p {{ margin: .35rem 0; }}
.verdict {{ font-size: 20px; line-height: 1.4; margin: .7rem 0 1.1rem; }}
.muted {{ color: {LIGHT.muted}; font-size: 13px; }}
.old, .amber {{ color: {LIGHT.warn}; }}
.good {{ color: {LIGHT.good}; }} .bad {{ color: {LIGHT.bad}; }}
.tiles {{ display: grid; grid-template-columns: repeat(auto-fill, minmax(190px, 1fr)); gap: 1rem 1.4rem; }}
.tile {{ break-inside: avoid; }}
.tile b {{ display: block; font-size: 23px; font-weight: 600; line-height: 1.25; }}
.item {{ break-inside: avoid; margin: .5rem 0 .8rem; }}
.beside {{ display: grid; grid-template-columns: repeat(auto-fill, minmax(290px, 1fr)); gap: 0 1.6rem; }}
figure {{ margin: 1rem 0 0; break-inside: avoid; }}
figure svg {{ width: 100%; height: auto; }}
footer {{ margin-top: 1.8rem; border-top: 1px solid {LIGHT.hairline}; padding-top: .5rem; }}
@media print {{ body {{ padding: 0; max-width: none; font-size: 9.5pt; line-height: 1.35; }} a {{ border: 0; }}
  h1 {{ font-size: 17pt; }} h2 {{ font-size: 11.5pt; margin: .9rem 0 .3rem; }} .muted {{ font-size: 8pt; }}
  .verdict {{ font-size: 12.5pt; margin: .4rem 0 .7rem; }} .tiles {{ gap: .5rem 1rem; }} .tile b {{ font-size: 14pt; }}
  .tiles {{ grid-template-columns: repeat(4, 1fr); }} .item {{ margin: .25rem 0; }} .item p {{ margin: .1rem 0; }}
  figure {{ margin-top: .6rem; text-align: center; }} figure svg {{ width: auto; max-width: 100%; max-height: 68mm; }}
  footer {{ margin-top: .8rem; }} }}
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def html(
    reading: Reading, base: str, charts: Sequence[bytes] = (), shared: Mapping[str, tuple[str, ...]] | None = None
) -> str:
    """The page. `base` is the address of the dashboard that links lead to, `charts` are pictures as SVG.

    `shared` are the filters that the reading was made with, as an address has them.
    """
    told = shared or {}
    parts = [
        _head(reading), f'<p class="verdict">{escape(reading.verdict)}</p>', _tiles(reading, base, told),
        *(f"<figure>{_bare(chart)}</figure>" for chart in charts), _moved(reading, base, told), _decide(reading, base),
        _coming(reading), _growth(reading), _gaps(reading), _foot(reading, base),
    ]  # fmt: skip
    title = escape(f"{reading.company}: Pulse, {reading.around.end:%Y-%m-%d}")
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}"><style>{STYLE}</style></head>\n<body>\n'
        + "\n".join(filter(None, parts))
        + "\n</body></html>\n"
    )


def plain_page(title: str, sentences: Sequence[str]) -> str:
    """A page with a title and nothing but sentences."""
    told = "".join(f"<p>{escape(one)}</p>" for one in sentences)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{STYLE}</style></head><body><h1>{escape(title)}</h1>{told}</body></html>\n"
    )


def _head(reading: Reading) -> str:
    tone = "old" if reading.freshness.is_old else "muted"
    return (
        f"<header><h1>{escape(reading.company)}: Pulse</h1>"
        f'<span class="{tone}">{escape(reading.freshness.said)}</span></header>'
    )


def _link(text: str, base: str, page: str, address: Mapping[str, tuple[str, ...]]) -> str:
    return f'<a href="{escape(links.url(base, page, address))}">{escape(text)}</a>'


def _tiles(reading: Reading, base: str, shared: Mapping[str, tuple[str, ...]]) -> str:
    return f'<div class="tiles">{"".join(_tile(one, reading, base, shared) for one in reading.tiles)}</div>'


def _tile(one: TileReading, reading: Reading, base: str, shared: Mapping[str, tuple[str, ...]]) -> str:
    address = links.to_metric(one.tile.metric, one.grain, one, reading.around, shared)
    value = _link(one.text, base, links.METRIC_PAGE, address) if one.bucket else escape(one.text)
    tone, against = one.tone, escape(one.against)
    change = f'<span class="{tone}">{escape(one.delta_text)}</span> on {against}' if one.delta_text else ""
    spark = sparks.svg([value for _, value in one.course], LIGHT.main, f"{one.label}, its course")
    down = shared_reason(reading.tiles)
    missing = "not available" if down and one.missing == down else one.missing
    told = [missing, one.alone, one.target_text, one.pace_text, one.restated]
    rest = " · ".join(escape(part) for part in told if part)
    amber = ' class="amber"' if one.state == "amber" else ""
    return (
        f'<div class="tile" title="{escape(one.meaning)}">{escape(one.label)}<b{amber}>{value}</b>'
        f'<span class="muted">{change}</span><div>{spark}</div><span class="muted">{escape(one.short_at)}'
        f"{' · in amber' if one.state == 'amber' else ''}{f' · {rest}' if rest else ''}</span></div>"
    )


def _section(title: str, items: Sequence[str], empty: str, *, beside: bool = False) -> str:
    """A heading and its items, one below the other; `beside` as many in a row as fit."""
    body = "".join(f'<div class="item">{item}</div>' for item in items) or f'<p class="muted">{escape(empty)}</p>'
    return f"<section><h2>{title}</h2><div{' class=beside' if beside else ''}>{body}</div></section>"


def _moved(reading: Reading, base: str, shared: Mapping[str, tuple[str, ...]]) -> str:
    items = []
    for move in reading.moves.moves:
        address = links.to_metric(move.metric, "week", None, reading.around, shared)
        mark = "▲" if move.value > move.expected else "▼"
        said = _link(move.said, base, links.METRIC_PAGE, address)
        items.append(f"<p><strong>{mark} {said}.</strong></p><p>{escape(move.why)}</p>")
    return _section("Moved most", items, "") if items else ""  # that nothing did, the sentence at the top says


def _decide(reading: Reading, base: str) -> str:
    items = [
        f"<p><strong>{_link(one.title, base, one.page, one.address)}</strong>"
        f"{' <span class=amber>urgent</span>' if one.is_urgent else ''}</p><p class=muted>{escape(one.why)}</p>"
        for one in reading.decisions
    ]  # fmt: skip
    return _section("Decide", items, "Nothing waits for a decision.", beside=True)


def _coming(reading: Reading) -> str:
    items = [
        f"{one.note.date:%-d %B} · <strong>{escape(one.note.title)}</strong> <span class=muted>{one.said},"
        f" {escape(one.note.kind)}</span>" for one in reading.coming
    ]  # fmt: skip
    return _section("Coming", items, "Nothing is noted for the next two months.")


def _growth(reading: Reading) -> str:
    if not reading.growth:
        return ""
    items = [f"<strong>{escape(one.title)}</strong> {escape(one.text)} · {escape(one.said)}" for one in reading.growth]
    return _section(growing.heading(reading.growth), items, "")


def _gaps(reading: Reading) -> str:
    if not reading.gaps:
        return ""
    return _section("What could not be worked out", [f'<span class="amber">{escape(gap)}</span>'
                                                     for gap in reading.gaps], "")  # fmt: skip


def _foot(reading: Reading, base: str) -> str:
    meanings = " · ".join(f"{escape(one.label)}: {escape(one.meaning)}" for one in reading.tiles if one.meaning)
    load = f", load {escape(reading.stamp)}" if reading.stamp else ""
    return f'<footer class="muted"><p>{meanings}</p><p>{_link("Growth Ops", base, "pulse", {})}{load}.</p></footer>'


def _bare(chart: bytes) -> str:
    """The picture without what only a file of its own needs."""
    text = chart.decode("utf-8")
    return text[text.index("<svg") :]
