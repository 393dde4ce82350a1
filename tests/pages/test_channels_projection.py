"""The tab of projections: what it says is what the kernel says, and what cannot be projected is said in a sentence."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from lib.answers import ask
from lib.facts import Facts
from lib.intake import load_frames
from lib.questions import parse
from tests.pages import tiny
from tests.pages.conftest import entered

START = datetime(2026, 1, 5, tzinfo=UTC)


@pytest.fixture
def shop(workspace: Path) -> Path:
    """Sixty customers who buy every first, second, third or fourth week, and contacts, so that the page is there."""
    rows = [
        (f"c{k}", START + timedelta(days=7 * week + k % 5), 10.0 + k)
        for k in range(60)
        for week in range(0, 12, 1 + k % 4)
    ]
    bought = pl.DataFrame(rows, schema=["user_id", "ts", "value"], orient="row").with_columns(name=pl.lit("buy"))
    load_frames(workspace, {"events": bought, "touchpoints": tiny.touchpoints()}, "shop")
    return workspace


def opened(**params: str) -> AppTest:
    app = entered(**{"tab": "Projection", "period": "all time", **params})
    return app.switch_page("pages/acquire/channels.py").run()


def said(app: AppTest) -> str:
    texts = [part.proto.body for part in app.get("html")]
    return " ".join(texts).replace("<strong>", "").replace("</strong>", "").replace("\xa0", " ")


def test_purchases_are_projected_as_the_kernel_does(shop: Path) -> None:
    app = opened(model="repeat", bought="buy", ahead="8")
    assert not app.exception
    answer = ask(parse({"kind": "projection", "event": "buy", "weeks": 8}), Facts.open(shop))
    assert answer.headline.replace("\xa0", " ") in said(app)
    customers = next(frame.value for frame in app.dataframe if "bought" in frame.value.columns)
    assert customers["user_id"].tolist() == answer.tables["customers"]["user_id"].to_list()
    app = app.number_input(key="projection-weeks").set_value(10).run()
    assert "10" in app.query_params["ahead"]


def test_what_cannot_be_projected_is_a_sentence(shop: Path) -> None:
    app = opened(model="contracts")
    assert not app.exception
    assert any("first subscription begins" in part.value for part in app.info)
    app = opened(model="repeat", ahead="8")
    assert not any(part.value.startswith("event:") for part in app.info)


def test_what_the_address_says_in_vain_is_said(shop: Path) -> None:
    app = opened(model="magic")
    assert not app.exception
    assert "model" not in app.query_params
