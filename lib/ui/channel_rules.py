"""Channel rules by hand: which channel and partner a contact belongs to, kept in versions, and what a change moves.

Rules hold for all history: they are applied when a question is asked, so what is saved shows at once on every page.
"""

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from lib import choices, queries
from lib.scope.rules import ChannelRules, joined
from lib.store import Definition, Edit
from lib.ui import channel_rule_moves as moves
from lib.ui import keeping, url
from lib.ui.builder import drawer, widgets
from lib.ui.builder.changes import Change, put
from lib.ui.builder.conditions import conditions
from lib.ui.builder.rows import rows, with_new
from lib.ui.builder.toolbar import Control
from lib.ui.channel_rule_drafts import NEW, body_of, channels, drafted, for_host, in_words, names, problem, says
from lib.ui.versions import versions
from lib.ui.words import plain

Json = dict[str, Any]
KIND, KEY, NAME = "channel_rules", "standard", "Channel rules"
DRAWER, SHOWN = "channel-rules", "_channel_rules_shown"
MOST_RULES = 100
FIELDS = (
    "referrer_host", "landing_page", "campaign", "promo_code", "creative", "keyword_class", "channel", "partner",
    "audience",
)  # fmt: skip
FIRST = (
    "The first rule that fits a contact says its channel, whatever its source called it. A contact that no rule fits "
    "{otherwise}. Rules hold for all history, from the moment they are saved."
)
AS_IT_CAME = "stay as they came"
OTHERS = "{count} kept beside these ({names}); {it} tried after them."


def control() -> Control:
    """The word of a row of controls that opens the drawer with the rules in force."""
    return Control("rules", NAME.lower(), "Which channel and partner a contact belongs to", press=_open, icon="rule")


def rules_drawer(scope: Mapping[str, Any] | None = None) -> None:
    """Draw the drawer, if it is open. What would move is counted in the scope; without one, over all that is known."""
    shown: Definition | None = st.session_state.pop(SHOWN, None)
    if shown is not None:
        drawer.pull(DRAWER, {**_draft(), **drafted(shown.body), "note": shown.note})

    def body(draft: Json, change: Change) -> None:
        _body(draft, change, scope or {})

    drawer.drawer(DRAWER, NAME, body, wrong, save, "Save")


def referrers(scope: Mapping[str, Any] | None = None) -> None:
    """The hosts people came from, as a table, and those that have no rule yet, each with a way to make one."""
    answer = queries.ask(moves.question("referrers", scope or {}))
    st.markdown(plain(answer.headline))
    for note in answer.notes:
        st.caption(plain(note))
    if not answer.tables["referrers"].height:
        return
    moves.hosts_table(answer)
    moves.offers("host-rule", answer, lambda host: False, _open)


def _open(host: str = "") -> None:
    """Pull the drawer, with a new rule for a host if one is named; for callbacks."""
    draft = _draft()
    drawer.pull(DRAWER, with_new(for_host(host))(draft) if host else draft)


def _draft() -> Json:
    """What the drawer begins with: the rules in force, of several sets the one that is tried first."""
    kept = sorted(keeping.listed(KIND), key=lambda one: one.key)
    mine = kept[0] if kept else None
    gone = [one.version for one in keeping.retired(KIND) if one.key == KEY]
    alone = drafted(mine.body if mine else {})
    return {
        **alone, "open": 0 if len(alone["items"]) == 1 else None, "kept": mine, "others": tuple(kept[1:]), "note": "",
        "owner": mine.owner if mine else queries.author(), "seen": gone[0] if gone else None,
    }  # fmt: skip


def wrong(draft: Json) -> str:
    """Why the rules cannot be saved yet, in words; empty when they can."""
    if not draft["items"] and not draft["otherwise"] and draft["kept"] is None:
        return "Add a rule."
    return problem(draft, queries.facts().timezone) or ("" if draft["owner"].strip() else "Say who answers for them.")


def save(draft: Json) -> None:
    """Publish the rules: the next version of those that were opened, or the first ones."""
    kept, author, body = draft["kept"], queries.author(), body_of(draft)
    told = {"author": author, "body": body, "note": draft["note"], "owner": draft["owner"]}
    edit = kept.edited(**told) if kept else Edit(KIND, KEY, name=NAME, seen=draft["seen"], **told)
    saved = keeping.keep(edit)
    if saved is not None:
        queries.store().usage.record("save", url.page(), object_key=f"{KIND}/{saved.key}")


def _body(draft: Json, change: Change, scope: Mapping[str, Any]) -> None:
    otherwise = f"belongs to {draft['otherwise']}" if draft["otherwise"] else "stays as it came"
    st.markdown(plain(FIRST.format(otherwise=otherwise)))
    answer = None
    if not problem(draft, queries.facts().timezone):
        answer = queries.ask(moves.question("moves", scope, _together(draft)))

    def item(value: Json, change_item: Change, place: int) -> None:
        _rule(value, change_item, draft)
        if answer is not None:
            st.caption(plain(moves.about_rule(answer, place)))

    rows("channel-rules", draft, change, [says(one) for one in draft["items"]], item, NEW, noun="rule",
         most=MOST_RULES)  # fmt: skip
    _otherwise(draft, change)
    if draft["others"]:
        told = ", ".join(one.name for one in draft["others"])
        one = len(draft["others"]) == 1
        count = "1 more set of rules is" if one else f"{len(draft['others'])} more sets of rules are"
        st.caption(plain(OTHERS.format(count=count, names=told, it="it is" if one else "they are")))
    st.markdown("**What would move**")
    if answer is None:
        st.caption("It shows here as soon as every rule is finished.")
    else:
        moves.shown(answer)
    found = queries.ask(moves.question("referrers", scope))
    moves.offers("offered-rule", found, lambda host: names(draft, host), lambda host: change(with_new(for_host(host))))
    _form(draft, change)
    if draft["kept"] is not None:
        versions(draft["kept"], _show, lambda one: in_words(one.body))


def _together(draft: Json) -> list[Json]:
    """The rules of the draft with those kept beside it, in the order in which they are tried."""
    sets = [ChannelRules.model_validate(one) for one in (body_of(draft), *(one.body for one in draft["others"]))]
    return [rule.as_json() for rule in joined(tuple(sets))]


def _rule(value: Json, change: Change, draft: Json) -> None:
    """The parts of one rule: its conditions, and where it puts a contact."""
    conditions("channel-rule", value["where"], _of(change, "where"), "A contact whose", FIELDS, _values)
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        for key, label in (("channel", "belongs to the channel"), ("partner", "and to the partner")):
            known = dict.fromkeys([*channels(draft, key), *_values(key)])
            widgets.pick(
                f"channel-rule-{key}", label, list(known), value[key] or None, _put(change, key),
                accept_new_options=True, width=220,
                placeholder="pick or type" if key == "channel" else "as it came",
            )  # fmt: skip
        if value["partner"]:
            st.button("Partner as it came", key="channel-rule-no-partner", type="tertiary", icon=":material/close:",
                      on_click=_put(change, "partner"), args=("",))  # fmt: skip


def _put(change: Change, key: str) -> Callable[[str | None], None]:
    return lambda told: change(lambda old: {**old, key: told or ""})


def _values(field: str) -> tuple[str, ...]:
    return queries.from_facts(choices.contact_values, field)


def _otherwise(draft: Json, change: Change) -> None:
    known = dict.fromkeys(["", *channels(draft, "channel"), *_values("channel")])
    options = {name: name or AS_IT_CAME for name in known}
    widgets.pick("channel-rules-otherwise", "Contacts that no rule fits", options, draft["otherwise"],
                 put(_of(change, "otherwise")), accept_new_options=True)  # fmt: skip


def _of(change: Change, name: str) -> Change:
    return lambda make: change(lambda old: {**old, name: make(old[name])})


def _form(draft: Json, change: Change) -> None:
    """Who answers for the rules, and why they changed."""
    with st.container(horizontal=True, gap="small"):
        widgets.text("channel-rules-owner", "Who answers for them", draft["owner"], put(_of(change, "owner")),
                     max_chars=120, width=220)  # fmt: skip
        widgets.text("channel-rules-note", "Why they changed", draft["note"], put(_of(change, "note")), max_chars=200)
    if draft["kept"] is not None:
        st.caption(plain(f"{keeping.version_words(draft['kept'])} Every version is kept."))


def _show(one: Definition) -> None:
    """Open the drawer again with a draft that was kept beside; what is in force shows by itself. For callbacks."""
    if one.status == "draft":
        st.session_state[SHOWN] = one
