"""How long work tells whoever waits for it how far it is."""

from collections.abc import Callable

Progress = Callable[[str, float], None]
"""Called with a sentence ("Sorting March 2026") and the share done, 0 to 1, never going back."""


def silent(_what: str, _share: float) -> None:
    """Tell nobody."""
