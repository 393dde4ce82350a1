"""The subscriptions a question is about: read once, their traps named, and turned into changes of what accounts pay."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import polars as pl

from lib.answers import segments
from lib.answers.conditions import fields_of, holds, tests_of
from lib.answers.deals_services import FIELD as SERVICES
from lib.answers.deals_services import with_services
from lib.answers.known_days import end_asked, last_known
from lib.answers.revenue_past_due import cut, unpaid
from lib.answers.revenue_rates import Foreign, natively, priced
from lib.answers.revenue_traps import FOREVER, clean
from lib.engine import collect
from lib.errors import QuestionError, suggest
from lib.facts import Facts
from lib.memory import Memory
from lib.model import PAYMENTS_PLAN
from lib.questions.revenue import Revenue
from lib.scope import InCohort

PAUSE_DAYS = 90
"""A pause longer than this is churn."""
OWN = ("product", "plan", "price_version", "route", "seats", "currency", "subscription_id", "account_id", "end_reason")
COLUMNS = ("subscription_id", "account_id", "product", "start_date", "end_date", "end_reason", "mrr_cents",
           "list_mrr_cents", "currency", "price_version", "route")  # fmt: skip
ACCOUNT = "_account"
"""The account as one of a few kinds of text: numbers are compared faster."""
NOT_MRR = (
    "These are payments, added up by month: revenue, and not MRR or ARR, whatever the headings say. Who pays for a year"
    " counts whole in one month and as lost in the next."
)
Ints = np.ndarray


@dataclass(frozen=True)
class Subscriptions:
    """Intervals of accounts: `account_id` and `product` (categories), `subscription_id`, `segment` (a category),
    `start` and `end` (days since 1970, `end` out), `reason`, `mrr` and `listed` (whole minor units a month),
    `price_version` and `route`; where some came in another currency, `code`, their own.

    `traps` are sentences about rows that were left out or look wrong. `code` is the currency of all of them, `foreign`
    says what others were converted. `past_due` counts accounts that unpaid bills end; None where no bills are known.
    """

    frame: pl.DataFrame
    traps: tuple[str, ...]
    code: str
    minor: int
    foreign: Foreign | None = None
    past_due: int | None = None

    @cached_property
    def accounts(self) -> Ints:
        """A number for the account of every row."""
        return self.frame["account_id"].to_physical().to_numpy().astype(np.int64)

    @cached_property
    def products(self) -> Ints:
        """A number for the product of every row."""
        return self.frame["product"].to_physical().to_numpy().astype(np.int64)

    @cached_property
    def made(self) -> Memory:
        """What was made of them: by policy, breakdown and the last day known."""
        return Memory(4)

    def money(self, cents: Ints) -> np.ndarray:
        """Minor units as major units."""
        return cents / 10**self.minor


@dataclass(frozen=True)
class _Rows:
    """The subscriptions that meet some conditions, as they were read, in their own currencies; and their traps."""

    frame: pl.DataFrame
    traps: tuple[str, ...]

    @cached_property
    def seen(self) -> Memory:
        """What was made of them: by price, rates and bills."""
        return Memory(4)

    def is_foreign(self, currency: str) -> bool:
        """Is any of them in another currency?"""
        return not set(self.frame["currency"].drop_nulls().unique()) <= {currency}

    def estimated_size(self) -> int:
        """Bytes of the rows, and of as much again for what is made of them."""
        return 2 * int(self.frame.estimated_size())


def subscriptions(question: Revenue, facts: Facts) -> Subscriptions:
    """The intervals that meet the conditions of the question, with the segment of each.

    They are read once for all questions with the same conditions about the same facts.

    Raises:
        QuestionError: a field does not exist, or the amounts are in currencies without a rate.
    """
    # By their text: to Python, a condition about 1 and one about true are equal.
    rows = facts.money.get(
        (question.scope.model_dump_json(include={"where"}, by_alias=True), question.fields),
        lambda: _read(question, facts),
    )
    # The end of the scope says which rates are the constant ones, and how far data without events goes.
    follows = facts.as_of is None or rows.is_foreign(facts.settings.company.currency)
    high = question.scope.bounds(facts.timezone)[1] if follows else None
    key = (question.policy.discounts, question.policy.past_due_days, question.at, high)
    return rows.seen.get(key, lambda: _made(rows, question, facts))


def _read(question: Revenue, facts: Facts) -> _Rows:
    rows, columns = _with_fields(question, facts)
    rows = natively(rows)
    schema = rows.collect_schema()
    segment = pl.lit(segments.ALL)
    if question.fields:
        segment = segments.named([columns[field] for field in question.fields]).fill_null(segments.NONE)
    picked = rows.filter(holds(question.scope.where, columns, schema, facts.timezone)).select(
        *(pl.col(name) for name in COLUMNS if name != "account_id"), account_id=ACCOUNT,
        segment=segment.cast(pl.Categorical()), is_payment=pl.col("plan") == PAYMENTS_PLAN,
    )  # fmt: skip
    kept, traps = clean(collect(picked))
    if kept["is_payment"].any():
        traps = (*traps, NOT_MRR)
    product = pl.col("product").cast(pl.Categorical()).fill_null(segments.NONE)
    return _Rows(kept.with_columns(product), traps)


def _made(rows: _Rows, question: Revenue, facts: Facts) -> Subscriptions:
    kept, code, foreign = priced(rows.frame, question, facts)
    listed = pl.coalesce("list_mrr_cents", "mrr_cents")
    frame = kept.select(
        "account_id", "segment", "subscription_id", "product",
        start=pl.col("start_date").to_physical().cast(pl.Int64()),
        end=pl.col("end_date").to_physical().cast(pl.Int64()).fill_null(FOREVER),
        reason="end_reason",
        mrr=listed if question.policy.discounts == "list" else pl.col("mrr_cents"),
        listed=listed,
        price_version=pl.col("price_version").fill_null(segments.NONE),
        route=pl.col("route").fill_null(segments.NONE),
        **({"code": pl.col("code")} if foreign else {}),
    )  # fmt: skip
    frame, past_due = _without_unpaid(frame, question, facts)
    return Subscriptions(frame, rows.traps, code, facts.settings.company.minor_units, foreign, past_due)


def _without_unpaid(frame: pl.DataFrame, question: Revenue, facts: Facts) -> tuple[pl.DataFrame, int | None]:
    """The intervals without the time in which an account is gone because it does not pay its bills."""
    gone = unpaid(facts, question.policy.past_due_days)
    if gone is None or not frame.height:
        return frame, None if gone is None else 0
    latest = date(1970, 1, 1) + timedelta(days=frame.select(pl.col("start").max()).item())
    known = last_known(facts, latest, question.at)
    assert known is not None
    if question.at is None:
        known = max(known, end_asked(question.scope, facts) or known)
    gone = gone.with_columns(pl.col("account_id").cast(pl.Categorical()))
    return cut(frame, gone, (known - date(1970, 1, 1)).days + 1)


def _with_fields(question: Revenue, facts: Facts) -> tuple[pl.LazyFrame, dict[str, str]]:
    """Every subscription with the fields of accounts that the question names; and the column of each field."""
    where = question.scope.where
    if any(isinstance(test, InCohort) for test in tests_of(where)):
        raise QuestionError("scope.where: revenue is about accounts, and a cohort is made of people; leave it out.")
    known = facts.fields["account"]
    names = [*OWN, SERVICES, *(f"account.{name}" for name in known)]
    key = pl.col("account_id").cast(pl.Categorical()).alias(ACCOUNT)
    rows, columns = facts.tables["subscriptions"].with_columns(key), dict[str, str]()
    wanted: list[str] = []
    for field in dict.fromkeys([*question.fields, *fields_of(where)]):
        prefix, _, name = field.rpartition(".")
        if field == SERVICES:
            rows = with_services(rows, facts)
        elif prefix == "account" and name in known:
            wanted.append(name)
        elif field not in OWN:
            raise QuestionError(f"Subscriptions have no field {field!r}; {suggest(field, names)}")
        columns[field] = field
    if wanted:
        # A key is unique at rest, and may not be in a frame in memory: an account still counts once. Numbers of texts
        # are joined faster than the texts.
        others = facts.tables["accounts"].with_columns(key).unique(ACCOUNT, keep="first", maintain_order=True)
        others = others.select(ACCOUNT, *(pl.col(name).alias(f"account.{name}") for name in wanted))
        rows = rows.join(others, on=ACCOUNT, how="left")
    return rows, columns
