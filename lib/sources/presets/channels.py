"""Which channel a visit came by: plain rules over its source, its medium, its click id and the page before it.

The rules are tried in order, and the first that fits decides. `docs/loading.md` lists them for people.
"""

import polars as pl

SOCIAL = (
    r"^(?:(?:www|m|l|lm|web|out)\.)*(?:facebook|fb|instagram|ig|meta|tiktok|linkedin|lnkd|twitter|t\.co|x\.com|x|"
    r"reddit|pinterest|snapchat|youtube|youtu\.be|threads)(?:[._ -](?:com|net|in|ads?|business|stories|int|social))*$"
)
SEARCH = (
    r"^(?:[\w-]+\.)*(?:google\.[a-z.]{2,6}|bing\.com|duckduckgo\.com|yahoo\.[a-z.]{2,6}|ecosia\.org|baidu\.com|"
    r"yandex\.[a-z.]{2,6}|qwant\.com|startpage\.com|search\.brave\.com)$"
)
MAIL = r"^(?:mail|webmail|outlook|e-?mail)\."
MAILER = r"^(?:e[_-]?mails?|newsletters?|mailchimp|klaviyo|sendgrid|hubspot_email|braze|customer\.?io)$"
NETWORKS = (
    (r"facebook|instagram|^fb$|^ig$|^meta\b|^meta_|threads", "meta"),
    (r"google|adwords|youtube|youtu\.be|^dv360", "google"),
    (r"tiktok|bytedance", "tiktok"),
    (r"bing|microsoft", "microsoft"),
    (r"linkedin|lnkd", "linkedin"),
    (r"snapchat|^snap", "snapchat"),
    (r"twitter|^x$|^x\.com|^t\.co$", "x"),
    (r"apple", "apple"),
    (r"reddit", "reddit"),
    (r"pinterest", "pinterest"),
)
PAID_CHANNELS = ("paid_search", "paid_social", "display", "app_store_ads", "ad_network")


def host_of(address: pl.Expr) -> pl.Expr:
    """The host of an address, in lower case and without `www.`; null where it has none, as `/pricing` does not."""
    host = address.str.to_lowercase().str.extract(r"^(?:[a-z][a-z0-9+.-]*:)?//([^/?#:@\s]+)", 1)
    return host.fill_null(address.str.to_lowercase().str.extract(r"^([a-z0-9-]+(?:\.[a-z0-9-]+)+)$", 1)).str.replace(
        r"^www\.", ""
    )


def web_channel(source: pl.Expr, medium: pl.Expr, click: pl.Expr, host: pl.Expr) -> pl.Expr:
    """The channel of a visit; null for one that names neither a source, a medium, a click id nor a page before.

    `click` is `search` or `social` where the address carries a click id of such an advertisement.
    """
    source, medium = source.str.to_lowercase(), medium.str.to_lowercase().str.replace_all(r"[\s-]+", "_")
    either = pl.concat_str(source.fill_null(""), medium.fill_null(""), separator=" ")
    paid = medium.str.contains(r"^(?:cpc|ppc|cpv|cpa|cpm|sem|ads?|(?:paid|retargeting).*|.*_(?:paid|cpc|ppc))$")
    shown = medium.str.contains(r"^(?:display|banners?|cpm|programmatic|native)$")
    social = source.str.contains(SOCIAL) | medium.str.contains("social")
    is_source = source.is_not_null() | medium.is_not_null()
    return (
        pl.when(either.str.contains(r"\b(?:influencers?|creators?|ambassadors?)\b")).then(pl.lit("influencer"))
        .when(either.str.contains(r"\baffiliates?\b") | medium.eq("partner")).then(pl.lit("affiliate"))
        .when(source.str.contains(MAILER) | medium.str.contains(MAILER)).then(pl.lit("email"))
        .when(medium.str.contains(r"^(?:sms|push|web_?push)$")).then(medium.str.replace("web_?push", "push"))
        .when((paid | shown) & social.fill_null(False)).then(pl.lit("paid_social"))
        .when(shown).then(pl.lit("display"))
        .when(paid).then(pl.lit("paid_search"))
        .when(click.eq("search")).then(pl.lit("paid_search"))
        .when(click.eq("social")).then(pl.lit("paid_social"))
        .when(social).then(pl.lit("organic_social"))
        .when(medium.eq("organic")).then(pl.lit("organic_search"))
        .when(medium.eq("referral")).then(pl.lit("referral"))
        .when(is_source).then(pl.lit("other"))
        .otherwise(_by_host(host))
    )  # fmt: skip


def _by_host(host: pl.Expr) -> pl.Expr:
    return (
        pl.when(host.str.contains(MAIL)).then(pl.lit("email"))
        .when(host.str.contains(SEARCH)).then(pl.lit("organic_search"))
        .when(host.str.contains(SOCIAL)).then(pl.lit("organic_social"))
        .when(host.is_not_null()).then(pl.lit("referral"))
    )  # fmt: skip


def app_channel(network: pl.Expr) -> pl.Expr:
    """The channel of an install by the name its attribution tool gives the network; null where it was organic."""
    name = network.str.to_lowercase()
    return (
        pl.when(name.is_null() | name.str.contains(r"^organic|^untrusted devices$")).then(None)
        .when(name.str.contains(r"influencer|creator")).then(pl.lit("influencer"))
        .when(name.str.contains("affiliate")).then(pl.lit("affiliate"))
        .when(name.str.contains(r"e-?mail|newsletter")).then(pl.lit("email"))
        .when(name.str.contains("apple search|asa_|searchads")).then(pl.lit("app_store_ads"))
        .when(name.str.contains("google|adwords|bing|microsoft")).then(pl.lit("paid_search"))
        .when(name.str.contains("facebook|instagram|^meta|tiktok|bytedance|snapchat|twitter|linkedin|reddit|pinterest"))
        .then(pl.lit("paid_social"))
        .when(name.str.contains("referral|user_invite")).then(pl.lit("referral"))
        .otherwise(pl.lit("ad_network"))
    )  # fmt: skip


def network(name: pl.Expr) -> pl.Expr:
    """One name for an advertising network, however it is spelled; others keep theirs, in lower case."""
    bare = name.str.to_lowercase()
    result = bare
    for pattern, short in reversed(NETWORKS):
        result = pl.when(bare.str.contains(pattern)).then(pl.lit(short)).otherwise(result)
    return result
