"""The canonical tables: what a fact looks like once it is ours.

One entry of `TABLES` is the whole description of a table. Templates, validation, the guess of a
mapping, the warehouse schema and `docs/model.md` are derived from it, so adding a table is adding
an entry. Bottom layer: imports nothing of ours.
"""

import csv
import io
from dataclasses import dataclass, field
from typing import Literal

import polars as pl

Kind = Literal["str", "int", "float", "bool", "date", "ts", "money", "enum", "json"]

POLARS_TYPE: dict[str, pl.DataType] = {
    "str": pl.String(),
    "int": pl.Int64(),
    "float": pl.Float64(),
    "bool": pl.Boolean(),
    "date": pl.Date(),
    "ts": pl.Datetime("us", "UTC"),
    "money": pl.Int64(),
    "enum": pl.String(),
    "json": pl.String(),
}

TYPE_WORDS = {
    "str": "text",
    "int": "whole number",
    "float": "number",
    "bool": "true or false",
    "date": "date",
    "ts": "time stamp (stored in UTC)",
    "money": "money (minor units of the reporting currency at rest, major units in files)",
    "enum": "one of a list",
    "json": "JSON text",
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name in files, its type, what it means, and three sample values for the template.

    `names` are other headers people use for it; the guess of a mapping reads them.
    """

    name: str
    kind: Kind
    meaning: str
    sample: tuple[str, str, str]
    required: bool = False
    values: tuple[str, ...] = ()
    unit: str = ""
    names: tuple[str, ...] = ()
    default: str | None = None

    @property
    def stored(self) -> str:
        """The name at rest: money says its unit, since it is kept as whole minor units."""
        return f"{self.name}_cents" if self.kind == "money" else self.name

    @property
    def dtype(self) -> pl.DataType:
        """The Polars type at rest."""
        return POLARS_TYPE[self.kind]


@dataclass(frozen=True, slots=True)
class Table:
    """One canonical table. `key` names the columns that identify a row; empty means exact duplicates go.

    `extras` is the JSON column that keeps source columns nobody mapped; events keep them as typed
    properties instead (`typed_extras`).
    """

    name: str
    meaning: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    extras: str | None = None
    typed_extras: bool = False
    needs_one_of: tuple[str, ...] = ()
    by_name: dict[str, Column] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the columns once."""
        object.__setattr__(self, "by_name", {column.name: column for column in self.columns})

    @property
    def schema(self) -> pl.Schema:
        """The columns and types at rest."""
        return pl.Schema({column.stored: column.dtype for column in self.columns})

    @property
    def required(self) -> tuple[str, ...]:
        """Columns a row cannot do without."""
        return tuple(column.name for column in self.columns if column.required)

    def template(self) -> str:
        """A CSV with the header and three sample rows: what a file for this table looks like."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow([column.name for column in self.columns])
        writer.writerows(zip(*(column.sample for column in self.columns), strict=True))
        return out.getvalue()


EVENTS = Table(
    name="events",
    meaning="One thing a person did. The only large table; further columns are kept as properties.",
    key=("event_id",),
    typed_extras=True,
    extras="props",
    needs_one_of=("user_id", "anon_id"),
    columns=(
        Column("event_id", "str", "The source's own id of the event; the same id twice is the same event.",
               ("ev_1001", "ev_1002", "ev_1003"), names=("id", "uuid", "insert_id", "message_id", "messageid")),
        Column("ts", "ts", "When it happened.",
               ("2026-03-02T09:14:05Z", "2026-03-02T09:15:40Z", "2026-03-03T18:02:11Z"), required=True,
               names=("timestamp", "time", "event_time", "occurred_at", "created_at", "datetime", "date",
                      "event_timestamp", "received_at", "sent_at")),
        Column("name", "str", "What happened, in snake_case.", ("signup_start", "signup_done", "project_created"),
               required=True, names=("event", "event_name", "event_type", "action", "type", "activity")),
        Column("user_id", "str", "The known person.", ("", "u_1", "u_1"),
               names=("user", "uid", "customer_id", "customer", "distinct_id", "userid", "client_id", "client",
                      "person_id", "member_id", "customer_user_id")),
        Column("anon_id", "str", "The device or cookie; an event carrying both ids ties them to one person.",
               ("d_77", "d_77", ""),
               names=("anonymous_id", "device_id", "cookie_id", "visitor_id", "anonymousid", "client_uuid",
                      "appsflyer_id")),
        Column("account_id", "str", "The company; filled from `users` when empty.", ("", "acme", "acme"),
               names=("account", "company_id", "workspace_id", "org_id", "organization_id", "group_id", "tenant_id")),
        Column("surface", "enum", "Where it happened.", ("web", "web", "app"),
               values=("web", "app", "server", "store")),
        Column("session_id", "str", "The visit; derived from gaps of 30 minutes when empty.", ("s_1", "s_1", "s_2"),
               names=("session", "visit_id")),
        Column("page", "str", "The raw path.", ("/signup", "/signup", "/projects/new"),
               names=("page_path", "path", "url", "page_url")),
        Column("referrer", "str", "The page before, with its host.", ("https://example.org/", "", ""),
               names=("referer", "http_referrer")),
        Column("platform", "str", "The operating system or client.", ("web", "web", "ios"),
               names=("os", "device_type", "os_name")),
        Column("app_version", "str", "The version of the app.", ("", "", "6.1"), names=("version", "release")),
        Column("value", "float", "Money, coins, seats or seconds, as the event means it.", ("", "", "3"),
               names=("amount", "event_value", "event_revenue", "revenue")),
        Column("props", "json", "Everything else, as one JSON object.",
               ('{"cta":"hero"}', "", '{"template":"blank"}'), names=("properties", "event_properties", "params")),
    ),
)

USERS = Table(
    name="users",
    meaning="One known person.",
    key=("user_id",),
    extras="traits",
    columns=(
        Column("user_id", "str", "The known person.", ("u_1", "u_2", "u_3"), required=True,
               names=("id", "user", "uid", "customer_id", "userid", "distinct_id")),
        Column("account_id", "str", "The company the person belongs to.", ("acme", "acme", ""),
               names=("account", "company_id", "workspace_id", "org_id")),
        Column("created_at", "ts", "When the person signed up.",
               ("2026-03-02T09:15:40Z", "2026-03-04T11:00:00Z", "2026-03-05T08:30:00Z"), required=True,
               names=("signed_up_at", "signup_date", "created", "registered_at", "created_on")),
        Column("email_domain", "str", "The part of the e-mail address after the @, in lower case.",
               ("acme.com", "acme.com", "gmail.com"), names=("domain",)),
        Column("role", "str", "The person's role.", ("engineer", "marketing", "founder"), names=("job_title", "title")),
        Column("seniority", "enum", "The person's rank.", ("ic", "director", "c_level"),
               values=("ic", "manager", "director", "vp", "c_level")),
        Column("persona", "str", "The persona the person was given.", ("builder", "buyer", "builder")),
        Column("country", "str", "ISO country code.", ("DE", "DE", "US"), names=("country_code",)),
        Column("age_band", "str", "Age band.", ("25-34", "35-44", "18-24"), names=("age_group", "age")),
        Column("is_internal", "bool", "Staff and test users; left out by default and counted.",
               ("false", "false", "true"), default="false", names=("internal", "is_staff", "is_test")),
        Column("traits", "json", "Everything else, as one JSON object.", ("", '{"plan":"pro"}', "")),
    ),
)

ACCOUNTS = Table(
    name="accounts",
    meaning="One company or workspace.",
    key=("account_id",),
    extras="traits",
    columns=(
        Column("account_id", "str", "The company.", ("acme", "globex", "initech"), required=True,
               names=("id", "account", "company_id", "workspace_id", "org_id", "customer_id")),
        Column("name", "str", "The company's name.", ("Acme GmbH", "Globex", "Initech"), required=True,
               names=("company", "account_name", "company_name")),
        Column("domain", "str", "The web domain; joins to e-mail domains.", ("acme.com", "globex.com", "initech.com"),
               names=("website", "company_domain")),
        Column("created_at", "ts", "When the account was made.",
               ("2026-03-02T09:15:40Z", "2026-01-10T10:00:00Z", "2025-11-20T16:45:00Z"), required=True,
               names=("created", "created_on", "signed_up_at")),
        Column("country", "str", "ISO country code.", ("DE", "US", "US"), names=("country_code",)),
        Column("region", "str", "NA, EMEA, LATAM or APAC.", ("EMEA", "NA", "NA")),
        Column("industry", "str", "The industry.", ("retail", "software", "software")),
        Column("employees", "int", "Headcount.", ("120", "2400", "35"), unit="people", names=("headcount", "size")),
        Column("segment", "enum", "The size segment sold to.", ("smb", "enterprise", "self_serve"),
               values=("self_serve", "smb", "mid", "enterprise")),
        Column("use_case", "str", "What they use the product for.", ("onboarding", "analytics", "analytics")),
        Column("job", "str", "The primary job they hire the product for.", ("engage", "acquire", "engage")),
        Column("owner_id", "str", "The colleague who owns the account.", ("p_1", "p_2", ""), names=("owner",)),
        Column("crm_id", "str", "The id in the CRM; empty means sales cannot see the account.", ("c_1", "c_2", "")),
        Column("traits", "json", "Everything else, as one JSON object.", ('{"b2c":true}', "", "")),
    ),
)

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

SUBSCRIPTIONS = Table(
    name="subscriptions",
    meaning="One account on one product at one price for one interval; a change closes a row and opens another.",
    key=("subscription_id", "start_date"),
    columns=(
        Column("subscription_id", "str", "The subscription.", ("sub_1", "sub_2", "sub_3"), required=True,
               names=("id", "subscription")),
        Column("account_id", "str", "The company that pays.", ("acme", "globex", "initech"), required=True,
               names=("account", "customer_id", "customer", "company_id")),
        Column("product", "str", "The package sold.", ("core", "core", "insights"), default="core",
               names=("package", "product_name")),
        Column("plan", "str", "The plan.", ("team", "enterprise", "starter"), default="standard",
               names=("plan_name", "price_name")),
        Column("price_version", "str", "The price book in force.", ("v1", "v1", "v2"), default="v1"),
        Column("route", "enum", "How it was sold.", ("self_serve", "sales", "self_serve"), default="self_serve",
               values=("self_serve", "sales")),
        Column("seats", "int", "Seats bought.", ("12", "240", ""), unit="seats", names=("quantity",)),
        Column("list_mrr", "money", "Monthly recurring revenue before discount.", ("240.00", "6000.00", "49.00"),
               unit="reporting currency per month"),
        Column("mrr", "money", "Monthly recurring revenue.", ("240.00", "4800.00", "49.00"), required=True,
               unit="reporting currency per month", names=("amount", "monthly_amount")),
        Column("currency", "str", "ISO currency code; empty means the reporting currency.", ("", "", ""),
               names=("currency_code",)),
        Column("start_date", "date", "First day of the interval.", ("2026-03-02", "2026-01-10", "2025-11-20"),
               required=True, names=("start", "started_at", "start_date_utc", "created")),
        Column("end_date", "date", "Day the interval ended; empty means it runs on.", ("", "", "2026-02-20"),
               names=("end", "ended_at", "ended_at_utc", "canceled_at")),
        Column("end_reason", "enum", "Why it ended; `paused` where the account means to come back.", ("", "", "left"),
               values=("left", "dropped_package", "changed", "involuntary", "paused")),
    ),
)

ALIASES = Table(
    name="aliases",
    meaning="Two ids of one person, for merges that no event carries.",
    key=("anon_id", "user_id"),
    columns=(
        Column("anon_id", "str", "The device, cookie or older id.", ("d_77", "d_90", "u_1_old"), required=True,
               names=("anonymous_id", "alias", "previous_id", "device_id")),
        Column("user_id", "str", "The known person.", ("u_1", "u_2", "u_1"), required=True, names=("user", "id")),
        Column("at", "ts", "When the two were tied.",
               ("2026-03-02T09:15:40Z", "2026-03-04T11:00:00Z", ""), names=("ts", "timestamp", "created_at")),
    ),
)

TABLES: dict[str, Table] = {
    table.name: table for table in (EVENTS, USERS, ACCOUNTS, TOUCHPOINTS, SPEND, SUBSCRIPTIONS, ALIASES)
}
