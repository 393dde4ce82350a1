"""A process of its own that writes to a store: `python -m tests.store.writer`, one order a line on its input.

Each order is carried out in a child, forked before any thread or connection exists, so that importing is paid once.
What a child does it says on the output, a line each, as soon as it is done.
"""

import os
import signal
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import sqlalchemy.dialects.postgresql
import sqlalchemy.dialects.sqlite  # noqa: F401 - imported ahead of the forks
from alembic import command, config  # noqa: F401
from sqlalchemy import Engine, event

from lib.store import ConflictError, Definition, Edit, Store
from lib.store import definitions as _definitions  # noqa: F401

with suppress(ImportError):
    import_module("psycopg")  # ahead of the forks, too, where it is installed


def say(words: str) -> None:
    """A line in one piece: several processes share the output."""
    os.write(1, f"{words}\n".encode())


def count_up(store: Store, times: int) -> None:
    """Add one to a number `times` times, each time on top of what is there; after a conflict, look again."""
    for _ in range(times):
        edit = Edit("policy", "count", {"past_due_days": 1}, "Count", str(os.getpid()))
        while True:
            try:
                store.definitions.publish(edit)
                break
            except ConflictError as conflict:
                say("conflict")
                assert isinstance(conflict.theirs, Definition)
                days = int(conflict.theirs.body["past_due_days"]) + 1
                edit = Edit(
                    "policy", "count", {"past_due_days": days}, "Count", str(os.getpid()),
                    based_on=conflict.theirs.version,
                )  # fmt: skip
    say("done")


def write_on(store: Store) -> None:
    """Publish one thing after the other, and say so, until killed."""
    for number in range(1_000_000):
        made = store.definitions.publish(
            Edit("funnel", f"k{number}", {"kind": "funnel", "steps": ["a", f"b{number}"]}, "n", "a")
        )
        say(made.key)


def die_before(number: int) -> list[int]:
    """Have this process killed before it sends its statement or commit of this number; returns how many were sent."""
    sent = [0]

    def count(*_: object) -> None:
        sent[0] += 1
        if sent[0] == number:
            say("killed")
            os.kill(os.getpid(), signal.SIGKILL)

    for kind in ("before_cursor_execute", "commit"):
        event.listen(Engine, kind, count)
    return sent


def main() -> None:
    """`FOLDER count 40`, `FOLDER open`, `FOLDER open 7` (killed before statement 7) or `FOLDER write`: says its number,
    then what it does. An empty line: says when all have ended."""
    for line in sys.stdin:
        if not line.strip():
            wait()
            continue
        folder, order, *times = line.split("\t")
        child = os.fork()
        if child == 0:
            say(f"pid {os.getpid()}")
            store = Store(Path(folder.strip()))
            try:
                if order.strip() == "count":
                    count_up(store, int(times[0]))
                elif order.strip() == "open":
                    sent = die_before(int(times[0])) if times else [0]
                    say(f"found {len(store.definitions.list())}")
                    if times:
                        say(f"sent {sent[0]}")
                else:
                    write_on(store)
            except Exception as error:
                say(f"failed {error!r}")
            os._exit(0)
    wait()


def wait() -> None:
    """Until no child is left."""
    with suppress(ChildProcessError):
        while True:
            os.wait()
    say("all ended")


if __name__ == "__main__":
    main()
