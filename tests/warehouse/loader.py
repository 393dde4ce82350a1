"""A process of its own that loads, to be killed: `python -m tests.warehouse.loader WORKSPACE`."""

import sys
from pathlib import Path

import polars as pl

from lib.warehouse import Input, Warehouse

from .build import NOW, Piece, events, many, rejected_rows, source, users

FIRST = many(120, 1)
SECOND = many(200, 2, start="2026-02-10")


def first_inputs() -> list[Input]:
    """What is there before."""
    return [source("events", FIRST, mark="first"), source("users", users("u1", "u2", "lone"), mark="first")]


def second_inputs() -> list[Input]:
    """What the killed load brings: new events and months, a new column, merges, an update, bad rows."""
    return [
        source("events", SECOND[:90], Piece(SECOND[90:], rejected_rows(3)), mark="second"),
        source("events", events(("2026-05-01", "pay", "u1", "d2"), seats=[3]), mark="third"),
        source("users", users("u2", "u9", country=["DE", "FR"]), mark="second"),
        source("aliases", pl.DataFrame({"anon_id": ["u3", "u4"], "user_id": ["u5", "u6"]}), mark="second"),
    ]


def main(workspace: Path) -> None:
    """Say when the work begins, then load."""
    warehouse = Warehouse.open(workspace)
    print("ready", flush=True)
    warehouse.load(second_inputs(), now=NOW)
    print("done", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
