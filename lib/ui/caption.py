"""What goes along with a chart or table that leaves the page: whom it is about, what is counted, and its source."""

import json
import re
from datetime import date, datetime, timedelta

from lib import queries
from lib.answers import Answer
from lib.charts.image import Caption
from lib.questions import Question
from lib.scope import Scope
from lib.ui import states
from lib.ui.builder import sentences
from lib.ui.words import moment

LONGEST = 260  # letters of a definition under a picture: its first sentences
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z“])")


def caption(answer: Answer, title: str, legend: str = "") -> Caption:
    """The words around a picture of an answer."""
    return Caption(title, about(answer.question), legend, short(answer.definition), source(answer))


def of_page(title: str, legend: str = "", definition: str = "") -> Caption:
    """The words around a picture that no single question is behind, such as that of all key results."""
    stamp = _stamp()
    company = f"{queries.settings().company.name}, Growth Ops".removeprefix(", ")
    told = [company, through(), f"load {stamp}" if stamp else ""]
    return Caption(title, "", legend, definition, " · ".join(filter(None, told)))


def about(question: Question) -> str:
    """The days, the filters and the breakdown of a question, as one line."""
    parts = [days(question.scope, queries.facts().timezone)]
    told = question.scope.model_dump(mode="json", by_alias=True)["where"]
    if told:
        parts.append(f"only where {sentences.conditions(told)}")
    by = getattr(question, "by", None)
    if by is not None:
        parts.append(f"by {by if isinstance(by, str) else sentences.fields(by.field)}")
    return " · ".join(parts)


def days(scope: Scope, timezone: str) -> str:
    """The time a scope is about; whole days with both ends inside.

    >>> days(Scope(start=date(2026, 8, 3), end=date(2026, 11, 1)), "UTC"), days(Scope(), "UTC")
    ('3 Aug 2026 – 31 Oct 2026, UTC', 'all days there are, UTC')
    """
    start, end = scope.start, scope.end
    last = end - timedelta(days=1) if end is not None and not isinstance(end, datetime) else end
    if start is None and last is None:
        return f"all days there are, {timezone}"
    if start is None:
        return f"until {_day(last)}, {timezone}"
    return f"from {_day(start)}, {timezone}" if last is None else f"{_day(start)} – {_day(last)}, {timezone}"


def _day(at: date | None) -> str:
    return f"{at.day} {at:%b %Y, %H:%M}" if isinstance(at, datetime) else f"{at.day} {at:%b %Y}" if at else ""


def short(definition: str) -> str:
    """The first sentences of a definition, as many as fit under a picture; at least one."""
    kept: list[str] = []
    for sentence in SENTENCE.split(definition):
        if kept and len(" ".join([*kept, sentence])) > LONGEST:
            break
        kept.append(sentence)
    return " ".join(kept)


def source(answer: Answer) -> str:
    """Whose numbers these are, how fresh, and from which load."""
    company = queries.settings().company.name
    until = f"data through {moment(answer.as_of, queries.facts().timezone)}" if answer.as_of else through()
    return " · ".join(filter(None, [f"{company}, Growth Ops".removeprefix(", "), until, f"load {answer.stamp}"]))


def through() -> str:
    """How far the data goes where there are no events: `data through 1 Apr 2026`."""
    known = queries.days()
    return f"data through {known[1]:%-d %b %Y}" if known else "no data yet"


def file_name(name: str, question: Question | None = None) -> str:
    """A name that says what is inside, of which days and from which load; its ending is left to whoever saves."""
    parts = [re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")]
    if question is not None:
        scope = question.scope
        parts += [f"{edge:%Y-%m-%d}" for edge in (scope.start, scope.end and _inside(scope.end)) if edge is not None]
    stamp = _stamp()
    return "_".join([*parts, *([f"load-{stamp[:8]}"] if stamp else [])])


def _stamp() -> str:
    """The load in force; nothing where its files cannot be read, which is no reason to keep a table back."""
    with states.quiet():
        return queries.facts().stamp
    return ""


def _inside(end: date) -> date:
    return end if isinstance(end, datetime) else end - timedelta(days=1)


def notes(answer: Answer, title: str) -> str:
    """What a reader of the CSV has to know, as a text file beside it."""
    parts = [
        title,
        answer.headline,
        f"About: {about(answer.question)}",
        f"What is counted: {answer.definition}",
        *(f"Note: {note}" for note in answer.notes),
        f"Source: {source(answer)}",
        f"The question: {json.dumps(answer.question.as_json(), ensure_ascii=False)}",
        f"In the CSV: shares go from 0 to 1, instants are {queries.settings().company.timezone} time with its distance"
        " from UTC, lengths of time are seconds, nothing means no value.",
    ]
    return "\n\n".join(parts) + "\n"
