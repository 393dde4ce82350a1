"""A process of its own that loads, to be killed: `python -m tests.warehouse.loader`, workspaces on its input."""

import os
import sys

import polars as pl

from lib.warehouse import Input, Warehouse

from .build import NOW, Piece, events, many, rejected_rows, source, users


def first_inputs() -> list[Input]:
    """What is there before."""
    return [source("events", many(120, 1), mark="first"), source("users", users("u1", "u2", "lone"), mark="first")]


def second_inputs() -> list[Input]:
    """What the killed load brings: new events and months, a new column, merges, an update, bad rows."""
    new = many(200, 2, start="2026-02-10")
    return [
        source("events", new[:90], Piece(new[90:], rejected_rows(3)), mark="second"),
        source("events", events(("2026-05-01", "pay", "u1", "d2"), seats=[3]), mark="third"),
        source("users", users("u2", "u9", country=["DE", "FR"]), mark="second"),
        source("aliases", pl.DataFrame({"anon_id": ["u3", "u4"], "user_id": ["u5", "u6"]}), mark="second"),
    ]


def main() -> None:
    """Load into each workspace named on a line, in a child of its own, and say when it begins and ends.

    Forking is safe only because this process does nothing but import: no thread has been started yet.
    It saves each child the time that importing takes.
    """
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            warehouse = Warehouse.open(line.strip())
            print(os.getpid(), flush=True)
            warehouse.load(second_inputs(), now=NOW)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print("loaded" if status == 0 else "killed" if os.WIFSIGNALED(status) else "failed", flush=True)


if __name__ == "__main__":
    main()
