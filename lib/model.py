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

PAYMENTS_PLAN = "payments"
"""The plan of what was made of a log of payments: revenue of a month, which is not MRR."""

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

EXPOSURES = Table(
    name="exposures",
    meaning="One unit saw one variant of a test. The first row of a unit counts; a second variant is reported.",
    key=(),
    columns=(
        Column("experiment_id", "str", "The test.", ("activation_email", "activation_email", "plan_page"),
               required=True, names=("experiment", "experiment_name", "experiment_key", "test_id", "flag_key")),
        Column("unit", "enum", "What the unit is: a known person, a device, a company or a lead.",
               ("user", "user", "anon"), default="user", values=("user", "anon", "account", "lead")),
        Column("unit_id", "str", "The id of the unit: that of the person, the device, the company or the lead.",
               ("u_1", "u_2", "d_77"), required=True, names=("subject_id", "randomization_unit", "bucketing_id")),
        Column("variant", "str", "What the unit saw.", ("control", "redesigned", "control"), required=True,
               names=("variation", "variation_id", "variant_name", "treatment", "arm")),
        Column("ts", "ts", "When the unit first could see it.",
               ("2026-03-02T09:15:41Z", "2026-03-04T11:00:00Z", "2026-03-05T08:30:00Z"), required=True,
               names=("timestamp", "time", "exposed_at", "first_exposure_at")),
    ),
)

INVOICES = Table(
    name="invoices",
    meaning="One bill: whether it was paid, and what was tried where a payment failed.",
    key=("invoice_id",),
    columns=(
        Column("invoice_id", "str", "The bill.", ("in_1", "in_2", "in_3"), required=True,
               names=("invoice", "invoice_number", "id")),
        Column("account_id", "str", "The company that is billed.", ("acme", "globex", "initech"), required=True,
               names=("account", "customer_id", "customer", "company_id")),
        Column("issued_at", "ts", "When it was issued.",
               ("2026-03-02T00:00:00Z", "2026-03-02T00:00:00Z", "2026-02-10T00:00:00Z"), required=True,
               names=("invoice_date", "issued_on", "date", "created_at", "finalized_at")),
        Column("amount", "money", "What is to be paid.", ("240.00", "4800.00", "49.00"), required=True,
               unit="reporting currency", names=("amount_due", "total", "total_due")),
        Column("currency", "str", "ISO currency code; empty means the reporting currency.", ("", "", ""),
               names=("currency_code",)),
        Column("status", "enum", "What became of it: `recovered` was paid after a payment had failed.",
               ("paid", "recovered", "failed"), required=True, names=("invoice_status", "state"),
               values=("open", "paid", "failed", "recovered", "written_off")),
        Column("due_at", "ts", "When it had to be paid; empty means at once.", ("", "2026-03-16T00:00:00Z", ""),
               names=("due_date", "due_on", "payment_due")),
        Column("first_failed_at", "ts", "When a payment first failed; empty where none did.",
               ("", "2026-03-02T06:00:00Z", "2026-02-10T06:00:00Z"), names=("failed_at", "first_failure_at")),
        Column("paid_at", "ts", "When it was paid.", ("2026-03-02T01:00:00Z", "2026-03-09T11:30:00Z", ""),
               names=("paid_on", "payment_date", "settled_at")),
        Column("attempts", "int", "How often a payment was tried.", ("1", "3", "4"), unit="times",
               names=("attempt_count", "payment_attempts")),
        Column("failure_code", "str", "Why the first payment failed.", ("", "card_expired", "insufficient_funds"),
               names=("decline_reason", "decline_code", "failure_reason")),
        Column("recovered_by", "enum", "What brought the payment in after all.", ("", "email", ""),
               values=("retry", "email", "manual")),
        Column("email_version", "str", "Which flow of billing e-mails was live.", ("new", "new", "old"),
               names=("dunning_flow", "email_flow", "dunning_version")),
    ),
)

OPPORTUNITIES = Table(
    name="opportunities",
    meaning="One deal: open, won or lost. The same deal again replaces what was known of it.",
    key=("opp_id",),
    columns=(
        Column("opp_id", "str", "The deal.", ("opp_1", "opp_2", "opp_3"), required=True,
               names=("opportunity_id", "deal_id", "opportunity", "deal", "record_id")),
        Column("account_id", "str", "The company.", ("acme", "globex", "initech"), required=True,
               names=("account", "company_id", "customer_id")),
        Column("lead_id", "str", "The lead it came from.", ("l_17", "", "")),
        Column("team", "str", "The team that works on it.", ("velocity", "enterprise", "velocity"),
               names=("sales_team", "pipeline")),
        Column("owner_id", "str", "The colleague who owns it.", ("p_1", "p_2", "p_1"), names=("owner", "deal_owner")),
        Column("origin", "enum", "Where it came from.", ("inbound", "outbound", "product"),
               values=("inbound", "outbound", "product", "partner", "support_handoff"),
               names=("lead_source", "motion")),
        Column("created_at", "ts", "When it was opened.",
               ("2026-01-12T10:00:00Z", "2025-06-02T08:00:00Z", "2026-03-01T15:00:00Z"), required=True,
               names=("create_date", "created_date", "opened_at")),
        Column("closed_at", "ts", "When it was won or lost; empty while it is open.",
               ("2026-02-20T16:00:00Z", "2026-03-30T12:00:00Z", ""), names=("close_date", "closed_date", "closed_on")),
        Column("is_won", "bool", "Won, or lost; empty while it is open.", ("true", "false", ""), names=("won",)),
        Column("acv", "money", "Contract value of a year.", ("12000.00", "240000.00", "6000.00"), required=True,
               unit="reporting currency", names=("annual_contract_value", "amount", "arr")),
        Column("tcv", "money", "Contract value of the whole term.", ("12000.00", "720000.00", ""),
               unit="reporting currency", names=("total_contract_value",)),
        Column("services_fee", "money", "What services are billed beside it.", ("", "30000.00", ""),
               unit="reporting currency"),
        Column("services_free", "money", "The worth of services given away; taken from ACV.", ("3000.00", "", ""),
               unit="reporting currency", names=("free_services",)),
        Column("currency", "str", "ISO currency code; empty means the reporting currency.", ("", "", ""),
               names=("currency_code", "deal_currency")),
        Column("champion_role", "str", "The role of who argued for it.", ("engineer", "director", "")),
        Column("decider_role", "str", "The role of who decided.", ("founder", "vp", "")),
        Column("value_driver", "enum", "What it was bought for.", ("speed", "cost", ""),
               values=("revenue", "cost", "risk", "speed")),
        Column("loss_reason", "str", "Why it was lost.", ("", "no_budget", "")),
    ),
)

FX_RATES = Table(
    name="fx_rates",
    meaning="What one unit of another currency is worth in the reporting currency, from a day on until the next rate.",
    key=("date", "currency"),
    columns=(
        Column("date", "date", "The first day of the rate.", ("2026-01-01", "2026-02-01", "2026-01-01"), required=True,
               names=("day", "rate_date")),
        Column("currency", "str", "ISO code of the other currency.", ("EUR", "EUR", "GBP"), required=True,
               names=("currency_code", "from_currency")),
        Column("rate", "float", "How many of the reporting currency one unit is worth.", ("1.08", "1.1", "1.27"),
               required=True, unit="reporting currency per unit", names=("exchange_rate", "fx_rate", "fx")),
    ),
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (EVENTS, USERS, ACCOUNTS, TOUCHPOINTS, SPEND, SUBSCRIPTIONS, ALIASES, EXPOSURES,
                  INVOICES, OPPORTUNITIES, FX_RATES)
}
