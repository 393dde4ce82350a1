"""What the rows of a revenue file say beside the canonical columns, and which subscriptions are not whole."""

import polars as pl

from lib.sources.amounts import plain_number, to_minor
from lib.sources.extras import as_text
from lib.sources.moments import habit_of, to_instants
from lib.sources.plan import Plan
from lib.sources.presets.months import AT, IDLE, MOVED, PRORATED, SAME, SIGN
from lib.sources.raw import LINE, ROW, Raw


def sided(good: pl.DataFrame, piece: Raw, plan: Plan) -> pl.DataFrame:
    """The good rows with the side columns that their preset made (`lib.sources.presets.intervals.SIDES`)."""
    slot = {name: f"c{place}" for place, name in enumerate(piece.names)}
    columns = [pl.col(ROW).alias("_row"), pl.col(LINE).alias("_line"), pl.col(slot[SAME]).alias("_same")]
    if SIGN in slot:
        columns.append(pl.col(slot[SIGN]).alias("_sign"))
    if MOVED in slot:
        columns.append(to_minor(plain_number(pl.col(slot[MOVED]), plan.decimal), plan.digits).alias("_moved"))
    for name, side in ((PRORATED, "_prorated"), (IDLE, "_idle")):
        if name in slot:
            columns.append(pl.col(slot[name]).eq("true").fill_null(False).alias(side))
    beside = piece.frame.select(columns)
    if AT in slot:
        cells = piece.frame[slot[AT]]
        beside = beside.with_columns(to_instants(cells, plan.zone, habit_of(cells), plan.spec.date_format).alias("_at"))
    if PRORATED in slot:
        beside = beside.with_columns(_lasts(piece, plan).alias("_seconds"))
    return good.join(beside.unique("_row", keep="first"), on="_row", how="left", maintain_order="left")


def _lasts(piece: Raw, plan: Plan) -> pl.Series:
    """How many seconds lie between the first and the last moment of each row; vendors prorate by these."""
    ends = []
    for column in ("start_date", "end_date"):
        cells = piece.frame[f"c{piece.names.index(plan.mapped.columns[column])}"]
        ends.append(to_instants(cells, "UTC", plan.habits.get(column, habit_of(cells)), plan.spec.date_format))
    return (ends[1] - ends[0]).dt.total_seconds()


def broken(good: pl.DataFrame, piece: Raw, plan: Plan) -> list[str]:
    """The subscriptions of which a row of this piece is in quarantine, unless it is in another currency."""
    name, code = (plan.mapped.columns.get(column) for column in ("subscription_id", "currency"))
    if good.height == piece.frame.height or name not in piece.names:
        return []
    counts = good.group_by(pl.col("_row").alias(ROW)).len("_kept")
    rows = piece.frame.with_columns(pl.len().over(ROW).alias("_all")).join(counts, on=ROW, how="left")
    lost = rows.filter(pl.col("_kept").fill_null(0) < pl.col("_all"))
    if code in piece.names:
        lost = lost.filter(_text(piece, code).str.to_uppercase().eq(plan.currency).fill_null(True))
    return lost.select(_text(piece, name).drop_nulls().unique().sort()).to_series().to_list()


def _text(piece: Raw, name: str) -> pl.Expr:
    slot = f"c{piece.names.index(name)}"
    return as_text(pl.col(slot), piece.frame.schema[slot]).str.strip_chars()
