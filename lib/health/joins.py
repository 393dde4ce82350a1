"""Joins: how much of one table finds its match in another, and the list of what does not."""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from lib.engine import collect, collect_all
from lib.facts import Facts
from lib.words import count, listing, percent

COLUMNS = {"joined": pl.Int64(), "total": pl.Int64(), "missing": pl.String()}


@dataclass(frozen=True)
class Join:
    """One join. `rows` gives what is counted, with `joined` (true or false) and, where a row stands for several, `n`.

    `label` names what joins, `gap` what does not, `meaning` says what counts. `needs` are the tables without which
    there is nothing to say. `listed` turns the rows that do not join into the list people take along.
    """

    key: str
    label: str
    gap: str
    meaning: str
    needs: tuple[str, ...]
    rows: Callable[[Facts], pl.LazyFrame]
    listed: Callable[[Facts, pl.LazyFrame], pl.LazyFrame]


def joins(facts: Facts) -> pl.DataFrame:
    """One row per join, in the order of `JOINS`.

    Columns: `key`, `label`, `gap`, `meaning` (text); `joined` and `total` (counts); `share` = joined ÷ total;
    `missing`, the tables that hold no rows yet and without which the counts are empty (text, empty when none).
    """
    needed = sorted({name for join in JOINS for name in join.needs})
    heights = collect_all([facts.tables[name].head(1).select(pl.len()) for name in needed])
    there = {name for name, height in zip(needed, heights, strict=True) if height.item()}
    able = [join for join in JOINS if there.issuperset(join.needs)]
    sums = collect_all([_counted(join.rows(facts)) for join in able])
    counts = {join.key: found.row(0) for join, found in zip(able, sums, strict=True)}
    table = {
        **{name: [getattr(join, name) for join in JOINS] for name in ("key", "label", "gap", "meaning")},
        "joined": [counts.get(join.key, (None, None))[0] for join in JOINS],
        "total": [counts.get(join.key, (None, None))[1] for join in JOINS],
        "missing": [", ".join(name for name in join.needs if name not in there) or None for join in JOINS],
    }
    share = pl.when(pl.col("total") > 0).then(pl.col("joined") / pl.col("total"))
    return pl.DataFrame(table, schema_overrides=COLUMNS).with_columns(share=share)


def unjoined(facts: Facts, key: str) -> pl.DataFrame:
    """What does not join, one row each (events: one row per name, with `events` and `people`)."""
    join = next(join for join in JOINS if join.key == key)
    return collect(join.listed(facts, join.rows(facts).filter(~pl.col("joined")).drop("joined")))


def unsaid(rows: pl.DataFrame) -> str:
    """Which of the joins of `joins` have nothing to say, and which tables would let them."""
    silent = rows.drop_nulls("missing")
    tables = list(dict.fromkeys(name for names in silent["missing"] for name in names.split(", ")))
    have = "has" if len(tables) == 1 else "have"
    if silent.height == rows.height:
        return f"Nothing can be matched yet: {listing(tables)} {have} no rows. Load one of them under Add data."
    labels = listing([label[:1].lower() + label[1:] for label in silent["label"]])
    return f"Left out, for {listing(tables)} {have} no rows yet: {labels}."


def _counted(rows: pl.LazyFrame) -> pl.LazyFrame:
    n = pl.col("n") if "n" in rows.collect_schema() else pl.lit(1, pl.Int64())
    return rows.select(n.alias("n"), "joined").select(
        joined=pl.col("n").filter("joined").sum().cast(pl.Int64()), total=pl.col("n").sum().cast(pl.Int64())
    )


def _ids(facts: Facts, kind: str, column: str) -> pl.LazyFrame:
    return facts.people.filter(pl.col("id_kind") == kind).select(pl.col("id").alias(column))


def _persons(facts: Facts) -> pl.LazyFrame:
    """`person`, `n`: everybody with events, and how many."""
    return facts.tables["events"].group_by("person").agg(n=pl.len().cast(pl.Int64()))


def _events(facts: Facts) -> pl.LazyFrame:
    users = facts.people.filter(pl.col("id_kind") == "user").join(
        facts.tables["users"].select(id="user_id"), on="id", how="semi"
    )
    known = users.select("person", joined=pl.lit(True)).unique()
    return _persons(facts).join(known, on="person", how="left").with_columns(pl.col("joined").fill_null(False))


def _users(facts: Facts) -> pl.LazyFrame:
    accounts = facts.tables["accounts"].select("account_id", joined=pl.lit(True)).unique()
    rows = facts.tables["users"].select("user_id", "account_id", "created_at", "email_domain")
    return rows.join(accounts, on="account_id", how="left").with_columns(pl.col("joined").fill_null(False))


def _touchpoints(facts: Facts) -> pl.LazyFrame:
    rows = facts.tables["touchpoints"].select("ts", "user_id", "anon_id", "channel", "campaign", "partner")
    for kind, column in (("user", "user_id"), ("anon", "anon_id")):
        ids = _ids(facts, kind, column).with_columns(pl.lit(True).alias(f"by_{kind}"))
        rows = rows.join(ids, on=column, how="left")
    found = pl.any_horizontal(pl.col("by_user", "by_anon").fill_null(False))
    return rows.with_columns(joined=found).drop("by_user", "by_anon")


def _paying(facts: Facts) -> pl.LazyFrame:
    """Accounts that have or had a subscription, with what else is known of them."""
    paying = facts.tables["subscriptions"].drop_nulls("account_id").group_by("account_id").agg(
        subscriptions=pl.len(), first_start=pl.col("start_date").min()
    )  # fmt: skip
    about = facts.tables["accounts"].select("account_id", "name", "domain", "crm_id").unique("account_id")
    return paying.join(about, on="account_id", how="left")


def _paying_with_events(facts: Facts) -> pl.LazyFrame:
    """Joined: an event says the account, or a person with events is a user of it."""
    direct = facts.tables["events"].select("account_id").drop_nulls().unique()
    active = facts.people.join(_persons(facts), on="person", how="semi")
    theirs = active.filter(pl.col("id_kind") == "user").select(user_id="id")
    through = facts.tables["users"].join(theirs, on="user_id", how="semi").select("account_id").drop_nulls()
    seen = pl.concat([direct, through]).unique().with_columns(joined=pl.lit(True))
    return _paying(facts).join(seen, on="account_id", how="left").with_columns(pl.col("joined").fill_null(False))


def _paying_with_crm(facts: Facts) -> pl.LazyFrame:
    return _paying(facts).with_columns(joined=pl.col("crm_id").fill_null("").str.strip_chars() != "")


def _by_name(facts: Facts, rows: pl.LazyFrame) -> pl.LazyFrame:
    theirs = facts.tables["events"].select("name", "person").join(rows, on="person", how="semi")
    counted = theirs.group_by("name").agg(events=pl.len(), people=pl.col("person").n_unique())
    return counted.sort(["events", "name"], descending=[True, False])


def _accounts(_facts: Facts, rows: pl.LazyFrame) -> pl.LazyFrame:
    return rows.sort("account_id").select("account_id", "name", "domain", "crm_id", "subscriptions", "first_start")


JOINS = (
    Join(
        "events-users", "Events of a known user", "Events of nobody known",
        "The table users lists the person, by a user id or a device of theirs.",
        ("events", "users"), _events, _by_name,
    ),
    Join(
        "users-accounts", "Users with an account", "Users without an account",
        "The user's account is in the table accounts.",
        ("users", "accounts"), _users, lambda _facts, rows: rows.sort("user_id"),
    ),
    Join(
        "touchpoints-people", "Touchpoints of a known person", "Touchpoints of nobody known",
        "Its user id or device id is one that events or users know.",
        ("touchpoints", "events"), _touchpoints, lambda _facts, rows: rows.sort("ts", "user_id", "anon_id", "channel"),
    ),
    Join(
        "accounts-events", "Paying accounts with events", "Paying accounts without events",
        "An event names the account, or one of its users did something.",
        ("subscriptions", "events"), _paying_with_events, _accounts,
    ),
    Join(
        "accounts-crm", "Paying accounts with a CRM id", "Paying accounts without a CRM id",
        "Subscribed now or before, and the table accounts says its crm_id.",
        ("subscriptions", "accounts"), _paying_with_crm, _accounts,
    ),
)  # fmt: skip
"""Every join there is, in the order people meet them."""


def title(rows: pl.DataFrame) -> str:
    """The weakest join in words."""
    weakest = rows.filter(pl.col("total") > 0).sort("share", "key").head(1).rows(named=True)
    if not weakest:
        return "There is nothing to join yet"
    row = weakest[0]
    if row["joined"] == row["total"]:
        return "Everything joins"
    label = row["label"][0].lower() + row["label"][1:]
    return f"The weakest: {label}, {percent(row['share'])} ({count(row['joined'])} of {count(row['total'])})"
