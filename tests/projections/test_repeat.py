"""Repeat purchase: the parameters published for CDNOW, found again in the purchases we ship."""

import gzip
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from lib.answers.projection import purchases as bought
from lib.demo import samples
from lib.errors import ProjectionError
from lib.facts import Facts
from lib.projections.purchases import Histories, histories
from lib.projections.repeat import LABEL, Buying, Spending, back_test, fit_buying, fit_spending, value
from lib.questions import Event
from lib.scope import Scope

CUT = date(1997, 9, 30)
"""The last day of the 39 weeks on which the published parameters were fitted."""


def sample() -> pl.DataFrame:
    """The purchases of the published tenth of CDNOW's customers: `cdnow_sample.txt.gz` lists the 2,357 of them.

    The list is that of `CDNOW_sample.txt` in the Python package `lifetimes` 0.11.3 (MIT), from which the data is too.
    """
    ids = gzip.decompress((Path(__file__).parent / "cdnow_sample.txt.gz").read_bytes()).decode().split()
    rows = pl.read_csv(samples.path("cdnow") / "purchases.csv.gz", schema_overrides={"customer_id": pl.String()})
    return rows.filter(pl.col("customer_id").is_in(ids)).select(
        user_id="customer_id", name=pl.lit("purchase"), ts=pl.col("date").str.to_date(), value="amount",
        event_id=pl.col("purchase_id").cast(pl.String()),
    )  # fmt: skip


@pytest.fixture(scope="module")
def purchases() -> pl.DataFrame:
    """What each of them spent on every day they bought."""
    return bought(Facts.of(events=sample()), Event(event=("purchase",)), Scope())


@pytest.fixture(scope="module")
def known(purchases: pl.DataFrame) -> Histories:
    return histories(purchases, CUT)


def test_the_published_parameters(known: Histories) -> None:
    """Fader, Hardie and Lee 2005, table 2: r 0.243, alpha 4.414, a 0.793, b 2.426."""
    assert len(known) == 2_357 and np.count_nonzero(known.times) == 946 and known.times.sum() == 2_457
    found = fit_buying(known)
    assert [found.r, found.alpha, found.a, found.b] == pytest.approx([0.243, 4.414, 0.793, 2.426], abs=0.0015)


def test_the_published_spend(known: Histories) -> None:
    """Fader and Hardie 2013: p 6.25, q 3.74, gamma 15.44; 946 customers bought again."""
    found = fit_spending(known)
    assert [found.p, found.q, found.gamma] == pytest.approx([6.25, 3.74, 15.44], abs=0.02)


def test_what_happened_then_is_part_of_the_result(purchases: pl.DataFrame) -> None:
    found = back_test(purchases, CUT, 39)
    assert found["customers"] == 2_357 and found["actual"] == 1_882
    assert found["error"] == found["expected"] / found["actual"] - 1 == pytest.approx(-0.1215, abs=0.001)
    assert 0.5 < found["off_by"] < 1


def test_the_worked_example(known: Histories) -> None:
    """The paper's customer: two repeat purchases, the last after 30.43 of 38.86 weeks; 1.226 more in 39 weeks."""
    one = Histories(*(np.array([part]) for part in (1, 2.0, 30.43, 38.86, 20.0)))
    assert Buying(0.243, 4.414, 0.793, 2.426).expected(one, 39)[0] == pytest.approx(1.226, abs=0.001)
    spend = Spending(6.25, 3.74, 15.44).expected(one)[0]
    assert spend == pytest.approx(6.25 * (15.44 + 2 * 20) / (12.5 + 3.74 - 1))


def test_value_is_purchases_times_spend(known: Histories) -> None:
    table = value(known, 39, margin=0.5)
    assert table.height == 2_357 and table.null_count().sum_horizontal().item() == 0
    assert np.allclose(table["value"], table["purchases"] * table["spend"] * 0.5)
    assert (table["purchases"] >= 0).all() and "Projection" in LABEL


def test_histories_are_counted_in_days() -> None:
    day = date(2026, 1, 5)
    rows = [("a", day, 1.0), ("a", day + timedelta(days=7), 3.0), ("a", day + timedelta(days=7), 2.0),
            ("a", day + timedelta(days=21), 9.0), ("b", day + timedelta(days=14), 4.0)]  # fmt: skip
    events = pl.DataFrame(rows, schema=["user_id", "ts", "value"], orient="row").with_columns(name=pl.lit("buy"))
    found = histories(bought(Facts.of(events=events), Event(event=("buy",)), Scope()), day + timedelta(days=14))
    assert np.stack([found.times, found.recency, found.age, found.spend], axis=1).tolist() == [
        [1, 1, 2, 5],
        [0, 0, 0, 0],
    ]


def test_too_few_to_project() -> None:
    nobody = Histories(*(np.zeros(50) for _ in range(5)))
    with pytest.raises(ProjectionError, match="bought a second time"):
        fit_buying(nobody)
    with pytest.raises(ProjectionError, match="paid for a second purchase"):
        fit_spending(Histories(np.arange(50.0), np.ones(50), np.ones(50), np.ones(50) * 2, np.zeros(50)))
