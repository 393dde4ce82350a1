"""Retention on Explore: the controls of Onboarding, and a breakdown, a count and a comparison of its own."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from lib import queries
from lib.questions import Event
from lib.ui import explore_shared, funnel_controls, funnel_tabs, retention_choice, retention_controls, url
from lib.ui.builder.toolbar import Control
from lib.ui.explore_landmarks import landmarks
from lib.ui.explore_shared import Shared
from lib.ui.retention_choice import RetentionChoice
from lib.ui.scope_bar import earlier
from lib.ui.url import Reader

HAS = ("by", "count", "compare")
OWN = (*retention_choice.OWN, *explore_shared.KEYS)


def opens() -> RetentionChoice:
    """What it opens with: of those who were activated, who comes back for what people do most."""
    return replace(funnel_tabs.opening(funnel_controls.start()), start=Event(event=(landmarks().goal,)))


def controls(scope: Mapping[str, Any], more: list[Control]) -> tuple[dict[str, Any], str]:
    """Draw the sentence; the question it asks as JSON, and what it is compared with, in words."""
    begin, here = opens(), funnel_controls.known()
    kept = retention_controls.read(begin, here)
    plain = Shared(week_start=queries.settings().company.week_start)
    reader = Reader(url.now())
    shared = explore_shared.read(reader, plain, here, HAS)
    if reader.notes:
        url.note(reader.notes)
        url.write(explore_shared.written(shared, plain))

    def put(make: Callable[[Shared], Shared]) -> None:
        found = explore_shared.read(Reader(url.now()), plain, here, HAS)
        url.write(explore_shared.written(make(found), plain))

    compare, against = earlier(scope, shared.compare)
    own = [
        explore_shared.by_control(shared, put, "One curve for each value of a field"),
        explore_shared.count_control(shared, put),
        explore_shared.compare_control(shared, put, against),
        explore_shared.weeks_control(shared, put),
    ]
    retention_controls.controls(kept, begin, here, [*own, *more])
    rest = {key: value for key, value in explore_shared.question(shared).items() if key != "grain"}
    return retention_choice.question(kept, {"scope": dict(scope), **rest}) | compare, against
