"""What the C library sets aside for threads: on a server of many threads it adds up, and is not given back."""

import ctypes
from contextlib import suppress

M_ARENA_MAX = -8
"""The option of glibc's `mallopt`, from its `malloc.h`."""

ARENAS = 2


def limit() -> None:
    """Let all threads share two arenas, where the C library is glibc; to be called before there are threads.

    Left alone, glibc gives each new thread an arena of its own, up to eight for each processor. Streamlit runs a page
    in a thread, so that what a few answers needed for a moment stayed in a dozen places: 60 MB after nine funnels.
    """
    with suppress(OSError, TypeError, AttributeError):  # another C library has no such option
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, ARENAS)
