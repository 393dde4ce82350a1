"""A memory of what was worked out: once per key, however many ask at the same time; the least used is forgotten."""

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar, cast

Found = TypeVar("Found")


class _Entry:
    __slots__ = ("is_made", "lock", "size", "value")

    def __init__(self) -> None:
        self.lock, self.is_made, self.size = Lock(), False, 0
        self.value: Any = None


class Memory:
    """Keeps at most `most` values and, where `weigh` tells the bytes of one, at most `bytes_kept` bytes of them.

    Values are shared by all who ask and must not be changed. What fails is not remembered. A lookup costs a tenth of
    one in Streamlit's caches, and a page makes dozens of them.
    """

    def __init__(self, most: int, bytes_kept: int = 0, weigh: Callable[[Any], int] | None = None) -> None:
        self._most, self._bytes, self._weigh = most, bytes_kept, weigh
        self._kept: dict[Hashable, _Entry] = {}
        self._held = 0  # the bytes of the entries kept
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], Found]) -> Found:
        """The value of the key; made by the first who asks, while others who ask for it wait."""
        with self._lock:
            entry = self._kept.pop(key, None) or _Entry()
            self._kept[key] = entry  # the end of the line: used last
        if entry.is_made:
            return cast("Found", entry.value)
        with entry.lock:
            if not entry.is_made:
                entry.value = make()
                entry.is_made = True
                self._weighed(key, entry)
        return cast("Found", entry.value)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()
            self._held = 0

    def __len__(self) -> int:
        return len(self._kept)

    def _weighed(self, key: Hashable, entry: _Entry) -> None:
        """Count what was made, and forget the least used while there is too much."""
        size = self._weigh(entry.value) if self._weigh else 0
        with self._lock:
            if self._kept.get(key) is entry:  # else it was forgotten while it was made
                entry.size = size
                self._held += size
            while len(self._kept) > self._most or (self._held > self._bytes and len(self._kept) > 1):
                self._held -= self._kept.pop(next(iter(self._kept))).size
