"""Two drawers: say how a key result stands, and close it with its score."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from lib import queries
from lib.errors import GrowthOpsError
from lib.okr import scores
from lib.queries import okrs
from lib.queries.okrs import Board, Goal, Held
from lib.store import needs_note
from lib.ui import okr_choice, states, url
from lib.ui.builder import widgets
from lib.ui.builder.changes import Change
from lib.ui.builder.drawer import drawer, pull
from lib.ui.okr_conflicts import save as save_one
from lib.ui.okr_words import is_share, value, way
from lib.ui.words import plain

CHECK, CLOSE = "check-in", "close-key-results"
CONFIDENCE = {
    1.0: "1.0: done, or as good as", 0.9: "0.9", 0.8: "0.8: likely", 0.7: "0.7: more likely than not", 0.6: "0.6",
    0.5: "0.5: open", 0.4: "0.4", 0.3: "0.3: unlikely", 0.2: "0.2", 0.1: "0.1", 0.0: "0.0: not any more",
}  # fmt: skip


def check_in_button(held: Held) -> None:
    """A button that opens the drawer of a check-in."""
    st.button("Check in", key="check-in", icon=":material/rate_review:", on_click=pull,
              args=(CHECK, {"kr": held.result.kr_id, "confidence": None, "value": None,
                            "note": "", "blocker": "", "before": held.standing.said}))  # fmt: skip


def close_button(results: Sequence[Held], label: str = "Close and score") -> None:
    """A quiet button that opens the drawer in which key results get their scores."""
    st.button(label, key="close-and-score", type="tertiary", icon=":material/task_alt:", on_click=pull,
              args=(CLOSE, {"krs": [one.result.kr_id for one in results]}))  # fmt: skip


def drawers(shown: Board) -> None:
    """Draw the one that is open, if any."""
    held = {one.result.kr_id: one for one in shown.held}
    drawer(CHECK, "Check in", lambda draft, change: _say(draft, change, held), missing,
           lambda draft: check_in(draft, held), "Save")  # fmt: skip
    drawer(CLOSE, "Close and score", lambda draft, _: _scores(draft, held), lambda draft: unmeasured(draft, held),
           lambda draft: close(draft, shown), "Close")  # fmt: skip


def missing(draft: Mapping[str, Any]) -> str:
    """Why a check-in cannot be saved yet; empty when it can."""
    if draft["confidence"] is None:
        return "Say how sure you are that it will be reached."
    if not draft["note"].strip() and needs_note(draft["confidence"], draft["before"]):
        return "Say why in a note: confidence is below 0.7, or fell by 0.2 or more."
    return ""


def unmeasured(draft: Mapping[str, Any], held: Mapping[str, Held]) -> str:
    """Why key results cannot be closed yet: one of them has no value to be scored by."""
    found = [one.result.title for key in draft["krs"] if (one := held.get(key)) and one.standing.value is None]
    return f"“{found[0]}” has no value to score: check in with one, or drop it." if found else ""


def check_in(draft: Mapping[str, Any], held: Mapping[str, Held]) -> None:
    """Append the check-in, and note what was measured at that moment as reported."""
    one, state, author = held[draft["kr"]], queries.store(), queries.author()
    try:
        state.check_ins.add(
            draft["kr"], draft["confidence"], author=author, value=draft["value"], note=draft["note"],
            blocker=draft["blocker"],
        )  # fmt: skip
        _report(one, "check-in")
    except GrowthOpsError as error:
        states.say(str(error))
        return
    state.usage.record("save", url.page(), object_key=f"check_in/{draft['kr']}")


def close(draft: Mapping[str, Any], shown: Board) -> None:
    """Give each key result its score, freeze what it was read from, and end objectives of which all are closed."""
    state, author, settings = queries.store(), queries.author(), queries.settings()
    held = {one.result.kr_id: one for one in shown.held}
    for key in draft["krs"]:
        one = held[key]
        told = okrs.definition_of(one, settings, state)
        result = okrs.closed(one, told, max(one.result.start_on, okr_choice.today()))
        if save_one(lambda result=result: state.key_results.change(result, author=author, note="closed")) is None:
            return
        try:
            _report(one, "closed")
        except GrowthOpsError as error:
            states.say(str(error))

    for goal in shown.goals:
        if goal.held and {one.result.kr_id for one in goal.held if not one.is_closed} <= set(draft["krs"]):
            _end(goal)


def _end(goal: Goal) -> None:
    """An objective of which every key result is closed: achieved or missed, by the mean of the scores."""
    state, author = queries.store(), queries.author()
    found = [(one.score, one.weight) for one in state.key_results.of(goal.objective.objective_id)]
    mean = scores.weighted([(score, weight) for score, weight in found if score is not None])
    if goal.objective.status != "live" or mean is None:
        return
    word = scores.read(mean, goal.objective.kind)
    ended = replace(goal.objective, status="achieved" if word == "reached" else "missed")
    save_one(lambda: state.objectives.change(ended, author=author, note=f"closed with a mean score of {mean:.2f}"))


def _report(held: Held, reason: str) -> None:
    state, settings = queries.store(), queries.settings()
    told = okrs.definition_of(held, settings, state)
    okrs.report(held, told, state, people(), queries.author(), reason)


def people() -> int | None:
    """How many persons the load knows."""
    return queries.once(lambda: queries.facts().persons, "persons")


def _say(draft: dict[str, Any], change: Change, held: Mapping[str, Held]) -> None:
    one = held[draft["kr"]]

    def put(name: str) -> Any:
        return lambda told: change(lambda now: {**now, name: told})

    measured = value(one.result, one.standing.value)
    st.markdown(plain(f"{one.result.title}. Measured: {measured}; {way(one.result)}."))
    widgets.pick("check-confidence", "How sure are you that it will be reached?", CONFIDENCE, draft["confidence"],
                 put("confidence"), placeholder="Choose from 0.0 to 1.0")  # fmt: skip
    if one.measured.answer is None:
        field, unit = (widgets.per_cent, ", %") if is_share(one.result) else (widgets.number, "")
        field("check-value", f"Value now{unit}", draft["value"], put("value"))
    widgets.text("check-note", "What happened, and what comes next", draft["note"], put("note"), max_chars=500)
    widgets.text("check-blocker", "What is in the way", draft["blocker"], put("blocker"), max_chars=500)
    st.caption("What you say stays as it is; say something new when it changed. A live number is never typed.")


def _scores(draft: Mapping[str, Any], held: Mapping[str, Held]) -> None:
    st.markdown(
        "The score is what is done of the way, from 0.0 to 1.0, read at 0.7 and 0.4; what was committed to is expected"
        " to reach 1.0. It is kept with the definition the number has today, whatever that becomes later."
    )
    for key in draft["krs"]:
        one = held[key]
        score = scores.score(one.standing.progress or 0.0)
        told = f"{one.result.title}: {value(one.result, one.standing.value)} of {way(one.result)}"
        st.markdown(f"- {plain(told)}: **{score:.2f}**")
