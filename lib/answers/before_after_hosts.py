"""A site that moved: visits by host before and after, with the hosts that mean the same site taken together."""

from datetime import date

import polars as pl

from lib.answers.log import Log
from lib.engine import collect
from lib.errors import QuestionError
from lib.facts import Facts
from lib.questions import Event
from lib.questions.before_after import BeforeAfter
from lib.scope import Scope, to_utc

HOSTS = {"site": pl.String(), "host": pl.String(), "is_joined": pl.Boolean(), "before": pl.Int64(), "after": pl.Int64(),
         "change": pl.Float64()}  # fmt: skip
ADDRESS = r"(?i)^(?:[a-z][a-z0-9+.-]*:)?//(?:www\.)?([^/?#:]+)"
ANY = Event(event=("*",))


def hosts(question: BeforeAfter, facts: Facts) -> pl.DataFrame:
    """Table `hosts`: site, host (nothing for the whole site), is_joined, before, after, change (after ÷ before − 1).

    A visit belongs to every host that one of its pages is on, and once to the site. The host is the field `host` of the
    events where they have it, else that of `page` where it is a whole address.

    Raises:
        QuestionError: pages are paths without a host, so nobody can tell which site they are on.
    """
    site = {one.host.lower(): one.means.lower() for one in question.hosts}
    site |= {means: means for means in site.values()}
    parts = [_visits(question, facts, days, period)
             for days, period in ((question.before, "before"), (question.after, "after"))]  # fmt: skip
    seen = pl.concat(parts)
    if not seen.height:
        raise QuestionError(
            "No visit has a host: `page` holds paths such as /pricing. Load whole addresses, or a column `host`."
        )
    known = seen.filter(pl.col("host").is_in(list(site)))
    known = known.with_columns(site=pl.col("host").replace_strict(site, default=None, return_dtype=pl.String()))
    n = pl.col("unit").n_unique().cast(pl.Int64())
    rows = []
    for name in sorted(set(site.values())):
        own = known.filter(pl.col("site") == name)
        found = {period: count for period, count in own.group_by("period").agg(n).rows()}
        rows.append((name, None, True, found))
        by_host = own.group_by("host", "period").agg(n).rows()
        rows += [
            (name, host, False, {period: count for one, period, count in by_host if one == host})
            for host in sorted(one for one, means in site.items() if means == name)
        ]
    return pl.DataFrame(
        [(name, host, joined, found.get("before", 0), found.get("after", 0), _change(found))
         for name, host, joined, found in rows], schema=HOSTS, orient="row",
    )  # fmt: skip


def _change(found: dict[str, int]) -> float | None:
    before = found.get("before", 0)
    return found.get("after", 0) / before - 1 if before else None


def _visits(question: BeforeAfter, facts: Facts, days: tuple[date, date], period: str) -> pl.DataFrame:
    """Every visit with every host it was on: `unit`, `host`, `period`."""
    low, high = (to_utc(day, facts.timezone) for day in days)
    own = "host" in facts.fields[""]
    log = Log(facts, Scope(where=question.scope.where), "session", ("host",) if own else ("page",), low, high)
    rows = log.rows([question.goal or ANY])
    text = pl.col("f0").cast(pl.String()).str.to_lowercase()
    host = text.str.strip_prefix("www.") if own else text.str.extract(ADDRESS)
    return collect(rows.select("unit", host=host, period=pl.lit(period)).drop_nulls("host").unique())
