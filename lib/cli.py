"""The command line: `growthops load`, `ask`, `demo`, `template` and `run`; the other commands are in `lib.upkeep`."""

import sys
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lib import arenas, upkeep
from lib.console import announce, pairs, progress_bar, say, workspace_option
from lib.errors import GrowthOpsError, QuestionError, SourceError, suggest
from lib.model import TABLES
from lib.reporting import commands
from lib.settings import DEMO, FILE_NAME, add_source, choose_workspace, find_workspace, workspaces

if TYPE_CHECKING:
    from lib.questions import Question
    from lib.scope import ChannelRule, Cohort

OWN = "mine"


class Refused(click.ClickException):
    """A sentence on stderr; exit code 2, so that 1 is left for damage that `doctor` finds."""

    exit_code = 2


class Friendly(click.Group):
    """Errors the product can explain end as a sentence and exit code 2, never as a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; say what is wrong where something is."""
        try:
            return super().invoke(ctx)
        except GrowthOpsError as error:
            raise Refused(str(error)) from error


@click.group(cls=Friendly, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="growthops", prog_name="growthops")
def cli() -> None:
    """Growth Ops: load events and money, ask questions, open the dashboard."""


@cli.command()
@click.argument("sources", nargs=-1, metavar="[SOURCE …]")
@click.option("--as", "table", metavar="TABLE", help=f"The table the files are: {', '.join(TABLES)}. Default: guessed.")
@click.option("--column", "columns", multiple=True, metavar="OURS=THEIRS", help="Say which source column a column is.")
@click.option("--constant", "constants", multiple=True, metavar="OURS=VALUE", help="Fill a column with one value.")
@click.option("--yes", is_flag=True, help="Do not ask; load as proposed.")
@click.option("--rebuild", is_flag=True, help="Load all sources afresh and replace the warehouse.")
@workspace_option
def load(
    sources: tuple[str, ...], table: str | None, columns: tuple[str, ...], constants: tuple[str, ...], yes: bool,
    rebuild: bool, workspace: str | None,
) -> None:  # fmt: skip
    """Load files, folders or globs; without any, what growthops.toml lists. Loading the same again changes nothing."""
    from lib import intake

    folder = find_workspace(workspace)
    is_demo = bool(sources) and folder == workspaces() / DEMO
    if is_demo:  # one's own rows do not belong among the demo company's
        folder = workspaces() / OWN
        click.echo(f"Workspace: {folder}")
    specs = [spec for source in sources for spec in _mapped(folder, source, table, columns, constants, yes)]
    if sources:  # not before: a file that cannot be read leaves no workspace behind
        intake.start_workspace(folder)
    if intake.has_changed(folder, specs):
        click.echo("The mapping of a loaded source changes, so everything is loaded afresh: no row may count twice.")
        rebuild = True
    with progress_bar() as progress:
        if rebuild:
            report = intake.rebuild(folder, specs, progress)
        else:
            report = intake.load_sources(folder, specs or None, progress)
    for spec in specs:
        add_source(folder, spec)
    choose_workspace(folder)
    say(report)
    if is_demo and _holds_rows(workspaces() / DEMO):
        click.echo(f"{folder.name} is used from now on; back to the demo company: growthops use {DEMO}", err=True)


def _mapped(
    folder: Path, source: str, table: str | None, columns: Sequence[str], constants: Sequence[str], yes: bool
) -> list[Any]:
    """Show the proposed mapping of one file, and let the person accept it; a source for each table it fills."""
    from lib import intake

    mapped = intake.map_file(folder, Path(source), table, pairs(columns, "--column"), pairs(constants, "--constant"))
    click.echo("\n".join(mapped.proposal.lines()))
    if mapped.missing:
        one = mapped.missing[0].split(" or ")[0]
        raise SourceError(
            f"{source}: no column found for {', '.join(mapped.missing)}. Say which it is: --column {one}=THEIRS,"
            f" or give it one value: --constant {one}=VALUE"
        )
    if not yes and sys.stdin.isatty() and not click.confirm("Load it like this?", default=True):
        raise SourceError("Nothing was loaded. Change the mapping with --column OURS=THEIRS.")
    return [mapped.spec, *mapped.also]


class QuestionFile(click.File):
    """A file, `-` for stdin, or the question itself."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """What to read the question from."""
        if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
            return BytesIO(value.encode())
        return super().convert(value, param, ctx)


@cli.command()
@click.argument("question", type=QuestionFile("rb"))
@click.option("--format", "form", type=click.Choice(["json", "csv"]), default="json", show_default=True)
@click.option("--table", "name", default=None, help="Which table to write as CSV; default: the answer's first.")
@workspace_option
def ask(question: Any, form: str, name: str | None, workspace: str | None) -> None:
    """Answer a question in a JSON file ('-' reads stdin), or written out as JSON; a JSON list answers each."""
    import json

    from lib.answers import ask as answer_of
    from lib.answers.notes import is_never_loaded
    from lib.export import csv_text
    from lib.facts import Facts
    from lib.questions import decode, parse

    try:
        asked = decode(question.read().decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise QuestionError("The question is not text in UTF-8.") from None
    many = isinstance(asked, list)
    questions = _parsed(asked) if isinstance(asked, list) else [parse(asked)]
    folder = _ready(workspace)
    questions = _counted(questions, folder)
    cohorts, rules = _rules(folder, questions)
    facts = Facts.open(folder, cohorts=cohorts, channel_rules=rules)
    answers = [answer_of(one, facts) for one in questions]
    if form == "json":
        found = [answer.as_json() for answer in answers]
        click.echo(json.dumps(found if many else found[0], ensure_ascii=False, indent=2, allow_nan=False))
        return
    for answer in answers:
        table = answer.tables.get(name) if name else next(iter(answer.tables.values()))
        if table is None:
            raise QuestionError(f"The answer has no table {name!r}; it has {', '.join(answer.tables)}.")
        click.echo(csv_text(table), nl=False)
        for note in filter(is_never_loaded, answer.notes):
            click.echo(f"Note: {note}", err=True)  # zeros of a name that is mistyped look like any others


def _parsed(asked: "Sequence[object]") -> "list[Question]":
    """The questions of a list; what is wrong with one is said with its place in it."""
    from lib.questions import parse

    questions: list[Question] = []
    for place, one in enumerate(asked, 1):
        try:
            questions.append(parse(one))
        except QuestionError as error:
            raise QuestionError(f"Question {place} of {len(asked)}: {error}") from None
    return questions


def _counted(questions: "Sequence[Question]", folder: Path) -> "list[Question]":
    """The questions; those about revenue that name no policy with the one the company keeps."""
    from lib.queries.policies import kept_in, with_policy
    from lib.store import Store

    store = Store(folder)
    try:
        return [with_policy(question, lambda: kept_in(store)) for question in questions]
    finally:
        store.close()


def _rules(folder: Path, questions: "Sequence[Question]") -> "tuple[Mapping[str, Cohort], tuple[ChannelRule, ...]]":
    """The cohorts people keep under a name, and the channel rules; looked up only where a question needs them."""
    from lib.store import Store

    names_some = any('"cohort' in question.model_dump_json(by_alias=True) for question in questions)
    asks_rules = any(question.asks_channel_rules for question in questions)
    if not names_some and not asks_rules:
        return {}, ()
    store = Store(folder)
    try:
        return store.cohorts() if names_some else {}, store.channel_rules() if asks_rules else ()
    finally:
        store.close()


def _ready(workspace: str | None) -> Path:
    """The workspace folder; the demo company is made where it is the default and missing."""
    folder = find_workspace(workspace)
    if workspace is None and folder == workspaces() / DEMO and not _holds_rows(folder):
        _make_demo(folder)
    if not folder.is_dir():
        raise SourceError(f"There is no workspace {folder}.")
    return folder


def _holds_rows(folder: Path) -> bool:
    """Was anything ever loaded? A first load that was broken off leaves files, but no rows."""
    from lib.warehouse import Warehouse

    return not Warehouse.open(folder).stamp.is_empty


def _make_demo(folder: Path) -> None:
    from lib.demo.workspace import make_company

    with progress_bar() as progress:
        report = make_company(folder, progress)
    click.echo(f"Demo company: {report.total('loaded'):,} rows in {report.seconds:.0f} s, in {folder}", err=True)


@cli.command()
@click.option("--sample", default=None, metavar="NAME", help="A shipped data set instead: cdnow, ecom, rota.")
@click.option("--if-missing", is_flag=True, help="Do nothing if it is there already.")
@workspace_option
def demo(sample: str | None, if_missing: bool, workspace: str | None) -> None:
    """Make the demo company, or open a shipped sample, as a workspace."""
    from lib.demo.workspace import make_sample, write_diary

    folder = find_workspace(workspace) if workspace else workspaces() / (sample or DEMO)
    there = _holds_rows(folder)
    if if_missing and there and sample is None and not (folder / "app.db").exists():
        write_diary(folder)  # the demo was made by a version that had no place for it
    if if_missing and (there or (sample is None and workspace is None and find_workspace(None) != folder)):
        return
    if sample is None:
        _make_demo(folder)
    else:
        with progress_bar() as progress:
            say(make_sample(sample, folder, progress))
    choose_workspace(folder)
    click.echo(f"Open it: growthops run --workspace {folder}", err=True)


@cli.command()
@click.argument("workspace", required=False)
def use(workspace: str | None) -> None:
    """Use another WORKSPACE, by its name or folder, wherever none is named; without one, list them."""
    import os

    place = workspaces()
    known = sorted(file.parent.name for file in place.glob(f"*/{FILE_NAME}"))
    if workspace is None:
        here = find_workspace(None)
        click.echo("\n".join(f"{'*' if place / name == here else ' '} {name}" for name in known))
        return
    folder = place / workspace if workspace in known else Path(workspace).expanduser().resolve()
    if folder.name not in known or folder.parent not in (place, place.resolve()):
        if (folder / FILE_NAME).exists():
            raise SourceError(f"{folder} is not in {place}: name it with --workspace, or in GROWTHOPS_WORKSPACE.")
        raise SourceError(f"There is no workspace {workspace!r}; {suggest(folder.name, known)}")
    if told := os.environ.get("GROWTHOPS_WORKSPACE"):
        raise SourceError(f"GROWTHOPS_WORKSPACE names {told}, which comes first; unset it.")
    choose_workspace(place / folder.name)
    announce(place / folder.name)


@cli.command(epilog=f"Tables: {', '.join(TABLES)}.")
@click.argument("table", metavar="TABLE")
def template(table: str) -> None:
    """Print a CSV with the columns of a TABLE and three sample rows."""
    if table not in TABLES:
        raise SourceError(f"There is no table {table!r}; {suggest(table, TABLES)}")
    click.echo(TABLES[table].template(), nl=False)


@cli.command()
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8501, show_default=True,
    help="The port to serve on; where none is named and 8501 is taken, the next free one.",
)  # fmt: skip
@click.option("--headless", is_flag=True, help="Do not open a browser.")
@workspace_option
def run(port: int, headless: bool, workspace: str | None) -> None:
    """Open the dashboard; it answers on this computer only."""
    import os

    arenas.begin_imports()
    from lib.server import serve

    os.environ["GROWTHOPS_WORKSPACE"] = str(_ready(workspace))
    is_fixed = click.get_current_context().get_parameter_source("port") is not click.core.ParameterSource.DEFAULT
    serve(port, is_port_fixed=is_fixed, open_browser=not headless)


for command in (*upkeep.COMMANDS, *commands.COMMANDS):
    cli.add_command(command)


def main() -> None:
    """The entry point."""
    cli(prog_name="growthops")
