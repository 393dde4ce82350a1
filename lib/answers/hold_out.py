"""A hold-out: people who are left alone, so that those who are written to can be compared with somebody."""

from hashlib import blake2b

import polars as pl


def held_out(ids: pl.Series, share: float, seed: int) -> pl.Series:
    """Who is held out: exactly `round(n × share)` of the ids, the same ones whenever it is asked again.

    Everybody gets a number from a hash of the seed and their id (BLAKE2b, which no version of ours will change), and
    those with the smallest numbers are held out. So the order of rows does not matter, another seed draws others, and
    who is held out for a small share is so for a larger one.
    """
    numbers = [blake2b(f"{seed}:{one}".encode(), digest_size=8).digest() for one in ids]
    drawn = sorted(range(len(numbers)), key=lambda at: (numbers[at], ids[at]))[: round(len(numbers) * share)]
    return pl.int_range(len(numbers), eager=True).is_in(pl.Series(drawn, dtype=pl.Int64()).implode()).alias("held_out")
