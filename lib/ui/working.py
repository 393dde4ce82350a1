"""Long work behind a page: it goes on when the visitor leaves, and says how far it is while they stay."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

import streamlit as st

from lib.progress import Progress

Found = TypeVar("Found")
SECONDS_BETWEEN_LOOKS = 0.15


class Work(Generic[Found]):
    """One piece of work in a thread of its own."""

    def __init__(self, work: Callable[[Progress], Found]) -> None:
        self.said, self.share = "Starting", 0.0
        self.found: list[Found] = []
        self.error: BaseException | None = None
        self._work = work
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.found.append(self._work(self._tell))
        except BaseException as error:
            self.error = error

    def _tell(self, what: str, share: float) -> None:
        self.said, self.share = what, share

    def is_over(self) -> bool:
        """Wait a moment; is it done?"""
        self._thread.join(SECONDS_BETWEEN_LOOKS)
        return not self._thread.is_alive()


def with_progress(work: Callable[[Progress], Found]) -> Found:
    """Do the work, show how far it is, and return what it found; what it raises is raised here."""
    going = Work(work)
    with st.empty():
        while not going.is_over():
            st.progress(min(max(going.share, 0.0), 1.0), going.said)
    if going.error is not None:
        raise going.error
    return going.found[0]
