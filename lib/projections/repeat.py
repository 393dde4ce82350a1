"""How often customers will buy again, and what they will be worth: BG/NBD and Gamma-Gamma, for repeat purchase only.

P. Fader, B. Hardie and K. Lee, "Counting your customers the easy way: an alternative to the Pareto/NBD model",
Marketing Science 24 (2005), and P. Fader and B. Hardie, "The gamma-gamma model of monetary value" (2013). Customers buy
at a rate of their own and after each purchase stop for good with a chance of their own; nobody says when they stop.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from lib.errors import ProjectionError
from lib.projections.purchases import Histories, bought_after, histories

LABEL = "Projection: BG/NBD and Gamma-Gamma (Fader, Hardie and Lee 2005), for purchases that repeat without a contract"
FEWEST = 30
MOST = 11.0
"""Shapes are looked for up to e to the 11th: beyond it everybody is alike, and only rounding would tell them apart."""
LEAST = -30.0
HEAVIEST = -3.0
"""The q of Gamma-Gamma stays above 1 by e to this power at least: below 1 there is no mean spend to draw towards."""
Numbers = np.ndarray


@dataclass(frozen=True)
class Buying:
    """The fitted rate of buying (gamma: `r`, `alpha`, per week) and chance of stopping (beta: `a`, `b`)."""

    r: float
    alpha: float
    a: float
    b: float
    label: str = LABEL

    def expected(self, known: Histories, weeks: float) -> Numbers:
        """How many purchases to expect of each customer in the weeks to come, given their history (equation 10)."""
        from scipy.special import hyp2f1

        r, alpha, a, b, x = self.r, self.alpha, self.a, self.b, known.times
        end = alpha + known.age + weeks
        with np.errstate(all="ignore"):
            series = hyp2f1(r + x, b + x, a + b + x - 1, weeks / end)
            top = (a + b + x - 1) / (a - 1) * (1 - ((alpha + known.age) / end) ** (r + x) * series)
            odd = np.flatnonzero(~np.isfinite(top))
            top[odd] = self._of_the_living(x[odd], known.age[odd], weeks)
            late = (r + x) * (np.log(alpha + known.age) - np.log(alpha + known.recency))
            stopped = np.exp(np.log(a) - np.log(np.maximum(b + x - 1, 1e-12)) + late)
        return top / (1 + np.where(x > 0, stopped, 0.0))

    def _of_the_living(self, times: Numbers, age: Numbers, weeks: float) -> Numbers:
        """How many purchases to expect of customers who have not stopped, as a mean over their chances to stop.

        It is the same number as by the series, which cannot be added up for some parameters. A chance p to stop after
        each of the purchases to come at the rate λ leaves (1 − e^(−λ p t)) ÷ p of them, averaged over λ in closed form
        and over p at the middles of 2,000 equally likely stretches.
        """
        from scipy.special import betaincinv

        places, rows = (np.arange(2_000) + 0.5) / 2_000, np.stack([times, age], axis=1)
        different, whose = np.unique(rows, axis=0, return_inverse=True)
        found = np.zeros(len(different))
        for place, (bought, old) in enumerate(different):
            chance = np.maximum(betaincinv(self.a, self.b + bought, places), 1e-300)
            each = (self.r + bought) * np.log1p(chance * weeks / (self.alpha + old))
            found[place] = np.mean(-np.expm1(-each) / chance)
        return found[whose.ravel()]


@dataclass(frozen=True)
class Spending:
    """The fitted spend of a purchase: `p`, `q` and `gamma` of the gamma-gamma model."""

    p: float
    q: float
    gamma: float
    label: str = LABEL

    def expected(self, known: Histories) -> Numbers:
        """What each customer spends on a purchase on average, drawn towards all customers by how few they made."""
        px = self.p * known.times
        return self.p * (self.gamma + known.times * known.spend) / (px + self.q - 1)


def fit_buying(known: Histories) -> Buying:
    """Fit BG/NBD by maximum likelihood.

    Raises:
        ProjectionError: too few customers bought again.
    """
    from scipy.special import gammaln

    _enough(known)
    rows = np.stack([known.times, known.recency, known.age], axis=1)
    (x, recency, age), n = (part := np.unique(rows, axis=0, return_counts=True))[0].T, part[1]

    def unlikely(logs: Numbers) -> float:
        r, alpha, a, b = np.exp(logs)
        alive = -(r + x) * np.log(alpha + age)
        with np.errstate(divide="ignore", invalid="ignore"):
            gone = np.where(x > 0, np.log(a) - np.log(b + x - 1) - (r + x) * np.log(alpha + recency), -np.inf)
        rate = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
        stop = gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
        return float(-(n @ (rate + stop + np.logaddexp(alive, gone))) / n.sum())

    r, alpha, a, b = np.exp(_fitted(unlikely, [0.0, 1.0, 0.0, 1.0], _held)).tolist()
    return Buying(r, alpha, a, b)


def _held(logs: Numbers) -> Numbers:
    """The logs of r, alpha, a and b with r and a + b held; what they say of everybody together stays as it was."""
    far = max(0.0, logs[0] - MOST), max(0.0, float(np.logaddexp(logs[2], logs[3])) - MOST)
    return np.maximum(logs - [far[0], far[0], far[1], far[1]], LEAST)


def fit_spending(known: Histories) -> Spending:
    """Fit Gamma-Gamma by maximum likelihood, on customers who bought again and paid for it.

    Raises:
        ProjectionError: too few of these.
    """
    from scipy.special import gammaln

    _enough(known)
    paid = (known.times > 0) & (known.spend > 0)
    if np.count_nonzero(paid) < FEWEST:
        raise ProjectionError(f"Fewer than {FEWEST} customers paid for a second purchase, too few to project spend.")
    x, m = known.times[paid], known.spend[paid]

    def unlikely(shape: Numbers) -> float:
        p, q, gamma = _spending(shape)
        px = p * x
        start = gammaln(px + q) - gammaln(px) - gammaln(q) + q * np.log(gamma)
        return float(-np.mean(start + (px - 1) * np.log(m) + px * np.log(x) - (px + q) * np.log(gamma + m * x)))

    low, high = np.array([-MOST, HEAVIEST, -np.inf]), np.array([MOST, MOST, np.inf])
    start = [1.0, 0.5, float(np.log(m.mean()))]
    return Spending(*_spending(_fitted(unlikely, start, lambda shape: np.clip(shape, low, high))))


def _spending(shape: Numbers) -> tuple[float, float, float]:
    """The parameters from the logs of p, of q − 1 and of p × gamma ÷ (q − 1), the mean of all customers."""
    p, above, mean = np.exp(shape).tolist()
    return p, 1 + above, mean * above / p


def _enough(known: Histories) -> None:
    if np.count_nonzero(known.times > 0) < FEWEST:
        raise ProjectionError(f"Fewer than {FEWEST} customers bought a second time, too few to project purchases.")


def _fitted(unlikely: Callable[[Numbers], float], start: list[float], held: Callable[[Numbers], Numbers]) -> Numbers:
    """Where the data is likeliest; `held` brings what lies too far out back in between the bounds.

    Where customers do not differ nothing else holds the search, and far out rounding would look like likelihood.
    """
    from scipy.optimize import minimize

    def bounded(shape: Numbers) -> float:
        inside = held(shape)
        return unlikely(inside) + float(np.sum((shape - inside) ** 2))

    options = {"xatol": 1e-7, "fatol": 1e-10, "maxiter": 5_000, "maxfev": 5_000}
    found = minimize(bounded, np.array(start), method="Nelder-Mead", options=options)
    # Where the search was not over it stood where all is alike: as likely as anything else there.
    if not np.isfinite(found.x).all() or not np.isfinite(found.fun):
        raise ProjectionError("No model fits these purchases; the projection is left out.")
    return held(found.x)


def back_test(purchases: pl.DataFrame, cut: date, weeks: float) -> dict[str, float]:
    """Fitted on purchases up to `cut`, compared with the `weeks` after it.

    `customers`, `expected` and `actual` purchases of theirs, `error` (expected ÷ actual − 1; not a number where nobody
    bought), `off_by` (the mean distance per customer).

    Raises:
        ProjectionError: the model cannot be fitted.
    """
    known = histories(purchases, cut)
    expected = fit_buying(known).expected(known, weeks)
    actual = bought_after(purchases, known.person, cut, weeks)
    whole = float(actual.sum())
    return {
        "customers": float(len(known)), "expected": float(expected.sum()), "actual": whole,
        "error": float(expected.sum()) / whole - 1 if whole else float("nan"),
        "off_by": float(np.mean(np.abs(expected - actual))),
    }  # fmt: skip


def value(
    known: Histories, weeks: float, margin: float = 1.0, buying: Buying | None = None, spending: Spending | None = None
) -> pl.DataFrame:
    """`person`, `purchases`, `spend` (of each), `value` (gross profit): what to expect in the weeks to come.

    The models are fitted to the same histories where they are not given.

    Raises:
        ProjectionError: one of the models cannot be fitted.
    """
    purchases = (buying or fit_buying(known)).expected(known, weeks)
    spend = (spending or fit_spending(known)).expected(known)
    columns = {"person": known.person, "purchases": purchases, "spend": spend, "value": purchases * spend * margin}
    return pl.DataFrame(columns)
