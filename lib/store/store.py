"""The state of one workspace, opened when it is first needed."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from lib.errors import StoreError
from lib.questions import parse_cohort
from lib.refusal import explain
from lib.scope import ChannelRules
from lib.scope.rules import joined
from lib.settings import Settings, load_settings
from lib.store.address import Address, address
from lib.store.kinds import rule_of
from lib.store.usage import UsageLog

if TYPE_CHECKING:
    from lib.scope import ChannelRule, Cohort
    from lib.store.annotations import Annotations
    from lib.store.check_ins import CheckIns
    from lib.store.database import Database
    from lib.store.definitions import Definitions
    from lib.store.experiments import Experiments
    from lib.store.key_results import KeyResults
    from lib.store.objectives import Objectives
    from lib.store.snapshots import Snapshots

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The present."""
    return datetime.now(UTC)


class Store:
    """What people write in a workspace: `definitions`, `annotations`, `objectives`, `key_results`, `check_ins`,
    `snapshots`, `experiments`, and `usage`, the log of the dashboard's own use.

    Opening one touches nothing; the database, and the library that talks to it, come with the first thing asked of it.
    It may be shared between threads.
    """

    def __init__(self, workspace: Path, settings: Settings | None = None, now: Clock = utc_now) -> None:
        """Of a workspace folder; `settings` are read from it where they are not given.

        Raises:
            SettingsError: growthops.toml is wrong. StoreError: the address of the database is of no use.
        """
        settings = load_settings(workspace) if settings is None else settings
        self.address = address(workspace, settings.store)
        self._timezone, self._now = settings.company.timezone, now
        self._opening = threading.Lock()
        self._database: Database | None = None
        self.usage = UsageLog(self.database, settings.adoption, now)

    @property
    def definitions(self) -> "Definitions":
        """Rules people edit: views, funnels, cohorts, channel rules and the like, each with all its versions."""
        from lib.store.definitions import Definitions

        return Definitions(self.database(), self._timezone, self._now)

    @property
    def annotations(self) -> "Annotations":
        """Dated facts for the time charts."""
        from lib.store.annotations import Annotations

        return Annotations(self.database(), self._now)

    @property
    def objectives(self) -> "Objectives":
        """Where people want to be at the end of a cycle."""
        from lib.store.objectives import Objectives

        return Objectives(self.database(), self._now)

    @property
    def key_results(self) -> "KeyResults":
        """The numbers that say whether an objective is reached."""
        from lib.store.key_results import KeyResults

        return KeyResults(self.database(), self._now)

    @property
    def check_ins(self) -> "CheckIns":
        """What people said of a key result."""
        from lib.store.check_ins import CheckIns

        return CheckIns(self.database(), self._now)

    @property
    def snapshots(self) -> "Snapshots":
        """Numbers as they were reported."""
        from lib.store.snapshots import Snapshots

        return Snapshots(self.database(), self._now)

    @property
    def experiments(self) -> "Experiments":
        """Tests, their decisions and what was learnt."""
        from lib.store.experiments import Experiments

        return Experiments(self.database(), self._now)

    def cohorts(self) -> "dict[str, Cohort]":
        """The rules of the cohorts in force, by key, as `Facts.open` takes them; none where nothing was ever written.

        Raises:
            StoreError: the database cannot be read. QuestionError: a rule is of a version this one cannot read.
        """
        if self.address.file is not None and not self.address.file.exists():
            return {}
        return {one.key: parse_cohort(rule_of(one.body)) for one in self.definitions.list("cohort")}

    def channel_rules(self) -> "tuple[ChannelRule, ...]":
        """The channel rules in force, in the order in which they are tried, as `Facts.open` takes them.

        Rules may be kept under several keys; then they are tried key by key in the order of the alphabet.

        Raises:
            StoreError: the database cannot be read, or rules are of a version this one cannot read.
        """
        if self.address.file is not None and not self.address.file.exists():
            return ()
        kept = sorted(self.definitions.list("channel_rules"), key=lambda one: one.key)
        try:
            return joined(tuple(ChannelRules.model_validate(one.body) for one in kept))
        except ValidationError as error:
            raise StoreError(f"The channel rules cannot be read: {explain(ChannelRules, error)}") from None

    def database(self) -> "Database":
        """The database behind all of them.

        Raises:
            StoreError: its address is of no use, or its driver is not installed.
        """
        with self._opening:
            if self._database is None:
                from lib.store.database import Database

                self._database = Database(self.address, self._now)
            return self._database

    def close(self) -> None:
        """Write what waits in the usage log and let go of the database; using it again opens it again."""
        self.usage.close()
        with self._opening:
            if self._database is not None:
                self._database.close()


def bring_up_file(file: Path, name: str, now: Clock = utc_now) -> None:
    """Bring a SQLite file with state to the shape this version knows; `name` is what an error calls it.

    Raises:
        StoreError: a newer version wrote it, or it cannot be read or written.
    """
    from lib.store.database import Database

    database = Database(Address(name, file=file), now)
    try:
        with database.reading():
            pass
    finally:
        database.close()
