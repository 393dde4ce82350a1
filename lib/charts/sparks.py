"""A course as a small line, drawn as SVG by hand: for pages that leave, where nothing else can draw."""

from collections.abc import Sequence

WIDTH, HEIGHT, ROOM = 132, 34, 3


def svg(values: Sequence[float | None], colour: str, said: str = "") -> str:
    """The values from left to right, the last one as a dot; gaps where there are none. Empty for fewer than two.

    >>> svg([1.0, None], "#000")
    ''
    """
    known = [(place, value) for place, value in enumerate(values) if value is not None]
    if len(known) < 2:
        return ""
    low, high = min(value for _, value in known), max(value for _, value in known)
    step = (WIDTH - 2 * ROOM) / (len(values) - 1)

    def point(place: int, value: float) -> str:
        up = 0.5 if high == low else (value - low) / (high - low)
        return f"{ROOM + place * step:.1f},{HEIGHT - ROOM - up * (HEIGHT - 2 * ROOM):.1f}"

    runs: list[list[str]] = [[]]
    for place, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append(point(place, value))
    lines = "".join(f'<polyline points="{" ".join(run)}"/>' for run in runs if len(run) > 1)
    x, y = point(*known[-1]).split(",")
    title = f"<title>{_text(said)}</title>" if said else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'role="img" fill="none" '
        f'stroke="{colour}" stroke-width="1.6" stroke-linejoin="round">{title}{lines}'
        f'<circle cx="{x}" cy="{y}" r="2.4" fill="{colour}" stroke="none"/></svg>'
    )


def _text(words: str) -> str:
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
