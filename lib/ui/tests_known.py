"""What the page Tests knows before it asks: the tests there are, what can be measured, and which groups there are."""

from collections.abc import Mapping
from typing import Any

from lib import queries
from lib.pulse.readouts import ReadOut, State
from lib.queries.tests import experiments, exposed, hosts, read_outs, usual_goal
from lib.questions import Experiment as Question
from lib.store import Annotation, Definition, Experiment
from lib.store.values import AnnotationKind
from lib.ui import keeping, tests_choice
from lib.ui.tests_choice import TestsChoice
from lib.ui.words import readable

_PEOPLE, _ACCOUNTS = ("onboarding", "trial_to_paid", "people"), ("logo_churn", "grr", "onboarding", "people")
_NEWCOMERS = ("newcomers", "new_customers", "people")
MOVES: Mapping[AnnotationKind, tuple[str, ...]] = {
    "product": _PEOPLE, "launch": _PEOPLE, "incident": _PEOPLE, "tracking": _PEOPLE, "site": _PEOPLE,
    "campaign": _NEWCOMERS, "funding": _NEWCOMERS,
    "pricing": _ACCOUNTS, "team": _ACCOUNTS, "routing": _ACCOUNTS,
}  # fmt: skip
"""What is measured first around a note of each kind; of several the first there is data for."""
MOST_EVENTS, MOST_VALUES = 12, 12
LATER_STATUS = ("running", "stopped", "decided", "draft")


def records() -> dict[str, Experiment]:
    """The ledger by the id of the test."""
    return {one.experiment_id: one for one in experiments()}


def readable_tests() -> dict[str, str]:
    """Every test somebody saw, by id: its name; the running ones first."""
    known, found = records(), exposed()["experiment_id"].to_list()
    order = {key: LATER_STATUS.index(known[key].status) if key in known else 0 for key in found}
    return {key: known[key].name if key in known else readable(key) for key in sorted(found, key=order.__getitem__)}


def question_of(choice: TestsChoice, exp: str) -> Question:
    """The question that reads a test out."""
    record = records().get(exp)
    return tests_choice.readout(choice, exp, record.setup if record else {}, usual_goal())


def of_state(state: State) -> list[ReadOut]:
    """Running tests that are `ready` to be decided, `stopped` for wrong group sizes, or still `running`."""
    return [one for one in read_outs() if one.state == state]


def chosen_test(choice: TestsChoice) -> str | None:
    """The test that is shown: the one asked for, else one that can be decided, else the first."""
    seen = readable_tests()
    if choice.exp in seen:
        return choice.exp
    return next((one.record.experiment_id for one in of_state("ready")), next(iter(seen), None))


def notes() -> dict[str, Annotation]:
    """What happened, by the id of the note; the latest first."""
    return {one.annotation_id: one for one in reversed(queries.annotations())}


def measures(choice: TestsChoice) -> dict[str, tuple[str, Mapping[str, Any]]]:
    """What can be measured before and after, by its name in the address: words, and the fields of the question.

    Of the events the most frequent are offered, and the one that the address asks for.
    """
    tables, seen = queries.loaded(), queries.events()
    steps = [one if isinstance(one, str) else "" for one in queries.settings().onboarding.steps]
    found: dict[str, tuple[str, Mapping[str, Any]]] = {}
    if "subscriptions" in tables:
        policy = queries.policy().as_json()
        own = {"policy": policy} if policy else {}
        found["logo_churn"] = ("Logo churn", {"measure": "logo_churn", "better": "down", **own})
        found["new_customers"] = ("New customers", {"measure": "new_customers", **own})
        found["grr"] = ("GRR", {"measure": "grr", **own})
        if "users" in tables:
            found["trial_to_paid"] = ("From sign-up to paying", {"measure": "trial_to_paid"})
    if len(steps) > 1 and set(steps) <= set(seen):
        told = f"From “{readable(steps[0])}” to “{readable(steps[-1])}”"
        found["onboarding"] = (told, {"measure": "share", "among": steps[0], "goal": steps[-1]})
        found["newcomers"] = (f"New people: “{readable(steps[0])}”", {"measure": "count", "goal": steps[0]})
    if seen:
        found["visits"] = ("Visits", {"measure": "count", "goal": "*", "count_by": "session"})
        found["people"] = ("Active people", {"measure": "count", "goal": "*", "count_by": "user"})
    if seen and (same := hosts()):
        pairs = [{"host": host, "means": means} for host, means in sorted(same.items())]
        told = "Visits of a site that moved"
        found["site"] = (told, {"view": "hosts", "measure": "count", "goal": "*", "hosts": pairs})
    asked = (choice.metric or "").removeprefix("event.")
    for name in (*seen[:MOST_EVENTS], *(name for name in seen[MOST_EVENTS:] if name == asked)):
        found[f"event.{name}"] = (f"People with “{readable(name)}”", {"measure": "count", "goal": name})
    return found


def chosen_measure(choice: TestsChoice) -> str | None:
    """The measure asked for, else what a change of the note's kind is likely to move, else the first there is."""
    found, note = measures(choice), notes().get(choice.annotation or "")
    wanted = (choice.metric, *(MOVES.get(note.kind, ()) if note else ()))
    return next((one for one in (*wanted, *found) if one in found), None)


def readings(choice: TestsChoice) -> list[Definition]:
    """Saved views of this page that look at a change, the newest first; of the change that is chosen, where one is."""
    views = [one for one in keeping.listed("view") if one.body.get("question", {}).get("kind") == "before_after"]
    if choice.annotation is None:
        return views
    return [one for one in views if choice.annotation in dict(one.body.get("controls") or {}).get("annotation", ())]


def breakdowns() -> dict[str, str]:
    """The fields a test can be split by, of people and their companies, with their words."""
    names = [name for name in queries.fields() if name.startswith(("user.", "account."))]
    return {name: readable(name) for name in names if name.partition(".")[2] in GROUPING}


def is_of_accounts(measured: Mapping[str, Any]) -> bool:
    """True where a measure is about subscriptions, whose groups are those of accounts."""
    return measured["measure"] in ("logo_churn", "new_customers", "grr")


def groups(measured: Mapping[str, Any]) -> dict[str, str]:
    """Groups a change may be for, or be compared with: `field:value` and its words."""
    wanted = ("account.",) if is_of_accounts(measured) else ("user.", "account.", "platform")
    names = [name for name in queries.fields() if name.startswith(wanted)]
    if measured["measure"] == "trial_to_paid":
        names = [name for name in names if name.startswith(("user.", "account."))]
    names = [name for name in names if name.removeprefix("user.").removeprefix("account.") in GROUPING]
    return {f"{name}:{value}": f"{readable(name)}: {value}"
            for name in names for value in queries.values(name)[:MOST_VALUES]}  # fmt: skip


GROUPING = ("segment", "country", "region", "industry", "use_case", "job", "role", "age_band", "persona", "platform")
