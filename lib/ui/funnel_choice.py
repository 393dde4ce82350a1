"""What a funnel page is asked: a value, and the question it makes.

`Choice` is what the controls say. `lib.ui.funnel_address` reads it from the address and writes it back; both are plain
functions of values, so the page stays thin.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from lib.questions import Exclude, Step
from lib.scope import Window
from lib.settings import Onboarding
from lib.ui.builder import sentences
from lib.ui.builder.breakdown import START

MOST_STEPS = 20
FORTNIGHT = Window(value=14, unit="day")


@dataclass(frozen=True)
class Choice:
    """What the controls say."""

    steps: tuple[Step, ...]
    window: Window = FORTNIGHT
    order: str = "ordered"
    entry: str = "any"
    later_steps: str = "in_window"
    count_by: str = "user"
    by: tuple[str, ...] = ()
    take: str = "first"
    top: int = int(START["top"])
    exclude: tuple[Exclude, ...] = ()
    hold: tuple[str, ...] = ()
    compare: str = "previous"
    week_start: str = "monday"


def defaults(settings: Onboarding, proposed: tuple[str, ...], week_start: str = "monday") -> Choice:
    """What the page opens with: the workspace's onboarding, else the proposed funnel.

    Where there is but one event to propose, the funnel is that event and the same once more.
    """
    names = settings.steps or (proposed * 2 if len(proposed) == 1 else proposed)
    return Choice(tuple(Step(event=(name,)) for name in names), settings.window, week_start=week_start)


def question(choice: Choice, scope: Mapping[str, Any]) -> dict[str, Any]:
    """The question these controls ask, as JSON."""
    choice = fitting(choice)
    steps = [step.as_json() for step in choice.steps]
    asked: dict[str, Any] = {
        "kind": "funnel",
        "scope": dict(scope),
        "steps": [{**step, "label": label} for step, label in zip(steps, sentences.labels(steps), strict=True)],
        "window": choice.window.as_json(),
        "order": choice.order,
        "entry": choice.entry,
        "later_steps": choice.later_steps,
        "count_by": choice.count_by,
        "week_start": choice.week_start,
    }
    if choice.hold:
        asked["hold"] = list(choice.hold)
    if choice.by:
        asked["by"] = {"field": list(choice.by), "top": choice.top, "take": choice.take}
    if choice.exclude:
        asked["exclude"] = [_named(part.as_json()) for part in choice.exclude]
    return asked


def _named(part: dict[str, Any]) -> dict[str, Any]:
    return {**part, "label": sentences.event(part)}


def fitting(choice: Choice) -> Choice:
    """The choice with what no longer fits its steps put right, as after a step was taken out.

    An exclusion between steps that are not there spans them all, and so does every one of a funnel of any order.
    """
    last = len(choice.steps)
    take = choice.take
    if take.startswith("step:") and not 1 <= int(take[5:]) <= last:
        take = "first"
    exclude = tuple(_spanning(part, last, choice.order == "any") for part in choice.exclude)
    return replace(choice, take=take, exclude=exclude)


def _spanning(part: Exclude, last: int, whole: bool) -> Exclude:
    fits = part.after < (part.before or last) <= last
    return part if fits and not whole else part.model_copy(update={"after": 1, "before": None})
