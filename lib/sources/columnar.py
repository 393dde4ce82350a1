"""Parquet files, in slices of bounded size."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from lib.errors import SourceError
from lib.sources.raw import Raw, slots, with_place
from lib.sources.text import MAX_COLUMNS

SLICE = 500_000


@dataclass(slots=True)
class ParquetReader:
    """Reads one Parquet file with the types it declares."""

    path: Path
    label: str

    def pieces(self) -> Iterator[Raw]:
        """Slices of rows in file order.

        Raises:
            SourceError: the file is damaged, is no Parquet file, or has more than 5,000 columns.
        """
        row = 1
        try:
            scan = pl.scan_parquet(self.path, glob=False, hive_partitioning=False)
            names = tuple(scan.collect_schema().names())
            if len(names) > MAX_COLUMNS:
                raise SourceError(f"{self.label} has {len(names):,} columns; at most {MAX_COLUMNS:,} can be read")
            for frame in scan.collect_batches(chunk_size=SLICE, maintain_order=True):
                frame.columns = slots(len(names))
                yield Raw(names, with_place(frame, row, None), is_text=False)
                row += frame.height
            if row == 1:
                nothing = scan.head(0).collect()
                nothing.columns = slots(len(names))
                yield Raw(names, with_place(nothing, 1, None), is_text=False)
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
            what = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
            raise SourceError(f"{self.label} is damaged or no Parquet file ({what}); fetch the file again") from error
