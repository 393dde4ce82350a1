"""One family of errors. Every message says what is wrong, where, and what to do.

Bottom layer: this module imports nothing of ours.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class GrowthOpsError(Exception):
    """Anything the product can explain to the person in front of it."""


class QuestionError(GrowthOpsError):
    """A question that cannot be asked: a wrong field, value or name."""


class ProjectionError(GrowthOpsError):
    """There is too little, or nothing that fits, to look ahead from."""


class SettingsError(GrowthOpsError):
    """`growthops.toml` says something the product cannot follow."""


class SourceError(GrowthOpsError):
    """A source that cannot be read: missing, damaged, empty, or of no known format."""


class WarehouseError(GrowthOpsError):
    """The warehouse cannot be opened, written or trusted."""


class DamagedDataError(WarehouseError):
    """A file of the warehouse is damaged or missing; `growthops doctor` names it."""


class StoreError(GrowthOpsError):
    """What people write cannot be read, kept or accepted."""


class BackupError(GrowthOpsError):
    """A backup that cannot be made, or cannot be trusted."""


def suggest(word: object, allowed: Iterable[str], *, limit: int = 20) -> str:
    """The end of an error message: the nearest allowed name, then the allowed ones.

    >>> suggest("funel", ["funnel", "retention"])
    "did you mean 'funnel'? Allowed: funnel, retention."
    """
    names = sorted(str(name) for name in allowed)
    near = get_close_matches(str(word), names, n=1, cutoff=0.6)
    hint = f"did you mean '{near[0]}'? " if near else ""
    shown = ", ".join(names[:limit]) + (f" and {len(names) - limit} more" if len(names) > limit else "")
    return f"{hint}Allowed: {shown}." if names else "Nothing is allowed here yet."
