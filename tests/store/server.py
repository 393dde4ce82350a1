"""A PostgreSQL server to throw away: in a folder of its own, reached through a socket in it, and leaving nothing."""

import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL

USER, PASSWORD, DATABASE = "growth", "s3cret-canary", "postgres"
FAST = ("fsync=off", "shared_buffers=16MB")
"""It need not outlive the computer."""
ELSEWHERE = ("timezone=Asia/Kathmandu", "datestyle=German", "lc_messages=C")
"""What a server may be set to, and must not matter."""
AS_PEOPLE_DO = ("--locale-provider=icu", "--icu-locale=en-US")
"""It sorts words as people do, where it can; SQLite sorts them by their letters' numbers."""


class NoServer(Exception):
    """Why there is none."""


class Server:
    """A server, running."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs, self._folder = programs, folder
        self.url = URL.create(
            "postgresql+psycopg", username=USER, password=PASSWORD, database=DATABASE, query={"host": str(folder)}
        )

    def make(self) -> None:
        """Its files."""
        password = self._folder / "password"
        password.write_text(PASSWORD, "utf-8")
        said = ("-U", USER, f"--pwfile={password}", "-A", "scram-sha-256", "-E", "UTF8", "--locale=C", "--no-sync")
        done = self._run("initdb", "-D", str(self._folder / "data"), *said, *AS_PEOPLE_DO)
        if done.returncode != 0:
            done = self._run("initdb", "-D", str(self._folder / "data"), *said)
        if done.returncode != 0:
            raise NoServer(f"PostgreSQL could not be set up: {done.stderr.strip()}")

    def start(self) -> None:
        """Take connections."""
        told = [f"-c {setting}" for setting in (*FAST, *ELSEWHERE, "listen_addresses=")]
        told.append(f"-c unix_socket_directories={self._folder}")
        done = self._control("start", "-l", str(self._folder / "log"), "-o", " ".join(told))
        if done.returncode != 0:
            raise NoServer(f"PostgreSQL did not start: {done.stdout.strip()}")

    def stop(self) -> None:
        """Leave whoever is connected standing there, as a server does that is switched off."""
        self._control("stop", "-m", "immediate")

    def _control(self, verb: str, *words: str) -> subprocess.CompletedProcess[str]:
        return self._run("pg_ctl", "-D", str(self._folder / "data"), "-w", verb, *words)

    def _run(self, program: str, *words: str) -> subprocess.CompletedProcess[str]:
        """The output goes to a file: the server would keep a pipe open for as long as it runs."""
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            done = subprocess.run(
                [self._programs / program, *words], stdout=out, stderr=err, check=False, cwd=self._folder, **_as_whom()
            )
            out.seek(0), err.seek(0)
            return subprocess.CompletedProcess(done.args, done.returncode, out.read(), err.read())


@contextmanager
def running() -> Iterator[Server]:
    """A server for the time of the block.

    Raises:
        NoServer: its programs are not there, or do not run here.
    """
    programs = _programs()
    with tempfile.TemporaryDirectory(prefix="growthops-", ignore_cleanup_errors=True) as made:
        folder = Path(made) / secrets.token_hex(2)
        folder.mkdir()
        for place in (folder.parent, folder) if _as_whom() else ():
            shutil.chown(place, "postgres")
        server = Server(programs, folder)
        server.make()
        try:
            server.start()
            yield server
        finally:
            server.stop()


def _programs() -> Path:
    found = shutil.which("initdb")
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    for program in (*([Path(found).resolve()] if found else []), *reversed(debian)):
        return program.parent
    raise NoServer("PostgreSQL's own programs (initdb, pg_ctl) are not installed")


def _as_whom() -> dict[str, Any]:
    """PostgreSQL refuses to be run by root."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return {}
    import pwd

    try:
        pwd.getpwnam("postgres")
    except KeyError:
        raise NoServer("PostgreSQL does not run as root, and there is no user 'postgres'") from None
    return {"user": "postgres", "group": "postgres", "extra_groups": []}
