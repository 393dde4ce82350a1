"""Touchpoints that events carry: UTM parameters, click ids, creator codes and the page before; and exports of GA4."""

import polars as pl

from lib.model import EVENTS
from lib.sources.presets.channels import PAID_CHANNELS, host_of, network, web_channel
from lib.sources.presets.creators import UTM_OF_LINK
from lib.sources.presets.preset import DASHES, MADE, Cells, Preset, Target

CHANNEL, PARTNER, CAMPAIGN, CREATIVE = (f"{MADE}{name}" for name in ("channel", "partner", "campaign", "creative"))
HOST, PAGE, CODE = (f"{MADE}{name}" for name in ("referrer host", "landing page", "promo code"))
JSON = ("props", "properties", "event_properties", "params", "event_params", "collected_traffic_source")
ADDRESS = (
    "page",
    "page_location",
    "page_url",
    "url",
    "current_url",
    "$current_url",
    "landing_page",
    "page_path",
    "path",
)
REFERRER = ("referrer", "referer", "page_referrer", "http_referrer", "HTTP Referrer", "$referrer")
CODES = ("promo_code", "promo code", "discount_code", "coupon_code", "coupon")
SEARCH_IDS, SOCIAL_IDS = ("gclid", "gbraid", "wbraid", "msclkid"), ("ttclid",)
MANUAL = {
    "utm_source": "manual_source", "utm_medium": "manual_medium", "utm_campaign": "manual_campaign_name",
    "utm_content": "manual_content",
}  # fmt: skip
GA4_PARAMS = {"utm_source": "source", "utm_medium": "medium", "utm_campaign": "campaign", "utm_content": "content"}


def _found(cells: Cells, *names: str) -> pl.Expr:
    """The first of these columns, or of these members of a column of JSON, that holds a value."""
    parts = [cells.get(*names)]
    for column in JSON:
        if cells.has(column):
            text = cells.get(column)
            for name in names:
                plain = pl.when(text.str.starts_with("{")).then(text).str.json_path_match(f"$['{name}']")
                listed = text.str.extract(rf'"key":\s*"{name}"[^\}}]*?"string_value":\s*"([^"]+)"', 1)
                parts += [plain, listed]
    return pl.coalesce(pl.when(~part.str.contains(DASHES)).then(part.str.strip_chars()) for part in parts)


def _utm(cells: Cells, name: str) -> pl.Expr:
    """A UTM parameter or click id: its own column, a member of JSON, or in the address of the page."""
    spelled = [name, f"${name}", MANUAL.get(name, name), f"collected_traffic_source.{MANUAL.get(name, name)}"]
    in_address = _found(cells, *ADDRESS).str.extract(rf"[?&#]{name}=([^&#\s]+)", 1)
    decoded = in_address.str.replace_all(r"\+|%20", " ").str.replace_all("%2F", "/").str.replace_all("%7C", "|")
    listed = _found(cells, GA4_PARAMS[name]) if name in GA4_PARAMS and cells.has("event_params") else pl.lit(None)
    return pl.coalesce(_found(cells, *spelled), decoded, listed)


def touch(cells: Cells) -> dict[str, pl.Expr]:
    """The columns of a touchpoint, from the row of an event."""
    address, referrer = _found(cells, *ADDRESS), host_of(_found(cells, *REFERRER))
    own = referrer.eq(host_of(address)).fill_null(False)
    for host in cells.hosts:
        bare = host.lower().removeprefix("www.")
        own = own | referrer.eq(bare).fill_null(False) | referrer.str.ends_with(f".{bare}").fill_null(False)
    host = pl.when(~own).then(referrer)
    utm = {name: _utm(cells, name) for name in ("utm_source", "utm_medium", "utm_campaign", "utm_content")}
    clicked = {word: pl.coalesce([_utm(cells, one) for one in ids]).is_not_null()
               for word, ids in (("search", SEARCH_IDS), ("social", SOCIAL_IDS))}  # fmt: skip
    click = pl.when(clicked["search"]).then(pl.lit("search")).when(clicked["social"]).then(pl.lit("social"))
    code = _found(cells, *CODES)
    creator = _creator(cells, code, address, utm)
    channel = web_channel(utm["utm_source"], utm["utm_medium"], click, host)
    paid = pl.when(channel.is_in(PAID_CHANNELS)).then(
        pl.coalesce(network(utm["utm_source"]), network(host), pl.when(clicked["social"]).then(pl.lit("tiktok")))
    )
    lent = pl.when(channel.is_in(["influencer", "affiliate"])).then(utm["utm_source"])
    bare = address.str.replace(r"[?#].*$", "").str.replace(r"^(?:[a-z]+:)?//[^/]*", "")
    return {
        CHANNEL: pl.when(creator.is_not_null()).then(pl.lit("influencer")).otherwise(channel),
        PARTNER: pl.coalesce(creator, lent, paid),
        CAMPAIGN: utm["utm_campaign"],
        CREATIVE: utm["utm_content"],
        HOST: host,
        PAGE: pl.when(bare.str.len_chars() > 0).then(bare),
        CODE: code,
    }


def _creator(cells: Cells, code: pl.Expr, address: pl.Expr, utm: dict[str, pl.Expr]) -> pl.Expr:
    """The creator whose code was used, or whose link was followed; null without a ledger. The code goes first."""
    if cells.links is None:
        return pl.lit(None, pl.String())
    triple = pl.concat_str([utm[name].str.to_lowercase().fill_null("") for name in UTM_OF_LINK], separator="\t")
    path = address.str.extract(r"^(?:[a-z]+:)?(?://[^/?#]*)?([^?#]*?)/?(?:[?#].*)?$", 1).str.to_lowercase()
    looked = (
        (code.str.to_uppercase(), cells.links.codes), (triple, cells.links.utms), (path, cells.links.paths),
    )  # fmt: skip
    return pl.coalesce(
        [value.replace_strict(names or {"": None}, default=None, return_dtype=pl.String()) for value, names in looked]
    )


def has_source(cells: Cells) -> pl.Expr:
    """Does this event say where its person came from?"""
    return touch(cells)[CHANNEL].is_not_null()


def _own(column: str) -> tuple[str, ...]:
    """The headers a column of an event is known under."""
    return (column, *EVENTS.by_name[column].names)


_TOUCH = {
    "channel": (CHANNEL,), "partner": (PARTNER,), "campaign": (CAMPAIGN,), "creative": (CREATIVE,),
    "referrer_host": (HOST,), "landing_page": (PAGE,), "promo_code": (CODE,),
}  # fmt: skip

OWN_HOSTS = (
    "A page of your own site before an event would count as a referral: name your hosts in own_hosts of this source."
)

UTM = Preset(
    name="utm",
    title="event log with UTM parameters",
    notes=(OWN_HOSTS,),
    identify=(("utm_source", "utm_medium", "utm_campaign"),),
    targets=(
        Target(
            table="touchpoints",
            columns={"ts": _own("ts"), "user_id": _own("user_id"), "anon_id": _own("anon_id"), **_TOUCH},
            made=touch,
            keeps=has_source,
            others="without a source",
            gather="visits",
        ),
    ),
)

GA4 = Preset(
    name="ga4",
    title="GA4 event export",
    identify=(("event_name",), ("event_timestamp",), ("user_pseudo_id",)),
    targets=(
        Target(
            table="events",
            columns={
                "ts": ("event_timestamp",), "name": ("event_name",), "user_id": ("user_id",),
                "anon_id": ("user_pseudo_id",), "page": ("page_location",), "referrer": ("page_referrer",),
                "platform": ("platform",),
            },
        ),
        Target(
            table="touchpoints",
            columns={"ts": ("event_timestamp",), "user_id": ("user_id",), "anon_id": ("user_pseudo_id",), **_TOUCH},
            made=touch,
            keeps=has_source,
            others="without a source",
            gather="visits",
            needs=("event_params", "collected_traffic_source", "collected_traffic_source.manual_source", "utm_source",
                   "page_location", "page_referrer"),
        ),
    ),
)  # fmt: skip

WHEN, WHO, DEVICE, ONCE = f"{MADE}time", f"{MADE}person", f"{MADE}device", f"{MADE}insert id"
UNKNOWN = "$device:"  # what Mixpanel writes before the id of a device nobody is known on yet


def _mixpanel(cells: Cells) -> dict[str, pl.Expr]:
    """What Mixpanel keeps among the properties: when, who, on which device, and the id that tells repeats."""
    text = cells.get("properties")
    person, device, when, once = (
        pl.when(part != "").then(part)
        for name in ("distinct_id", "$device_id", "time", "$insert_id")
        for part in [text.str.json_path_match(f"$['{name}']")]
    )
    is_device = person.str.starts_with(UNKNOWN)
    return {
        WHEN: when,
        WHO: pl.coalesce(text.str.json_path_match("$['$user_id']"), pl.when(~is_device).then(person)),
        DEVICE: pl.coalesce(device, pl.when(is_device).then(person.str.strip_prefix(UNKNOWN))),
        ONCE: once,
    }


MIXPANEL = Preset(
    name="mixpanel",
    title="Mixpanel event export",
    notes=("Times are read as UTC; a project older than 2023 may write them in its own time zone.",),
    identify=(("event",), ("properties",)),
    unless=("ts", "time", "timestamp", "sent_at", "received_at", "created_at", "event_time", "user_id", "userId",
            "anonymousId", "anonymous_id", "distinct_id", "uuid", "type"),
    targets=(
        Target(
            table="events",
            columns={"ts": (WHEN,), "name": ("event",), "user_id": (WHO,), "anon_id": (DEVICE,), "event_id": (ONCE,),
                     "props": ("properties",)},
            made=_mixpanel,
        ),
    ),
)  # fmt: skip
