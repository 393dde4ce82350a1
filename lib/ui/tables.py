"""Tables on the screen: columns named in words, numbers formatted and aligned right, the whole frame to take along."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, Literal, cast

import polars as pl
import pyarrow as pa
import streamlit as st
from streamlit.elements.lib.column_types import ButtonColumnResult, ColumnConfig, NumberColumnFormat

from lib import queries
from lib.questions import Question
from lib.ui import export, naming
from lib.ui.builder import widgets
from lib.words import SIGNS

Format = Literal["text", "count", "number", "decimal", "money", "percent", "seconds", "time", "day", "long"]
MOST_ROWS = 1_000
DIGIT, LETTER, BESIDE = 8, 7, 22
"""Pixels of a digit, of a letter of a heading, and of what is left free beside the text of a cell."""
WIDE = 560
"""Pixels of a column of sentences."""
NAMED: Mapping[str, NumberColumnFormat] = {"USD": "dollar", "EUR": "euro", "JPY": "yen"}
"""What Streamlit calls the currencies it can write: with the minus before the sign, as the reader's country does."""
LARGE = 1_000
"""From this amount on sentences write no cents (`lib.words.money`); a column does not where no amount of it would."""


def table(
    frame: pl.DataFrame,
    columns: Mapping[str, tuple[str, Format]],
    name: str,
    summary: str,
    buttons: Mapping[str, ButtonColumnResult] | None = None,
    question: Question | None = None,
    whole: Collection[str] = (),
) -> None:
    """Show the named columns; below, a download of every row and column.

    `columns` is column: (heading, format). `name` names the file, `summary` is for those who cannot see it. A column
    among `buttons` shows its text as buttons; it is not in the file. Columns of text among `whole` are as wide as
    their longest text. Where the `question` is given that the frame
    answers, the file's name says its days, and what is shown is made once.
    """

    def make() -> tuple[pa.Table, dict[str, ColumnConfig]]:
        told = naming.shown(frame, question)
        cells = [_shown(column, kind, told.schema[column]) for column, (_, kind) in columns.items()]
        shown = told.select(cells).head(MOST_ROWS).to_arrow()
        config = {column: _column(heading, kind, frame[column]) for column, (heading, kind) in columns.items()}
        config |= {column: _whole(columns[column][0], frame[column]) for column in whole}
        return shown, {column: _said(each) for column, each in config.items()}

    parts = (*queries.named(question), *columns.items(), *whole) if question else ()
    shown, config = queries.once(make, "table", name, *parts) if question else make()
    st.dataframe(
        # Streamlit sends Arrow on as it is. Anything else, and the question whether to load lazily, imports pandas:
        # half a second, and a broken chart for a second visitor who comes while it is being imported.
        shown,
        lazy=False,
        hide_index=True,
        column_config={**config, **(buttons or {})},
        key=f"table-{name}",
        alt=summary,
        placeholder="–",
        height="content" if shown.num_rows < 15 else 420,
    )
    export.download(frame, name, question=question, without=tuple(buttons or ()))
    if frame.height > MOST_ROWS:
        st.caption(f"The first {MOST_ROWS:,} of {frame.height:,} rows; the CSV has all of them.")


def opener(heading: str, about: str, key: str, then: Callable[[int], None]) -> ButtonColumnResult:
    """A column of words to press, for `table`; `then` is called with the number of the row."""

    def pressed(told: Mapping[str, Any]) -> None:
        then(told["row"])

    return st.column_config.ButtonColumn(
        heading, type="tertiary", alignment="left", help=about, key=key, on_click=widgets.heard(key, pressed)
    )


def _said(config: ColumnConfig) -> ColumnConfig:
    """Only what is said of a column: Streamlit copies the rest, mostly nothing, deeply in every run and drops it."""
    said: dict[str, Any] = {name: value for name, value in config.items() if value is not None}
    if "type_config" in said:
        said["type_config"] = {name: value for name, value in said["type_config"].items() if value is not None}
    return cast("ColumnConfig", said)


def _shown(column: str, kind: Format, dtype: pl.DataType) -> pl.Expr:
    """A column as the screen wants it: shares as per cent, lengths of time to their two largest units.

    No amount of money is a nothing below nothing: it would be written with a minus.
    """
    found = pl.col(column)
    if kind == "money" and dtype.is_float():
        rounded = pl.when(is_round(found)).then(found.round(0)).otherwise(found.round(2))
        return pl.when(rounded == 0).then(0.0).otherwise(rounded).alias(column)
    if kind == "percent":
        return found * 100
    if kind == "seconds":
        unit = pl.when(found >= 86_400).then(3_600).when(found >= 3_600).then(60).otherwise(1)
        return pl.duration(seconds=((found / unit).round() * unit).cast(pl.Int64())).alias(column)
    return found


def is_round(amounts: pl.Expr) -> pl.Expr:
    """Whether a column of amounts is written without cents: none has any, or each but nothing is large."""
    cents = amounts.round(2)
    return (cents == cents.round(0)).all() | ((cents == 0) | (cents.abs() >= LARGE)).all()


def _room(amounts: pl.Series, heading: str, places: int) -> int:
    """Pixels for the longest amount: left to itself, a table measures it before the font has come, and cuts it."""
    ends = [amounts.min(), amounts.max()]
    texts = [f"{end:,.{places}f}" for end in ends if isinstance(end, (int, float))]
    code = queries.settings().company.currency
    letters = max((len(text) for text in texts), default=0) + len(SIGNS.get(code, f" {code}"))
    return max(DIGIT * letters, LETTER * len(heading)) + BESIDE


def money_format(code: str, has_losses: bool, places: int = 2) -> str:
    """How a column of amounts is written. A minus stands at the number, never behind the sign of the currency.

    Where Streamlit cannot write a currency, its sign is put before amounts that are all above nothing, else its code
    behind them.

    >>> money_format("USD", True), money_format("GBP", False), money_format("GBP", True), money_format("CHF", False, 0)
    ('dollar', '£%,.2f', '%,.2f GBP', '%,.0f CHF')
    """
    if code in NAMED:
        return NAMED[code]
    number = f"%,.{places}f"
    return f"{number} {code}" if has_losses or code not in SIGNS else f"{SIGNS[code]}{number}"


def _whole(heading: str, texts: pl.Series) -> ColumnConfig:
    """A column of text that cuts none."""
    longest = texts.str.len_chars().max()
    letters = longest if isinstance(longest, int) else 0
    return st.column_config.TextColumn(heading, width=DIGIT * max(letters, len(heading)) + BESIDE)


def _money(heading: str, values: pl.Series) -> ColumnConfig:
    is_known = values.dtype.is_numeric()
    has_losses = is_known and bool((values < 0).any())
    places = 0 if is_known and values.to_frame().select(is_round(pl.col(values.name))).item() else 2
    form = money_format(queries.settings().company.currency, has_losses, places)
    width = _room(values, heading, places)
    # A step of one is how Streamlit's own formats of currencies are told to write no cents.
    return st.column_config.NumberColumn(heading, width=width, format=form, step=None if places else 1)


def _column(heading: str, kind: Format, values: pl.Series) -> ColumnConfig:
    config = st.column_config
    match kind:
        case "count":
            return config.NumberColumn(heading, format="%,d")
        case "number":
            return config.NumberColumn(heading, format="localized")
        case "decimal":
            return config.NumberColumn(heading, format="%,.2f")
        case "money":
            return _money(heading, values)
        case "percent":
            return config.NumberColumn(heading, format="%.1f %%")
        case "seconds":
            return config.NumberColumn(heading, format="localized")
        case "time":
            return config.DatetimeColumn(
                heading, format="D MMM YYYY, HH:mm", timezone=queries.settings().company.timezone
            )
        case "day":
            return config.DateColumn(heading, format="D MMM YYYY")
        case "long":
            return config.TextColumn(heading, width=WIDE)
        case _:
            return config.TextColumn(heading)
