"""How people were reached, and what that cost."""

from lib.model.table import Column, Table

TOUCHPOINTS = Table(
    name="touchpoints",
    meaning="One marketing contact, before or after sign-up.",
    key=(),
    needs_one_of=("user_id", "anon_id"),
    columns=(
        Column("ts", "ts", "When it happened.",
               ("2026-03-02T09:10:00Z", "2026-03-03T20:00:00Z", "2026-03-05T08:00:00Z"), required=True,
               names=("timestamp", "time", "touched_at", "attributed_touch_time", "date")),
        Column("user_id", "str", "The known person.", ("", "u_2", "u_3"), names=("user", "customer_user_id", "uid")),
        Column("anon_id", "str", "The device or cookie.", ("d_77", "", ""), names=("anonymous_id", "device_id")),
        Column("channel", "str", "The channel.", ("influencer", "paid_social", "organic_search"), required=True,
               names=("media_source", "source", "utm_source", "acquisition_channel")),
        Column("campaign", "str", "The campaign.", ("spring", "spring", ""), names=("utm_campaign", "campaign_name")),
        Column("partner", "str", "The influencer, co-marketing partner or affiliate.", ("mia_codes", "", ""),
               names=("influencer", "creator", "affiliate")),
        Column("creative", "str", "The advertisement or message.", ("video_a", "carousel_b", ""),
               names=("ad", "ad_name", "utm_content")),
        Column("audience", "str", "Whom it was aimed at.", ("", "visited_docs", "")),
        Column("keyword_class", "enum", "The class of the search keyword.", ("", "", "brand"),
               values=("brand", "comparison", "category")),
        Column("referrer_host", "str", "The host of the page before.", ("", "", "example.org")),
        Column("landing_page", "str", "The first page.", ("/welcome", "/pricing", "/docs")),
        Column("promo_code", "str", "The code that was used.", ("MIA10", "", ""), names=("code", "coupon")),
    ),
)

SPEND = Table(
    name="spend",
    meaning="One day of cost of one campaign. The same day and campaign again replaces the cost.",
    key=("date", "function", "kind", "channel", "campaign", "partner", "segment"),
    columns=(
        Column("date", "date", "The day.", ("2026-03-02", "2026-03-02", "2026-03-03"), required=True,
               names=("day", "reporting_starts")),
        Column("function", "enum", "Who spent it.", ("marketing", "marketing", "sales"), default="marketing",
               values=("marketing", "sales", "services")),
        Column("kind", "enum", "What it paid for.", ("influencer_fee", "media", "people"), default="media",
               values=("media", "influencer_fee", "tool", "people")),
        Column("channel", "str", "The channel.", ("influencer", "paid_social", ""), names=("media_source", "source")),
        Column("campaign", "str", "The campaign.", ("spring", "spring", ""), names=("campaign_name", "utm_campaign")),
        Column("partner", "str", "The influencer, partner or affiliate.", ("mia_codes", "", ""), names=("influencer",)),
        Column("segment", "str", "The customers it chased.", ("", "", "enterprise")),
        Column("cost", "money", "The cost.", ("1500.00", "320.40", "8000.00"), required=True,
               unit="reporting currency", names=("spend", "amount", "amount_spent", "cost_value")),
        Column("currency", "str", "ISO currency code; empty means the reporting currency.", ("", "", ""),
               names=("currency_code", "cost_currency")),
        Column("impressions", "int", "Times shown.", ("120000", "48000", ""), unit="times", names=("impr",)),
        Column("clicks", "int", "Times clicked.", ("2400", "610", ""), unit="times", names=("link_clicks",)),
    ),
)
