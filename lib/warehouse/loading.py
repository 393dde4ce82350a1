"""A load: inputs in, counts out, and one new stamp when anything changed."""

import time
from collections.abc import Iterable, Sequence
from datetime import datetime

import polars as pl

from lib.errors import WarehouseError
from lib.model import TABLES
from lib.progress import Progress
from lib.warehouse import contacts, identity, keyed, quarantine, reading, summaries
from lib.warehouse.disk import Behind
from lib.warehouse.event_ids import repeats
from lib.warehouse.guard import guarded
from lib.warehouse.inputs import Batch, Counts, Input, LoadReport, as_raw, numbered, screen
from lib.warehouse.months import People, Rebuild
from lib.warehouse.schema import BASE, CONTACTS, COSTS, FIRST_SEEN, LOADS, QUARANTINE, conform, conforming
from lib.warehouse.staging import Staged, Stager
from lib.warehouse.stamp import Stamp
from lib.warehouse.transaction import Transaction, month_in


class Load:
    """One load within a transaction: `take` every input, then `finish`."""

    def __init__(self, turn: Transaction, now: datetime, timezone: str, progress: Progress) -> None:
        """Read what is needed of the tables at rest: the ledger and the schema of events."""
        self.turn, self.now, self.timezone, self.progress = turn, now, timezone, progress
        self.before: Stamp = turn.before
        self.folder = turn.folder
        self.name = f"{now:%Y%m%d-%H%M%S}-{self.before.number + 1}"
        self.counts: list[Counts] = []
        self._ledger = reading.frame(self.folder, self.before, "loads")
        self._stager = Stager(turn.staging, reading.columns(self.before, "events"), self.before.time_unit)
        self._event_inputs: list[tuple[int, Counts]] = []
        self._keyed: dict[str, list[tuple[Counts, pl.DataFrame]]] = {}
        self._rejected: list[pl.DataFrame] = []
        self._fields: dict[str, object] = {}
        self._people: pl.DataFrame | None = None  # everybody, where that is not as before
        self._started = time.perf_counter()

    def take(self, source: Input) -> None:
        """Read one input; one whose fingerprint is in the ledger, or came before in this load, is skipped."""
        if source.table not in TABLES:
            raise WarehouseError(f"There is no table '{source.table}' to load '{source.label}' into.")
        counts = Counts(source.table, source.label, source.fingerprint)
        counts.skipped = self._is_loaded(source)
        self.counts.append(counts)
        if counts.skipped:
            return
        if source.table == "events":
            self._event_inputs.append((self._stager.next_order, counts))
        for batch in source.batches():
            self._take_batch(counts, batch)

    def finish(self, replaces: Sequence[str] = ()) -> LoadReport:
        """Merge what was taken into the tables and commit."""
        staged = self._stager.finish()
        tables = {table: self._merge_keyed(table, parts) for table, parts in self._keyed.items()}
        self._events(staged, tables)
        self._contacts(tables.get("touchpoints"))
        self._keep_rejected(replaces)
        fresh = [counts for counts in self.counts if not counts.skipped]
        if fresh:
            self.turn.replace("loads", pl.concat([self._ledger, self._ledger_rows(fresh)]))
        stamp = self.before
        if self.turn.changed:
            self.progress("Syncing to disk", 0.98)
            stamp = self.turn.commit(at=self.now, **self._fields)
        self.progress("Loaded", 1.0)
        return LoadReport(self.name, stamp.stamp, tuple(self.counts), time.perf_counter() - self._started)

    def _is_loaded(self, source: Input) -> bool:
        if not source.fingerprint:
            return False
        here = any(c.table == source.table and c.fingerprint == source.fingerprint for c in self.counts)
        known = (pl.col("table") == source.table) & (pl.col("fingerprint") == source.fingerprint)
        return here or not self._ledger.filter(known).is_empty()

    def _take_batch(self, counts: Counts, batch: Batch) -> None:
        good, bad = screen(TABLES[counts.table], numbered(batch.rows), self.now)
        counts.read += batch.read
        counts.quarantined += batch.read - good.height
        counts.notes += tuple(getattr(batch, "notes", ()))
        for rejected in (batch.rejected, bad):
            if rejected.height:
                self._rejected.append(quarantine.entries(rejected, self.name, counts.table, counts.source))
        if counts.table == "events":
            self._stager.add(good)
        else:
            rows = conform(good, {**BASE[counts.table], "_row": pl.Int64()})
            self._keyed.setdefault(counts.table, []).append((counts, rows))
        self.progress(f"Reading {counts.source}", 0.4 * len(self.counts) / (len(self.counts) + 1))

    def _merge_keyed(self, table: str, parts: list[tuple[Counts, pl.DataFrame]]) -> pl.DataFrame:
        """Merge one small table, count per input, and return the table as it is now."""
        old = reading.frame(self.folder, self.before, table).drop(contacts.PERSON, strict=False)
        owners = [counts for counts, _ in parts]
        owned = [rows.with_columns(_owner=pl.lit(place, pl.Int64)) for place, (_, rows) in enumerate(parts)]
        new = pl.concat(owned).with_columns(_order=pl.int_range(pl.len(), dtype=pl.Int64))
        merged = keyed.merge(TABLES[table], old, new)
        for field, orders in (
            ("loaded", merged.loaded),
            ("updated", merged.updated),
            ("duplicates", merged.duplicates),
            ("quarantined", merged.rejected["_order"]),
        ):
            for place, count in new["_owner"].gather(orders).value_counts().rows():
                setattr(owners[place], field, getattr(owners[place], field) + count)
        self._reject_keyed(table, owners, new, merged.rejected)
        if merged.changed and table != "touchpoints":  # these wait for their people
            self.turn.replace(table, merged.rows)
        if table == "spend" and (merged.changed or not summaries.fits(self.before, COSTS)):
            self.turn.replace(COSTS, summaries.costs(merged.rows))
        return merged.rows

    def _reject_keyed(self, table: str, owners: list[Counts], new: pl.DataFrame, rejected: pl.DataFrame) -> None:
        rows = new.join(rejected, on="_order", maintain_order="left")
        for (place,), part in rows.partition_by("_owner", as_dict=True).items():
            columns = part.select(row="_row", reason="reason", raw=as_raw(part.drop("reason")))
            self._rejected.append(quarantine.entries(columns, self.name, table, owners[place].source))

    def _events(self, staged: Staged, tables: dict[str, pl.DataFrame]) -> None:
        """Identity for all, then every month that new or renumbered rows touch."""
        at_rest = reading.scan(self.folder, self.before, "events")
        have = self._months()
        self.progress("Looking for events that are there already", 0.42)
        with guarded("the table 'events'"):
            losers = repeats(staged, at_rest if have and "event_id" in at_rest.collect_schema() else None)
        people = self._identity(staged, losers, tables)
        if people is None:
            return
        months = self._touched(staged, people, have)
        starts = [start for start, _ in self._event_inputs]
        with Behind() as behind:
            job = Rebuild(
                self.turn, staged, people, losers, starts, self.before.as_of, self.timezone, behind,
                must_rewrite=not people.moved.is_empty() or self._widened(staged),
            )  # fmt: skip
            for place, month in enumerate(months):
                self.progress(f"Sorting {month}", 0.5 + 0.45 * place / len(months))
                reading.verify(self.folder, self.before, "events", {month})
                with guarded(f"the table 'events' ({month})"):
                    job.month(month, self._month_at_rest(month, staged.schema) if month in have else None)
            job.finish()
        self._first_seen(job, have)
        self._count_events(job, staged)

    def _identity(self, staged: Staged, losers: pl.Series, tables: dict[str, pl.DataFrame]) -> People | None:
        """Everybody, with the new ids and ties of this load; None when the load touches nobody."""
        if not (staged.rows or tables.keys() & {"users", "aliases"}):
            return None
        self.progress("Recognising people", 0.45)
        pairs = staged.seen() if losers.is_empty() else seen_without(staged, losers)
        known = reading.frame(self.folder, self.before, "people")
        new_users = tables.get("users", pl.DataFrame(schema={"user_id": pl.String}))
        listed = new_users.select(id_kind=pl.lit("user"), id="user_id")
        ids = pl.concat([identity.ids_of(pairs), listed])
        aliases = tables.get("aliases")
        if aliases is None:
            aliases = reading.frame(self.folder, self.before, "aliases")
        users = pl.concat([known, ids], how="diagonal").filter(pl.col("id_kind") == "user")["id"]
        ties = pl.concat([pairs.select("user_id", "anon_id"), identity.alias_ties(aliases, users)])
        people = identity.connect(ids, ties, known)
        if not people.equals(known):
            self.turn.replace("people", people)
            self._people = people
        self._fields["people"] = people["person"].n_unique()
        return People.of(people, identity.moved(known, people))

    def _contacts(self, merged: pl.DataFrame | None) -> None:
        """Say of every contact whose it is, where contacts were loaded or people are not who they were."""
        if merged is None and self._people is None:
            return
        before = reading.frame(self.folder, self.before, "touchpoints")
        rows = before.drop(contacts.PERSON, strict=False) if merged is None else merged
        if rows.is_empty():
            return
        people = reading.frame(self.folder, self.before, "people") if self._people is None else self._people
        after = contacts.owned(rows.lazy(), people.lazy()).collect()
        is_other = not after.equals(before)
        if is_other:
            self.turn.replace("touchpoints", after)
        if is_other or not summaries.fits(self.before, CONTACTS):
            self.turn.replace(CONTACTS, summaries.contacts(after))

    def _first_seen(self, job: Rebuild, have: set[str]) -> None:
        """When everybody was first seen: as known before, or in the months made anew."""
        if not job.events:
            return
        if summaries.fits(self.before, FIRST_SEEN):
            before = reading.frame(self.folder, self.before, FIRST_SEEN)
            known = job.people.rename_rows(before.lazy())
        else:
            before, months = None, have - job.done
            reading.verify(self.folder, self.before, "events", months)
            known = summaries.firsts(reading.scan(self.folder, self.before, "events", months))
        with guarded("the table 'events'"):
            after = summaries.first_seen([known, *(part.lazy() for part in job.firsts)])
        if before is None or not after.equals(before):
            self.turn.replace(FIRST_SEEN, after)

    def _months(self) -> set[str]:
        return {month for path in self.before.files_of("events") if (month := month_in(path))}

    def _touched(self, staged: Staged, people: People, have: set[str]) -> list[str]:
        """Months to rebuild: those with new rows, with renumbered persons, or all when a column changes type."""
        if self._widened(staged):
            return sorted(have | set(staged.months))
        if people.moved.is_empty() or not have:
            return sorted(staged.months)
        scan = reading.scan(self.folder, self.before, "events")
        with guarded("the table 'events'"):
            moved = scan.filter(pl.col("person").is_in(people.moved["person"].implode())).select("month").unique()
            return sorted(set(moved.collect()["month"]) | set(staged.months))

    def _widened(self, staged: Staged) -> bool:
        """True if a column at rest changes its type, so that every file has to be written anew."""
        old = reading.columns(self.before, "events")
        return any(staged.schema[name] != dtype for name, dtype in old.items())

    def _month_at_rest(self, month: str, schema: pl.Schema) -> pl.LazyFrame:
        scan = reading.scan(self.folder, self.before, "events", {month})
        return scan.select(conforming(reading.columns(self.before, "events"), schema))

    def _count_events(self, job: Rebuild, staged: Staged) -> None:
        for place, (start, counts) in enumerate(self._event_inputs):
            following = self._event_inputs[place + 1][0] if place + 1 < len(self._event_inputs) else staged.rows
            counts.loaded, counts.late = int(job.loaded[place]), int(job.late[place])
            counts.duplicates = following - start - counts.loaded
        self._fields |= {
            "events": self.before.events + int(job.loaded.sum()),
            "first": min((t for t in (self.before.first, job.first) if t), default=None),
            "as_of": max((t for t in (self.before.as_of, job.last) if t), default=None),
            "time_unit": staged.time_unit,
            "rollup_timezone": self.timezone if job.events else self.before.rollup_timezone,
        }

    def _keep_rejected(self, replaces: Sequence[str]) -> None:
        if not (self._rejected or replaces):
            return
        kept = reading.frame(self.folder, self.before, "quarantine")
        now = quarantine.mark(kept, replaces, self.name)
        if self._rejected:
            now = quarantine.add(now, pl.concat(self._rejected))
        if not now.equals(kept):
            self.turn.replace("quarantine", conform(now, QUARANTINE))

    def _ledger_rows(self, fresh: Iterable[Counts]) -> pl.DataFrame:
        rows = [
            (self.name, self.now, c.table, c.source, c.fingerprint, c.read, c.loaded, c.duplicates, c.quarantined,
             c.updated, c.late)
            for c in fresh
        ]  # fmt: skip
        return pl.DataFrame(rows, schema=LOADS, orient="row")


def seen_without(staged: Staged, losers: pl.Series) -> pl.DataFrame:
    """The pairs of ids in staged events other than `losers`, as `Staged.seen` gives them."""
    rows = staged.scan().select("user_id", "anon_id", "_order")
    kept = rows.join(losers.to_frame().lazy(), on="_order", how="anti")
    return kept.group_by("user_id", "anon_id").agg(pl.col("_order").min()).collect(engine="streaming").sort("_order")
