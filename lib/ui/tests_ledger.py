"""The ledger: every test with its hypothesis, owner, decision and learning, and how often trying was worth it."""

from collections.abc import Sequence
from typing import Any

import polars as pl
import streamlit as st

from lib.pulse.readouts import ReadOut
from lib.queries.tests import experiments, read_outs
from lib.store import Experiment
from lib.ui import tests_known
from lib.ui.page import VERDICT, Card, cards
from lib.ui.tables import table
from lib.ui.tests_controls import setter
from lib.ui.tests_decision import DECISIONS
from lib.ui.tests_readout import VERDICTS
from lib.ui.words import plain, stressed
from lib.words import count, people, percent

SCHEMA = {"name": pl.String(), "status": pl.String(), "decision": pl.String(), "hypothesis": pl.String(),
          "learning": pl.String(), "owner": pl.String(), "start_on": pl.Date(), "end_on": pl.Date()}  # fmt: skip

RUNNING = {"ready": "running, can be decided", "stopped": "running, wrong group sizes", "running": "running"}


def tally(records: Sequence[Experiment]) -> dict[str, Any]:
    """How many run, were decided, shipped (`rate` of the decided), and were decided without a learning."""
    decided = [one for one in records if one.status == "decided"]
    shipped = sum(one.decision == "ship" for one in decided)
    return {
        "running": sum(one.status == "running" for one in records),
        "decided": len(decided),
        "shipped": shipped,
        "no_effect": sum(one.decision == "no_effect" for one in decided),
        "harm": sum(one.decision == "harm" for one in decided),
        "rate": shipped / len(decided) if decided else None,
        "silent": sum(not one.learning.strip() for one in decided),
    }


def overview() -> str:
    """One sentence about all tests, for the top of the page."""
    found = tally(experiments())
    waiting, stopped, runs = (tests_known.of_state(one) for one in ("ready", "stopped", "running"))
    ready = f"{people(len(waiting), 'test', 'tests')} can be decided" if waiting else "No test can be decided now"
    halted = f", {count(len(stopped))} stopped for wrong group sizes{_named(stopped)}" if stopped else ""
    won = (
        f"; {percent(found['rate'])} of the {count(found['decided'])} decided were shipped" if found["decided"] else ""
    )
    return f"{ready}{_named(waiting)}{halted}, {count(len(runs))} still running{won}."


def _named(tests: Sequence[ReadOut]) -> str:
    return f" ({', '.join(one.record.name for one in tests)})" if tests else ""


def numbers() -> list[Card]:
    """Those that run (ready, stopped for wrong group sizes, still running), decided, win rate.

    The first three add up to the tests that are marked as running.
    """
    found = tally(experiments())
    rate = percent(found["rate"])
    split = f"{found['shipped']} ship, {found['no_effect']} no effect, {found['harm']} harm"
    return [
        Card("Ready to decide", count(len(tests_known.of_state("ready")))),
        Card("Stopped: group sizes", count(len(tests_known.of_state("stopped"))), better="down",
             meaning="The groups have sizes that chance would hardly give, so no effect is shown."),
        Card("Still running", count(len(tests_known.of_state("running")))),
        Card("Decided", count(found["decided"]), note=f"{found['shipped']} shipped" if found["decided"] else None,
             meaning=split if found["decided"] else ""),
        Card("Win rate", rate, meaning="Shipped ÷ decided.", few=found["decided"] < 5),
    ]  # fmt: skip


def show() -> None:
    """The numbers, what is ready, and the table."""
    records = experiments()
    if not records:
        st.markdown("## No test is written down yet\n\nOpen a test under “Read-out” and write it down, or plan one.")
        return
    cards(numbers())
    silent = tally(records)["silent"]
    if silent:
        st.caption(f"{people(silent, 'decided test has', 'decided tests have')} no learning written down.")
    for one in (*tests_known.of_state("stopped"), *tests_known.of_state("ready")):
        key, said = one.record.experiment_id, VERDICTS[one.verdict].lower().partition(":")[0]
        st.button(plain(f"{one.record.name} · {said}"), key=f"tests-open-{key}", type="tertiary",
                  icon=":material/arrow_forward:", on_click=setter("exp", tab="Read-out"), args=(key,))  # fmt: skip
    states = _states(records)
    rows = [(one.name, one.status, states[one.experiment_id], one.hypothesis, one.learning, one.owner, one.start_on,
             one.end_on) for one in reversed(records)]  # fmt: skip
    table(
        pl.DataFrame(rows, schema=SCHEMA, orient="row"),
        {"name": ("Test", "text"), "decision": ("State", "text"), "learning": ("Learnt", "long"),
         "hypothesis": ("Expected", "text"), "owner": ("Owner", "text"), "start_on": ("From", "day"),
         "end_on": ("To", "day")},
        "ledger", "Every test with its decision and what was learnt", whole=("decision",),
    )  # fmt: skip


def _states(records: Sequence[Experiment]) -> dict[str, str]:
    """What became of each test; of one that runs also whether it can be decided, or is stopped."""
    running = {one.record.experiment_id: RUNNING[one.state] for one in read_outs()}
    return {
        one.experiment_id: DECISIONS.get(one.decision or "", running.get(one.experiment_id, one.status))
        for one in records
    }


def headline() -> None:
    """The sentence about all tests, at the top."""
    st.html(f'<p style="{VERDICT}">{stressed(overview())}</p>')
