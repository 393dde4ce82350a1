"""The demo company and the shipped samples as workspaces on disk."""

import shutil
from pathlib import Path
from typing import cast

from lib.demo import samples
from lib.demo.aims import write_aims
from lib.demo.board import write_board
from lib.demo.company import ANNOTATIONS, SETTINGS
from lib.demo.experiments import LEDGER, Entry, question_of
from lib.demo.readings import note_id, write_readings
from lib.demo.truths import TRUTHS, Test
from lib.intake import load_frames, load_sources
from lib.progress import Progress, silent
from lib.settings import DEMO, Settings, load_settings, workspaces, write_settings
from lib.store import AnnotationKind, Experiment, Store
from lib.store.records import Decision, ExperimentStatus, ExperimentUnit
from lib.warehouse import LoadReport

MAKING = 0.3
"""The share of the work that making the company is; loading it is the rest."""

AUTHOR = SETTINGS["company"]["name"]
"""Who wrote the diary."""

OWN = "mine"
"""The workspace of a person's own rows, beside the demo company."""


def make_company(folder: Path, progress: Progress = silent) -> LoadReport:
    """Make the demo company in a folder; what was there as a demo before is replaced, what people wrote there stays."""
    from lib import demo

    progress("Making the demo company", 0.0)
    frames = demo.tables()
    shutil.rmtree(folder / "warehouse", ignore_errors=True)
    write_settings(folder, Settings.model_validate(demo.SETTINGS))
    report = load_frames(folder, frames, "demo", lambda what, share: progress(what, MAKING + (1 - MAKING) * share))
    write_diary(folder)
    write_tests(folder)
    return report


def write_diary(folder: Path) -> None:
    """Write the demo company's diary, objectives, board and saved readings into its workspace; what is there stays.

    An entry that people have changed or removed is theirs. Where the state is not in the folder but in a database that
    a setting names, nothing is written: it would be somebody's real one.
    """
    store = Store(folder)
    if store.address.file is None or not store.address.file.is_relative_to(folder.absolute()):
        return
    try:
        for note in ANNOTATIONS:
            chosen = note_id(note)
            if not store.annotations.history(chosen):
                kind = cast(AnnotationKind, note.kind)
                store.annotations.add(note.date, note.title, kind, author=AUTHOR, annotation_id=chosen)
        write_aims(store, AUTHOR)
        write_board(store, AUTHOR)
        write_readings(store, AUTHOR)
    finally:
        store.close()


def write_tests(folder: Path) -> None:
    """Put the demo company's tests, decided and running, into the ledger of its workspace; as `write_diary` does."""
    store = Store(folder)
    if store.address.file is None or not store.address.file.is_relative_to(folder.absolute()):
        return
    planted = {test.experiment_id: test for test in TRUTHS.tests}
    try:
        for entry in LEDGER:
            if not store.experiments.history(entry.experiment_id):
                store.experiments.add(_record(entry, planted.get(entry.experiment_id)), author=AUTHOR)
    finally:
        store.close()


def _record(entry: Entry, test: Test | None) -> Experiment:
    """An entry of the ledger as the store keeps it; with the question that reads it out where its data is there."""
    asked = None if test is None else question_of(test)
    return Experiment(
        experiment_id=entry.experiment_id, name=entry.name, hypothesis=entry.hypothesis, owner=entry.owner,
        primary_metric=entry.metric, unit=cast(ExperimentUnit, "user" if test is None else test.unit),
        variants={} if asked is None else {one["variant"]: one["weight"] for one in asked["weights"]},
        setup={} if asked is None else {"question": asked},
        planned_n=None if asked is None else asked.get("planned"), start_on=entry.start_on, end_on=entry.end_on,
        status=cast(ExperimentStatus, entry.status), decision=cast(Decision | None, entry.decision),
        learning=entry.learning,
    )  # fmt: skip


def make_sample(name: str, folder: Path, progress: Progress = silent) -> LoadReport:
    """Copy a shipped sample into a folder and load it, the way a person's own files are loaded.

    Raises:
        SourceError: there is no such sample.
    """
    shutil.copytree(samples.path(name), folder, dirs_exist_ok=True)
    return load_sources(folder, progress=progress)


def own_place(folder: Path) -> Path:
    """Where a person's own rows go: into this workspace, or into one beside it where it shows invented or shipped data.

    >>> own_place(workspaces() / "demo").name, own_place(workspaces() / "shop").name
    ('mine', 'shop')
    """
    is_shown = folder.parent == workspaces() and folder.name in (DEMO, *samples.SAMPLES)
    return folder.with_name(OWN) if is_shown or _is_demo(folder) else folder


def _is_demo(folder: Path) -> bool:
    """A demo company made in a folder of another name still goes by its own."""
    return load_settings(folder).company.name == SETTINGS["company"]["name"]
