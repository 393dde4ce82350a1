"""What the demo company's team reads of its changes: saved views of before and after, and hosts that are one site."""

import hashlib
from dataclasses import dataclass
from typing import Any

from lib.demo.company import ANNOTATIONS, Annotation
from lib.demo.truths import TRUTHS
from lib.store import Edit, Store

PAGE = "tests"


@dataclass(frozen=True, slots=True)
class Reading:
    """A view that is kept: its key, its name, the change it reads, the question, and how the page says it."""

    key: str
    name: str
    about: str
    note: Annotation
    question: dict[str, Any]
    controls: dict[str, str]

    @property
    def body(self) -> dict[str, Any]:
        """As the store keeps it."""
        told = {"annotation": note_id(self.note), **self.controls}
        question = {"kind": "before_after", "at": f"{self.note.date}", **self.question}
        return {"question": question, "page": PAGE, "about": self.about,
                "controls": {key: [value] for key, value in told.items()}}  # fmt: skip


def note_id(note: Annotation) -> str:
    """The id of an entry of the diary, the same every time."""
    return f"demo_{hashlib.sha256(f'{note.date} {note.title}'.encode()).hexdigest()[:8]}"


def readings() -> tuple[Reading, ...]:
    """All of them, the newest change first."""
    truth = TRUTHS.changes
    pack, plans, press, moved = truth.one_package, truth.four_plans, truth.press, truth.moved
    notes = {note.date: note for note in ANNOTATIONS}
    case, group, other = "account.use_case", pack.group.use_case, pack.comparison.use_case
    own = {"days": pack.days, "scope": {"where": [_equal(case, group)]}}
    shown = {"days": f"{pack.days}", "for": f"{case}:{group}"}
    return (
        Reading("one-package-churn", "One package: do fewer customers leave?", "Against those who got it later",
                notes[pack.at],
                {"measure": "logo_churn", "better": "down", **own, "comparison": [_equal(case, other)]},
                {"metric": "logo_churn", **shown, "against": f"{case}:{other}"}),
        Reading("one-package-new", "One package: do more customers come?", "New customers, without a comparison",
                notes[pack.at], {"measure": "new_customers", **own}, {"metric": "new_customers", **shown}),
        Reading("press", "What stayed of the news in the press", "The peak taken apart", notes[press.at],
                {"measure": "count", "goal": {"event": press.event}, "view": "spike", "days": press.days},
                {"metric": f"event.{press.event}", "days": f"{press.days}", "look": "spike"}),
        Reading("four-plans", "Four plans: do more freelancers pay?", "From sign-up to paying, in 30 days",
                notes[plans.at],
                {"measure": "trial_to_paid", "days": plans.days,
                 "scope": {"where": [_equal("user.persona", plans.persona)]}},
                {"metric": "trial_to_paid", "days": f"{plans.days}", "for": f"user.persona:{plans.persona}"}),
        Reading("help-moved", "The help pages moved: was anybody lost?", "Both hosts taken together", notes[moved.at],
                {"measure": "count", "goal": {"event": "*"}, "view": "hosts", "days": moved.days,
                 "hosts": [{"host": moved.old, "means": moved.new}]},
                {"metric": "site", "days": f"{moved.days}"}),
    )  # fmt: skip


def _equal(field: str, value: str) -> dict[str, str]:
    return {"field": field, "op": "eq", "value": value}


def write_readings(store: Store, author: str) -> None:
    """Write them into a workspace; what somebody kept, changed or took off the list there stays as it is."""
    moved = TRUTHS.changes.moved
    hosts = {"groups": [{"group": "Help", "pages": [f"https://{host}/*" for host in (moved.old, moved.new)]}],
             "hosts": {moved.old: moved.new}}  # fmt: skip
    kept = [("page_map", "help-pages", "Help pages", hosts)]
    # The list has the newest first, and the newest change is to stand on top.
    kept += [("view", one.key, one.name, one.body) for one in reversed(readings())]
    for kind, key, name, body in kept:
        if not store.definitions.history(kind, key):
            store.definitions.publish(Edit(kind, key, body, name, author))
