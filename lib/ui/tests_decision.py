"""Writing down what was decided about a test and what was learnt from it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, get_args

import polars as pl
import streamlit as st

from lib import queries
from lib.answers import Answer
from lib.errors import GrowthOpsError
from lib.store import ConflictError, Experiment
from lib.store.records import Decision
from lib.ui import states
from lib.ui.builder import widgets
from lib.ui.builder.changes import Change
from lib.ui.builder.drawer import drawer, pull
from lib.ui.tests_controls import setter
from lib.ui.words import plain

NAME, WRITE = "tests-decision", "tests-record"
DECISIONS = {"ship": "Ship it", "no_effect": "No effect", "harm": "It does harm", "inconclusive": "Inconclusive"}
SUGGESTED = {"ship": "ship", "harm": "harm", "guardrail": "harm", "no_effect": "no_effect"}
MOST_LETTERS = 500
CONFLICT = "Meanwhile {who} changed this test: {changes}. Nothing of yours was saved over it; look, and save again."


def decide(record: Experiment | None, answer: Answer) -> None:
    """The decision and its learning, or the button to write them down."""
    exp = str(getattr(answer.question, "experiment", ""))
    if record is None:
        st.button("Write this test down", key="tests-write", icon=":material/edit_note:", type="tertiary",
                  help="Its hypothesis and owner, so that it stands in the ledger", on_click=pull,
                  args=(WRITE, blank(exp, answer)))  # fmt: skip
        return
    if record.decision is not None:
        st.markdown(f"**Decided: {DECISIONS[record.decision].lower()}.** {plain(record.learning)}")
        return
    said = next(iter(answer.tables["effects"]["verdict"].drop_nulls().to_list()), "")
    draft = {"id": record.experiment_id, "decision": SUGGESTED.get(said), "learning": "", "version": record.version}
    st.button("Decide", key="tests-decide", icon=":material/gavel:", on_click=pull, args=(NAME, draft),
              help="Write down what is done and what was learnt")  # fmt: skip


def blank(exp: str, answer: Answer) -> dict[str, Any]:
    """A test that was seen and not written down yet."""
    rows = answer.tables["variants"].filter(pl.col("segment") == "All")
    return {"id": exp, "name": exp.replace("_", " "), "hypothesis": "", "owner": queries.author(),
            "weights": dict.fromkeys(rows["variant"], 1), "question": answer.question.as_json()}  # fmt: skip


def drawers() -> None:
    """Draw the drawer that is open."""
    drawer(NAME, "Decide", _decision, decision_problem, save_decision, "Decide")
    drawer(WRITE, "Write a test down", _record, record_problem, save_record, "Save")


def decision_problem(draft: Mapping[str, Any]) -> str:
    """Why a decision cannot be kept yet.

    >>> decision_problem({"decision": "ship", "learning": " "})
    'Say what was learnt: the next person will ask.'
    """
    if draft["decision"] not in get_args(Decision):
        return "Choose what is done."
    return "" if draft["learning"].strip() else "Say what was learnt: the next person will ask."


def record_problem(draft: Mapping[str, Any]) -> str:
    """Why a test cannot be kept yet."""
    for key, wanted in (("name", "Give it a name."), ("hypothesis", "Say what you expect, and why.")):
        if not draft[key].strip():
            return wanted
    if not draft["owner"].strip():
        return "Say who owns it."
    fine = all(weight is not None and weight > 0 for weight in draft["weights"].values())
    return "" if fine else "Give every variant a weight above 0."


def save_decision(draft: Mapping[str, Any]) -> None:
    """Keep the decision. A newer version of somebody else's is said, and not lost."""
    book = queries.store().experiments
    try:
        seen = next(one for one in book.history(draft["id"]) if one.version == draft["version"])
        book.decide(seen, draft["decision"], draft["learning"].strip(), author=queries.author())
    except ConflictError as conflict:
        said = "; ".join(change.words for change in conflict.their_changes) or "it was decided"
        states.say(CONFLICT.format(who=conflict.theirs.author, changes=said))
    except GrowthOpsError as error:
        states.say(str(error))
    else:
        queries.store().usage.record("edit_definition", "tests", object_key=f"experiment/{draft['id']}")
        # Without it in the address the page would go on to the next test that can be decided.
        setter("exp", tab="Read-out")(draft["id"])


def save_record(draft: Mapping[str, Any]) -> None:
    """Keep a test that runs already, with the question that reads it out."""
    weights = dict(draft["weights"])
    asked = dict(draft["question"])
    if len(weights) > 1:
        asked["weights"] = [{"variant": name, "weight": weight} for name, weight in weights.items()]
    record = Experiment(
        experiment_id=draft["id"], name=draft["name"].strip(), hypothesis=draft["hypothesis"].strip(),
        owner=draft["owner"].strip(), primary_metric=str(asked["goal"]["event"])[:80], variants=weights,
        setup={"question": asked}, planned_n=asked.get("planned"), status="running",
    )  # fmt: skip
    try:
        book = queries.store().experiments
        old = book.get(draft["id"])
        if old is None:
            book.add(record, author=queries.author())
        else:
            book.change(replace(record, version=old.version), author=queries.author())
    except GrowthOpsError as error:
        states.say(str(error))


def _decision(draft: dict[str, Any], change: Change) -> None:
    widgets.pick("tests-decision-what", "What is done", DECISIONS, draft["decision"], _put(change, "decision"),
                 placeholder="Choose")  # fmt: skip
    widgets.text("tests-decision-why", "What was learnt", draft["learning"], _put(change, "learning"),
                 max_chars=MOST_LETTERS)  # fmt: skip


def _record(draft: dict[str, Any], change: Change) -> None:
    for key, label in (("name", "Name"), ("hypothesis", "What you expect, and why"), ("owner", "Who owns it")):
        widgets.text(f"tests-record-{key}", label, draft[key], _put(change, key), max_chars=MOST_LETTERS)
    for place, (name, weight) in enumerate(draft["weights"].items()):
        widgets.number(f"tests-record-weight-{place}", f"Weight of {name}", weight, _weigh(change, name),
                       help="How large a part it was meant to get: 9 and 1 are nine tenths and a tenth.")  # fmt: skip


def _weigh(change: Change, name: str) -> Any:
    return lambda value: change(lambda now: {**now, "weights": {**now["weights"], name: value}})


def _put(change: Change, name: str) -> Any:
    return lambda value: change(lambda now: {**now, name: value})
