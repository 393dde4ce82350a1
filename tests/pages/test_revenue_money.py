"""Bills, deals, the company's policy and another tool's numbers, on the Revenue page.

In the middle of March a1 stops paying: its bill of 1 February is never paid. Of five failed bills two came in.
"""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from lib.intake import load_frames
from lib.questions import RevenuePolicy
from lib.store import Store
from lib.ui.revenue_choice import RevenueChoice, read, written
from lib.ui.revenue_compare import shown
from lib.ui.revenue_policy import in_words
from lib.ui.revenue_views import COLLECTIONS, COMPARE, DEALS, TABS, offered
from tests.pages.conftest import ROOT
from tests.pages.test_revenue import accounts, headings, healthy, metrics, pictures, subscriptions

APPLY = "drawer-apply"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def invoices() -> pl.DataFrame:
    day = timedelta(days=1)
    rows = [
        (f"{flow}{number}", "a5", at(start), at(start), at(start) + day if number < came else None,
         "recovered" if number < came else "written_off", flow)
        for flow, start, failed, came in (("old", "2026-02-02", 3, 1), ("new", "2026-03-02", 2, 1))
        for number in range(failed)
    ]  # fmt: skip
    rows.append(("last", "a1", at("2026-02-01"), at("2026-02-01"), None, "failed", "old"))
    names = ["invoice_id", "account_id", "issued_at", "first_failed_at", "paid_at", "status", "email_version"]
    kinds = {"paid_at": pl.Datetime("us", "UTC")}
    return pl.DataFrame(rows, schema=names, orient="row", schema_overrides=kinds).with_columns(
        pl.col("issued_at", "first_failed_at").cast(pl.Datetime("us", "UTC")), amount_cents=pl.lit(10_000)
    )


def opportunities() -> pl.DataFrame:
    rows = [("o1", "a5", "inbound", at("2026-01-05"), at("2026-02-05"), True, 1_200_000, 300_000),
            ("o2", "a2", "outbound", at("2026-01-05"), None, None, 900_000, None)]  # fmt: skip
    names = ["opp_id", "account_id", "origin", "created_at", "closed_at", "is_won", "acv_cents", "services_free_cents"]
    times: dict[str, Any] = dict.fromkeys(("created_at", "closed_at"), pl.Datetime("us", "UTC"))
    return pl.DataFrame(rows, schema=names, orient="row", schema_overrides=times)


@pytest.fixture(scope="module")
def billed(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made once; what people write into it goes with the copy that a test takes."""
    folder = tmp_path_factory.mktemp("billed") / "workspace"
    shutil.copytree(made, folder)
    frames = {"accounts": accounts(), "subscriptions": subscriptions(), "invoices": invoices(),
              "opportunities": opportunities()}  # fmt: skip
    load_frames(folder, frames, "customers")
    return folder


@pytest.fixture
def here(billed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "mine"
    shutil.copytree(billed, folder)
    monkeypatch.setenv("GROWTHOPS_WORKSPACE", str(folder))
    return folder


def opened(**params: str) -> AppTest:
    app = AppTest.from_file(ROOT / "streamlit_app.py", default_timeout=180)
    for key, value in params.items():
        app.query_params[key] = value
    return app.switch_page("pages/keep/revenue.py").run()


def said(app: AppTest) -> str:
    return " ".join(part.value.replace("\\", "") for part in (*app.markdown, *app.caption))


@pytest.mark.usefixtures("here")
def test_collections_deals_and_the_bridge_in_a_year() -> None:
    app = opened(tab=COLLECTIONS)
    assert healthy(app)
    assert "With the e-mails “new” 50.0 % of failed bills were paid after all, with “old” 25.0 %" in said(app)
    table = app.dataframe[1].value
    assert table[["segment", "failed", "recovered"]].to_numpy().tolist() == [["old", 4, 1], ["new", 2, 1]]
    app.selectbox(key="revenue-split").set_value("account.segment").run()
    assert healthy(app) and dict(app.query_params.items())["split"] == "account.segment"
    assert app.dataframe[1].value["segment"].tolist() == ["mid", "smb"]

    app = opened(tab=DEALS, **{"as": "ARR"})
    assert healthy(app)
    assert "100.0 % of 1 win of “inbound” closed in the quarter they were opened in" in said(app)
    assert "$12,000 ACV less $3,000 of services given away is $9,000 (−25.0 %)" in said(app)
    kept = app.dataframe[-2].value.set_index("segment")["grr"]  # the pipeline comes after it
    assert list(kept.index) == ["with free services", "without free services"]
    with_, without = kept
    told = f"With free services {with_:.1f} % of MRR is kept, without free services {without:.1f} %: "
    assert told in said(app)
    assert pictures(app)[0].startswith("ARR from $6,000 to ")
    assert "## How long deals take" in headings(app)


@pytest.mark.usefixtures("here")
def test_an_unpaid_bill_counts_until_the_policy_says_otherwise() -> None:
    assert metrics(opened())["GRR"][0] == "52.0 %"  # 10,000 of a1 are gone since 3 March, 20 points
    assert metrics(opened(**{"past-due": "300"}))["GRR"][0] == "72.0 %"


def test_another_policy_is_shown_beside_the_old_one_kept_undone_and_in_force_everywhere(here: Path) -> None:
    app = opened(**{"past-due": "300"})
    assert healthy(app)
    assert "GRR 72.0 % instead of 52.0 %" in said(app)
    numbers = {
        row["name"]: (row["policy"], row["here"], row["gap"]) for row in app.dataframe[0].value.to_dict("records")
    }
    assert numbers["GRR"] == ("52.0 %", "72.0 %", "+20.0 pp")
    (row,) = app.dataframe[1].value.to_dict("records")
    assert (row["account_id"], row["movement_before"], row["movement"], row["now"]) == ("a1", "gone", "pays more", 150)
    app.button(key="keep-policy").click().run()
    assert app.button(key=APPLY).disabled and "Say why it changes" in said(app)
    app.text_input(key="policy-note").set_value("bills are settled by hand").run()
    app.button(key=APPLY).click().run()
    assert healthy(app) and dict(app.query_params.items()) == {}
    assert metrics(app)["GRR"][0] == "72.0 %" == metrics(opened())["GRR"][0]
    store = Store(here)
    (kept,) = store.definitions.list("policy")
    assert (kept.key, kept.version, kept.note, kept.body["past_due_days"]) == (
        "standard",
        1,
        "bills are settled by hand",
        300,
    )

    app = opened(**{"past-due": "30"})  # what was the policy is now the exception
    app.button(key="keep-policy").click().run()
    app.text_input(key="policy-note").set_value("back").run()
    app.button(key=APPLY).click().run()
    assert metrics(app)["GRR"][0] == "52.0 %"
    app.button(key="revenue-bar-policy").click().run()
    app.button(key="policy-again-1").click().run()
    assert healthy(app) and metrics(app)["GRR"][0] == "72.0 %"
    assert [one.version for one in store.definitions.history("policy", "standard")] == [1, 2, 3]
    store.close()


def test_exchange_rates_are_a_bar_of_their_own(here: Path) -> None:
    rates = pl.DataFrame({"date": ["2026-01-01", "2026-03-10"], "currency": "EUR", "rate": [1.0, 1.5]})
    euro = {"subscription_id": ["e"], "account_id": ["a9"], "product": ["core"], "currency": ["EUR"],
            "start_date": ["2025-12-01"], "mrr_cents": [20_000]}  # fmt: skip
    days = pl.col(pl.String()).exclude("subscription_id", "account_id", "product", "currency").str.to_date()
    frames = {"fx_rates": rates.with_columns(pl.col("date").str.to_date()),
              "subscriptions": pl.DataFrame(euro).with_columns(days)}  # fmt: skip
    load_frames(here, frames, "euro")
    app = opened(move="fx")
    assert healthy(app)
    assert "exchange rates +$100.00" in pictures(app)[0]
    assert "Exchange rates are nobody's doing" in app.info[0].value
    assert any("Other currencies are worth what they were" in note.value for note in app.caption)
    assert app.dataframe[0].value["fx"].tolist()[1] == 100
    app.selectbox(key="revenue-move").set_value("all").run()
    assert healthy(app) and "a9" not in app.dataframe[0].value["account_id"].tolist()


def test_the_address_says_only_what_differs_from_the_policy() -> None:
    kept = RevenuePolicy(pause="churn", past_due_days=10)
    choice, notes = read({}, (), kept)
    assert (choice.policy, notes) == (kept, []) and not any(written(choice, kept).values())
    other = RevenueChoice(policy=RevenuePolicy())
    assert {key for key, value in written(other, kept).items() if value} == {"past-due", "pause"}
    assert read({key: value for key, value in written(other, kept).items() if value}, (), kept) == (other, [])


def test_a_policy_in_words() -> None:
    policy = RevenuePolicy(churn="at_cancel", past_due_days=7, pause="churn", discounts="list")
    assert in_words(policy) == "churn when the end is agreed, 7 days past due, a pause is churn, prices at list price"


def test_tabs_stand_where_their_tables_are() -> None:
    assert offered(()) == (*TABS, COMPARE)
    assert offered(("invoices", "opportunities")) == (*TABS, COLLECTIONS, DEALS, COMPARE)


def compared() -> None:
    """A page with what the tab shows of a sheet."""
    import polars as pl

    from lib import queries
    from lib.answers.reconciliation import reconcile
    from lib.questions import Revenue
    from lib.ui import url
    from lib.ui.revenue_compare import shown

    url.begin("revenue")
    months = pl.date_range(pl.date(2026, 1, 1), pl.date(2026, 2, 1), "1mo", eager=True)
    sheet = pl.DataFrame({"account_id": ["a5", "a5"], "month": months, "cents": [20_000, 19_000], "currency": None},
                         schema_overrides={"currency": pl.String()})  # fmt: skip
    shown(reconcile(Revenue(), queries.facts(), sheet), ("1 row of totals left out.",))


@pytest.mark.usefixtures("here")
def test_another_tools_numbers() -> None:
    app = opened(tab=COMPARE)
    assert healthy(app) and "Nothing is loaded or kept." in said(app)
    app = AppTest.from_function(compared, default_timeout=180).run()
    assert not app.exception
    kinds = {row["kind"]: row["difference"] for row in app.dataframe[0].value.to_dict("records")}
    assert kinds == {"missing there": -600, "amount": -10}
    assert app.dataframe[2].value["difference"].tolist() == [-300, -310]
    assert callable(shown) and "1 row of totals left out." in said(app)
