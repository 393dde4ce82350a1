"""Shared by the tests of sources: a clock that stands still and a short way to read."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from lib.settings import Company, Settings, SourceSpec
from lib.sources import Batch, expand, read

NOW = datetime(2026, 6, 1, tzinfo=UTC)
Load = Callable[..., Batch]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """`load("name.csv", contents, table=…, …)`: write the file, read it whole, check the sum."""

    def run(name: str, contents: str | bytes, *, batch_rows: int = 2_000_000, company: Company | None = None,
            **spec: Any) -> Batch:  # fmt: skip
        file = tmp_path / name
        file.write_bytes(contents.encode() if isinstance(contents, str) else contents)
        settings = Settings(company=company or Company())
        source = expand(SourceSpec(path=name, **({"table": "events"} | spec)), tmp_path)[0]
        batches = list(read(source, settings, batch_rows, now=NOW))
        whole = Batch(
            pl.concat(batch.rows for batch in batches),
            pl.concat(batch.rejected for batch in batches),
            sum(batch.read for batch in batches),
            batches[0].unused,
        )
        assert whole.read == whole.rows.height + whole.rejected["row"].n_unique()
        return whole

    return run
