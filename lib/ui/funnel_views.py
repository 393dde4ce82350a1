"""Which side of the funnel is looked at: the open tab, and what each tab is set to. All of it in the address."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from lib.ui import url
from lib.ui.builder.periods import GRAINS
from lib.ui.url import Address, Reader

TABS = ("Over time", "Time to convert", "Reasons", "People", "Retention", "Activation")
OUTCOMES = {"dropped": "stopped before", "reached": "reached"}
MOST_BARS = 500


@dataclass(frozen=True)
class View:
    """The tab, the grain of its trend, the two steps times are measured between, and whose people are listed.

    `bars` is into how many bars the times are cut; 0 is as many as fit.
    """

    tab: str
    grain: str
    from_step: int
    to_step: int
    outcome: str
    step: int
    bars: int = 0


def read(address: Address, steps: int) -> tuple[View, list[str]]:
    """What the address says, for a funnel of so many steps; and a sentence for each part that means nothing here."""
    reader = Reader(address)
    outcome = reader.one("outcome", OUTCOMES, "dropped")
    first = reader.whole("from", 1, 1, steps - 1)
    bars = reader.many("bars", _bars, "as many as fit are drawn")
    view = View(
        tab=reader.one("tab", TABS, TABS[0]),
        grain=reader.one("grain", GRAINS, "week"),
        from_step=first,
        to_step=reader.whole("to", steps, first + 1, steps),
        outcome=outcome,
        step=reader.whole("step", steps, 2 if outcome == "dropped" else 1, steps),
        bars=bars[-1] if bars else 0,
    )
    return view, reader.notes


def _bars(text: str) -> int | None:
    told = int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else 0
    return told if 0 < told <= MOST_BARS else None


def written(view: View, steps: int) -> dict[str, tuple[str, ...]]:
    """The parameters that make `read` return this; those the page would take anyway are left out."""
    told = (
        ("tab", view.tab, TABS[0]),
        ("grain", view.grain, "week"),
        ("from", str(view.from_step), "1"),
        ("to", str(view.to_step), str(steps)),
        ("outcome", view.outcome, "dropped"),
        ("step", str(view.step), str(steps)),
        ("bars", str(view.bars), "0"),
    )
    return {key: () if value == default else (value,) for key, value, default in told}


def fitting(view: View, steps: int) -> View:
    """The view, for a funnel of so many steps."""
    first = min(view.from_step, steps - 1)
    last = max(first + 1, min(view.to_step, steps))
    lowest = 2 if view.outcome == "dropped" else 1
    return replace(view, from_step=first, to_step=last, step=max(lowest, min(view.step, steps)))


def here(steps: int) -> View:
    """What the address says. What it says in vain is taken out of it, and remembered for `url.say_refused`."""
    view, notes = read(url.now(), steps)
    if notes:
        url.note(notes)
        url.write(written(view, steps))
    return view


def change(steps: int, **changes: Any) -> None:
    """Change what the address says; for callbacks."""
    view, _ = read(url.now(), steps)
    url.write(written(fitting(replace(view, **changes), steps), steps))


def setter(steps: int) -> Callable[[str], Callable[[Any], None]]:
    """Makes the callback of a control: `setter(4)("grain")`."""
    return lambda name: lambda value: change(steps, **{name: value})


def show_people(steps: int, step: int, outcome: str) -> None:
    """Open the list of the people behind one step."""
    change(steps, tab="People", step=max(step, 2) if outcome == "dropped" else step, outcome=outcome)
