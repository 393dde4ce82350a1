"""Tests: what was tried, what should move, what was decided and learnt, each with all its versions."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lib.errors import StoreError
from lib.store.book import Book, lines, number, one_of
from lib.store.kinds import line, plain
from lib.store.records import Decision, Experiment, ExperimentStatus, ExperimentUnit
from lib.store.tables import EXPERIMENTS

KIND = re.compile(r"[a-z][a-z_]{0,19}")


class Experiments(Book[Experiment]):
    """The tests of a workspace."""

    TABLE = EXPERIMENTS
    PREFIX = "x"

    def decide(self, seen: Experiment, decision: Decision, learning: str, *, author: str, note: str = "") -> Experiment:
        """Decide a test, and say what was learnt. `seen` is the version the person has looked at.

        Raises:
            ConflictError: there is a newer version. StoreError: nothing was learnt, or it cannot be kept.
        """
        return self.change(
            replace(seen, status="decided", decision=decision, learning=learning), author=author, note=note
        )

    def made(self, row: Mapping[Any, Any]) -> Experiment:
        """The test of a row."""
        return Experiment(**{**row, "guardrails": tuple(row["guardrails"])})

    def sound(self, record: Experiment) -> Experiment:
        """As it is kept; raises `StoreError` for what cannot be."""
        one_of(record.unit, ExperimentUnit, "The unit")
        one_of(record.status, ExperimentStatus, "The status")
        if not KIND.fullmatch(record.kind):
            raise StoreError(f"{record.kind!r} is no kind of test: at most 20 small letters and '_'.")
        if (record.status == "decided") != (record.decision is not None):
            raise StoreError("A test is decided with a decision, and has none before.")
        if record.decision is not None:
            one_of(record.decision, Decision, "The decision")
            line(record.learning, "What was learnt", 4_000)
        if record.start_on and record.end_on and record.end_on < record.start_on:
            raise StoreError(f"The test ends on {record.end_on}, before it begins on {record.start_on}.")
        if record.planned_n is not None and record.planned_n < 1:
            raise StoreError(f"A test over {record.planned_n} has nobody in it; plan for at least 1.")
        return replace(
            record,
            name=line(record.name, "The name", 200),
            hypothesis=line(record.hypothesis, "The hypothesis", 4_000, needed=False),
            owner=line(record.owner, "The owner", 120),
            primary_metric=line(record.primary_metric, "The metric", 80),
            guardrails=lines(record.guardrails, "A guardrail", 80),
            variants={
                line(name, "A variant", 80): number(weight, f"The weight of {name!r}", 0)
                for name, weight in record.variants.items()
            },
            setup=plain(dict(record.setup)),
            learning=line(record.learning, "What was learnt", 4_000, needed=False),
        )
