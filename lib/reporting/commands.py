"""The commands `growthops brief`, `check` and `digest`."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import click

from lib.console import announce, workspace_option
from lib.errors import GrowthOpsError, SourceError
from lib.settings import USUAL_ADDRESS, Settings, find_workspace, last_address, load_settings


def address_option(command: Callable[..., None]) -> Callable[..., None]:
    """`--url ADDRESS`."""
    words = f"Where the dashboard is served, for links. Default: where it was last, else {USUAL_ADDRESS}."
    return click.option("--url", "base", metavar="ADDRESS", default=None, help=words)(command)


def _address(told: str | None, folder: Path) -> str:
    """The address links begin with; where nobody says it, that of the last server."""
    if told is not None:
        return told
    return last_address(folder)


def present() -> datetime:
    """The present; tests set another."""
    return datetime.now(UTC)


@click.command()
@click.option("--out", "file", required=True, metavar="FILE", type=click.Path(path_type=Path), help="Write it here.")
@address_option
@workspace_option
def brief(file: Path, base: str | None, workspace: str | None) -> None:
    """Write Pulse as one HTML file, which needs no server and prints on A4. What cannot be worked out is said in it."""
    from lib.pulse.brief import html
    from lib.reporting import gathering

    folder = _folder(workspace)
    with gathering.opened(folder, present()) as known:
        shown = known.pulse()
        chart = gathering.chart(shown, known.ask, known.annotations())
        text = html(shown, _address(base, folder), [chart] if chart else [])
    try:
        file.write_text(text, "utf-8")
    except OSError as error:
        raise SourceError(f"{file} cannot be written: {error}") from error
    announce(folder)
    click.echo(f"{file}: {len(text.encode()):,} bytes, links to {_address(base, folder)}. {shown.verdict}")


@click.command()
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@workspace_option
@click.pass_context
def check(context: click.Context, form: str, workspace: str | None) -> None:
    """Evaluate the alerts people keep. Exit code 0: all fine, 1: some fired, 2: some could not be evaluated."""
    from lib.pulse.alerts import EXIT, worst
    from lib.reporting import gathering

    folder = _folder(workspace)
    with gathering.opened(folder, present()) as known:
        found = known.alerts()
        as_of = known.facts.as_of
    announce(folder)
    state = worst(found)
    if form == "json":
        told = {"state": state, "as_of": as_of and as_of.isoformat(), "alerts": [one.as_json() for one in found]}
        click.echo(json.dumps(told, ensure_ascii=False, indent=2, allow_nan=False))
    else:
        for one in found:
            click.echo(f"{one.state}: {one.name}. {one.said}")
        if not found:
            click.echo("There are no alerts; write one on the page Pulse.")
    context.exit(EXIT[state])


@click.command()
@click.option("--out", "file", metavar="FILE", type=click.Path(path_type=Path), help="Write it here; default: stdout.")
@click.option("--format", "form", type=click.Choice(["markdown", "html"]), default="markdown", show_default=True)
@click.option("--send", is_flag=True, help="Send it by mail, as [mail] in growthops.toml says.")
@click.option("--allow-old", is_flag=True, help="Write it although the data is too old; its age is said.")
@address_option
@workspace_option
@click.pass_context
def digest(
    context: click.Context,
    file: Path | None,
    form: str,
    send: bool,
    allow_old: bool,
    base: str | None,
    workspace: str | None,
) -> None:
    """Write Pulse as Markdown or HTML, and send it where that is set up.

    Where the data is too old, or a part cannot be worked out, a notice that says so takes its place and the exit code
    is 2: it is never blank, and never has a number that is not sound.
    """
    folder = _folder(workspace)
    settings = load_settings(folder)
    subject, text, html, is_sound = _digest(folder, settings, _address(base, folder), allow_old)
    shown = html if form == "html" else text
    if file is not None:
        try:
            file.write_text(shown, "utf-8")
        except OSError as error:
            raise SourceError(f"{file} cannot be written: {error}") from error
    announce(folder)
    if file is None:
        click.echo(shown)
    if send:
        from lib.reporting import mail

        mail.send(settings.mail, mail.message(settings.mail, subject, text, html))
        click.echo(f"Sent to {', '.join(settings.mail.to)}.", err=True)
    if not is_sound:
        context.exit(2)


def _digest(folder: Path, settings: Settings, base: str, allow_old: bool) -> tuple[str, str, str, bool]:
    """Subject, Markdown and HTML, and whether it is a digest; else it is the notice that there is none."""
    from lib.pulse.brief import html, plain_page
    from lib.pulse.digest import markdown, notice, problems
    from lib.reporting import gathering

    company = settings.company.name
    try:
        with gathering.opened(folder, present()) as known:
            reading = known.pulse()
        reasons = problems(reading, allow_old=allow_old)
    except GrowthOpsError as error:
        reading, reasons = None, (str(error),)
    if reading is None or reasons:
        text = notice(company, reasons)
        return f"{company}: no digest", text, plain_page(f"{company}: no digest", reasons), False
    return f"{company}: {reading.verdict.partition('. ')[0]}", markdown(reading, base), html(reading, base), True


def _folder(workspace: str | None) -> Path:
    folder = find_workspace(workspace)
    if not folder.is_dir():
        raise SourceError(f"There is no workspace {folder}.")
    return folder


COMMANDS = (brief, check, digest)
