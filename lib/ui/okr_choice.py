"""Which cycle and which key results are looked at. All of it is in the address."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import streamlit as st

from lib import queries
from lib.okr import cycles
from lib.queries import okrs
from lib.queries.okrs import Board, Goal, Records
from lib.ui import url
from lib.ui.builder import widgets
from lib.ui.builder.toolbar import Control, toolbar
from lib.ui.url import Reader

STATUSES = (
    "outdated", "breached", "off track", "watch", "on track", "early", "no value", "reached", "partly", "missed",
)  # fmt: skip
TABS = ("Key results", "Over cycles", "Diagnosis")
EVERY = ""


@dataclass(frozen=True)
class OkrChoice:
    """The cycle; the key result that is open; and which ones are left over by team, owner and state."""

    cycle: str
    kr: str = EVERY
    team: str = EVERY
    owner: str = EVERY
    status: str = EVERY
    tab: str = TABS[0]


def now() -> datetime:
    """The present; tests set it."""
    return datetime.now(UTC)


def today() -> date:
    """The day everything is judged by: today, or the day after the last one with data, where that is long ago."""
    days = queries.days()
    return okrs.judged_on(now(), days[1] if days else None, queries.settings().company.timezone)


def here(known: Records, today: date) -> OkrChoice:
    """What the address says. What it says in vain is taken out of it, and remembered."""
    reader = Reader(url.now())
    usual = _of_key_result(known, url.now().get("kr", ())) or okrs.present(known, today)
    offered = {*okrs.all_cycles(known), cycles.quarter_of(today), following(cycles.quarter_of(today))}
    cycle = reader.one("cycle", offered, usual)
    found = OkrChoice(
        cycle=cycle,
        kr=reader.one("kr", {one.kr_id for one in known.key_results}, EVERY),
        team=reader.one("team", teams(known), EVERY),
        owner=reader.one("owner", owners(known), EVERY),
        status=reader.one("status", STATUSES, EVERY),
        tab=reader.one("tab", TABS, TABS[0]),
    )
    if reader.notes:
        url.note(reader.notes)
        url.write(written(found, usual))
    return found


def _of_key_result(known: Records, told: Sequence[str]) -> str:
    """The cycle of the key result an address names; a link to one opens its cycle."""
    found = next((one.objective_id for one in known.key_results if told and one.kr_id == told[-1]), None)
    return next((one.cycle for one in known.objectives if one.objective_id == found), "")


def following(quarter: str) -> str:
    """The quarter after a quarter.

    >>> following("2026-Q4")
    '2027-Q1'
    """
    return cycles.quarter_of(cycles.days(quarter)[1])


def written(choice: OkrChoice, usual: str = "") -> Mapping[str, str | None]:
    """The parameters that make `here` return this."""
    told = {
        "cycle": choice.cycle if choice.cycle != usual else EVERY,
        "kr": choice.kr,
        "team": choice.team,
        "owner": choice.owner,
        "status": choice.status,
        "tab": choice.tab if choice.tab != TABS[0] else EVERY,
    }
    return {name: value or None for name, value in told.items()}


def put(name: str, value: str | None) -> None:
    """Change one parameter; for callbacks. Another cycle closes the key result that is open."""
    url.write({name: value or None} | ({"kr": None} if name == "cycle" else {}))


def teams(known: Records) -> list[str]:
    """Teams that have an objective."""
    return sorted({one.team for one in known.objectives if one.team})


def owners(known: Records) -> list[str]:
    """Whoever owns an objective or a key result."""
    return sorted({one.owner for one in (*known.objectives, *known.key_results)})


def tabs(choice: OkrChoice, views: Mapping[str, Callable[[], None]]) -> None:
    """Draw the tabs; only the one that is open draws."""
    widgets.show("tab", choice.tab)
    places = st.tabs(list(views), key="tab", on_change=widgets.heard("tab", _open_tab))
    for (name, draw), place in zip(views.items(), places, strict=True):
        if name == choice.tab:
            with place:
                draw()


def _open_tab(told: str) -> None:
    put("tab", told if told != TABS[0] else None)


def controls(choice: OkrChoice, known: Records, today: date) -> None:
    """Draw cycle, team, owner and state as a row of words."""
    named = dict.fromkeys([*okrs.all_cycles(known), cycles.quarter_of(today), following(cycles.quarter_of(today))])
    offered = {cycle: cycles.words(cycle) for cycle in cycles.in_order({*named, choice.cycle})}
    toolbar("okr", [
        Control("cycle", offered[choice.cycle], "Which cycle is looked at", lambda: widgets.pick(
            "okr-cycle", "Cycle", offered, choice.cycle, lambda told: put("cycle", told), width=240)),
        _left_over("team", "all teams", "Team", teams(known), choice.team),
        _left_over("owner", "all owners", "Owner", owners(known), choice.owner),
        _left_over("status", "any state", "State", STATUSES, choice.status),
    ])  # fmt: skip


def _left_over(name: str, every: str, label: str, options: Sequence[str], value: str) -> Control:
    """A word of the row that leaves some key results over."""
    said = {EVERY: every, **{one: one for one in options}}
    return Control(name, said.get(value, value), f"{label} of the key results that are shown", lambda: widgets.pick(
        f"okr-{name}", label, said, value, lambda told: put(name, told), width=240))  # fmt: skip


def narrowed(board: Board, choice: OkrChoice) -> Board:
    """The board with what team, owner and state leave over; an objective without any key result left goes, too."""

    def fits(goal: Goal) -> Goal | None:
        held = tuple(
            one for one in goal.held
            if choice.owner in (EVERY, one.result.owner, goal.objective.owner)
            and choice.status in (EVERY, one.standing.word, "outdated" if one.standing.is_outdated else EVERY)
        )  # fmt: skip
        is_all = choice.owner == EVERY and choice.status == EVERY
        if choice.team not in (EVERY, goal.objective.team) or not (held or is_all):
            return None
        return Goal(goal.objective, goal.depth, goal.parent, held, goal.together)

    return Board(board.cycle, board.today, tuple(goal for one in board.goals if (goal := fits(one)) is not None))
