"""Who installed the app and what brought them: exports of AppsFlyer and Adjust.

`partner` is the network, under the same short name as in the spend of that network, so that cost and people meet.
"""

import polars as pl

from lib.sources.presets.channels import app_channel, network
from lib.sources.presets.preset import MADE, Cells, Preset, Target

CHANNEL, PARTNER, TIME, NAME = f"{MADE}channel", f"{MADE}partner", f"{MADE}time", f"{MADE}name"


def _networked(cells: Cells, *headers: str) -> dict[str, pl.Expr]:
    """The two columns that a network's name makes; both are empty where nobody knows the network."""
    name = cells.get(*headers)
    channel = app_channel(name)
    return {CHANNEL: channel, PARTNER: pl.when(channel.is_not_null()).then(network(name))}


def _appsflyer_touch(cells: Cells) -> dict[str, pl.Expr]:
    made = _networked(cells, "Media Source")
    creator = cells.get("Partner", "af_prt")
    partner = pl.when(made[CHANNEL].is_in(["influencer", "affiliate"])).then(pl.coalesce(creator, made[PARTNER]))
    return {**made, PARTNER: partner.otherwise(made[PARTNER]), TIME: cells.get("Attributed Touch Time", "Install Time")}


APPSFLYER_RAW = Preset(
    name="appsflyer_raw",
    title="AppsFlyer raw data export",
    identify=(
        ("AppsFlyer ID",),
        ("Media Source", "Attributed Touch Type", "Attributed Touch Time"),
        ("Event Name", "Event Time", "Install Time"),
    ),
    targets=(
        Target(
            table="events",
            columns={
                "ts": ("Event Time", "Install Time"), "name": ("Event Name",), "user_id": ("Customer User ID",),
                "anon_id": ("AppsFlyer ID",), "platform": ("Platform",), "app_version": ("App Version",),
                "value": ("Event Revenue",),
            },
            constants={"surface": "app"},
        ),
        Target(
            table="touchpoints",
            columns={
                "ts": (TIME,), "user_id": ("Customer User ID",), "anon_id": ("AppsFlyer ID",), "channel": (CHANNEL,),
                "partner": (PARTNER,), "campaign": ("Campaign",), "creative": ("Ad", "Adset"),
            },
            made=_appsflyer_touch,
            keeps=lambda cells: app_channel(cells.get("Media Source")).is_not_null(),
            others="without a source",
            gather="visits",
            needs=("Media Source",),
        ),
    ),
    notes=("Times in this export are those of the app's time zone, or UTC from Data Locker: set the time zone if it"
           " differs from yours.",
           "Installs without a media source, organic ones and those a network hides, make no touchpoint."),
)  # fmt: skip

APPSFLYER_COST = Preset(
    name="appsflyer_cost",
    title="AppsFlyer cost import file",
    identify=(("date",), ("app-id",), ("media-source",), ("spend",)),
    labels=("media-source", "campaign"),
    targets=(
        Target(
            table="spend",
            columns={
                "date": ("date",), "channel": (CHANNEL,), "partner": (PARTNER,), "campaign": ("campaign",),
                "cost": ("spend",), "currency": (f"{MADE}currency",), "impressions": ("impressions",),
                "clicks": ("clicks",),
            },
            constants={"kind": "media"},
            made=lambda cells: {
                CHANNEL: app_channel(cells.get("media-source")), PARTNER: network(cells.get("media-source")),
                f"{MADE}currency": cells.get("currency").fill_null("USD"),
            },
            gather="sum",
            is_rounded=True,
        ),
    ),
    notes=("An empty currency in this file means USD.",),
)  # fmt: skip

_ADJUST_NETWORK = ("network", "partner_name", "partner name", "channel", "partner")
_ADJUST_COST = ("cost", "ad spend", "adjust_cost", "adjust cost", "network_cost", "network cost")


def _adjust_event(cells: Cells) -> dict[str, pl.Expr]:
    kind = cells.get("activity_kind")
    return {
        NAME: pl.when(kind.eq("event")).then(cells.get("event_name", "event", "event_token")).otherwise(kind),
        TIME: cells.get("created_at", "installed_at"),
        f"{MADE}device": cells.get("adid", "idfa||gps_adid", "gps_adid", "idfa", "idfv"),
    }


def _adjust_touch(cells: Cells) -> dict[str, pl.Expr]:
    name = cells.get("network_name", "tracker_name")
    return {
        **_adjust_event(cells),
        TIME: cells.get("click_time", "impression_time", "installed_at", "created_at"),
        CHANNEL: app_channel(name), PARTNER: network(name),
    }  # fmt: skip


_ADJUST_PEOPLE = {"user_id": ("user_id", "customer_user_id", "external_device_id"), "anon_id": (f"{MADE}device",)}

ADJUST_RAW = Preset(
    name="adjust_raw",
    title="Adjust raw data export",
    identify=(
        ("activity_kind",),
        ("created_at", "installed_at"),
        ("adid", "idfa||gps_adid", "gps_adid", "idfa", "tracker", "tracker_name", "network_name"),
    ),
    targets=(
        Target(
            table="events",
            columns={
                "ts": (TIME,), "name": (NAME,), **_ADJUST_PEOPLE, "platform": ("os_name",),
                "app_version": ("app_version",), "value": ("revenue_float", "revenue"),
            },
            constants={"surface": "app"},
            made=_adjust_event,
            keeps=lambda cells: ~cells.get("activity_kind").is_in(["click", "impression"]).fill_null(False),
            others="of clicks and impressions",
        ),
        Target(
            table="touchpoints",
            columns={
                "ts": (TIME,), **_ADJUST_PEOPLE, "channel": (CHANNEL,), "partner": (PARTNER,),
                "campaign": ("campaign_name",), "creative": ("creative_name", "adgroup_name"),
            },
            made=_adjust_touch,
            keeps=lambda cells: cells.get("activity_kind").is_in(["install", "reattribution"])
            & app_channel(cells.get("network_name", "tracker_name")).is_not_null(),
            others="other than installs by a known network",
            gather="visits",
            needs=("network_name", "tracker_name"),
        ),
    ),
    notes=("Clicks and impressions in this export are not events of people; they are left out.",),
)  # fmt: skip

ADJUST_REPORT = Preset(
    name="adjust_report",
    title="Adjust report",
    identify=(("day", "week", "month", "date (day)"), _ADJUST_NETWORK, _ADJUST_COST,
              ("installs", "ecpi_all", "ecpi", "campaign_id_network", "campaign id (network)", "adgroup")),
    labels=("app", *_ADJUST_NETWORK, "campaign"),
    targets=(
        Target(
            table="spend",
            columns={
                "date": ("day", "date (day)", "week", "month"), "channel": (CHANNEL,), "partner": (PARTNER,),
                "campaign": ("campaign", "campaign_network", "campaign (network)", "campaign name"),
                "cost": _ADJUST_COST, "currency": ("currency", "currency code"),
                "impressions": ("impressions",), "clicks": ("clicks",),
            },
            constants={"kind": "media"},
            made=lambda cells: _networked(cells, *_ADJUST_NETWORK),
            keeps=lambda cells: app_channel(cells.get(*_ADJUST_NETWORK)).is_not_null(),
            others="of organic installs",
            ends={"week": "week", "month": "month"},
            gather="sum",
            is_rounded=True,
        ),
    ),
    notes=("Rows of organic installs cost nothing and are left out.",),
)  # fmt: skip
