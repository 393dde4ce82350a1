"""What people wrote in this workspace, read once for as long as its files stay as they are."""

from collections.abc import Callable
from pathlib import Path

from lib.errors import StoreError
from lib.queries.workspace import KEPT, Found, Mark, looked, settings, state_of, workspace
from lib.scope import ChannelRule, Cohort
from lib.store import Annotation, Store, open_store
from lib.store.usage import NOBODY


def cohorts() -> dict[str, Cohort]:
    """The rules of the cohorts that are kept under a name.

    Raises:
        StoreError: the state cannot be read.
    """
    return from_state(lambda: store().cohorts(), "cohorts")


def cohort_names() -> dict[str, str]:
    """What the cohorts that are kept are called, by key, in the order of their names.

    Raises:
        StoreError: the state cannot be read.
    """

    def read() -> dict[str, str]:
        return {one.key: one.name for one in store().definitions.list("cohort")} if has_state() else {}

    return from_state(read, "cohort names")


def from_state(read: Callable[[], Found], name: str) -> Found:
    """What was read of the state, remembered while its files stay as they are; read again where it is on a server."""
    file = store().address.file
    if file is None:
        return read()
    return KEPT.get((workspace(), name, _mark(file)), read)


def _mark(database: Path) -> Mark:
    """Changes whenever something is written to the database."""
    log = database.with_name(f"{database.name}-wal")
    return looked(database, lambda: f"{state_of(database)} {state_of(log)}")


def channel_rules() -> tuple[ChannelRule, ...]:
    """The rules in force that say which channel a contact belongs to, in the order in which they are tried.

    Raises:
        StoreError: the state cannot be read.
    """
    return from_state(lambda: store().channel_rules(), "channel rules")


def store() -> Store:
    """What people wrote in this workspace: definitions, annotations, the log of use."""
    return open_store(workspace(), settings())


def has_state() -> bool:
    """False where nobody ever wrote anything, so that looking does not make a database."""
    file = store().address.file
    return file is None or file.exists()


def problem() -> str:
    """Why nothing that people write can be read or kept now, in a sentence; empty where it can."""
    try:
        annotations()
    except StoreError as error:
        return str(error)
    return ""


def annotations() -> tuple[Annotation, ...]:
    """Everything noted on charts, by date.

    Raises:
        StoreError: the state cannot be read.
    """
    return from_state(lambda: store().annotations.list() if has_state() else (), "annotations")


def author() -> str:
    """Under which name changes of this visitor are kept: `[adoption] person` of the settings, else "local"."""
    return settings().adoption.person or NOBODY
