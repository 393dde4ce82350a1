"""Which colour a segment has: the same on every page, whatever else is drawn and in whatever order."""

import hashlib
import re
from collections.abc import Sequence

from lib.charts.tones import Tones

NO_ONE = frozenset({"Other", "(none)"})
ALL = "All"
MOST = 5  # more colours than these nobody can tell apart; what comes after is grey

# The colours of values most teams have, in the order of the palette.
KNOWN: dict[str, tuple[str, ...]] = {
    "platform": ("ios", "android", "web", "desktop", "mobile web", "tablet", "api"),
    "channel": (
        "influencer", "paid social", "paid search", "organic search", "referral", "content", "events",
        "email", "direct", "affiliate", "display", "app store search", "app store ads", "partner",
    ),
    "plan": ("free", "starter", "pro", "team", "business", "enterprise", "trial"),
    "segment": ("enterprise", "mid market", "smb", "self serve", "startup"),
}  # fmt: skip


def colours(names: Sequence[str], tones: Tones, field: str = "") -> dict[str, str]:
    """A colour for each name, from the field and the name alone.

    Names of fields that most teams have take the colours of `KNOWN`; any other takes the one that a hash of its field
    and name points at. Where two names of one chart want the same, the one first in `KNOWN`, then the one with the
    smaller hash, gets it, and the other takes the next that is free; so a name may differ between charts only if
    another name stands in its way. What is not one thing, such as `Other`, is grey.
    """
    palette = tones.series[:-1]
    field = _plain(field.rpartition(".")[2])
    wishes = sorted({(*_wish(name, field), name) for name in names if name not in NO_ONE})
    given: dict[str, str] = {}
    for _, wish, name in wishes:
        turn = [palette[(wish + k) % len(palette)] for k in range(len(palette))]
        taken = set(given.values())
        given[name] = next((shade for shade in turn if shade not in taken), turn[0])
    return {name: tones.main if name == ALL else given.get(name, tones.rest) for name in names}


def _wish(name: str, field: str) -> tuple[int, int]:
    """How early a name may choose, and the place in the palette it wants."""
    order = next((values for key, values in KNOWN.items() if field.endswith(key)), ())
    if _plain(name) in order:
        place = order.index(_plain(name))
        return place, place
    digest = int.from_bytes(hashlib.blake2b(f"{field}\0{_plain(name)}".encode(), digest_size=6).digest())
    return len(order) + 1 + digest, digest


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", " ", text).strip().lower()


def emphasised(names: Sequence[str], tones: Tones, field: str = "") -> dict[str, str]:
    """The same for lines: the first five in colour, the others in the grey of a background."""
    front = [name for name in names if name not in NO_ONE][:MOST]
    shades = colours([*front, *(name for name in names if name in NO_ONE)], tones, field)
    return {name: shades.get(name, tones.grey) for name in names}
