"""Revenue files as intervals of subscriptions: sheets, changes, payments, invoice lines and subscriptions exports."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lib import intake
from lib.engine import collect
from lib.errors import SourceError
from lib.model import TABLES
from lib.settings import Company, Settings, SourceSpec
from lib.sources import Batch, Proposal, expand, head, propose, read
from lib.sources.presets import ALL, recognised
from lib.sources.presets.calendar import month_of
from lib.warehouse import Warehouse

NOW = datetime(2026, 11, 1, tzinfo=UTC)
SHOWN = ("subscription_id", "account_id", "mrr_cents", "start_date", "end_date", "end_reason")
Taken = Callable[..., tuple[Proposal, Batch]]


def day(text: str) -> date:
    return date.fromisoformat(text)


def rows(batch: Batch, *names: str) -> list[tuple[object, ...]]:
    """The intervals, days as text."""
    shown = batch.rows.select(names or SHOWN).sort(pl.all())
    return shown.with_columns(pl.col(pl.Date).dt.to_string()).rows()


@pytest.fixture
def take(tmp_path: Path) -> Taken:
    """`take(text)`: propose as for a file nobody has said anything about, and read it so."""

    def run(text: str | bytes, name: str = "x.csv", *, currency: str = "USD", now: datetime = NOW,
            **more: object) -> tuple[Proposal, Batch]:  # fmt: skip
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        told = Settings(company=Company(currency=currency))
        proposal = propose(tmp_path / name, None, told)
        assert (proposal.table, proposal.missing) == ("subscriptions", ())
        spec = SourceSpec.model_validate(proposal.spec.model_dump() | {"path": name, **more})
        (source,) = expand(spec, tmp_path)
        (batch,) = read(source, told, now=now)
        assert batch.read == batch.rows.height + batch.rejected["row"].n_unique()
        shown = head(source, told, now=now).batch  # the preview of a small file is what is loaded
        assert shown.rows.equals(batch.rows) and shown.notes == batch.notes
        return proposal, batch

    return run


# --- sheets by month --------------------------------------------------------------------------------------------------

SHEET = """Revenue 2026

Account,Owner,2026-01,Feb 2026,03/2026,2026-04,2026-05
acme,Ada,"$1,200.00",1200,1500,1500,
globex,Ada,10,0,,12.345,
initech,Bo,5,5,5,-,
umbrella,Bo,,,"1,000",1000,
Total,,1215,1205,2505,2512,
"""


def test_a_wide_sheet_becomes_intervals(take: Taken) -> None:
    proposal, batch = take(SHEET)
    assert proposal.looks_like == "a sheet of MRR per account and month"
    # Equal months are one interval; nothing in a month ends it; April, the last with any amount, is open.
    assert rows(batch) == [
        ("acme", "acme", 120000, "2026-01-01", "2026-03-01", "changed"),
        ("acme", "acme", 150000, "2026-03-01", None, None),
        ("globex", "globex", 1000, "2026-01-01", "2026-02-01", None),
        ("globex", "globex", 1235, "2026-04-01", None, None),
        ("initech", "initech", 500, "2026-01-01", "2026-04-01", None),
        ("umbrella", "umbrella", 100000, "2026-03-01", None, None),
    ]
    assert batch.notes == (
        "1 row of totals left out.",
        "20 amounts from 2026-01-01 to 2026-05-01 became 6 intervals of 4 accounts, 3 of them open: the end of the data"
        " is not churn.",
        "Every amount is read as the monthly recurring revenue of that month, from its first day on.",
    )
    assert not batch.rejected.height


def test_a_long_list_with_products_in_a_localised_file(take: Taken) -> None:
    proposal, batch = take(
        "Customer;Product;Month;MRR (EUR)\nacme;core;Jan 2026;1.200,50 €\nacme;core;Februar 2026;1.200,50 €\n"
        "acme;insights;2026-02;7,5\nglobex;core;2026-01-31;\nglobex;core;28.02.2026;3\n",
        currency="EUR",
    )
    assert proposal.looks_like == "a list of MRR per account and month"
    assert rows(batch, *SHOWN[:5], "product") == [
        ("acme / core", "acme", 120050, "2026-01-01", None, "core"),
        ("acme / insights", "acme", 750, "2026-02-01", None, "insights"),
        ("globex / core", "globex", 300, "2026-02-01", None, "core"),
    ]
    assert batch.notes[0] == "1 row without an amount left out."


def test_stripe_mrr_per_subscriber_is_a_sheet_in_its_own_words(take: Taken) -> None:
    proposal, batch = take(
        "Customer ID,Customer,Customer Email,Currency,2026-01,2026-02\ncus_1,Acme,a@x.example,usd,10.00,8.333333\n"
        "cus_1,Acme,a@x.example,eur,10.00,8.00\n"
    )
    assert proposal.looks_like == "a Stripe export of MRR per subscriber per month"
    assert rows(batch) == [
        ("cus_1", "cus_1", 833, "2026-02-01", None, None),
        ("cus_1", "cus_1", 1000, "2026-01-01", "2026-02-01", "changed"),
    ]
    # Another currency is not a hole in the account's history, and its row is said once, not once a month.
    assert batch.rejected.select("line", "column", "reason").rows() == [
        (3, "currency", "currency: 'EUR' is not the reporting currency USD, and fx_rates has no rate of it")
    ]


def test_an_unreadable_month_leaves_out_the_whole_account(take: Taken) -> None:
    _, batch = take("account,2026-01,2026-02,2026-03\nacme,5,x,5\nglobex,5,5,5\ninitech,5,-5,5\n")
    assert rows(batch, "account_id") == [("globex",)]
    assert batch.rejected.select("line", "column", "reason").rows() == [
        (2, "mrr", "mrr: 'x' is not an amount of money"), (4, "mrr", "mrr: '-5' is negative"),
    ]  # fmt: skip
    assert batch.notes[1] == (
        "2 subscriptions with a row in quarantine left out whole, since what is missing would look like a change: acme"
        " and initech."
    )


def test_repeated_rows_are_said(take: Taken) -> None:
    _, batch = take("account,plan,2026-01,2026-02\nacme,a,5,5\nacme,a,5,5\nacme,b,5,6\n")
    assert rows(batch) == [
        ("acme", "acme", 1000, "2026-01-01", "2026-02-01", "changed"),
        ("acme", "acme", 1100, "2026-02-01", None, None),
    ]
    assert batch.notes[1:3] == (
        "1 row equal to another in every cell left out.",
        "4 rows added up to 2, one per subscription and month.",
    )


def test_a_last_month_that_is_only_half_there_is_said(take: Taken) -> None:
    text = "account,2026-09,2026-10\na,1,1\nb,1,\nc,1,\nd,1,\ne,1,\n"
    half = (
        "Only 1 of 5 have an amount in the last month, 2026-10: where it is not filled in yet, leave it out, or the"
        " others count as lost."
    )
    assert half in take(text)[1].notes
    _, batch = take(text, now=datetime(2026, 10, 12, tzinfo=UTC))
    assert "The last month, 2026-10, is not over yet; its amounts count as they are." in batch.notes
    assert not any("Only" in note for note in take(text.replace("b,1,", "b,1,1").replace("c,1,", "c,1,1"))[1].notes)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("account,2026-01,2026-03\na,1,1\n", "x.csv has months before and after 2026-02 and not that month itself"),
        ("account,2026-01,Jan 2026\na,1,1\n", "x.csv: the columns 2026-01 and Jan 2026 are both 2026-01; keep one"),
        ("account,2026-01,2026-02\na,$1,1\nb,€2,1\n", "'$1' (line 2) is in USD and '€2' (line 3) in EUR"),
        ("account,2026-01,2026-02\na,€1,1\n", "these amounts are in EUR, and the reporting currency is USD"),
        ("account,2026-01 (EUR),2026-02 (EUR)\na,1,1\n", "these amounts are in EUR, and the reporting currency is USD"),
        ("account,2026-01 (EUR),2026-02 (USD)\na,1,1\n", "months in several currencies, (EUR) and (USD)"),
        ("account,month,mrr (EUR)\na,2026-01,1\n", "these amounts are in EUR, and the reporting currency is USD"),
        ("account,month,mrr\na,03/04/2026,1\n", "days like 03/04/2026 could be 3 April or 4 March"),
    ],
)  # fmt: skip
def test_sheets_that_are_refused(take: Taken, text: str, message: str) -> None:
    with pytest.raises(SourceError) as error:
        take(text)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("text", "month"),
    [("2026-01", "2026-01-01"), ("MRR_2026-02", "2026-02-01"), ("Mär 2026", "2026-03-01"), ("avr. 2026", "2026-04-01"),
     ("05/2026", "2026-05-01"), ("2026-06-30", "2026-06-01"), ("July-26", "2026-07-01"), ("2026 Aug", "2026-08-01"),
     ("2026M09", "2026-09-01"), ("202610", "2026-10-01"), ("2026-06-15", None), ("2026", None), ("2026-13", None),
     ("Maybe 2026", None), ("march", None), ("Q1 2026", None), ("Mar 5", None)],
)  # fmt: skip
def test_months_as_they_are_written(text: str, month: str | None) -> None:
    assert month_of(text) == month


# --- changes and levels ---------------------------------------------------------------------------------------------

EVENTS = """event_timestamp,event_type,subscription_item_id,currency,customer_id,local_event_timestamp,mrr_change,\
price_id,product_id,quantity_change,subscription_id
2026-01-05 23:30:00,ACTIVE_START,si_1,usd,cus_1,2026-01-06 00:30:00,4900,p1,prod,1,sub_1
2026-02-05 10:00:00,ACTIVE_UPGRADE,si_1,usd,cus_1,2026-02-05 11:00:00,4900,p1,prod,1,sub_1
2026-02-05 10:00:00,ACTIVE_UPGRADE,si_1,usd,cus_1,2026-02-05 11:00:00,4900,p1,prod,1,sub_1
2026-02-05 12:00:00,ACTIVE_DOWNGRADE,si_1,usd,cus_1,2026-02-05 13:00:00,-100,p1,prod,0,sub_1
2026-03-05 10:00:00,ACTIVE_END,si_1,usd,cus_1,2026-03-05 11:00:00,-9700,p1,prod,-2,sub_1
2026-04-01 10:00:00,ACTIVE_START,si_1,usd,cus_1,2026-04-01 11:00:00,700,p1,prod,3,sub_1
"""


def test_stripe_changes_add_up_per_item_in_minor_units(take: Taken) -> None:
    proposal, batch = take(EVENTS)
    assert proposal.looks_like == "a Stripe table subscription_item_change_events"
    assert rows(batch, *SHOWN, "seats") == [
        ("si_1", "cus_1", 700, "2026-04-01", None, None, 3),
        ("si_1", "cus_1", 4900, "2026-01-06", "2026-02-05", "changed", 1),
        ("si_1", "cus_1", 9700, "2026-02-05", "2026-03-05", None, 2),
    ]
    assert batch.notes[1] == "1 row equal to another in every cell left out."


def test_changes_below_nothing_are_refused_with_their_row(take: Taken) -> None:
    with pytest.raises(SourceError) as error:
        take(EVENTS.replace("-9700", "-9800"))
    assert str(error.value) == (
        "x.csv, line 6: the changes of si_1 add up to -1.00 by 2026-03-05, and revenue cannot be below zero. Export"
        " the changes from the very first one on."
    )
    with pytest.raises(SourceError, match=r"x\.csv, line 7: the amount 7\.50 is not whole, and this export"):
        take(EVENTS.replace(",700,", ",7.5,"))


def test_a_change_that_cannot_be_read_leaves_out_its_item(take: Taken) -> None:
    _, batch = take(EVENTS.replace("-9700", "much") + EVENTS.splitlines()[1].replace("si_1", "si_2") + "\n")
    assert rows(batch) == [("si_2", "cus_1", 4900, "2026-01-06", None, None)]
    assert batch.rejected.select("line", "reason").rows() == [(6, "mrr: 'much' is not an amount of money")]


def test_a_plain_log_of_changes_is_in_major_units(take: Taken) -> None:
    proposal, batch = take("customer_id,date,mrr_change\nacme,2026-01-05,49.50\nacme,2026-02-01,-9.5\n")
    assert proposal.looks_like == "a log of changes of MRR"
    assert rows(batch) == [
        ("acme", "acme", 4000, "2026-02-01", None, None), ("acme", "acme", 4950, "2026-01-05", "2026-02-01", "changed"),
    ]  # fmt: skip


ACTIVITY = """date,type,activity-mrr-movement,activity-mrr,currency,subscription-external-id,plan-external-id,\
customer-external-id
2026-03-05T10:00:00Z,churn,-60.00,0.00,USD,s1,p1,c1
2026-02-05T10:00:00Z,expansion,10.00,60.00,USD,s1,p1,c1
2026-02-05T09:00:00Z,expansion,30.00,50.00,USD,s1,p1,c1
2026-01-05T10:00:00Z,new_biz,20.00,20.00,USD,s1,p1,c1
2026-01-07T10:00:00Z,new_biz,20.00,20.00,USD,s2,p1,c1
"""


def test_chartmogul_activities_are_levels(take: Taken) -> None:
    proposal, batch = take(ACTIVITY)
    assert proposal.looks_like == "a ChartMogul activity export"
    assert rows(batch) == [
        ("s1", "c1", 2000, "2026-01-05", "2026-02-05", "changed"),
        ("s1", "c1", 6000, "2026-02-05", "2026-03-05", None),
        ("s2", "c1", 2000, "2026-01-07", None, None),
    ]
    assert len(batch.notes) == 2


def test_activities_of_whole_customers_are_told_by_their_movements(take: Taken) -> None:
    text = ACTIVITY.replace("-60.00,0.00", "-60.00,20.00").replace("10.00,60.00", "10.00,80.00")
    _, batch = take(text.replace("30.00,50.00", "30.00,70.00").replace("20.00,20.00,USD,s2", "20.00,40.00,USD,s2"))
    assert rows(batch) == [
        ("c1", "c1", 2000, "2026-01-05", "2026-01-07", "changed"), ("c1", "c1", 2000, "2026-03-05", None, None),
        ("c1", "c1", 4000, "2026-01-07", "2026-02-05", "changed"),
        ("c1", "c1", 8000, "2026-02-05", "2026-03-05", "changed"),
    ]  # fmt: skip
    assert batch.notes[1] == "The amounts are those of whole customers, not of single subscriptions; read so."
    _, batch = take(ACTIVITY.replace("10.00,60.00", "11.00,60.00"))
    assert batch.notes[1].startswith("1 row whose movement does not lead from the amount before")


# --- payments ---------------------------------------------------------------------------------------------------------

NOT_MRR = (
    "These are payments: the sum of a month is that month's revenue and not MRR. A yearly payment counts whole in its"
    " month, and its account counts as lost in the next one."
)


def test_payments_are_revenue_of_their_month_and_say_so(take: Taken) -> None:
    proposal, batch = take(
        'customer,payment date,amount\nacme,2026-01-05,"$40.00"\nacme,2026-01-05,"$40.00"\nacme,2026-02-05,80\n'
        "globex,2026-01-15,1200\nglobex,2026-02-15,-100\nacme,2026-10-28,10\nacme,2026-11-01,10\n"
    )
    assert proposal.looks_like == "a log of payments"
    assert rows(batch) == [
        ("acme", "acme", 1000, "2026-10-01", None, None),
        ("acme", "acme", 8000, "2026-01-01", "2026-03-01", None),
        ("globex", "globex", 120000, "2026-01-01", "2026-02-01", None),
    ]
    assert batch.notes[1:] == (
        "2 payments have an equal one of the same customer and day; all of them count.",
        "1 payment of 2026-11 left out: that month is not over, and who has not paid yet would count as lost.",
        "1 month with more refunded than paid counted as no revenue.",
        NOT_MRR,
    )


def test_a_customer_a_day_and_an_amount_are_payments_and_not_cost(take: Taken) -> None:
    """A table of spend has days and amounts as well, but nobody who pays."""
    proposal, batch = take("user_id,date,amount,segment\nu1,2026-01-05,113.35,Pro\nu1,2026-02-05,113.35,Pro\n")
    assert proposal.looks_like == "a log of payments"
    assert rows(batch) == [("u1", "u1", 11335, "2026-01-01", None, None)]


@pytest.mark.parametrize("more", ["quantity", "order_id", "event_name", "campaign", "Impressions"])
def test_orders_events_and_advertisements_are_no_payments(tmp_path: Path, more: str) -> None:
    (tmp_path / "x.csv").write_text(f"customer_id,date,amount,{more}\nc1,2026-01-05,9.50,1\n")
    assert propose(tmp_path / "x.csv", None, Settings()).looks_like is None


def test_payments_with_ids_are_one_where_equal(take: Taken) -> None:
    _, batch = take("payment_id,customer,date,amount\np1,acme,2026-01-05,40\np1,acme,2026-01-05,40\n")
    assert rows(batch) == [("acme", "acme", 4000, "2026-01-01", None, None)]
    assert batch.notes[1:3] == (
        "1 row equal to another in every cell left out.",
        "The last payment is of 2026-01-05: if the export ends there, 2026-01 is not complete, and who had not paid by"
        " then counts as lost.",
    )


def test_stripe_payments_count_what_was_paid_and_kept(take: Taken) -> None:
    proposal, batch = take(
        "id,Created date (UTC),Amount,Amount Refunded,Currency,Status,Customer ID,Customer Email\n"
        "ch_1,2026-01-05 10:00,49.00,0.00,usd,Paid,cus_1,\nch_2,2026-02-27 10:00,49.00,9.50,usd,Refunded,cus_1,\n"
        "ch_3,2026-02-05 10:00,49.00,0.00,usd,Failed,cus_1,\nch_4,2026-01-05 10:00,49.00,,eur,Paid,cus_1,\n"
    )
    assert proposal.looks_like == "a Stripe export of payments"
    assert rows(batch) == [
        ("cus_1", "cus_1", 3950, "2026-02-01", None, None),
        ("cus_1", "cus_1", 4900, "2026-01-01", "2026-02-01", "changed"),
    ]
    assert batch.notes[0] == "1 row of payments that did not succeed left out." and NOT_MRR in batch.notes
    assert batch.rejected["line"].to_list() == [5]


# --- invoice lines ----------------------------------------------------------------------------------------------------

LINES = """type,customer_external_id,subscription_external_id,plan_external_id,prorated,service_period_start,\
service_period_end,amount_in_cents,quantity,tax_amount_in_cents,currency,external_id
subscription,c1,s1,p1,false,2026-01-05,2026-02-05,5500,1,600,USD,l1
subscription,c1,s1,p1,false,2026-02-05,2026-03-05,5500,1,600,USD,l2
subscription,c1,s1,p1,true,2026-02-19,2026-03-05,-2450,1,0,USD,l3
subscription,c1,s1,p2,true,2026-02-19,2026-03-05,4950,2,0,USD,l4
subscription,c1,s1,p2,false,2026-03-05,2026-04-05,9900,2,0,USD,l5
subscription,c2,s2,p9,false,2026-01-31,2027-01-30,120000,1,0,USD,l6
subscription,c3,s3,p9,false,2026-01-01,2026-01-31,1000,1,0,USD,l7
subscription,c3,s3,p9,false,2026-02-01,2026-02-28,1000,1,0,USD,l8
subscription,c4,s4,p9,false,2026-03-20,2026-03-27,1200,1,0,USD,l9
subscription,c5,s5,p9,false,2026-03-20,2026-03-30,1200,1,0,USD,l10
one_time,c3,s3,p9,false,2026-01-01,2026-02-01,7700,1,0,USD,l11
"""


def test_chartmogul_lines_are_their_amount_by_the_months_of_their_period(take: Taken) -> None:
    proposal, batch = take(LINES)
    assert proposal.looks_like == "a ChartMogul file of invoice line items"
    assert rows(batch, *SHOWN, "plan") == [
        # 14 of 28 days at half the price each way are a whole month of it; tax is not revenue.
        ("s1", "c1", 4900, "2026-01-05", "2026-02-19", "changed", "p1"),
        ("s1", "c1", 9900, "2026-02-19", None, None, "p2"),
        ("s2", "c2", 10000, "2026-01-31", None, None, "p9"),  # 12 months up to their last day
        ("s3", "c3", 1000, "2026-01-01", "2026-03-01", None, "p9"),  # paid until its last day, and not renewed
        ("s4", "c4", 5200, "2026-03-20", None, None, "p9"),  # a week: 12 × 52 ÷ 12
        ("s5", "c5", 3650, "2026-03-20", None, None, "p9"),  # ten days: 1.20 × 365 ÷ 12
    ]
    assert batch.notes[0] == "1 row of one-off charges left out."
    assert batch.notes[2] == "2 proration lines counted by the part of the period that they cover."


def test_periods_that_overlap_are_said(take: Taken) -> None:
    header, first, *_ = LINES.splitlines()
    again = first.replace("2026-01-05,2026-02-05", "2026-01-20,2026-02-20").replace("l1", "l2")
    _, batch = take(f"{header}\n{first}\n{again}\n")
    assert rows(batch, *SHOWN[2:5]) == [(4900, "2026-01-05", "2026-01-20"), (9800, "2026-01-20", None)]
    assert batch.notes[1] == (
        "1 period that begins before an earlier one of the same subscription and product is over; both count. "
        "First: s1 on 2026-01-20 (x.csv, line 3)."
    )


def test_a_period_that_ends_on_the_last_day_may_still_be_renewed(take: Taken) -> None:
    header, first, second, *_ = LINES.splitlines()
    other = first.replace("c1,s1", "c2,s2")
    _, batch = take("\n".join([header, first, second, other, ""]))  # the file ends on 5 February
    assert rows(batch, *SHOWN[:5]) == [("s1", "c1", 4900, "2026-01-05", None), ("s2", "c2", 4900, "2026-01-05", None)]
    _, batch = take("\n".join([header, first, second.replace("2026-02-05", "2026-02-06"), other, ""]))
    assert rows(batch, *SHOWN[:5])[-1] == ("s2", "c2", 4900, "2026-01-05", "2026-02-05")


def test_credits_without_a_charge_are_nothing(take: Taken) -> None:
    header, first, *_ = LINES.splitlines()
    _, batch = take(f"{header}\n{first.replace('5500', '-5500').replace(',600,', ',0,')}\n")
    assert not batch.rows.height
    assert "1 time with more credited than charged counted as no revenue." in batch.notes


def test_a_proration_in_the_middle_of_a_day_is_exact(take: Taken) -> None:
    """Of 30 days, 490 of 720 hours are left: 33.35 of 49.00 back, and 67.37 of 99.00, whose share is 67.375."""
    text = (
        "id,invoice_id,type,amount,currency,period_start,period_end,price_id,proration,quantity,subscription_id,"
        "subscription_item_id,customer_id\n"
    )
    line = "{0},i{0},x,{1},usd,2026-{2}:00:00,2026-{3} 08:00:00,p1,{4},1,sub_1,si_1,cus_1\n"
    text += line.format(1, 4900, "04-01 08", "05-01", "false") + line.format(2, -3335, "04-10 22", "05-01", "true")
    text += line.format(3, 6737, "04-10 22", "05-01", "true")
    # Half a cent of a share is a cent of the month: 98.99, until the renewal says that 99.00 was meant.
    assert rows(take(text)[1], *SHOWN[2:5]) == [(4900, "2026-04-01", "2026-04-10"), (9899, "2026-04-10", None)]
    text += line.format(4, 9900, "05-01 08", "06-01", "false")
    assert rows(take(text)[1], *SHOWN[2:5]) == [(4900, "2026-04-01", "2026-04-10"), (9900, "2026-04-10", None)]


def test_stripe_lines_and_recurly_lines(take: Taken) -> None:
    proposal, batch = take(
        "id,invoice_id,type,amount,currency,period_start,period_end,price_id,proration,quantity,subscription_id,"
        "subscription_item_id,customer_id\n"
        "1,i1,subscription,120000,usd,2026-01-01 00:00:00,2027-01-01 00:00:00,p1,false,10,sub_1,si_1,cus_1\n"
        "2,i2,invoiceitem,-60493,usd,2026-07-01 00:00:00,2027-01-01 00:00:00,p1,true,10,sub_1,si_1,cus_1\n"
        "3,i2,invoiceitem,120986,usd,2026-07-01 00:00:00,2027-01-01 00:00:00,p1,true,20,sub_1,si_1,cus_1\n"
        "4,i2,invoiceitem,5000,usd,2026-07-01 00:00:00,2026-07-01 00:00:00,p1,false,20,,,cus_1\n"
    )
    assert proposal.looks_like == "a Stripe table invoice_line_item"
    assert rows(batch, *SHOWN[:5], "seats") == [
        ("si_1", "cus_1", 10000, "2026-01-01", "2026-07-01", 10), ("si_1", "cus_1", 20000, "2026-07-01", None, 20),
    ]  # fmt: skip
    proposal, batch = take(
        "account_id,subscription_id,type,origin,plan_code,currency,amount,subtotal,discount,tax,start_date,end_date\n"
        "a1,s1,charge,plan,p1,USD,110.00,120.00,20.00,10.00,2026-01-01T08:00:00Z,2026-04-01T08:00:00Z\n"
        "a1,s1,charge,setup_fee,p1,USD,110.00,120.00,20.00,10.00,2026-01-01T08:00:00Z,\n"
    )
    assert proposal.looks_like == "a Recurly table line_item_history"
    assert rows(batch) == [("s1", "a1", 3333, "2026-01-01", None, None)]


# --- subscriptions ----------------------------------------------------------------------------------------------------


def test_recurly_history_counts_each_version_from_its_day(take: Taken) -> None:
    tail = "2026-01-15 00:00:00,USD"
    proposal, batch = take(
        "uuid,account_id,plan_id,state,current_period_started_at,current_period_ends_at,trial_ends_at,currency,"
        "unit_amount,quantity,add_ons_total,updated_at\n"
        f"u1,a1,p1,active,2026-01-01 00:00:00,2026-01-15 00:00:00,{tail},50.00,2,10.00,2026-01-01 00:00:00\n"
        f"u1,a1,p1,active,2026-01-15 00:00:00,2026-02-15 00:00:00,{tail},50.00,2,10.00,2026-01-15 00:00:00\n"
        f"u1,a1,p1,canceled,2026-02-15 00:00:00,2027-02-15 00:00:00,{tail},500.00,2,,2026-02-15 00:00:00\n"
        f"u1,a1,p1,expired,2026-02-15 00:00:00,2027-02-15 00:00:00,{tail},500.00,2,,2026-04-15 00:00:00\n"
        f"u2,a2,p1,zombie,2026-02-15 00:00:00,2027-02-15 00:00:00,{tail},500.00,2,,2026-04-15 00:00:00\n"
    )
    assert proposal.looks_like == "a Recurly history of subscriptions"
    assert rows(batch) == [
        ("u1", "a1", 8333, "2026-02-15", "2026-04-15", None),
        ("u1", "a1", 11000, "2026-01-15", "2026-02-15", "changed"),
    ]
    assert batch.rejected.select("line", "reason").rows() == [
        (6, "mrr: '500.00 in the unknown state zombie' is not an amount of money")
    ]


def test_chargebee_subscriptions_as_they_are_today(take: Taken) -> None:
    proposal, batch = take(
        "id,customer_id,plan_id,status,mrr,currency_code,started_at,current_term_start,current_term_end,cancelled_at,"
        "pause_date\n"
        "s1,c1,p1,active,4900,USD,2026-01-02,2026-10-02,2026-11-02,,\n"
        "s2,c2,p1,cancelled,4900,USD,2026-01-02,2026-10-02,2026-11-02,2026-05-02,\n"
        "s3,c3,p1,in_trial,4900,USD,2026-01-02,2026-10-02,2026-11-02,,\n"
        "s4,c4,p1,paused,4900,USD,2026-01-02,2026-10-02,2026-11-02,,2026-06-01\n"
        "s5,c5,p1,cancelled,0,USD,2026-01-02,2026-10-02,2026-11-02,2026-05-02,\n"
    )
    assert proposal.looks_like == "a Chargebee export of subscriptions"
    assert rows(batch) == [
        ("s1", "c1", 4900, "2026-01-02", None, None),
        ("s2", "c2", 4900, "2026-01-02", "2026-05-02", None),
        ("s4", "c4", 4900, "2026-01-02", "2026-06-01", "paused"),
    ]
    assert "1 subscription without revenue left out." in batch.notes


def test_stripe_subscriptions_as_they_are_today(take: Taken) -> None:
    proposal, batch = take(
        "id,Customer ID,Plan,Product,Quantity,Interval,Amount,Status,Created (UTC),Start (UTC),Trial End (UTC),"
        "Canceled At (UTC),Ended At (UTC)\n"
        "sub_1,c1,p,prod,2,month,49.00,active,2026-01-05 10:00,2026-01-05 10:00,,,\n"
        'sub_2,c2,p,prod,1,year,"1,000.00",canceled,2025-01-05 10:00,2025-01-05 10:00,2025-01-19 10:00,'
        "2025-12-01 10:00,2026-01-05 10:00\n"
        "sub_3,c3,p,prod,1,fortnight,10.00,active,2026-01-05 10:00,2026-01-05 10:00,,,\n"
        "sub_4,c4,p,prod,1,month,10.00,trialing,2026-01-05 10:00,2026-01-05 10:00,2026-12-05 10:00,,\n"
        "sub_5,c5,p,prod,1,every 3 months,10.00,active,2026-01-05 10:00,2026-01-05 10:00,,,\n"
        "sub_6,c6,p,prod,1,week,10.00,active,2026-01-05 10:00,2026-01-05 10:00,,,\n"
        "sub_7,c7,p,prod,1,day,1.00,active,2026-01-05 10:00,2026-01-05 10:00,,,\n"
        "sub_8,c8,p,prod,1,month,9.00,canceled,2026-01-05 10:00,2026-01-05 10:00,2026-01-19 10:00,,2026-01-10 10:00\n"
    )
    assert proposal.looks_like == "a Stripe export of subscriptions"
    assert rows(batch, *SHOWN[:5]) == [
        ("sub_1", "c1", 9800, "2026-01-05", None),
        ("sub_2", "c2", 8333, "2025-01-19", "2026-01-05"),
        ("sub_5", "c5", 333, "2026-01-05", None),
        ("sub_6", "c6", 4333, "2026-01-05", None),  # 10 × 52 ÷ 12
        ("sub_7", "c7", 3042, "2026-01-05", None),  # 365 ÷ 12
    ]
    assert batch.rejected.select("line", "column", "reason").rows() == [
        (4, "mrr", "mrr: '10.00 per unknown interval fortnight' is not an amount of money")
    ]
    assert batch.notes[0] == "2 rows on trial, paused, unpaid or not begun left out."
    assert batch.notes[-1].startswith("This export knows subscriptions only as they are today")


# --- loading ----------------------------------------------------------------------------------------------------------


def _load(folder: Path, text: str) -> tuple[tuple[int, ...], list[tuple[object, ...]], tuple[str, ...]]:
    (folder / "sheet.csv").write_text(text, "utf-8")
    mapped = intake.map_file(folder, folder / "sheet.csv", None, {}, {})
    counts = intake.load_sources(folder, [mapped.spec], now=NOW).inputs[0]
    table = collect(Warehouse.open(folder, "UTC").scan("subscriptions").select("start_date", "end_date", "mrr_cents"))
    return (counts.loaded, counts.updated, counts.duplicates), table.sort("start_date").rows(), counts.notes


def test_loading_again_changes_nothing_and_the_next_month_goes_on(tmp_path: Path) -> None:
    intake.start_workspace(tmp_path, Settings(company=Company(currency="USD")))
    text = "account,2026-01,2026-02\nacme,5,6\n"
    counts, first, notes = _load(tmp_path, text)
    assert counts == (2, 0, 0) and notes[-1].startswith("Every amount is read as the monthly recurring revenue")
    assert first == [(day("2026-01-01"), day("2026-02-01"), 500), (day("2026-02-01"), None, 600)]
    assert _load(tmp_path, text)[:2] == ((0, 0, 0), first)
    assert _load(tmp_path, text + "\n")[:2] == ((0, 0, 2), first)
    counts, after, _ = _load(tmp_path, "account,2026-01,2026-02,2026-03\nacme,5,6,7\n")
    assert counts == (1, 1, 1)
    assert after[1:] == [(day("2026-02-01"), day("2026-03-01"), 600), (day("2026-03-01"), None, 700)]


def test_one_row_of_a_revenue_file_cannot_be_replayed_alone(tmp_path: Path) -> None:
    intake.start_workspace(tmp_path, Settings(company=Company(currency="USD")))
    (tmp_path / "x.csv").write_text("account,2026-01,2026-02\nacme,5,x\nglobex,5,5\n", "utf-8")
    intake.take_in(tmp_path, [intake.map_file(tmp_path, tmp_path / "x.csv", None, {}, {}).spec])
    with pytest.raises(SourceError, match=r"x\.csv: its rows are put together into intervals, so one of"):
        intake.replay(tmp_path, "subscriptions")


# --- recognising ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header",
    ["account_id,subscription_id,mrr,start_date,end_date", "channel,2026-01,2026-02", "account,2026-01-05,2026-01-12",
     "account,amount,date", "account_id,name,domain,crm_id", "date,channel,cost", "account,month,spend",
     "id,customer,status,mrr"],
)  # fmt: skip
def test_plain_files_are_nobodys_export(header: str) -> None:
    assert recognised(header.split(",")) is None


def test_every_preset_recognises_its_own_headers_only() -> None:
    """A file of just the first header of each group belongs to that preset, and to no other of more groups."""
    for preset in ALL:
        names = [group[0] for group in preset.identify] + [f"2026-{n:02}" for n in range(1, preset.months + 1)]
        assert recognised(names) is preset, preset.name
        assert {target.table for target in preset.targets} <= set(TABLES)


# --- laws -------------------------------------------------------------------------------------------------------------

CENTS = st.integers(0, 3).map(lambda n: n * 1_050)
SHEETS = st.integers(2, 7).flatmap(lambda n: st.lists(st.lists(CENTS, min_size=n, max_size=n), min_size=1, max_size=5))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(SHEETS)
def test_month_end_balances_give_the_sheet_back(take: Taken, sheet: list[list[int]]) -> None:
    sheet[0][-1] = sheet[0][-1] or 100  # a last month in which nobody pays is one that is not there yet
    months = [date(2026, place + 1, 1) for place in range(len(sheet[0]))]
    wide = "account," + ",".join(f"{month:%Y-%m}" for month in months) + "\n"
    wide += "".join(f"a{n}," + ",".join(f"{c / 100:.2f}" for c in line) + "\n" for n, line in enumerate(sheet))
    cells = [(n, month, c) for n, line in enumerate(sheet) for month, c in zip(months, line, strict=True)]
    long = "account,month,mrr\n" + "".join(f"a{n},{month:%Y-%m},{c / 100:.2f}\n" for n, month, c in cells)
    _, batch = take(wide)
    spans = batch.rows.select("account_id", "start_date", "end_date", "mrr_cents").rows()
    for n, line in enumerate(sheet):
        for month, cents in zip(months, line, strict=True):
            last = month.replace(day=28)  # intervals begin and end on the first of a month
            paid = sum(c for who, a, b, c in spans if who == f"a{n}" and a <= last and (b is None or b > last))
            assert paid == cents
    # As few intervals as there are runs of equal months, and the same from the long layout.
    runs = sum(c > 0 and (not m or line[m - 1] != c) for line in sheet for m, c in enumerate(line))
    assert len(spans) == runs
    assert rows(take(long)[1]) == rows(batch)
