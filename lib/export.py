"""Tables leaving the product as CSV that a spreadsheet can open without running anything."""

import polars as pl

FORMULA = r"^[=+\-@\t\r]"
NUMBER = r"^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$"


def formula_safe(table: pl.DataFrame) -> pl.DataFrame:
    """Put a ' before text that a spreadsheet would read as a formula; numbers keep their signs."""
    texts = [name for name, dtype in table.schema.items() if dtype == pl.String()]
    runs = {name: pl.col(name).str.contains(FORMULA) & ~pl.col(name).str.contains(NUMBER) for name in texts}
    return table.with_columns(
        pl.when(runs[name]).then(pl.concat_str(pl.lit("'"), name)).otherwise(name).alias(name) for name in texts
    )


def csv_text(table: pl.DataFrame) -> str:
    """The full table as CSV: instants in ISO 8601 and UTC, shares from 0 to 1, nothing for what is missing."""
    headers = {name: f"'{name}" for name in table.columns if pl.Series([name]).str.contains(FORMULA)[0]}
    return formula_safe(table).rename(headers).write_csv(datetime_format="%Y-%m-%dT%H:%M:%S%.f%:z")
