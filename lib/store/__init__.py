"""State: what people write. Definitions, annotations, objectives, tests and the usage log, in SQLite or PostgreSQL.

Importing this, and opening a store, does not import SQLAlchemy; using one does.
"""

import threading
from pathlib import Path

from lib.settings import Settings, load_settings
from lib.store.changes import Change, changes
from lib.store.kinds import BODIES, Kind, key_for, rule_of
from lib.store.records import CheckIn, Experiment, KeyResult, Objective, Reading, Snapshot, digest, needs_note
from lib.store.store import Store
from lib.store.usage import Action
from lib.store.values import Annotation, AnnotationKind, ConflictError, Definition, Edit, Reach, Status
from lib.store.versioned import Versioned

__all__ = [
    "BODIES",
    "Action",
    "Annotation",
    "AnnotationKind",
    "Change",
    "CheckIn",
    "ConflictError",
    "Definition",
    "Edit",
    "Experiment",
    "KeyResult",
    "Kind",
    "Objective",
    "Reach",
    "Reading",
    "Snapshot",
    "Status",
    "Store",
    "Versioned",
    "changes",
    "close_stores",
    "digest",
    "key_for",
    "needs_note",
    "open_store",
    "rule_of",
]

_OPEN: dict[Path, tuple[Settings, Store]] = {}
_LOCK = threading.Lock()


def open_store(workspace: Path, settings: Settings | None = None) -> Store:
    """The store of a workspace: the same one for all who ask in this process, until its settings change.

    Raises:
        SettingsError: growthops.toml is wrong. StoreError: the address of the database is of no use.
    """
    settings = load_settings(workspace) if settings is None else settings
    with _LOCK:
        known = _OPEN.get(workspace)
        if known is not None and known[0] == settings:
            return known[1]
        fresh = Store(workspace, settings)
        _OPEN[workspace] = (settings, fresh)
    if known is not None:
        known[1].close()
    return fresh


def close_stores() -> None:
    """Let go of every store this process opened with `open_store`."""
    with _LOCK:
        stores = [store for _, store in _OPEN.values()]
        _OPEN.clear()
    for store in stores:
        store.close()
