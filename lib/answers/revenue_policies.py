"""One policy against another: the same numbers counted both ways, and the accounts that explain the difference."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from lib.answers.answer import Answer
from lib.answers.revenue_behind import place_of
from lib.answers.revenue_movements import movements
from lib.answers.revenue_retention import retention
from lib.answers.revenue_rows import Subscriptions, subscriptions
from lib.answers.revenue_steps import Changes, changes, steps
from lib.answers.revenue_times import Times, openings, times
from lib.answers.revenue_words import day_words, definition
from lib.answers.scoped import asked
from lib.facts import Facts
from lib.questions.revenue import Revenue, RevenuePolicy
from lib.words import money, people, percent

MOVED = ("end_mrr", "new", "expansion", "reactivation", "contraction", "churn", "paused")
KEPT = ("grr", "nrr", "logo_retention")
SHARES = {"grr": "GRR", "nrr": "NRR", "logo_retention": "logo retention"}
ACCOUNTS = ("opening", "now")


@dataclass(frozen=True)
class _Counted:
    """One way of counting: the subscriptions under it, the days, the changes."""

    question: Revenue
    found: Subscriptions
    span: Times
    made: Changes

    @property
    def edges(self) -> tuple[int, int]:
        """The opening and the end of the bucket the question is about."""
        place = place_of(self.question, self.span)
        return int(openings(self.question, self.span)[place]), int(self.span.closes[place])

    def numbers(self) -> dict[str, float | None]:
        """The measures of the bucket."""
        first = self.span.firsts[place_of(self.question, self.span)]
        opens = openings(self.question, self.span)
        kept = retention(self.made, self.span, opens, self.found).filter(pl.col("bucket") == first)
        moved = movements(self.made, self.span, self.found).filter(pl.col("bucket") == first)
        return {name: moved[name][0] for name in MOVED} | {name: kept[name][0] for name in KEPT}

    def accounts(self) -> pl.DataFrame:
        """`account_id`, `opening`, `now`: what each account paid at the two ends."""
        both = steps(self.made, np.array(self.edges))
        paid = np.zeros((2, self.made.units), dtype=np.int64)
        for nth in (0, 1):
            these = both.place == nth
            paid[nth:, both.unit[these]] = both.after[these]
        row = np.zeros(self.made.units, dtype=np.int64)
        row[self.made.unit] = self.made.row
        names = self.found.frame["account_id"].cast(pl.String()).gather(row)
        return pl.DataFrame({"account_id": names, "opening": paid[0], "now": paid[1]})


def _counted(question: Revenue, facts: Facts, policy: RevenuePolicy) -> _Counted:
    asked = question.model_copy(update={"policy": policy, "by": None})
    found = subscriptions(asked, facts)
    span = times(asked, facts, found)
    return _Counted(asked, found, span, changes(asked, found, span.known))


def answer(question: Revenue, facts: Facts) -> Answer:
    """Answer what a policy changes, against another one (`against`, else the default). Money is in major units.

    Tables: `numbers`: measure, before, after · `accounts`: account_id, opening_before, opening, now_before, now,
    change (of what they pay at the end), kept_before, kept (the smaller of opening and now), movement_before,
    movement; only those that count differently, the largest difference first. Both of the bucket asked for, else the
    last that is over.
    """
    old = _counted(question, facts, question.against or RevenuePolicy())
    new = _counted(question, facts, question.policy)
    if not len(new.span):
        tables = {"numbers": _numbers({}, {}), "accounts": _accounts(pl.DataFrame(), pl.DataFrame(), 1)}
        said = f"No subscriptions are known{asked(question.scope)}."
    else:
        before, after = old.numbers(), new.numbers()
        accounts = _accounts(old.accounts(), new.accounts(), 10**new.found.minor)
        tables = {"numbers": _numbers(before, after), "accounts": accounts}
        said = _headline(before, after, accounts.height, new)
    return Answer(question=question, tables=tables, headline=said, definition=definition(question),
                  as_of=facts.as_of, stamp=facts.stamp, notes=new.found.traps)  # fmt: skip


def _numbers(before: dict[str, float | None], after: dict[str, float | None]) -> pl.DataFrame:
    rows = [(name, before[name], after[name]) for name in (*KEPT, *MOVED) if name in before]
    schema = {"measure": pl.String(), "before": pl.Float64(), "after": pl.Float64()}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _accounts(before: pl.DataFrame, after: pl.DataFrame, units: int) -> pl.DataFrame:
    """The accounts whose amounts differ."""
    empty = pl.DataFrame(schema={"account_id": pl.String(), "opening": pl.Int64(), "now": pl.Int64()})
    old, new = (frame if frame.width else empty for frame in (before, after))
    both = new.join(old, on="account_id", how="full", coalesce=True, suffix="_before").with_columns(
        pl.col("opening", "now", "opening_before", "now_before").fill_null(0)
    )
    both = both.filter((pl.col("opening") != pl.col("opening_before")) | (pl.col("now") != pl.col("now_before")))
    change = pl.col("now") - pl.col("now_before")
    gap = (pl.col("opening") - pl.col("opening_before")).abs() + change.abs()
    rows = both.sort(gap, "account_id", descending=[True, False]).select(
        "account_id", "opening_before", "opening", "now_before", "now", change=change,
        kept_before=pl.min_horizontal("opening_before", "now_before"), kept=pl.min_horizontal("opening", "now"),
        movement_before=_movement("opening_before", "now_before"), movement=_movement("opening", "now"),
    )  # fmt: skip
    return rows.with_columns(pl.col(pl.Int64) / units)


def _movement(opening: str, now: str) -> pl.Expr:
    then, later = pl.col(opening), pl.col(now)
    return (
        pl.when((then == 0) & (later == 0)).then(pl.lit("does not pay"))
        .when(then == 0).then(pl.lit("came")).when(later == 0).then(pl.lit("gone"))
        .when(later > then).then(pl.lit("pays more")).when(later < then).then(pl.lit("pays less"))
        .otherwise(pl.lit("as before"))
    )  # fmt: skip


def _headline(before: dict[str, float | None], after: dict[str, float | None], accounts: int, new: _Counted) -> str:
    """What would change, in a sentence."""
    code, changed = new.found.code, []
    for name, title in SHARES.items():
        if (before[name] or 0.0) != (after[name] or 0.0):
            changed.append(f"{title} {percent(after[name])} instead of {percent(before[name])}")
    if before["end_mrr"] != after["end_mrr"]:
        changed.append(f"MRR {money(after['end_mrr'], code)} instead of {money(before['end_mrr'], code)}")
    on = day_words(new.edges[1] - 1)
    if not changed:
        who = f"; {people(accounts, 'account counts', 'accounts count')} differently" if accounts else ""
        return f"Nothing changes in what is kept up to {on}{who}."
    who = people(accounts, "account counts", "accounts count")
    return f"Up to {on}: {', '.join(changed)}. {who} differently."
