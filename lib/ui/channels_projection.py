"""What a model expects customers to bring in after the data ends: apart from what was counted, and back-tested."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from lib import queries
from lib.answers import Answer
from lib.errors import QuestionError
from lib.questions import parse
from lib.ui import channels_views
from lib.ui.builder import widgets
from lib.ui.page import VERDICT
from lib.ui.tables import Format, table
from lib.ui.words import plain, readable, stressed

Json = Mapping[str, Any]
Columns = dict[str, tuple[str, Format]]
MODELS = {"contracts": "contracts that are renewed", "repeat": "purchases that repeat"}
MOST_WEEKS, MOST_RENEWALS = 520, 120

CUSTOMERS: Columns = {
    "user_id": ("Customer", "text"),
    "bought": ("Bought so far", "count"),
    "purchases": ("Purchases expected", "decimal"),
    "spend": ("Spend on each", "money"),
    "value": ("Gross profit expected", "money"),
}
CONTRACTS: Columns = {
    "age": ("Renewals", "count"),
    "observed": ("Still there, counted", "percent"),
    "expected": ("Still there, by the model", "percent"),
}
PARAMETERS: Columns = {"model": ("Model", "text"), "name": ("Parameter", "text"), "value": ("Value", "decimal")}


def projection(scope: Json, margin: float) -> None:
    """The model chosen, what it expects, how wrong it was before, and what it was fitted to."""
    model, ahead, event = channels_views.projected("contracts" if "subscriptions" in queries.loaded() else "repeat")
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        widgets.pick("projection-model", "Project", MODELS, model, channels_views.put("model"), width=260)
        if model == "repeat":
            names = {name: readable(name) for name in queries.events()}
            widgets.pick("projection-event", "A purchase is", names, event, channels_views.put("bought"), width=260,
                         placeholder=queries.settings().channels.purchase or "the event with values")  # fmt: skip
            widgets.whole(
                "projection-weeks", "Weeks ahead", ahead, channels_views.put("ahead"), 1, MOST_WEEKS, width=140
            )
        else:
            widgets.whole("projection-ahead", "Months ahead", ahead, channels_views.put("ahead"), 1, MOST_RENEWALS,
                          width=140)  # fmt: skip
    asked: dict[str, Any] = {"kind": "projection", "model": model}
    asked |= {"weeks": ahead, "margin": margin} if model == "repeat" else {"ahead": ahead}
    where = {"where": scope["where"]} if model == "repeat" and scope.get("where") else {}
    asked |= {"event": event} if event and model == "repeat" else {}
    try:
        answer = queries.ask(parse({**asked, "scope": where}))
    except QuestionError as error:
        said = str(error).removeprefix("event: ")
        st.info(plain(said[:1].upper() + said[1:]))
        return
    _draw(answer, model)


def _draw(answer: Answer, model: str) -> None:
    st.html(f'<p style="{VERDICT}">{stressed(answer.headline)}</p>')
    if answer.notes:
        st.caption(plain(" ".join(answer.notes)))
    shown = answer.tables["customers" if model == "repeat" else "projection"]
    columns = CUSTOMERS if model == "repeat" else CONTRACTS
    about = "Customers by what they are expected to bring in" if model == "repeat" else "Accounts still there by age"
    table(shown, columns, f"projection-{model}", about, question=answer.question)
    st.caption(plain(answer.definition))
    if not answer.tables["parameters"].height:
        return
    st.markdown("## What was fitted")
    table(answer.tables["parameters"], PARAMETERS, "projection-parameters", "Parameters", question=answer.question)
