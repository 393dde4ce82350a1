"""Reading files at rest without dying: damage becomes an error a person can act on."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import polars as pl

from lib.errors import DamagedDataError

ADVICE = "Run `growthops doctor`: it names the damaged file and how to get it back."


@contextmanager
def guarded(what: str, verify: Callable[[], None] | None = None) -> Iterator[None]:
    """Run a read of files at rest; `what` is the sentence's subject ("the table 'events'", "Brief").

    Polars panics on some damaged files, and a panic is no `Exception`: an uncaught one would end the
    thread of a page without a word. A changed byte can also look like a wrong plan (an unknown column,
    a type that does not fit): `verify`, which raises `DamagedDataError` if a file has changed, tells the
    two apart. Errors of a plan pass unchanged.

    Raises:
        DamagedDataError: a file is missing, cut short, changed or unreadable.
    """
    try:
        yield
    except (pl.exceptions.PanicException, OSError) as error:
        raise _damage(what, error) from error
    except pl.exceptions.PolarsError as error:
        if any(sign in str(error).lower() for sign in _SIGNS):
            raise _damage(what, error) from error
        if verify is not None:
            verify()
        raise


_SIGNS = ("parquet", "thrift", "snappy", "decompress", "page header", "out-of-spec", "utf-8", "arrow:schema")
"""Words of a file reader; Polars has no class of error of its own for that."""


def _damage(what: str, error: BaseException) -> DamagedDataError:
    reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
    return DamagedDataError(f"A file of {what} cannot be read ({reason}). {ADVICE}")
