"""The views of revenue as one would write them in SQL: balances of every account and month, compared with one another.

Each gives rows in the order of `columns` of a table of the answer, money in cents.
"""

from dataclasses import dataclass

EDGES = """
    with edges as (select i::int as i, (date '2021-01-01' + interval (i) month)::date as edge,
        (date '2021-01-01' + interval (i - 1) month)::date as bucket from range(0, 61) t(i)),
"""
BALANCES = (
    EDGES
    + """
    paid as (select account_id, i, sum(mrr_cents)::bigint as mrr from subscriptions join edges
        on start_date < edge and (end_date is null or end_date >= edge) where mrr_cents > 0 group by all)
"""
)
AT = "start_date < date '{0}' and (end_date is null or end_date >= date '{0}') and mrr_cents > 0"
MOVED = """
    sum(was)::bigint, coalesce(sum(now - was) filter (was = 0 and first = i), 0)::bigint,
    coalesce(sum(now - was) filter (was = 0 and first < i), 0)::bigint,
    coalesce(sum(now - was) filter (was > 0 and now > was), 0)::bigint,
    coalesce(sum(was - now) filter (now > 0 and now < was), 0)::bigint,
    coalesce(sum(was) filter (now = 0), 0)::bigint
"""
MOVEMENTS = ("start_mrr", "new", "reactivation", "expansion", "contraction", "churn")


@dataclass(frozen=True)
class Peer:
    """A query, and which columns of which table it gives; `money` are those in cents. Rows with nothing in any of
    `some` are left out of the table: SQL has none of them."""

    sql: str
    table: str
    columns: tuple[str, ...]
    money: tuple[str, ...] = ()
    some: tuple[str, ...] = ()


def _held(day: str) -> str:
    return f"""select account_id, list(product order by product) as held, sum(mrr)::bigint as mrr from (
        select account_id, product, sum(mrr_cents)::bigint as mrr from subscriptions where {AT.format(day)} group by all
    ) group by 1"""


def _whole(day: str) -> str:
    return f"select account_id, sum(mrr_cents)::bigint as mrr from subscriptions where {AT.format(day)} group by 1"


PEERS: dict[str, Peer] = {
    "movements": Peer(
        BALANCES
        + f""", firsts as (select account_id, min(i) as first from paid group by 1),
        pairs as (select coalesce(a.account_id, b.account_id) as account_id, coalesce(a.i, b.i + 1) as i,
            coalesce(b.mrr, 0) as was, coalesce(a.mrr, 0) as now
            from paid a full join paid b on a.account_id = b.account_id and a.i = b.i + 1)
        select bucket, {MOVED}, sum(now)::bigint from pairs join firsts using (account_id) join edges using (i)
        where i between 1 and 60 group by 1 order by 1""",
        "movements", ("bucket", *MOVEMENTS, "end_mrr"), (*MOVEMENTS, "end_mrr"), ("start_mrr", "end_mrr"),
    ),
    "movements by product": Peer(
        EDGES
        + f"""paid as (select account_id, product, i, sum(mrr_cents)::bigint as mrr from subscriptions join edges
            on start_date < edge and (end_date is null or end_date >= edge) where mrr_cents > 0 group by all),
        firsts as (select account_id, product, min(i) as first from paid group by 1, 2),
        pairs as (select coalesce(a.account_id, b.account_id) as account_id, coalesce(a.product, b.product) as product,
            coalesce(a.i, b.i + 1) as i, coalesce(b.mrr, 0) as was, coalesce(a.mrr, 0) as now
            from paid a full join paid b on a.account_id = b.account_id and a.product = b.product and a.i = b.i + 1)
        select bucket, product, {MOVED} from pairs join firsts using (account_id, product) join edges using (i)
        where i between 1 and 60 group by 1, 2 order by 1, 2""",
        "movements", ("bucket", "segment", *MOVEMENTS), MOVEMENTS, ("start_mrr", "end_mrr"),
    ),
    "movements by plan": Peer(
        EDGES
        + f"""plans as (select account_id, plan, i, sum(mrr_cents)::bigint as mrr from subscriptions join edges
            on start_date < edge and (end_date is null or end_date >= edge) where mrr_cents > 0 group by all),
        paid as (select account_id, i, sum(mrr)::bigint as mrr, min_by(plan, (-mrr, plan)) as plan
            from plans group by all),
        firsts as (select account_id, min(i) as first from paid group by 1),
        pairs as (select coalesce(a.account_id, b.account_id) as account_id, coalesce(a.i, b.i + 1) as i,
            coalesce(b.plan, a.plan) as plan, coalesce(b.mrr, 0) as was, coalesce(a.mrr, 0) as now
            from paid a full join paid b on a.account_id = b.account_id and a.i = b.i + 1)
        select bucket, plan, {MOVED} from pairs join firsts using (account_id) join edges using (i)
        where i between 1 and 60 group by 1, 2 order by 1, 2""",
        "movements", ("bucket", "segment", *MOVEMENTS), MOVEMENTS, ("start_mrr", "end_mrr"),
    ),
    "retention": Peer(
        BALANCES
        + """select e.bucket, sum(a.mrr)::bigint, sum(least(a.mrr, coalesce(b.mrr, 0)))::bigint,
            sum(coalesce(b.mrr, 0))::bigint, count(*)
        from paid a join edges e on e.i = a.i + 12 left join paid b on b.account_id = a.account_id and b.i = e.i
        group by 1 order by 1""",
        "retention", ("bucket", "opening_mrr", "kept_mrr", "now_mrr", "accounts"),
        ("opening_mrr", "kept_mrr", "now_mrr"), ("accounts",),
    ),
    "retention by segment": Peer(
        BALANCES
        + """select e.bucket, segment, sum(a.mrr)::bigint, sum(least(a.mrr, coalesce(b.mrr, 0)))::bigint,
            sum(coalesce(b.mrr, 0))::bigint, count(*)
        from paid a join edges e on e.i = a.i + 12 left join paid b on b.account_id = a.account_id and b.i = e.i
        join accounts c on c.account_id = a.account_id group by 1, 2 order by 1, 2""",
        "retention", ("bucket", "segment", "opening_mrr", "kept_mrr", "now_mrr", "accounts"),
        ("opening_mrr", "kept_mrr", "now_mrr"), ("accounts",),
    ),
    "cohorts": Peer(
        BALANCES
        + """, firsts as (select account_id, min(i) as first, min_by(mrr, i) as size from paid group by 1),
        sizes as (select first, count(*) as size, sum(size)::bigint as size_mrr from firsts group by 1)
        select bucket, p.i - f.first, any_value(s.size), count(*), sum(p.mrr)::bigint, any_value(size_mrr),
            sum(least(p.mrr, f.size)) / any_value(size_mrr)
        from paid p join firsts f using (account_id) join sizes s using (first) join edges e on e.i = f.first
        group by 1, 2 order by 1, 2""",
        "cohorts", ("cohort", "age", "size", "accounts", "mrr", "size_mrr", "grr"), ("mrr", "size_mrr"), ("accounts",),
    ),
    "packages": Peer(
        f"""with a as ({_held("2025-01-01")}), b as ({_held("2026-01-01")})
        select array_to_string(a.held, ' + ') as was, coalesce(array_to_string(b.held, ' + '), '') as is_, count(*),
            sum(a.mrr)::bigint, sum(coalesce(b.mrr, 0))::bigint
        from a left join b using (account_id) group by 1, 2 order by 1, 2""",
        "package_moves", ("held", "now_held", "accounts", "opening_mrr", "now_mrr"), ("opening_mrr", "now_mrr"),
    ),
    "prices": Peer(
        f"""with own as (select account_id, price_version, route, sum(mrr_cents)::bigint as mrr from subscriptions
            where {AT.format("2025-01-01")} group by all),
        was as (select account_id, sum(mrr)::bigint as mrr,
            min_by(price_version, (-mrr, price_version, route)) as version,
            min_by(route, (-mrr, price_version, route)) as route from own group by 1),
        now as ({_whole("2026-01-01")}),
        kept as (select version, route, sum(was.mrr)::bigint as opening,
            sum(least(was.mrr, coalesce(now.mrr, 0))) / sum(was.mrr) as grr
            from was left join now using (account_id) group by 1, 2),
        here as (select price_version, route, count(distinct account_id) filter (mrr_cents > 0) as accounts,
            sum(mrr_cents)::bigint as mrr, sum(list_mrr_cents)::bigint as listed from subscriptions
            where start_date < date '2026-01-01' and (end_date is null or end_date >= date '2026-01-01') group by 1, 2)
        select price_version, here.route, accounts, mrr, listed, opening, grr from here join kept
            on version = price_version and kept.route = here.route order by 1, 2""",
        "prices", ("price_version", "route", "accounts", "mrr", "list_mrr", "opening_mrr", "grr"),
        ("mrr", "list_mrr", "opening_mrr"),
    ),
    "attach": Peer(
        EDGES
        + """held as (select account_id, i, count(distinct product) as n from subscriptions join edges
            on start_date < edge and (end_date is null or end_date >= edge) where mrr_cents > 0 group by all)
        select bucket, count(*), sum(n)::bigint, count(*) filter (n > 1) from held join edges using (i)
        group by 1 order by 1""",
        "attach", ("bucket", "accounts", "products", "with_two"), (), ("accounts",),
    ),
    "concentration": Peer(
        BALANCES
        + """, ranked as (select i, mrr, row_number() over (partition by i order by mrr desc) as nth from paid)
        select bucket, count(*), sum(mrr)::bigint, sum(mrr) filter (nth = 1) / sum(mrr),
            sum(mrr) filter (nth <= 10) / sum(mrr) from ranked join edges using (i) group by 1 order by 1""",
        "concentration", ("bucket", "accounts", "mrr", "top_1", "top_10"), ("mrr",), ("accounts",),
    ),
    "drivers": Peer(
        f"""with a as ({_whole("2024-01-01")}), b as ({_whole("2025-01-01")}), c as ({_whole("2026-01-01")}),
        old as (select segment, sum(a.mrr)::bigint as opening, sum(least(a.mrr, coalesce(b.mrr, 0))) / sum(a.mrr) as grr
            from a join accounts using (account_id) left join b using (account_id) group by 1),
        new as (select segment, sum(b.mrr)::bigint as opening, sum(least(b.mrr, coalesce(c.mrr, 0))) / sum(b.mrr) as grr
            from b join accounts using (account_id) left join c using (account_id) group by 1)
        select segment, old.opening, new.opening, old.grr, new.grr from old join new using (segment) order by 1""",
        "drivers", ("segment", "opening_before", "opening", "grr_before", "grr"), ("opening_before", "opening"),
    ),
    "rows": Peer(
        f"""with was as (select account_id, product, sum(mrr_cents)::bigint as mrr from subscriptions
            where {AT.format("2025-12-01")} group by all), now as ({_whole("2026-01-01")})
        select account_id, product, mrr from was anti join now using (account_id) order by 1, 2""",
        "rows", ("account_id", "product", "opening"), ("opening",), ("opening",),
    ),
}  # fmt: skip
