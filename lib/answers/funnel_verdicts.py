"""What each event did to an attempt, in plain words."""

from collections.abc import Iterator, Sequence
from typing import Any

from lib.answers.funnel_attempts import Attempt, Row
from lib.questions import Exclude, Funnel
from lib.words import duration, listing

Verdict = tuple[Row, int | None, str]


def judged(attempt: Attempt, found: Sequence[Attempt], log: Sequence[Row], question: Funnel) -> list[tuple[Any, ...]]:
    """The rows of the proof for one attempt, in order of time: what its events filled, ended, missed or left alone.

    Args:
        attempt: the attempt.
        found: all attempts of the person.
        log: all events of the person that match a step or an exclusion; in a strict order every event.
        question: the funnel.
    """
    verdicts = [*_filled(attempt, found, question), *Judge(attempt, found, log, question).verdicts()]
    verdicts.sort(key=lambda one: (one[0]["ts"], one[1] or 0, one[0]["at"]))
    return [
        (attempt.number, step, event.get("event_id"), event["name"], event["ts"], words, attempt.counted)
        for event, step, words in verdicts
    ]


def _filled(attempt: Attempt, found: Sequence[Attempt], question: Funnel) -> Iterator[Verdict]:
    for step, event in attempt.filled.items():
        words = f"filled step {step}"
        if step == min(attempt.filled) and not attempt.counted:
            words += f"; not counted: {_why(attempt, found, question)}"
        yield event, step, words


def _why(attempt: Attempt, found: Sequence[Attempt], question: Funnel) -> str:
    """Why an attempt is not the one that counts."""
    owner = attempt.start["owner"]
    best = next((other for other in found if other.counted and other.start["owner"] == owner), None)
    if best is None:
        return "an exclusion takes them out of every step"
    if best.required(question) != attempt.required(question):
        how = "got further"
    elif len(best.filled) != len(attempt.filled):
        how = "took more optional steps"
    elif best.filled[best.last]["ts"] != attempt.filled[attempt.last]["ts"]:
        how = "got as far sooner"
    else:
        how = "got as far in less time" if best.start["ts"] > attempt.start["ts"] else "is as good"
    which = "an earlier" if best.number < attempt.number else "a later"
    return f"{which} attempt {how} (number {best.number})"


class Judge:
    """Says of the events that filled nothing why they did not."""

    def __init__(self, attempt: Attempt, found: Sequence[Attempt], log: Sequence[Row], question: Funnel) -> None:
        """The events are judged by `verdicts`."""
        self.attempt, self.question, self.log = attempt, question, log
        self.opened = {other.start["at"] for other in found}
        self.used = {event["at"] for event in attempt.filled.values()}
        self.done = attempt.filled[attempt.last]["ts"]
        self.targets = self._targets()
        # Nothing fits an attempt that misses a held value, not even what misses it too.
        is_bare = any(attempt.start[f"h{i}"] is None for i in range(len(question.hold)))
        self.events = [] if is_bare else attempt.events
        self.limit = max((attempt.deadline(k) for k in self.targets), default=self.done)
        self.ender = min([*self._ends(), *self._between()], key=lambda one: one[0]["ts"], default=None)
        self.stop = self.ender[0]["ts"] if self.ender else self.limit

    def verdicts(self) -> Iterator[Verdict]:
        """The events up to the attempt's end that filled nothing, and the first that came too late."""
        if self.ender:
            yield self.ender
            self.used.add(self.ender[0]["at"])
        late: set[int] = set()
        for event in self.events:
            if event["at"] in self.used:
                continue
            missed = [] if self.ender else [k for k in self.targets if event[f"m{k}"] and self._is_late(event, k)]
            if missed and not late & set(missed):
                late |= set(missed)
                yield event, self._step(missed[-1]), self._late(event, missed[-1])
            elif event["ts"] <= self.stop and not missed:
                yield from self._unused(event)
        yield from self._unlike()

    def _targets(self) -> list[int]:
        """The steps that the attempt could have taken next."""
        n, filled = len(self.question.steps), self.attempt.filled
        if self.question.order == "any":
            kinds = {k for k in range(1, n + 1) if any(event[f"m{k}"] for event in filled.values())}
            return [k for k in range(1, n + 1) if k not in kinds] if len(filled) < n else []
        following = [k for k in self.question.required if k > self.attempt.last]
        return list(range(self.attempt.last + 1, (following[0] if following else n) + 1))

    def _step(self, step: int) -> int:
        """The step as the table of steps counts it: in any order, how many were done."""
        return len(self.attempt.filled) + 1 if self.question.order == "any" else step

    def _ends(self) -> Iterator[Verdict]:
        """The excluded events that ended the attempt."""
        is_any = self.question.order == "any"
        for i, part in enumerate(self.question.exclude, 1):
            standing = part.after <= (len(self.attempt.filled) if is_any else self.attempt.last) < self._before(part)
            if not self.targets or not standing:
                continue
            low = self.attempt.start["ts"] if is_any else self.attempt.filled[part.after]["ts"]
            for event in self.attempt.events:
                if event[f"x{i}"] and low < event["ts"] <= self.limit:
                    where = f"between steps {part.after} and {self._before(part)}"
                    yield event, None, f"ended the attempt: {part.words} {where}"
                    break

    def _before(self, part: Exclude) -> int:
        return part.before or len(self.question.steps)

    def _between(self) -> Iterator[Verdict]:
        """In a strict order the event after the last step, which is not the next step."""
        if self.question.order != "strict" or not self.targets:
            return
        for event in self._own():
            at_start = event["ts"] == self.attempt.start["ts"]  # there it may have come before
            if event["at"] not in self.used and self.done <= event["ts"] <= self.limit and not at_start:
                yield event, None, "ended the attempt: in a strict order nothing may come between the steps"
                return

    def _own(self) -> Iterator[Row]:
        """The log of the same person, account or visit."""
        return (event for event in self.log if event["owner"] == self.attempt.start["owner"])

    def _is_late(self, event: Row, step: int) -> bool:
        return event["ts"] > self.attempt.deadline(step)

    def _late(self, event: Row, step: int) -> str:
        """By how much, and outside of what."""
        attempt, within, window = self.attempt, self.question.steps[step - 1].within, self.question.window
        by = duration((event["ts"] - attempt.deadline(step)).total_seconds())
        if within and attempt.deadline(step) < attempt.until:
            return f"too late by {by}: more than {within.words} after step {attempt.last}"
        if attempt.is_cut:
            return f"too late by {by}: after the end of the period"
        return f"too late by {by}: outside the window of {window.words}"

    def _unused(self, event: Row) -> Iterator[Verdict]:
        """An event inside the attempt that filled nothing and ended nothing."""
        matched = [k for k in range(1, len(self.question.steps) + 1) if event[f"m{k}"]]
        filled = [k for k in matched if k in self.attempt.filled]
        if not matched:
            crossed = [part for i, part in enumerate(self.question.exclude, 1) if event[f"x{i}"]]
            for part in crossed[:1]:
                where = f"strictly between steps {part.after} and {self._before(part)}"
                yield event, None, f"no effect: {part.words} ends an attempt only {where}"
        elif self.question.order == "any":
            yield event, None, "not needed: its step was done already"
        elif matched == [1] and event["at"] in self.opened:
            return  # it is told as an attempt of its own
        elif filled:
            yield event, filled[0], self._repeated(event, filled[0])
        else:
            yield event, matched[0], self._misplaced(event, matched[0])

    def _repeated(self, event: Row, step: int) -> str:
        """Why another event than this one filled the step."""
        filled = self.attempt.filled
        before = max((k for k in filled if k < step), default=step)
        if event["ts"] >= filled[step]["ts"]:
            return f"not needed: step {step} was filled already"
        if event["ts"] < filled[before]["ts"] and before != step:
            return f"out of place: it came before step {before} of this attempt"
        return f"not needed: a later event filled step {step}"

    def _misplaced(self, event: Row, step: int) -> str:
        """Why an event could not fill a step that the attempt never took."""
        filled = self.attempt.filled
        needed = self.question.step_before(step) if step > 1 else 1
        later = [k for k in filled if k > step and event["ts"] >= filled[k]["ts"]]
        if needed not in filled or event["ts"] < filled[needed]["ts"]:
            return f"out of place: step {needed} was not done before it"
        if later:
            return f"out of place: it came after step {later[0]} of this attempt"
        within = self.question.steps[step - 1].within
        return (
            f"not soon enough: more than {within.words} after the step before" if within else "left out of this attempt"
        )

    def _unlike(self) -> Iterator[Verdict]:
        """Events that would fill a step but are not the first ever, or do not hold the same values."""
        steps, held = range(1, len(self.question.steps) + 1), listing(self.question.hold)
        known = {event["at"] for event in self.events if any(event[f"m{k}"] for k in steps)} | self.used
        for event in self._own():
            if event["at"] in known or not self.attempt.start["ts"] <= event["ts"] <= self.stop:
                continue
            for k, step in enumerate(self.question.steps, 1):
                if event.get(f"e{k}") and not event[f"m{k}"]:
                    yield event, k, f"not the first {step.words} ever, so it fills nothing"
                    break
                if event[f"m{k}"] and k in self.targets and event["ts"] >= self.done:
                    yield event, k, f"does not fit: {held} is missing or not the same as on step 1"
                    break
