"""Facts: the canonical tables as lazy frames, plus the stamp that says which load they are.

The same `Facts` come from a workspace on disk (`Facts.open`) and from frames in memory (`Facts.of`), and every answer
is the same for both.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Literal

import polars as pl

from lib.engine import FACTS, collect
from lib.errors import QuestionError, suggest
from lib.memory import Memory
from lib.model import EVENTS, TABLES
from lib.rates import converted
from lib.scope import ChannelRule, Cohort, WeekStart
from lib.settings import Settings, load_settings
from lib.warehouse import Warehouse, rollup
from lib.warehouse.contacts import owned
from lib.warehouse.guard import guarded
from lib.warehouse.identity import alias_ties, connect
from lib.warehouse.schema import as_text, type_at_rest

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
    the turn of a UTC month may have two rows. `cohorts` are the rules of cohorts that questions may name, and
    `channel_rules` those that say which channel a contact belongs to, the first that fits.
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
        folder = Path(workspace)
        settings = load_settings(folder)
        warehouse = Warehouse.open(folder, settings.company.timezone)
        stamp = warehouse.stamp
        with guarded(FACTS):
            tables = converted({name: warehouse.scan(name) for name in TABLES}, settings.company)
            people = warehouse.scan("people")
            daily = warehouse.scan(rollup.TABLE) if rollup.fits(stamp, settings.company.timezone) else None
        state = (settings, stamp.stamp, stamp.as_of, stamp.first, stamp.time_unit)
        return cls(tables, people, *state, folder, warehouse.guard, daily, cohorts or {}, channel_rules)

    @classmethod
    def of(
        cls, *, timezone: str = "UTC", settings: Settings | None = None, cohorts: Mapping[str, Cohort] | None = None,
        channel_rules: tuple[ChannelRule, ...] = (), **frames: pl.DataFrame,
    ) -> "Facts":  # fmt: skip
        """Facts from frames in memory: `Facts.of(events=df, users=df, timezone="Europe/Berlin")`.

        Events need `user_id` (or `anon_id`), `name` and `ts`; any further column is a property. Time stamps without
        a time zone are taken as UTC. As in a load, rows without one of these are left out, and so are repeats.

        Raises:
            QuestionError: a table or a required column does not exist.
        """
        unknown = [name for name in frames if name not in TABLES]
        if unknown:
            raise QuestionError(f"There is no table {unknown[0]!r}; {suggest(unknown[0], TABLES)}")
        given = {name: _canonical(name, frame) for name, frame in frames.items()}
        given = {name: given.get(name, pl.DataFrame(schema=TABLES[name].schema)) for name in TABLES}
        given["events"] = _without_repeats(given["events"].drop_nulls(["name", "ts"]), _by_day(frames.get("events")))
        people = _people(given)
        events = _with_person(given["events"], people)
        ts = events["ts"]
        base = settings or Settings()
        if settings is None or timezone != "UTC":
            base = base.model_copy(update={"company": base.company.model_copy(update={"timezone": timezone})})
        digest = hashlib.sha256()
        for name, frame in sorted(given.items()):
            digest.update(f"{name}{frame.schema}".encode() + frame.hash_rows().sort().to_numpy().tobytes())
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

    def has_prop(self, field: str) -> bool:
        """True if some event's `props` has this key (looked for once per field)."""
        found = self._props.get(field)
        if found is None:
            spellings = {json.dumps(field), json.dumps(field, ensure_ascii=False)}
            key = pl.any_horizontal(pl.col("props").str.contains(text, literal=True) for text in spellings)
            found = bool(collect(self.tables["events"].select(key.any()))[0, 0])
            self._props[field] = found
        return found

    @cached_property
    def _props(self) -> dict[str, bool]:
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
        return collect(rows.sort("person", "created_at", "user_id")).unique("person", keep="first", maintain_order=True)

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
    def persons(self) -> int:
        """A bound of the numbers that persons have: all are below it."""
        return int(collect(self.people.select(pl.col("person").max().fill_null(-1) + 1)).item())

    @cached_property
    def labels(self) -> pl.DataFrame:
        """`person`, `user_id`: the id a person is listed by, the user id if there is one, else the anonymous id."""
        ranked = self.people.sort(["person", "id_kind", "id"], descending=[False, True, False])
        return collect(ranked).unique("person", keep="first", maintain_order=True).select("person", user_id="id")


def _utc(value: object) -> datetime | None:
    return value.astimezone(UTC) if isinstance(value, datetime) else None


def _finest(ts: pl.Series) -> TimeUnit:
    """The coarsest unit in which every instant is a whole number."""
    micros = ts.drop_nulls().dt.epoch("us")
    if micros.len() == 0 or not (micros % 1_000_000 != 0).any():
        return "s"
    return "us" if (micros % 1_000 != 0).any() else "ms"


def _canonical(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Give a frame the stored columns and types of its table; further event columns stay as properties."""
    table = TABLES[name]
    missing = [column for column in table.required if table.by_name[column].stored not in frame.columns]
    if missing:
        raise QuestionError(f"{name} needs the column {missing[0]!r}; it has {', '.join(frame.columns)}.")
    if table.needs_one_of and not set(table.needs_one_of) & set(frame.columns):
        raise QuestionError(f"{name} needs one of the columns {', '.join(table.needs_one_of)}.")
    columns = []
    for column in table.columns:
        if column.stored not in frame.columns:
            default = column.default == "true" if column.kind == "bool" else column.default
            columns.append(pl.lit(default, column.dtype).alias(column.stored))
        else:
            columns.append(_typed(column.stored, frame.schema[column.stored], column.dtype))
    if name == EVENTS.name:
        columns += [_extra(other, frame.schema[other]) for other in frame.columns if other not in table.schema]
    return frame.select(columns)


def _extra(name: str, given: pl.DataType) -> pl.Expr:
    """A property as a load would keep it: in one of the types at rest, and not under a name of our own."""
    rest = type_at_rest(given)
    column = as_text(name, given) if rest == pl.String() != given else pl.col(name).cast(rest)
    column = pl.when(column.is_finite()).then(column) if rest == pl.Float64() else column
    return column.alias(f"{name}_prop" if name in ("person", "month") else name)


def _without_repeats(events: pl.DataFrame, by_day: bool) -> pl.DataFrame:
    """Events without repeats: the same `event_id`, or, where there is none and the time of day is known, all columns.

    Equal rows that say only the day are events of their own: a day is too long to tell them from a double delivery.
    """
    if not events.hash_rows().is_duplicated().any() and not events["event_id"].drop_nulls().is_duplicated().any():
        return events
    is_named = pl.col("event_id").is_not_null()
    bare = pl.lit(True) if by_day else pl.struct(pl.all()).is_first_distinct()
    first = pl.when(is_named).then(pl.col("event_id").is_first_distinct()).otherwise(bare)
    return events.filter(first)


def _typed(name: str, given: pl.DataType, wanted: pl.DataType) -> pl.Expr:
    """The column in the stored type. Text becomes time by ISO 8601; naive times are UTC."""
    column = pl.col(name)
    if wanted == TS:
        if given == pl.String():
            return pl.coalesce(
                column.str.to_datetime("%+", time_unit="us", strict=False).cast(TS),
                *(
                    column.str.to_datetime(form, time_unit="us", strict=False).dt.replace_time_zone("UTC")
                    for form in ("%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M")
                ),
                column.str.to_date("%Y-%m-%d", strict=False).cast(pl.Datetime("us")).dt.replace_time_zone("UTC"),
            ).alias(name)
        if isinstance(given, pl.Datetime) and given.time_zone:
            return column.dt.convert_time_zone("UTC").cast(TS)
        return column.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    if wanted == pl.Boolean() and given == pl.String():
        return column.str.to_lowercase().is_in(["true", "1", "yes"]).alias(name)
    if wanted == pl.Date() and given == pl.String():
        return column.str.to_date()
    return column.cast(wanted)


def _by_day(frame: pl.DataFrame | None) -> bool:
    """Do the events say only the day they happened on?"""
    if frame is None:
        return False
    stamp = frame["ts"]
    return stamp.dtype == pl.Date() or (stamp.dtype == pl.String() and not stamp.str.contains(":").any())


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
