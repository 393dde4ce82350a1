"""Recurring revenue as billing systems export it: invoice lines with service periods, and subscriptions.

Amounts are net of tax. Trials, one-off lines and what was never begun are left out.
"""

from collections.abc import Mapping

import polars as pl

from lib.sources.presets.made_amounts import amount, number, or_zero, per_interval
from lib.sources.presets.months import AT, IDLE, MRR, PRORATED, SUBSCRIPTION
from lib.sources.presets.preset import MADE, Cells, Names, Preset, Target

START, END, REASON = (f"{MADE}{name}" for name in ("first day", "last day", "end reason"))
BY_PERIOD = (
    "Each line is its amount ÷ the months of its service period: year ÷ 12, week × 52 ÷ 12, day × 365 ÷ 12. A period"
    " that is not over yet is open."
)
TODAY_ONLY = (
    "This export knows subscriptions only as they are today: today's price and seats stand for all the time since they"
    " began, so new accounts and losses show, and expansion and contraction do not."
)


def _text(cells: Cells, *wanted: str) -> pl.Expr:
    return cells.get(*wanted).str.to_lowercase().str.replace_all(r"[\s-]+", "_")


def _is_true(cells: Cells, *wanted: str) -> pl.Expr:
    return _text(cells, *wanted).is_in(["true", "t", "1", "yes"]).fill_null(False)


def _flag(test: pl.Expr) -> pl.Expr:
    return pl.when(test.fill_null(False)).then(pl.lit("true")).otherwise(pl.lit("false"))


def _filled(cells: Cells, first: Names, last: Names) -> pl.Expr:
    return cells.get(*first).is_not_null() & cells.get(*last).is_not_null()


# --- lines of invoices -----------------------------------------------------------------------------------------------

CM_FROM = ("service_period_start", "service period start")
CM_TO = ("service_period_end", "service period end")
CM_CENTS = ("amount_in_cents", "amount in cents")
CM_TAX = ("tax_amount_in_cents", "tax amount in cents")
CM_WHO = ("customer_external_id", "customer external id", "customer_uuid", "customer uuid", "customer")
CM_OWN = ("subscription_external_id", "subscription external id", "subscription_uuid")


def _chartmogul_line(cells: Cells) -> Mapping[str, pl.Expr]:
    net = number(cells, *CM_CENTS) - or_zero(cells, *CM_TAX)
    return {
        **amount(cells, net, CM_CENTS), PRORATED: _flag(_is_true(cells, "prorated")),
        SUBSCRIPTION: cells.get(*CM_OWN, *CM_WHO),
    }  # fmt: skip


CHARTMOGUL_LINES = Preset(
    name="chartmogul_lines",
    title="ChartMogul file of invoice line items",
    identify=(CM_FROM, CM_TO, CM_CENTS),
    targets=(
        Target(
            table="subscriptions",
            columns={
                "subscription_id": (SUBSCRIPTION,), "account_id": CM_WHO, "mrr": (MRR,), "seats": ("quantity",),
                "plan": ("plan_external_id", "plan external id", "plan_uuid", "plan"), "currency": ("currency",),
                "start_date": CM_FROM, "end_date": CM_TO,
            },
            made=_chartmogul_line,
            keeps=lambda cells: _filled(cells, CM_FROM, CM_TO)
            & _text(cells, "type").eq("subscription").fill_null(not cells.has("type")),
            others="of one-off charges",
            gather="lines",
            is_minor=True,
            says=(BY_PERIOD,),
        ),
    ),
)  # fmt: skip

STRIPE_FROM, STRIPE_TO = ("period_start",), ("period_end",)


def _stripe_line(cells: Cells) -> Mapping[str, pl.Expr]:
    return {
        **amount(cells, number(cells, "amount"), ("amount",)), PRORATED: _flag(_is_true(cells, "proration")),
        SUBSCRIPTION: cells.get("subscription_item_id", "subscription_id"),
    }  # fmt: skip


STRIPE_LINES = Preset(
    name="stripe_lines",
    title="Stripe table invoice_line_item",
    identify=(("invoice_id", "unique_id"), STRIPE_FROM, STRIPE_TO, ("proration",), ("amount",)),
    targets=(
        Target(
            table="subscriptions",
            columns={
                "subscription_id": (SUBSCRIPTION,), "account_id": ("customer_id", "customer"), "mrr": (MRR,),
                "plan": ("price_id", "plan_id"), "seats": ("quantity",), "currency": ("currency",),
                "start_date": STRIPE_FROM, "end_date": STRIPE_TO,
            },
            made=_stripe_line,
            keeps=lambda cells: _filled(cells, STRIPE_FROM, STRIPE_TO)
            & cells.get("subscription_item_id", "subscription_id").is_not_null(),
            others="of one-off charges",
            gather="lines",
            is_minor=True,
            says=(BY_PERIOD, "Discounts given on a whole invoice are not in its lines."),
        ),
    ),
    notes=("Lines name no customer: join invoice.customer_id to them.",),
)  # fmt: skip


def _recurly_line(cells: Cells) -> Mapping[str, pl.Expr]:
    gross = pl.when(cells.get("subtotal").is_null()).then(number(cells, "amount"))
    net = gross.otherwise(number(cells, "subtotal") - or_zero(cells, "discount"))
    net = pl.when(_text(cells, "type").eq("credit").fill_null(False)).then(-net.abs()).otherwise(net)
    return {
        **amount(cells, net, ("subtotal", "amount")), PRORATED: _flag(number(cells, "proration_rate") < 1),
        SUBSCRIPTION: cells.get("subscription_id"),
    }  # fmt: skip


RECURLY_LINES = Preset(
    name="recurly_lines",
    title="Recurly table line_item_history",
    identify=(("subscription_id",), ("start_date",), ("end_date",), ("origin", "add_on_code"), ("subtotal", "amount")),
    targets=(
        Target(
            table="subscriptions",
            columns={
                "subscription_id": (SUBSCRIPTION,), "account_id": ("account_code", "account_id"), "mrr": (MRR,),
                "plan": ("plan_code",), "seats": ("quantity",), "currency": ("currency",),
                "start_date": ("start_date",), "end_date": ("end_date",),
            },
            made=_recurly_line,
            keeps=lambda cells: _filled(cells, ("start_date",), ("end_date",))
            & cells.get("subscription_id").is_not_null(),
            others="of one-off charges",
            gather="lines",
            is_rounded=True,
            says=(BY_PERIOD,),
        ),
    ),
)  # fmt: skip

# --- subscriptions ---------------------------------------------------------------------------------------------------

RECURLY_STATE = ("version_state", "state")
RECURLY_AT = ("version_created_at", "updated_at", "modified_at")
RECURLY_FROM = ("current_period_started_at", "subscription_current_period_started_at")
RECURLY_TO = ("current_period_ends_at", "subscription_current_period_ends_at")
RECURLY_AMOUNT = ("subtotal", "unit_amount", "subscription_unit_amount")
PAYING = ("active", "live", "renewing", "non_renewing", "canceled", "past_due", "last_billing")
"""Of Recurly: a canceled one runs on until it expires."""
NOT_PAYING = ("trial", "in_trial", "future", "expired", "paused", "inactive", "failed", "pending")


def _recurly_version(cells: Cells) -> Mapping[str, pl.Expr]:
    units = number(cells, "unit_amount", "subscription_unit_amount")
    many = pl.coalesce(number(cells, "quantity"), pl.lit(1))
    parts = units * many + or_zero(cells, "add_ons_total")
    total = pl.when(cells.get("subtotal").is_null()).then(parts).otherwise(number(cells, "subtotal"))
    state, trial = _text(cells, *RECURLY_STATE), cells.get("trial_ends_at", "subscription_trial_ends_at")
    known = state.is_in([*PAYING, *NOT_PAYING]).fill_null(False)
    unread = pl.concat_str(pl.coalesce(cells.get(*RECURLY_AMOUNT), pl.lit("")), pl.lit(" in the unknown state "),
                           pl.coalesce(state, pl.lit("(empty)")))  # fmt: skip
    return {
        **amount(cells, pl.when(known).then(total), RECURLY_AMOUNT, unread),
        AT: cells.get(*RECURLY_AT),
        IDLE: _flag(~state.is_in(PAYING) | (trial > cells.get(*RECURLY_AT))),
    }


RECURLY_HISTORY = Preset(
    name="recurly_history",
    title="Recurly history of subscriptions",
    identify=(RECURLY_STATE, RECURLY_AT, RECURLY_FROM, RECURLY_TO, RECURLY_AMOUNT),
    targets=(
        Target(
            table="subscriptions",
            columns={
                "subscription_id": ("subscription_uuid", "uuid", "subscription_id", "id"),
                "account_id": ("account_code", "account_id"), "plan": ("plan_code", "plan_id"),
                "seats": ("quantity",), "mrr": (MRR,), "currency": ("currency",),
                "start_date": RECURLY_FROM, "end_date": RECURLY_TO,
            },
            made=_recurly_version,
            keeps=lambda cells: _filled(cells, RECURLY_FROM, RECURLY_TO),
            others="without a billing period",
            gather="versions",
            is_rounded=True,
            says=("Each version counts from the day it was made: its amount ÷ the months of its billing period.",),
        ),
    ),
)  # fmt: skip

CB_FROM = ("started_at", "activated_at", "created_at")
CB_RUNS = ("active", "non_renewing", "cancelled", "canceled")


def _chargebee(cells: Cells) -> Mapping[str, pl.Expr]:
    status = _text(cells, "status")
    paused = status.eq("paused").fill_null(False)
    over = status.is_in(["cancelled", "canceled"]).fill_null(False)
    began = pl.coalesce(cells.get("trial_end"), cells.get(*CB_FROM))
    return {
        START: began, REASON: pl.when(paused).then(pl.lit("paused")),
        END: pl.when(over).then(cells.get("cancelled_at")).when(paused).then(cells.get("pause_date")),
    }  # fmt: skip


CHARGEBEE = Preset(
    name="chargebee_subscriptions",
    title="Chargebee export of subscriptions",
    identify=(("customer_id",), ("status",), ("mrr",), ("current_term_start", "current_term_end"), CB_FROM),
    targets=(
        Target(
            table="subscriptions",
            columns={
                "subscription_id": ("id", "subscription_id"), "account_id": ("customer_id",), "plan": ("plan_id",),
                "seats": ("plan_quantity",), "mrr": ("mrr",), "currency": ("currency_code",), "start_date": (START,),
                "end_date": (END,), "end_reason": (REASON,),
            },
            made=_chargebee,
            keeps=lambda cells: _text(cells, "status").is_in(CB_RUNS).fill_null(False)
            | (_text(cells, "status").eq("paused") & cells.get("pause_date").is_not_null()).fill_null(False),
            others="on trial, paused or not begun",
            gather="states",
            is_minor=True,
            says=("Amounts are read as minor units (cents).", TODAY_ONLY),
        ),
    ),
)  # fmt: skip

STRIPE_START = ("Start (UTC)", "Start Date (UTC)", "Created (UTC)")
STRIPE_ENDED = ("Ended At (UTC)", "Canceled At (UTC)")


def _stripe_subscription(cells: Cells) -> Mapping[str, pl.Expr]:
    many = pl.coalesce(number(cells, "Quantity"), pl.lit(1))
    interval, price = cells.get("Interval"), cells.get("Amount")
    each = per_interval(number(cells, "Amount") * many, interval, number(cells, "Interval Count"))
    nothing = pl.coalesce(interval, pl.lit("(empty)"))
    unread = pl.concat_str(price, pl.lit(" per unknown interval "), nothing)
    over = _text(cells, "Status").is_in(["canceled", "cancelled"]).fill_null(False)
    return {
        **amount(cells, each, ("Amount",), unread), START: cells.get("Trial End (UTC)", *STRIPE_START),
        END: pl.coalesce(cells.get("Ended At (UTC)"), pl.when(over).then(cells.get(*STRIPE_ENDED))),
    }  # fmt: skip


def _stripe_runs(cells: Cells) -> pl.Expr:
    in_trial = cells.get(*STRIPE_ENDED) <= cells.get("Trial End (UTC)")
    runs = _text(cells, "Status").is_in(["active", "past_due", "canceled", "cancelled"]).fill_null(False)
    return runs & ~in_trial.fill_null(False)


STRIPE_SUBSCRIPTIONS = Preset(
    name="stripe_subscriptions",
    title="Stripe export of subscriptions",
    identify=(("id",), ("Customer ID",), ("Interval",), ("Amount",), ("Status",), STRIPE_START),
    targets=(
        Target(
            table="subscriptions",
            columns={
                "subscription_id": ("id",), "account_id": ("Customer ID",), "product": ("Product",), "plan": ("Plan",),
                "seats": ("Quantity",), "mrr": (MRR,), "currency": ("Currency",), "start_date": (START,),
                "end_date": (END,),
            },
            made=_stripe_subscription,
            keeps=_stripe_runs,
            others="on trial, paused, unpaid or not begun",
            gather="states",
            is_rounded=True,
            says=("MRR is amount × quantity ÷ the months of the interval.", TODAY_ONLY),
        ),
    ),
)  # fmt: skip
