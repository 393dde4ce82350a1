"""How the dashboard itself is used: one row a use, written behind the page's back.

Noting a use costs the page microseconds and can never fail it: the row goes into a queue, and a thread of its own
writes what has gathered there. What cannot be written is dropped, and the log says so.
"""

import atexit
import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from queue import Empty, Full, Queue
from typing import TYPE_CHECKING, Any, Literal, get_args

from lib.settings import Adoption

if TYPE_CHECKING:
    import polars as pl

    from lib.store.database import Database

LOG = logging.getLogger("growthops")
NOBODY = "local"
MOST_WAITING = 10_000
LARGEST_BATCH = 500
SECONDS_TO_END = 5

Action = Literal["view", "change", "save", "export", "share", "open_shared", "edit_definition"]
_WIDTHS = {"person_id": 120, "session_id": 80, "page": 80, "object_key": 200, "shared_by": 120}
_END = object()


class UsageLog:
    """The usage log of a workspace."""

    def __init__(self, database: Callable[[], "Database"], adoption: Adoption, now: Callable[[], datetime]) -> None:
        """`database` is only asked for when there is something to write or read; `now` is the clock."""
        self._database, self._adoption, self._now = database, adoption, now
        self._waiting: Queue[Any] = Queue(MOST_WAITING)
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._is_failing = False

    def record(
        self,
        action: Action,
        page: str,
        *,
        session_id: str = "",
        person: str | None = None,
        object_key: str | None = None,
        shared_by: str | None = None,
    ) -> None:
        """Note one use: who did what, where, to which thing (`view/weekly-signups`), and whose shared link it was.

        `person` is the name of who is logged in; without one it is `[adoption] person` of growthops.toml, else
        "local". Nothing is noted where `[adoption] log` is off. Never raises.
        """
        if not self._adoption.log:
            return
        try:
            if action not in get_args(Action):
                raise ValueError(f"{action!r} is not one of {', '.join(get_args(Action))}")
            said = {"person_id": person or self._adoption.person or NOBODY, "session_id": session_id, "page": page}
            told = {"object_key": object_key, "shared_by": shared_by}
            row = {name: _fitting(name, text) for name, text in said.items()}
            row |= {name: text and _fitting(name, text) for name, text in told.items()}
            self._start()
            self._waiting.put_nowait({"at": self._now(), "action": action, **row})
        except Full:
            self._failed(f"{MOST_WAITING:,} uses wait to be written")
        except Exception as error:  # the page comes first, whatever it is
            self._failed(error)

    def flush(self) -> None:
        """Wait until everything noted so far is written, or was given up."""
        if self._waiting.unfinished_tasks:
            self._start()
            self._waiting.join()

    def close(self) -> None:
        """Write what waits, and end the thread; a later use starts another."""
        with self._starting:
            thread, self._thread = self._thread, None
        if thread is not None:
            with suppress(Full):  # nothing moves: the end of the program does not wait for it
                self._waiting.put(_END, timeout=SECONDS_TO_END)
                thread.join(SECONDS_TO_END)
            atexit.unregister(self.close)

    def frame(self, since: datetime, until: datetime) -> "pl.DataFrame":
        """Uses in since ≤ at < until, oldest first.

        Columns: at (UTC), person_id, session_id, page, action, object_key, shared_by.

        Raises:
            StoreError: the database cannot be read.
        """
        import polars as pl
        from sqlalchemy import select

        from lib.store.tables import USAGE

        self.flush()
        columns = [column for column in USAGE.c if column.name != "use_id"]
        schema: dict[str, Any] = {column.name: pl.String() for column in columns}
        query = select(*columns).where(USAGE.c.at >= since, USAGE.c.at < until).order_by(USAGE.c.at, USAGE.c.use_id)
        with self._database().reading() as connection:
            rows = [tuple(row) for row in connection.execute(query)]
        return pl.DataFrame(rows, schema | {"at": pl.Datetime("us", "UTC")}, orient="row")

    # ------------------------------------------------------------------ the thread

    def _start(self) -> None:
        if self._thread is not None:
            return
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._write_on, name="usage log", daemon=True)
                self._thread.start()
                atexit.register(self.close)

    def _write_on(self) -> None:
        while True:
            batch = [self._waiting.get()]
            while len(batch) < LARGEST_BATCH and batch[-1] is not _END:
                try:
                    batch.append(self._waiting.get_nowait())
                except Empty:
                    break
            self._write([row for row in batch if row is not _END])
            for _ in batch:
                self._waiting.task_done()
            if batch[-1] is _END:
                return

    def _write(self, rows: list[dict[str, Any]]) -> None:
        if not rows:
            return
        try:
            from sqlalchemy import insert

            from lib.store.tables import USAGE

            with self._database().writing() as connection:
                connection.execute(insert(USAGE), rows)
            self._is_failing = False
        except Exception as error:  # nobody waits for this thread, so nobody else would hear of it
            self._failed(error)

    def _failed(self, reason: object) -> None:
        """One line for each time it begins to fail, not one for each use."""
        if not self._is_failing:
            words = str(reason).strip() or type(reason).__name__
            LOG.warning("The use of a page could not be noted: %s", words.splitlines()[0])
        self._is_failing = True


def _fitting(column: str, text: str) -> str:
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")[: _WIDTHS[column]]
