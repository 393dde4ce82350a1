"""Files a person hands in: kept in the workspace, and looked through apart from the server.

What is inside such a file nobody knows yet: a few kilobytes may unpack to gigabytes. So the first look happens in a
child process with little memory and little time (`lib.probe`), and all that comes back is a short JSON text.
"""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import IO

import polars as pl

from lib.errors import SourceError
from lib.probe import READY, Asked, Look
from lib.settings import load_settings
from lib.sources import expand
from lib.sources.sheet import amounts
from lib.sources.source import format_of

FOLDER = "uploads"
MOST_ANSWER = 16 << 20
SECONDS_TO_START = 60
SMALL, SECONDS_FOR_SMALL = 100_000, 60
"""A file of so few bytes may wait for a busy computer: what it may compute is limited all the same."""
ROOT = Path(__file__).resolve().parents[1]
UNSAFE = re.compile(r"[^\w. -]+")
LONGEST_NAME = 100
OTHER_FILES = {
    b"PK\x03\x04": "is an Excel workbook or a ZIP archive; save the sheet as CSV, or unpack the archive, and add that.",
    b"\xd0\xcf\x11\xe0": "is an old Excel workbook; save the sheet as CSV and add that.",
    b"%PDF": "is a PDF; export the numbers as CSV and add that.",
    b"SQLite format 3": "is an SQLite database; it is loaded by a query, see [[sources]] in growthops.toml.",
}


class LateError(SourceError):
    """A look was given up because time was over; another may be faster."""


def keep(workspace: Path, name: str, content: bytes | memoryview) -> Path:
    """Write an upload into the workspace and return where. The same file again is the same place.

    Raises:
        SourceError: the file is empty or of no known format, or the disk refuses.
    """
    safe = safe_name(name)
    for start, words in OTHER_FILES.items():
        if bytes(content[: len(start)]) == start:
            raise SourceError(f"{safe} {words}")
    if not len(content):
        raise SourceError(f"{safe} is empty (0 bytes); export it again.")
    if format_of(Path(safe)) is None:
        raise SourceError(f"{safe} is of no known format: CSV, TSV, JSON Lines or Parquet, text also packed with gzip.")
    folder = workspace / FOLDER
    stem, _, ending = safe.partition(".")
    place, number = folder / safe, 1
    try:
        folder.mkdir(parents=True, exist_ok=True)
        while place.exists() and not _holds(place, content):
            number += 1
            place = folder / f"{stem}-{number}.{ending}"
        if not place.exists():
            fresh = place.with_name(f".{place.name}.{os.getpid()}")
            fresh.write_bytes(content)
            fresh.replace(place)
    except OSError as error:
        raise SourceError(f"{safe} could not be kept in {folder}: {error.strerror or error}") from error
    return place


def _holds(place: Path, content: bytes | memoryview) -> bool:
    return place.is_file() and place.stat().st_size == len(content) and place.read_bytes() == content


def forget(workspace: Path, place: Path) -> None:
    """Remove an upload that was refused, so that nothing loads it later; not one that `growthops.toml` lists."""
    listed = {workspace / spec.path for spec in load_settings(workspace).sources if spec.path}
    if place not in listed and place.parent == workspace / FOLDER:
        place.unlink(missing_ok=True)


def safe_name(name: str) -> str:
    r"""A file name without a folder, hidden dot or anything a system could take for more than letters.

    >>> safe_name("../../etc/pass wd.csv"), safe_name("C:\\x\\..\\Käufe (1).CSV"), safe_name(".csv")
    ('pass wd.csv', 'Käufe _1_.CSV', 'data.csv')
    """
    last = re.split(r"[/\\]", name)[-1]
    stem, dot, ending = UNSAFE.sub("_", last).strip().rstrip(".").partition(".")
    return f"{stem.strip() or 'data'}{dot}{ending}"[-LONGEST_NAME:].lstrip(". ")


class _Child:
    """A process that is ready to look at one file; started ahead, so that nobody waits for its imports."""

    def __init__(self) -> None:
        env = {**os.environ, "PYTHONPATH": str(ROOT), "POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "lib.probe"], cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self.ready, self.done, self.answer = threading.Event(), threading.Event(), b""
        threading.Thread(target=self._listen, args=(self.process.stdout,), daemon=True).start()

    def _listen(self, out: IO[bytes]) -> None:
        with out:
            if out.readline(len(READY)) == READY:
                self.ready.set()
                self.answer = out.read(MOST_ANSWER + 1)
        self.ready.set()
        self.done.set()

    def ask(self, asked: Asked, seconds: float) -> bytes | None:
        """The answer, or None where there was none in time."""
        try:
            if not self.ready.wait(SECONDS_TO_START) or self.process.stdin is None:
                return None
            self.process.stdin.write(asked.text().encode() + b"\n")
            self.process.stdin.flush()
            return self.answer if self.done.wait(seconds) else None
        except OSError:
            return b""  # it ended by itself
        finally:
            self.end()

    def end(self) -> None:
        """End the process, whatever it does."""
        self.process.kill()
        self.process.wait()
        if self.process.stdin is not None:
            with suppress(OSError):
                self.process.stdin.close()


_SPARE: list[_Child] = []
_LOCK = threading.Lock()


def prepare() -> None:
    """Have a process ready for the next look."""
    with _LOCK:
        while _SPARE and _SPARE[-1].process.poll() is not None:
            _SPARE.pop().end()
        if not _SPARE:
            _SPARE.append(_Child())


def _take() -> _Child:
    prepare()
    with _LOCK:
        return _SPARE.pop() if _SPARE else _Child()


def look(asked: Asked) -> Look:
    """Look through a file in a process of its own.

    Raises:
        SourceError: the file cannot be read; or looking at it takes more memory than an upload may.
        LateError: it takes more time.
    """
    child = _take()
    prepare()
    answer = child.ask(asked, _patience(asked))
    name = Path(asked.path).name
    if answer is None:
        raise LateError(f"{name} could not be looked through in time: this computer is busy. {_otherwise(asked)}")
    if not answer and child.process.returncode == -getattr(signal, "SIGXCPU", 0):
        raise LateError(f"{name} takes longer than {asked.seconds} seconds to look through. {_otherwise(asked)}")
    if not answer or len(answer) > MOST_ANSWER:
        raise SourceError(
            f"{name} unpacks to more than fits into memory, or is damaged, so it was given up. {_otherwise(asked)}"
        )
    told = json.loads(answer)
    if "error" in told:
        raise SourceError(told["error"].replace(asked.path, name))
    return Look(**told["look"])


def sheet(
    workspace: Path, name: str, content: bytes, rates: Sequence[str] = ()
) -> tuple[pl.DataFrame, tuple[str, ...]]:  # fmt: skip
    """The revenue per account and month of an upload (`lib.sources.sheet.amounts`), which is not kept.

    Raises:
        SourceError: it is no such sheet, cannot be read, or is more than an upload may be.
    """
    with tempfile.TemporaryDirectory() as folder:
        place = keep(Path(folder), name, content)
        found = look(Asked(str(workspace), str(place), "subscriptions", rates=tuple(rates)))
        (source,) = expand(found.source, workspace)
        return amounts(replace(source, label=safe_name(name)), load_settings(workspace), rates=frozenset(rates))


def _patience(asked: Asked) -> float:
    """How many seconds to wait for an answer; the process itself may compute for `asked.seconds` of them."""
    try:
        is_small = sys.platform != "win32" and Path(asked.path).stat().st_size <= SMALL
    except OSError:
        is_small = False
    return max(asked.seconds + 1, SECONDS_FOR_SMALL if is_small else 0)


def _otherwise(asked: Asked) -> str:
    return f"Nothing was loaded. If you trust the file, load it from the command line: {command(asked)}"


def command(asked: Asked) -> str:
    """The command that loads the same file without the limits of an upload, mapped as the person said so far.

    A file that was handed in goes by its name: the browser does not say in which folder it is.
    """
    words = [Path(asked.path).name if asked.is_upload else asked.path]
    words += ["--as", asked.table] if asked.table else []
    for option, said in (("--column", asked.columns or {}), ("--constant", asked.constants)):
        words += [word for ours, value in said.items() for word in (option, f"{ours}={value}")]
    return f'growthops load {shlex.join(words)} --workspace "{asked.workspace}"'
