"""Conditions and fields as Polars expressions, with the values brought to the field's type."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches
from math import isfinite

import polars as pl

from lib.engine import collect
from lib.errors import QuestionError, suggest
from lib.facts import TABLE_OF, Facts
from lib.model import TABLES
from lib.scope import AllOf, AnyOf, Compare, Condition, InCohort, Negation, Scalar, to_utc

MISSING_PASSES = frozenset({"ne", "not_in", "not_contains", "not_matches", "is_not_set"})
STAND_IN = "\ue000"


def tests_of(conditions: Iterable[Condition]) -> Iterator[Compare | InCohort]:
    """The single tests the conditions are made of, in order."""
    for condition in conditions:
        if isinstance(condition, Compare | InCohort):
            yield condition
        elif isinstance(condition, Negation):
            yield from tests_of([condition.negated])
        else:
            yield from tests_of(condition.all if isinstance(condition, AllOf) else condition.any)


def fields_of(conditions: Iterable[Condition]) -> list[str]:
    """Every field the conditions name, each once, in order."""
    return list(dict.fromkeys(test.field for test in tests_of(conditions) if isinstance(test, Compare)))


def with_fields(
    rows: pl.LazyFrame, facts: Facts, fields: Sequence[str], *, of_events: bool = True
) -> tuple[pl.LazyFrame, dict[str, str]]:
    """Put the named fields on event rows (which carry `person`); returns the rows and the column of each field.

    Event columns and properties are there already; `user.x` and `touch.x` come by person, `account.x` by account,
    `cohort.x` says "in" or "not in", and a name that is no column is looked for inside `props` or `traits`, and then
    among the names that a load knows a column by. Rows that are not `of_events` have `person` and `_account` only.

    Raises:
        QuestionError: no such field (the message names the nearest one), or it is about contacts and there are none.
    """
    columns: dict[str, str] = {}
    for field in fields:
        prefix, _, name = field.partition(".")
        if of_events and (field in facts.fields[""] or field == "event_id") and field != "account_id":
            columns[field] = field
        elif of_events and field == "account_id":
            rows, columns[field] = with_account(rows, facts), "_account"
        elif prefix == "user" and has_value(facts, prefix, name):
            values = facts.user_rows.lazy().select("person", _value(facts, prefix, name).alias(field))
            rows, columns[field] = rows.join(values, on="person", how="left", maintain_order="left"), field
        elif prefix == "account" and has_value(facts, prefix, name):
            value = _value(facts, prefix, name).alias(field)
            values = facts.tables["accounts"].select(pl.col("account_id").alias("_account"), value)
            rows = with_account(rows, facts).join(values, on="_account", how="left", maintain_order="left")
            columns[field] = field
        elif prefix == "touch" and name in facts.fields["touch"]:
            values = _first_contacts(facts).lazy().select("person", pl.col(name).cast(pl.String()).alias(field))
            rows, columns[field] = rows.join(values, on="person", how="left", maintain_order="left"), field
        elif of_events and field.removeprefix("cohort.") in facts.cohorts and field.startswith("cohort."):
            inside = _is_in(InCohort(cohort=field.removeprefix("cohort.")), facts)
            rows, columns[field] = rows.with_columns(_said(inside).alias(field)), field
        elif of_events and "props" in facts.fields[""] and facts.has_prop(field):
            rows, columns[field] = rows.with_columns(_member("props", field).alias(f"props.{field}")), f"props.{field}"
        elif (other := _at_rest(field, facts, of_events)) is not None:
            rows, found = with_fields(rows, facts, [other], of_events=of_events)
            columns[field] = found[other]
        else:
            raise QuestionError(f"There is no field {field!r}; {suggest(field, _known(field, facts, of_events))}")
    return rows, columns


def has_value(facts: Facts, prefix: str, name: str) -> bool:
    """Do users (or accounts, or contacts) have this column, or some of them this trait?"""
    return name in facts.fields[prefix] or ("traits" in facts.fields[prefix] and facts.has_prop(name, prefix))


def _value(facts: Facts, prefix: str, name: str) -> pl.Expr:
    return pl.col(name) if name in facts.fields[prefix] else _member("traits", name)


def _at_rest(field: str, facts: Facts, of_events: bool) -> str | None:
    """What a load keeps a column of this name as: `amount` as `value`, `month` as `month_prop`; None where it does not.

    Of our own columns only one that holds something is meant, so that a wrong name is still refused.
    """
    before, dot, name = field.rpartition(".")
    if before not in TABLE_OF or not (before or of_events):
        return None
    known, table = facts.fields[before], TABLES[TABLE_OF[before]]
    column = table.called(name)
    names = [f"{name}_prop", f"{name}_", *([column.stored] if column else [])]
    for other in (one for one in names if one in known):
        if (
            other not in table.schema
            or collect(facts.tables[table.name].select(pl.col(other).is_not_null().any())).item()
        ):
            return f"{before}{dot}{other}"
    return None


def with_cohorts(rows: pl.LazyFrame, facts: Facts, conditions: Iterable[Condition]) -> pl.LazyFrame:
    """Put on the rows, for every cohort the conditions name, whether their `person` belongs to it.

    Raises:
        QuestionError: there is no such cohort, or cohorts are defined by each other.
    """
    named = {_membership(test): test for test in tests_of(conditions) if isinstance(test, InCohort)}
    return rows.with_columns(_is_in(test, facts).alias(column) for column, test in named.items()) if named else rows


def _membership(test: InCohort) -> str:
    """The column that says who is in a cohort."""
    return f"in {test.model_dump_json(by_alias=True)}"


def _is_in(test: InCohort, facts: Facts) -> pl.Expr:
    # A cohort is made of conditions, and a condition may name a cohort: the two modules need each other.
    from lib.answers.cohort_people import people_in

    return pl.col("person").is_in(people_in(facts, test.cohort, test.at).arg_true().cast(pl.Int64()).implode())


def _first_contacts(facts: Facts) -> pl.DataFrame:
    # Whose contact is the first is found by reading the log, which has conditions: the two modules need each other.
    from lib.answers.first_contact import first_contacts

    return first_contacts(facts)


def _said(inside: pl.Expr) -> pl.Expr:
    return pl.when(inside).then(pl.lit("in")).otherwise(pl.lit("not in"))


def with_account(rows: pl.LazyFrame, facts: Facts) -> pl.LazyFrame:
    """Add `_account`: the event's account, filled from the person's row in `users` where it is empty."""
    if "_account" in rows.collect_schema():
        return rows
    known = facts.user_rows.lazy().select("person", _home="account_id")
    joined = rows.join(known, on="person", how="left", maintain_order="left")
    return joined.with_columns(_account=pl.coalesce("account_id", "_home")).drop("_home")


def _member(packed: str, field: str) -> pl.Expr:
    """A member of `props` or `traits`, as text; an empty one is missing, as an empty cell is."""
    # A path cannot name a backslash, so another sign stands for it while the path is followed.
    path = "$['" + field.replace("\\", STAND_IN).replace("'", "\\'") + "']"
    if "\\" not in field:
        found = pl.col(packed).str.json_path_match(path)
    else:
        text = pl.col(packed).str.replace_all("\\\\", STAND_IN, literal=True)
        found = text.str.json_path_match(path).str.replace_all(STAND_IN, "\\", literal=True)
    return pl.when(found != "").then(found)


def _known(field: str, facts: Facts, of_events: bool) -> list[str]:
    """The fields to name beside one that does not exist: those of its own table, unless one elsewhere is near to it."""
    from lib.answers.first_contact import has_contacts

    tables = ("user", "account", "touch") if has_contacts(facts) else ("user", "account")
    named = {of: (set(facts.fields[of]) | facts.some_props(of)) - {"props", "traits"} for of in ("", *tables)}
    own = sorted(named[""]) + [f"cohort.{name}" for name in facts.cohorts]
    of_people = {table: [f"{table}.{name}" for name in sorted(named[table])] for table in tables}
    everywhere = [*(own if of_events else []), *(name for names in of_people.values() for name in names)]
    table = field.partition(".")[0]
    here = of_people.get(table, own if of_events else everywhere)
    return here if get_close_matches(field, here) or not get_close_matches(field, everywhere) else everywhere


def holds(conditions: Iterable[Condition], columns: dict[str, str], schema: pl.Schema, timezone: str) -> pl.Expr:
    """All conditions as one true-or-false expression; never null, so a missing value is decided, not lost.

    The rows carry the `columns` of the fields (`with_fields`), and those of the cohorts (`with_cohorts`).
    """
    return pl.all_horizontal(pl.lit(True), *(_one(part, columns, schema, timezone) for part in conditions))


def _one(condition: Condition, columns: dict[str, str], schema: pl.Schema, timezone: str) -> pl.Expr:
    if isinstance(condition, AllOf):
        return pl.all_horizontal(pl.lit(True), *(_one(part, columns, schema, timezone) for part in condition.all))
    if isinstance(condition, AnyOf):
        return pl.any_horizontal(pl.lit(False), *(_one(part, columns, schema, timezone) for part in condition.any))
    if isinstance(condition, Negation):
        return ~_one(condition.negated, columns, schema, timezone)
    if isinstance(condition, InCohort):
        return pl.col(_membership(condition))
    column = columns[condition.field]
    return _test(condition, pl.col(column), schema[column], timezone).fill_null(condition.op in MISSING_PASSES)


def _test(test: Compare, column: pl.Expr, dtype: pl.DataType, timezone: str) -> pl.Expr:
    """The bare comparison; null where the field is missing."""
    if test.op in ("is_set", "is_not_set"):
        return column.is_not_null() if test.op == "is_set" else column.is_null()
    if test.op in ("contains", "not_contains", "matches", "not_matches"):
        assert isinstance(test.value, Scalar)
        text = column.cast(pl.String())
        pattern = str(_as(test.value, pl.String(), test, timezone))
        found = text.str.contains(pattern, literal=True) if "contains" in test.op else text.str.contains(_regex(test))
        return ~found if test.op.startswith("not_") else found
    if test.op in ("in", "not_in"):
        assert isinstance(test.value, tuple)
        values = [_as(value, dtype, test, timezone) for value in test.value]
        if dtype.is_integer():  # what is not whole, or too large, is in no such column
            values = [value for value in values if isinstance(value, int) and abs(value) < 2**63]
        found = column.is_in(pl.Series(values, dtype=_wide(dtype, values)).implode()) if values else pl.lit(False)
        found = _or_as_number(found, column, dtype, test.value)
        found = pl.when(column.is_not_null()).then(found)
        return ~found if test.op == "not_in" else found
    assert test.value is not None and not isinstance(test.value, tuple)
    given = _as(test.value, dtype, test, timezone)
    value = pl.lit(given, dtype=_wide(dtype, [given]))
    if test.op in ("eq", "ne"):
        equal = _or_as_number(column == value, column, dtype, [test.value])
        return equal if test.op == "eq" else ~equal
    if dtype != pl.String() or (as_number := _number_in(test.value)) is None:
        return _beside(column, test.op, value)
    number = column.cast(pl.Float64(), strict=False)  # a number in text, as JSON properties are
    beside = _beside(number, test.op, pl.lit(as_number))
    if isinstance(test.value, str):  # what is no number is compared as text
        beside = pl.when(number.is_not_null()).then(beside).otherwise(_beside(column, test.op, value))
    return beside


def _beside(column: pl.Expr, op: str, value: pl.Expr) -> pl.Expr:
    return {"gt": column > value, "ge": column >= value, "lt": column < value, "le": column <= value}[op]


def _number_in(value: Scalar) -> float | None:
    """The number that a value is, or is written as."""
    try:
        return float(value)
    except ValueError:
        return None


def _or_as_number(found: pl.Expr, column: pl.Expr, dtype: pl.DataType, values: Iterable[Scalar]) -> pl.Expr:
    """Found, or one of these numbers written with a point or an exponent, where text holds numbers: 5 is "5.0" too."""
    numbers = [float(value) for value in values if not isinstance(value, str | bool)]
    if dtype != pl.String() or not numbers:
        return found
    pointed = column.str.contains(r"^-?\d+(\.\d+|\.?\d*[eE][-+]?\d+)$")
    return found | (pointed & column.cast(pl.Float64(), strict=False).is_in(pl.Series(numbers).implode()))


def _regex(test: Compare) -> str:
    """The pattern, checked before it meets data."""
    try:
        pl.select(pl.lit("").str.contains(str(test.value)))
    except pl.exceptions.ComputeError:
        raise QuestionError(f"{test.field}: {test.value!r} is not a regular expression") from None
    return str(test.value)


def _wide(dtype: pl.DataType, values: Sequence[object]) -> pl.DataType:
    """The type values are compared in: a whole number may be compared with 2.5, and a long id stays exact."""
    if not dtype.is_numeric():
        return dtype
    is_whole = dtype.is_integer() and all(isinstance(value, int) and abs(value) < 2**63 for value in values)
    return pl.Int64() if is_whole else pl.Float64()


def _as(value: Scalar, dtype: pl.DataType, test: Compare, timezone: str) -> object:
    """A JSON value in the field's type, so that "5" finds 5 and 5 finds "5".

    Raises:
        QuestionError: the value cannot be of that type.
    """
    try:
        if dtype == pl.Boolean():
            return {"true": True, "false": False, "1": True, "0": False}[str(value).lower()]
        if dtype.is_numeric():
            number = float(value)
            if not isfinite(number):
                raise ValueError
            if not dtype.is_integer() or not number.is_integer() or abs(number) > 2**63:
                return number
            return int(Decimal(value)) if isinstance(value, str) else int(value)
        if dtype == pl.Date():
            return date.fromisoformat(str(value)[:10])
        if isinstance(dtype, pl.Datetime):
            text = str(value)
            return to_utc(date.fromisoformat(text) if len(text) <= 10 else datetime.fromisoformat(text), timezone)
    except (ValueError, KeyError):
        kind = {pl.Boolean: "true or false", pl.Date: "a date"}.get(type(dtype), "a number")
        kind = "a time stamp" if isinstance(dtype, pl.Datetime) else kind
        raise QuestionError(f"{test.field} is {kind}, and {value!r} is not") from None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
