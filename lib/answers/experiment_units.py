"""Who took part in a test: every unit once, with the variant it saw first."""

from dataclasses import dataclass

import polars as pl

from lib.answers import segments
from lib.answers.conditions import fields_of, holds, with_cohorts, with_fields
from lib.answers.funnel_units import after
from lib.answers.homes import homes
from lib.answers.log import Log
from lib.engine import collect
from lib.errors import QuestionError, suggest
from lib.facts import TS, Facts
from lib.questions import CountBy, Experiment
from lib.scope import Scope

LIKELY_CONTROLS = ("control", "hold_out", "holdout", "held_out", "baseline", "original", "off", "a")
LEAD = "lead_id"


@dataclass(frozen=True)
class Units:
    """The units of a test.

    `frame`: `unit` (a number), `variant`, `at` (first exposure), `until` (the last instant that counts, or nothing),
    `is_over` (that instant has passed), `segment`. `several` saw more than one variant, `internal` are left out, and
    `strangers` are ids that no event and no user has. `kind` is what the units are.
    """

    frame: pl.DataFrame
    kind: str
    several: int
    internal: int
    strangers: int

    @property
    def variants(self) -> list[str]:
        """Every variant somebody saw, by name."""
        return self.frame["variant"].unique().sort().to_list()

    @property
    def count_by(self) -> CountBy:
        """What the log counts for such units."""
        return "account" if self.kind == "account" else "user"


def units(question: Experiment, facts: Facts) -> Units:
    """The units of the test whose first exposure lies in the scope and who fulfil its conditions.

    Raises:
        QuestionError: there is no such test, its units are of kinds that cannot be mixed, or a field does not exist.
    """
    rows = _exposures(question, facts)
    kinds = set(rows["unit_kind"].unique()) - {"anon"} or {"user"}
    if len(kinds) > 1:
        raise QuestionError(
            f"The units of {question.experiment!r} are of several kinds ({', '.join(sorted(kinds))}); a test is about"
            " one of them. Load each kind under a name of its own."
        )
    kind = kinds.pop()
    named = _numbered(rows, kind, facts)
    is_staff = pl.col("person").is_in(facts.internal.implode()).fill_null(False)
    staff = named.filter(is_staff)["unit"].n_unique()
    named = named.filter(~is_staff).sort("unit", "at", "variant")
    first = named.unique("unit", keep="first", maintain_order=True)
    first = _in_scope(first, question, facts)
    seen = named.join(first.select("unit"), on="unit", how="semi")
    several = seen.group_by("unit").agg(pl.col("variant").n_unique()).filter(pl.col("variant") > 1).height
    strangers = first.filter(~pl.col("is_known")).height
    until = pl.lit(None, TS) if question.within is None else after(pl.col("at"), question.within, facts.timezone)
    as_of = pl.lit(facts.as_of, TS)
    dressed = first.with_columns(until=until.cast(TS)).with_columns(
        is_over=(pl.coalesce("until", "at") <= as_of).fill_null(False)
    )
    picked = dressed.select("unit", "variant", "at", "until", "is_over", "segment").sort("unit")
    return Units(picked, kind, several, staff, strangers)


def _exposures(question: Experiment, facts: Facts) -> pl.DataFrame:
    every = facts.tables["exposures"].drop_nulls(["experiment_id", "unit_id", "variant", "ts"])
    rows = collect(every.filter(pl.col("experiment_id") == question.experiment).select(
        "unit_id", "variant", unit_kind=pl.col("unit").fill_null("user"), at="ts"))  # fmt: skip
    if not rows.height:
        known = collect(every.select(pl.col("experiment_id").unique()))["experiment_id"].sort().to_list()
        told = suggest(question.experiment, known) if known else "no exposures were loaded."
        raise QuestionError(f"There is no test {question.experiment!r}; {told}")
    return rows


def _numbered(rows: pl.DataFrame, kind: str, facts: Facts) -> pl.DataFrame:
    """The exposures with `unit`, a number that the goal events of the unit have, too; `person` and `_account`."""
    if kind == "user":
        ids = facts.people.select("person", unit_kind="id_kind", unit_id="id")
        found = collect(rows.lazy().join(ids, on=["unit_kind", "unit_id"], how="left"))
        return _with_strangers(found.with_columns(unit="person"), facts.persons).join(
            homes(facts).rename({"account_id": "_account"}), on="person", how="left"
        )
    if kind == "account":
        codes = Log(facts, Scope(), "account").accounts
        found = rows.join(codes, left_on="unit_id", right_on="_account", how="left")
        found = found.with_columns(_account="unit_id", person=pl.lit(None, pl.Int64()))
        return _with_strangers(found, codes.height)
    found = rows.with_columns(unit=pl.lit(None, pl.Int64()), person=pl.lit(None, pl.Int64()))
    found = _with_strangers(found.with_columns(_account=pl.lit(None, pl.String())), 0)
    return found.with_columns(is_known=True)


def _with_strangers(found: pl.DataFrame, taken: int) -> pl.DataFrame:
    """Give numbers above those taken to ids that nothing else is known of; they count, as units who did nothing."""
    other = pl.struct("unit_kind", "unit_id").rank("dense").cast(pl.Int64()) + taken
    return found.with_columns(is_known=pl.col("unit").is_not_null()).with_columns(unit=pl.coalesce("unit", other))


def lead_numbers(question: Experiment, facts: Facts) -> pl.DataFrame:
    """The numbers that leads got: `lead`, `unit`."""
    found = _numbered(_exposures(question, facts), "lead", facts)
    return found.select("unit", lead="unit_id").unique()


def _in_scope(first: pl.DataFrame, question: Experiment, facts: Facts) -> pl.DataFrame:
    """Those first exposed within the scope who fulfil its conditions, with `segment`."""
    low, high = question.scope.bounds(facts.timezone)
    first = first if low is None else first.filter(pl.col("at") >= pl.lit(low, TS))
    first = first if high is None else first.filter(pl.col("at") < pl.lit(high, TS))
    where, by = question.scope.where, list(question.by.field) if question.by else []
    rows, columns = with_fields(first.lazy(), facts, list(dict.fromkeys([*fields_of(where), *by])), of_events=False)
    rows = with_cohorts(rows, facts, where)
    rows = rows.filter(holds(where, columns, rows.collect_schema(), facts.timezone))
    segment = pl.lit(segments.ALL)
    if by:
        segment = segments.named([columns[field] for field in by]).cast(pl.String()).fill_null(segments.NONE)
    # A table of accounts made by hand may list one twice; the unit is still one.
    found = collect(rows.with_columns(segment=segment)).unique("unit", keep="first", maintain_order=True)
    if question.by is None:
        return found
    sizes = found.group_by("segment").agg(users=pl.len().cast(pl.Int64()))
    return found.with_columns(segments.fold(segments.largest(sizes, question.by.top)))


def control_of(question: Experiment, variants: list[str]) -> str:
    """The variant the others are compared with: the one asked for, one with a likely name, or the first by name.

    Raises:
        QuestionError: nobody saw the control that was asked for, and no weight names it.
    """
    known = sorted({*variants, *(one.variant for one in question.weights or ())})
    if question.control is not None:
        if question.control not in known:
            raise QuestionError(f"control: nobody saw {question.control!r}; {suggest(question.control, known)}")
        return question.control
    likely = {name.lower().replace("-", "_").replace(" ", "_"): name for name in reversed(known)}
    return next((likely[name] for name in LIKELY_CONTROLS if name in likely), known[0] if known else "control")
