"""Canonical tables at rest: loaded, identified, deduplicated, sorted, committed, and read back."""

from .guard import guarded
from .inputs import Batch, Counts, Input, LoadReport
from .stamp import Stamp
from .warehouse import Warehouse

__all__ = ["Batch", "Counts", "Input", "LoadReport", "Stamp", "Warehouse", "guarded"]
