"""Deals as a CRM exports them: the stage says whether one is won, lost or open, and the source where it came from.

The headers are those of HubSpot's export of deals and of Salesforce's reports and objects of opportunities. In both,
the close date of an open deal is a guess; it becomes a date only once the deal is closed.
"""

from collections.abc import Mapping

import polars as pl

from lib.sources.presets.preset import MADE, Cells, Preset, Target

WON, CLOSED, AMOUNT = f"{MADE}won", f"{MADE}closed", f"{MADE}contract value"
ORIGIN, ACCOUNT = f"{MADE}origin", f"{MADE}account"
STAGE = ("Deal Stage", "Stage", "Stage Name", "StageName", "stage_name")
ACV = ("Annual contract value", "ACV")
VALUE = (*ACV, "Amount", "Amount in company currency")
TCV = ("Total contract value", "TCV")
COMPANY = ("Associated Company IDs", "Account ID", "AccountId", "account_id", "Associated Company", "Company Name",
           "Account Name")  # fmt: skip
ENDED = ("Closed Date", "Close Date", "CloseDate", "close_date")
SOURCE = ("Original Traffic Source", "Original Source", "Original Source Type", "Lead Source", "LeadSource",
          "lead_source", "Deal source")  # fmt: skip
CURRENCY = ("Currency", "Deal Currency Code", "Amount Currency", "Opportunity Currency", "CurrencyIsoCode")
REASON = ("Closed Lost Reason", "Loss Reason", "Lost Reason", "Reason Lost")
YES = r"^(?i:true|yes|1|ja|oui)$"
NO = r"^(?i:false|no|0|nein|non)$"
WON_STAGE, LOST_STAGE = r"(?i:won|gewonnen|gagn[ée]e?)\s*$", r"(?i:lost|verloren|perdue?)\s*$"
ORIGINS = (
    ("outbound", r"outbound|cold|prospecting|purchased list|\b(?:sdr|bdr)\b"),
    ("support_handoff", r"support"),
    ("partner", r"partner|reseller|affiliate"),
    ("product", r"product|\bpql\b|self.?serve|trial|freemium|in.?app"),
    ("inbound", r"inbound|web|organic|search|paid|social|e.?mail|direct|content|webinar|phone inquiry|demo|referral|"
                r"event|advert"),
)  # fmt: skip
"""Words of a source, and the origin they tell; the first that fits."""


def _is(cells: Cells, *headers: str) -> pl.Expr:
    """A column of yes and no; null where it says neither."""
    text = cells.get(*headers)
    return pl.when(text.str.contains(YES)).then(True).when(text.str.contains(NO)).then(False)


def _is_won(cells: Cells) -> pl.Expr:
    """By the columns that say it, else by the name of the stage; null while it is open."""
    won = _is(cells, "Is Closed Won", "Is Won", "IsWon", "is_won", "Won")
    closed = _is(cells, "Is Deal Closed?", "Is Closed", "IsClosed", "is_closed", "Closed")
    lost = _is(cells, "Is closed lost", "Is Lost")
    stage = cells.get(*STAGE)
    return (
        pl.when(won).then(True).when(lost | (closed & ~won)).then(False).when(~closed).then(None)
        .when(stage.str.contains(WON_STAGE)).then(True).when(stage.str.contains(LOST_STAGE)).then(False)
    )  # fmt: skip


def _origin(cells: Cells) -> pl.Expr:
    source = cells.get(*SOURCE).str.to_lowercase().str.replace_all("[_-]", " ")
    found: pl.Expr = pl.lit(None, pl.String())
    for origin, words in reversed(ORIGINS):
        found = pl.when(source.str.contains(words)).then(pl.lit(origin)).otherwise(found)
    return found


def _deal(cells: Cells) -> Mapping[str, pl.Expr]:
    is_won = _is_won(cells)
    return {
        WON: pl.when(is_won).then(pl.lit("true")).when(~is_won).then(pl.lit("false")),
        CLOSED: pl.when(is_won.is_not_null()).then(cells.get(*ENDED)),
        AMOUNT: pl.coalesce(cells.get(*VALUE), pl.lit("0")),
        ORIGIN: _origin(cells),
        # Several companies of one deal: the first, which is the primary one.
        ACCOUNT: cells.get(*COMPANY).str.split(";").list.first().str.strip_chars(),
    }


def _target(opp_id: tuple[str, ...], team: tuple[str, ...], owner: tuple[str, ...], born: tuple[str, ...]) -> Target:
    return Target(
        table="opportunities",
        columns={
            "opp_id": opp_id, "account_id": (ACCOUNT,), "team": team, "owner_id": owner, "origin": (ORIGIN,),
            "created_at": born, "closed_at": (CLOSED,), "is_won": (WON,), "acv": (AMOUNT,), "tcv": TCV,
            "currency": CURRENCY, "loss_reason": REASON,
        },
        made=_deal,
        keeps=lambda cells: cells.get(*STAGE).is_not_null(),
        others="without a stage",
        is_rounded=True,
        says=(
            "Won and lost are read from the columns that say so, else from stages that end in won or lost; every other"
            " stage is open, and its close date is only planned.",
            "The contract value of a year is the column of that name where there is one, else the amount; a deal"
            " without an amount counts with 0.",
        ),
    )  # fmt: skip


_BORN = ("Create Date", "Created Date", "CreatedDate", "created_date")

HUBSPOT_DEALS = Preset(
    name="hubspot_deals",
    title="HubSpot export of deals",
    identify=(("Record ID", "Deal ID"), ("Deal Name",), ("Deal Stage",), ("Create Date",)),
    targets=(_target(("Record ID", "Deal ID"), ("HubSpot Team", "Pipeline"), ("Deal owner",), _BORN),),
    notes=("Times are those of the portal's time zone: set the time zone if it differs from yours.",),
)

SALESFORCE_DEALS = Preset(
    name="salesforce_opportunities",
    title="Salesforce export of opportunities",
    identify=(
        ("Opportunity ID", "18 Character Opportunity ID", "Id"),
        ("Stage", "Stage Name", "StageName", "stage_name"),
        ("Account ID", "AccountId", "account_id", "Account Name"),
        ("Created Date", "CreatedDate", "created_date"),
        ("Close Date", "CloseDate", "close_date", "Closed Date"),
    ),
    unless=("opp_id", "Deal Name"),
    targets=(
        _target(
            ("18 Character Opportunity ID", "Opportunity ID", "Id"), ("Team", "Sales Team", "Owner Role"),
            ("Opportunity Owner", "Owner ID", "OwnerId", "owner_id"), _BORN,
        ),
    ),
    notes=("A report needs the column Opportunity ID: names of opportunities are not unique.",),
)  # fmt: skip
