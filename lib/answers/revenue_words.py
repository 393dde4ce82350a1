"""Revenue in words: the verdict of each view, what is counted, and what to know before trusting it."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from lib.answers.revenue_rows import PAUSE_DAYS, Subscriptions
from lib.answers.revenue_times import EPOCH, Times, openings
from lib.answers.scoped import asked
from lib.facts import Facts
from lib.questions.revenue import Revenue, RevenuePolicy
from lib.timeline import when
from lib.words import count, listing, moment, money, people, percent

EMPTY = {
    "packages": "No account held several packages together at the beginning.",
    "prices": "Nobody pays at the end of the period, and nobody paid at its beginning.",
    "drivers": "Nobody paid at the opening, so there is no change of GRR to explain yet.",
    "rows": "No account is behind this number.",
}
"""What is said where subscriptions are known and the table is empty all the same."""
LOST = ("churn", "contraction", "paused")
SAID = {"fx": "exchange rates"}
TOOK = {"paused": "pauses"}
STATIC = ("account.", "product")


def day_words(day: int) -> str:
    """A day since 1970 as people write it."""
    at = EPOCH + timedelta(days=day)
    return f"{at.day} {at:%B %Y}"


def latest(table: pl.DataFrame) -> tuple[pl.DataFrame, bool]:
    """The rows of the last bucket that is over, and whether there is one; else of the last bucket."""
    done = table.filter("complete")
    rows = done if done.height else table
    return rows.filter(pl.col("bucket") == rows["bucket"].max()), bool(done.height)


def _moved(question: Revenue, table: pl.DataFrame, found: Subscriptions) -> str:
    rows, is_over = latest(table)
    sums = {name: float(rows[name].sum()) for name in table.columns if table.schema[name] == pl.Float64()}
    start, end = sums["start_mrr"], sums["end_mrr"]
    change = f" ({percent(end / start - 1)})" if start else ""
    moves = ("new", "expansion", "reactivation", "churn", "contraction", "paused", "fx")
    parts = [f"{SAID.get(name, name)} {money(sums[name], found.code)}" for name in moves if sums[name]]
    at = _at(question, rows["bucket"][0]) + ("" if is_over else " so far")
    why = f": {listing(parts)}." if parts else "; nothing moved."
    return f"MRR went from {money(start, found.code)} to {money(end, found.code)}{change} {at}{why}"


def _at(question: Revenue, first: date) -> str:
    return "over the period" if question.basis == "scope" else when(first, question.grain)


def _on_the_day(question: Revenue, found: Subscriptions, times: Times) -> str:
    """A sentence about those who begin on the very day from which a stretch is measured: they look as if they paid."""
    last = int(times.complete.arg_true()[-1]) if times.complete.any() else len(times) - 1
    day = int(openings(question, times)[last])
    begun = found.frame.filter(pl.col("start") == day)["account_id"].n_unique()
    who = people(begun, "account begins", "accounts begin")
    return f" {who} on {day_words(day)}: whoever begins on the day of the opening is new." if begun else ""


def _kept(question: Revenue, table: pl.DataFrame, found: Subscriptions, times: Times) -> str:
    rows, is_over = latest(table)
    opening = float(rows["opening_mrr"].sum())
    if not opening:
        since = "12 months before" if question.basis == "trailing_12" else "at the beginning"
        return f"Nobody paid {since}, so there is no revenue to keep yet.{_on_the_day(question, found, times)}"
    grr, nrr = float(rows["kept_mrr"].sum()) / opening, float(rows["now_mrr"].sum()) / opening
    points = [(name, 100 * float(rows[name].sum()) / opening) for name in LOST]
    parts = [(TOOK.get(name, name), f"{value:.1f}") for name, value in points if round(value, 1) > 0]
    took = [f"{name} {many}" if k else f"{name} took {many} points" for k, (name, many) in enumerate(parts)]
    lost = listing(took) if took else "nothing was lost"
    closed = int(times.closes[times.firsts.search_sorted(rows["bucket"][0])]) - 1
    since = {"trailing_12": "12 months before", "period": f"when the {question.grain} began"}
    before = since.get(question.basis, "when the period began")
    upto = f"By {day_words(closed)}{'' if is_over else ' (not over yet)'}"
    return (
        f"{upto}, {percent(grr)} of what accounts paid {before} is still paid (GRR): {lost}. With what they pay more,"
        f" it is {percent(nrr)} (NRR)."
    )


def _cohorts(question: Revenue, curve: pl.DataFrame) -> str:
    grown = curve.filter(pl.col("nrr").is_not_null()).sort("age")
    if not grown.height or grown["age"].max() == 0:
        return "No cohort is old enough to be followed yet."
    span = 12 if question.grain == "month" else int(grown["age"].max())  # type: ignore[arg-type]
    age = min(span, int(grown["age"].max()))  # type: ignore[arg-type]
    rows = grown.filter(pl.col("age") == age)
    size = float(rows["size_mrr"].sum())
    grr, nrr = (float((rows[name] * rows["size_mrr"]).sum()) / size for name in ("grr", "nrr"))
    unit = question.grain if age == 1 else f"{question.grain}s"
    return (
        f"After {age} {unit}, accounts still pay {percent(grr)} of what they first paid (GRR); with what they pay more,"
        f" it is {percent(nrr)} (NRR)."
    )


def headline(question: Revenue, tables: dict[str, pl.DataFrame], found: Subscriptions, times: Times) -> str:
    """One sentence about the last bucket that is over, or about the two ends of the scope."""
    table = next(iter(tables.values()))
    if found.frame.height and len(times) and not table.height and question.view in EMPTY:
        named = question.view == "packages" and question.packages is not None
        return "No account held all of these packages at the beginning." if named else EMPTY[question.view]
    if not found.frame.height or not table.height:
        return f"No subscriptions are known{asked(question.scope)}."
    if question.view == "movements":
        return _moved(question, table, found)
    if question.view == "retention":
        return _kept(question, table, found, times)
    if question.view == "cohorts":
        return _cohorts(question, tables["curve"])
    return _others(question, table, found)


def _others(question: Revenue, table: pl.DataFrame, found: Subscriptions) -> str:
    if question.view == "packages":
        total = int(table["accounts"].sum())
        parts = [f"{percent(row['share'])} {row['outcome']}" for row in table.to_dicts() if row["accounts"]]
        return f"Of {people(total, 'account', 'accounts')} with all of these packages at the start, {listing(parts)}."
    if question.view == "prices":
        paid, listed = float(table["mrr"].sum()), float(table["list_mrr"].sum())
        versions = table["price_version"].n_unique()
        return (
            f"Customers pay {percent(paid / listed if listed else None)} of list price, over"
            f" {count(versions)} price {'version' if versions == 1 else 'versions'}."
        )
    if question.view == "attach":
        rows, _ = latest(table)
        accounts, two = int(rows["accounts"].sum()), int(rows["with_two"].sum())
        each = f"{rows['products'].sum() / accounts:.1f}" if accounts else "–"
        return f"{percent(two / accounts if accounts else None)} of {people(accounts, 'account', 'accounts')} have a" \
               f" second product; {each} products each."  # fmt: skip
    if question.view == "concentration":
        rows, _ = latest(table)
        row = rows.sort("mrr", descending=True).row(0, named=True)
        return (
            f"The largest account pays {percent(row['top_1'])} of MRR, the largest five {percent(row['top_5'])},"
            f" the largest ten {percent(row['top_10'])}."
        )
    if question.view == "drivers" and not (table["opening_before"] > 0).any():
        return "Nobody paid at the opening of the stretch before, so there is no change of GRR to explain yet."
    if question.view == "drivers":
        change = float(table["rate"].sum()) + float(table["mix"].sum())
        before = "12 months" if question.basis == "trailing_12" else question.grain
        return f"GRR changed by {100 * change:+.1f} points against the {before} before".replace("-", "−") + (
            f": {100 * float(table['rate'].sum()):+.1f} within segments,"
            f" {100 * float(table['mix'].sum()):+.1f} because their weights changed."
        ).replace("-", "−")
    total = float(table["amount"].sum())
    accounts = table["account_id"].n_unique()
    return f"{people(accounts, 'account', 'accounts')}, {money(total, found.code)} in all."


def definition(question: Revenue) -> str:
    """What is counted, in words a reader can check by hand."""
    price = "list price" if question.policy.discounts == "list" else "price after discounts"
    pause = {
        "own": f"A pause is a movement of its own until {PAUSE_DAYS} days, then churn.",
        "churn": "A pause is churn, and coming back is reactivation.",
        "keep": f"A pause counts as paid until {PAUSE_DAYS} days, then as churn.",
    }[question.policy.pause]
    gone = (
        "at the end of the paid period; an end that lies ahead counts when it comes"
        if question.policy.churn == "period_end"
        else "at the end of the paid period, or on the last known day where an end is already agreed"
    )
    first = (
        f"MRR is the monthly {price} of the subscriptions active at the end of a bucket's last day, in whole minor"
        f" units; no tax, no one-off charges. The grain is the account: a second product is expansion. A customer is"
        f" gone {gone}. A subscription without an end runs on: the end of the data is not churn. {pause}"
    )
    return f"{first} {_of_view(question)}"


def _of_view(question: Revenue) -> str:
    """What the view adds."""
    opening = {
        "trailing_12": "12 months before the end of the bucket", "period": "the beginning of the bucket",
        "scope": "the beginning of the period",
    }[question.basis]  # fmt: skip
    kept = (
        f"Over the accounts that paid at {opening}, whoever came later left out: GRR is Σ min(now, then) ÷ Σ then,"
        " NRR is Σ now ÷ Σ then; point to point, so who left and is back counts as now."
    )
    return {
        "movements": "start + new + expansion + reactivation − contraction − churn + paused + fx = end, exactly. New"
        " never paid at the end of a bucket before; reactivation did, and paid nothing in between. Quick ratio is"
        " (new + expansion) ÷ (churn + contraction). Segments are those at the beginning of each bucket."
        " Committed is what is agreed to end or begin after the last known day.",
        "retention": f"{kept} Logo retention counts these accounts. Segments are those at the opening.",
        "cohorts": "A cohort is the accounts that paid at the end of a bucket for the first time; age counts buckets"
        " since. GRR is Σ min(now, at age 0) ÷ Σ at age 0. The curve pools cohorts that have completed the age,"
        " weighted by size.",
        "packages": "Accounts that held all of the packages at the beginning, by what they hold at the end. Contraction"
        " is what those lost who stay, churn what those paid who left.",
        "prices": f"Realised price is what is paid ÷ list price, of the subscriptions active at the end. {kept}",
        "attach": "Products of an account are those it pays for at the end of the bucket. A path is the first product"
        " and the next one, by their first days.",
        "concentration": "Shares of the largest accounts in MRR at the end of the bucket; HHI is the sum of the squared"
        " shares, 1 where one account pays all.",
        "drivers": f"{kept} The change of GRR to the bucket before: rate is the change within a segment at the mean of"
        " its two weights, mix the change of its weight at the mean of its two rates, relative to GRR of all.",
        "policies": f"{kept} The same numbers, counted by two policies; accounts that pay something else under the one"
        " than under the other are listed.",
        "rows": "What each account paid for each product at the beginning and at the end, under the movement of the"
        " account.",
    }[question.view]


def notes(question: Revenue, facts: Facts, found: Subscriptions, times: Times) -> tuple[str, ...]:
    """What to know before trusting the numbers."""
    said = list(found.traps)
    frame, known = found.frame, times.known
    if facts.as_of is None and question.at is None and frame.height:
        changed = facts.last_change is not None and (facts.last_change - EPOCH).days == known - 1
        taken = "the last change of a subscription" if changed else "the end of the period"
        said.append(f"No event says how far the data goes; {day_words(known - 1)} is taken, {taken}."
                    " Say another day in at.")  # fmt: skip
    ahead = int(frame.select((pl.col("start") >= known).sum()).item())
    if ahead:
        verb = "subscription begins" if ahead == 1 else "subscriptions begin"
        said.append(f"{count(ahead)} {verb} after {day_words(known - 1)}, the last day known, and do not count yet.")
    if len(times) and not times.complete[-1] and question.view != "packages":
        said.append(f"{when(times.firsts[-1], question.grain).removeprefix('in ').removeprefix('on ').capitalize()}"
                    f" is not over: it counts up to {_end_words(facts, int(times.closes[-1]) - 1)}.")  # fmt: skip
    cut = times.firsts.filter(~times.whole).to_list()
    if cut:
        names = [when(first, question.grain).removeprefix("in ").removeprefix("on ") for first in cut]
        said.append(f"The period holds only a part of {listing(names)}.")
    if question.by is not None:
        said += _of_segments(question)
    said += _of_bills(question, found)
    if found.foreign is not None:
        at = day_words(found.foreign.day)
        worth = listing([f"{code} {found.foreign.constant(code):.4g}" for code in found.foreign.codes])
        said.append(f"Other currencies are worth what they were on {at} ({worth}); MRR at start and end is as reported,"
                    " and what the rates did in between is the movement fx.")  # fmt: skip
    if found.code != facts.settings.company.currency:
        said.append(f"Amounts are in {found.code}, not in the reporting currency.")
    return tuple(said)


def _end_words(facts: Facts, day: int) -> str:
    """The last day that counts; with the time of the last event where that is on it: the day itself is not over."""
    if facts.as_of is None or facts.as_of.astimezone(ZoneInfo(facts.timezone)).date() != EPOCH + timedelta(days=day):
        return day_words(day)
    return f"{moment(facts.as_of, facts.timezone)}, the time of the last event"


def _of_bills(question: Revenue, found: Subscriptions) -> list[str]:
    days = people(question.policy.past_due_days, "day", "days")
    if found.past_due is None:
        other = question.policy.past_due_days != RevenuePolicy().past_due_days
        return ["No bills are loaded (table invoices) that say which accounts are past due, so past_due_days changes"
                " nothing; an involuntary end counts on its day."] if other else []  # fmt: skip
    if not found.past_due:
        return []
    who = people(found.past_due, "account", "accounts")
    return [f"{who} had a bill unpaid for {days}: churned (involuntary) from then on, until a payment comes in."]


def _of_segments(question: Revenue) -> list[str]:
    if "product" in question.fields:
        return ["By product, every product has customers of its own: who changes the product is churn in one and new"
                " in the other. Amounts at start and end add up to all; movements do not."]  # fmt: skip
    if any(not field.startswith(STATIC) for field in question.fields):
        return ["An account counts where it paid most when the bucket began; where that changes, it stands elsewhere"
                " in the next bucket, so the end of one need not be the start of the next."]  # fmt: skip
    return []
