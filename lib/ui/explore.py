"""Explore: each kind of question with its controls, and what is drawn of its answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lib import queries
from lib.answers import Answer
from lib.questions import Question, parse
from lib.ui import (
    activity_choice,
    activity_controls,
    activity_parts,
    cohort_controls,
    explore_metric,
    explore_retention,
    funnel_choice,
    funnel_controls,
    funnel_exclusions,
    funnel_parts,
    funnel_steps,
    funnel_tabs,
    person,
    retention_views,
    trend_choice,
    trend_controls,
    trend_parts,
    url,
)
from lib.ui.builder.toolbar import Control
from lib.ui.explore_kinds import KEY
from lib.ui.page import cards
from lib.ui.scope_bar import earlier
from lib.ui.tables import table

Json = dict[str, Any]
Scope = Mapping[str, Any]
TITLE = "Explore"


@dataclass(frozen=True)
class Asked:
    """A question with its controls drawn: what is asked, and what is drawn of the answer.

    `whole` is the question the verdict is about, where it is another one, and `told` the answer as the verdict says it;
    `funnel` is the funnel that a person is looked at in. A question that cannot be asked yet is None, and `missing`
    says why.
    """

    question: Question | None
    draw: Callable[[Answer], None]
    whole: Question | None = None
    funnel: Json | None = None
    missing: str = ""
    told: Callable[[Answer], Answer] = lambda answer: answer


def asked(kind: str, scope: Scope) -> Asked:
    """Draw the controls of a kind of question; what they ask."""
    return KINDS[kind](scope)


def _again(own: tuple[str, ...]) -> list[Control]:
    """The word that leads back to what a kind opens with, where anything was changed."""
    if not url.says_any(own):
        return []
    about = "Back to what this kind of question opens with; period and filters stay"
    return [Control("reset", "start over", about, press=_keep_kind, icon="restart_alt")]


def _keep_kind() -> None:
    url.write({key: None for key in url.now() if not url.is_shared(key) and key != KEY})


def _trend(scope: Scope) -> Asked:
    choice = trend_controls.read()
    compare, against = earlier(scope, choice.shared.compare)
    trend_controls.controls(choice, against, _again(trend_choice.OWN))
    question = parse(trend_choice.question(choice, scope) | compare)
    return Asked(question, lambda answer: trend_parts.draw(answer, choice.shown),
                 told=lambda answer: trend_parts.told(answer, choice.shown))  # fmt: skip


def _funnel(scope: Scope) -> Asked:
    choice = funnel_controls.read()
    compare, against = earlier(scope, choice.compare)
    funnel_controls.controls(choice, against)
    funnel_steps.steps_drawer(choice, funnel_controls.change)
    funnel_exclusions.exclusions_drawer(choice, funnel_controls.change)
    if len(choice.steps) < 2:
        return Asked(None, lambda _: None, missing="A funnel needs two steps or more: add one under “steps”.")
    told = funnel_choice.question(choice, scope)
    whole = parse({**told, "by": None, **compare})
    of_people = choice.count_by != "account"

    def draw(answer: Answer) -> None:
        entire = queries.ask(whole)
        cards(funnel_parts.numbers(entire, against))
        funnel_parts.steps_picture(answer)
        funnel_parts.lost_people(entire)
        funnel_parts.steps_table(answer)
        funnel_tabs.tabs(told, choice, person.listed if of_people else table)

    return Asked(parse(told) if choice.by else whole, draw, whole, told if of_people else None)


def _retention(scope: Scope) -> Asked:
    told, against = explore_retention.controls(scope, _again(explore_retention.OWN))
    return Asked(parse(told), lambda answer: retention_views.draw(answer, against))


def _activity(kind: str, scope: Scope) -> Asked:
    choice = activity_controls.read(kind)
    activity_controls.controls(kind, choice, _again(activity_choice.OWN))
    if kind == "lifecycle":
        return Asked(
            parse(activity_choice.lifecycle(choice, scope)), lambda answer: activity_parts.draw_lifecycle(answer)
        )
    question = parse(activity_choice.stickiness(choice, scope))
    return Asked(question, lambda answer: activity_parts.draw_stickiness(answer, choice))


def _people(scope: Scope) -> Asked:
    people = cohort_controls.read()
    cohort_controls.controls(people, scope, _again(cohort_controls.cohort_choice.OWN))
    question = parse(cohort_controls.question(people, scope))
    return Asked(question, lambda answer: cohort_controls.draw(answer, people, scope))


def _metric(scope: Scope) -> Asked:
    choice = explore_metric.here()
    compare, against = earlier(scope, choice.shared.compare)
    explore_metric.controls(choice, against, _again(explore_metric.OWN))
    question = parse(explore_metric.question(choice, scope) | compare)
    return Asked(question, lambda answer: explore_metric.draw(answer, choice))


KINDS: dict[str, Callable[[Scope], Asked]] = {
    "trend": _trend,
    "funnel": _funnel,
    "retention": _retention,
    "lifecycle": lambda scope: _activity("lifecycle", scope),
    "stickiness": lambda scope: _activity("stickiness", scope),
    "people": _people,
    "metric": _metric,
}
