"""A before and after in words: the verdict, what makes it weak, the definition."""

import math

import polars as pl

from lib.answers.before_after_effects import Change
from lib.answers.before_after_values import Stretch
from lib.answers.notes import left_out, unseen
from lib.facts import Facts
from lib.questions.before_after import OF_MONEY, BeforeAfter
from lib.words import count, percent

CHECKS = {"check": pl.String(), "passed": pl.Boolean(), "said": pl.String()}
WEAK = "Weak: there is no comparison group, so whatever else happened at that time may be the cause."
VERDICTS = {"not_yet": "not yet", "better": "better", "worse": "worse", "no_effect": "no change shown"}


def name(question: BeforeAfter) -> str:
    """What is measured, to begin a sentence with."""
    if question.measure in ("share", "count") and question.goal is not None:
        goal = f"“{question.goal.words}”"
        if question.measure == "share":
            return f"The share who did {goal}"
        each = {"event": goal, "user": f"People with {goal}", "account": f"Accounts with {goal}",
                "session": f"Visits with {goal}"}  # fmt: skip
        return f"{each[question.count_by]} a day"
    return {"new_customers": "New customers a day", "logo_churn": "Logo churn", "grr": "GRR",
            "trial_to_paid": "The share who began to pay"}.get(question.measure, "The measure")  # fmt: skip


def amount(stretch: Stretch) -> str:
    """The value of a stretch: a share in per cent, a count a day."""
    if stretch.n is None:
        return _number(stretch.value or 0.0)
    return percent(stretch.value)


def _number(value: float) -> str:
    return count(value) if value >= 100 else f"{value:,.1f}" if value >= 1 else f"{value:.2g}"


def size(change: Change, places: int = 1) -> str:
    """`−3.0 pp (95 % interval −6.1 to −0.1)`, `×1.75 (95 % interval 1.19 to 2.58)`; points to so many places."""
    rates, effect = change.rates, change.effect
    if rates.ratio is not None and rates.low is not None and math.isinf(rates.ratio):
        return f"+{_number(effect.difference or 0.0)} a day (95 % interval from ×{rates.low:.2f})"
    if rates.ratio is not None and rates.low is not None and rates.high is not None:
        return f"×{rates.ratio:.2f} (95 % interval {rates.low:.2f} to {rates.high:.2f})"
    if effect.difference is None:
        return "–"
    if change.is_count:
        sign = "−" if effect.difference < 0 else "+"
        return f"{sign}{_number(abs(effect.difference))} a day" if effect.difference else "no difference"
    said = f"{points(effect.difference, '+', places)} pp"
    if effect.low is None or effect.high is None:
        return said
    return f"{said} (95 % interval {points(effect.low, '', places)} to {points(effect.high, '', places)})"


def points(share: float, plus: str = "", least: int = 1) -> str:
    """Percentage points to so many places; to more where one would hide on which side of 0 they are.

    >>> points(-0.0512, "+"), points(0.03, "+"), points(-0.0004), points(0.0)
    ('−5.1', '+3.0', '−0.04', '0.0')
    """
    places = next((places for places in range(least, 5) if round(100 * share, places)), least)
    amount = round(100 * share, places)
    return f"{'−' if amount < 0 else plus}{abs(amount):,.{places}f}"


def verdict(question: BeforeAfter, decisive: Change, is_over: bool) -> str:
    """`not_yet`, `better`, `worse` or `no_effect`, from the net change, or the change where there is no comparison."""
    low, high = decisive.ends
    if not is_over or low is None or high is None:
        return "not_yet"
    if low <= 0 <= high:
        return "no_effect"
    return "better" if (low > 0) == (question.better == "up") else "worse"


def headline(question: BeforeAfter, pair: tuple[Stretch, Stretch], changes: dict[str, Change], said: str) -> str:
    """`Logo churn: 6.0 % before, 3.0 % after, −3.0 pp (95 % …): better.`, the net change, and whether it is weak."""
    before, after = pair
    if before.value is None or after.value is None:
        return f"{name(question)}: not enough data: nobody to look at {'before' if before.value is None else 'after'}."
    moved = f"{name(question)}: {amount(before)} before, {amount(after)} after, {size(changes['change'])}"
    if "net" not in changes:
        return f"{moved}: {VERDICTS[said]}. {WEAK}"
    against = changes["net"]
    if against.size is None:
        return f"{moved}: {VERDICTS[said]}. Nothing can be said of the comparison group."
    return f"{moved}; against the comparison group {size(against, 2)}: {VERDICTS[said]}."


def checks(question: BeforeAfter, changes: dict[str, Change], is_over: bool, has_year: bool) -> pl.DataFrame:
    """Table `checks`: what makes the read-out weak, `passed` empty where it cannot be known."""
    group = question.comparison is not None
    rows: list[tuple[str, bool | None, str]] = [
        ("comparison", group, "There is a comparison group." if group else WEAK),
        ("window_over", is_over, "All days are over." if is_over else "The days after are not over yet."),
        ("season", *_season(changes, has_year)),
    ]
    return pl.DataFrame(rows, schema=CHECKS, orient="row")


def _season(changes: dict[str, Change], has_year: bool) -> tuple[bool | None, str]:
    """Whether the season may be behind the change: only asked where there is one.

    It is unlikely where the interval of a year earlier leaves out a change as large in the same direction.
    """
    now, (low, high) = changes["change"].size, changes["change"].ends
    if now is None or low is None or high is None:
        return None, "The change cannot be told, so nothing can be said of the season."
    if low <= 0 <= high:
        return True, "No change is shown, so there is nothing that the season would have to explain."
    year = changes.get("year_before", Change())
    if not has_year or year.size is None:
        return None, "There is no data of the same weeks a year earlier, so the season cannot be told apart."
    told = f"In the same weeks a year earlier it was {size(year)}"
    least, most = year.ends
    if least is not None and most is not None and (most < now if now > 0 else least > now):
        return True, f"{told}, so the season is unlikely to be the reason."
    return False, f"{told}: the season cannot be ruled out."


def spike_headline(question: BeforeAfter, table: pl.DataFrame) -> str:
    """`7,000 more than usual in 3 days; half of the peak was gone after 1 day, and 15.0 % more stayed.`"""
    if not table.height:
        return "Not enough data: there are no days before or after."
    row = table.row(0, named=True)
    usual = f"{name(question)} were {_number(row['baseline'])} before"
    if not row["spike_days"]:
        return f"{usual}; no spike began within three days of {question.at:%-d %B %Y}."
    days = "1 day" if row["spike_days"] == 1 else f"{count(row['spike_days'])} days"
    half = row["half_life_days"]
    fading = "" if half is None else f"; half of the peak was gone after {half:.1f} days"
    kept = row["kept"]
    side = "above" if kept is not None and kept >= 0 else "below"
    stayed = "" if kept is None else f", and later days are {percent(abs(kept))} {side} it"
    return f"{usual}; {count(row['excess'])} more than that came in {days}{fading}{stayed}."


def hosts_headline(table: pl.DataFrame) -> str:
    """`Visits to segment.com: 10,000 before, 13,000 after (+30.0 %), both hosts taken together; …`"""
    joined = table.filter("is_joined").sort("before", descending=True).row(0, named=True)
    said = f"Visits to {joined['site']}: {count(joined['before'])} before, {count(joined['after'])} after"
    if joined["change"] is not None:
        said += f" ({_signed(joined['change'])})"
    worst = table.filter(~pl.col("is_joined"), pl.col("change").is_not_null()).sort("change")
    if not worst.height:
        return f"{said}, all hosts taken together."
    low = worst.row(0, named=True)
    return f"{said}, all hosts taken together; {low['host']} alone would show {_signed(low['change'])}."


def _signed(share: float) -> str:
    return f"{'−' if share < 0 else '+'}{percent(abs(share))}"


def definition(question: BeforeAfter) -> str:
    """What is counted, in words a reader can check by hand."""
    wash = f" The first {question.wash_out_days} days after it are left out." if question.wash_out_days else ""
    begin = f"{question.days} days before {question.at:%-d %B %Y} against {question.days} days from then on.{wash} "
    if question.view == "spike":
        return begin + (
            "Usual is the median day before. The spike is the run of days more than three standard deviations above"
            " that and above the later days; what stayed is the median day of the last half, against the usual one."
        )
    if question.view == "hosts":
        return begin + "A visit counts once for every host that one of its pages is on, and once for the whole site."
    what = {
        "share": f"Of those who did “{question.starts.words}” in these days (each once, by their first), the share who"
        f" did “{question.goal.words if question.goal else ''}” within {question.window.words}.",
        "count": "How many there were, of each once, over all of these days; shown per day.",
        "new_customers": "Accounts that paid for the first time, as on the page Revenue.",
        "logo_churn": "Of the accounts that paid when the days began, the share that no longer did at their end.",
        "grr": "Of what these accounts paid when the days began, the share kept at their end, growth left out.",
        "trial_to_paid": "Of the people who signed up in these days, the share whose account began to pay within"
        f" {question.window.words}.",
    }[question.measure]
    how = (
        " The two times are taken as independent; the interval of shares is Newcombe's, that of counts the log's, exact"
        " where one of them is 0."
    )
    if question.comparison is not None:
        how += " The net change is the change less that of the comparison group (difference in differences)."
    return begin + what + how


def notes(question: BeforeAfter, table: pl.DataFrame | None, facts: Facts) -> tuple[str, ...]:
    """What to know before trusting the numbers."""
    rows = [] if table is None else table.filter(pl.col("check") != "comparison").iter_rows(named=True)
    said = [str(row["said"]) for row in rows if row["passed"] is not True]
    if question.measure in (*OF_MONEY, "trial_to_paid") and facts.last_change is None:
        said.append("No subscriptions are loaded (table subscriptions).")
    asked = [event for event in (question.goal, question.among) if event is not None]
    return (*said, *unseen(asked, facts), *left_out(facts))
