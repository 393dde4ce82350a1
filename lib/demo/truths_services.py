"""What is planted about services that are given away with a contract: they keep nobody."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class FreeServices:
    """Enterprise accounts that pay at `start`, by whether their contract of that spring came with services for nothing.

    What they paid then and what of it is kept at `end`, in cents: with services and without. The shares hold to a
    hundredth of a point. Together the two are what the segment's bad half-year left.
    """

    segment: str = "enterprise"
    start: date = date(2025, 7, 1)
    end: date = date(2026, 7, 1)
    team: str = "key_accounts"
    origin: str = "support_handoff"
    signed_from: date = date(2025, 3, 3)
    opening: tuple[int, int] = (6_155_000, 3_845_000)
    kept: tuple[int, int] = (3_570_000, 2_730_000)
    grr: tuple[float, float] = (0.58, 0.71)
    points: float = -13.0
    given_of_acv: float = 0.1


FREE_SERVICES = FreeServices()
