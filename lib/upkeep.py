"""The commands that keep a workspace sound: `doctor`, `backup`, `restore`, `quarantine`, `compact`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lib.console import announce, progress_bar, say, workspace_option
from lib.errors import SourceError
from lib.settings import find_workspace

if TYPE_CHECKING:
    from lib.settings import Settings
    from lib.warehouse import Finding


@click.command()
@click.option("--quick", is_flag=True, help="Compare sizes only, not checksums.")
@workspace_option
def doctor(quick: bool, workspace: str | None) -> None:
    """Check the workspace: settings, every file of the warehouse, the state, and whether they can be trusted."""
    from lib.settings import load_settings
    from lib.warehouse import examine

    folder = find_workspace(workspace)
    if not folder.is_dir():
        raise SourceError(f"There is no workspace {folder}.")
    findings = examine(folder, deep=not quick) + _examine_state(folder, load_settings(folder))
    announce(folder)
    for finding in findings:
        click.echo(f"{finding.level}: {finding.what} [{finding.where}] {finding.advice}".rstrip())
    if any(finding.level == "error" for finding in findings):
        raise click.exceptions.Exit(1)
    click.echo(f"{folder}: no damage found.")


def _examine_state(folder: Path, settings: "Settings") -> list["Finding"]:
    """What is wrong with the SQLite file of the state; of one on a server, whether it answers and can be used."""
    from lib.store.address import address
    from lib.store.sqlite_file import problem
    from lib.warehouse import Finding

    place = address(folder, settings.store)
    if place.file is None:
        return [Finding("error", refusal, place.name, "") for refusal in _refusals(folder, settings)]
    file = place.file
    trouble = problem(file) if file.exists() else None
    if trouble is None:
        return []
    words = f"The file with what people wrote is damaged: {trouble}."
    return [Finding("error", words, str(file), "Bring back a backup: growthops restore --from FILE.")]


def _refusals(folder: Path, settings: "Settings") -> list[str]:
    """What a database server says to somebody who only looks."""
    from lib.errors import StoreError
    from lib.store import Store

    store = Store(folder, settings)
    try:
        store.database().look()
    except StoreError as error:
        return [str(error)]
    finally:
        store.close()
    return []


@click.command()
@click.argument("to", metavar="[FILE|DIR]", required=False, type=click.Path(path_type=Path))
@workspace_option
def backup(to: Path | None, workspace: str | None) -> None:
    """Back the workspace up into one file: settings, tables of the last load, and what people wrote.

    It may be in use meanwhile, and loaded into. FILE ends in .zip; in a DIR, by default the current folder, the file is
    named after workspace and time. Bring it back with `growthops restore --from FILE`.
    """
    from lib.backup import make_backup

    folder = find_workspace(workspace)
    with progress_bar() as progress:
        made = make_backup(folder, to, progress)
    announce(folder)
    found = made.manifest
    load = f"load {found.stamp}" if found.stamp else "nothing loaded yet"
    click.echo(f"{made.file}: {len(found.files)} files, {made.size:,} bytes, {load}. Read back and compared.")
    if found.without:
        click.echo(found.without)


@click.command()
@click.option(
    "--from", "file", metavar="FILE", type=click.Path(path_type=Path),
    help="Bring this backup back instead; what is there now is kept aside.",
)  # fmt: skip
@workspace_option
def restore(file: Path | None, workspace: str | None) -> None:
    """Undo the last load, or bring a whole backup back.

    Without --from, tables go back to the last load whose files are all there and unchanged; what people wrote stays.
    With --from, the whole workspace becomes what the backup holds.
    """
    folder = find_workspace(workspace)
    if file is not None:
        _bring_back(file, folder)
        return
    from lib.warehouse import restore as back_to

    stamp = back_to(folder)
    announce(folder)
    click.echo(f"{folder}: back at stamp {stamp.stamp}, loaded {stamp.at:%Y-%m-%d %H:%M} UTC. Load later files again.")


def _bring_back(file: Path, folder: Path) -> None:
    from lib.backup import restore_backup
    from lib.settings import load_settings
    from lib.store.address import address

    with progress_bar() as progress:
        done = restore_backup(file, folder, progress)
    announce(folder)
    click.echo(f"{folder}: as it was on {done.manifest.made_at:%Y-%m-%d %H:%M} UTC ({file}).")
    if done.aside is not None:
        click.echo(f"What was there before is kept in {done.aside}. Delete it when you no longer need it.")
    if done.manifest.without:
        click.echo(done.manifest.without)
    place = address(folder, load_settings(folder).store)
    if done.manifest.state is not None and place.file is None:
        click.echo(
            f"{done.manifest.state} is back, but what people write is kept in {place.name}, which stays as it is."
        )


@click.command()
@click.option("--table", default=None, metavar="TABLE", help="Only rows meant for this table.")
@click.option(
    "--export", "export_to", type=click.Path(path_type=Path), help="Write the rows with their reasons as CSV."
)
@click.option("--replay", is_flag=True, help="Load the rows again under the mapping of today.")
@click.option("--corrected", type=click.Path(exists=True, path_type=Path), help="With --replay: the mended export.")
@workspace_option
def quarantine(
    table: str | None, export_to: Path | None, replay: bool, corrected: Path | None, workspace: str | None
) -> None:
    """Rows that could not be loaded: why, export, and replay after a fix."""
    from lib import intake
    from lib.engine import collect
    from lib.warehouse import Warehouse

    folder = find_workspace(workspace)
    warehouse = Warehouse.open(folder)
    if replay:
        with progress_bar() as progress:
            report = intake.replay(folder, table or "events", corrected, progress)
        announce(folder)
        say(report)
    elif export_to:
        written = warehouse.export_quarantine(export_to, table)
        announce(folder)
        click.echo(f"{written:,} rows written to {export_to}")
    else:
        rows = collect(warehouse.quarantine(table))
        announce(folder)
        waiting = rows.filter(rows["replayed"].is_null())
        for (name, source, reason), part in sorted(waiting.group_by("table", "source", "reason")):
            click.echo(f"{part.height:,} × {name} ← {source}: {reason} (first: row {part['row'].min()})")
        if waiting.height == 0:
            click.echo("Nothing waits in quarantine.")


@click.command()
@workspace_option
def compact(workspace: str | None) -> None:
    """Merge small files of the warehouse; the order of rows, and every answer, stay the same."""
    from lib.warehouse import Warehouse

    folder = find_workspace(workspace)
    with progress_bar() as progress:
        Warehouse.open(folder).compact(progress)
    announce(folder)
    click.echo("Compacted.")


COMMANDS = (doctor, backup, restore, quarantine, compact)
