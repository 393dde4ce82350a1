"""Revenue: do customers stay and grow, and what moved it. Subscriptions are intervals; all else is worked out."""

from collections.abc import Callable
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from lib.answers import collections, deals, revenue_policies
from lib.answers.answer import Answer
from lib.answers.revenue_behind import behind, drivers
from lib.answers.revenue_cohorts import cohorts
from lib.answers.revenue_lines import intervals, lines
from lib.answers.revenue_movements import committed, movements
from lib.answers.revenue_prices import concentration, prices
from lib.answers.revenue_products import attach, packages
from lib.answers.revenue_retention import retention
from lib.answers.revenue_rows import Subscriptions, subscriptions
from lib.answers.revenue_steps import changes
from lib.answers.revenue_times import EPOCH, Times, a_year_before, openings, times
from lib.answers.revenue_words import definition, headline, notes
from lib.facts import Facts
from lib.questions.revenue import Revenue
from lib.scope import to_utc

LINES = ("movements", "prices", "rows")
"""The views that look at single intervals."""
EDGES = ("drivers", "rows")
"""The views that compare two or three days."""
OTHERS: dict[str, Callable[[Revenue, Facts], Answer]] = {
    "collections": collections.answer, "cycles": deals.answer, "deals": deals.answer, "pipeline": deals.answer,
    "policies": revenue_policies.answer,
}  # fmt: skip
"""The views that look at bills and deals, or count twice."""


def answer(question: Revenue, facts: Facts) -> Answer:
    """Answer a question about revenue. Money is in major units of the reporting currency.

    Tables, by view:

    - movements: `movements`: bucket, segment, start_mrr, new, expansion, reactivation, contraction, churn, paused (with
      its sign), fx, end_mrr, accounts_start, accounts_new, accounts_churned, accounts_reactivated, accounts_end,
      quick_ratio, complete; `committed`: bucket, segment, ending, starting, accounts (agreed after the last known day)
    - retention: `retention`: bucket, segment, opening_mrr, kept_mrr, now_mrr, grr, nrr, logo_retention, accounts,
      expansion, contraction, churn, paused (opening = kept + contraction + churn + paused, now = kept + expansion),
      complete
    - cohorts: `cohorts`: segment, cohort, age, size, accounts, mrr, size_mrr, grr, nrr, logo, complete; `curve`:
      segment, age, size, size_mrr, mrr, grr, nrr, logo
    - packages: `packages`: segment, outcome, accounts, share, opening_mrr, kept_mrr, now_mrr, contraction, churn;
      `package_moves`: segment, held, now_held, accounts, opening_mrr, now_mrr
    - prices: `prices`: segment, price_version, route, accounts, share, mrr, list_mrr, opening_mrr, realised_price, grr,
      nrr, logo_retention
    - attach: `attach`: bucket, segment, accounts, products, with_two, per_account, rate, complete; `paths`: segment,
      first, next, accounts, share, median_days
    - concentration: `concentration`: bucket, segment, accounts, mrr, top_1, top_5, top_10, hhi, complete
    - drivers: `drivers`: segment, opening_before, opening, grr_before, grr, weight_before, weight, rate, mix, churn,
      contraction, paused
    - rows: `rows`: account_id, segment, product, opening, now, movement, amount, gap_days, reason
    - collections, cycles, deals, pipeline, policies: see `collections`, `deals` and `revenue_policies`

    Raises:
        QuestionError: a field does not exist or does not fit the view, amounts are in several currencies, or there are
            too many buckets.
    """
    if question.view in OTHERS:
        return OTHERS[question.view](question, facts)
    found = subscriptions(question, facts)
    span = times(question, facts, found)
    tables = _tables(question, found, span)
    return Answer(
        question=question,
        tables=tables,
        headline=headline(question, tables, found, span),
        definition=definition(question),
        as_of=_as_of(question, facts, found, span),
        stamp=facts.stamp,
        notes=notes(question, facts, found, span),
    )


def _as_of(question: Revenue, facts: Facts, found: Subscriptions, span: Times) -> datetime | None:
    """The last event; the end of the last known day where another is taken."""
    if not found.frame.height or (facts.as_of is not None and question.at is None):
        return facts.as_of
    return to_utc(EPOCH + timedelta(days=span.known), facts.timezone) - timedelta(microseconds=1)


def _tables(question: Revenue, found: Subscriptions, span: Times) -> dict[str, pl.DataFrame]:
    view = question.view
    if view == "attach":
        return attach(question, span, found)
    if view == "packages":
        return packages(question, span, found, _ends(question, span))
    rows = intervals(question, found, span.known) if view in LINES else found.frame
    if view == "prices":
        return {"prices": prices(question, rows, found, span, _ends(question, span))}
    opens = openings(question, span)
    if view in EDGES:
        of = lines(question, found, span.known)
        if view == "drivers":
            return {"drivers": drivers(question, of, span, opens, found)}
        return {"rows": behind(question, rows, of, span, opens, found)}
    made = changes(question, found, span.known)
    if view == "cohorts":
        return cohorts(made, span, found)
    if view == "concentration":
        return {"concentration": concentration(made, span, found)}
    if view == "movements":
        return {"movements": movements(made, span, found), "committed": committed(question, rows, span, found)}
    return {"retention": retention(made, span, opens, found)}


def _ends(question: Revenue, span: Times) -> tuple[int, int]:
    """The two days between which packages and prices are compared: the ends of the scope; without a start, the end and
    12 months before it."""
    if not len(span):
        return 0, 0
    close = int(span.closes[-1])
    if question.scope.start is not None:
        return int(span.opens[0]), close
    return int(a_year_before(np.array([close]))[0]), close
