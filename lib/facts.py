"""Facts: the canonical tables as lazy frames, plus the stamp that says which load they are.

The same `Facts` come from a workspace on disk (`Facts.open`) and from frames in memory (`Facts.of`), and every answer
is the same for both.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache, cached_property
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import polars as pl

from lib.engine import FACTS, collect
from lib.errors import QuestionError, suggest
from lib.frames import canonical, is_by_day, without_repeats
from lib.memory import Memory
from lib.model import TABLES
from lib.rates import converted
from lib.scope import ChannelRule, Cohort, WeekStart
from lib.settings import Settings, load_settings
from lib.warehouse import Warehouse, rollup, summaries
from lib.warehouse.contacts import owned
from lib.warehouse.guard import guarded
from lib.warehouse.identity import alias_ties, connect

TimeUnit = Literal["s", "ms", "us"]
TS = pl.Datetime("us", "UTC")
TABLE_OF = {"": "events", "user": "users", "account": "accounts", "touch": "touchpoints"}
HIDDEN = {"": ("person", "month", "event_id"), "touch": ("ts", "user_id", "anon_id", "person")}


@dataclass(frozen=True)
class Facts:
    """What is known, at one stamp.

    `tables` are the canonical tables in stored names; `events` among them also carries `person`, a dense whole number
    that is equal for all ids of one person. `people` lists `id_kind` ("user", "anon"), `id`, `person`. `daily` is the
    roll-up of the events, `person`, `day`, `platform`, `n`, where there is one for the days of this time zone; a day at
    the turn of a UTC month may have two rows. `ready` are the summaries that can be used (`lib.warehouse.summaries`).
    `cohorts` are the rules of cohorts that questions may name, `channel_rules` those for the channel of a contact.
    `loaded` is the day of the load.
    """

    tables: Mapping[str, pl.LazyFrame]
    people: pl.LazyFrame
    settings: Settings
    stamp: str
    as_of: datetime | None
    first: datetime | None
    time_unit: TimeUnit
    workspace: Path | None = None
    guard: Callable[[], AbstractContextManager[None]] = field(default=nullcontext, repr=False, compare=False)
    daily: pl.LazyFrame | None = field(default=None, repr=False, compare=False)
    cohorts: Mapping[str, Cohort] = field(default_factory=dict)
    channel_rules: tuple[ChannelRule, ...] = ()
    ready: Mapping[str, pl.LazyFrame] = field(default_factory=dict, repr=False, compare=False)
    loaded: date | None = field(default=None, repr=False, compare=False)

    @classmethod
    def open(
        cls, workspace: str | Path, *, cohorts: Mapping[str, Cohort] | None = None,
        channel_rules: tuple[ChannelRule, ...] = (),
    ) -> "Facts":  # fmt: skip
        """The facts of a workspace folder, at the stamp in force now.

        Questions may name the `cohorts`; contacts belong to channels by the `channel_rules`.

        Raises:
            SettingsError: `growthops.toml` is wrong. DamagedDataError: the warehouse cannot be read.
        """
        folder, settings = Path(workspace), load_settings(Path(workspace))
        warehouse = Warehouse.open(folder, settings.company.timezone)
        stamp = warehouse.stamp
        with guarded(FACTS):
            tables = converted({name: warehouse.scan(name) for name in TABLES}, settings.company)
            people, ready = warehouse.scan("people"), {name: warehouse.scan(name) for name in summaries.usable(stamp)}
            daily = warehouse.scan(rollup.TABLE) if rollup.fits(stamp, settings.company.timezone) else None
        state = (settings, stamp.stamp, stamp.as_of, stamp.first, stamp.time_unit, folder, warehouse.guard)
        loaded = None if stamp.at is None else stamp.at.date()
        return cls(tables, people, *state, daily, cohorts or {}, channel_rules, ready, loaded)

    @classmethod
    def of(
        cls, *, timezone: str = "UTC", settings: Settings | None = None, cohorts: Mapping[str, Cohort] | None = None,
        channel_rules: tuple[ChannelRule, ...] = (), loaded: date | None = None, **frames: pl.DataFrame,
    ) -> "Facts":  # fmt: skip
        """Facts from frames in memory: `Facts.of(events=df, users=df, timezone="Europe/Berlin")`.

        Events need `user_id` (or `anon_id`), `name` and `ts`; any further column is a property. Money is `mrr` in major
        units or `mrr_cents` in minor ones. Time stamps without a time zone are taken as UTC, days without a time
        as days of the time zone. As in a load, rows without what they need are left out, and so are repeats.

        Raises:
            QuestionError: a table or a required column does not exist, or nothing in a column of times is a time.
        """
        if unknown := [name for name in frames if name not in TABLES]:
            raise QuestionError(f"There is no table {unknown[0]!r}; {suggest(unknown[0], TABLES)}")
        base = settings or Settings()
        if settings is None or timezone != "UTC":
            base = base.model_copy(update={"company": base.company.model_copy(update={"timezone": _zone(timezone)})})
        zone, digits = base.company.timezone, base.company.minor_units
        given = {name: canonical(name, frame, digits, zone) for name, frame in frames.items()}
        given = {name: given[name] if name in given else _empty(name) for name in TABLES}
        given["events"] = without_repeats(given["events"].drop_nulls(["name", "ts"]), is_by_day(frames.get("events")))
        people = _people(given)
        events = _with_person(given["events"], people)
        ts = events["ts"]
        digest = hashlib.sha256()
        for name, frame in sorted(given.items()):
            rows = frame.hash_rows().sort().to_numpy().tobytes() if frame.height else b""
            digest.update(f"{name}{frame.schema}".encode() + rows)
        return cls(
            tables=converted({name: rows.lazy() for name, rows in (given | {"events": events}).items()}, base.company),
            people=people.lazy(),
            settings=base,
            stamp=digest.hexdigest()[:12],
            as_of=_utc(ts.max()),
            first=_utc(ts.min()),
            time_unit=_finest(ts),
            cohorts=cohorts or {},
            channel_rules=channel_rules,
            loaded=loaded or datetime.now(UTC).date(),
        )

    @property
    def timezone(self) -> str:
        """The time zone whose days, weeks and months are counted."""
        return self.settings.company.timezone

    @property
    def week_start(self) -> WeekStart:
        """The first day of a week, where the question does not say."""
        return self.settings.company.week_start

    @cached_property
    def fields(self) -> dict[str, dict[str, pl.DataType]]:
        """The fields a condition may name: event columns, and those of `user.`, `account.` and `touch.`."""
        with guarded(FACTS):
            found = {prefix: self.tables[name].collect_schema() for prefix, name in TABLE_OF.items()}
        return {of: {k: v for k, v in every.items() if k not in HIDDEN.get(of, ())} for of, every in found.items()}

    def has_prop(self, field: str, of: str = "") -> bool:
        """True if the `props` of some event have this key (looked for once per field).

        With `of` "user" or "account", the `traits` of some user or account.
        """
        found = self._props.get((of, field))
        if found is None:
            packed = "traits" if of else "props"
            spellings = {json.dumps(field), json.dumps(field, ensure_ascii=False)}
            key = pl.any_horizontal(pl.col(packed).str.contains(text, literal=True) for text in spellings)
            found = bool(collect(self.tables[TABLE_OF[of]].select(key.any()))[0, 0])
            self._props[of, field] = found
        return found

    def some_props(self, of: str = "") -> set[str]:
        """Keys of the `props` of some events, or the `traits` of some users or accounts, to be named in a message."""
        packed = "traits" if of else "props"
        if packed not in self.fields[of]:
            return set()
        some = collect(self.tables[TABLE_OF[of]].select(packed).drop_nulls().head(1000))[packed]
        return {key for text in some.unique() for key in json.loads(text) if key}

    @cached_property
    def _props(self) -> dict[tuple[str, str], bool]:
        return {}

    @cached_property
    def names(self) -> pl.DataFrame:
        """Every event name with its number of events: `name`, `events`; the most frequent first."""
        counted = self.tables["events"].group_by("name").agg(pl.len().alias("events"))
        return collect(counted.sort(["events", "name"], descending=[True, False]))

    @cached_property
    def user_rows(self) -> pl.DataFrame:
        """One row of `users` per person, the earliest account's first; with `person`."""
        ids = self.people.filter(pl.col("id_kind") == "user").select("person", user_id="id")
        rows = self.tables["users"].join(ids, on="user_id", how="inner")
        rows = rows.sort("person", "created_at", "user_id", nulls_last=True)
        return collect(rows).unique("person", keep="first", maintain_order=True)

    @cached_property
    def last_change(self) -> date | None:
        """The latest day on which a subscription began, or ended by the day of the load.

        Ends may be agreed for years to come, so later ones say nothing of how far the data goes.
        """
        end = pl.col("end_date")
        over = end.filter(end <= pl.lit(self.loaded, pl.Date()))
        return collect(self.tables["subscriptions"].select(
            pl.max_horizontal(pl.col("start_date").max(), over.max()))).item()  # fmt: skip

    @cached_property
    def internal(self) -> pl.Series:
        """Persons who are staff or test users: left out of every answer by default."""
        return self.user_rows.filter(pl.col("is_internal").fill_null(False))["person"]

    @cached_property
    def contacts(self) -> pl.LazyFrame:
        """The touchpoints with the `person` they belong to, as the load found it; empty where nobody has their ids."""
        rows = self.tables["touchpoints"]
        return rows if "person" in rows.collect_schema() else owned(rows, self.people)

    @cached_property
    def members(self) -> Memory:
        """What was found out about people so far: who is in a cohort, when somebody was first seen, their contacts."""
        return Memory(200, bytes_kept=200_000_000, weigh=lambda found: int(found.estimated_size()))

    @cached_property
    def money(self) -> Memory:
        """What was read of subscriptions so far, by conditions and breakdown."""
        return Memory(6, bytes_kept=400_000_000, weigh=lambda found: int(found.estimated_size()))

    @cached_property
    def persons(self) -> int:
        """A bound of the numbers that persons have: all are below it."""
        return int(collect(self.people.select(pl.col("person").max().fill_null(-1) + 1)).item())

    @cached_property
    def labels(self) -> pl.DataFrame:
        """`person`, `user_id`: the id a person is listed by, the user id if there is one, else the anonymous id."""
        ranked = self.people.sort(["person", "id_kind", "id"], descending=[False, True, False])
        return collect(ranked).unique("person", keep="first", maintain_order=True).select("person", user_id="id")


@cache
def _empty(name: str) -> pl.DataFrame:
    """A table in which nothing is, made once: facts in memory have a dozen of them, and never change one."""
    return pl.DataFrame(schema=TABLES[name].schema)


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ValueError, OSError, KeyError):  # the last for names that no file has
        raise QuestionError(f"There is no time zone {name!r}; write one such as 'Europe/Berlin' or 'UTC'.") from None


def _utc(value: object) -> datetime | None:
    return value.astimezone(UTC) if isinstance(value, datetime) else None


def _finest(ts: pl.Series) -> TimeUnit:
    """The coarsest unit in which every instant is a whole number."""
    micros = ts.drop_nulls().dt.epoch("us")
    if micros.len() == 0 or not (micros % 1_000_000 != 0).any():
        return "s"
    return "us" if (micros % 1_000 != 0).any() else "ms"


def _people(given: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Identity over the frames: who is one person."""
    events = given["events"]
    ids = pl.concat(
        [
            events.select(id_kind=pl.lit("user"), id="user_id"),
            events.select(id_kind=pl.lit("anon"), id="anon_id"),
            given["users"].select(id_kind=pl.lit("user"), id="user_id"),
        ]
    )
    ids = ids.drop_nulls().unique(maintain_order=True)
    users = ids.filter(pl.col("id_kind") == "user")["id"]
    pairs = pl.concat([events.select("user_id", "anon_id"), alias_ties(given["aliases"], users)])
    return connect(ids, pairs.drop_nulls().unique(maintain_order=True))


def _with_person(events: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """Put `person` on every event: by user id, else by anonymous id."""
    rows = owned(events.lazy(), people.lazy()).filter(pl.col("person").is_not_null())
    return collect(rows.select("person", *events.columns))
