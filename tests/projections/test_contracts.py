"""Contracts: the published example of the shifted-beta-geometric model, and what it refuses."""

import subprocess
import sys
from pathlib import Path

import pytest

from lib.errors import ProjectionError
from lib.projections.contracts import LABEL, back_test, fit

# Fader and Hardie 2007: customers of a thousand still there after each year, seven years.
HIGH_END = [1_000, 869, 743, 653, 593, 551, 517, 491]
REGULAR = [1_000, 631, 468, 382, 326, 289, 262, 241]


@pytest.mark.parametrize(("seen", "alpha", "beta"), [(HIGH_END, 0.668, 3.806), (REGULAR, 0.704, 1.182)])
def test_the_published_parameters(seen: list[int], alpha: float, beta: float) -> None:
    found = fit(seen)
    assert (found.alpha, found.beta) == pytest.approx((alpha, beta), abs=0.002)
    assert found.label == LABEL and found.ages == 7


@pytest.mark.parametrize("seen", [HIGH_END, REGULAR])
def test_what_happened_then(seen: list[int]) -> None:
    found = back_test(seen, 4)
    assert found["actual"] == seen[-1] / 1_000
    assert found["error"] == pytest.approx(found["expected"] / found["actual"] - 1) and abs(found["error"]) < 0.1


def test_a_contract_that_lasted_lasts_longer() -> None:
    model = fit(HIGH_END)
    curve = model.survival(12)
    rates = [model.renewal(age) for age in range(1, 13)]
    assert curve[0] == 1 and rates == sorted(rates)
    assert all(
        after == pytest.approx(before * rate) for before, after, rate in zip(curve, curve[1:], rates, strict=False)
    )


@pytest.mark.parametrize(
    ("seen", "sentence"),
    [([10, 5], "two renewals"), ([10, 5, 6], "grows with age"), ([10, 10, 10], "No contract ever ended")],
)
def test_what_cannot_be_projected(seen: list[int], sentence: str) -> None:
    with pytest.raises(ProjectionError, match=sentence):
        fit(seen)


def test_a_back_test_needs_something_to_compare_with() -> None:
    with pytest.raises(ProjectionError, match="after those it is fitted on"):
        back_test(HIGH_END, 7)


def test_scipy_waits_until_it_is_needed() -> None:
    """It takes most of a second to import, and only projections use it."""
    told = "import sys, lib.answers, lib.projections.repeat, lib.projections.contracts; print('scipy' in sys.modules)"
    root = Path(__file__).resolve().parents[2]
    run = subprocess.run([sys.executable, "-c", told], cwd=root, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
