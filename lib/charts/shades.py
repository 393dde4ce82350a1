"""Arithmetic on colours: between two, along a scale, and how well one can be read on another."""

from collections.abc import Sequence

Rgb = tuple[float, float, float]


def mixed(colour: str, other: str, part: float) -> str:
    """`part` of a colour (0 to 1) and the rest of another.

    >>> mixed("#FF0000", "#FFFFFF", 0.5)
    '#FF8080'
    """
    pairs = zip(_rgb(colour), _rgb(other), strict=True)
    return "#" + "".join(f"{round(one * part + two * (1 - part)):02X}" for one, two in pairs)


def along(scale: Sequence[str], place: float) -> str:
    """The colour at a place from 0 to 1 on a scale of evenly spaced colours.

    >>> along(["#000000", "#FFFFFF"], 0.5)
    '#808080'
    """
    at = min(max(place, 0.0), 1.0) * (len(scale) - 1)
    left = min(int(at), len(scale) - 2)
    return mixed(scale[left], scale[left + 1], 1 - (at - left))


def contrast(colour: str, ground: str) -> float:
    """How much lighter the lighter one is, from 1 to 21: the contrast ratio of WCAG 2.2.

    Text needs 4.5, the marks of a chart 3.

    >>> round(contrast("#FFFFFF", "#000000"))
    21
    """
    darker, lighter = sorted(_luminance(_rgb(one)) for one in (colour, ground))
    return (lighter + 0.05) / (darker + 0.05)


def _rgb(colour: str) -> Rgb:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(rgb: Rgb) -> float:
    parts = [one / 255 for one in rgb]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
