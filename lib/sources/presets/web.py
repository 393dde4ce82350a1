"""Touchpoints that events carry: UTM parameters, click ids, creator codes and the page before; and exports of GA4."""

from collections.abc import Iterator

import polars as pl

from lib.model import EVENTS
from lib.sources.presets.channels import PAID_CHANNELS, host_of, network, web_channel
from lib.sources.presets.creators import UTM_OF_LINK
from lib.sources.presets.preset import DASHES, MADE, STEP, Cells, Preset, Target

CHANNEL, PARTNER, CAMPAIGN, CREATIVE = (f"{MADE}{name}" for name in ("channel", "partner", "campaign", "creative"))
HOST, PAGE, CODE = (f"{MADE}{name}" for name in ("referrer host", "landing page", "promo code"))
_SOURCE, _MEDIUM, _ADDRESS, _REFERRER, _HOST, _CODE, _CREATOR, _CHANNEL = (
    f"{STEP}{name}"
    for name in ("utm_source", "utm_medium", "address", "referrer", "host", "code", "creator", "channel")
)
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
UTMS = ("utm_source", "utm_medium", "utm_campaign", "utm_content")
SEARCH_IDS, SOCIAL_IDS = ("gclid", "gbraid", "wbraid", "msclkid"), ("ttclid",)
MANUAL = {
    "utm_source": "manual_source", "utm_medium": "manual_medium", "utm_campaign": "manual_campaign_name",
    "utm_content": "manual_content",
}  # fmt: skip
GA4_PARAMS = {"utm_source": "source", "utm_medium": "medium", "utm_campaign": "campaign", "utm_content": "content"}


def _steps(cells: Cells) -> Iterator[dict[str, pl.Expr]]:
    """What a touchpoint is made of. Each is needed in several places, and each needs those before it."""
    yield {f"{STEP}{column}": cells.get(column) for column in JSON if cells.has(column)}
    yield {
        _ADDRESS: _found(cells, *ADDRESS),
        _REFERRER: host_of(_found(cells, *REFERRER)),
        _CODE: _found(cells, *CODES),
    }
    yield {f"{STEP}{name}": _utm(cells, name) for name in (*UTMS, *SEARCH_IDS, *SOCIAL_IDS)}
    yield {_HOST: pl.when(~_is_own(cells)).then(pl.col(_REFERRER)), _CREATOR: _creator(cells)}
    yield {_CHANNEL: web_channel(pl.col(_SOURCE), pl.col(_MEDIUM), _click(), pl.col(_HOST))}


def _found(cells: Cells, *names: str) -> pl.Expr:
    """The first of these columns, or of these members of a column of JSON, that holds a value."""
    parts = [cells.get(*names)]
    for column in JSON:
        if cells.has(column):
            text = pl.col(f"{STEP}{column}")
            for name in names:
                plain = pl.when(text.str.starts_with("{")).then(text).str.json_path_match(f"$['{name}']")
                listed = text.str.extract(rf'"key":\s*"{name}"[^\}}]*?"string_value":\s*"([^"]+)"', 1)
                parts += [plain, listed]
    return pl.coalesce(pl.when(~part.str.contains(DASHES)).then(part.str.strip_chars()) for part in parts)


def _utm(cells: Cells, name: str) -> pl.Expr:
    """A UTM parameter or click id: its own column, a member of JSON, or in the address of the page."""
    spelled = [name, f"${name}", MANUAL.get(name, name), f"collected_traffic_source.{MANUAL.get(name, name)}"]
    in_address = pl.col(_ADDRESS).str.extract(rf"[?&#]{name}=([^&#\s]+)", 1)
    decoded = in_address.str.replace_all(r"\+|%20", " ").str.replace_all("%2F", "/").str.replace_all("%7C", "|")
    listed = _found(cells, GA4_PARAMS[name]) if name in GA4_PARAMS and cells.has("event_params") else pl.lit(None)
    return pl.coalesce(_found(cells, *spelled), decoded, listed)


def _is_own(cells: Cells) -> pl.Expr:
    """Is the page before one of the company's own?"""
    referrer = pl.col(_REFERRER)
    own = referrer.eq(host_of(pl.col(_ADDRESS))).fill_null(False)
    for host in cells.hosts:
        bare = host.lower().removeprefix("www.")
        own = own | referrer.eq(bare).fill_null(False) | referrer.str.ends_with(f".{bare}").fill_null(False)
    return own


def _has_one(ids: tuple[str, ...]) -> pl.Expr:
    """Is one of these click ids there?"""
    return pl.coalesce([f"{STEP}{name}" for name in ids]).is_not_null()


def _click() -> pl.Expr:
    return pl.when(_has_one(SEARCH_IDS)).then(pl.lit("search")).when(_has_one(SOCIAL_IDS)).then(pl.lit("social"))


def touch(_: Cells) -> dict[str, pl.Expr]:
    """The columns of a touchpoint, from the steps over the row of an event."""
    creator, channel, source = pl.col(_CREATOR), pl.col(_CHANNEL), pl.col(_SOURCE)
    paid = pl.when(channel.is_in(PAID_CHANNELS)).then(
        pl.coalesce(network(source), network(pl.col(_HOST)), pl.when(_has_one(SOCIAL_IDS)).then(pl.lit("tiktok")))
    )
    lent = pl.when(channel.is_in(["influencer", "affiliate"])).then(source)
    bare = pl.col(_ADDRESS).str.replace(r"[?#].*$", "").str.replace(r"^(?:[a-z]+:)?//[^/]*", "")
    return {
        CHANNEL: pl.when(creator.is_not_null()).then(pl.lit("influencer")).otherwise(channel),
        PARTNER: pl.coalesce(creator, lent, paid),
        CAMPAIGN: pl.col(f"{STEP}utm_campaign"),
        CREATIVE: pl.col(f"{STEP}utm_content"),
        HOST: pl.col(_HOST),
        PAGE: pl.when(bare.str.len_chars() > 0).then(bare),
        CODE: pl.col(_CODE),
    }


def _creator(cells: Cells) -> pl.Expr:
    """The creator whose code was used, or whose link was followed; null without a ledger. The code goes first."""
    if cells.links is None:
        return pl.lit(None, pl.String())
    utm = [pl.col(f"{STEP}{name}").str.to_lowercase().fill_null("") for name in UTM_OF_LINK]
    path = pl.col(_ADDRESS).str.extract(r"^(?:[a-z]+:)?(?://[^/?#]*)?([^?#]*?)/?(?:[?#].*)?$", 1).str.to_lowercase()
    looked = (
        (pl.col(_CODE).str.to_uppercase(), cells.links.codes), (pl.concat_str(utm, separator="\t"), cells.links.utms),
        (path, cells.links.paths),
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
            steps=_steps,
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
            steps=_steps,
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
