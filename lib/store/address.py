"""Where the state of a workspace is: a file in its folder, or a database on a PostgreSQL server."""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from lib.errors import StoreError
from lib.settings import StorePlace

VARIABLE = "GROWTHOPS_STORE_URL"
FILE = "app.db"

_SQLITE = re.compile(r"sqlite(?:\+(?P<driver>\w+))?:(?P<rest>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Address:
    """Either a SQLite `file`, or the `url` of a database server. `name` is safe to show: it has no password."""

    name: str
    file: Path | None = None
    url: str = field(default="", repr=False)

    @property
    def subject(self) -> str:
        """The name where a sentence begins."""
        return self.name if self.file is not None else self.name[0].upper() + self.name[1:]


def address(workspace: Path, place: StorePlace) -> Address:
    """Where the state is: `GROWTHOPS_STORE_URL`, else `[store] url`, else `app.db` in the workspace folder.

    Raises:
        StoreError: the environment variable it names is not set, or it is an address of no use to us.
    """
    said = os.environ.get(VARIABLE) or place.url or ""
    if said.startswith("env:"):
        variable = said.removeprefix("env:")
        said = os.environ.get(variable, "")
        if not said:
            raise StoreError(f"[store] url names the environment variable {variable!r}, which is not set.")
    if not said:
        return _of_file(workspace / FILE)
    sqlite = _SQLITE.fullmatch(said)
    if sqlite is None:
        return Address(f"the {re.split('[:+]', said, maxsplit=1)[0][:40]} database", url=said)
    path = sqlite["rest"].removeprefix("///")
    if sqlite["driver"] not in (None, "pysqlite") or path == sqlite["rest"] or not _is_plain(path):
        raise StoreError(
            f"[store] url {said!r} is not a plain SQLite file; write one like 'sqlite:///app.db',"
            " relative to the workspace folder, or 'sqlite:////folder/app.db'."
        )
    return _of_file(workspace / path)


def _of_file(file: Path) -> Address:
    return Address(str(file.absolute()), file=file.absolute())


def _is_plain(path: str) -> bool:
    """Several connections have to meet in it, and it has to be there tomorrow; a network path can be neither."""
    return (
        bool(path.strip()) and not path.startswith((":memory:", "file:", "//", "\\\\")) and not set(path) & set("?\0")
    )
