"""Recurring revenue as companies have it: sheets by month, logs of changes, and logs of payments.

Every entry fills `subscriptions`: one row per account (or subscription) and time at one price.
"""

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from lib.model import PAYMENTS_PLAN
from lib.sources.presets.made_amounts import amount, number, or_zero
from lib.sources.presets.months import AT, MONTH, MOVED, MRR, SAME, SUBSCRIPTION, as_month
from lib.sources.presets.preset import Cells, Names, Preset, Target
from lib.sources.raw import ROW

ACCOUNT = ("account_id", "account id", "account", "customer_id", "customer id", "customer", "company_id", "company id",
           "company", "client", "customer external id", "customer name", "account name", "company name")  # fmt: skip
PRODUCT = ("product", "product_name", "product name", "package")
PLAN = ("plan", "plan_name", "plan name", "plan id")
CURRENCY = ("currency", "currency code", "currency_code")
OWN = ("subscription_id", "subscription id", "subscription")
MONTHS = ("month", "period", "mrr month", "year month", "year_month", "yearmonth")
AMOUNT = ("mrr", "monthly recurring revenue", "monthly_recurring_revenue", "mrr amount", "mrr_amount")
_SHEET = {
    "subscription_id": (SUBSCRIPTION,), "account_id": ACCOUNT, "product": PRODUCT, "plan": PLAN, "currency": CURRENCY,
}  # fmt: skip
READ_AS_MRR = "Every amount is read as the monthly recurring revenue of that month, from its first day on."


def series(cells: Cells, own: Names, account: Names = ACCOUNT) -> pl.Expr:
    """The subscription: the one that is named, else the account, with the product where there is one."""
    who, product = cells.get(*account), cells.get(*PRODUCT)
    both = pl.when(product.is_null()).then(who).otherwise(pl.concat_str(who, product, separator=" / "))
    return pl.coalesce(cells.get(*own), both)


def _sheet(cells: Cells) -> Mapping[str, pl.Expr]:
    return {SUBSCRIPTION: series(cells, OWN)}


def _long(cells: Cells) -> Mapping[str, pl.Expr]:
    return {SUBSCRIPTION: series(cells, OWN), MONTH: as_month(cells.get(*MONTHS))}


WIDE_MRR = Preset(
    name="mrr_by_month",
    title="sheet of MRR per account and month",
    identify=(ACCOUNT,),
    months=2,
    labels=ACCOUNT,
    is_nameless=True,
    targets=(
        Target(
            table="subscriptions",
            columns={**_SHEET, "start_date": (MONTH,), "mrr": (MRR,)},
            made=_sheet,
            gather="months",
            is_wide=True,
            is_rounded=True,
            says=(READ_AS_MRR,),
        ),
    ),
)

LONG_MRR = Preset(
    name="mrr_rows",
    title="list of MRR per account and month",
    identify=(ACCOUNT, MONTHS, AMOUNT),
    labels=ACCOUNT,
    is_nameless=True,
    targets=(
        Target(
            table="subscriptions",
            columns={**_SHEET, "start_date": (MONTH,), "mrr": AMOUNT},
            made=_long,
            keeps=lambda cells: cells.get(*AMOUNT).is_not_null(),
            others="without an amount",
            gather="months",
            is_rounded=True,
            says=(READ_AS_MRR, "A month in which an account has no row is one without revenue."),
        ),
    ),
)

STRIPE_MRR = Preset(
    name="stripe_mrr",
    title="Stripe export of MRR per subscriber per month",
    identify=(("Customer ID",), ("Customer", "Customer Email"), ("Currency",)),
    months=1,
    labels=("Customer ID",),
    targets=(
        Target(
            table="subscriptions",
            columns={
                "subscription_id": (SUBSCRIPTION,), "account_id": ("Customer ID",), "currency": ("Currency",),
                "start_date": (MONTH,), "mrr": (MRR,),
            },
            made=lambda cells: {SUBSCRIPTION: cells.get("Customer ID")},
            gather="months",
            is_wide=True,
            is_rounded=True,
            says=(READ_AS_MRR,),
        ),
    ),
)  # fmt: skip


def _change(cells: Cells) -> Mapping[str, pl.Expr]:
    return amount(cells, number(cells, "mrr_change"), ("mrr_change",))


STRIPE_CHANGES = Preset(
    name="stripe_changes",
    title="Stripe table subscription_item_change_events",
    identify=(
        ("subscription_item_id",), ("mrr_change",), ("customer_id",), ("event_timestamp", "local_event_timestamp"),
    ),
    targets=(
        Target(
            table="subscriptions",
            columns={
                "subscription_id": ("subscription_item_id",), "account_id": ("customer_id",),
                "product": ("product_id",), "plan": ("price_id",), "seats": ("quantity_change",),
                "mrr": (MRR,), "currency": ("currency",),
                "start_date": ("local_event_timestamp", "event_timestamp"),
            },
            made=_change,
            gather="changes",
            is_minor=True,
            says=("Amounts are read as minor units (cents) and added up per subscription item.",),
        ),
    ),
)  # fmt: skip

CHANGE = ("mrr_change", "mrr change", "change of mrr", "change in mrr", "mrr delta", "mrr_delta", "mrr movement")
CHANGED_ON = ("date", "day", "changed_at", "event_date", "timestamp", "ts")

MRR_CHANGES = Preset(
    name="mrr_changes",
    title="log of changes of MRR",
    identify=(ACCOUNT, CHANGED_ON, CHANGE),
    labels=ACCOUNT,
    targets=(
        Target(
            table="subscriptions",
            columns={**_SHEET, "start_date": CHANGED_ON, "mrr": (MRR,)},
            made=lambda cells: {**_sheet(cells), **amount(cells, number(cells, *CHANGE), CHANGE)},
            gather="changes",
            is_rounded=True,
            says=("Amounts are changes of MRR, added up per subscription.",),
        ),
    ),
)

CHARTMOGUL_TIMES = ("date", "activity-date")


def _activity(cells: Cells) -> Mapping[str, pl.Expr]:
    customer = cells.get("customer-external-id", "customer-uuid")
    return {
        SUBSCRIPTION: pl.coalesce(cells.get("subscription-external-id"), customer),
        AT: cells.get(*CHARTMOGUL_TIMES),
        MOVED: cells.get("activity-mrr-movement"),
    }


CHARTMOGUL_ACTIVITY = Preset(
    name="chartmogul_activity",
    title="ChartMogul activity export",
    identify=(("activity-mrr",), ("activity-mrr-movement",), CHARTMOGUL_TIMES),
    targets=(
        Target(
            table="subscriptions",
            columns={
                "subscription_id": (SUBSCRIPTION,), "account_id": ("customer-external-id", "customer-uuid"),
                "plan": ("plan-external-id",), "mrr": ("activity-mrr",), "currency": ("currency",),
                "start_date": CHARTMOGUL_TIMES,
            },
            made=_activity,
            gather="levels",
            is_rounded=True,
            says=("The MRR after each activity is what is paid from that day on.",),
        ),
    ),
)  # fmt: skip

PERSON = ("customer_id", "customer id", "customer", "client", "client_id", "client id", "user_id", "user id",
          "customer_email", "customer email", "payer")  # fmt: skip
PAYER = (*PERSON, "account_id", "account id", "account", "company")
PURCHASE = ("quantity", "qty", "purchase_id", "purchase id", "order_id", "order id", "event", "event_name", "name",
            "event_type", "action", "campaign", "channel", "cost", "spend", "impressions", "clicks")  # fmt: skip
"""Headers of files about orders, events or advertisements, which have customers, days and amounts too."""
PAID_ON = ("payment date", "payment_date", "paid at", "paid_at", "paid on", "paid_on", "date", "created", "created_at")
PAYMENT_ID = ("payment_id", "payment id", "id", "transaction_id", "transaction id", "invoice_id", "invoice")
PAID = ("amount", "payment amount", "payment_amount", "amount paid", "amount_paid", "paid")
BILLED = ("issued_at", "issued at", "first_failed_at", "due_at", "due_date", "due date", "invoice_date", "amount_due",
          "amount due", "invoice_status")  # fmt: skip
"""Headers of lists of bills, which may have been paid or not."""
NOT_MRR = (
    "These are payments: the sum of a month is that month's revenue and not MRR. A yearly payment counts whole in its"
    " month, and its account counts as lost in the next one."
)


def _payment(cells: Cells) -> Mapping[str, pl.Expr]:
    made = {SUBSCRIPTION: cells.get(*PAYER), **amount(cells, number(cells, *PAID), PAID)}
    if cells.has(*PAYMENT_ID):
        return made
    # Two equal rows that know only the day are two payments, as with events.
    place = cells.names.index(SAME)
    return {**made, SAME: pl.when(cells.get(*PAID_ON).str.contains(r"\d:\d")).then(f"c{place}").otherwise(
        pl.col(ROW).cast(pl.String()))}  # fmt: skip


PAYMENTS = Preset(
    name="payments",
    title="log of payments",
    identify=(
        PAYER, PAID,
        ("payment date", "payment_date", "paid at", "paid_at", "paid on", "paid_on", "payment_id", "payment id"),
    ),
    labels=PAYER,
    is_nameless=True,
    unless=BILLED,
    targets=(
        Target(
            table="subscriptions",
            columns={"subscription_id": (SUBSCRIPTION,), "account_id": PAYER, "start_date": PAID_ON, "mrr": (MRR,),
                     "currency": CURRENCY},
            made=_payment,
            constants={"plan": PAYMENTS_PLAN},
            gather="payments",
            is_rounded=True,
            says=(NOT_MRR,),
        ),
    ),
)  # fmt: skip

# A customer, a day and an amount, and nothing that says of what: the barest log there is.
BARE_PAYMENTS = replace(
    PAYMENTS, name="payments_by_day", identify=(PERSON, ("amount", "paid"), ("date",)), unless=(*PURCHASE, *BILLED)
)

CREATED = ("Created date (UTC)", "Created (UTC)")


def _stripe_payment(cells: Cells) -> Mapping[str, pl.Expr]:
    net = number(cells, "Amount") - or_zero(cells, "Amount Refunded")
    return {SUBSCRIPTION: cells.get("Customer ID", "Customer Email"), **amount(cells, net, ("Amount",))}


STRIPE_PAYMENTS = Preset(
    name="stripe_payments",
    title="Stripe export of payments",
    identify=(("id",), CREATED, ("Amount",), ("Amount Refunded",), ("Status",)),
    targets=(
        Target(
            table="subscriptions",
            columns={"subscription_id": (SUBSCRIPTION,), "account_id": (SUBSCRIPTION,), "start_date": CREATED,
                     "mrr": (MRR,), "currency": ("Currency",)},
            made=_stripe_payment,
            keeps=lambda cells: cells.get("Status").str.to_lowercase().str.contains("^(?:paid|.*refunded|succeeded)$")
            .fill_null(False),
            others="of payments that did not succeed",
            constants={"plan": PAYMENTS_PLAN},
            gather="payments",
            is_rounded=True,
            says=(NOT_MRR, "What was refunded is taken from the month of the payment."),
        ),
    ),
)  # fmt: skip
