"""Reading files at rest without dying: damage becomes an error a person can act on."""

from collections.abc import Iterator
from contextlib import contextmanager

import polars as pl

from lib.errors import DamagedDataError

ADVICE = "Run `growthops doctor`: it names the damaged file and how to get it back."


@contextmanager
def guarded(what: str) -> Iterator[None]:
    """Run a read of files at rest; `what` is the sentence's subject ("the table 'events'", "Brief").

    Polars panics on some damaged files, and a panic is no `Exception`: an uncaught one would end the
    thread of a page without a word. Errors of a plan (an unknown column, a wrong type) pass unchanged.

    Raises:
        DamagedDataError: a file is missing, cut short or unreadable.
    """
    try:
        yield
    except pl.exceptions.PanicException as error:
        raise DamagedDataError(f"A file of {what} cannot be read ({_first_line(error)}). {ADVICE}") from error
    except (OSError, pl.exceptions.ComputeError) as error:
        if isinstance(error, pl.exceptions.ComputeError) and not _is_damage(error):
            raise
        raise DamagedDataError(f"A file of {what} cannot be read ({_first_line(error)}). {ADVICE}") from error


_SIGNS = ("parquet", "thrift", "snappy", "lz4", "zstd", "decompress", "page header", "out-of-spec", "utf-8", "metadata")


def _is_damage(error: Exception) -> bool:
    """True if the words are those of a file reader; Polars has no class of its own for that."""
    words = str(error).lower()
    return any(sign in words for sign in _SIGNS)


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
