"""The funnel in words: its verdict, its definition, and what to know before trusting it."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import polars as pl

from lib.answers.funnel_rows import FunnelRows
from lib.answers.notes import never_loaded
from lib.answers.scoped import asked
from lib.questions import Event, Funnel, Step
from lib.stats import wilson
from lib.words import count, duration, listing, people, percent, waiting

NOUNS = {"user": ("person", "people"), "account": ("account", "accounts"), "session": ("visit", "visits")}
ENOUGH = 30
"""Of so many a share is compared with another."""


def headline(runs: pl.DataFrame, question: Funnel) -> str:
    """One or two sentences: the share that gets through, and the largest loss in people."""
    noun, steps = NOUNS[question.count_by], question.required
    whole = runs.select("owner", "reached", "open", aim=pl.col(f"t{question.aim}").is_not_null())
    if question.view == "trend" or (question.by and question.by.take == "all"):
        whole = _furthest(whole)
    counts = dict(whole["reached"].value_counts().iter_rows())
    users = [sum(n for reached, n in counts.items() if reached >= k) for k in steps]
    names = _names(question)
    if users[0] == 0:
        what = "any of the steps" if question.order == "any" else f"“{names[0]}”"
        return f"Nobody did {what}{asked(question.scope)}."
    share = percent(int(whole["aim"].sum()) / users[0])
    first = (
        f"{share} of {people(users[0], *noun)} who did “{names[0]}” reached “{names[question.aim - 1]}”"
        f" within {question.window.words}{_median(runs, question)}."
        if question.order != "any"
        else f"{share} of {people(users[0], *noun)} did all {len(names)} steps within {question.window.words}."
    )
    losses = [before - after for before, after in pairwise(users)]
    if not losses:
        return first
    waits = [_waiting(whole, step, after) for step, after in pairwise(steps)]
    # Who is still in time is not lost yet: the largest loss is that of those whose time is up.
    at = max(range(len(losses)), key=lambda k: (losses[k] - waits[k], losses[k]))
    if losses[at] == 0:
        return f"{first} Nobody was lost on the way."
    if losses[at] == waits[at]:
        still = people(sum(waits), f"{noun[0]} is", f"{noun[1]} are")
        return f"{first} Nobody is lost so far: {still} still in time."
    start, end = names[steps[at] - 1], names[steps[at + 1] - 1]
    where = f"“{start}” → “{end}”" if question.order != "any" else f"{start} → {end}"
    lost = f"{people(losses[at], *noun)}, {percent(losses[at] / users[at])}{waiting(waits[at])}"
    return f"{first} The largest loss is {where}: {lost}.{_by_share(losses, waits, users, at, names, question)}"


def _furthest(runs: pl.DataFrame) -> pl.DataFrame:
    """One row an owner: how far their runs came at most, and whether one of those that came so far has time left."""
    # One number holds both, so that one pass over the groups is enough: the larger one came further, or has time left.
    both = (2 * pl.col("reached").cast(pl.Int64) + pl.col("open")).alias("_both")
    found = runs.group_by("owner").agg(both.max(), pl.col("aim").max())
    return found.select("owner", "aim", reached=pl.col("_both") // 2, open=pl.col("_both") % 2 == 1)


def _by_share(
    losses: Sequence[int], waits: Sequence[int], users: Sequence[int], at: int, names: Sequence[str], question: Funnel
) -> str:
    """Where a clearly larger share is lost than where most people are; nothing where intervals overlap, or too few."""
    gone = [wilson(lost - wait, before) for lost, wait, before in zip(losses, waits, users, strict=False)]
    high = gone[at][1] or 0.0
    enough = [k for k, (low, _) in enumerate(gone) if users[k] >= ENOUGH and (low or 0.0) > high]
    if not enough:
        return ""
    most = max(enough, key=lambda k: (losses[k] - waits[k]) / users[k])
    into = f"“{names[question.required[most + 1] - 1]}”" if question.order != "any" else names[most + 1]
    return f" By share it is the way to {into}: {percent(losses[most] / users[most])}{waiting(waits[most])}."


def _waiting(whole: pl.DataFrame, step: int, after: int) -> int:
    """How many stand between two steps with time left."""
    return whole.filter("open", pl.col("reached") >= step, pl.col("reached") < after).height


def _names(question: Funnel) -> list[str]:
    if question.order == "any":
        return [f"{k} of {len(question.steps)} steps" for k in range(1, len(question.steps) + 1)]
    return [step.words for step in question.steps]


def _median(runs: pl.DataFrame, question: Funnel) -> str:
    """`, half of them in under 4 h`, where anybody got through."""
    took = runs.select((pl.col(f"t{question.aim}") - pl.col("t1")).dt.total_microseconds().median())
    micros = took.item() if took.height else None
    return (
        f", half of them in {duration(micros / 1_000_000)} or less" if isinstance(micros, float) and micros > 0 else ""
    )


def definition(question: Funnel) -> str:
    """What is counted, in words a reader can check by hand."""
    one, many = NOUNS[question.count_by]
    how = {
        "ordered": "the steps happen one after the other, with anything in between",
        "strict": "the steps are consecutive events, with nothing in between",
        "any": "the steps happen in any order; step k counts those who did at least k different ones",
    }[question.order]
    parts = [
        f"Counts {many}: {how}, all within {question.window.words} of the first.",
        "Any start may open a run, and the furthest run counts."
        if question.entry == "any"
        else f"Only the first start of each {one} in the period opens a run.",
        "The first step lies in the period; later ones may fall after its end."
        if question.later_steps == "in_window"
        else "All steps lie in the period.",
        "Equal times are read in the person's favour; one event fills one step.",
        *(words for k, step in enumerate(question.steps, 1) for words in _step(step, k, question)),
        *_held(question),
        *(_exclusion(part, part.after, part.before or len(question.steps)) for part in question.exclude),
    ]
    if question.by:
        take = {"first": "the earliest step that has one", "last": "the latest step that has one", "entry": "the start"}
        whose = take.get(question.by.take, "every value, each its own funnel" if question.by.take == "all" else "")
        whose = whose or f"step {question.by.take[5:]}"
        parts.append(f"Broken down by {listing(question.by.field)}, taking the value of {whose}.")
    return " ".join(parts)


def _step(step: Step, k: int, question: Funnel) -> Iterator[str]:
    """What a step says of itself, beyond the event it wants."""
    if step.optional:
        yield f"“{step.words}” may be left out: it counts those who did it in its place, and nobody needs it to go on."
    if step.within:
        yield f"“{step.words}” has to follow within {step.within.words} of the step that was taken before it."
    if step.first_ever:
        whose = "account" if question.count_by == "account" else "person"
        conditions = " with its conditions" if step.where else ""
        yield f"Step {k} takes only the first “{step.words}”{conditions} the {whose} ever did, whatever the period."


def _held(question: Funnel) -> Iterator[str]:
    if question.hold:
        fields, same = listing(question.hold), "is" if len(question.hold) == 1 else "are"
        yield f"{fields} {same} the same on all steps of a run; where the value is missing, nothing can follow."


def _exclusion(event: Event, after: int, before: int) -> str:
    ends = "ends the run" if getattr(event, "effect", "void") == "void" else "takes the person out of every step"
    return f"“{event.words}” between step {after} and step {before} {ends}."


def notes(source: FunnelRows, runs: pl.DataFrame) -> tuple[str, ...]:
    """Steps nobody was ever seen doing, starts that lead nowhere, and people left out."""
    question, facts, found = source.question, source.facts, []
    furthest = runs["reached"].max() or 0
    for k, step in enumerate(question.steps, 1):
        if not step.is_any and k > furthest:  # type: ignore[operator]  # only then is reading all names worth it
            found += never_loaded(step.event, facts)
    if bare := source.bare_starts:
        starts = people(bare, "start has", "starts have")
        found.append(f"{starts} no value of {listing(question.hold, 'or')}, so that nothing can follow.")
    if facts.internal.len():
        found.append(f"{count(facts.internal.len())} internal or test users are left out.")
    return tuple(dict.fromkeys(found))
