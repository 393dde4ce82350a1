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
from lib.answers.known_days import last_known
from lib.answers.revenue_past_due import cut, unpaid
from lib.answers.revenue_rates import Foreign, natively, priced
from lib.engine import collect
from lib.errors import QuestionError, suggest
from lib.facts import Facts
from lib.model import PAYMENTS_PLAN
from lib.questions.revenue import Revenue
from lib.scope import InCohort
from lib.words import count

FOREVER = 2**31 - 1
PAUSE_DAYS = 90
"""A pause longer than this is churn."""
OWN = ("product", "plan", "price_version", "route", "seats", "currency", "subscription_id", "account_id", "end_reason")
COLUMNS = ("subscription_id", "account_id", "product", "start_date", "end_date", "end_reason", "mrr_cents",
           "list_mrr_cents", "currency", "price_version", "route")  # fmt: skip
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

    def money(self, cents: Ints) -> np.ndarray:
        """Minor units as major units."""
        return cents / 10**self.minor


def subscriptions(question: Revenue, facts: Facts) -> Subscriptions:
    """The intervals that meet the conditions of the question, with the segment of each.

    Raises:
        QuestionError: a field does not exist, or the amounts are in currencies without a rate.
    """
    rows, columns = _with_fields(question, facts)
    rows = natively(rows)
    schema = rows.collect_schema()
    segment = pl.lit(segments.ALL)
    if question.fields:
        segment = segments.named([columns[field] for field in question.fields]).fill_null(segments.NONE)
    picked = rows.filter(holds(question.scope.where, columns, schema, facts.timezone)).select(
        *(pl.col(name) for name in COLUMNS), segment=segment, is_payment=pl.col("plan") == PAYMENTS_PLAN
    )  # fmt: skip
    kept, traps = _clean(collect(picked))
    if kept["is_payment"].any():
        traps = (*traps, NOT_MRR)
    kept, code, foreign = priced(kept, question, facts)
    listed = pl.coalesce("list_mrr_cents", "mrr_cents")
    frame = kept.select(
        "account_id", "segment", "subscription_id", pl.col("product").fill_null(segments.NONE),
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
    categories = pl.col("account_id", "segment", "product").cast(pl.Categorical())
    minor = facts.settings.company.minor_units
    return Subscriptions(frame.with_columns(categories), traps, code, minor, foreign, past_due)


def _without_unpaid(frame: pl.DataFrame, question: Revenue, facts: Facts) -> tuple[pl.DataFrame, int | None]:
    """The intervals without the time in which an account is gone because it does not pay its bills."""
    gone = unpaid(facts, question.policy.past_due_days)
    if gone is None or not frame.height:
        return frame, None if gone is None else 0
    latest = date(1970, 1, 1) + timedelta(days=frame.select(pl.col("start").max()).item())
    known = last_known(facts, latest, question.at)
    assert known is not None
    return cut(frame, gone, (known - date(1970, 1, 1)).days + 1)


def _with_fields(question: Revenue, facts: Facts) -> tuple[pl.LazyFrame, dict[str, str]]:
    """Every subscription with the fields of accounts that the question names; and the column of each field."""
    where = question.scope.where
    if any(isinstance(test, InCohort) for test in tests_of(where)):
        raise QuestionError("scope.where: revenue is about accounts, and a cohort is made of people; leave it out.")
    known = facts.fields["account"]
    names = [*OWN, SERVICES, *(f"account.{name}" for name in known)]
    rows, columns = facts.tables["subscriptions"], dict[str, str]()
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
        # A key is unique at rest, and may not be in a frame in memory: an account still counts once.
        others = facts.tables["accounts"].unique("account_id", keep="first", maintain_order=True)
        others = others.select("account_id", *(pl.col(name).alias(f"account.{name}") for name in wanted))
        rows = rows.join(others, on="account_id", how="left")
    return rows, columns


def _clean(found: pl.DataFrame) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """The rows that can be counted, and a sentence for each kind that cannot or that looks wrong."""
    traps = []
    # Only rows that begin alike can be equal, and hashing every column of every row takes longest of all.
    begin = pl.struct("account_id", "subscription_id", "start_date").hash()
    twice = found.filter(begin.is_duplicated())
    if twice.height and twice.hash_rows().is_duplicated().any():
        once = pl.concat([found.filter(~begin.is_duplicated()), twice.unique(maintain_order=True)])
        traps.append(_said(found.height - once.height, "repeats another and is", "repeat others and are"))
        found = once
    tests = {
        ("has no amount and is", "have no amount and are"): pl.col("mrr_cents").is_null(),
        ("has an amount below zero and is", "have an amount below zero and are"): pl.col("mrr_cents") < 0,
        ("ends before it begins and is", "end before they begin and are"): pl.col("end_date") < pl.col("start_date"),
        ("has no account or no first day and is", "have no account or no first day and are"): (
            pl.col("account_id").is_null() | pl.col("start_date").is_null()
        ),
    }
    counted = found.select(test.fill_null(False).sum().alias(str(i)) for i, test in enumerate(tests.values())).row(0)
    traps += [_said(n, *words) for n, words in zip(counted, tests, strict=True) if n]
    wrong = pl.any_horizontal(test.fill_null(False) for test in tests.values())
    found = found.filter(~wrong) if any(counted) else found
    return found, (*traps, *_odd(found))


def _odd(found: pl.DataFrame) -> list[str]:
    """Sentences about rows that count and still look wrong."""
    odd = []
    above = found.select((pl.col("mrr_cents") > pl.col("list_mrr_cents")).sum()).item()
    if above:
        odd.append(f"{_rows(above)} more than the list price; the realised price of these is above 100 %.")
    again = found.filter(pl.col("subscription_id").is_duplicated()).sort("subscription_id", "start_date")
    same = pl.col("subscription_id") == pl.col("subscription_id").shift()
    early = pl.col("start_date") < pl.col("end_date").fill_null(pl.date(9999, 1, 1)).shift()
    overlap = again.select((same & early).sum()).item()
    if overlap:
        odd.append(f"{_rows(overlap, 'begins', 'begin')} before the one before it of the same subscription ended;"
                   " both count on these days.")  # fmt: skip
    return odd


def _rows(number: int, one: str = "pays", many: str = "pay") -> str:
    return f"{count(number)} {'row of subscriptions ' + one if number == 1 else 'rows of subscriptions ' + many}"


def _said(number: int, one: str, many: str) -> str:
    return f"{_rows(number, one, many)} left out."
