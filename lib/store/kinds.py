"""The kinds of definition, and what the body of each must look like. A new kind is one entry in `BODIES`."""

import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainSerializer, ValidationError

from lib.errors import GrowthOpsError, QuestionError, StoreError, suggest
from lib.questions import Funnel, Question, RevenuePolicy, parse, parse_cohort
from lib.refusal import explain
from lib.scope import ChannelRules, Condition, Part
from lib.store.boards import AlertRule, Board

KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}")
LARGEST_BODY = 256 * 1024
ABOUT, MOST_LETTERS = "about", 500
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


def _question(value: object) -> Question:
    try:
        return parse(value)
    except QuestionError as error:
        raise ValueError(str(error)) from None


Body = Callable[[object], dict[str, Any]]
AnyQuestion = Annotated[
    Question, BeforeValidator(_question), PlainSerializer(lambda question: question.as_json(), return_type=dict)
]
Text = Annotated[str, Field(min_length=1, max_length=MOST_LETTERS)]


class View(Part):
    """A question somebody wants to see again: the page that shows it, and the controls it was shown with.

    `controls` are parameters of the page's address, each with its values, so that the view opens as it was saved.
    """

    question: AnyQuestion
    page: Annotated[str, Field(pattern=r"^[a-z0-9_-]{0,80}$")] | None = None
    controls: dict[Text, tuple[str, ...]] = Field(default_factory=dict)
    about: Text | None = None


class MetricDraft(Part):
    """A number of one's own: what it means, its unit, which way is good, and the question that gives it."""

    meaning: Text
    unit: Text
    better: Literal["up", "down"]
    question: AnyQuestion


class PageGroup(Part):
    """Pages that are read together. `pages` are paths; `*` stands for anything."""

    group: Text
    pages: Annotated[tuple[Text, ...], Field(min_length=1)]


class PageMap(Part):
    """Which group a page belongs to, the first that fits; `hosts` says which host names mean the same site."""

    groups: tuple[PageGroup, ...]
    hosts: dict[Text, Text] = Field(default_factory=dict)


class RoutingRule(Part):
    """A lead that fulfils every condition goes to the team."""

    name: Text
    where: Annotated[tuple[Condition, ...], Field(min_length=1)]
    team: Text


class RoutingRules(Part):
    """Which team a lead goes to: the first rule that fits, else the catch-all, so that there is no dead end."""

    rules: tuple[RoutingRule, ...]
    catch_all: Text


def _model(model: type[Part]) -> Body:
    """The body is a model of ours; what it leaves out is written down, so that a later default changes nothing."""

    def check(body: object) -> dict[str, Any]:
        if not isinstance(body, Mapping):
            raise StoreError(f"its body is a JSON object, not {type(body).__name__}.")
        try:
            return model.model_validate(body).model_dump(mode="json", by_alias=True, exclude_none=True)
        except ValidationError as error:
            raise StoreError(explain(model, error).replace("the question: ", "its body: ")) from None

    return check


def _funnel(body: object) -> dict[str, Any]:
    """The body is a question about a funnel."""
    question = parse(body)
    if not isinstance(question, Funnel):
        raise StoreError(f"the question is of another kind ({question.as_json()['kind']}).")
    return question.as_json()


def _cohort(body: object) -> dict[str, Any]:
    """The body is the rule of a cohort, and what it is for; other cohorts and questions name it by its key."""
    if not isinstance(body, Mapping):
        return parse_cohort(body).as_json()
    rule = parse_cohort(rule_of(body)).as_json()
    about = body.get(ABOUT)
    if about is None:
        return rule
    if not isinstance(about, str):
        raise StoreError(f"{ABOUT} is a sentence, not {type(about).__name__}.")
    return rule | {ABOUT: line(about, "What it is for", MOST_LETTERS)}


def rule_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """The rule in the body of a cohort: all of it but what the cohort is for.

    >>> rule_of({"did": "scan", "about": "to write to"})
    {'did': 'scan'}
    """
    return {key: value for key, value in body.items() if key != ABOUT}


Kind = Literal["view", "funnel", "cohort", "metric", "channel_rules", "page_map", "policy", "routing_rules",
               "pulse", "alert"]  # fmt: skip
BODIES: dict[Kind, Body] = {
    "view": _model(View),
    "funnel": _funnel,
    "cohort": _cohort,
    "metric": _model(MetricDraft),
    "channel_rules": _model(ChannelRules),
    "page_map": _model(PageMap),
    "policy": _model(RevenuePolicy),
    "routing_rules": _model(RoutingRules),
    "pulse": _model(Board),
    "alert": _model(AlertRule),
}
"""For each kind: what turns a body somebody gives into the body that is kept, or says what is wrong with it."""


def checked(kind: str, key: str, body: object) -> dict[str, Any]:
    """The body as it is kept: valid, and written the same way whoever wrote it.

    Raises:
        StoreError: there is no such kind, the key is no key, or something in the body is wrong; it names the place.
    """
    if kind not in BODIES:
        raise StoreError(f"There is no kind of definition {kind!r}; {suggest(kind, BODIES)}")
    if not KEY.fullmatch(key):
        raise StoreError(
            f"{key!r} is not a key: at most 80 small letters, digits, '-' and '_', the first a letter or digit."
        )
    what = f"The {kind.replace('_', ' ')} {key!r}"
    try:
        return plain(BODIES[kind](body))
    except GrowthOpsError as error:
        raise StoreError(f"{what} cannot be kept: {error}") from None
    except RecursionError:
        raise StoreError(f"{what} cannot be kept: its parts nest too deep.") from None


def plain(value: dict[str, Any]) -> dict[str, Any]:
    """The value, if every database can keep it as JSON.

    Raises:
        StoreError: it is too large, or holds text or numbers that some database would not give back as they were.
    """
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        size = len(text.encode("utf-8"))
    except (ValueError, RecursionError):
        raise StoreError("it holds a number without end or broken text.") from None
    if _NUL.search(text):
        raise StoreError("it holds a NUL character.")
    if size > LARGEST_BODY:
        raise StoreError(f"it has {size:,} bytes; at most {LARGEST_BODY:,} are kept.")
    return value


def line(text: str, what: str, most: int, *, needed: bool = True) -> str:
    """A line of text without space around it.

    Raises:
        StoreError: it is empty though needed, too long, or holds characters that cannot be kept.
    """
    found = text.strip()
    if needed and not found:
        raise StoreError(f"{what} is empty; write one.")
    if len(found) > most:
        raise StoreError(f"{what} has {len(found):,} characters; at most {most:,} are kept.")
    if "\0" in found or any("\ud800" <= letter <= "\udfff" for letter in found):
        raise StoreError(f"{what} holds characters that cannot be kept.")
    return found


def key_for(name: str, taken: Iterable[str] = ()) -> str:
    """A key made of a name, other than those taken.

    >>> key_for("Wöchentliche Anmeldungen"), key_for("Sign-ups, EU", ["sign-ups-eu"]), key_for("導入")
    ('wochentliche-anmeldungen', 'sign-ups-eu-2', 'untitled')
    """
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9_]+", "-", ascii_name).strip("-_")[:70] or "untitled"
    used, key, number = set(taken), base, 1
    while key in used:
        number += 1
        key = f"{base}-{number}"
    return key
