"""Canonical tables at rest: loaded, identified, deduplicated, sorted, committed, and read back."""

from lib.warehouse.doctor import Finding, examine, restore
from lib.warehouse.guard import guarded
from lib.warehouse.inputs import Batch, Counts, Input, LoadReport
from lib.warehouse.stamp import Stamp
from lib.warehouse.warehouse import Warehouse

__all__ = [
    "Batch",
    "Counts",
    "Finding",
    "Input",
    "LoadReport",
    "Stamp",
    "Warehouse",
    "examine",
    "guarded",
    "restore",
]
