"""Rows of a database query, through SQLAlchemy, in batches and without writing anything."""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from lib.errors import SourceError
from lib.sources.raw import Raw, slots, with_place
from lib.sources.source import redact

if TYPE_CHECKING:
    from sqlalchemy import Connection

FETCH = 100_000
TIMEOUT_SECONDS = 30
WRITING = re.compile(
    r"\b(insert|update|delete|merge|drop|alter|create|truncate|grant|revoke|attach|detach|pragma|copy|call|exec"
    r"|execute|vacuum|into|replace\s+into|load_extension|load_file|pg_read_file|lo_import|lo_export|readfile"
    r"|writefile)\b",
    re.IGNORECASE,
)
# Asked of the database itself where it can refuse to write and give up on its own.
GUARDS = {
    "sqlite": ("PRAGMA query_only = ON",),
    "postgresql": ("SET TRANSACTION READ ONLY", f"SET LOCAL statement_timeout = '{TIMEOUT_SECONDS * 20}s'"),
    "mysql": ("SET SESSION TRANSACTION READ ONLY",),
    "mariadb": ("SET SESSION TRANSACTION READ ONLY",),
}
CONNECT = {
    "sqlite": {"timeout": TIMEOUT_SECONDS},
    "postgresql": {"connect_timeout": TIMEOUT_SECONDS},
    "mysql": {"connect_timeout": TIMEOUT_SECONDS},
    "mariadb": {"connect_timeout": TIMEOUT_SECONDS},
}


@dataclass(slots=True)
class QueryReader:
    """Reads one `select` of one database. `url` may be `env:NAME`; relative SQLite files lie in `workspace`."""

    url: str
    query: str
    label: str
    workspace: Path | None = None

    def pieces(self) -> Iterator[Raw]:
        """Rows as the database gives them, 100,000 at a time.

        Raises:
            SourceError: the address or query is refused, or the database says no; passwords are hidden.
        """
        check_query(self.query)
        from sqlalchemy import create_engine, text
        from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

        address = self._address()
        secret = address
        try:
            backend = address.split(":", 1)[0].split("+", 1)[0]
            engine = create_engine(address, connect_args=CONNECT.get(backend, {}))
            secret = engine.url.password or address
            try:
                with engine.connect() as connection:
                    _guard(connection, engine.dialect.name)
                    result = connection.execution_options(stream_results=True).execute(text(_literal(self.query)))
                    names, row = _names(result.keys()), 1
                    for rows in result.partitions(FETCH):
                        frame = _frame(rows, len(names))
                        yield Raw(names, with_place(frame, row, None), is_text=False)
                        row += frame.height
                    if row == 1:
                        yield Raw(names, with_place(_frame([], len(names)), 1, None), is_text=False)
            finally:
                engine.dispose()
        except (ArgumentError, NoSuchModuleError, ModuleNotFoundError, ValueError) as error:
            raise SourceError(f"{redact(address)}: no usable database address ({type(error).__name__})") from None
        except SQLAlchemyError as error:
            what = str(getattr(error, "orig", None) or type(error).__name__).splitlines()[0][:200]
            raise SourceError(f"{self.label}: the database says: {what.replace(secret, '***')}") from None

    def _address(self) -> str:
        address = self.url
        if address.startswith("env:"):
            name = address.removeprefix("env:")
            address = os.environ.get(name, "")
            if not address:
                raise SourceError(f"the environment variable {name!r} of this source is not set")
        match = re.fullmatch(r"sqlite(\+\w+)?:///([^?]*)(\?.*)?", address)
        if match:
            return f"sqlite:///{self._sqlite_file(match[2])}"
        return address

    def _sqlite_file(self, name: str) -> Path:
        if name.startswith(("file:", "\\\\", "//")) or name in ("", ":memory:"):
            raise SourceError(f"{self.label}: only a plain SQLite file can be read")
        file = (self.workspace or Path()) / name
        if not file.is_file():  # SQLite would make an empty one
            raise SourceError(f"{self.label}: there is no file {file}")
        return file


def check_query(query: str) -> None:
    """Raise `SourceError` unless the text is a single `select` or `with` that names nothing that writes."""
    bare = re.sub(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`", "''", query)
    bare = re.sub(r"--[^\n]*|/\*.*?\*/", " ", bare, flags=re.DOTALL).strip().rstrip(";").strip()
    if not re.match(r"(select|with)\b", bare, re.IGNORECASE):
        raise SourceError("a source query begins with `select` or `with`")
    if ";" in bare:
        raise SourceError("a source query is one statement; leave out the `;` between several")
    found = WRITING.search(bare)
    if found:
        raise SourceError(f"a source query only reads; `{found[0]}` is refused")


def _literal(query: str) -> str:
    """The query with `:name` escaped: it has no parameters, and `::date` or '12:30' must stay what they are."""
    return re.sub(r"(?<![:\\\w]):(?=\w)", r"\\:", query.strip().rstrip(";"))


def _guard(connection: "Connection", dialect: str) -> None:
    for statement in GUARDS.get(dialect, ()):
        connection.exec_driver_sql(statement)


def _names(keys: Any) -> tuple[str, ...]:
    names: list[str] = []
    for key in keys:
        name, number = str(key), 2
        while name in names:
            name, number = f"{key}_{number}", number + 1
        names.append(name)
    return tuple(names)


def _frame(rows: Sequence[Any], width: int) -> pl.DataFrame:
    columns = list(zip(*rows, strict=True)) if rows else [()] * width
    return pl.DataFrame([_series(slot, values) for slot, values in zip(slots(width), columns, strict=True)])


def _series(name: str, values: Sequence[Any]) -> pl.Series:
    """One column with the type its values share, or their text where they share none."""
    kinds = {type(value) for value in values} - {type(None)}
    if not kinds:
        return pl.Series(name, values, pl.String())
    if (len(kinds) == 1 and kinds <= {str, int, float, bool}) or kinds.isdisjoint({str, bytes, int, float, bool}):
        try:
            made = pl.Series(name, values)
            if made.dtype != pl.Object():
                return made
        except (pl.exceptions.PolarsError, TypeError, OverflowError, ValueError):
            pass
    if kinds == {int, float}:
        return pl.Series(name, [None if value is None else float(value) for value in values], pl.Float64())
    return pl.Series(name, [None if value is None else _text(value) for value in values], pl.String())


def _text(value: object) -> str:
    if isinstance(value, bytes | memoryview):
        raw = bytes(value)
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            return raw.hex()
    return str(value)
