"""Key results and tests as things to decide, out of what the pages OKRs and Tests know of them."""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from lib.errors import GrowthOpsError
from lib.pulse.decisions import Decision
from lib.pulse.readouts import ReadOut, titled
from lib.store import Definition, Experiment, KeyResult
from lib.words import percent


class Stands(Protocol):
    """How a key result stands (`lib.okr.standing.Standing`)."""

    @property
    def word(self) -> str:
        """Where it is, in a word."""
        ...

    @property
    def pace(self) -> float | None:
        """Progress over the elapsed share of its time."""
        ...

    @property
    def heard(self) -> date | None:
        """When somebody last said something about it."""
        ...

    @property
    def is_outdated(self) -> bool:
        """Nothing was heard for too long."""
        ...

    @property
    def is_bad(self) -> bool:
        """Off track, or a limit breached."""
        ...

    @property
    def contrast(self) -> str:
        """What is said against what is measured."""
        ...


class HeldResult(Protocol):
    """A key result with its standing."""

    @property
    def result(self) -> KeyResult:
        """What people wrote."""
        ...

    @property
    def standing(self) -> Stands:
        """How it stands."""
        ...

    @property
    def is_closed(self) -> bool:
        """It has its score."""
        ...


def of_key_results(held: Sequence[HeldResult]) -> list[Decision]:
    """Those that are off track or breached, and those that are outdated; of a closed one nothing waits."""
    found = []
    for one in held:
        stands, result = one.standing, one.result
        if one.is_closed or not (stands.is_bad or stands.is_outdated):
            continue
        word = stands.word if stands.is_bad else "outdated"
        found.append(Decision("key result", f"“{result.title}” is {word}", said(one), "okrs",
                              {"kr": (result.kr_id,)}, is_urgent=stands.is_bad))  # fmt: skip
    return found


def said(one: HeldResult) -> str:
    """A key result in a sentence: who answers for it, how fast it goes, what is said against it, and when it was."""
    stands = one.standing
    heard = f"last check-in {stands.heard:%-d %B %Y}" if stands.heard else "nobody has checked in"
    told = [f"Owned by {one.result.owner}", _pace(stands.pace), stands.contrast, heard]
    return f"{'; '.join(filter(None, told))}."


def _pace(pace: float | None) -> str:
    """`at 60 % of the pace it needs`; nothing where no pace is known, as of a limit."""
    if pace is None:
        return ""
    return f"at {percent(pace, 0)} of the pace it needs" if pace > 0 else "no progress so far"


def key_result(held: Sequence[HeldResult], key: str) -> tuple[str, str]:
    """Status and sentence of a key result, for an alert.

    Raises:
        GrowthOpsError: there is none of this id, or it is closed.
    """
    found = next((one for one in held if one.result.kr_id == key and not one.is_closed), None)
    if found is None:
        raise GrowthOpsError(f"there is no key result {key!r} that is still running.")
    stands = found.standing
    word = "off track" if stands.is_bad else "outdated" if stands.is_outdated else stands.word
    return word, f"“{found.result.title}” is {word}. {said(found)}"


def of_tests(tests: Sequence[Experiment], read: Sequence[ReadOut], today: date) -> list[Decision]:
    """Tests that wait for somebody, each once.

    Those stopped for wrong group sizes (urgent), those that can be decided, those that cannot be read, and those that
    were stopped or whose planned time is over. `read` are the running ones as `lib.pulse.readouts` reads them.
    """
    states = {one.record.experiment_id: one for one in read}
    found = []
    for one in tests:
        waits = _waits(one, states.get(one.experiment_id), today)
        if waits is not None:
            title, why = waits
            is_urgent = one.experiment_id in states and states[one.experiment_id].state == "stopped"
            found.append(Decision("test", title, f"{why} {one.owner} answers for it.", "tests",
                                  {"exp": (one.experiment_id,)}, is_urgent=is_urgent))  # fmt: skip
    return found


def _waits(one: Experiment, read: ReadOut | None, today: date) -> tuple[str, str] | None:
    """What a test waits for, and why; None where nobody has to do anything."""
    decide = f"Decide the test “{one.name}”"
    if one.status == "stopped":
        return decide, "It was stopped."
    if one.status != "running":
        return None
    if read is not None and read.state == "stopped":
        why = read.headline.partition(": wrong group sizes. ")[2]
        return f"The test “{one.name}” is stopped: wrong group sizes", why
    if read is not None and read.state == "ready":
        return decide, titled(read.headline, one.experiment_id, "It can be decided")
    if read is not None and read.problem:
        return f"The test “{one.name}” cannot be read", read.problem
    if one.end_on is not None and one.end_on <= today:
        return decide, f"Its time was over on {one.end_on:%-d %B %Y}."
    return None


def measured(tests: Sequence[Experiment], views: Sequence[Definition] = ()) -> frozenset[str]:
    """The annotations somebody has read after: in a test of the ledger, or in a saved view of a before and after."""
    told = [one for view in views for one in dict(view.body.get("controls") or {}).get("annotation", ())]
    return frozenset([*told, *(str(one.setup["annotation"]) for one in tests if one.setup.get("annotation"))])
