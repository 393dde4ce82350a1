"""The events a workspace turns around: what people do most, where they arrive, and where those who arrive begin."""

from dataclasses import dataclass

from lib import choices, queries
from lib.ui.funnel_controls import start


@dataclass(frozen=True)
class Landmarks:
    """`goal` is the activation event (or the last step of the opening funnel), `first` where most of its people begin.

    `frequent` are all events, the most frequent first. `is_named` says whether the settings name an activation event.
    """

    frequent: tuple[str, ...]
    first: str
    goal: str
    is_named: bool


def landmarks() -> Landmarks:
    """Those of this workspace, worked out once per load and settings."""
    return queries.once(_found, "landmarks")


def _found() -> Landmarks:
    told, seen = queries.settings().onboarding.activation_event, queries.events()
    goal = next((name for name in (told, start().steps[-1].event[0]) if name in seen), seen[0])
    return Landmarks(seen, queries.from_facts(choices.beginning, goal), goal, is_named=told in seen)
