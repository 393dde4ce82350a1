"""Tables leaving the product as CSV that a spreadsheet can open without running anything."""

import polars as pl

FORMULA = r"^[=+\-@\t\r]"


def formula_safe(table: pl.DataFrame) -> pl.DataFrame:
    """Put a ' before text that a spreadsheet would read as a formula; numbers keep their signs."""
    texts = [name for name, dtype in table.schema.items() if dtype == pl.String()]
    return table.with_columns(
        pl.when(pl.col(name).str.contains(FORMULA)).then(pl.concat_str(pl.lit("'"), name)).otherwise(name).alias(name)
        for name in texts
    )


def csv_text(table: pl.DataFrame) -> str:
    """The full table as CSV: instants in ISO 8601 and UTC, shares from 0 to 1, nothing for what is missing."""
    headers = {name: f"'{name}" for name in table.columns if pl.Series([name]).str.contains(FORMULA)[0]}
    return formula_safe(table).rename(headers).write_csv(datetime_format="%Y-%m-%dT%H:%M:%S%.f%:z")
