"""What the C library sets aside for threads: on a server of many threads it adds up, and is not given back."""

import ctypes
import gc
import threading
from contextlib import suppress

M_ARENA_MAX = -8
"""The option of glibc's `mallopt`, from its `malloc.h`."""

ARENAS = 2
EVERY_SECONDS = 30.0


def begin_imports() -> None:
    """Look for no garbage until `end_imports`: modules stay, and looking through them is a tenth of the start."""
    gc.disable()


def end_imports() -> None:
    """Look for garbage again, but not among what is there now."""
    gc.freeze()
    gc.enable()


def limit() -> None:
    """Let all threads share two arenas, where the C library is glibc; to be called before there are threads.

    Left alone, glibc gives each new thread an arena of its own, up to eight for each processor. Streamlit runs a page
    in a thread, so that what a few answers needed for a moment stayed in a dozen places: 60 MB after nine funnels.
    """
    with suppress(OSError, TypeError, AttributeError):  # another C library has no such option
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, ARENAS)


def give_back() -> None:
    """Hand memory that nothing uses back to the system, where the C library is glibc.

    glibc keeps what was freed below something still in use: 25 MB after the first page, more after large answers.
    """
    with suppress(OSError, TypeError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def keep_small(stop: threading.Event | None = None, every: float = EVERY_SECONDS) -> None:
    """Collect garbage and give back what is not used, every so many seconds until `stop` is set.

    For a thread of its own. It stands for the collection after every run of a page that Streamlit would do, which
    looks through the state of all visitors each time: a quarter of what a page costs when fifty are there.
    """
    ended = stop or threading.Event()
    give_back()
    while not ended.wait(every):
        gc.collect()
        give_back()
