"""Key results in words: their values with units, and the sentences of the page."""

from lib import catalog, queries
from lib.catalog import METRICS
from lib.charts.okr_tree import SIGNS
from lib.okr import cycles
from lib.okr.rollup import CLOSED, net_confidence, weakest
from lib.queries.okrs import Board, Held
from lib.store import KeyResult
from lib.words import listing, people, percent

TYPES = {
    "increase": ("Increase", "From a baseline up to a target."),
    "decrease": ("Decrease", "From a baseline down to a target."),
    "stay_above": ("Stay above", "A guard rail: the number must not fall below it."),
    "stay_below": ("Stay below", "A guard rail: the number must not rise above it."),
    "milestone": ("Milestone", "Steps that are done, out of so many."),
}

SHARES = ("rate", "grr", "nrr", "retention", "of_start")
"""The columns of saved questions that are shares."""

WORDS = (
    "on track", "watch", "off track", "breached", "outdated", "early", "no value", "reached", "partly", "missed",
)  # fmt: skip
"""Every state in the order in which the page counts them; the last three are scores of closed ones."""


def value(result: KeyResult, number: float | None) -> str:
    """A value with its unit; an en dash for none."""
    if number is None:
        return "–"
    if result.metric_key in METRICS:
        return catalog.metric(result.metric_key).said(number, queries.settings().company.currency)
    if is_share(result):
        return percent(number)
    shown = f"{number:,.0f}" if number == round(number) else f"{number:,.4g}"
    return f"{shown} {result.unit}" if result.unit else shown


def unit(result: KeyResult) -> str:
    """The unit of a chart's axis."""
    if result.metric_key in METRICS:
        entry = catalog.metric(result.metric_key)
        return "percent" if entry.is_share else "money" if entry.unit == "money" else "count"
    return "percent" if is_share(result) else "count"


def is_share(result: KeyResult) -> bool:
    """True where its values are shares: kept from 0 to 1, and written in per cent."""
    if result.metric_key is not None:
        return result.metric_key in METRICS and METRICS[result.metric_key].is_share
    return result.question is not None and result.reading.column in SHARES


def way(result: KeyResult) -> str:
    """Where from and where to: `88.0 % → 92.0 %`, `at most 10.0 %`."""
    target = value(result, result.target)
    if result.type in ("stay_above", "stay_below"):
        return f"{'at least' if result.type == 'stay_above' else 'at most'} {target}"
    return f"{value(result, result.baseline or 0.0)} → {target}"


def state(held: Held) -> str:
    """The sign and word of a key result; for a closed one its score."""
    score = held.result.score
    told = f"{held.standing.word} {score:.2f}" if held.is_closed and score is not None else held.standing.word
    return f"{SIGNS[held.standing.word]} {told}"


def source(result: KeyResult) -> str:
    """Where the value comes from."""
    if result.metric_key is not None:
        title = METRICS[result.metric_key].title if result.metric_key in METRICS else result.metric_key
        how = (
            "added up since the start"
            if result.reading.take == "total"
            else f"the last finished {result.reading.grain}"
        )
        return f"{title}, {how}"
    return f"saved question, {result.reading.column}" if result.question is not None else "typed in check-ins"


def verdict(board: Board) -> str:
    """The computed sentence of the page: how many stand how, and which is the weakest."""
    held = board.held
    start, end = cycles.days(board.cycle)
    gone = min(1.0, max(0.0, (board.today - start).days / (end - start).days))
    when = f"{cycles.words(board.cycle)}, with {percent(gone, 0)} of the time over"
    if not held:
        return f"{when}: no key result is written yet."
    if all(one.is_closed for one in held):
        return f"{cycles.words(board.cycle)} is closed: {_scores(held)}."
    counts = [(sum(one.standing.word == word for one in held), word) for word in WORDS]
    told = listing([f"{number} {f'closed as {word}' if word in CLOSED else word}" for number, word in counts if number])
    place = weakest([one.standing for one in held])
    rest = ""
    if place is not None and (one := held[place]).standing.word in ("off track", "watch", "breached"):
        stands = one.standing
        how = "its limit is breached" if stands.word == "breached" else f"{percent(stands.progress, 0)} done"
        rest = f" The weakest is “{one.result.title}”: {value(one.result, stands.value)}, {how}."
    return f"{when}: of {people(len(held), 'key result', 'key results')}, {told}.{rest}"


def _scores(held: tuple[Held, ...]) -> str:
    words = [one.standing.word for one in held]
    told = [f"{words.count(word)} {word}" for word in ("reached", "partly", "missed") if word in words]
    return f"{people(len(held), 'key result', 'key results')}, {listing(told)}"


def net(board: Board) -> str:
    """The net confidence of the live key results, in points."""
    found = net_confidence([one.standing for one in board.held if not one.is_closed])
    return "–" if found is None else f"{100 * found:+.0f} pp".replace("-", "−")
