"""A company as somebody brings it: small files, `growthops load`, `growthops ask`, and the JSON that comes back."""

import json
from pathlib import Path
from typing import Any

import polars as pl
from click.testing import CliRunner, Result

from lib.cli import cli

Row = dict[str, Any]
CLOCK = "user_id,name,ts\nclock,tick,{first}T00:00:00Z\nclock,tick,{last}T00:00:00Z\n"


def clock(first: str = "2020-01-01", last: str = "2026-07-01") -> str:
    """Events that say how far the data goes, of somebody nobody asks about."""
    return CLOCK.format(first=first, last=last)


class Files:
    """A workspace made of files; a text is CSV, or JSON lines where it begins with a brace, a frame is Parquet."""

    def __init__(self, folder: Path, **tables: str | pl.DataFrame) -> None:
        self.workspace = folder / "ws"
        self.said = ""
        for name, rows in tables.items():
            self.load(folder, name, rows)

    def load(self, folder: Path, name: str, rows: str | pl.DataFrame) -> None:
        """Load one table; what was printed is kept in `said`."""
        if isinstance(rows, pl.DataFrame):
            path = folder / f"{name}.parquet"
            rows.write_parquet(path)
        else:
            path = folder / f"{name}.{'jsonl' if rows.startswith('{') else 'csv'}"
            path.write_text(rows)
        done = self._run("load", str(path), "--as", name, "--yes")
        assert done.exit_code == 0, done.output
        self.said += done.output

    def ask(self, **question: Any) -> Row:
        """The whole answer."""
        done = self._run("ask", "-", stdin=json.dumps(question))
        assert done.exit_code == 0, done.output
        return json.loads(done.output)

    def rows(self, table: str, **question: Any) -> list[Row]:
        """One table of the answer."""
        return self.ask(**question)["tables"][table]

    def refused(self, **question: Any) -> str:
        """The sentence with which a question is refused."""
        done = self._run("ask", "-", stdin=json.dumps(question))
        assert done.exit_code == 2, done.output
        return done.output

    def _run(self, *words: str, stdin: str | None = None) -> Result:
        done = CliRunner().invoke(cli, [*words, "--workspace", str(self.workspace)], input=stdin)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done
