"""How the command line talks to the person at the terminal."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lib.errors import SettingsError
from lib.progress import Progress
from lib.settings import load_settings

if TYPE_CHECKING:
    from lib.warehouse import LoadReport


def workspace_option(command: Callable[..., None]) -> Callable[..., None]:
    """`--workspace DIR`."""
    words = "The workspace folder; default: $GROWTHOPS_WORKSPACE, else the one used last, else the demo company."
    return click.option("--workspace", metavar="DIR", default=None, help=words)(command)


def announce(folder: Path) -> None:
    """Say whose numbers follow, on stderr, which leaves stdout to the answer: `Workspace: /data/shop (Shop)`.

    A command that is refused says only why, so this is called where its own words begin.
    """
    try:
        company = f" ({load_settings(folder).company.name})"
    except SettingsError:
        company = ""  # quarantine and restore do not need them
    click.echo(f"Workspace: {folder}{company}", err=True)


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """A bar on stderr, so that answers on stdout stay clean."""
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
    )
    console = Console(stderr=True)
    with Bar(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=1.0)
        yield lambda what, share: bar.update(task, description=what, completed=share)


def say(report: "LoadReport") -> None:
    """One line per source: rows in = loaded + updated + duplicates + quarantined."""
    for part in report.inputs:
        if part.skipped:
            click.echo(f"{part.source}: already loaded, nothing changed")
            continue
        said = [f"{part.loaded:,} loaded"]
        for count, word in (
            (part.updated, "updated"),
            (part.duplicates, "duplicates"),
            (part.quarantined, "quarantined"),
        ):
            said += [f"{count:,} {word}"] if count else []
        late = f"; {part.late:,} are older than the last load's end" if part.late else ""
        click.echo(f"{part.source} → {part.table}: {part.read:,} rows = {' + '.join(said)}{late}")
        for note in part.notes:
            click.echo(f"  {note}")
    if any(part.quarantined for part in report.inputs):
        click.echo("See why rows were quarantined: growthops quarantine")


def pairs(values: Sequence[str], option: str) -> dict[str, str]:
    """`a=b` options as a mapping."""
    found: dict[str, str] = {}
    for value in values:
        name, equals, other = value.partition("=")
        if not equals or not name:
            raise click.BadParameter(f"{value!r} is not NAME=VALUE", param_hint=option)
        found[name] = other
    return found
