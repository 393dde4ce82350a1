"""A sheet of revenue per account and month as it stands, for putting beside our own: nothing is made of it."""

from datetime import UTC, datetime

import polars as pl

from lib.errors import SourceError
from lib.settings import Settings
from lib.sources.canonical import canonical
from lib.sources.currencies import Marks, check_header
from lib.sources.plan import make_plan, survey
from lib.sources.presets import target_of
from lib.sources.reading import nothing, open_reader, shaping_of
from lib.sources.source import Source

SHEET = {"account_id": pl.String(), "month": pl.Date(), "cents": pl.Int64(), "currency": pl.String()}


def amounts(
    source: Source, settings: Settings, *, now: datetime | None = None, rates: frozenset[str] = frozenset()
) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """The amounts: `account_id`, `month` (its first day), `cents` (minor units), `currency`; and what was left out.

    Raises:
        SourceError: it is no sheet per account and month, or cannot be read.
    """
    preset = source.spec.preset
    if preset is None or target_of(preset, source.spec.table)[1].gather != "months":
        raise SourceError(
            f"{source.label} is no sheet of revenue per account and month: it needs a column of accounts, and either a"
            " column per month (2026-01, 2026-02, …) or the columns month and mrr."
        )
    reader, decimal = open_reader(source)
    pieces = list(reader.pieces()) or [nothing(reader)]
    seen = survey(pieces, source.spec, decimal, source.label)
    plan = make_plan(
        source.spec, source.label, seen, decimal, settings, now or datetime.now(UTC), is_file=True, rates=rates
    )
    check_header(plan)
    marks, shaping = Marks(), shaping_of(plan)
    found, refused = [pl.DataFrame(schema=SHEET)], set[int]()
    for piece in pieces:
        marks.check(piece, plan)
        good, bad = canonical(piece, plan)
        refused |= set(bad["row"])
        once = shaping.spread(good, piece).unique(["_same", "start_date"], keep="first", maintain_order=True)
        code = pl.col("currency") if "currency" in once.columns else pl.lit(None, pl.String())
        found.append(once.select("account_id", month="start_date", cents="mrr_cents", currency=code))
    notes = [f"{len(refused):,} rows of {source.label} could not be read and are left out."] if refused else []
    return pl.concat(found), (*getattr(reader, "notes", list)(), *notes)
