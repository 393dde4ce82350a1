"""Deals: fast ones that come in by themselves, slow ones that sellers bring in, and some that cost free consulting."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from lib.demo.accounts import Account, Book
from lib.demo.calendar import END, MIDNIGHTS, date_of, day
from lib.demo.crowd import account_id
from lib.demo.free_services import paying, with_services
from lib.demo.truths import TRUTHS
from lib.model import OPPORTUNITIES

_NOON = 12 * 3_600
_ROLES = ("engineer", "head_of_finance", "office_manager", "operations")
_DECIDERS = ("founder", "cfo", "vp", "director")
_DRIVERS = ("cost", "speed", "risk", "revenue")
_LOSSES = ("no_budget", "no_decision", "competitor", "missing_feature")
_SIZES = {"velocity": (2_400, 18_000), "enterprise": (60_000, 900_000), "mid_market": (6_000, 6_001)}


@dataclass(frozen=True, slots=True)
class _Deal:
    """One deal; `acv`, `tcv` and `free` in whole major units."""

    account: Account
    team: str
    origin: str
    opened: date
    closed: date | None
    is_won: bool | None
    acv: int
    tcv: int | None = None
    free: int | None = None


def frame(
    rng: np.random.Generator, book: Book, accounts: pl.DataFrame, subscriptions: pl.DataFrame
) -> pl.DataFrame:  # fmt: skip
    """The canonical table of deals."""
    deals = [*_inbound(rng, book), *_outbound(rng, book), *_given_away(rng, book), *_early(rng, book)]
    deals += _with_services(rng, book, accounts, subscriptions)
    rows = [_row(rng, place, deal) for place, deal in enumerate(deals)]
    made = pl.DataFrame(rows, schema=list(OPPORTUNITIES.schema), orient="row", infer_schema_length=None)
    times = [name for name, kind in OPPORTUNITIES.schema.items() if isinstance(kind, pl.Datetime)]
    at = [(pl.col(name).cast(pl.Int64()) * 1_000_000).cast(pl.Datetime("us", "UTC")) for name in times]
    return made.with_columns(at).cast(OPPORTUNITIES.schema).sort("created_at", "opp_id")


def _some(rng: np.random.Generator, book: Book, segments: tuple[str, ...]) -> Account:
    fitting = [account for account in book.accounts if account.segment in segments]
    return fitting[int(rng.integers(len(fitting)))]


def _acv(rng: np.random.Generator, team: str) -> int:
    low, high = _SIZES[team]
    return int(np.exp(rng.uniform(np.log(low), np.log(high)))) // 100 * 100


def _around(rng: np.random.Generator, wins: int, middle: int, low: int, high: int) -> list[int]:
    """So many lengths from `low` to `high` with this one in the middle, the shortest first."""
    below = [int(rng.integers(low, middle + 1)) for _ in range((wins - 2) // 2)]
    above = [int(rng.integers(middle + 1, high + 1)) for _ in range(wins - 2 - len(below))]
    return sorted([*below, middle, middle, *above])


def _inbound(rng: np.random.Generator, book: Book) -> list[_Deal]:
    """Most close in the quarter they were opened in; some are lost, and the newest are open."""
    truth = TRUTHS.deals.inbound
    quarters = [date(2025, 10, 1), date(2026, 1, 1), date(2026, 4, 1), date(2026, 7, 1)]
    deals = []
    for place, length in enumerate(_around(rng, truth.won, truth.median_days, 9, 80)):
        which = int(rng.integers(3))
        first, after = quarters[which], quarters[which + 1]
        spare = (after - first).days - length - 1
        opened = (
            first + timedelta(days=int(rng.integers(0, spare + 1)))
            if place < truth.same_quarter
            else after - timedelta(days=int(rng.integers(1, length + 1)))
        )
        closed = opened + timedelta(days=length)
        account = _some(rng, book, ("smb", "mid"))
        deals.append(_Deal(account, "velocity", "inbound", opened, closed, True, _acv(rng, "velocity")))
    for _ in range(90):
        opened = quarters[0] + timedelta(days=int(rng.integers(0, 270)))
        closed = opened + timedelta(days=int(rng.integers(5, 90)))
        deals.append(_Deal(_some(rng, book, ("self_serve", "smb")), "velocity", "inbound", opened, closed, False,
                           _acv(rng, "velocity")))  # fmt: skip
    for _ in range(25):
        opened = date(2026, 10, 5) + timedelta(days=int(rng.integers(0, 25)))
        account = _some(rng, book, ("self_serve", "smb"))
        deals.append(_Deal(account, "velocity", "inbound", opened, None, None, _acv(rng, "velocity")))
    return deals


def _outbound(rng: np.random.Generator, book: Book) -> list[_Deal]:
    """Three quarters of a year and more; two contracts are of another size than all the others."""
    truth = TRUTHS.deals.enterprise
    deals = []
    for place, length in enumerate(_around(rng, truth.won, truth.median_days, *truth.between_days)):
        closed = date(2025, 9, 1) + timedelta(days=int(rng.integers(0, 400)))
        account = _some(rng, book, ("enterprise",))
        is_large = place < truth.large
        acv = 3_600_000 if is_large else _acv(rng, "enterprise")
        deals.append(_Deal(account, "enterprise", "outbound", closed - timedelta(days=length), closed, True, acv,
                           tcv=3 * acv))  # fmt: skip
    for _ in range(40):
        opened = date(2025, 3, 1) + timedelta(days=int(rng.integers(0, 300)))
        closed = opened + timedelta(days=int(rng.integers(60, 300)))
        deals.append(_Deal(_some(rng, book, ("mid", "enterprise")), "enterprise", "outbound", opened, closed, False,
                           _acv(rng, "enterprise")))  # fmt: skip
    for _ in range(12):
        # Too young to have been won: the shortest took longer.
        opened = END - timedelta(days=int(rng.integers(10, truth.between_days[0] - 10)))
        deals.append(_Deal(_some(rng, book, ("mid",)), "enterprise", "outbound", opened, None, None,
                           _acv(rng, "enterprise")))  # fmt: skip
    return deals


def _given_away(rng: np.random.Generator, book: Book) -> list[_Deal]:
    """Deals that partners brought in, some of them closed with consulting for nothing."""
    truth = TRUTHS.deals.services
    deals = []
    for place in range(truth.won):
        opened = date(2026, 2, 2) + timedelta(days=int(rng.integers(0, 60)))
        closed = opened + timedelta(days=int(rng.integers(20, 60)))
        free = truth.given // truth.with_free if place < truth.with_free else None
        deals.append(_Deal(_some(rng, book, ("mid",)), "mid_market", "partner", opened, closed, True,
                           truth.acv // truth.won, free=free))  # fmt: skip
    return deals


def _early(rng: np.random.Generator, book: Book) -> list[_Deal]:
    """Two quarters of the same size, of which sellers bring in more and more themselves; all of it is soon lost."""
    truth, size = TRUTHS.deals.pipeline, 100_000
    deals = []
    for first, outbound in zip(truth.quarters, truth.outbound, strict=True):
        for place in range(truth.acv // size):
            opened = first + timedelta(days=int(rng.integers(0, 90)))
            closed = opened + timedelta(days=int(rng.integers(20, 80)))
            origin = "outbound" if place < outbound // size else "inbound"
            account = _some(rng, book, ("mid", "enterprise"))
            deals.append(_Deal(account, "strategic", origin, opened, closed, False, size))
    return deals


def _with_services(
    rng: np.random.Generator, book: Book, accounts: pl.DataFrame, subscriptions: pl.DataFrame
) -> list[_Deal]:
    """A contract of a year for every large customer of that spring; who began in it signed on the first day paid."""
    truth = TRUTHS.services
    customers = paying(accounts, subscriptions, truth)
    given = set(with_services(customers, truth))
    by_name = {account_id(account.number): account for account in book.accounts}
    deals = []
    for name, since, mrr in customers.select("account_id", "since", "before").iter_rows():
        account, acv = by_name[name], mrr * 12 // 100
        closed = max(since, truth.signed_from + timedelta(days=int(rng.integers(0, 110))))
        opened = max(date_of(account.opened), closed - timedelta(days=int(rng.integers(20, 60))))
        free = round(acv * truth.given_of_acv) if name in given else None
        deals.append(_Deal(account, truth.team, truth.origin, opened, closed, True, acv, free=free))
    return deals


def _row(rng: np.random.Generator, place: int, deal: _Deal) -> tuple[object, ...]:
    lost = deal.is_won is False
    return (
        f"opp_{place:04d}",
        account_id(deal.account.number),
        None,
        deal.team,
        f"p_{int(rng.integers(1, 9))}",
        deal.origin,
        int(MIDNIGHTS[day(deal.opened)]) + _NOON,
        None if deal.closed is None else int(MIDNIGHTS[day(deal.closed)]) + _NOON,
        deal.is_won,
        deal.acv * 100,
        None if deal.tcv is None else deal.tcv * 100,
        None,
        None if deal.free is None else deal.free * 100,
        None,
        _ROLES[int(rng.integers(len(_ROLES)))],
        _DECIDERS[int(rng.integers(len(_DECIDERS)))],
        _DRIVERS[int(rng.integers(len(_DRIVERS)))],
        _LOSSES[int(rng.integers(len(_LOSSES)))] if lost else None,
    )
