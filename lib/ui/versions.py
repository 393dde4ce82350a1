"""The versions of a definition, in its drawer: who changed what and when, and a way back; and drafts kept beside it."""

from collections.abc import Callable

import streamlit as st

from lib import queries
from lib.store import Change, Definition
from lib.ui import keeping
from lib.ui.builder.drawer import leave
from lib.ui.builder.sentences import plural
from lib.ui.words import plain

Show = Callable[[Definition], None]
Say = Callable[[Definition], str]
MOST_SHOWN, MOST_CHANGES = 30, 4
SAME_TWICE = ("controls", "page")  # what follows from the question of a view
CALLED = {"name": "name", "owner": "owner", "about": "what it is for"}
DRAFTS = "Saved while somebody else had changed it. They hold from never until one of them is made live."


def versions(kept: Definition, show: Show, say: Say | None = None) -> None:
    """Draw them, the newest first. `show` lets the page show a version; it is called once one is live again.

    `say` puts what a version says into words, for kinds whose changes nobody can read part by part.
    """
    definitions = queries.store().definitions
    history = definitions.history(kept.kind, kept.key)
    drafts = [one for one in definitions.drafts(kept.kind) if one.key == kept.key]
    published = [one for one in history if one.status in ("live", "retired")]
    if len(published) < 2 and not drafts:
        return
    label = "Earlier versions" + (f" and {plural(len(drafts), 'draft')}" if drafts else "")
    with st.expander(label, key=f"{kept.kind}-versions"):
        for one in drafts:
            _line(f"**Draft {one.version}**", one, "not in force")
            st.caption(plain(f"Beside version {kept.version}: {changed(kept, one, say)}"))
            _draft(one, kept, history[-1], show)
        if drafts:
            st.caption(DRAFTS)
        before = dict(zip((one.version for one in published[1:]), published, strict=False))
        for one in published[::-1][:MOST_SHOWN]:
            is_live = one.version == kept.version
            said = "in force" if is_live else "taken off the list" if one.status == "retired" else ""
            _line(f"**Version {one.version}**", one, said)
            earlier = before.get(one.version)
            st.caption(plain(changed(earlier, one, say) if earlier else _first(one, say)))
            if not is_live and one.status == "live":
                st.button(
                    "Make this the live one again", key=f"{kept.kind}-again-{one.version}", type="tertiary",
                    icon=":material/undo:", on_click=leave, args=(revive, one, history[-1], show),
                )  # fmt: skip


def _draft(one: Definition, kept: Definition, newest: Definition, show: Show) -> None:
    key = f"{kept.kind}-draft-{one.version}"
    with st.container(horizontal=True, gap="small"):
        st.button("Open", key=f"{key}-open", type="tertiary", icon=":material/visibility:",
                  help="Look at it without changing what is in force", on_click=leave, args=(show, one))  # fmt: skip
        st.button("Make live", key=f"{key}-live", type="tertiary", icon=":material/publish:",
                  on_click=leave, args=(revive, one, newest, show))  # fmt: skip
        st.button("Discard", key=f"{key}-discard", type="tertiary", icon=":material/delete:",
                  help="It is put away and not listed any more", on_click=leave, args=(discard, one))  # fmt: skip


def _line(title: str, one: Definition, said: str) -> None:
    parts = [f"{plain(one.author)}, {one.created_at:%-d %b %Y}", said, plain(f"“{one.note}”") if one.note else ""]
    st.markdown(" · ".join([title, *(part for part in parts if part)]))


def changed(before: Definition, after: Definition, say: Say | None = None) -> str:
    """What a version says otherwise than another, in words."""
    told = [one for one in before.differs(after) if one.path != "status"]
    if any(_place(one) == "question" for one in told):
        told = [one for one in told if _place(one) not in SAME_TWICE]
    own = [one for one in told if one.path in CALLED]
    rest = [one for one in told if one.path not in CALLED]
    said = [f"{CALLED[one.path]}{one.words.removeprefix(one.path)}" for one in own]
    said += [f"now {say(after)}"] if say and rest else [one.words.removeprefix("question.") for one in rest]
    if not said:
        return "Nothing it says is different."
    return "; ".join(said[:MOST_CHANGES]) + (f"; and {len(said) - MOST_CHANGES} more" if said[MOST_CHANGES:] else "")


def _first(one: Definition, say: Say | None) -> str:
    return f"The first version: {say(one)}." if say else "The first version."


def _place(change: Change) -> str:
    return change.path.partition(".")[0]


def revive(one: Definition, newest: Definition, show: Show) -> None:
    """Publish a new version that says what this one says; for callbacks. `newest` is the last one that was seen."""
    definitions, author = queries.store().definitions, queries.author()
    note = f"as version {one.version}" if one.status == "live" else one.note
    made = keeping.attempt(lambda: definitions.undo(newest, to=one.version, author=author, note=note))
    if made is not None:
        show(made)


def taken_off(*kinds: str) -> None:
    """What was taken off the lists of these kinds, folded, each with a way back; nothing where nothing was."""
    found = [one for kind in kinds for one in keeping.retired(kind)]
    if not found:
        return
    with st.expander("Taken off the list", key="taken-off"):
        for one in found[:MOST_SHOWN]:
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.markdown(plain(one.name), width="content")
                about = f"{one.kind}, taken off by {one.author}, {one.created_at:%-d %b %Y}"
                st.caption(plain(about), width="content")
                st.button("Bring back", key=f"back-{one.kind}-{one.key}", type="tertiary", icon=":material/undo:",
                          on_click=bring_back, args=(one,))  # fmt: skip


def bring_back(one: Definition) -> None:
    """Publish what a retired definition said last; for callbacks."""
    definitions, author = queries.store().definitions, queries.author()
    newest = definitions.newest(one.kind, one.key) or one
    keeping.attempt(lambda: definitions.undo(newest, to=one.version, author=author, note="brought back"))


def discard(draft: Definition) -> None:
    """Put a draft away; for callbacks."""
    keeping.attempt(lambda: queries.store().definitions.discard(draft, author=queries.author()))
