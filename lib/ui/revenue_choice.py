"""What the page Revenue is asked: a value, the questions it makes, and both in the address (docs/addresses.md)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, cast

import polars as pl

from lib.questions import parse
from lib.questions.revenue import Revenue, RevenuePolicy
from lib.scope import Grain
from lib.timeline import day_bucket, next_bucket
from lib.ui.url import Address, Reader

MOST_DAYS, LEAST_BACK = 3_650, 24
PLAIN = RevenuePolicy()

# What the address says: what the question says.
BASES = {"12 months": "trailing_12", "each step": "period", "whole period": "scope"}
CHURNS = {"end of paid period": "period_end", "when agreed": "at_cancel"}
PAUSES = {"own movement": "own", "as churn": "churn", "as paid": "keep"}
PRICES = {"after discounts": "net", "list price": "list"}
GRAINS: tuple[Grain, ...] = ("day", "week", "month", "quarter", "year")
OF_SUBSCRIPTIONS = ("product", "plan", "price_version", "route")
KNOWN = (*OF_SUBSCRIPTIONS, "free_services", "seats", "currency", "subscription_id", "account_id", "end_reason")
OWN = ("basis", "grain", "by", "churn", "past-due", "pause", "price")


@dataclass(frozen=True)
class RevenueChoice:
    """What the controls say; without `by` all accounts are one."""

    basis: str = "trailing_12"
    grain: Grain = "month"
    by: str | None = None
    policy: RevenuePolicy = PLAIN

    @property
    def is_of_accounts(self) -> bool:
        """True where an account belongs to one group for good, or where there are no groups."""
        return self.by is None or self.by.startswith("account.")


def read(
    address: Address, fields: Sequence[str], kept: RevenuePolicy = PLAIN
) -> tuple[RevenueChoice, list[str]]:  # fmt: skip
    """What the address says; and a sentence for each part that means nothing here. `fields` may be broken down by.

    How it is counted is what the company's policy, `kept`, says, where the address says nothing.
    """
    reader = Reader(address)
    by = reader.many("by", lambda name: name if name in fields else None, "nothing is broken down")
    return RevenueChoice(
        basis=BASES[reader.one("basis", BASES, "12 months")],
        grain=cast(Grain, reader.one("grain", GRAINS, "month")),
        by=by[-1] if by else None,
        policy=RevenuePolicy.model_validate(
            {
                "churn": CHURNS[reader.one("churn", CHURNS, _said(CHURNS, kept.churn))],
                "past_due_days": reader.whole("past-due", kept.past_due_days, 0, MOST_DAYS),
                "pause": PAUSES[reader.one("pause", PAUSES, _said(PAUSES, kept.pause))],
                "discounts": PRICES[reader.one("price", PRICES, _said(PRICES, kept.discounts))],
            }
        ),
    ), reader.notes


def written(choice: RevenueChoice, kept: RevenuePolicy = PLAIN) -> dict[str, tuple[str, ...]]:
    """The parameters that make `read` return this; those the page would take anyway are left out."""
    usual = _words(RevenueChoice(policy=kept))
    return {key: () if value == default or not value else (value,)
            for key, value, default in zip(OWN, _words(choice), usual, strict=True)}  # fmt: skip


def _words(choice: RevenueChoice) -> tuple[str, ...]:
    policy = choice.policy
    return (
        _said(BASES, choice.basis), choice.grain, choice.by or "", _said(CHURNS, policy.churn),
        str(policy.past_due_days), _said(PAUSES, policy.pause), _said(PRICES, policy.discounts),
    )  # fmt: skip


def _said(words: Mapping[str, str], value: str) -> str:
    return next(word for word, meaning in words.items() if meaning == value)


def fitting(choice: RevenueChoice, scope: Mapping[str, Any]) -> tuple[RevenueChoice, str]:
    """The choice, where two ends of a period can be compared only if it has a beginning; and what was changed."""
    if choice.basis != "scope" or "start" in scope:
        return choice, ""
    said = "“All time” has no beginning to compare with: what is kept is measured over 12 months instead."
    return replace(choice, basis="trailing_12"), said


def about_revenue(scope: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """The scope without conditions that say nothing of subscriptions; and a sentence about those left out."""
    where = list(scope.get("where", ()))
    kept = [part for part in where if all(_is_known(field) for field in named_fields(part))]
    rest = {key: value for key, value in scope.items() if key != "where"} | ({"where": kept} if kept else {})
    if len(kept) == len(where):
        return rest, ""
    return (
        rest,
        "Revenue is about accounts and what they pay for: filters on events, people and cohorts do not count here.",
    )


def _is_known(field: str) -> bool:
    return field.startswith("account.") or field in KNOWN


def named_fields(part: Any) -> list[str]:
    """The fields a condition asks about; what is no question about a field has a name nothing is known by."""
    if not isinstance(part, Mapping):
        return [""]
    for key in ("all", "any", "not"):
        if key in part:
            inner = part[key] if isinstance(part[key], (list, tuple)) else [part[key]]
            return [field for one in inner for field in named_fields(one)]
    return [str(part.get("field", ""))]


def question(choice: RevenueChoice, scope: Mapping[str, Any], view: str, **more: Any) -> Revenue:
    """The question these controls ask; with `more`, these parts of it are others (None: left out)."""
    asked: dict[str, Any] = {
        "kind": "revenue",
        "view": view,
        "scope": dict(scope),
        "grain": choice.grain,
        "basis": choice.basis,
        "policy": choice.policy.as_json() if choice.policy != PLAIN else {},
        "by": None if choice.by is None else {"field": [choice.by], "top": 8},
    }
    made = parse({key: value for key, value in (asked | more).items() if value is not None})
    assert isinstance(made, Revenue)
    return made


def reaching_back(choice: RevenueChoice, scope: Mapping[str, Any], today: date) -> dict[str, Any]:
    """The scope with so many whole buckets before its end that a course can be seen; a longer one stays as it is."""
    if "start" not in scope:
        return dict(scope)
    end = date.fromisoformat(scope["end"]) - timedelta(days=1) if "end" in scope else today
    first = pl.DataFrame({"at": [min(end, today)]}).select(
        next_bucket(day_bucket(pl.col("at"), choice.grain), choice.grain, -LEAST_BACK)
    )
    back = first.item()
    return {**scope, "start": min(back, date.fromisoformat(scope["start"])).isoformat()}
