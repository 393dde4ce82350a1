"""Cohorts agree, person by person, with a plain-Python reading of their rules."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.answers import ask
from lib.facts import Facts
from lib.questions import parse, parse_cohort

ORIGIN = datetime(2026, 3, 20, 9, tzinfo=UTC)
"""Ten days before clocks change in Berlin."""
PEOPLE = ["ann", "bob", "cat", "dan", "eve"]
HOURS = 24 * 40
Rule = dict[str, Any]


@dataclass(frozen=True)
class Happening:
    """One event: hours after the origin."""

    who: str
    what: str
    at: datetime
    plan: str | None
    account: str | None


@dataclass(frozen=True)
class World:
    """Everything known, and the definitions read off it one person at a time."""

    log: tuple[Happening, ...]
    users: dict[str, dict[str, Any]]
    named: dict[str, Rule]
    zone: str

    def facts(self) -> Facts:
        schema = {"user_id": pl.String, "name": pl.String, "ts": pl.Datetime("us", "UTC"), "plan": pl.String,
                  "account_id": pl.String, "event_id": pl.String}  # fmt: skip
        rows = [(e.who, e.what, e.at, e.plan, e.account, str(i)) for i, e in enumerate(self.log)]
        rules = {name: parse_cohort(rule) for name, rule in self.named.items()}
        kinds = {"user_id": pl.String, "created_at": pl.Datetime("us", "UTC"), "country": pl.String,
                 "account_id": pl.String, "is_internal": pl.Boolean}  # fmt: skip
        users = [{"user_id": who, **row} for who, row in self.users.items()]
        accounts = {"account_id": ["A", "B"], "name": ["a", "b"], "created_at": [ORIGIN] * 2, "segment": ["smb", "mid"]}
        return Facts.of(
            events=pl.DataFrame(rows, schema=schema, orient="row"), users=pl.DataFrame(users, schema=kinds),
            accounts=pl.DataFrame(accounts), timezone=self.zone, cohorts=rules,
        )  # fmt: skip

    def of(self, who: str, upto: datetime) -> list[Happening]:
        return [e for e in self.log if e.who == who and e.at < upto]

    def known(self, upto: datetime) -> list[str]:
        return [
            who for who in PEOPLE
            if not self.users.get(who, {}).get("is_internal")
            and (self.of(who, upto) or (who in self.users and self.users[who]["created_at"] < upto))
        ]  # fmt: skip

    def end(self, at: str) -> datetime:
        """The first instant later than a moment."""
        if len(at) > 10:
            return datetime.fromisoformat(at) + timedelta(microseconds=1)
        return datetime.combine(date.fromisoformat(at) + timedelta(days=1), datetime.min.time(), ZoneInfo(self.zone))

    def people(self, rule: Rule | str, upto: datetime) -> set[str]:
        return {who for who in self.known(upto) if self.fits(who, rule, upto)}

    def fits(self, who: str, rule: Rule | str, upto: datetime) -> bool:
        if isinstance(rule, str):
            return self.fits(who, self.named[rule], upto)
        if "all" in rule:
            return all(self.fits(who, part, upto) for part in rule["all"])
        if "any" in rule:
            return any(self.fits(who, part, upto) for part in rule["any"])
        if "not" in rule:
            return not self.fits(who, rule["not"], upto)
        if "cohort" in rule:
            own = min(self.end(rule["at"]), upto) if "at" in rule else upto
            return who in self.people(rule["cohort"], own)
        if "field" in rule:
            return self.has(who, rule, upto)
        low, high = self.times(rule, upto)
        mine = [e for e in self.of(who, upto) if (low is None or e.at >= low) and (high is None or e.at < high)]
        if "did" in rule:
            n, wanted = sum(self.matches(e, rule["did"], upto) for e in mine), rule["times"]["value"]
            return {"eq": n == wanted, "ge": n >= wanted, "le": n <= wanted, "gt": n > wanted, "lt": n < wanted}[
                rule["times"]["op"]
            ]
        return any(self.goes_on((e,), mine, rule, upto) for e in mine if self.matches(e, rule["sequence"][0], upto))

    def goes_on(self, done: tuple[Happening, ...], mine: list[Happening], rule: Rule, upto: datetime) -> bool:
        """Can these steps be followed by all that are left?"""
        if len(done) == len(rule["sequence"]):
            return True
        until = done[0].at + timedelta(hours=rule["window"]["value"])
        return any(
            self.goes_on((*done, e), mine, rule, upto) for e in mine
            if all(e is not other for other in done) and done[-1].at <= e.at <= until
            and self.matches(e, rule["sequence"][len(done)], upto)
        )  # fmt: skip

    def times(self, rule: Rule, upto: datetime) -> tuple[datetime | None, datetime | None]:
        if "within" in rule:
            value, unit = rule["within"]["value"], rule["within"]["unit"]
            if unit != "month":
                return upto - timedelta(hours=value * (24 if unit == "day" else 1)), upto
            local = upto.astimezone(ZoneInfo(self.zone)).replace(tzinfo=None)
            months = local.year * 12 + local.month - 1 - value
            year, month = months // 12, months % 12 + 1
            before = local.replace(year=year, month=month, day=min(local.day, monthrange(year, month)[1]))
            return upto - (local - before), upto
        span = rule.get("scope", {})
        begins = {
            key: datetime.combine(date.fromisoformat(day), datetime.min.time(), ZoneInfo(self.zone))
            for key, day in span.items()
        }
        return begins.get("start"), begins.get("end")

    def matches(self, e: Happening, event: Rule, upto: datetime) -> bool:
        return event["event"] in ("*", e.what) and all(self.holds(e, one, upto) for one in event.get("where", ()))

    def holds(self, e: Happening, condition: Rule, upto: datetime) -> bool:
        if "not" in condition:
            return not self.holds(e, condition["not"], upto)
        if "cohort" in condition:
            return self.fits(e.who, condition, upto)
        return e.plan == condition["value"]

    def has(self, who: str, test: Rule, upto: datetime) -> bool:
        table, _ = test["field"].split(".")
        value = self.users.get(who, {}).get("country")
        if table == "account":
            home = self.users.get(who, {}).get("account_id")
            if home is None:
                last = max(((e.at, -ord(e.account)) for e in self.of(who, upto) if e.account), default=None)
                home = None if last is None else chr(-last[1])
            value = {"A": "smb", "B": "mid", None: None}[home]
        return {"eq": value == test["value"], "ne": value != test["value"]}[test["op"]]


instants = st.integers(0, HOURS).map(lambda hour: ORIGIN + timedelta(hours=hour))
happenings = st.builds(
    Happening, st.sampled_from(PEOPLE[:4]), st.sampled_from("ab"), instants, st.sampled_from(["x", "y", None]),
    st.sampled_from(["A", "B", None, None]),
)  # fmt: skip
rows = st.fixed_dictionaries(
    {"created_at": instants, "country": st.sampled_from(["DE", "FR", None]),
     "account_id": st.sampled_from(["A", "B", None, None]), "is_internal": st.sampled_from([False] * 4 + [True])}
)  # fmt: skip
days = instants.map(lambda at: at.date().isoformat())
moments = st.one_of(days, instants.map(lambda at: at.isoformat()))
spans = st.tuples(days, days).map(lambda pair: dict(zip(("start", "end"), sorted(pair), strict=True)))
timed = st.one_of(
    st.just({}),
    st.builds(
        lambda n, unit: {"within": {"value": n, "unit": unit}}, st.integers(1, 30), st.sampled_from(["day", "hour"])
    ),
    st.just({"within": {"value": 1, "unit": "month"}}),
    spans.filter(lambda span: span["start"] < span["end"]).map(lambda span: {"scope": span}),
    days.map(lambda day: {"scope": {"end": day}}),
)
cohorts = st.one_of(
    st.builds(lambda at: {"cohort": "first", **at}, st.one_of(st.just({}), moments.map(lambda at: {"at": at}))),
    st.just({"cohort": "second"}),
)
plain = st.builds(lambda plan: {"field": "plan", "op": "eq", "value": plan}, st.sampled_from("xy"))
wheres = st.lists(st.one_of(plain, plain.map(lambda one: {"not": one}), cohorts), max_size=1)
events = st.builds(lambda name, where: {"event": name, "where": where}, st.sampled_from(["a", "b", "*"]), wheres)
tests = st.one_of(
    st.builds(
        lambda op, v: {"field": "user.country", "op": op, "value": v}, st.sampled_from(["eq", "ne"]), st.just("DE")
    ),
    st.builds(
        lambda op, v: {"field": "account.segment", "op": op, "value": v}, st.sampled_from(["eq", "ne"]), st.just("mid")
    ),
)
counts = st.builds(
    lambda op, n: {"op": op, "value": n}, st.sampled_from(["eq", "ge", "le", "gt", "lt"]), st.integers(0, 3)
)


def leaves(event: st.SearchStrategy[Rule]) -> st.SearchStrategy[Rule]:
    return st.one_of(
        st.builds(lambda e, n, when: {"did": e, "times": n, **when}, event, counts, timed),
        st.builds(
            lambda steps, hours, when: {"sequence": steps, "window": {"value": hours, "unit": "hour"}, **when},
            st.lists(event, min_size=2, max_size=3), st.integers(1, 300), timed,
        ),
        tests,
    )  # fmt: skip


def rules(leaf: st.SearchStrategy[Rule]) -> st.SearchStrategy[Rule]:
    return st.recursive(
        leaf,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3).map(lambda parts: {"all": parts}),
            st.lists(inner, max_size=3).map(lambda parts: {"any": parts}),
            inner.map(lambda part: {"not": part}),
        ),
        max_leaves=4,
    )


bare = st.builds(lambda name: {"event": name}, st.sampled_from(["a", "b", "*"]))
worlds = st.builds(
    lambda log, users, first, second, zone: World(tuple(log), users, {"first": first, "second": second}, zone),
    st.lists(happenings, min_size=1, max_size=25),
    st.dictionaries(st.sampled_from(PEOPLE), rows, max_size=5),
    rules(leaves(bare)),
    rules(st.one_of(leaves(bare), st.just({"cohort": "first"}))),
    st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu"]),
)


@settings(max_examples=120)
@given(world=worlds, rule=rules(st.one_of(leaves(events), cohorts)), at=st.one_of(st.none(), moments))
def test_every_rule_means_what_it_says(world: World, rule: Rule, at: str | None) -> None:
    facts = world.facts()
    upto = max(e.at for e in world.log) + timedelta(microseconds=1) if at is None else world.end(at)
    question = {"kind": "cohort", "cohort": rule} | ({} if at is None else {"at": at})
    expected = world.people(rule, upto)
    table = ask(parse(question | {"view": "people"}), facts).tables["people"]
    assert set(table["user_id"]) == expected and table.height == len(expected)
    for who, first, last in table.iter_rows():
        times = [e.at for e in world.of(who, upto)]
        assert (first, last) == ((min(times), max(times)) if times else (world.users[who]["created_at"], None))
    size = ask(parse(question), facts).tables["size"].row(0)
    assert size[:2] == (len(expected), len(world.known(upto)))
    assert parse(parse(question).as_json()) == parse(question)


@settings(max_examples=50)
@given(world=worlds, rule=rules(st.one_of(leaves(events), cohorts)), at=st.one_of(st.none(), moments))
def test_a_filter_keeps_the_events_of_the_people_in_the_cohort(world: World, rule: Rule, at: str | None) -> None:
    facts = world.facts()
    upto = max(e.at for e in world.log) + timedelta(microseconds=1) if at is None else world.end(at)
    inside = world.people(rule, upto)
    counted = [e for e in world.log if not world.users.get(e.who, {}).get("is_internal")]
    condition = {"cohort": rule} | ({} if at is None else {"at": at})
    for where, who in ((condition, inside), ({"not": condition}, {e.who for e in counted} - inside)):
        question = {"kind": "metric", "metric": "events", "grain": "year", "scope": {"where": [where]}}
        table = ask(parse(question), facts).tables["metric"]
        assert table["numerator"].sum() == sum(e.who in who for e in counted)


@settings(max_examples=50)
@given(world=worlds, one=rules(leaves(events)), other=rules(leaves(bare)))
def test_overlaps_add_up(world: World, one: Rule, other: Rule) -> None:
    facts = world.facts()
    upto = max(e.at for e in world.log) + timedelta(microseconds=1)
    question = {"kind": "cohort", "cohort": one, "view": "overlap", "others": [other, "first"]}
    table = ask(parse(question), facts).tables["overlap"]
    this = world.people(one, upto)
    for row, that in zip(
        table.iter_rows(named=True), (world.people(other, upto), world.people("first", upto)), strict=True
    ):
        assert (row["users"], row["other_users"], row["both"]) == (len(this), len(that), len(this & that))
        assert (row["only_this"], row["only_other"]) == (len(this - that), len(that - this))
        assert row["jaccard"] == (len(this & that) / len(this | that) if this | that else None)
