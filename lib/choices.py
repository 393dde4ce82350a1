"""What there is to choose from: the events, fields, values and days that the facts hold, and a funnel to begin with."""

from datetime import date
from typing import cast
from zoneinfo import ZoneInfo

import polars as pl

from lib.answers.first_contact import first_contacts
from lib.answers.known_days import last_known
from lib.engine import collect
from lib.facts import TABLE_OF, Facts

MOST_NAMES = 500
MOST_VALUES = 200
MISSING = "(none)"
NOT_TO_CHOOSE = {"name", "props", "traits", "is_internal"}
SAMPLE_PEOPLE = 20_000
COMMON = 0.05
MOST_STEPS = 5


def events(facts: Facts) -> tuple[str, ...]:
    """Names of the events seen, the most frequent first."""
    return tuple(facts.names["name"].head(MOST_NAMES))


def journey(facts: Facts) -> tuple[str, ...]:
    """Of the first people: the events many of them do, ordered by where they come in a person's sequence."""
    log = facts.tables["events"].filter(pl.col("person") < SAMPLE_PEOPLE)
    firsts = collect(log.group_by("person", "name").agg(pl.col("ts").min()))
    ranked = firsts.with_columns(place=pl.col("ts").rank("ordinal").over("person"))
    table = ranked.group_by("name").agg(people=pl.len(), place=pl.col("place").mean())
    left = int(table["people"].max() or 0)  # type: ignore[arg-type]
    common = table.filter(pl.col("people") >= COMMON * left).sort("place", "name")
    chosen: list[str] = []
    for name, people in common.select("name", "people").iter_rows():
        if people <= left and len(chosen) < MOST_STEPS:
            chosen.append(name)
            left = people
    return tuple(chosen)


def beginning(facts: Facts, goal: str) -> str:
    """What most of the first people who did an event had done before anything else; the event itself for nobody."""
    log = facts.tables["events"].filter(pl.col("person") < SAMPLE_PEOPLE).select("person", "name", "ts")
    did = log.filter(pl.col("name") == goal).select(pl.col("person").unique())
    firsts = collect(log.join(did, on="person", how="semi").group_by("person", "name").agg(pl.col("ts").min()))
    first = firsts.sort("ts", "name").unique("person", keep="first", maintain_order=True)
    counted = first.group_by("name").agg(people=pl.len()).sort(["people", "name"], descending=[True, False])
    return str(counted["name"][0]) if counted.height else goal


def fields(facts: Facts) -> tuple[str, ...]:
    """Fields with text in them that a question may filter by or break down by: the events' own first."""
    found: list[str] = []
    for prefix, table in TABLE_OF.items():
        names = [
            name
            for name, kind in facts.fields[prefix].items()
            if kind in (pl.String(), pl.Boolean()) and name not in NOT_TO_CHOOSE and not name.endswith("_id")
        ]
        used = collect(facts.tables[table].select(pl.col(name).is_not_null().any() for name in names))
        found += [f"{prefix}.{name}".lstrip(".") for name in names if used[name].any()]
    return tuple(found)


def loaded(facts: Facts) -> frozenset[str]:
    """Names of the tables in which anything is."""
    names = list(facts.tables)
    rows = pl.concat([facts.tables[name].head(1).select(pl.len()) for name in names])
    return frozenset(name for name, some in zip(names, collect(rows)["len"], strict=True) if some)


def days(facts: Facts) -> tuple[date, date] | None:
    """The first and the last day something is known of: of the events; where there are none, of subscriptions.

    Of these an end counts up to the day of the load: it may be agreed for years to come. None where there is neither.
    """
    if facts.first is not None:
        return facts.first.astimezone(ZoneInfo(facts.timezone)).date(), cast("date", last_known(facts, None))
    first = collect(facts.tables["subscriptions"].select(pl.col("start_date").min())).item()
    return None if first is None else (first, cast("date", last_known(facts, first)))


def values(facts: Facts, field: str) -> tuple[str, ...]:
    """The most frequent values of a field, and `(none)` where some rows have no value."""
    prefix, _, name = field.rpartition(".")
    column = pl.col(name).cast(pl.String()).fill_null(MISSING).alias("value")
    rows = (_people(facts) if prefix == "touch" else facts.tables[TABLE_OF[prefix]]).select(column)
    counted = collect(rows.group_by("value").agg(rows=pl.len()).sort(["rows", "value"], descending=[True, False]))
    return tuple(counted["value"].head(MOST_VALUES))


def _people(facts: Facts) -> pl.LazyFrame:
    """A row for everybody who was ever seen, with the fields of their first contact."""
    seen = facts.tables["events"].select(pl.col("person").unique())
    return seen.join(first_contacts(facts).lazy(), on="person", how="left")


def contact_values(facts: Facts, field: str) -> tuple[str, ...]:
    """The most frequent values of a field of marketing contacts, as they came."""
    rows = facts.tables["touchpoints"].select(value=pl.col(field).cast(pl.String())).drop_nulls()
    counted = collect(rows.group_by("value").agg(rows=pl.len()).sort(["rows", "value"], descending=[True, False]))
    return tuple(counted["value"].head(MOST_VALUES))


KINDS = {pl.String(): "text", pl.Boolean(): "truth", pl.Date(): "day"}
NOT_TO_ASK = NOT_TO_CHOOSE | {"ts"}


def kinds(facts: Facts) -> dict[str, str]:
    """Fields a condition may ask about, with what is in them: text, truth, number, day or time.

    The events' own first, then `user.…`, `account.…` and `touch.…`, ids after all others; only fields that some row
    fills.
    """
    found: dict[str, str] = {}
    for prefix, table in TABLE_OF.items():
        columns = {name: _kind(dtype) for name, dtype in facts.fields[prefix].items() if name not in NOT_TO_ASK}
        asked = [name for name, kind in columns.items() if kind]
        used = collect(facts.tables[table].select(pl.col(name).is_not_null().any() for name in asked))
        found |= {f"{prefix}.{name}".lstrip("."): columns[name] for name in asked if used[name].any()}
    return dict(sorted(found.items(), key=lambda item: item[0].endswith("_id")))


def _kind(dtype: pl.DataType) -> str:
    """The kind in a word; empty for what no condition can ask about."""
    return KINDS.get(dtype, "") or ("number" if dtype.is_numeric() else "time" if dtype == pl.Datetime else "")


def products(facts: Facts) -> tuple[str, ...]:
    """Everything that was ever sold, by name."""
    sold = collect(facts.tables["subscriptions"].select(pl.col("product").cast(pl.String()).drop_nulls().unique()))
    return tuple(sold["product"].sort())
