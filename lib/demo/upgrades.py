"""People who pay by themselves: one person for Solo Plus, a small team for Starter or Team."""

import numpy as np

from lib.demo.accounts import Book
from lib.demo.calendar import FIRST, LAST, MIDNIGHTS, Ints
from lib.demo.company import CHANNELS
from lib.demo.crowd import NOBODY, Crowd
from lib.demo.ledger import Contract, Ledger
from lib.demo.log import KNOWN, Log, code
from lib.demo.truths import TRUTHS

_SOLO_CENTS = 600
_TEAM_PLANS = (("starter", 2_900), ("team", 4_900), ("team", 9_900))
_MONTH = 30.4


def build(rng: np.random.Generator, crowd: Crowd, log: Log, book: Book, ledger: Ledger) -> None:
    """Let some of those who kept coming pay; the crowd must be closed."""
    seen = np.searchsorted(MIDNIGHTS, log.last_seen(crowd.size), side="right") - 1
    _teams(rng, crowd, log, book, ledger, seen)
    _solo(rng, crowd, log, book, ledger, seen)


def _teams(rng: np.random.Generator, crowd: Crowd, log: Log, book: Book, ledger: Ledger, seen: Ints) -> None:
    buyers, starts, plans, prices = [], [], [], []
    for account in book.accounts:
        if account.segment != "self_serve" or account.founder < 0 or rng.random() > 0.5:
            continue
        # After a month of trial: also clear of the days on which staying is judged.
        start = account.opened + int(rng.integers(33, 60))
        if seen[account.founder] < start or start >= LAST - 2:
            continue
        plan, mrr = _TEAM_PLANS[int(rng.choice(3, p=(0.55, 0.32, 0.13)))]
        contract = Contract(account, "team", plan, mrr, start)
        ledger.sign(contract)
        _later(rng, ledger, contract)
        buyers.append(account.founder)
        starts.append(start)
        plans.append(code("plan", plan))
        prices.append(mrr / 100)
    _events(rng, log, np.array(buyers), np.array(starts), np.array(plans), np.array(prices))


def _later(rng: np.random.Generator, ledger: Ledger, contract: Contract) -> None:
    """Month by month: leave, lose the card, move up a plan, and perhaps come back after a break."""
    account, on = contract.account, contract.start
    while (on := on + 30) < LAST - 3:
        chance = rng.random()
        if chance < 0.034:
            reason = "involuntary" if rng.random() < 0.3 else "left"
            ledger.end(account, "team", on, reason)
            back = on + int(rng.integers(50, 140))
            if rng.random() < 0.12 and back < LAST - 3:
                ledger.sign(Contract(account, "team", contract.plan, contract.mrr, back))
            return
        if chance < 0.05 and ledger.running[account.number, "team"].mrr < 19_900:
            ledger.reprice(account, "team", ledger.running[account.number, "team"].mrr + 5_000, on)


def _solo(rng: np.random.Generator, crowd: Crowd, log: Log, book: Book, ledger: Ledger, seen: Ints) -> None:
    """One in twelve or so of the people on their own who are still there after some weeks."""
    alone = np.flatnonzero((crowd["known_at"] != NOBODY) & (crowd["account"] == NOBODY) & (crowd["internal"] == 0))
    joined = np.searchsorted(MIDNIGHTS, crowd["known_at"][alone], side="right") - 1
    age = rng.integers(14, 60, len(alone))
    # Nobody buys on the day on which coming back is counted out.
    start = joined + np.where(age == TRUTHS.channels.day, age + 1, age)
    creator = crowd["channel"][alone] == CHANNELS.index("influencer")
    chance = np.where(creator, 0.07, 0.12)
    pays = (joined >= FIRST) & (start < LAST - 2) & (seen[alone] >= start) & (rng.random(len(alone)) < chance)
    who, begin = alone[pays], start[pays]
    length = np.ceil(rng.exponential(9.0, len(who))) * _MONTH
    for person, since, days in zip(who, begin, length, strict=True):
        account = book.open("solo", int(since), country=int(crowd["country"][person]))
        account.founder = int(person)
        crowd["account"][person] = account.number
        ledger.sign(Contract(account, "solo", "solo_plus", _SOLO_CENTS, int(since)))
        end = int(since + days)
        if end < LAST:
            ledger.leave(account, end)
    _events(rng, log, who, begin, np.full(len(who), code("plan", "solo_plus")), np.full(len(who), _SOLO_CENTS / 100))


def _events(rng: np.random.Generator, log: Log, person: Ints, on: Ints, plan: Ints, price: np.ndarray) -> None:
    at = MIDNIGHTS[on] + rng.integers(33_000, 72_000, len(person))
    log.add(person, at - rng.integers(30, 600, len(person)), KNOWN, name="plan_viewed", surface="web", page="/pricing")
    log.add(person, at, KNOWN, name="upgrade_done", surface="web", plan=plan, value=price)
