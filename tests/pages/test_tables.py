"""Tables: how amounts of money are written, whatever the currency."""

import json
import math
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from lib.settings import Settings, write_settings
from lib.ui.tables import is_round
from tests.pages import tiny

FORMS = [
    ("USD", ("dollar", "dollar")),
    ("EUR", ("euro", "euro")),
    ("JPY", ("yen", "yen")),
    ("GBP", ("£%,.2f", "%,.2f GBP")),
    ("CHF", ("%,.2f CHF", "%,.2f CHF")),
]


def page() -> None:
    """A table with amounts that are all above nothing, and amounts some of which are below."""
    import polars as pl

    from lib.ui.tables import table

    amounts = pl.DataFrame({"up": [1_234.5, 2.0, 3.0], "down": [-3.01, -0.001, None], "none": [None, None, None]})
    table(amounts, {"up": ("Paid", "money"), "down": ("Change", "money"), "none": ("Nothing", "money")}, "t", "Amounts")


@pytest.mark.parametrize(("code", "forms"), FORMS, ids=[code for code, _ in FORMS])
def test_a_minus_stands_at_the_number(workspace: Path, code: str, forms: tuple[str, str]) -> None:
    """Never between the sign of a currency and its number; what rounds to nothing has none."""
    company: dict[str, Any] = {**tiny.SETTINGS, "company": {"name": "T", "timezone": "UTC", "currency": code}}
    write_settings(workspace, Settings.model_validate(company))
    app = AppTest.from_function(page, default_timeout=180).run()
    assert not app.exception
    shown = app.dataframe[0]
    told = json.loads(shown.proto.columns)
    assert tuple(told[name]["type_config"]["format"] for name in ("up", "down")) == forms
    down = shown.value["down"].tolist()
    assert down[0] == -3.01 and down[1] == 0.0 and math.copysign(1, down[1]) == 1.0 and math.isnan(down[2])
    assert shown.value["up"].tolist() == [1_234.5, 2.0, 3.0]


@pytest.mark.parametrize(
    ("amounts", "is_whole"),
    [([1_000.5, 0.0, -2_500.4], True), ([3.0, 12.0, None], True), ([999.5, 2_000.0], False), ([0.0], True)],
)
def test_no_cents_where_no_amount_needs_any(amounts: list[float | None], is_whole: bool) -> None:
    """As sentences write them: amounts from a thousand on have none, and neither has a column of whole amounts."""
    frame = pl.DataFrame({"amount": amounts})
    assert frame.select(is_round(pl.col("amount"))).item() is is_whole


def whole() -> None:
    """A table of amounts without cents."""
    import polars as pl

    from lib.ui.tables import table

    table(pl.DataFrame({"mrr": [499_205.4, -1_000.6]}), {"mrr": ("MRR", "money")}, "t", "Amounts")


@pytest.mark.parametrize(("code", "form"), [("USD", "dollar"), ("GBP", "%,.0f GBP")])
def test_a_table_without_cents(workspace: Path, code: str, form: str) -> None:
    company: dict[str, Any] = {**tiny.SETTINGS, "company": {"name": "T", "timezone": "UTC", "currency": code}}
    write_settings(workspace, Settings.model_validate(company))
    shown = AppTest.from_function(whole, default_timeout=180).run().dataframe[0]
    told = json.loads(shown.proto.columns)["mrr"]["type_config"]
    assert (told["format"], told["step"]) == (form, 1)
    assert shown.value["mrr"].tolist() == [499_205.0, -1_001.0]


@pytest.mark.parametrize(("code", "forms"), FORMS, ids=[code for code, _ in FORMS])
def test_room_for_the_longest_amount(workspace: Path, code: str, forms: tuple[str, str]) -> None:
    """The column is as wide as the amount with its minus and what is written of the currency."""
    from lib.ui.tables import BESIDE, DIGIT

    company: dict[str, Any] = {**tiny.SETTINGS, "company": {"name": "T", "timezone": "UTC", "currency": code}}
    write_settings(workspace, Settings.model_validate(company))
    app = AppTest.from_function(page, default_timeout=180).run()
    told = json.loads(app.dataframe[0].proto.columns)
    longest = {"USD": "$1,234.50", "EUR": "€1,234.50", "JPY": "¥1,235", "GBP": "£1,234.50", "CHF": "1,234.50 CHF"}
    assert told["up"]["width"] >= DIGIT * len(longest[code]) + BESIDE
