"""How many contracts are renewed in years to come: the shifted-beta-geometric model.

P. Fader and B. Hardie, "How to project customer retention", Journal of Interactive Marketing 21 (2007). Every customer
leaves at each renewal with a chance of their own, these chances are beta distributed, and those who are likely to leave
leave first; so the rate of renewal rises with age although nobody changes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lib.errors import ProjectionError

LABEL = "Projection: shifted-beta-geometric (Fader and Hardie 2007), for contracts that are renewed"


@dataclass(frozen=True)
class Contracts:
    """The fitted model: `alpha` and `beta` shape the chances to leave, `ages` is how many renewals were seen."""

    alpha: float
    beta: float
    ages: int
    label: str = LABEL

    def renewal(self, age: int) -> float:
        """The share of those there at age − 1 who renew for the age (1 is the first renewal)."""
        return (self.beta + age - 1) / (self.alpha + self.beta + age - 1)

    def survival(self, ages: int) -> list[float]:
        """The share still there at ages 0 to `ages`."""
        return np.cumprod([1.0, *(self.renewal(age) for age in range(1, ages + 1))]).tolist()


def fit(survivors: Sequence[int]) -> Contracts:
    """Fit to how many were still there at each age, beginning with all of them at age 0; by maximum likelihood.

    Raises:
        ProjectionError: there are fewer than two renewals, the numbers grow, or nobody ever left.
    """
    from scipy.optimize import minimize

    counts = np.asarray(survivors, dtype=np.float64)
    lost = -np.diff(counts)
    if counts.size < 3:
        raise ProjectionError("A projection of contracts needs two renewals or more; there are too few in the data.")
    if (lost < 0).any():
        raise ProjectionError("The number of contracts still there grows with age; count one cohort only.")
    if not lost.sum():
        raise ProjectionError("No contract ever ended, so nothing can be said of when others will.")

    def unlikely(logs: np.ndarray) -> float:
        alpha, beta = np.exp(logs)
        age = np.arange(1, counts.size)
        stay = np.cumsum(np.log((beta + age - 1) / (alpha + beta + age - 1)))
        leave = np.concatenate([[0.0], stay[:-1]]) + np.log(alpha / (alpha + beta + age - 1))
        return float(-(lost @ leave + counts[-1] * stay[-1]))

    found = minimize(
        unlikely, np.zeros(2), method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-8, "maxiter": 5_000}
    )
    alpha, beta = np.exp(found.x).tolist()
    return Contracts(alpha, beta, counts.size - 1)


def back_test(survivors: Sequence[int], ages: int) -> dict[str, float]:
    """Fitted on the first `ages` renewals: `expected` and `actual` share still there at the last age, and the `error`,
    expected ÷ actual − 1.

    Raises:
        ProjectionError: nothing is left to compare with, or the model cannot be fitted.
    """
    if not 2 <= ages < len(survivors) - 1:
        raise ProjectionError("A back-test needs renewals after those it is fitted on.")
    last = len(survivors) - 1
    expected = fit(survivors[: ages + 1]).survival(last)[last]
    actual = survivors[last] / survivors[0]
    return {"expected": expected, "actual": actual, "error": expected / actual - 1 if actual else float("nan")}
