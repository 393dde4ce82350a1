"""How the company counts revenue, kept in versions; and what another way would change, before it is kept."""

from collections.abc import Mapping
from typing import Any

import polars as pl
import streamlit as st

from lib import queries
from lib.queries.policies import KEY, KIND
from lib.questions import RevenuePolicy
from lib.store import Definition, Edit
from lib.ui import keeping, revenue_choice, url
from lib.ui.builder import drawer, widgets
from lib.ui.builder.changes import Change, put
from lib.ui.builder.toolbar import Control
from lib.ui.revenue_choice import RevenueChoice, question
from lib.ui.revenue_controls import CHURNS, PAUSES, PRICES
from lib.ui.tables import Format, table
from lib.ui.versions import versions
from lib.ui.words import plain
from lib.words import money, people, percent

Json = dict[str, Any]
NAME, DRAWER = "Revenue policy", "revenue-policy"
OWN = ("churn", "past-due", "pause", "price")
NAMES = {
    "grr": "GRR", "nrr": "NRR", "logo_retention": "Logo retention", "end_mrr": "MRR at the end", "new": "New",
    "expansion": "Expansion", "reactivation": "Reactivation", "contraction": "Contraction", "churn": "Churn",
    "paused": "Paused",
}  # fmt: skip
ALWAYS = ("grr", "nrr", "end_mrr")
SHARES = ("grr", "nrr", "logo_retention")
ACCOUNTS: dict[str, tuple[str, Format]] = {
    "account_id": ("Account", "text"),
    "movement_before": ("By the policy", "text"),
    "movement": ("Counted as here", "text"),
    "opening_before": ("Opening by the policy", "money"),
    "opening": ("Opening here", "money"),
    "now_before": ("Now by the policy", "money"),
    "now": ("Now here", "money"),
    "kept_before": ("Kept by the policy", "money"),
    "kept": ("Kept here", "money"),
}
TO_CHANGE = (
    "To change it, choose another way of counting in the sentence above the numbers of this page: it then shows what"
    " would change, and whose accounts explain it, before anything is kept."
)
OTHERWISE = "This page counts otherwise than the company's policy ({policy}). Here: {here}."


def in_words(policy: RevenuePolicy) -> str:
    """A policy in a line.

    >>> in_words(RevenuePolicy())
    'churn when the paid period ends, 30 days past due, a pause is a movement of its own, prices after discounts'
    """
    churn, pause, prices = CHURNS[policy.churn][0], PAUSES[policy.pause][0], PRICES[policy.discounts][0]
    days = people(policy.past_due_days, "day", "days")
    return f"churn {churn}, {days} past due, a pause is {pause}, prices {prices}"


def control() -> Control:
    """The word of the row of controls that opens the policy and its versions."""
    about = "How revenue is counted: the company's policy, its versions, and who answers for it"
    return Control("policy", "policy", about, press=_open, icon="rule")


def policy(choice: RevenueChoice, scope: Mapping[str, Any]) -> None:
    """Where this page counts otherwise than the policy, both numbers side by side; and the policy, if it is open."""
    kept = queries.policy()
    if choice.policy != kept:
        _difference(choice, scope, kept)
    drawer.drawer(DRAWER, NAME, _body, _wrong, _save, "Save")


def _difference(choice: RevenueChoice, scope: Mapping[str, Any], kept: RevenuePolicy) -> None:
    with st.container(border=True, key="policy-difference"):
        answer = queries.ask(question(choice, scope, "policies", by=None, against=kept.as_json()))
        st.markdown(plain(OTHERWISE.format(policy=in_words(kept), here=in_words(choice.policy))))
        st.markdown(f"**{plain(answer.headline)}**")
        shown: dict[str, tuple[str, Format]] = {
            "name": ("Number", "text"), "policy": ("By the policy", "text"), "here": ("Counted as here", "text"),
            "gap": ("Difference", "text"),
        }  # fmt: skip
        table(_told(answer.tables["numbers"]), shown, "policy-numbers", "The numbers counted both ways")
        accounts = answer.tables["accounts"]
        if accounts.height:
            st.markdown("**Accounts that explain the difference**")
            table(
                accounts, ACCOUNTS, "policy-accounts", "Accounts that count differently, the largest difference first"
            )
        with st.container(horizontal=True):
            st.button("Make this the company's policy", key="keep-policy", icon=":material/save:", on_click=_open,
                      args=(choice.policy,))  # fmt: skip
            st.button("Back to the company's policy", key="drop-policy", type="tertiary", on_click=_back)


def _told(numbers: pl.DataFrame) -> pl.DataFrame:
    """The measures in words: those everybody looks at, and those that differ, which come first."""
    code = queries.settings().company.currency

    def said(name: str, value: float | None) -> str:
        return percent(value) if name in SHARES else money(value, code)

    def gap(name: str, before: float | None, after: float | None) -> str:
        if before is None or after is None or round(after - before, 6) == 0:
            return "–"
        sign = "+" if after > before else "−"
        size = abs(after - before)
        return f"{sign}{100 * size:.1f} pp" if name in SHARES else f"{sign}{money(size, code)}"

    told = [(name, said(name, old), said(name, new), gap(name, old, new)) for name, old, new in numbers.rows()]
    rows = [(NAMES[name], *rest) for name, *rest in told if name in ALWAYS or rest[-1] != "–"]
    rows.sort(key=lambda row: row[3] == "–")
    return pl.DataFrame(rows, schema=["name", "policy", "here", "gap"], orient="row")


def _back() -> None:
    url.write(dict.fromkeys(OWN))


def _open(wanted: RevenuePolicy | None = None) -> None:
    """Pull the drawer, with the policy this page counts by; for callbacks."""
    kept = _live()
    gone = [one.version for one in keeping.retired(KIND) if one.key == KEY]
    drawer.pull(DRAWER, {
        "kept": kept, "seen": gone[0] if gone else None, "note": "",
        "policy": (wanted or queries.policy()).model_dump(),
        "owner": kept.owner if kept else queries.author(),
    })  # fmt: skip


def _live() -> Definition | None:
    return next((one for one in keeping.listed(KIND) if one.key == KEY), None)


def _body(draft: Json, change: Change) -> None:
    """What is to be kept, by whom and why; and the versions before it."""
    wanted, kept = RevenuePolicy.model_validate(draft["policy"]), draft["kept"]
    st.markdown(plain(f"Counted so everywhere, on every page and in every number: {in_words(wanted)}."))
    if wanted == queries.policy():
        st.caption(TO_CHANGE)
    else:
        with st.container(horizontal=True, gap="small"):
            widgets.text("policy-owner", "Who answers for it", draft["owner"], put(_of(change, "owner")), max_chars=120,
                         width=220)  # fmt: skip
            widgets.text("policy-note", "Why it changes", draft["note"], put(_of(change, "note")), max_chars=200)
    if kept is not None:
        st.caption(plain(f"{keeping.version_words(kept)} Every version is kept."))
        versions(kept, _show, lambda one: in_words(RevenuePolicy.model_validate(one.body)))


def _of(change: Change, name: str) -> Change:
    return lambda make: change(lambda old: {**old, name: make(old[name])})


def _show(one: Definition) -> None:
    """Look at a version: what is in force shows by itself, a draft counts on this page alone. For callbacks."""
    wanted = RevenuePolicy.model_validate(one.body)
    shown = revenue_choice.written(RevenueChoice(policy=wanted), queries.policy()) if one.status == "draft" else {}
    url.write({name: shown.get(name) or None for name in OWN})


def _wrong(draft: Json) -> str:
    if RevenuePolicy.model_validate(draft["policy"]) == queries.policy():
        return "It is in force already."
    if not draft["note"].strip():
        return "Say why it changes: everybody's numbers will."
    return "" if draft["owner"].strip() else "Say who answers for it."


def _save(draft: Json) -> None:
    """Publish it; the address has nothing more to say then."""
    kept, author = draft["kept"], queries.author()
    told = {"author": author, "body": draft["policy"], "note": draft["note"], "owner": draft["owner"]}
    edit = kept.edited(**told) if kept else Edit(KIND, KEY, name=NAME, seen=draft["seen"], **told)
    saved = keeping.keep(edit)
    if saved is not None:
        queries.store().usage.record("save", url.page(), object_key=f"{KIND}/{saved.key}")
        _back()
