"""The activation finder in words: its verdict, its definition, and what to know before trusting it."""

import polars as pl

from lib.answers.notes import left_out, unseen
from lib.answers.scoped import asked
from lib.facts import Facts
from lib.questions import Activation, Event, Kept
from lib.words import count, listing, people, percent


def headline(question: Activation, candidates: pl.DataFrame, base: pl.DataFrame) -> str:
    """One sentence: the act that goes with staying the most, and how much more often its doers stay."""
    everybody, kept, rate = base.row(0)
    verb = "stay" if isinstance(question.kept, Kept) else "pay"
    if not everybody:
        came = f" who came{when}" if (when := asked(question.scope)) else ""
        return f"Nobody{came} has been here long enough to say who will {verb}."
    if not kept or kept == everybody:
        return f"{'All' if kept else 'None'} of {people(everybody)} {verb}, so no act can set them apart."
    best = candidates.filter(pl.col("rank").is_not_null() & (pl.col("precision_low") > rate)).head(1)
    if not best.height:
        return f"No early act of {count(question.floor)} people or more goes clearly with a greater share who {verb}."
    row = best.row(0, named=True)
    return (
        f"People who do “{row['event']}” {act(row['times'], row['within_days'])} {verb} {row['lift']:.1f} times as"
        f" often: {percent(row['precision'])} of {people(row['doers'])}, against {percent(rate)} of all"
        f" {count(everybody)}."
    )


def act(times: int, within_days: int) -> str:
    """How often and how soon.

    >>> act(1, 7), act(3, 0)
    ('within 7 days', 'at least 3 times on the first day')
    """
    often = "" if times == 1 else f"at least {count(times)} times "
    return often + ("on the first day" if within_days == 0 else f"within {people(within_days, 'day', 'days')}")


def definition(question: Activation) -> str:
    """What is counted, in words a reader can check by hand."""
    start = f"“{question.start.words}”" if question.start else "event of any kind, ever,"
    verb = "stay" if isinstance(question.kept, Kept) else "pay"
    if isinstance(question.kept, Kept):
        outcome = (
            f"Only people whose day {question.kept.day} is over count."
            f" They stay if they do “{question.kept.event.words}” {question.kept.words}."
        )
    else:
        outcome = (
            f"Only people whose day {question.days[-1]} is over count. They pay if a subscription of their account"
            " begins on the day of their start or later; what they do on that day or after it is left out."
        )
    return (
        f"A person starts with their first {start} in the period; that is day 0, and days are calendar days. {outcome}"
        " A candidate is an event done so many times or more from the start to the end of the last day allowed."
        f" Precision is the share of its doers who {verb} (Wilson 95 %), recall the share of those who {verb} who did"
        f" it, lift the precision over the share of all who {verb}, and MCC the correlation of the two, from −1 to 1"
        f" (Matthews). Candidates with fewer than {count(question.floor)} doers are not ranked."
        f" This is association, not cause: people who would {verb} anyway may also do more."
    )


def notes(question: Activation, facts: Facts, started: int, closed: int, kept: int) -> tuple[str, ...]:
    """Who and what is left out, and events nobody was ever seen doing."""
    found = []
    if started > closed:
        verb = "is" if started - closed == 1 else "are"
        found.append(f"{people(started - closed)} {verb} left out: they started too recently to tell.")
    early = sorted(set(question.within_days) - set(question.days))
    if early:
        found.append(f"Within {listing([count(day) for day in early])} days is left out: it would look ahead.")
    asked = [Event(event=question.events)] if question.events else []
    asked += [question.start] if question.start and not started else []
    asked += [question.kept.event] if isinstance(question.kept, Kept) and not kept else []
    return (*found, *unseen(asked, facts), *left_out(facts))
