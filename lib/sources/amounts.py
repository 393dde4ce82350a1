"""Written numbers and money into exact values. Every function is an expression: no Python per row."""

import polars as pl

PLAIN = r"^[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?$"
SIGNS = r"[\p{Sc}\s\u{a0}\u{202f}'\u{2019}]|^[A-Za-z]{3}\b|\b[A-Za-z]{3}$"
BRACKETED = r"^\([()]*([^-+]*?)[()]*\)$"
GROUPED = r"^[-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$"


def all_plain(text: pl.Series) -> bool:
    """True when every value is spelled as programs spell numbers, so that no mark has to be taken away."""
    return bool(text.str.contains(PLAIN).all())


def plain_number(text: pl.Expr, decimal: str) -> pl.Expr:
    """`-1234.5` for `(1,234.50)`, `1.234,5` or `$ 1,234.50`; null where the text is no finite number."""
    # No `when … otherwise` on the way: what stands in several branches is worked out in each, and branches multiply.
    bare = text.str.replace_all(SIGNS, "").str.replace(BRACKETED, "-${1}")
    # "$-5" and "-$5" both leave "-5"; a minus behind the number is how some ledgers write it.
    bare = bare.str.replace(r"^(\d.*)-$", "-${1}").str.replace_all("\u2212", "-", literal=True)
    if decimal == ",":
        swapped = bare.str.replace_all(".", "\0", literal=True).str.replace_all(",", ".", literal=True)
        bare = swapped.str.replace_all("\0", ",", literal=True)
    ungrouped = bare.str.replace_all(",", "", literal=True).str.strip_prefix("+")
    return pl.when(bare.str.contains(f"{PLAIN}|{GROUPED}")).then(ungrouped)


def to_float(text: pl.Expr, decimal: str) -> pl.Expr:
    """The number as Float64; null where it is none or not finite."""
    value = plain_number(text, decimal).cast(pl.Float64(), strict=False)
    return pl.when(value.is_finite()).then(value)


def to_int(text: pl.Expr, decimal: str) -> pl.Expr:
    """The number as Int64; null where it is none, has a fraction, or does not fit."""
    return plain_number(text, decimal).str.replace(r"\.0+$", "").cast(pl.Int64(), strict=False)


def fraction_digits(number: pl.Expr) -> pl.Expr:
    """How many digits after the point count, of the output of `plain_number`."""
    return number.str.extract(r"\.(\d+)$", 1).fill_null("").str.strip_chars_end("0").str.len_bytes()


def rounded(number: pl.Expr, digits: int) -> pl.Expr:
    """A plain number at this many digits after the point, halves away from zero; one too large stays as it is."""
    exact = number.cast(pl.Decimal(38, 12), strict=False)
    spelled = pl.coalesce(exact, number.cast(pl.Float64(), strict=False).cast(pl.Decimal(38, 12), strict=False))
    return pl.coalesce(spelled.round(digits, mode="half_away_from_zero").cast(pl.String()), number)


def to_minor(number: pl.Expr, digits: int) -> pl.Expr:
    """Whole minor units of a plain number, by its digits, never through a float; null where it does not fit."""
    whole = number.str.extract(r"^-?(\d+)(?:\.\d+)?$", 1)
    fraction = number.str.extract(r"\.(\d+)$", 1).fill_null("").str.strip_chars_end("0")
    kept = pl.when(fraction.str.len_bytes() <= digits).then(fraction.str.pad_end(digits, "0"))
    value = pl.concat_str(whole, kept).cast(pl.Int64(), strict=False)
    return pl.when(number.str.starts_with("-")).then(-value).otherwise(value)
