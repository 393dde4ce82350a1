"""The shipped data sets hold what their pages say."""

import tomllib
from datetime import date

import polars as pl
import pytest

from lib.demo.samples import SAMPLES, path
from lib.errors import SourceError
from lib.model import TABLES


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_every_sample_is_a_workspace_with_its_papers(name: str) -> None:
    """Page, licence, and settings whose mapping names columns of the file and of the model."""
    folder = path(name)
    assert (folder / "README.md").is_file() and (folder / "LICENSE").is_file()
    for source in tomllib.loads((folder / "growthops.toml").read_text())["sources"]:
        header = pl.read_csv(folder / source["path"], n_rows=5).columns
        known = TABLES[source["table"]].by_name
        assert set(source["columns"].values()) <= set(header)
        assert set(source["columns"]) | set(source.get("constants", {})) <= set(known)


def test_unknown_sample_suggests() -> None:
    """A wrong name is answered with the nearest one."""
    with pytest.raises(SourceError, match="cdnow"):
        path("cdnw")


def test_cdnow() -> None:
    """Rows, customers, dollars, first-purchase cohorts."""
    as_text = {"customer_id": pl.String, "amount": pl.String}
    rows = pl.read_csv(path("cdnow") / "purchases.csv.gz", schema_overrides=as_text)
    assert rows.columns == ["purchase_id", "customer_id", "date", "quantity", "amount"]
    assert rows.height == rows["purchase_id"].n_unique() == 69_659
    assert rows["customer_id"].n_unique() == 23_570
    assert rows.height - rows.drop("purchase_id").n_unique() == 255
    cents = rows.select(pl.col("amount").str.replace(".", "", literal=True).cast(pl.Int64))
    assert cents.item(0, 0) == 1_177 and cents.to_series().sum() == 250_031_563
    days = rows.with_columns(pl.col("date").str.to_date())
    assert (days["date"].min(), days["date"].max()) == (date(1997, 1, 1), date(1998, 6, 30))
    first = days.group_by("customer_id").agg(pl.col("date").min())
    by_month = first.group_by(pl.col("date").dt.month()).len().sort("date")["len"].to_list()
    assert by_month == [7_846, 8_476, 7_248]
    assert (rows["quantity"].sum(), (rows["amount"] == "0.00").sum()) == (167_881, 80)


def test_ecom() -> None:
    """Rows, people, sessions, and the steps in order without a time limit."""
    rows = pl.read_csv(path("ecom") / "events.csv.gz", try_parse_dates=True)
    assert (rows.height, rows.n_unique()) == (31_106, 31_076)
    assert (rows["user_id"].n_unique(), rows["session_id"].n_unique(), rows["event"].n_unique()) == (600, 3_605, 19)
    steps = tomllib.loads((path("ecom") / "growthops.toml").read_text())["onboarding"]["steps"]
    reached = dict.fromkeys(rows["user_id"], 0)
    for person, name in rows.sort("timestamp", maintain_order=True).select("user_id", "event").iter_rows():
        if reached[person] < len(steps) and name == steps[reached[person]]:
            reached[person] += 1
    assert [sum(r > k for r in reached.values()) for k in range(6)] == [598, 517, 429, 329, 222, 114]
