"""Summaries: equal to the tables however loads came about, and answers with them equal to answers without."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from lib.answers import ask
from lib.facts import Facts
from lib.questions import parse
from lib.scope import ChannelRule
from lib.warehouse import Warehouse
from lib.warehouse.transaction import begin
from tests.warehouse.build import check, events, load, many, source

FIELDS = ("ts", "user_id", "anon_id", "channel", "partner", "campaign", "promo_code", "landing_page")


def touch(count: int, ids: int = 20) -> pl.DataFrame:
    """Contacts in the two months before and among the events of `many`, some of nobody known."""
    seen = many(count, 5, start="2025-12-20", ids=ids + 3)
    return seen.select("ts", "user_id", "anon_id").with_columns(
        channel=pl.Series([("search", "social", "creators")[n % 3] for n in range(count)]),
        partner=pl.Series([(None, "mia", "sven")[n % 7 % 3] for n in range(count)]),
        campaign=pl.Series([(None, "spring")[n % 5 % 2] for n in range(count)]),
        promo_code=pl.Series([(None, "MIA10")[n % 4 % 2] for n in range(count)]),
        landing_page=pl.Series([(None, "/join")[n % 3 % 2] for n in range(count)]),
    )


def spend(days: int, **more: Any) -> pl.DataFrame:
    """A cost a day and channel, some of them of a partner and some without a channel."""
    rows = [
        {"date": date(2025, 12, 20) + timedelta(days=day), "kind": kind, "channel": channel, "partner": partner,
         "campaign": None, "function": "services" if day % 9 == 0 else "marketing", "segment": None,
         "cost_cents": 100 + 7 * day, "currency": None, "impressions": None, "clicks": None} | more
        for day in range(days)
        for kind, channel, partner in (("media", "search", None), ("influencer_fee", "creators", "mia"),
                                       ("tool", None, None))
    ]  # fmt: skip
    return pl.DataFrame(rows, infer_schema_length=None)


def test_summaries_follow_loads_and_merged_people(tmp_path: Path) -> None:
    seen, met, cost = many(300, 2), touch(80), spend(80)
    for part in range(4):
        inputs = [source("events", seen[75 * part :][:75]), source("touchpoints", met[20 * part :][:20])]
        load(tmp_path, *inputs, source("spend", cost[60 * part :][:60]))
        check(tmp_path)
    load(tmp_path, source("events", events(("2026-01-01", "open", "u1", "d1"), ("2025-12-01", "open", "u2", "d5"))))
    check(tmp_path)
    before = Warehouse.open(tmp_path).stamp.tables
    load(tmp_path, source("events", events(("2026-05-01", "open", "u1", None))))
    after = Warehouse.open(tmp_path).stamp.tables
    assert [after[name] for name in ("first_seen", "contacts", "costs")] == [
        before[name] for name in ("first_seen", "contacts", "costs")
    ], "nothing new is said, so nothing is written"


def test_a_workspace_of_an_earlier_release_gets_them_with_the_next_load(tmp_path: Path) -> None:
    load(tmp_path, source("events", many(100, 2)), source("touchpoints", touch(30)), source("spend", spend(40)))
    with begin(tmp_path / "warehouse") as turn:
        for name in ("first_seen", "contacts", "costs"):
            del turn._tables[name], turn._columns[name]
            turn._files = {path: entry for path, entry in turn._files.items() if not path.startswith(f"{name}/")}
        turn.commit()
    assert Facts.open(tmp_path).ready == {}
    more = [source("events", events(("2026-02-20", "open", "u1", None))), source("touchpoints", touch(31)[30:])]
    load(tmp_path, *more, source("spend", spend(41)[120:]))
    check(tmp_path)
    assert set(Facts.open(tmp_path).ready) == {"first_seen", "contacts", "costs"}


def test_cost_by_month_is_not_used_where_days_have_rates(tmp_path: Path) -> None:
    rates = pl.DataFrame({"date": [date(2025, 12, 1)], "currency": ["EUR"], "rate": [1.1]})
    load(tmp_path, source("events", many(20, 2)), source("spend", spend(40)))
    assert "costs" in Facts.open(tmp_path).ready
    load(tmp_path, source("fx_rates", rates))
    assert "costs" not in Facts.open(tmp_path).ready


SCOPES: list[dict[str, Any]] = [
    {}, {"start": "2026-01-01"}, {"start": "2026-01-15", "end": "2026-02-01"},
    {"start": "2026-01-10", "end": "2026-03-09"},
    {"end": "2026-02-10"}, {"start": "2026-02-05", "end": "2026-02-20"}, {"start": "2025-12-31", "end": "2026-03-01"},
    {"start": "2026-01-15T12:00:00Z", "end": "2026-02-15T12:00:00Z"},
    {"where": [{"field": "name", "op": "eq", "value": "open"}]},
]  # fmt: skip


@pytest.mark.parametrize("scope", SCOPES, ids=str)
def test_answers_are_the_same_with_and_without_them(tmp_path: Path, scope: dict[str, Any]) -> None:
    load(tmp_path, source("events", many(300, 2)), source("touchpoints", touch(90)), source("spend", spend(90)))
    staff = pl.DataFrame({"user_id": ["u3"], "is_internal": [True]})
    load(tmp_path, source("users", staff))
    rule = (
        ChannelRule.model_validate({"when": {"field": "campaign", "op": "eq", "value": "spring"}, "channel": "spring"}),
    )
    for rules in ((), rule):
        known = Facts.open(tmp_path, channel_rules=rules)
        assert set(known.ready) == {"first_seen", "contacts", "costs"}
        for by in ("channel", "partner"):
            data = {"kind": "channels", "scope": scope, "by": by, "kept": {"day": 10, "within_days": 5}, "floor": 1}
            found = [ask(parse(data), facts).tables for facts in (known, replace(known, ready={}))]
            for name, table in found[0].items():
                assert table.equals(found[1][name]), name
