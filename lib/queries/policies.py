"""How this company counts revenue: the policy people keep, put into every question that does not say its own."""

from collections.abc import Callable

from pydantic import ValidationError

from lib import catalog
from lib.errors import StoreError
from lib.queries.state import from_state, store
from lib.questions import MetricQuestion, Question, Revenue, RevenuePolicy
from lib.store import Store

KIND, KEY = "policy", "standard"


def policy() -> RevenuePolicy:
    """The policy in force; the default where nobody kept one.

    Raises:
        StoreError: the state cannot be read, or the policy is of a version this one cannot read.
    """

    return from_state(lambda: kept_in(store()), "revenue policy")


def kept_in(state: Store) -> RevenuePolicy:
    """The policy in force in this state; looking makes no database.

    Raises:
        StoreError: the state cannot be read, or the policy is of a version this one cannot read.
    """
    if state.address.file is not None and not state.address.file.exists():
        return RevenuePolicy()
    kept = state.definitions.live(KIND, KEY)
    try:
        return RevenuePolicy() if kept is None else RevenuePolicy.model_validate(kept.body)
    except ValidationError as error:
        raise StoreError(f"The revenue policy cannot be read: {error.errors()[0]['msg']}.") from None


def with_policy(question: Question, find: Callable[[], RevenuePolicy] = policy) -> Question:
    """The question; where it is about revenue and names no policy, with the one that `find` finds.

    Raises:
        StoreError: the state cannot be read.
    """
    if isinstance(question, Revenue):
        return counted_by(question, find())
    if isinstance(question, MetricQuestion) and question.policy is None and is_about_revenue(question.metric):
        return counted_by(question, find())
    return question


def is_about_revenue(name: str) -> bool:
    """Is a metric of the catalog counted from subscriptions?"""
    fields = catalog.METRICS[name].fields if name in catalog.METRICS else None
    return fields is not None and ("price_version" in fields or not fields)


def counted_by(question: Revenue | MetricQuestion, kept: RevenuePolicy) -> Question:
    """The question with this policy where it names none; one about policies compares with it.

    >>> counted_by(Revenue(), RevenuePolicy(pause="churn")).policy.pause
    'churn'
    """
    own: dict[str, RevenuePolicy] = {}
    if kept != RevenuePolicy():
        if "policy" not in question.model_fields_set or question.policy is None:
            own["policy"] = kept
        if isinstance(question, Revenue) and question.view == "policies" and question.against is None:
            own["against"] = kept
    return question.model_copy(update=own) if own else question
