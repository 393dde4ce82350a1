"""Companies that buy through sales or as small businesses: contracts, package moves, churn.

Enterprise and small business are laid out by count and by cent, so that the two enterprise windows
and the package quarter come out exactly as planted; the middle segment just lives.
"""

from datetime import date

import numpy as np

from lib.demo.accounts import Account, Book
from lib.demo.calendar import FIRST, LAST, MONTHS, countries, day
from lib.demo.ledger import Contract, Ledger, in_proportion, mid_month, split
from lib.demo.truths import TRUTHS

_OLDEST = 40


def build(rng: np.random.Generator, book: Book, ledger: Ledger) -> None:
    """Open every paying company of the three segments and write their contracts."""
    _enterprise(rng, book, ledger)
    _small(rng, book, ledger)
    _middle(rng, book, ledger)


def _open(rng: np.random.Generator, book: Book, segment: str, start: int) -> Account:
    """A company that looked at the product some weeks before it pays from `start` on."""
    wait = int(rng.integers(9, 50)) if segment != "smb" else int(rng.integers(3, 15))
    return book.open(segment, max(start - wait, 5), country=int(countries(rng, 1)[0]))


def _customers(
    rng: np.random.Generator, book: Book, ledger: Ledger, amounts: list[int], between: tuple[int, int]
) -> list[Account]:
    """Enterprise customers with these monthly amounts, starting on days in between."""
    found = []
    for mrr in amounts:
        start = mid_month(rng, *between)
        account = _open(rng, book, "enterprise", start)
        discount = float(rng.choice((0.0, 0.05, 0.1, 0.15, 0.2)))
        ledger.sign(Contract(account, "suite", "enterprise", mrr, start, discount=discount))
        found.append(account)
    return found


def _enterprise(rng: np.random.Generator, book: Book, ledger: Ledger) -> None:
    first, later = TRUTHS.enterprise.first, TRUTHS.enterprise.later
    bad, good = (day(first.start), day(first.end)), (day(later.start), day(later.end))
    old = (_OLDEST, bad[0])
    leaving = _customers(rng, book, ledger, split(rng, first.churn, 8), old)
    shrinking = _customers(rng, book, ledger, split(rng, 2_800_000, 6), old)
    growing = _customers(rng, book, ledger, split(rng, 1_700_000, 5), old)
    steady_sum = first.opening - first.churn - 2_800_000 - 1_700_000
    steady = _customers(rng, book, ledger, split(rng, steady_sum, 13), old)
    # Three of them in the weeks after the incident that the diary tells of.
    for account in leaving[:3]:
        ledger.leave(account, mid_month(rng, day(date(2025, 11, 5)), day(date(2025, 11, 25))))
    for account in leaving[3:]:
        ledger.leave(account, mid_month(rng, bad[0] + 20, bad[1]))
    _reprice(rng, ledger, shrinking, -first.contraction, bad)
    _reprice(rng, ledger, growing, first.expansion, bad)

    kept = first.opening - first.churn - first.contraction + first.expansion
    between = (bad[0], good[0] - 8)
    leaving = _customers(rng, book, ledger, split(rng, later.churn, 3), between)
    joined = _customers(rng, book, ledger, split(rng, later.opening - kept - later.churn, 15), between)
    for account in leaving:
        ledger.leave(account, mid_month(rng, good[0] + 20, good[1]))
    _reprice(rng, ledger, joined[:4], -later.contraction, good)
    _reprice(rng, ledger, [*joined[4:10], *steady[:6], *growing[:3]], later.expansion, good)
    _customers(rng, book, ledger, split(rng, 3_400_000, 12), (good[0], LAST - 8))
    ledger.leave(steady[-1], day(date(2026, 10, 14)))
    _reprice(rng, ledger, steady[6:8], 150_000, (good[1], LAST))


def _reprice(
    rng: np.random.Generator, ledger: Ledger, accounts: list[Account], change: int, between: tuple[int, int]
) -> None:
    """Change what the accounts pay by `change` cents in all, each in proportion and on a day of its own."""
    before = [ledger.running[account.number, "suite"].mrr for account in accounts]
    sign = 1 if change > 0 else -1
    for account, mrr, part in zip(accounts, before, in_proportion(abs(change), before), strict=True):
        ledger.reprice(account, "suite", mrr + sign * part, mid_month(rng, *between))


def _pair(rng: np.random.Generator, book: Book, ledger: Ledger, start: int, products: tuple[str, ...]) -> Account:
    """A small business on one or both packages."""
    truth = TRUTHS.packages
    account = _open(rng, book, "smb", start)
    price = {truth.package_a: truth.mrr_a, truth.package_b: truth.mrr_b}
    for product in products:
        ledger.sign(Contract(account, product, "business", price[product], start))
    return account


def _small(rng: np.random.Generator, book: Book, ledger: Ledger) -> None:
    truth = TRUTHS.packages
    low, high = day(truth.start), day(truth.end)
    both = (truth.package_a, truth.package_b)
    # Customers who came and went before the quarter: the packages were sold together until then.
    for _ in range(34):
        gone = _pair(rng, book, ledger, mid_month(rng, _OLDEST, FIRST + 60), both)
        ledger.leave(gone, mid_month(rng, FIRST + 65, low))
    stay = [_pair(rng, book, ledger, mid_month(rng, _OLDEST, FIRST - 5), both) for _ in range(95)]
    stay += [_pair(rng, book, ledger, mid_month(rng, FIRST, low), both) for _ in range(truth.accounts - 95)]
    order = [stay[int(i)] for i in rng.permutation(len(stay))]
    drop_b, rest = order[: truth.dropped_b], order[truth.dropped_b :]
    drop_a, rest = rest[: truth.dropped_a], rest[truth.dropped_a :]
    left, rest = rest[: truth.left], rest[truth.left :]
    for account in drop_b:
        ledger.end(account, truth.package_b, mid_month(rng, low + 4, high), "dropped_package")
    for account in drop_a:
        ledger.end(account, truth.package_a, mid_month(rng, low + 4, high), "dropped_package")
    for account in left:
        ledger.leave(account, mid_month(rng, low + 4, high))
    _small_later(rng, book, ledger, [*drop_b, *drop_a, *rest])


def _small_later(rng: np.random.Generator, book: Book, ledger: Ledger, customers: list[Account]) -> None:
    """After the quarter: a few leave each month, some of the droppers come back for a lower price, new ones join."""
    truth = TRUTHS.packages
    alive = list(customers)
    choices = ((truth.package_a,), (truth.package_b,), (truth.package_a, truth.package_b))
    for low, high in MONTHS:
        if low < day(truth.start):
            continue
        if low >= day(truth.end):
            for _ in range(int(rng.poisson(0.012 * len(alive)))):
                gone = alive.pop(int(rng.integers(len(alive))))
                ledger.leave(gone, mid_month(rng, low, high), str(rng.choice(["left", "left", "involuntary"])))
        for _ in range(int(rng.integers(9, 16))):
            products = choices[int(rng.choice(3, p=(0.45, 0.2, 0.35)))]
            account = _pair(rng, book, ledger, mid_month(rng, low, high), products)
            if low >= day(truth.end):
                alive.append(account)
    cheaper = day(date(2026, 6, 16))
    again = [a for a in customers if (a.number, truth.package_b) not in ledger.running and a in alive][:14]
    for account in again:
        start = mid_month(rng, cheaper, cheaper + 60)
        ledger.sign(Contract(account, truth.package_b, "business", truth.mrr_b * 9 // 10, start, discount=0.1))


def _middle(rng: np.random.Generator, book: Book, ledger: Ledger) -> None:
    alive: list[Account] = []

    def join(low: int, high: int) -> None:
        start = mid_month(rng, low, high)
        account = _open(rng, book, "mid", start)
        mrr = int(rng.integers(28, 110)) * 2_500
        ledger.sign(Contract(account, "core", "business", mrr, start, discount=float(rng.choice((0.0, 0.05, 0.1)))))
        alive.append(account)

    for _ in range(46):
        join(_OLDEST, FIRST - 3)
    for month, (low, high) in enumerate(MONTHS):
        for account in list(alive):
            chance, mrr = rng.random(), ledger.running[account.number, "core"].mrr
            if ledger.running[account.number, "core"].start >= low - 20:
                continue
            if chance < 0.013:
                ledger.leave(account, mid_month(rng, low, high))
                alive.remove(account)
            elif chance < 0.05:
                ledger.reprice(account, "core", mrr + int(rng.integers(2, 16)) * 2_500, mid_month(rng, low, high))
            elif chance < 0.062:
                ledger.reprice(account, "core", mrr - int(mrr * 0.25) // 2_500 * 2_500, mid_month(rng, low, high))
        for _ in range(int(rng.integers(2, 5)) + month // 4):
            join(low, high)
