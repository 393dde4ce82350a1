"""How a marketing contact is known: by a code that was used, by a link that was followed, or by word of the person."""

import polars as pl

CODE, LINK, SURVEY = 0, 1, 2
CLICKED = ("landing_page", "referrer_host", "campaign", "creative", "keyword_class")
"""A contact that says one of these was a visit; one that says neither these nor a code was told."""


def known_by() -> pl.Expr:
    """`CODE`, `LINK` or `SURVEY`, of rows of touchpoints."""
    known = pl.when(pl.col("promo_code").is_not_null()).then(CODE)
    return known.when(pl.any_horizontal(pl.col(CLICKED).is_not_null())).then(LINK).otherwise(SURVEY).cast(pl.Int64())
