"""A piece of a source becomes canonical rows and rejected rows. Nothing is lost: read = good + rejected."""

from datetime import timedelta

import polars as pl

from lib.model import Column
from lib.sources.casts import Fault, faults_of, said, value_of
from lib.sources.currencies import foreign
from lib.sources.extras import ExtraKind, as_text, to_json, typed
from lib.sources.moments import Habit, to_days, to_instants
from lib.sources.plan import OTHER_NULLS, TEXT_NULLS, Plan, cleaned
from lib.sources.raw import LINE, RAW_LIMIT, ROW, TOO_LONG, Raw
from lib.sources.source import REJECTED
from lib.sources.text import CELL_LIMIT

PUNCTUAL = ("events", "touchpoints")


def canonical(piece: Raw, plan: Plan) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The good rows (columns at rest, `_row`, extras) and the rejected ones (schema `REJECTED`) of a piece."""
    columns = given_columns(plan)
    frame = piece.frame
    slot = {name: f"c{place}" for place, name in enumerate(piece.names)}
    cells = frame.select(
        ROW,
        LINE,
        *(_cells(column, plan, slot, frame.schema).alias(f"t:{column.name}") for column in columns),
        *(_extra_cells(name, slot, frame.schema).alias(f"e:{name}") for name in plan.extras),
    )
    work = _values(cells, columns, plan)
    faults = _faults(columns, work.schema, plan, frame, slot)
    bad = work.select(fault.holds.fill_null(False).alias(str(i)) for i, fault in enumerate(faults))
    held = [i for i, found in enumerate(bad.select(pl.all().any()).row(0)) if found] if bad.height else []
    rejected = [_broken(piece)]
    if held:
        text = _source_text(piece, plan)
        rejected += [_rejected(work, frame, bad.to_series(i), faults[i], text) for i in held]
        work = work.filter(~bad.select(pl.any_horizontal(str(i) for i in held)).to_series())
    return _rows(work, columns, plan), pl.concat(rejected)


def given_columns(plan: Plan) -> list[Column]:
    """The canonical columns this source gives: mapped, constant, with a default, or derived."""
    names = {*plan.mapped.columns, *plan.spec.constants, *(["email_domain"] if plan.mapped.email else [])}
    if plan.table.extras and not plan.table.typed_extras and plan.extras:
        names.add(plan.table.extras)
    return [c for c in plan.table.columns if c.name in names or c.stored in names or c.default is not None]


def _cells(column: Column, plan: Plan, slot: dict[str, str], schema: pl.Schema) -> pl.Expr:
    source = plan.mapped.columns.get(column.name)
    if source is None and column.name == "email_domain":
        source = plan.mapped.email
    nulls = TEXT_NULLS if column.kind in ("str", "json") else OTHER_NULLS
    constant = plan.spec.constants.get(column.name, plan.spec.constants.get(column.stored))
    if source is None or source not in slot:
        cell, dtype = pl.lit(None, pl.String()), pl.String()
    else:
        dtype = schema[slot[source]]
        cell = cleaned(pl.col(slot[source]), dtype, nulls)
    if constant is None:
        return cell
    text = str(constant).lower() if isinstance(constant, bool) else str(constant)
    return pl.coalesce(as_text(cell, dtype), pl.lit(text))


def _extra_cells(name: str, slot: dict[str, str], schema: pl.Schema) -> pl.Expr:
    if name not in slot:
        return pl.lit(None, pl.String())
    return cleaned(pl.col(slot[name]), schema[slot[name]], TEXT_NULLS)


def _values(cells: pl.DataFrame, columns: list[Column], plan: Plan) -> pl.DataFrame:
    """Add `v:` columns: typed values, defaults filled in, event names renamed."""
    made = [
        value_of(column, cells[f"t:{column.name}"], plan).alias(f"v:{column.name}")
        for column in columns
        if column.kind not in ("ts", "date")
    ]
    for name, kind in plan.kinds.items():
        made.append(typed(pl.col(f"e:{name}"), cells.schema[f"e:{name}"], kind, plan.decimal).alias(f"x:{name}"))
    work = cells.with_columns(made)
    for column in columns:
        if column.kind in ("ts", "date"):
            to = to_instants if column.kind == "ts" else to_days
            habit = plan.habits.get(column.name, Habit())
            values = to(work[f"t:{column.name}"], plan.zone, habit, plan.spec.date_format)
            work = work.with_columns(values.alias(f"v:{column.name}"))
    defaults = [
        pl.when(pl.col(f"t:{column.name}").is_null())
        .then(pl.lit(column.default == "true") if column.kind == "bool" else pl.lit(column.default))
        .otherwise(pl.col(f"v:{column.name}"))
        .alias(f"v:{column.name}")
        for column in columns
        if column.default is not None
    ]
    work = work.with_columns(defaults) if defaults else work
    if plan.table.name == "events":
        work = work.with_columns(event_names(work["v:name"], plan).alias("v:name"))
    return work


def event_names(names: pl.Series, plan: Plan) -> pl.Series:
    """Event names after the written renames and, where asked for, in snake_case."""
    if not plan.spec.event_names and not plan.spec.snake_case:
        return names
    old = names.drop_nulls().unique()
    new = (
        old.replace(list(plan.spec.event_names), list(plan.spec.event_names.values())) if plan.spec.event_names else old
    )
    if plan.spec.snake_case:
        new = (
            new.str.replace_all(r"(\p{Ll}|\p{N})(\p{Lu})", "${1}_${2}")
            .str.replace_all(r"[^\p{L}\p{M}\p{N}]+", "_")
            .str.strip_chars("_")
            .str.to_lowercase()
            .replace("", None)
        )
    return names.replace(old, new)


def _faults(
    columns: list[Column], schema: pl.Schema, plan: Plan, frame: pl.DataFrame, slot: dict[str, str]
) -> list[Fault]:
    faults = [fault for column in columns for fault in faults_of(column, schema[f"t:{column.name}"], plan)]
    faults += [
        Fault(c.name, pl.col(f"t:{c.name}").is_null() & pl.col(f"v:{c.name}").is_null(), pl.lit(f"{c.name} is empty"))
        for c in columns
        if c.required
    ]
    if plan.table.name == "events" and plan.spec.snake_case:
        nameless = pl.col("t:name").is_not_null() & pl.col("v:name").is_null()
        faults.append(Fault("name", nameless, said("name", "leaves no name in snake_case")))
    present = [name for name in plan.table.needs_one_of if f"v:{name}" in schema]
    if present:
        nobody = pl.all_horizontal(pl.col(f"v:{name}").is_null() for name in present)
        faults.append(Fault(None, nobody, pl.lit(f"neither {' nor '.join(plan.table.needs_one_of)} is given")))
    for name, kind in plan.kinds.items():
        if kind != "text":
            misfit = pl.col(f"e:{name}").is_not_null() & pl.col(f"x:{name}").is_null()
            shown = pl.col(f"e:{name}").cast(pl.String(), strict=False).str.slice(0, 80)
            words = {"int": "whole number", "float": "finite number", "bool": "true or false"}[kind]
            faults.append(Fault(name, misfit, pl.format("{}: '{}' is no {}", pl.lit(name), shown, pl.lit(words))))
    return faults + _row_faults(schema, plan) + _length_faults(frame, slot)


def _row_faults(schema: pl.Schema, plan: Plan) -> list[Fault]:
    """What can be wrong with a row as a whole."""
    faults = []
    if plan.table.name in PUNCTUAL:
        late = plan.now + timedelta(days=1)
        ahead = pl.format("ts: '{}' lies more than a day in the future", pl.col("t:ts").cast(pl.String(), strict=False))
        faults.append(Fault("ts", pl.col("v:ts") > pl.lit(late).cast(pl.Datetime("us", "UTC")), ahead))
    if "v:currency" in schema:
        faults += foreign(plan)
    if "v:rate" in schema:
        faults.append(Fault("rate", pl.col("v:rate") <= 0, said("rate", "is not above zero")))
    if {"v:start_date", "v:end_date"} <= set(schema):
        reason = pl.format("end_date: '{}' is before start_date '{}'", "v:end_date", "v:start_date")
        faults.append(Fault("end_date", pl.col("v:end_date") < pl.col("v:start_date"), reason))
    return faults


def _length_faults(frame: pl.DataFrame, slot: dict[str, str]) -> list[Fault]:
    """Cells beyond 1 MiB. Looked for once over the piece; only the columns that have one cost a mask."""
    texts = [name for name in slot if frame.schema[slot[name]] == pl.String()]
    if not texts or not frame.height:
        return []
    longest = frame.select(pl.col(slot[name]).str.len_bytes().max() for name in texts).row(0)
    return [
        Fault(name, pl.lit(frame[slot[name]].str.len_bytes() > CELL_LIMIT), pl.lit(f"{name}: {TOO_LONG}"))
        for name, size in zip(texts, longest, strict=True)
        if (size or 0) > CELL_LIMIT
    ]


def _source_text(piece: Raw, plan: Plan) -> pl.Expr:
    """The cells of a source row as one JSON object of text; an e-mail address never leaves the source."""
    hidden = {plan.mapped.email, plan.mapped.columns.get("email_domain")} - {None}
    parts = []
    for place, name in enumerate(piece.names):
        cell = as_text(pl.col(f"c{place}"), piece.frame.schema[f"c{place}"]).str.slice(0, RAW_LIMIT)
        parts.append((cell.str.replace(r"^.*@", "***@") if name in hidden else cell).alias(name))
    return pl.struct(parts).struct.json_encode() if parts else pl.lit("{}")


def _rejected(work: pl.DataFrame, frame: pl.DataFrame, mask: pl.Series, fault: Fault, text: pl.Expr) -> pl.DataFrame:
    raw = frame.filter(mask).select(text.alias("raw"))
    found = work.filter(mask).select(
        ROW, LINE, pl.lit(fault.column, pl.String()).alias("column"), fault.reason.cast(pl.String()).alias("reason")
    )
    return found.with_columns(raw.to_series()).match_to_schema(REJECTED)


def _broken(piece: Raw) -> pl.DataFrame:
    rows = [(item.row, item.line, None, item.reason, item.raw) for item in piece.broken]
    return pl.DataFrame(rows, schema=REJECTED, orient="row")


def _rows(work: pl.DataFrame, columns: list[Column], plan: Plan) -> pl.DataFrame:
    """The columns at rest. Extras become typed columns, or members of the table's JSON column."""
    wanted = [pl.col(f"v:{c.name}").cast(c.dtype).alias(c.stored) for c in columns]
    if plan.table.typed_extras:
        wanted += [pl.col(f"x:{name}").alias(kept) for name, kept in plan.extras.items()]
    elif plan.table.extras and plan.extras:
        given = f"v:{plan.table.extras}"
        members: dict[str, tuple[str, ExtraKind]] = {name: (f"x:{name}", plan.kinds[name]) for name in plan.extras}
        merged = to_json(members, given if given in work.columns else None)
        wanted = [part for part in wanted if part.meta.output_name() != plan.table.extras]
        wanted.append(merged.alias(plan.table.extras))
    return work.select(*wanted, pl.col(ROW).alias("_row"))
