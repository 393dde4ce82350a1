"""Why a question is refused, in one sentence a person can act on: where, what is wrong, what is allowed."""

from typing import Any, get_args

from pydantic import ValidationError

from lib.errors import suggest
from lib.scope import AllOf, AnyOf, Compare, InCohort, Negation, Part
from lib.scope.conditions import RULES


def explain(model: type[Part], error: ValidationError) -> str:
    """All problems in one message, one clause each: where, what, and what is allowed."""
    clauses: list[str] = []
    problems = error.errors(include_url=False)
    for problem in problems:
        if problem["type"] == "too_short" and any(
            other["loc"][:-1][: len(problem["loc"])] == problem["loc"] for other in problems
        ):
            continue  # the list is only short because one of its items is wrong, which is said anyway
        part, place = _locate(model, problem["loc"], problem["type"] == "extra_forbidden")
        where = ".".join(place) or "the question"
        if problem["type"] == "extra_forbidden":
            where, key = ".".join(place[:-1]) or "the question", place[-1]
            text = f"unknown field {key!r}; {suggest(key, part.keys())}"
        elif problem["type"] == "missing":
            text = "is missing"
        elif problem["type"] == "literal_error":
            allowed = [word.strip(" '") for word in _allowed(problem)["expected"].replace(" or ", ", ").split(",")]
            text = f"{problem['input']!r} is not one of the values; {suggest(problem['input'], allowed)}"
        elif problem["type"] == "model_type" and str(problem["loc"][-1]).startswith("rule "):
            text = f"should be a rule, an object with one of {', '.join(RULES)}"
        elif issubclass(part, Compare) and "value" in place and problem["type"].endswith("_type"):
            text = "should be text, a number, true or false, or a list of these"
        else:
            text = _plain(problem)
        clauses.append(f"{where}: {text}")
    return "; ".join(dict.fromkeys(clauses))


def _allowed(problem: Any) -> dict[str, Any]:
    return problem.get("ctx", {})


def _plain(problem: Any) -> str:
    """Pydantic's message in words that do not need Python."""
    allowed = problem.get("ctx", {})
    if problem["type"] in ("model_type", "tuple_type"):
        return "should be an object" if problem["type"] == "model_type" else "should be a list"
    if problem["type"] == "too_short":
        return f"needs at least {allowed['min_length']}, has {allowed['actual_length']}"
    if problem["type"] == "too_long":
        return f"takes at most {allowed['max_length']}, has {allowed['actual_length']}"
    if problem["type"] == "string_pattern_mismatch":
        forms = allowed["pattern"].strip("^$()").replace("|", ", ").replace("[1-9][0-9]?", "2")
        return f"{problem['input']!r} does not fit; it looks like {forms}"
    return problem["msg"].removeprefix("Value error, ").replace("Input should be", "should be")


def _locate(model: type[Part], loc: tuple[int | str, ...], is_unknown: bool) -> tuple[type[Part], list[str]]:
    """Walk a pydantic location: the innermost part it runs into, and the path as a person would write it.

    Pydantic also lists the branch of a union it tried ("test", "str"); those are not keys, so they are left out.
    """
    part, place, tagged = model, [], False
    for position, step in enumerate(loc):
        if isinstance(step, int):
            place.append(str(step + 1))
        elif tagged and step in _BRANCHES:
            part, tagged = _BRANCHES[step] or part, False
        elif step in (keys := part.keys()):
            place.append(step)
            tagged = step in _HOLD_BRANCHES
            part = _part_in(part.model_fields[keys[step]].annotation, step) or part
        elif is_unknown and position == len(loc) - 1:
            place.append(step)
    return part, place


_CONDITIONS = {"test": Compare, "all": AllOf, "any": AnyOf, "not": Negation, "cohort": InCohort}
_BRANCHES: dict[str, type[Part] | None] = {
    **_CONDITIONS, **{f"rule {key}": kind for key, kind in RULES.items()}, "name": None
}  # fmt: skip
_HOLD_BRANCHES = ("where", "when", "all", "any", "not", "cohort", "others")


def _part_in(annotation: Any, key: str) -> type[Part] | None:
    """The part class a field holds, if any; conditions and rules are told apart by their tag later in the location."""
    waiting = [annotation] if key not in _HOLD_BRANCHES else []
    while waiting:
        kind = waiting.pop()
        if isinstance(kind, type) and issubclass(kind, Part):
            return kind
        waiting.extend(get_args(kind))
    return None
