"""Keeping something under a name, in versions: a new one, or the next version of the one that is open.

Views and cohorts are kept alike. Two people who change the same one lose nothing: whoever comes second is told, and
what they made stays beside the other as a draft.
"""

from collections.abc import Callable, Mapping
from typing import Any, cast

import streamlit as st

from lib import queries
from lib.errors import GrowthOpsError
from lib.store import ConflictError, Definition, Edit, key_for
from lib.ui import states, url
from lib.ui.builder import widgets
from lib.ui.builder.changes import Change
from lib.ui.words import plain

MOST_LISTED = 30
MOST_SAID = 3
CONFLICT = (
    "{who} saved version {version} of {kind} meanwhile: {changes}. Yours was kept beside it as a draft, so "
    "nothing is lost. It waits under “Earlier versions”{another}."
)
ANOTHER = "; or save yours under another name"
ONLY = ("channel_rules", "policy", "pulse")  # kinds of which a workspace needs one: no second one under another name


def opened(kind: str) -> Definition | None:
    """The one the address names, in the parameter that is called like its kind; None for none, or one that is gone."""
    told = url.now().get(kind, ())
    found: Definition | None = None
    if told:
        with states.quiet():
            found = queries.store().definitions.live(kind, told[-1]) if queries.has_state() else None
        if found is None:
            url.note([f"The saved {kind} “{told[-1][:40]}” is not there any more; the rest of the link is followed."])
    return found


def draft(kind: str, kept: Definition | None, body: Mapping[str, Any]) -> dict[str, Any]:
    """What the drawer begins with. `body` is what is to be kept, in whatever form its owner likes."""
    about = str(kept.body.get("about", "")) if kept else ""
    said = {"name": kept.name if kept else "", "about": about, "note": "", "anew": False}
    return {"kind": kind, "kept": kept, "body": dict(body), **said}


def form(draft: Mapping[str, Any], change: Change) -> None:
    """Draw what is said of it: its name, what it is for and, for a further version, why it changed."""

    def put(name: str) -> Callable[[Any], None]:
        return lambda value: change(lambda now: {**now, name: value})

    kind, kept = draft["kind"], draft["kept"]
    widgets.text(f"{kind}-name", "Name", draft["name"], put("name"), max_chars=80)
    widgets.text(f"{kind}-about", "What it is for", draft["about"], put("about"), max_chars=200)
    if kept is None:
        return
    widgets.switch(f"{kind}-anew", f"Save as another {kind}", draft["anew"], put("anew"))
    if not draft["anew"]:
        widgets.text(f"{kind}-note", "Why it changed", draft["note"], put("note"), max_chars=200)
        st.caption(plain(f"{version_words(kept)} Every version is kept."))


def problem(draft: Mapping[str, Any]) -> str:
    """Why it cannot be kept yet; empty when it can."""
    return "" if draft["name"].strip() else "Give it a name people will look for."


def edit(draft: Mapping[str, Any], body: Mapping[str, Any]) -> Edit:
    """The edit a draft makes: of a new definition, or of the one that is open."""
    kind, kept, author = draft["kind"], draft["kept"], queries.author()
    about, name = draft["about"].strip(), draft["name"].strip()
    told = {**body, "about": about} if about else dict(body)
    if kept is not None and not draft["anew"]:
        return cast("Definition", kept).edited(author=author, body=told, note=draft["note"], name=name)
    return Edit(kind, key_for(name, taken(kind)), told, name, author)


def taken(kind: str) -> list[str]:
    """The keys that were ever given to this kind."""
    definitions = queries.store().definitions
    return [one.key for one in (*definitions.list(kind), *definitions.retired(kind), *definitions.drafts(kind))]


def keep(edit: Edit) -> Definition | None:
    """Publish it. None where that failed: then it is said, and after a conflict the edit stays beside as a draft."""
    definitions = queries.store().definitions
    try:
        try:
            return definitions.publish(edit)
        except ConflictError as conflict:
            live = definitions.live(edit.kind, edit.key)
            if edit.based_on is not None and live is not None and live.version == edit.based_on:
                # Newer are only drafts, kept beside or put away: what is in force is what was edited.
                return definitions.publish(edit.over(cast("Definition", conflict.theirs)))
            definitions.save_draft(edit, beside=True)
            _tell(conflict, live)
    except GrowthOpsError as error:
        states.say(str(error))
    return None


def _tell(conflict: ConflictError, live: Definition | None) -> None:
    theirs = cast("Definition", live or conflict.theirs)
    base = cast("Definition | None", conflict.base)
    changed = base.differs(theirs) if base is not None else ()
    said = "; ".join(change.words for change in changed[:MOST_SAID]) or "it says the same"
    said = "it was taken off the list" if theirs.status == "retired" else said
    is_only = theirs.kind in ONLY
    kind = f"{'these' if is_only else 'this'} {theirs.kind.replace('_', ' ')}"
    another = "" if is_only else ANOTHER
    states.say(CONFLICT.format(who=theirs.author, version=theirs.version, kind=kind, changes=said, another=another))


def attempt(act: Callable[[], Definition]) -> Definition | None:
    """Do something to a definition; what goes wrong is said, and the answer is None."""
    try:
        return act()
    except GrowthOpsError as error:
        states.say(str(error))
    return None


def version_words(kept: Definition) -> str:
    """Which version it is, by whom and since when."""
    return f"Version {kept.version}, by {kept.author}, {kept.created_at:%-d %b %Y}."


def listed(kind: str) -> list[Definition]:
    """Those in force, the newest first, as many as a page lists; none where the state cannot be read."""
    found: tuple[Definition, ...] = ()
    with states.quiet():
        found = queries.store().definitions.list(kind) if queries.has_state() else ()
    return sorted(found, key=lambda one: one.created_at, reverse=True)[:MOST_LISTED]


def retired(kind: str) -> tuple[Definition, ...]:
    """Those that were taken off the list; none where the state cannot be read."""
    found: tuple[Definition, ...] = ()
    with states.quiet():
        found = queries.store().definitions.retired(kind) if queries.has_state() else ()
    return found


def retire(kept: Definition) -> None:
    """Take it off the list; its versions stay, and it can be made live again."""
    definitions = queries.store().definitions

    def act() -> Definition:
        newest, live = definitions.newest(kept.kind, kept.key), definitions.live(kept.kind, kept.key)
        # Drafts beside it are no reason to keep it; a version somebody published meanwhile is.
        seen = newest.version if newest and live and live.version == kept.version else None
        return definitions.retire(kept, author=queries.author(), note="taken off the list", seen=seen)

    attempt(act)
