"""Two people changed the same objective or key result: both versions side by side, three ways on, nothing lost."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import polars as pl
import streamlit as st

from lib import queries
from lib.errors import GrowthOpsError
from lib.store import ConflictError, KeyResult, Objective, Versioned
from lib.ui import states, url
from lib.ui.builder.drawer import drawer, leave, pull
from lib.ui.words import plain, readable
from lib.words import listing

NAME, MET, ASIDE = "okr-conflict", "_okr_conflict", "_okr_conflict_aside"
SAID = (
    "{who} saved version {version} of {what} while you were changing version {base}. Yours is not saved yet, and theirs"
    " is kept whatever you choose."
)
Found = TypeVar("Found", bound=Versioned)


def save(act: Callable[[], Found]) -> Found | None:
    """Save something; None where that failed. A conflict opens its drawer at the next run, anything else is said."""
    try:
        made = act()
    except ConflictError as conflict:
        st.session_state[MET] = conflict
        return None
    except GrowthOpsError as error:
        states.say(str(error))
        return None
    queries.store().usage.record("save", url.page(), object_key=f"{made.NOUN.replace(' ', '_')}/{made.id}")
    return made


def conflict_drawer() -> None:
    """Draw the drawer, if somebody else was faster."""
    met = st.session_state.pop(MET, None)
    if met is not None:
        pull(NAME, met)
    drawer(NAME, "Somebody else changed this", _body, lambda _: "", _keep_both, "Keep both", _put_aside)


def waiting() -> None:
    """Say that a change waits whose drawer was closed without a choice, and offer to choose or to drop it."""
    conflict: ConflictError | None = st.session_state.get(ASIDE)
    if conflict is None:
        return
    theirs = cast("Versioned", conflict.theirs)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        said = f"Your change of {theirs.words} is not saved: {theirs.author} changed it meanwhile."
        st.markdown(f":orange[{plain(said)}]", width="content")
        st.button("Choose", key="okr-conflict-choose", type="tertiary", icon=":material/compare_arrows:",
                  help="Both versions side by side", on_click=_choose)  # fmt: skip
        st.button("Drop mine", key="okr-conflict-drop", type="tertiary", icon=":material/delete:",
                  help="Theirs stays as it is", on_click=st.session_state.pop, args=(ASIDE, None))  # fmt: skip


def _put_aside(conflict: ConflictError) -> None:
    """Keep a change whose drawer was closed: a click on its X, or Escape, is no decision."""
    st.session_state[ASIDE] = conflict


def _choose() -> None:
    conflict = st.session_state.pop(ASIDE, None)
    if conflict is not None:
        pull(NAME, conflict)


def parts(conflict: ConflictError) -> pl.DataFrame:
    """Every part that either changed: part, before, theirs, yours."""
    base, theirs, yours = (cast("Versioned", one) for one in (conflict.base, conflict.theirs, conflict.yours))
    old, new, mine = base.said(), theirs.said(), yours.said()
    rows = [
        (readable(name).capitalize(), *(_shown(one[name]) for one in (old, new, mine)))
        for name in old
        if not old[name] == new[name] == mine[name]
    ]
    return pl.DataFrame(rows, schema=dict.fromkeys(("part", "before", "theirs", "yours"), pl.String()), orient="row")


def _shown(value: Any) -> str:
    return "–" if value is None or value == [] else str(value)


def _body(conflict: ConflictError, _: object) -> None:
    base, theirs, yours = (cast("Versioned", one) for one in (conflict.base, conflict.theirs, conflict.yours))
    st.markdown(plain(SAID.format(who=theirs.author, version=theirs.version, what=theirs.words, base=base.version)))
    titles = {"part": "Part", "before": "When you opened it", "theirs": f"Saved by {theirs.author}", "yours": "Yours"}
    st.dataframe(
        parts(conflict).to_arrow(), lazy=False, hide_index=True, column_config=titles, key="okr-conflict-parts",
        alt="Each part that one of the two changed: before, theirs and yours",
    )  # fmt: skip
    both = [readable(name) for name in yours.overlap(base, theirs)]
    where = f" Both of you changed {listing(both)}: there yours counts." if both else ""
    st.caption(plain(f"“Keep both” saves theirs with the parts you changed.{where} Every version can be looked up."))
    with st.container(horizontal=True, gap="small"):
        st.button("Save mine over theirs", key="okr-conflict-mine", type="tertiary", icon=":material/publish:",
                  on_click=leave, args=(_put, yours.over(theirs), "saved over a newer version"))  # fmt: skip
        st.button("Leave theirs", key="okr-conflict-theirs", type="tertiary", icon=":material/undo:",
                  on_click=leave, args=(lambda: None,))  # fmt: skip


def _keep_both(conflict: ConflictError) -> None:
    base, theirs, yours = (cast("Versioned", one) for one in (conflict.base, conflict.theirs, conflict.yours))
    _put(yours.joined(base, theirs), "joined with what somebody else saved")


def _put(record: Versioned, note: str) -> None:
    """Save a record where it belongs; meeting another conflict opens the drawer again."""
    state, author = queries.store(), queries.author()
    if isinstance(record, Objective):
        save(lambda: state.objectives.change(record, author=author, note=note))
    elif isinstance(record, KeyResult):
        save(lambda: state.key_results.change(record, author=author, note=note))
