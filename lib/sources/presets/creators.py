"""What creators were paid: a plain ledger, one row per deal, and the codes and links that lead from people to them."""

from collections.abc import Iterable
from urllib.parse import parse_qs, urlsplit

import polars as pl

from lib.sources.amounts import plain_number
from lib.sources.presets.preset import MADE, Cells, Links, Preset, Target
from lib.sources.raw import Raw

CREATOR = ("creator", "influencer", "partner", "ambassador", "handle")
FEE = ("fee", "creator fee", "flat fee", "creator_fee")
PRODUCT = ("product cost", "product_cost", "cost of product", "gifting cost", "product value", "seeding cost")
CODE = ("code", "promo code", "promo_code", "discount code", "discount_code", "coupon")
LINK = ("link", "url", "tracking link", "tracking_link")
DAY = ("date", "day", "posted", "posted on", "post date", "published", "paid on")
COST = f"{MADE}fee and product cost"
SIGN = r"(\p{Sc}|[A-Za-z]{3})"
UTM_OF_LINK = ("utm_source", "utm_campaign", "utm_content")


def _ledger(cells: Cells) -> dict[str, pl.Expr]:
    """Fee and product cost as one amount, by their digits; the one that is there where the other is empty.

    What cannot be added up, a word or two currencies, stays as it is written: the row is quarantined with those words.
    """
    fee, product = cells.get(*FEE), cells.get(*PRODUCT)
    one, other = (plain_number(part, cells.decimal).cast(pl.Decimal(30, 6), strict=False) for part in (fee, product))
    mark, second = (part.str.extract(SIGN, 1) for part in (fee, product))
    point = "," if cells.decimal == "," else "."
    summed = (one + other).cast(pl.String()).str.replace(r"\.?0+$", "").str.replace(".", point, literal=True)
    return {
        COST: pl.when(product.is_null()).then(fee)
        .when(fee.is_null()).then(product)
        .when(one.is_null() | other.is_null() | (mark != second).fill_null(False))
        .then(pl.concat_str(fee, product, separator=" and "))
        .otherwise(pl.concat_str(pl.coalesce(mark, second, pl.lit("")), summed))
    }  # fmt: skip


CREATOR_LEDGER = Preset(
    name="creator_ledger",
    title="creator ledger",
    identify=(CREATOR, FEE, (*CODE, *LINK, *PRODUCT)),
    labels=CREATOR,
    targets=(
        Target(
            table="spend",
            columns={
                "date": DAY, "partner": CREATOR, "cost": (COST,), "currency": ("currency",),
                "campaign": ("campaign", "campaign name"), "impressions": ("impressions", "views"),
                "clicks": ("clicks", "link clicks"),
            },
            constants={"channel": "influencer", "kind": "influencer_fee"},
            made=_ledger,
            gather="sum",
        ),
    ),
    notes=("Codes and links of this ledger name the creator of touchpoints that are taken from events: give that source"
           " ledger = this file.",),
)  # fmt: skip


def links_of(pieces: Iterable[Raw]) -> Links:
    """The codes and links of a ledger. Of a code or link given to two creators, the later row's counts."""
    found = Links()
    for piece in pieces:
        cells = Cells(piece.names, piece.frame.schema)
        rows = piece.frame.select(creator=cells.get(*CREATOR), code=cells.get(*CODE), link=cells.get(*LINK))
        for creator, code, link in rows.drop_nulls("creator").rows():
            for one in (code or "").replace(";", ",").split(","):
                if one.strip():
                    found.codes[one.strip().upper()] = creator
            _add_link(found, creator, link or "")
    return found


def _add_link(found: Links, creator: str, link: str) -> None:
    parts = urlsplit(link if "//" in link else f"//{link}")
    given = parse_qs(parts.query)
    utm = "\t".join(given.get(name, [""])[0].lower() for name in UTM_OF_LINK)
    path = parts.path.rstrip("/").lower()
    if utm.strip():
        found.utms[utm] = creator
    elif path:
        found.paths[path] = creator
