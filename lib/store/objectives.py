"""Objectives: where people want to be at the end of a cycle, each with all its versions."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lib.errors import StoreError
from lib.store.book import Book, one_of, optional_line
from lib.store.kinds import line
from lib.store.records import Level, Objective, ObjectiveKind, ObjectiveStatus
from lib.store.tables import OBJECTIVES

CYCLE = re.compile(r"\d{4}(-(Q[1-4]|H[12]|0[1-9]|1[0-2]))?")


class Objectives(Book[Objective]):
    """The objectives of a workspace."""

    TABLE = OBJECTIVES
    PREFIX = "o"

    def made(self, row: Mapping[Any, Any]) -> Objective:
        """The objective of a row."""
        return Objective(**row)

    def sound(self, record: Objective) -> Objective:
        """As it is kept; raises `StoreError` for an unknown word, a cycle that is none, or itself as its parent."""
        one_of(record.level, Level, "The level")
        one_of(record.kind, ObjectiveKind, "The kind of objective")
        one_of(record.status, ObjectiveStatus, "The status")
        if not CYCLE.fullmatch(record.cycle):
            raise StoreError(f"{record.cycle!r} is no cycle; write one like 2026-Q1, 2026-H1, 2026-03 or 2026.")
        if record.parent_id is not None and record.parent_id == record.objective_id:
            raise StoreError(f"{record.words[0].upper()}{record.words[1:]} cannot lie under itself.")
        return replace(
            record,
            title=line(record.title, "The title", 200),
            owner=line(record.owner, "The owner", 120),
            team=optional_line(record.team, "The team", 120),
            parent_id=optional_line(record.parent_id, "The parent", 40),
        )
