"""Settings of a workspace: what `growthops.toml` says, checked and typed.

A workspace is a folder: `growthops.toml`, `warehouse/` (facts) and `app.db` (state).
"""

import os
import sys
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import tomlkit
from pydantic import ValidationError
from tomlkit.items import AoT, Table

from lib.errors import SettingsError, suggest
from lib.scope import Part, Window
from lib.settings_sections import (
    Adoption,
    ChannelGoals,
    Company,
    Economics,
    Mail,
    Onboarding,
    SourceSpec,
    StorePlace,
    minor_units,
)

__all__ = [
    "DEMO",
    "FILE_NAME",
    "Adoption",
    "ChannelGoals",
    "Company",
    "Economics",
    "Mail",
    "Onboarding",
    "Settings",
    "SourceSpec",
    "StorePlace",
    "add_source",
    "choose_workspace",
    "find_workspace",
    "load_settings",
    "minor_units",
    "workspaces",
    "write_settings",
]

FILE_NAME = "growthops.toml"
ADDRESS_FILE = ".address"
USUAL_ADDRESS = "http://localhost:8501"
DEMO = "demo"
CURRENT = "current"


class Settings(Part):
    """Everything `growthops.toml` says, with defaults for what it does not say."""

    company: Company = Company()
    onboarding: Onboarding = Onboarding()
    channels: ChannelGoals = ChannelGoals()
    economics: Economics = Economics()
    mail: Mail = Mail()
    store: StorePlace = StorePlace()
    adoption: Adoption = Adoption()
    sources: tuple[SourceSpec, ...] = ()


def load_settings(workspace: Path) -> Settings:
    """The settings of a workspace folder; defaults where there is no file.

    Raises:
        SettingsError: the file is not TOML, or a key or value is not allowed (all of them are named).
    """
    file = workspace / FILE_NAME
    try:
        text = file.read_text("utf-8-sig")
    except FileNotFoundError:
        return Settings()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file} cannot be read: {error}") from error
    try:
        return Settings.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{file} is not valid TOML: {error}") from error
    except ValidationError as error:
        lines = [f"{file}: {_explain(item)}" for item in error.errors(include_url=False)]
        raise SettingsError("\n".join(lines)) from error


def _explain(item: Mapping[str, Any]) -> str:
    """One pydantic error as `key: what is wrong and what is allowed`."""
    where = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in item["loc"]).lstrip(".")
    if item["type"] == "extra_forbidden":
        return f"{where} is not a setting; {suggest(item['loc'][-1], _fields_at(item['loc'][:-1]))}"
    message = str(item["msg"]).removeprefix("Value error, ")
    if item["type"] == "value_error":
        return f"{where}: {message}"
    return f"{where}: {message}; it is {repr(item['input'])[:80]}"


def _fields_at(place: tuple[Any, ...]) -> list[str]:
    kinds: dict[tuple[str, ...], type[Part]] = {
        (): Settings, ("company",): Company, ("onboarding",): Onboarding,
        ("onboarding", "window"): Window, ("channels",): ChannelGoals, ("economics",): Economics, ("mail",): Mail,
        ("store",): StorePlace, ("adoption",): Adoption, ("sources",): SourceSpec,
    }  # fmt: skip
    kind = kinds.get(tuple(part for part in place if isinstance(part, str)))
    return list(kind.model_fields) if kind else []


def add_source(workspace: Path, spec: SourceSpec) -> None:
    """Write one `[[sources]]` entry; an entry of the same table and place is replaced. Comments survive.

    Raises:
        SettingsError: the file cannot be read or written.
    """
    load_settings(workspace)  # a broken file is refused before it is touched
    file = workspace / FILE_NAME
    document = tomlkit.parse(file.read_text("utf-8-sig")) if file.exists() else tomlkit.document()
    entries = document.get("sources")
    if not isinstance(entries, AoT):
        document.pop("sources", None)
        entries = tomlkit.aot()
        document.append("sources", entries)
    for entry in entries.body:
        if tuple(entry.get(key) for key in ("table", "path", "url", "query")) == spec.identity:
            _fill(entry, spec.as_json())
            break
    else:
        entry = tomlkit.table()
        _fill(entry, spec.as_json())
        entries.append(entry)
    _save(file, tomlkit.dumps(document))


def _fill(table: Table, values: Mapping[str, Any]) -> None:
    """Make the table say `values`, touching only what differs, so that comments beside the rest stay."""
    for key in [key for key in table if key not in values]:
        table.remove(key)
    for key, value in values.items():
        if isinstance(value, Mapping) and isinstance(table.get(key), Table):
            _fill(table[key], value)
        elif table.get(key) != value:
            table[key] = value


HEAD = """# Growth Ops: settings of this workspace.

[company]
name = {name}
currency = {currency}        # the reporting currency, ISO 4217
timezone = {timezone}        # days are cut here
week_start = {week_start}    # or "sunday"
"""

TAIL = """
# One entry for every file, folder, glob or database query:
# [[sources]]
# table = "events"
# path = "exports/*.csv"     # relative to this folder
#   [sources.columns]        # canonical = source column
#   user_id = "customer"
"""


def write_settings(workspace: Path, settings: Settings) -> None:
    """Write `growthops.toml` of a new workspace, with comments that say what can be set.

    Raises:
        SettingsError: the folder or file cannot be written.
    """
    quoted = {key: tomlkit.item(value).as_string() for key, value in settings.company.model_dump().items()}
    document = tomlkit.parse(HEAD.format(**quoted))
    onboarding = settings.onboarding.as_json()
    if onboarding:
        document.add(tomlkit.nl())
        document["onboarding"] = onboarding
        document["onboarding"].comment("the funnel the Onboarding page opens with")
    told = (("economics", settings.economics), ("store", settings.store), ("adoption", settings.adoption))
    for name, section in told:
        if section.as_json():
            document.add(tomlkit.nl())
            document[name] = section.as_json()
    _save(workspace / FILE_NAME, tomlkit.dumps(document) + TAIL)
    for spec in settings.sources:
        add_source(workspace, spec)


def _save(file: Path, text: str) -> None:
    """Replace the file in one step, so that a crash leaves the old one."""
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with fresh.open("w", encoding="utf-8", newline="\n") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(file)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise SettingsError(f"{file} cannot be written: {error}") from error


def find_workspace(option: str | None) -> Path:
    """The workspace folder: `option`, else `GROWTHOPS_WORKSPACE`, else the one chosen last, else the demo company."""
    chosen = option or os.environ.get("GROWTHOPS_WORKSPACE")
    if chosen:
        return Path(chosen).expanduser().absolute()
    try:
        name = (workspaces() / CURRENT).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        name = ""
    known = name and (workspaces() / name / FILE_NAME).exists()
    return workspaces() / (name if known else DEMO)


def note_served(address: str) -> str:
    """Remember where this workspace is served, for links in what leaves it, and return it.

    A folder that is not there, or that nobody may write to, forgets.
    """
    with suppress(OSError):
        (find_workspace(None) / ADDRESS_FILE).write_text(f"{address}\n", "utf-8")
    return address


def last_address(workspace: Path) -> str:
    """Where this workspace was served last; where nobody ever did, the address a server takes by itself."""
    try:
        found = (workspace / ADDRESS_FILE).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return USUAL_ADDRESS
    return found if found.startswith(("http://", "https://")) and " " not in found else USUAL_ADDRESS


def choose_workspace(folder: Path) -> None:
    """Open this workspace from now on where none is named; only for folders beside the demo company."""
    if folder.parent == workspaces():
        _save(workspaces() / CURRENT, folder.name + "\n")


def workspaces() -> Path:
    """Where workspaces without a place of their own live: beside the checkout, else with the person's data."""
    checkout = Path(__file__).resolve().parents[1]
    if (checkout / "pyproject.toml").exists():
        return checkout / "workspaces"
    return _data_home() / "growthops"


def _data_home() -> Path:
    """Where programs of this system keep a person's data."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
