"""The columns of the tables on the page Revenue: heading and format."""

from lib.ui.tables import Format

Columns = dict[str, tuple[str, Format]]

KEPT: Columns = {
    "bucket": ("From", "day"),
    "segment": ("Group", "text"),
    "grr": ("GRR", "percent"),
    "nrr": ("NRR", "percent"),
    "logo_retention": ("Logo retention", "percent"),
    "accounts": ("Accounts at the opening", "count"),
    "opening_mrr": ("MRR at the opening", "money"),
    "churn": ("− Churn", "money"),
    "contraction": ("− Contraction", "money"),
    "paused": ("− Paused", "money"),
    "kept_mrr": ("= Kept", "money"),
    "expansion": ("+ Expansion", "money"),
    "now_mrr": ("= Now", "money"),
}
COHORTS: Columns = {
    "segment": ("Group", "text"),
    "age": ("Age", "count"),
    "size": ("Accounts", "count"),
    "size_mrr": ("MRR at first", "money"),
    "mrr": ("MRR at this age", "money"),
    "grr": ("GRR", "percent"),
    "nrr": ("NRR", "percent"),
    "logo": ("Logo retention", "percent"),
}
PACKAGES: Columns = {
    "segment": ("Group", "text"),
    "outcome": ("What became of them", "text"),
    "accounts": ("Accounts", "count"),
    "share": ("Of all of them", "percent"),
    "opening_mrr": ("MRR at the start", "money"),
    "contraction": ("− Contraction", "money"),
    "churn": ("− Churn", "money"),
    "kept_mrr": ("= Kept", "money"),
    "now_mrr": ("MRR now", "money"),
}
MOVES: Columns = {
    "segment": ("Group", "text"),
    "held": ("Held at the start", "text"),
    "now_held": ("Holds now", "text"),
    "accounts": ("Accounts", "count"),
    "opening_mrr": ("MRR at the start", "money"),
    "now_mrr": ("MRR now", "money"),
}
PRICES: Columns = {
    "segment": ("Group", "text"),
    "price_version": ("Price version", "text"),
    "route": ("Route", "text"),
    "accounts": ("Accounts", "count"),
    "share": ("Of all accounts", "percent"),
    "mrr": ("MRR", "money"),
    "list_mrr": ("At list price", "money"),
    "realised_price": ("Realised price", "percent"),
    "grr": ("GRR", "percent"),
    "nrr": ("NRR", "percent"),
    "logo_retention": ("Logo retention", "percent"),
}
ATTACH: Columns = {
    "bucket": ("From", "day"),
    "segment": ("Group", "text"),
    "accounts": ("Accounts", "count"),
    "with_two": ("With a second product", "count"),
    "rate": ("Share", "percent"),
    "products": ("Products", "count"),
    "per_account": ("Products per account", "decimal"),
}
PATHS: Columns = {
    "segment": ("Group", "text"),
    "first": ("First product", "text"),
    "next": ("Next product", "text"),
    "accounts": ("Accounts", "count"),
    "share": ("Of all accounts", "percent"),
    "median_days": ("Days between, median", "count"),
}
CONCENTRATION: Columns = {
    "bucket": ("From", "day"),
    "segment": ("Group", "text"),
    "accounts": ("Accounts", "count"),
    "mrr": ("MRR", "money"),
    "top_1": ("Largest account", "percent"),
    "top_5": ("Largest 5", "percent"),
    "top_10": ("Largest 10", "percent"),
    "hhi": ("HHI", "number"),
}
DRIVERS: Columns = {
    "segment": ("Group", "text"),
    "change": ("Change, pp", "decimal"),
    "rate": ("by rate, pp", "decimal"),
    "mix": ("by mix, pp", "decimal"),
    "grr_before": ("GRR before", "percent"),
    "grr": ("GRR", "percent"),
    "weight_before": ("Weight before", "percent"),
    "weight": ("Weight", "percent"),
    "opening_before": ("MRR before", "money"),
    "opening": ("MRR at the opening", "money"),
}
