"""The few colours charts name themselves, one set per theme; series and heat maps take theirs from the theme."""

from dataclasses import dataclass

import altair as alt

FEW = 30
Drawn = alt.LayerChart | alt.FacetChart


@dataclass(frozen=True)
class Tones:
    """Colours by meaning."""

    ink: str
    muted: str
    hairline: str
    main: str
    waiting: str
    warn: str
    lost: str
    worst: str
    grey: str
    on_deep: str


LIGHT = Tones(
    ink="#1B1F2A",
    muted="#5C6675",
    hairline="#E6E8EC",
    main="#3457D5",
    waiting="#A6B8F2",
    warn="#A2570A",
    lost="#ECEEF2",
    worst="#F8E3C8",
    grey="#9AA3B0",
    on_deep="#FFFFFF",
)
DARK = Tones(
    ink="#E8EBF0",
    muted="#A3ADBD",
    hairline="#283041",
    main="#8AA4FF",
    waiting="#41548C",
    warn="#F5A524",
    lost="#1E2531",
    worst="#3D2C12",
    grey="#5A6475",
    on_deep="#0F131A",
)
