"""What a backup says of itself: which files it holds, how large they are, and their checksums."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lib.errors import BackupError

NAME = "manifest.json"
FORMAT = 1
_NEVER = set(':\\\0"*?<>|')


@dataclass(frozen=True, slots=True)
class Manifest:
    """The list of a backup's files: path in the workspace to (bytes, SHA-256).

    `stamp` is the load whose tables it holds, "" before the first; `state` the path of the file with what people write,
    None where there is none in it; `without` says in a sentence what is not in it.
    """

    made_at: datetime
    workspace: str
    stamp: str
    state: str | None
    without: str
    files: Mapping[str, tuple[int, str]]

    def to_json(self) -> str:
        """The manifest's text; `check` is a checksum over everything else."""
        content = {
            "format": FORMAT, "made_at": self.made_at.isoformat(), "workspace": self.workspace, "stamp": self.stamp,
            "state": self.state, "without": self.without,
            "files": {path: list(said) for path, said in self.files.items()},
        }  # fmt: skip
        return json.dumps({**content, "check": _check(content)}, indent=1, ensure_ascii=False)


def parse(text: bytes, archive: object) -> Manifest:
    """The manifest a text says.

    Raises:
        BackupError: it is damaged, of a newer format, or names a file outside a workspace; `archive` is named.
    """
    try:
        content = json.loads(text)
        check = content.pop("check")
        if check != _check(content):
            raise ValueError("its checksum does not match")
        if content.pop("format") != FORMAT:
            raise BackupError(f"{archive} was made by a newer Growth Ops; update, then restore it.")
        files = {path: (int(size), str(sha)) for path, (size, sha) in content.pop("files").items()}
        made_at = datetime.fromisoformat(content.pop("made_at"))
        found = Manifest(made_at=made_at, files=files, **content)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BackupError(f"{archive} is damaged: {NAME} cannot be read ({error}). Use another backup.") from error
    for path in [*files, *([found.state] if found.state else [])]:
        if not _is_inside(path):
            raise BackupError(f"{archive} names {path!r}, which is not a file of a workspace. Use another backup.")
    return found


def _is_inside(path: str) -> bool:
    """A plain path below the workspace folder, whatever system reads it."""
    return not _NEVER & set(path) and not {"", ".", ".."} & set(path.split("/"))


def _check(content: Mapping[str, Any]) -> str:
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
