"""Drivers: what sets apart those who drop before a step from those who take it."""

from collections.abc import Iterator, Mapping

import polars as pl

from lib.answers import driver_fields
from lib.answers.answer import Answer
from lib.answers.driver_rows import DriverRows
from lib.answers.funnel_rows import FunnelRows
from lib.answers.funnel_segments import walk
from lib.answers.funnel_words import NOUNS, definition
from lib.answers.scoped import asked
from lib.facts import Facts
from lib.questions import Funnel
from lib.stats import FLOOR, newcombe, z_of_many
from lib.words import count, listing, people, percent

DRIVERS = {
    "field": pl.String(), "value": pl.String(), "users": pl.Int64(), "rate": pl.Float64(),
    "rate_elsewhere": pl.Float64(), "low": pl.Float64(), "high": pl.Float64(), "users_won_if_equal": pl.Int64(),
    "clear": pl.Boolean(),
}  # fmt: skip
MOST_SHOWN = 5


def answer(question: Funnel, facts: Facts) -> Answer:
    """What sets apart those who drop at `step` (the last required one when empty).

    Table `drivers`: field, value, users, rate, rate_elsewhere, low, high, users_won_if_equal, clear. `users` are those
    with the value who took the step before and whose time is over; `rate` is the share of them who took the step,
    `rate_elsewhere` that of everybody without the value. `low` and `high` are the 95 % interval of the difference
    (Newcombe). `users_won_if_equal` is how many more would have taken the step at the rate of the others. `clear` is
    true where the difference would stand if all comparisons of the table were to hold at once.

    Raises:
        QuestionError: a field the question names does not exist.
    """
    fields = driver_fields.chosen(question, facts)
    source = DriverRows(question, facts, values=fields.read)
    runs = walk(source)
    reached = _reached(runs, source)
    groups, skipped = _groups(driver_fields.counts_of(reached, source, fields), fields)
    total, passed = reached.height, int(reached["passed"].sum())
    table = _compared(groups)
    return Answer(
        question=question,
        tables={"drivers": table},
        headline=_headline(table, source, total, passed),
        definition=f"{_explained(question)} {definition(question)}",
        as_of=facts.as_of,
        stamp=facts.stamp,
        notes=tuple(_notes(runs, source, skipped)),
    )


def _reached(runs: pl.DataFrame, source: FunnelRows) -> pl.DataFrame:
    """Who took the step before and whose time is over: `at` (the row of that step), `passed`."""
    step, before = source.question.asked_step, source.question.step_before(source.question.asked_step)
    there = runs.filter(pl.col("closed"), pl.col(f"t{before}").is_not_null())
    return there.select(at=f"r{before}", passed=pl.col(f"t{step}").is_not_null())


def _groups(counts: Mapping[str, pl.DataFrame], fields: driver_fields.Fields) -> tuple[pl.DataFrame, list[str]]:
    """How many of each group of people took the step, for every field fit to be compared; and the fields unfit.

    `field`, `value`, `users`, `passed`, and the same of everybody whose value is known: `all_users`, `all_passed`.
    """
    found, skipped = [pl.DataFrame(schema=GROUP)], []
    for name, counted in counts.items():
        every = {f"all_{column}": pl.col(column).sum() for column in ("users", "passed")}
        large = counted.with_columns(pl.lit(name).alias("field"), **every).filter(pl.col("users") >= FLOOR)
        # A field of which most values belong to a few people only says who they are, not what they are like.
        if fields.named or 2 * int(large["users"].sum()) >= int(counted["users"].sum()):
            found.append(large.select(*GROUP))
        else:
            skipped.append(name)
    return pl.concat(found), skipped


GROUP = {
    "field": pl.String(), "value": pl.String(), "users": pl.Int64(), "passed": pl.Int64(), "all_users": pl.Int64(),
    "all_passed": pl.Int64(),
}  # fmt: skip


def _compared(groups: pl.DataFrame) -> pl.DataFrame:
    """Each value against everybody with another; the one with most to win first."""
    differs = (pl.col("all_passed") > 0) & (pl.col("all_passed") < pl.col("all_users"))
    compared = groups.filter(pl.col("users") < pl.col("all_users"), differs)
    z = z_of_many(compared.height)
    rows = []
    for field, value, users, hits, all_users, all_hits in compared.iter_rows():
        others, other_hits = all_users - users, all_hits - hits
        rate, elsewhere = hits / users, other_hits / others
        low, high = newcombe(hits, users, other_hits, others)
        sure_low, sure_high = newcombe(hits, users, other_hits, others, z)
        won = max(0, round(users * (elsewhere - rate)))
        is_clear = sure_low is not None and sure_high is not None and not sure_low <= 0 <= sure_high
        rows.append((field, value, users, rate, elsewhere, low, high, won, is_clear))
    table = pl.DataFrame(rows, schema=DRIVERS, orient="row")
    order = ["users_won_if_equal", pl.col("rate") - pl.col("rate_elsewhere"), "field", "value"]
    return table.sort(order, descending=[True, False, False, False])


def _headline(table: pl.DataFrame, source: FunnelRows, total: int, passed: int) -> str:
    """Where most people would be won."""
    question, noun = source.question, NOUNS[source.question.count_by]
    before, after = (source.labels[k - 1] for k in (question.step_before(question.asked_step), question.asked_step))
    if total == 0:
        return f"Nobody who did “{before}”{asked(question.scope)} has run out of time yet."
    first = f"{percent(passed / total)} of {people(total, *noun)} who did “{before}” went on to “{after}”."
    weak = table.filter("clear", pl.col("users_won_if_equal") > 0)
    if weak.height == 0:
        return f"{first} No value of any field sets those who dropped clearly apart."
    row = weak.row(0, named=True)
    return (
        f"{first} Most are lost where {row['field']} is {row['value']}: {percent(row['rate'])} of "
        f"{people(row['users'], *noun)}, against {percent(row['rate_elsewhere'])} elsewhere; at that rate "
        f"{count(row['users_won_if_equal'])} more would have gone on."
    )


def _explained(question: Funnel) -> str:
    before, step = question.step_before(question.asked_step), question.asked_step
    where = "the event of that step" if question.order != "any" else "their latest of these events"
    return (
        f"Of those who took step {before} and whose time is over, compares the share who took step {step} between the "
        f"people with each value of a field and those with another. Fields of events are read on {where}; fields of "
        "the person, the account and the first contact (“user.”, “account.” and “touch.”) as they are now, among those "
        "for whom they are known. "
        f"Values of fewer than {FLOOR} people are not compared; numbers of many values are cut into quarters. With "
        "many comparisons some differences come about by chance alone: those marked clear would stand if all "
        "were to hold at once (Bonferroni). A difference is not yet a cause."
    )


def _notes(runs: pl.DataFrame, source: FunnelRows, skipped: list[str]) -> Iterator[str]:
    """Who is not compared, and which fields are not."""
    question = source.question
    before = question.step_before(question.asked_step)
    waiting = runs.filter(pl.col(f"t{before}").is_not_null(), ~pl.col("closed")).height
    noun = NOUNS[question.count_by]
    if waiting:
        yield f"{people(waiting, *noun)} are left out, for their time is not over."
    if skipped:
        more = [f"{count(len(skipped) - MOST_SHOWN)} more"] if len(skipped) > MOST_SHOWN else []
        yield f"Fields with too many different values are left out: {listing([*skipped[:MOST_SHOWN], *more])}."
    if source.facts.internal.len():
        yield f"{count(source.facts.internal.len())} internal or test users are left out."
