"""Deals in words: the verdict of each view, what is counted, and what to know before trusting it."""

from typing import Any

import polars as pl

from lib.answers.account_rows import AccountRows
from lib.answers.scoped import asked
from lib.facts import Facts
from lib.questions.revenue import Revenue
from lib.words import count, listing, money, people, percent

FEW_WINS = 30


def headline(question: Revenue, tables: dict[str, pl.DataFrame], facts: Facts, found: AccountRows) -> str:
    """One sentence about the deals in the scope."""
    if not found.frame.height:
        none = f"No deal is known{asked(question.scope)}."
        return none if found.any_loaded else "No deals are loaded (table opportunities)."
    code = facts.settings.company.currency
    told = {"cycles": _cycles, "deals": _deals, "pipeline": _pipeline}[question.view]
    return told(tables, code, asked(question.scope))


def _days(value: float | None) -> str:
    return "more days than can be seen" if value is None else people(round(value), "day", "days")


def _cycles(tables: dict[str, pl.DataFrame], code: str, when: str) -> str:
    table = tables["cycles"]
    row = table.row(0, named=True)
    who = "" if table.height == 1 else f" of “{row['segment']}”"
    if not row["won"]:
        return f"Of {people(row['deals'], 'deal', 'deals')}{who} opened{when} none was won: {_rest(row)}."
    return (
        f"{percent(row['same_quarter_share'])} of {people(row['won'], 'win', 'wins')}{who} closed in the quarter they"
        f" were opened in; half of the deals that are not lost are won within {_days(row['median_days'])}."
    )


def _rest(row: dict[str, Any]) -> str:
    """What became of deals none of which was won."""
    parts = {"lost": row["lost"], "still open": row["open"]}
    said = [f"{count(number)} {'is' if number == 1 else 'are'} {what}" for what, number in parts.items() if number]
    return listing(said)


def _deals(tables: dict[str, pl.DataFrame], code: str, when: str) -> str:
    net, bands = tables["net_acv"], tables["bands"]
    won = int(net["won"].sum())
    if not won:
        lost = int(bands["lost"].sum())
        closed = f"; {people(lost, 'deal was', 'deals were')} lost" if lost else ", and none was lost"
        return f"No deal was won{when}{closed}."
    acv, free = (float(net[name].sum()) for name in ("acv", "services_free"))
    some = int(net["deals_with_free"].sum())
    top = bands["from"].max()
    large = bands.filter(pl.col("from") == top)
    big = int(large["won"].sum())
    reach = f": {count(big)} of them, {percent(big / won)}, {'is' if big == 1 else 'are'} worth {large['band'][0]}"
    given = (
        f" {money(acv, code)} ACV less {money(free, code)} of services given away is {money(acv - free, code)}"
        f" ({percent(-free / acv if acv else None)}); {percent(some / won)} of wins carry some."
    )
    told = f"{people(won, 'deal was', 'deals were')} won{when}{reach if big else ''}.{given if free else ''}"
    return told.replace("-", "−")


def _pipeline(tables: dict[str, pl.DataFrame], code: str, when: str) -> str:
    table = tables["pipeline"]
    total = float(table["acv"].sum())
    sums = table.group_by("segment").agg(pl.col("acv").sum()).sort(["acv", "segment"], descending=[True, False])
    first = sums.row(0, named=True)
    if sums.height == 1 or not total:
        return f"{people(int(table['deals'].sum()), 'deal was', 'deals were')} opened, worth {money(total, code)} ACV."
    over = table.filter("complete")["bucket"].unique().sort()
    ends = [table.filter((pl.col("bucket") == at) & (pl.col("segment") == first["segment"]))["share"][0]
            for at in ([over[0], over[-1]] if over.len() > 1 else [])]  # fmt: skip
    has_moved = ends and None not in ends and ends[0] != ends[1]
    course = f", from {percent(ends[0])} to {percent(ends[1])}" if has_moved else ""
    return (
        f"Of {money(total, code)} ACV opened, {percent(first['acv'] / total)} came from “{first['segment']}”{course}."
    )


def definition(question: Revenue) -> str:
    """What is counted, in words a reader can check by hand."""
    return {
        "cycles": "Deals by the day they were opened, whenever they were closed. Same quarter: won in the calendar"
        " quarter they were opened in, of all that were won. The median follows every deal that is won or still open,"
        " each for as long as it is known (Kaplan–Meier), so that deals that take long are not left out for being open;"
        " lost deals are not in it. The median of wins is beside it. Interval of the share: Wilson, 95 %.",
        "deals": "Deals by the day they were won or lost, whenever they were opened. Size is the contract value of the"
        " whole term, or of a year where that is not known. Net ACV is ACV less the worth of services given away, of"
        " deals that were won. Intervals: Wilson, 95 %.",
        "pipeline": "Deals by the day they were opened, whatever became of them, with their contract value of a year.",
    }[question.view]


def notes(question: Revenue, found: AccountRows) -> tuple[str, ...]:
    """What to know before trusting the numbers."""
    frame, said = found.frame, []
    if not frame.height:
        return ()
    if question.view == "deals":
        said.append(
            "Deals belong here by the day they were won or lost; how long deals take and where they come from are told"
            " of those opened in the period, so the numbers of deals differ."
        )
    before = int(frame.select((pl.col("closed_at") < pl.col("created_at")).sum()).item())
    if before:
        verb = "was closed before it was" if before == 1 else "were closed before they were"
        said.append(f"{people(before, 'deal', 'deals')} {verb} opened; the days between count as none.")
    won = int(frame["is_won"].fill_null(False).sum())
    if question.view != "pipeline" and 0 < won < FEW_WINS:
        said.append(f"Only {people(won, 'deal was', 'deals were')} won: the shares are uncertain.")
    return tuple(said)
