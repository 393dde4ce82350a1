"""Events: which arrive and which do not, how well their properties are filled, and what a release did to them."""

import re
from collections.abc import Sequence
from datetime import timedelta

import polars as pl

from lib.engine import collect, collect_all
from lib.facts import Facts
from lib.words import count, listing, percent

DAYS = 30
SILENT_DAYS = 7
FLOOR = 30
DROP = 0.5
ALIKE = 0.05
OURS = ("person", "month", "event_id", "ts", "name")
NEVER, SILENT, SEEN = "never seen", "silent", "seen"
TYPES = {
    pl.String(): "text", pl.Int64(): "whole number", pl.Float64(): "number", pl.Boolean(): "true or false",
    pl.Date(): "date", pl.Datetime("us", "UTC"): "time",
}  # fmt: skip
VERSION = re.compile(r"\d+(?:\.\d+)*")


def planned(facts: Facts) -> tuple[str, ...]:
    """The events that `growthops.toml` names under `[onboarding]`: its steps and the activation event."""
    onboarding = facts.settings.onboarding
    return tuple(dict.fromkeys(filter(None, (*onboarding.steps, onboarding.activation_event))))


def unseen(facts: Facts, names: Sequence[str] | None = None) -> tuple[str, ...]:
    """Planned events (by default `planned`) of which there is not one."""
    there = set(facts.names["name"])
    return tuple(name for name in (planned(facts) if names is None else names) if name not in there)


def unplanned(facts: Facts, names: Sequence[str]) -> tuple[str, ...]:
    """Events seen that are not among the planned ones, the most frequent first."""
    return tuple(name for name in facts.names["name"] if name not in set(names))


def seen(facts: Facts) -> pl.DataFrame:
    """One row per event, those never seen first, then silent ones, then by frequency.

    Columns: `name`; `state` ("never seen": named in the settings and not once there; "silent": none within the last
    seven days of data; "seen"); `named`, whether the settings name it (true or false); `events` and `people` (counts);
    `first` and `last` (instants); `daily`, a list with the events of each of the last 30 days of data.
    """
    events = facts.tables["events"].select("name", "person", "ts")
    counted = events.group_by("name").agg(
        pl.len().cast(pl.Int64()).alias("events"),
        pl.col("person").n_unique().cast(pl.Int64()).alias("people"),
        pl.col("ts").min().alias("first"),
        pl.col("ts").max().alias("last"),
    )
    found, days = collect_all([counted, _recent(facts)])
    missing = pl.DataFrame({"name": unseen(facts)}, schema={"name": pl.String()})
    rows = pl.concat([found, missing], how="diagonal").join(days, on="name", how="left")
    silent = pl.col("last") <= pl.lit(facts.as_of, pl.Datetime("us", "UTC")) - timedelta(days=SILENT_DAYS)
    rows = rows.with_columns(
        pl.col("events", "people").fill_null(0),
        daily=pl.when(pl.col("daily").is_null()).then(pl.lit([0] * DAYS)).otherwise("daily"),
        state=pl.when(pl.col("last").is_null()).then(pl.lit(NEVER)).when(silent).then(pl.lit(SILENT))
        .otherwise(pl.lit(SEEN)),
        named=pl.col("name").is_in(planned(facts)),
    )  # fmt: skip
    order = pl.col("state").replace_strict({NEVER: 0, SILENT: 1, SEEN: 2}, return_dtype=pl.Int64())
    return rows.sort(order, -pl.col("events"), "name").select(
        "name", "state", "named", "events", "people", "first", "last", "daily"
    )


def _recent(facts: Facts) -> pl.LazyFrame:
    """`name`, `daily`: events of each of the last days of data, as a list as long as there are days."""
    events, end = facts.tables["events"], facts.as_of
    if end is None:
        return pl.LazyFrame(schema={"name": pl.String(), "daily": pl.List(pl.Int64())})
    day = pl.col("ts").dt.convert_time_zone(facts.timezone).dt.date()
    last = pl.lit(end).dt.convert_time_zone(facts.timezone).dt.date()
    since = end - timedelta(days=DAYS + 1)
    if "month" in events.collect_schema():
        events = events.filter(pl.col("month") >= f"{since:%Y-%m}")
    near = events.filter(pl.col("ts") > since).select("name", ago=(last - day).dt.total_days())
    kept = near.filter(pl.col("ago") < DAYS)
    each = [(pl.col("ago") == ago).sum().cast(pl.Int64()).alias(str(ago)) for ago in reversed(range(DAYS))]
    names = [str(ago) for ago in reversed(range(DAYS))]
    return kept.group_by("name").agg(each).select("name", daily=pl.concat_list(names))


def properties(facts: Facts, name: str) -> pl.DataFrame:
    """The properties of one event, the best filled first; those that are always empty last.

    Columns: `property`, `type` (text); `filled` (count) and `fill` (share of the event's rows that have a value);
    `values` (count of distinct values); `example`, the most frequent value as text.
    """
    schema = facts.tables["events"].collect_schema()
    columns = [column for column in schema if column not in OURS]
    rows = facts.tables["events"].filter(pl.col("name") == name)
    counts = collect(rows.select(pl.len().alias("n"), *(pl.col(column).count() for column in columns))).row(
        0, named=True
    )
    total, used = counts.pop("n"), [column for column in columns if counts[column]]
    ranked = [
        rows.group_by(value=pl.col(column)).agg(n=pl.len()).drop_nulls("value")
        .select(values=pl.len(), example=pl.col("value").sort_by(-pl.col("n").cast(pl.Int64()), "value").first()
                .cast(pl.String()))
        for column in used
    ]  # fmt: skip
    best = dict(zip(used, (found.row(0) for found in collect_all(ranked)), strict=True))
    table = [
        (column, TYPES.get(schema[column], "text"), counts[column], counts[column] / total if total else None,
         *best.get(column, (0, None)))
        for column in columns
    ]  # fmt: skip
    names = {"property": pl.String(), "type": pl.String(), "filled": pl.Int64(), "fill": pl.Float64(),
             "values": pl.Int64(), "example": pl.String()}  # fmt: skip
    return pl.DataFrame(table, schema=names, orient="row").sort(["filled", "property"], descending=[True, False])


def activity(facts: Facts) -> pl.DataFrame:
    """How much each app version was used: `version`, `people`, `days` (everybody's added up), `first` (instant).

    A person is active on a version on every day with an event that says this version.
    """
    day = pl.col("ts").dt.convert_time_zone(facts.timezone).dt.date().to_physical().cast(pl.Int64())
    events = facts.tables["events"].filter(pl.col("app_version").is_not_null())
    packed = events.select("ts", version="app_version", key=pl.col("person") * 1_000_000 + day + 500_000)
    counted = packed.group_by("version").agg(
        first=pl.col("ts").min(), days=pl.col("key").n_unique(), people=(pl.col("key") // 1_000_000).n_unique()
    )
    whole = pl.col("people", "days").cast(pl.Int64())
    found = collect(counted.select("version", whole, "first"))
    return found.select("version", "people", "days", "first").sort("first", "version")


def versions(facts: Facts, name: str, active: pl.DataFrame | None = None) -> pl.DataFrame:
    """One event on each app version against all versions before it, the latest version first.

    Columns: `version`; `people` active on it, their `days` and the `events` of this name (counts); `rate` = events ÷
    days, how often an active person does it in a day; `before_people` and `before_rate`, the same for all earlier
    versions together; `change` = rate ÷ before_rate − 1; `state`: "dropped" when that is more than half, "too few" with
    fewer than 30 people on either side, "first" where no version is earlier, else "ok".

    Versions are ordered by number; where one is no number, by when they were first seen.
    """
    active = activity(facts) if active is None else active
    events = facts.tables["events"].filter((pl.col("name") == name) & pl.col("app_version").is_not_null())
    counted = collect(events.group_by(version="app_version").agg(events=pl.len().cast(pl.Int64())))
    rows = active.join(counted, on="version", how="left").with_columns(pl.col("events").fill_null(0))
    rows = rows[_order(rows["version"].to_list())]
    earlier = [pl.col(column).cum_sum() - pl.col(column) for column in ("days", "events")]
    rows = rows.with_columns(
        rate=pl.col("events") / pl.col("days"),
        before_people=pl.col("people").cum_sum() - pl.col("people"),
        before_rate=pl.when(earlier[0] > 0).then(earlier[1] / earlier[0]),
    ).with_columns(change=pl.when(pl.col("before_rate") > 0).then(pl.col("rate") / pl.col("before_rate") - 1))
    few = pl.min_horizontal("people", "before_people") < FLOOR
    state = (
        pl.when(pl.col("before_rate").is_null()).then(pl.lit("first"))
        .when(few).then(pl.lit("too few"))
        .when(pl.col("change") < -DROP).then(pl.lit("dropped"))
        .otherwise(pl.lit("ok"))
    )  # fmt: skip
    return rows.with_columns(state=state).drop("first").reverse()


def _order(names: list[str]) -> list[int]:
    """Places of version names, oldest first; they come in the order in which they were first seen."""
    places = list(range(len(names)))
    if all(VERSION.fullmatch(name) for name in names):
        places.sort(key=lambda place: tuple(int(part) for part in names[place].split(".")))
    return places


def effect(name: str, rows: pl.DataFrame) -> str:
    """What releases did to one event, from the frame of `versions`: the versions that dropped it, else the latest."""
    dropped = rows.filter(pl.col("state") == "dropped").rows(named=True)
    if dropped:
        worst = dropped[0]
        more = f"; {listing([row['version'] for row in dropped[1:]])} dropped it too" if dropped[1:] else ""
        return (
            f"“{name}” dropped by {percent(-worst['change'], 0)} on version {worst['version']}: {worst['rate']:.3f} "
            f"times per active person and day, {worst['before_rate']:.3f} on the versions before{more}"
        )
    sure = rows.filter(pl.col("state") == "ok").rows(named=True)
    if not sure:
        return f"No two versions have {FLOOR} people each, so nothing can be said about “{name}”"
    version, change = sure[0]["version"], sure[0]["change"]
    if abs(change) < ALIKE:
        return f"“{name}” happens about as often on the latest version, {version}, as on those before"
    way = f"{percent(abs(change), 0)} {'more' if change > 0 else 'less'} often"
    return f"“{name}” happens {way} on the latest version, {version}, than on those before"


def title(rows: pl.DataFrame) -> str:
    """What the table of events shows: the ones that do not come, else how many do."""
    never, silent = (rows.filter(pl.col("state") == state)["name"].to_list() for state in (NEVER, SILENT))
    said = [f"{_some(never)} never came"] if never else []
    said += [f"{_some(silent)} did not come in the last {SILENT_DAYS} days of data"] if silent else []
    there = rows.filter(pl.col("events") > 0).height
    whole = f"All {count(there)} events keep coming" if there > 1 else "The one event keeps coming"
    return "; ".join(said) if said else whole


def fullness(name: str, rows: pl.DataFrame) -> str:
    """How well the properties of an event are filled, in words."""
    whole = rows.filter(pl.col("fill") == 1)["property"].to_list()
    partly = rows.filter((pl.col("filled") > 0) & (pl.col("fill") < 1)).height
    said = f"“{name}” always has {listing(whole)}" if whole else f"No property of “{name}” is always filled"
    return f"{said}; {partly} more {'is' if partly == 1 else 'are'} filled at times" if partly else said


def _some(names: Sequence[str]) -> str:
    shown = [f"“{name}”" for name in names[:3]]
    return listing([*shown, f"{len(names) - 3} more"] if len(names) > 3 else shown)
