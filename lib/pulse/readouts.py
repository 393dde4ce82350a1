"""Running tests as they read now: which can be decided, which is stopped for wrong group sizes, which still runs.

The page Tests, Pulse, the brief and the digest all take it from here, so that none counts a test another leaves out.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from lib.answers import Answer
from lib.errors import GrowthOpsError
from lib.questions import Experiment as Question
from lib.questions import parse
from lib.store import Experiment

READY = ("ship", "harm", "no_effect", "guardrail")
"""Verdicts after which somebody has to decide."""
STOPPED = "stopped"
NOTHING: Mapping[str, Any] = MappingProxyType({})
State = Literal["ready", "stopped", "running"]


@dataclass(frozen=True)
class ReadOut:
    """A running test of the ledger: its verdict (empty where there is nothing to compare), and the answer's sentence.

    `problem` says why it cannot be read, where it cannot.
    """

    record: Experiment
    verdict: str = ""
    headline: str = ""
    problem: str = ""

    @property
    def state(self) -> State:
        """`ready` to be decided, `stopped` for wrong group sizes, or `running`: each test is one of them."""
        return "ready" if self.verdict in READY else "stopped" if self.verdict == STOPPED else "running"


def question(exp: str, setup: Mapping[str, Any], goal: str, instead: Mapping[str, Any] = NOTHING) -> Question:
    """The question that reads a test out: that of its record, with what is said `instead`.

    Without a record it is about `goal` within a week.

    Raises:
        QuestionError: the record holds no such question.
    """
    asked: dict[str, Any] = {"goal": {"event": goal}, "within": {"value": 7, "unit": "day"}}
    asked |= dict(setup.get("question", {})) | {"kind": "experiment", "experiment": exp} | dict(instead)
    if "goal" in instead:
        asked["measure"] = "conversion"
        asked.pop("field", None)
    made = parse(asked)
    assert isinstance(made, Question)
    return made


def verdict(answer: Answer) -> str:
    """What may be said of the best variant of a test: `ship`, `not_yet` …; empty where there is none to compare."""
    found = answer.tables["effects"]
    said = found["verdict"].drop_nulls().to_list() if found.height else []
    return next((one for one in READY if one in said), said[0] if said else "")


def read(
    tests: Sequence[Experiment], seen: Collection[str], ask: Callable[[Question], Answer], goal: str
) -> tuple[ReadOut, ...]:
    """Every running test in the order of the ledger. One that nobody saw yet (`seen`) runs; of it nothing is asked."""
    return tuple(
        _read(one, ask, goal) if one.experiment_id in seen else ReadOut(one) for one in tests if one.status == "running"
    )


def _read(record: Experiment, ask: Callable[[Question], Answer], goal: str) -> ReadOut:
    try:
        answer = ask(question(record.experiment_id, record.setup, goal))
    except GrowthOpsError as error:
        return ReadOut(record, problem=str(error))
    return ReadOut(record, verdict(answer), answer.headline)


def titled(headline: str, exp: str, name: str) -> str:
    """The sentence about a test, beginning with its name instead of its id.

    >>> titled("odd: stopped: wrong group sizes.", "odd", "Odd form"), titled("new: +4.0 pp: ship.", "form", "New form")
    ('Odd form: stopped: wrong group sizes.', 'New form: new +4.0 pp: ship.')
    """
    if headline.startswith(f"{exp}: "):
        return f"{name}{headline.removeprefix(exp)}"
    variant, mark, rest = headline.partition(": ")
    return f"{name}: {variant} {rest}" if mark else f"{name}: {headline}"
