"""The Revenue page shows the numbers of five customers who can be counted by hand.

At the end of February 2026 a1, a2 and a3 pay $100 a month, a5 pays $200. In March a1 goes to $150, a2 leaves, a3 goes
down to $60, and a4 comes for $50. So March goes from 500 to 460; of 500 paid a year before 360 are kept.
"""

import shutil
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from lib.answers import ask
from lib.facts import Facts
from lib.intake import load_frames
from lib.questions import parse
from lib.questions.revenue import RevenuePolicy
from lib.ui import revenue_choice, revenue_views
from lib.ui.revenue_choice import (
    BASES,
    CHURNS,
    GRAINS,
    OWN,
    PAUSES,
    PRICES,
    RevenueChoice,
    about_revenue,
    fitting,
    question,
    reaching_back,
    read,
    written,
)
from lib.ui.revenue_views import MEASURES, TABS
from tests.pages.conftest import ROOT, Visit


def subscriptions() -> pl.DataFrame:
    """Who paid what, from when to when."""
    rows = [
        ("s1", "a1", "suite", "2025-01-01", "2026-03-10", "changed", 10_000, 12_500),
        ("s1", "a1", "suite", "2026-03-10", None, None, 15_000, 18_750),
        ("s2", "a2", "core", "2025-01-01", "2026-03-15", "left", 10_000, None),
        ("s3", "a3", "core", "2025-01-15", "2026-03-20", "changed", 10_000, None),
        ("s3", "a3", "core", "2026-03-20", None, None, 6_000, None),
        ("s4", "a4", "core", "2026-03-05", None, None, 5_000, None),
        ("s5", "a5", "core", "2025-01-01", None, None, 10_000, None),
        ("s6", "a5", "plus", "2025-01-01", None, None, 10_000, None),
    ]
    names = ["subscription_id", "account_id", "product", "start_date", "end_date", "end_reason", "mrr_cents"]
    frame = pl.DataFrame(rows, schema=[*names, "list_mrr_cents"], orient="row")
    return frame.with_columns(pl.col("start_date", "end_date").str.to_date(), price_version=pl.lit("v1"))


def accounts() -> pl.DataFrame:
    """Two of them are small."""
    segments = ["smb", "smb", "mid", "mid", "mid"]
    names = ["a1", "a2", "a3", "a4", "a5"]
    return pl.DataFrame({"account_id": names, "name": names, "created_at": datetime(2025, 1, 1, tzinfo=UTC),
                         "segment": segments})  # fmt: skip


def load(workspace: Path) -> Path:
    load_frames(workspace, {"accounts": accounts(), "subscriptions": subscriptions()}, "customers")
    return workspace


@pytest.fixture(scope="module")
def customers(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made once: what one test has asked another need not work out again. Not to be changed."""
    folder = tmp_path_factory.mktemp("customers") / "workspace"
    shutil.copytree(made, folder)
    return load(folder)


@pytest.fixture
def paying(customers: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GROWTHOPS_WORKSPACE", str(customers))
    return customers


@pytest.fixture
def revenue() -> Visit:
    """Open the page with these parameters in the address."""

    def opened(**params: str | list[str]) -> AppTest:
        app = AppTest.from_file(ROOT / "streamlit_app.py", default_timeout=180)
        for key, value in params.items():
            app.query_params[key] = value
        return app.switch_page("pages/keep/revenue.py").run()

    return opened


def healthy(app: AppTest) -> bool:
    return not app.exception and not app.error


def metrics(app: AppTest) -> dict[str, tuple[str, str]]:
    return {
        metric.label: (metric.value.removeprefix(":gray[").removesuffix("]"), metric.delta) for metric in app.metric
    }


def verdict(app: AppTest) -> str:
    return app.html[0].value.replace("\xa0", " ").replace("<strong>", "").replace("</strong>", "")


def pictures(app: AppTest) -> list[str]:
    return [chart.proto.alt for chart in app.get("vega_lite_chart")]


def headings(app: AppTest) -> list[str]:
    return [part.value.replace("\\", "") for part in app.markdown if part.value.startswith("## ")]


def says(app: AppTest) -> str:
    return " · ".join(str(button.label) for button in app.button if str(button.key).startswith("revenue-bar"))


@pytest.mark.usefixtures("paying")
@pytest.mark.parametrize(
    ("last", "said"),
    [("2026-03-24", "only as far as the period goes"), ("2026-03-31", "the last month that is over")],
)
def test_a_month_the_period_cuts_is_not_called_over(revenue: Visit, last: str, said: str) -> None:
    app = revenue(period="custom", range=["2026-01-01", last])
    assert healthy(app)
    assert f"March 2026, {said}, against February 2026" in [caption.value for caption in app.caption]


@pytest.mark.usefixtures("paying")
def test_numbers_bridge_and_table_by_hand(revenue: Visit) -> None:
    app = revenue()
    assert healthy(app)
    assert [title.value for title in app.title] == ["Revenue"]
    assert "churn took 20.0 points and contraction 8.0. With what they pay more, it is 82.0 % (NRR)" in verdict(app)
    assert metrics(app) == {
        "GRR": ("72.0 %", "-28.0 pp"), "NRR": ("82.0 %", "-18.0 pp"), "ARR": ("$5.52k", "-8.0 %"),
        "Net new MRR": ("−$40", "-$40"), "Realised price": ("92.5 %", "-2.8 pp"),
    }  # fmt: skip
    # Shares of four accounts are grey, amounts are not.
    assert [metric.value.startswith(":gray") for metric in app.metric] == [True, True, False, False, False]
    assert pictures(app)[0] == (
        "MRR from $500.00 to $460.00: new +$50.00, expansion +$50.00, contraction −$40.00, churn −$100.00."
    )
    assert app.caption[1].value == "March 2026, the last month that is over, against February 2026"
    of_days = "4 Jan – 3 Apr 2026 so far"
    assert f"## MRR fell 8.0\xa0% to $460, {of_days}: new added most ($50), churn took most ($100)" in headings(app)
    table = app.dataframe[0].value
    assert table["bucket"].astype(str).tolist() == ["2026-04-01", "2026-03-01", "2026-02-01", "2026-01-01"]
    assert table["state"].tolist() == ["so far", *["finished"] * 3]
    assert table["list"].tolist() == ["", "Who", "", ""]
    assert table.iloc[1][["start_mrr", "new", "expansion", "contraction", "churn", "end_mrr"]].tolist() == [
        500, 50, 50, 40, 100, 460,
    ]  # fmt: skip
    assert "paused" not in table.columns


def test_verdict_and_notes_are_those_of_the_question(revenue: Visit, paying: Path) -> None:
    for basis, said in (("12 months", "trailing_12"), ("each step", "period")):
        app = revenue(basis=basis, period="all time")
        answer = ask(parse({"kind": "revenue", "view": "retention", "basis": said}), Facts.open(paying))
        assert verdict(app).endswith(f">{answer.headline}</p>")
        shown = [caption.value.replace("\\", "") for caption in app.caption]
        assert [note for note in answer.notes if note not in shown] == []


@pytest.mark.usefixtures("paying")
@pytest.mark.parametrize(
    ("params", "label", "value"),
    [
        ({"basis": "each step"}, "GRR", "72.0 %"),
        ({"basis": "whole period"}, "NRR", "82.0 %"),
        ({"grain": "quarter"}, "ARR", "$5.52k"),
        ({"price": "list price"}, "ARR", "$5.97k"),
        ({"price": "list price"}, "Realised price", "92.5 %"),
        ({"where": "account.segment", "is.account.segment": "smb"}, "GRR", "50.0 %"),
    ],
)
def test_a_link_decides_what_is_counted(revenue: Visit, params: dict[str, str], label: str, value: str) -> None:
    app = revenue(**params)
    assert healthy(app)
    assert metrics(app)[label][0] == value


@pytest.mark.usefixtures("paying")
@pytest.mark.parametrize(
    ("panel", "widget", "key", "told", "address", "word"),
    [
        ("basis", "radio", "revenue-basis", "period", {"basis": "each step"}, "kept step by step"),
        ("basis", "radio", "revenue-basis", "scope", {"basis": "whole period"}, "kept over the whole period"),
        ("grain", "selectbox", "revenue-grain", "quarter", {"grain": "quarter"}, "by quarter"),
        ("by", "selectbox", "revenue-by", "account.segment", {"by": "account.segment"}, "for each segment"),
        ("churn", "radio", "revenue-churn", "at_cancel", {"churn": "when agreed"}, "churn when agreed"),
        ("churn", "number_input", "revenue-past-due", 10, {"past-due": "10"}, "churn at period end"),
        ("pause", "radio", "revenue-pause", "churn", {"pause": "as churn"}, "pauses are churn"),
        ("price", "radio", "revenue-price", "list", {"price": "list price"}, "in list prices"),
    ],
)
def test_every_control_is_in_the_address(
    revenue: Visit, panel: str, widget: str, key: str, told: Any, address: dict[str, str], word: str
) -> None:
    app = revenue().button(key=f"revenue-bar-{panel}").click().run()
    getattr(app, widget)(key=key).set_value(told).run()
    assert healthy(app)
    assert dict(app.query_params.items()) == address
    assert word in says(app)
    again = revenue(**address)  # the same address, opened cold, says the same
    assert (says(again), metrics(again)) == (says(app), metrics(app))
    app.button(key="revenue-bar-reset").click().run()
    assert dict(app.query_params.items()) == {}


@pytest.mark.usefixtures("paying")
def test_accounts_behind_a_movement_and_a_step(revenue: Visit) -> None:
    app = revenue(move="churn")
    assert "## Churn in the whole period: 1 account, −$100" in headings(app)
    rows = app.dataframe[0].value
    assert rows[["account_id", "product", "opening", "now", "amount", "reason"]].to_numpy().tolist() == [
        ["a2", "core", 100, 0, -100, "left"]
    ]
    app = revenue(at="2026-03-01")
    assert app.dataframe[0].value["account_id"].tolist() == ["a2", "a1", "a4", "a3"]
    app.selectbox(key="revenue-move").set_value("expansion").run()
    assert dict(app.query_params.items()) == {"move": "expansion", "at": "2026-03-01"}
    assert app.dataframe[0].value["account_id"].tolist() == ["a1"]
    app.selectbox(key="revenue-at").set_value("2026-02-01").run()
    assert "## Expansion in February 2026: 0 accounts, $0" in headings(app)
    app.button(key="revenue-close").click().run()
    assert dict(app.query_params.items()) == {}


@pytest.mark.usefixtures("paying")
def test_bridge_and_accounts_of_one_group(revenue: Visit) -> None:
    app = revenue(by="account.segment", group="smb", move="all")
    assert pictures(app)[0] == "MRR from $200.00 to $150.00: expansion +$50.00, churn −$100.00."
    assert app.dataframe[0].value["account_id"].tolist() == ["a2", "a1"]
    app.selectbox(key="revenue-group").set_value("").run()
    assert pictures(app)[0].startswith("MRR from $500.00 to $460.00")
    assert app.dataframe[1].value["segment"].tolist()[2:4] == ["mid", "smb"]


@pytest.mark.usefixtures("paying")
@pytest.mark.parametrize("by", ["", "account.segment", "product"])
def test_a_tab_is_in_the_address_and_draws_alone(revenue: Visit, by: str) -> None:
    found = {tab: revenue(tab=tab, **({"by": by} if by else {})) for tab in TABS}
    assert all(healthy(app) for app in found.values())
    assert {tab: len(app.dataframe) - 1 for tab, app in found.items()} == {
        "Over time": 1, "Cohorts": 1, "Packages": 3, "Prices": 1, "Products": 2, "Concentration": 1, "What changed": 1,
    }  # fmt: skip
    assert {tab: len(pictures(app)) - 1 for tab, app in found.items()} == {
        "Over time": 1, "Cohorts": 1, "Packages": 0, "Prices": 0, "Products": 1, "Concentration": 1, "What changed": 0,
    }  # fmt: skip


@pytest.mark.usefixtures("paying")
def test_tabs_by_hand(revenue: Visit) -> None:
    kept = revenue(tab="Over time").dataframe[1].value
    assert kept.iloc[1][["grr", "nrr", "logo_retention"]].round(1).tolist() == [72, 82, 75]
    cohorts = revenue(tab="Cohorts", measure="logo")
    assert "Logo retention between" in pictures(cohorts)[1]
    packages = revenue(tab="Packages", packages=["core", "plus"])
    assert packages.dataframe[1].value["outcome"].tolist() == ["kept both"]
    matrix = {row["held"]: row for row in packages.dataframe[2].value.to_dict("records")}
    assert (matrix["core"]["nothing (left)"], matrix["core"]["core"], matrix["core + plus"]["core + plus"]) == (1, 1, 1)
    price = revenue(tab="Prices").dataframe[1].value
    assert price["realised_price"].round(1).tolist() == [92.5]
    paths = revenue(tab="Products").dataframe[2].value
    assert paths["next"].tolist() == ["none so far", "plus", "none so far"]
    largest = revenue(tab="Concentration").dataframe[1].value
    assert largest["top_1"].round(1).tolist()[1] == 43.5
    drivers = revenue(tab="What changed", basis="each step").dataframe[1].value
    assert sum(drivers["change"].to_list()) == pytest.approx(-28)


@pytest.mark.usefixtures("paying")
def test_what_changed_says_how_it_differs_from_the_number_above(revenue: Visit) -> None:
    said = [caption.value for caption in revenue(tab="What changed").caption]
    assert len([text for text in said if text.startswith("GRR at the top of the page moved by")]) == 1
    steps = [caption.value for caption in revenue(tab="What changed", basis="each step").caption]
    assert not [text for text in steps if text.startswith("GRR at the top")]


@pytest.mark.usefixtures("paying")
@pytest.mark.parametrize("name", [*OWN, "tab", "move", "at", "group", "measure", "packages"])
def test_what_is_not_understood_is_said_and_taken_out(revenue: Visit, name: str) -> None:
    app = revenue(**{name: "nonsense"})
    assert healthy(app)
    assert any("Part of this link could not be followed" in warning.value for warning in app.warning)
    assert name not in app.query_params


@pytest.mark.usefixtures("paying")
def test_what_cannot_be_asked_of_revenue_is_said(revenue: Visit) -> None:
    app = revenue(basis="whole period", period="all time")
    assert healthy(app)
    assert "measured over 12 months instead" in app.warning[0].value
    assert metrics(app)["GRR"][0] == "72.0 %"
    app = revenue(**{"where": "platform", "is.platform": "ios"})
    assert healthy(app)
    assert "filters on events, people and cohorts do not count here" in app.warning[0].value
    assert metrics(app)["GRR"][0] == "72.0 %"


def test_many_steps_are_not_listed_one_by_one(revenue: Visit, workspace: Path) -> None:
    days = pl.DataFrame(
        {"account_id": [f"n{k}" for k in range(50)], "subscription_id": [f"n{k}" for k in range(50)], "product": "core",
         "start_date": pl.date_range(date(2026, 2, 2), date(2026, 3, 23), eager=True), "mrr_cents": 100}
    )  # fmt: skip
    load_frames(load(workspace), {"subscriptions": days}, "many")
    app = revenue(grain="day", move="new")
    assert healthy(app)
    assert any("steps of time: choose one of them" in info.value for info in app.info)


@pytest.mark.usefixtures("paying")
def test_a_period_before_the_first_customer_is_empty(revenue: Visit) -> None:
    app = revenue(period="custom", range=["2024-01-01", "2024-02-01"])
    assert healthy(app)
    assert metrics(app).get("ARR", ("$0",))[0] == "$0"


@pytest.mark.usefixtures("workspace")
def test_without_subscriptions_it_says_what_is_missing(revenue: Visit) -> None:
    app = revenue()
    assert healthy(app)
    assert "**subscriptions**" in " ".join(part.value for part in app.markdown)
    assert [str(getattr(button, "label", "")) for button in app.get("download_button")] == [
        "Download the template of subscriptions"
    ]
    assert not app.metric


def test_it_stands_with_more_data_until_there_is_some(visit: Visit, workspace: Path) -> None:
    assert "Keep" not in [caption.value for caption in visit().sidebar.caption]
    load(workspace)
    app = visit()
    assert "Keep" in [caption.value for caption in app.sidebar.caption]
    assert app.title[0].value == "Pulse"


# --- the address -----------------------------------------------------------------------------------------------------

FIELDS = ("account.segment", "product")
policies = st.builds(
    RevenuePolicy, churn=st.sampled_from(list(CHURNS.values())), past_due_days=st.integers(0, 3650),
    pause=st.sampled_from(list(PAUSES.values())), discounts=st.sampled_from(list(PRICES.values())),
)  # fmt: skip
choices = st.builds(
    RevenueChoice, basis=st.sampled_from(list(BASES.values())), grain=st.sampled_from(GRAINS),
    by=st.none() | st.sampled_from(FIELDS), policy=policies,
)  # fmt: skip
SCOPE = {"start": "2026-01-01", "end": "2026-04-01"}


@given(choices)
def test_what_the_page_writes_it_reads(choice: RevenueChoice) -> None:
    address = {key: values for key, values in written(choice).items() if values}
    assert read(address, FIELDS) == (choice, [])
    assert question(choice, SCOPE, "movements").basis == choice.basis


@given(st.dictionaries(st.sampled_from(OWN), st.lists(st.text(max_size=8) | st.sampled_from(["0", "1e9", "nan", "-1"]),
                                                      max_size=3).map(tuple)))  # fmt: skip
def test_it_makes_something_of_anything(address: dict[str, tuple[str, ...]]) -> None:
    found, _ = read(address, FIELDS)
    assert question(fitting(found, {})[0], {}, "retention")


def test_what_it_opens_with_needs_no_address() -> None:
    assert set(written(RevenueChoice()).values()) == {()}


def test_conditions_that_say_nothing_of_subscriptions_are_left_out() -> None:
    segment = {"field": "account.segment", "op": "eq", "value": "smb"}
    plan = {"any": [{"field": "plan", "op": "is_set"}, {"not": segment}]}
    others = [{"field": "platform", "op": "is_set"}, {"cohort": "power"}, {"all": [segment, {"did": {"event": "x"}}]}]
    kept, said = about_revenue({**SCOPE, "where": [segment, *others, plan]})
    assert kept == {**SCOPE, "where": [segment, plan]}
    assert said
    assert about_revenue({**SCOPE, "where": others[:1]})[0] == SCOPE
    assert about_revenue(kept) == (kept, "")


@pytest.mark.parametrize(
    ("grain", "start"),
    [("month", "2024-03-01"), ("quarter", "2020-01-01"), ("day", "2026-01-01"), ("year", "2002-01-01")],
)
def test_a_course_reaches_back_24_whole_steps(grain: Any, start: str) -> None:
    choice = RevenueChoice(grain=grain)
    today = date(2026, 3, 31)
    assert reaching_back(choice, SCOPE, today) == {**SCOPE, "start": start}
    assert reaching_back(choice, {}, today) == {}
    long = {"start": "1999-01-01"}
    assert reaching_back(choice, long, today) == long


def test_every_parameter_and_word_is_documented() -> None:
    page = (ROOT / "docs" / "addresses.md").read_text("utf-8")
    words = [*OWN, "move", "at", "group", "measure", "packages", revenue_views.EVERYTHING, *TABS, *MEASURES,
             *revenue_choice.BASES, *CHURNS, *PAUSES, *PRICES]  # fmt: skip
    assert [word for word in words if f"`{word}`" not in page] == []
