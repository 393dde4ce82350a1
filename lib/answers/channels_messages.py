"""How far messages and keywords carry: a funnel by fields of the first contact, as a matrix and as classes."""

from collections.abc import Sequence

import polars as pl

from lib.answers.first_contact import first_contacts
from lib.answers.log import Log
from lib.answers.segments import NONE
from lib.engine import collect
from lib.facts import Facts
from lib.questions import Event
from lib.scope import Scope
from lib.stats import newcombe, wilson_high, wilson_low

BETWEEN, GENERIC = " · ", "generic"


def furthest(facts: Facts, scope: Scope, fields: Sequence[str], events: Sequence[str]) -> str | None:
    """The one of these events that most people did in the scope whose first contact has one of these fields.

    Of several that equally many did, the last one. None where nobody did any.
    """
    has = pl.any_horizontal(pl.col(field).is_not_null() for field in fields)
    people = first_contacts(facts).filter(has)["person"]
    low, high = scope.bounds(facts.timezone)
    log = Log(facts, scope, low=low, high=high, kept=("name",))
    rows = log.rows([Event(event=tuple(events))]).filter(pl.col("person").is_in(people.implode()))
    counted = dict(collect(rows.group_by("name").agg(pl.col("person").n_unique())).rows())
    return max(reversed(events), key=lambda name: counted.get(name, 0)) if counted else None


def through(steps: pl.DataFrame, floor: int) -> pl.DataFrame:
    """From the table `steps` of a funnel: one row per segment, the largest share first, those with few people last.

    `segment`, `started`, `users` (who did the last step), `share` (users ÷ started), `low`, `high` (its 95 % interval,
    Wilson), `few` (fewer than `floor` started: not compared).
    """
    last = steps.filter(pl.col("step") == pl.col("step").max()).select("segment", "users")
    starts = steps.filter(pl.col("step") == 1).select("segment", started="users").filter(pl.col("started") > 0)
    rows = starts.join(last, on="segment").with_columns(share=pl.col("users") / pl.col("started"))
    ends = {"low": wilson_low, "high": wilson_high}
    rows = rows.with_columns(
        few=pl.col("started") < floor, **{name: end(pl.col("users"), pl.col("started")) for name, end in ends.items()}
    )
    return rows.sort(["few", "share", "segment"], descending=[False, True, False])


def matrix(steps: pl.DataFrame, floor: int) -> pl.DataFrame:
    """One row per audience and creative of the first contact, beside the generic message to the same audience.

    `audience`, `creative`, the columns of `through`, and `is_generic`, `difference` (share less that of the generic
    message), `difference_low`, `difference_high` (its 95 % interval, Newcombe). The generic message is the one whose
    name says so, else the one that most audiences had, if several did. Without it, or with few people on one side,
    there is no difference. People whose contact names neither are left out.
    """
    rows = through(steps, floor).filter(pl.col("segment") != NONE)
    parts = pl.col("segment").str.splitn(BETWEEN, 2).struct
    rows = rows.with_columns(audience=parts.field("field_0"), creative=parts.field("field_1").fill_null(NONE))
    generic = _generic(rows)
    base = {row["audience"]: row for row in rows.iter_rows(named=True) if row["creative"] == generic}
    found: list[tuple[bool, float | None, float | None, float | None]] = []
    for row in rows.iter_rows(named=True):
        other = base.get(row["audience"])
        same = row["creative"] == generic
        if other is None or same or row["few"] or other["few"]:
            found.append((same, None, None, None))
            continue
        low, high = newcombe(row["users"], row["started"], other["users"], other["started"])
        found.append((same, row["share"] - other["share"], low, high))
    schema = {"is_generic": pl.Boolean(), "difference": pl.Float64(), "difference_low": pl.Float64(),
              "difference_high": pl.Float64()}  # fmt: skip
    return rows.hstack(pl.DataFrame(found, schema=schema, orient="row")).sort("audience", "is_generic", "creative")


def _generic(rows: pl.DataFrame) -> str | None:
    """The creative that others are compared with."""
    known = rows.filter(pl.col("creative") != NONE)
    sizes = known.group_by("creative").agg(audiences=pl.len(), people=pl.col("started").sum())
    sizes = sizes.with_columns(said=pl.col("creative").str.to_lowercase().str.contains(GENERIC, literal=True))
    sizes = sizes.filter(pl.col("said") | (pl.col("audiences") > 1))
    order = sizes.sort(["said", "audiences", "people", "creative"], descending=[True, True, True, False])
    return order["creative"][0] if order.height else None
