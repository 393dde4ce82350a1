"""Which side of the channels is looked at: the open tab, and of which channel the partners are. All in the address."""

from collections.abc import Callable, Sequence
from typing import Any

from lib import queries
from lib.ui import url
from lib.ui.url import Reader

TABS = (
    "Partners", "Staying", "Payback", "Costs", "Visits", "Mix", "Creators", "Messages", "Keywords", "Referrers",
    "Projection",
)  # fmt: skip
LONGEST = 200


def here(tabs: Sequence[str] = TABS) -> tuple[str, str]:
    """The open tab, and the channel of the partners (empty: of all). What is unknown is taken out, and remembered."""
    reader = Reader(url.now())
    tab = reader.one("tab", tabs, tabs[0])
    told = reader.many("of", lambda name: name if len(name) <= LONGEST else None)
    if reader.notes:
        url.note(reader.notes)
        url.write({"tab": tab if tab != tabs[0] else None, "of": told[-1:] or None})
    return tab, told[-1] if told else ""


def projected(usual: str) -> tuple[str, int, str | None]:
    """The model of the projection, how far ahead, and which event is a purchase (None: the one with values)."""
    reader = Reader(url.now())
    model = reader.one("model", ("contracts", "repeat"), usual)
    ahead = reader.whole("ahead", 12 if model == "contracts" else 39, 1, 120 if model == "contracts" else 520)
    told = reader.many("bought", lambda name: name if name in queries.events() else None)
    if reader.notes:
        url.note(reader.notes)
        url.write({"model": None, "ahead": None, "bought": None})
    return model, ahead, told[-1] if told else None


def goal() -> str | None:
    """How far messages and keywords are followed: an event, or None for the end of the funnel of Onboarding."""
    reader = Reader(url.now())
    told = reader.many("goal", lambda name: name if name in queries.events() else None)
    if reader.notes:
        url.note(reader.notes)
        url.write({"goal": told[-1] if told else None})
    return told[-1] if told else None


def put(name: str) -> Callable[[Any], None]:
    """The callback of a control of the projection; another model begins with its own distance."""

    def write(value: Any) -> None:
        more = {"ahead": None} if name == "model" else {}
        url.write({name: str(value) if value not in (None, "") else None, **more})

    return write


def of_channel(of: str, channels: Sequence[str]) -> str:
    """The channel whose partners are shown; one that there is not is taken out of the address, and said."""
    if of and of not in channels:
        url.note([f"“of” does not know “{of[:40]}”: the partners of all channels are shown."])
        url.write({"of": None})
        return ""
    return of


def open_tab(tab: str) -> None:
    """Put the tab somebody opened into the address."""
    url.write({"tab": tab if tab != TABS[0] else None})


def show_partners(told: list[Any]) -> None:
    """Open the partners of the channel that was clicked."""
    url.write({"tab": None, "of": str(told[0])})


def show_of(of: str) -> None:
    """Show the partners of a channel, or of all."""
    url.write({"of": of or None})
