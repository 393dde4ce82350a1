"""Bills as billing systems export them: whether each was paid, and how often that was tried."""

from collections.abc import Mapping

import polars as pl

from lib.sources.presets.preset import MADE, Cells, Preset, Target

STATUS, FAILED = f"{MADE}status", f"{MADE}first failed"
ISSUED = ("Finalized At (UTC)", "Finalized At", "Date (UTC)", "Date", "Created (UTC)")
TRIED = ("Attempt Count", "Attempts")
PAID = ("Paid At (UTC)", "Paid At")
DRAFTS = ("draft", "void", "deleted")


def _stripe(cells: Cells) -> Mapping[str, pl.Expr]:
    state = cells.get("Status").str.to_lowercase()
    tried = cells.get(*TRIED).cast(pl.Int64(), strict=False).fill_null(0)
    has_failed = (tried > 1) | ((state != "paid") & (tried > 0))
    status = (
        pl.when(state == "paid").then(pl.when(has_failed).then(pl.lit("recovered")).otherwise(pl.lit("paid")))
        .when(state == "uncollectible").then(pl.lit("written_off"))
        .when(state == "open").then(pl.when(has_failed).then(pl.lit("failed")).otherwise(pl.lit("open")))
        .otherwise(state)
    )  # fmt: skip
    return {STATUS: status, FAILED: pl.when(has_failed).then(cells.get(*ISSUED))}


STRIPE_INVOICES = Preset(
    name="stripe_invoices",
    title="Stripe export of invoices",
    identify=(("id",), ("Customer", "Customer ID"), ("Status",), ("Amount Due",), ("Amount Paid", "Amount Remaining")),
    targets=(
        Target(
            table="invoices",
            columns={
                "invoice_id": ("id",), "account_id": ("Customer ID", "Customer"), "issued_at": ISSUED,
                "amount": ("Amount Due", "Total"), "currency": ("Currency",), "status": (STATUS,),
                "due_at": ("Due Date (UTC)", "Due Date"), "first_failed_at": (FAILED,), "paid_at": PAID,
                "attempts": TRIED,
            },
            made=_stripe,
            keeps=lambda cells: ~cells.get("Status").str.to_lowercase().is_in(DRAFTS).fill_null(True),
            others="of drafts and void bills",
            is_rounded=True,
            says=(
                "This export does not say when a payment failed: where it was tried more than once, or in vain, the"
                " day of the bill stands for it.",
            ),
        ),
    ),
    notes=("Which billing e-mails were live is not in it: add a column email_version to compare flows.",),
)  # fmt: skip
