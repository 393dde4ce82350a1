"""The sections of `growthops.toml`: their keys, types and defaults.

Ask `lib.settings` for them; it reads and writes the file.
"""

from collections.abc import Mapping
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, model_validator

from lib.errors import suggest
from lib.model import TABLES
from lib.scope import Part, WeekStart, Window

# ISO 4217: every currency not listed here has two digits after the point.
NO_MINOR_UNITS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
THREE_DIGITS = "BHD IQD JOD KWD LYD OMR TND"


def minor_units(currency: str) -> int:
    """How many digits the currency has after the decimal point: 2 for USD, 0 for JPY, 3 for KWD."""
    code = currency.upper()
    return 0 if code in NO_MINOR_UNITS.split() else 3 if code in THREE_DIGITS.split() else 2


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"{name!r} is not a time zone; write one like 'Europe/Berlin' or 'UTC'") from None
    return name


TimeZone = Annotated[str, AfterValidator(_zone)]


class Company(Part):
    """Whose numbers these are. `currency` is the reporting currency, `timezone` the one days are cut in."""

    name: str = Field(default="Our company", min_length=1)
    currency: str = Field(default="USD", pattern=r"^[A-Z]{3}$")
    timezone: TimeZone = "UTC"
    week_start: WeekStart = "monday"

    @property
    def minor_units(self) -> int:
        """Digits after the point of the reporting currency."""
        return minor_units(self.currency)


class Onboarding(Part):
    """The funnel the Onboarding page opens with, and the event that counts as activated."""

    steps: tuple[str, ...] = ()
    window: Window = Window(value=7, unit="day")
    activation_event: str | None = None


class SourceSpec(Part):
    """One `[[sources]]` entry: where rows of one canonical table come from, and how they are mapped.

    `columns` is canonical = source column, `constants` canonical = value, `event_names` source name =
    canonical name. `preset` names a known export, whose rows are read as it says; with `preset = "utm"` events are read
    as touchpoints, `own_hosts` are web hosts whose pages are no source, and `ledger` is the file whose codes and links
    lead to creators. `timezone` is that of time stamps without offset: by default the company's for files
    and UTC for databases. `date_format` is a strptime format that replaces the guess. A load is expected at least every
    `fresh_within_hours`; Data health calls the source late after that.
    """

    table: str
    path: str | None = None
    url: str | None = None
    query: str | None = None
    preset: str | None = Field(default=None, min_length=1)
    ledger: str | None = None
    own_hosts: tuple[str, ...] = ()
    timezone: TimeZone | None = None
    separator: str | None = Field(default=None, min_length=1, max_length=1)
    encoding: str | None = None
    decimal: Literal[",", "."] | None = None
    date_format: str | None = None
    snake_case: bool = False
    fresh_within_hours: float = Field(default=24, gt=0, le=24 * 366)
    columns: Mapping[str, str] = Field(default_factory=dict)
    constants: Mapping[str, str | int | float | bool] = Field(default_factory=dict)
    event_names: Mapping[str, str] = Field(default_factory=dict)

    def __hash__(self) -> int:
        """Equal entries hash alike; the mappings themselves cannot be hashed."""
        return hash(self.model_dump_json())

    @property
    def identity(self) -> tuple[str, str | None, str | None, str | None]:
        """What makes two entries the same source: table and place."""
        return (self.table, self.path, self.url, self.query)

    @property
    def mapping(self) -> "SourceSpec":
        """The entry without what does not change the rows it makes: how often it is expected."""
        return self.model_copy(update={"fresh_within_hours": 24})

    @model_validator(mode="after")
    def _complete(self) -> "SourceSpec":
        if self.table not in TABLES:
            raise ValueError(f"there is no table {self.table!r}; {suggest(self.table, TABLES)}")
        if (self.path is None) == (self.url is None):
            raise ValueError("a source has either `path` (files) or `url` with `query` (a database)")
        if (self.url is None) != (self.query is None):
            raise ValueError("`url` and `query` go together")
        if self.preset is None and (self.ledger is not None or self.own_hosts):
            raise ValueError('`ledger` and `own_hosts` say how a preset reads events; write preset = "utm" as well')
        for path in (self.path, self.ledger):
            if path is not None:
                _refuse_remote(path)
        # `cost_cents` is allowed beside `cost`: what is mapped to it is in minor units already.
        known = {name for column in TABLES[self.table].columns for name in (column.name, column.stored)}
        for part in ("columns", "constants"):
            for name in getattr(self, part):
                if name not in known:
                    raise ValueError(f"{part}.{name} is not a column of {self.table}; {suggest(name, known)}")
        return self


def _refuse_remote(path: str) -> None:
    if path.startswith(("\\\\", "//")):
        raise ValueError(f"{path!r} is a network path; copy the file into the workspace folder")
    if "://" in path or path.lower().startswith("file:"):
        raise ValueError(f"{path!r} is an address; `path` is a plain file, folder or glob")
    if not path.strip() or "\0" in path:
        raise ValueError("`path` is empty or holds a NUL byte")


class StorePlace(Part):
    """Where the state of the workspace is kept.

    `url` is the address of a SQLite file or a PostgreSQL database, or `env:NAME` for one that stands in an environment
    variable. Without it, and without `GROWTHOPS_STORE_URL`, the state is `app.db` in the workspace folder. A relative
    SQLite path lies in that folder.
    """

    url: str | None = Field(default=None, min_length=1)


class ChannelGoals(Part):
    """What a new person may cost: `cost_per_kept` is the most for one who stays, in the reporting currency.

    `purchase` is the event whose values are what people pay, where several events carry values.
    """

    cost_per_kept: float | None = Field(default=None, gt=0)
    purchase: str | None = Field(default=None, min_length=1)


class Adoption(Part):
    """What is noted about the use of the dashboard itself, for the page Adoption.

    `log` turns it off. `person` is who uses it where nobody logs in; without it they are "local".
    """

    log: bool = True
    person: str | None = Field(default=None, min_length=1, max_length=120)


class Economics(Part):
    """What is left of a sale: `gross_margin` is the share of revenue that stays after what serving it costs."""

    gross_margin: float = Field(default=1.0, gt=0, le=1)


class Mail(Part):
    """How `growthops digest --send` sends: an SMTP server, from whom and to whom; nothing is sent without `host`.

    The password is never kept here: `password_env` names the environment variable it is in. `security` is `starttls`,
    `tls` from the first byte, or `none` for a server on this computer.
    """

    host: str | None = Field(default=None, min_length=1)
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = Field(default=None, min_length=1)
    password_env: str = Field(default="GROWTHOPS_MAIL_PASSWORD", pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    sender: str | None = Field(default=None, pattern=r"^[^@\s\r\n]+@[^@\s\r\n]+$")
    to: tuple[Annotated[str, Field(pattern=r"^[^@\s\r\n]+@[^@\s\r\n]+$")], ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> "Mail":
        if self.host is not None and (self.sender is None or not self.to):
            raise ValueError("a server alone sends nothing; write `sender` and `to` as well")
        if self.user is not None and self.security == "none":
            raise ValueError('a password would go in the clear; use security = "starttls" or "tls"')
        return self
