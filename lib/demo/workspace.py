"""The demo company and the shipped samples as workspaces on disk."""

import shutil
from pathlib import Path

from lib.demo import samples
from lib.intake import load_frames, load_sources
from lib.progress import Progress, silent
from lib.settings import DEMO, Settings, load_settings, workspaces, write_settings
from lib.warehouse import LoadReport

MAKING = 0.3
"""The share of the work that making the company is; loading it is the rest."""

OWN = "mine"
"""The workspace of a person's own rows, beside the demo company."""


def make_company(folder: Path, progress: Progress = silent) -> LoadReport:
    """Make the demo company in a folder; what was there as a demo before is replaced."""
    from lib import demo

    progress("Making the demo company", 0.0)
    frames = demo.tables()
    shutil.rmtree(folder / "warehouse", ignore_errors=True)
    write_settings(folder, Settings.model_validate(demo.SETTINGS))
    return load_frames(folder, frames, "demo", lambda what, share: progress(what, MAKING + (1 - MAKING) * share))


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
    from lib.demo.company import SETTINGS

    return load_settings(folder).company.name == SETTINGS["company"]["name"]
