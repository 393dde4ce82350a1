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
        series = hyp2f1(r + x, b + x, a + b + x - 1, weeks / end)
        top = (a + b + x - 1) / (a - 1) * (1 - ((alpha + known.age) / end) ** (r + x) * series)
        stopped = a / np.maximum(b + x - 1, 1e-12) * ((alpha + known.age) / (alpha + known.recency)) ** (r + x)
        return top / (1 + np.where(x > 0, stopped, 0.0))


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

    r, alpha, a, b = _fitted(unlikely, [0.0, 1.0, 0.0, 1.0])
    return Buying(r, alpha, a, b)


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

    def unlikely(logs: Numbers) -> float:
        p, q, gamma = np.exp(logs)
        px = p * x
        start = gammaln(px + q) - gammaln(px) - gammaln(q) + q * np.log(gamma)
        return float(-np.mean(start + (px - 1) * np.log(m) + px * np.log(x) - (px + q) * np.log(gamma + m * x)))

    p, q, gamma = _fitted(unlikely, [1.0, 1.0, float(np.log(m.mean()))])
    return Spending(p, q, gamma)


def _enough(known: Histories) -> None:
    if np.count_nonzero(known.times > 0) < FEWEST:
        raise ProjectionError(f"Fewer than {FEWEST} customers bought a second time, too few to project purchases.")


def _fitted(unlikely: Callable[[Numbers], float], start: list[float]) -> list[float]:
    """The parameters (all above 0) under which the data is likeliest."""
    from scipy.optimize import minimize

    options = {"xatol": 1e-7, "fatol": 1e-10, "maxiter": 20_000, "maxfev": 20_000}
    found = minimize(unlikely, np.array(start), method="Nelder-Mead", options=options)
    if not found.success or not np.isfinite(found.x).all():
        raise ProjectionError("No model fits these purchases; the projection is left out.")
    return np.exp(found.x).tolist()


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
