"""Who there is: people, the companies they belong to, and ids that are one person's."""

from lib.model.table import Column, Table

USERS = Table(
    name="users",
    meaning="One known person.",
    key=("user_id",),
    extras="traits",
    columns=(
        Column("user_id", "str", "The known person.", ("u_1", "u_2", "u_3"), required=True,
               names=("id", "user", "uid", "customer_id", "userid", "distinct_id", "kunden_id", "kundennummer",
                      "nutzer_id", "benutzer_id")),
        Column("account_id", "str", "The company the person belongs to.", ("acme", "acme", ""),
               names=("account", "company_id", "workspace_id", "org_id")),
        Column("created_at", "ts", "When the person signed up.",
               ("2026-03-02T09:15:40Z", "2026-03-04T11:00:00Z", "2026-03-05T08:30:00Z"), usual=True,
               names=("signed_up_at", "signup_date", "created", "registered_at", "created_on")),
        Column("email_domain", "str", "The part of the e-mail address after the @, in lower case.",
               ("acme.com", "acme.com", "gmail.com"), names=("domain",)),
        Column("role", "str", "The person's role.", ("engineer", "marketing", "founder"), names=("job_title", "title")),
        Column("seniority", "enum", "The person's rank.", ("ic", "director", "c_level"),
               values=("ic", "manager", "director", "vp", "c_level")),
        Column("persona", "str", "The persona the person was given.", ("builder", "buyer", "builder")),
        Column("country", "str", "ISO country code.", ("DE", "DE", "US"),
               names=("country_code", "land", "pays", "país")),
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
        Column("name", "str", "The company's name.", ("Acme GmbH", "Globex", "Initech"), usual=True,
               names=("company", "account_name", "company_name")),
        Column("domain", "str", "The web domain; joins to e-mail domains.", ("acme.com", "globex.com", "initech.com"),
               names=("website", "company_domain")),
        Column("created_at", "ts", "When the account was made.",
               ("2026-03-02T09:15:40Z", "2026-01-10T10:00:00Z", "2025-11-20T16:45:00Z"), usual=True,
               names=("created", "created_on", "signed_up_at")),
        Column("country", "str", "ISO country code.", ("DE", "US", "US"),
               names=("country_code", "land", "pays", "país")),
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
