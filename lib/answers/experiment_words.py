"""A test in words: what may be said of it now, the checks, the definition, and what to know before."""

import polars as pl

from lib.answers.experiment_effects import FEWEST, Reading
from lib.answers.experiment_units import Units
from lib.answers.notes import left_out, unseen
from lib.answers.scoped import asked
from lib.facts import Facts
from lib.inference import SRM_ALARM
from lib.questions import Experiment, Measured
from lib.words import count, listing, people, percent

VERDICTS = {
    "stopped": "stopped: wrong group sizes",
    "not_yet": "not yet",
    "ship": "ship",
    "guardrail": "do not ship: a guardrail got worse",
    "harm": "do not ship: it does harm",
    "no_effect": "no effect shown",
}
"""What may be said of a variant, and how."""
NOUNS = {"user": ("person", "people"), "account": ("account", "accounts"), "lead": ("lead", "leads")}
CHECKS = {"check": pl.String(), "passed": pl.Boolean(), "units": pl.Int64(), "p_value": pl.Float64(),
          "said": pl.String()}  # fmt: skip
SEVERAL_ALLOWED = 0.01


def verdict(question: Experiment, effect: tuple[float | None, float | None], read: int, worse: bool) -> str:
    """What may be said of a variant from its interval, how many units were read of all variants, and the guardrails.

    A fixed test is read once, when the planned number is there; an always-valid one whenever 0 is outside.
    """
    low, high = effect
    is_full = question.planned is not None and read >= question.planned
    if low is None or high is None or (question.analysis == "fixed" and question.planned is not None and not is_full):
        return "not_yet"
    if low <= 0 <= high:
        return "no_effect" if is_full else "not_yet"
    if (low > 0) != (question.better == "up"):
        return "harm"
    return "guardrail" if worse else "ship"


def headline(question: Experiment, effects: pl.DataFrame, ratio: float | None, units: Units) -> str:
    """`redesigned: +4.0 pp (95 % interval 1.4 to 6.6): ship.`, `… not yet.`, or why the read-out is stopped."""
    if ratio is not None and ratio < SRM_ALARM:
        told = f"{VERDICTS['stopped']}. {_ratio_words(ratio)} Find out why before reading it."
        return f"{question.experiment}: {told}"
    own = effects.filter(pl.col("segment") == "All")
    if not units.frame.height:
        return f"{question.experiment}: not yet. Nobody saw it for the first time{asked(question.scope)}."
    if not own.height:
        return f"{question.experiment}: not yet. Everybody saw one variant, so there is nothing to compare."
    sign = 1 if question.better == "up" else -1
    best = own.sort(pl.col("difference") * sign, descending=True, nulls_last=True).row(0, named=True)
    said = VERDICTS[best["verdict"]]
    if best["low"] is None:
        return f"{question.experiment}: {said}. {_why_nothing(question, best, units)}"
    amount = f"{change(question, best['difference'])} ({between(question, best['low'], best['high'])})"
    reason = _waiting(question, int(effects["control_units"][0]) + int(own["units"].sum()), units)
    reason = f" {reason}" if best["verdict"] == "not_yet" and reason else ""
    return f"{best['variant']}: {amount}: {said}.{reason}"


def _waiting(question: Experiment, read: int, units: Units) -> str:
    if question.planned is None or read >= question.planned or question.analysis == "sequential":
        return ""
    _, many = NOUNS[units.kind]
    return f"{count(read)} of the {count(question.planned)} {many} planned can be read; looking earlier misleads."


def _why_nothing(question: Experiment, row: dict[str, int], units: Units) -> str:
    one, many = NOUNS[units.kind]
    least = min(row["units"], row["control_units"])
    if least < FEWEST:
        return f"There is not enough data: a group has {count(least)} {one if least == 1 else many} that can be read."
    if row["value"] is None or row["control_value"] is None:
        return f"Nobody of a group did “{question.goal.words}”, so there is no mean to compare."
    return "Nothing varies, so there is no interval."


def change(measured: Measured, difference: float | None) -> str:
    """A difference with its sign and unit: `+4.0 pp`, `−0.12`.

    >>> change(Experiment(experiment="x", goal={"event": "sent"}), 0.04)
    '+4.0 pp'
    """
    if difference is None:
        return "–"
    amount = 100 * difference if measured.measure == "conversion" else difference
    return f"{_signed(amount, '+')}{' pp' if measured.measure == 'conversion' else ''}"


def between(measured: Measured, low: float, high: float) -> str:
    """`95 % interval 1.4 to 6.6`, in the unit of `change`."""
    times = 100 if measured.measure == "conversion" else 1
    return f"95 % interval {_signed(times * low)} to {_signed(times * high)}"


def _signed(amount: float, plus: str = "") -> str:
    """One place behind the point; more where it would show less than two digits."""
    places = 1 if abs(amount) >= 0.095 else 2 if abs(amount) >= 0.0095 else 4
    text = f"{abs(amount):,.{places if amount else 1}f}"
    return f"{'−' if amount < 0 else plus}{text}"


def checks(reading: Reading, ratio: float | None, read: int) -> pl.DataFrame:
    """Table `checks`: can the test be read? `said` is the sentence for people."""
    units, question = reading.units, reading.question
    one, many = NOUNS[units.kind]
    whole = units.frame.height
    several = units.several / whole if whole else 0.0
    waiting = whole - read
    rows = [
        ("sample_ratio", None if ratio is None else ratio >= SRM_ALARM, whole, ratio, _ratio_words(ratio)),
        ("two_variants", several <= SEVERAL_ALLOWED, units.several, None,
         f"{people(units.several, one, many)} ({percent(several)}) saw more than one variant; the first one counts."
         if units.several else "Nobody saw more than one variant."),
        ("window_over", waiting == 0, waiting, None,
         _waiting_words(waiting, one, many) if waiting
         else "Everybody's time is over."),
        ("known", units.strangers == 0, units.strangers, None,
         _stranger_words(units.strangers, many) if units.strangers else "Every id is known."),
    ]  # fmt: skip
    if question.planned is not None:
        rows.append(("planned", read >= question.planned, read, None,
                     f"{count(read)} of {count(question.planned)} {many} planned can be read."))  # fmt: skip
    return pl.DataFrame(rows, schema=CHECKS, orient="row")


def _waiting_words(waiting: int, one: str, many: str) -> str:
    verbs = ("has", "is") if waiting == 1 else ("have", "are")
    return f"{people(waiting, one, many)} still {verbs[0]} time left and {verbs[1]} not read yet."


def _stranger_words(strangers: int, many: str) -> str:
    if strangers == 1:
        return f"1 id of {many} is in no other table; it counts, as having done nothing."
    return f"{count(strangers)} ids of {many} are in no other table; they count, as having done nothing."


def _ratio_words(ratio: float | None) -> str:
    if ratio is None:
        return "There is only one group with units, so sizes cannot be checked."
    if ratio < SRM_ALARM:
        return f"The groups are not of the sizes they were meant to have (p-value {_p(ratio)})."
    return f"The groups have the sizes they were meant to have (p-value {_p(ratio)})."


def _p(value: float) -> str:
    return "below 0.001" if value < 0.001 else f"{value:.3f}" if value < 0.1 else f"{value:.2f}"


def definition(question: Experiment, reading: Reading) -> str:
    """What is counted, in words a reader can check by hand."""
    _, many = NOUNS[reading.units.kind]
    until = (
        f"in the {question.within.words} after; only {many} whose {question.within.words} are over are read"
        if question.within
        else "up to the end of the data"
    )
    how = {
        "conversion": "The interval of the difference of two shares is Newcombe's, the p that of the score test.",
        "per_user": "The interval of the difference of two means is Welch's.",
        "sum": "The interval of the difference of two means is Welch's.",
        "mean": "It is a ratio of two totals, with an interval by the delta method.",
    }[question.measure]
    if question.analysis == "sequential":
        how = (
            "The interval holds however often it is looked at (asymptotic confidence sequence of Waudby-Smith and"
            " others, 2024), so the test may be stopped on any day."
        )
    several = (
        f" With {len(reading.others)} variants against one control the intervals are wider, so that all hold at once."
        if len(reading.others) > 1
        else ""
    )
    return (
        f"Counted are {many} from their first exposure to “{question.experiment}” on, {until}; the first variant they"
        f" saw counts. Measured is the {question.words}, each variant less {reading.control}. {how}{several}"
        f" A split of the {many} that chance would give less than once in 1,000 tests stops the read-out. A guardrail"
        " holds where even the bad end of its interval is within its margin."
    )


def notes(question: Experiment, reading: Reading, table: pl.DataFrame, facts: Facts) -> tuple[str, ...]:
    """What to know before trusting the numbers."""
    told = ("sample_ratio", "planned")  # what the verdict says anyway
    rows = table.filter(~pl.col("check").is_in(told)).iter_rows(named=True)
    said = [str(row["said"]) for row in rows if row["passed"] is False]
    if question.within is None:
        said.append("Nobody's time is limited, so those who came early had longer; give a window to treat all alike.")
    if question.analysis == "fixed" and question.planned is None:
        said.append(
            "No number was planned, so read this once: a test that is looked at often and stopped when it looks good is"
            " wrong far more often than 5 times in 100. The always-valid reading allows it."
        )
    if question.by is not None:
        said.append("Segments are looked at to learn, not to decide: among many, one differs by chance.")
    unnamed = [one.variant for one in question.weights or () if one.variant not in reading.units.variants]
    if unnamed:
        said.append(f"Nobody saw {listing(unnamed)}.")
    return (*said, *unseen([one.goal for one in question.measured], facts), *left_out(facts))
