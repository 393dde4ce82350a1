"""Creators are measured by their code, by their link and by a survey; the same person may turn up in all three."""

import numpy as np
import polars as pl

from lib.answers.channels_contacts import coded
from lib.model.contact import CODE, LINK, SURVEY

KINDS = {"code": CODE, "link": LINK, "survey": SURVEY}


def overlap(met: pl.DataFrame, people: int) -> pl.DataFrame:
    """`partner`, `code`, `link`, `survey`, `users`, `by_code`, `by_link`, `by_survey`, `at_least`, `at_most`.

    `code`, `link` and `survey` are the people each of them names, `users` all of these, each counted once: by the code
    if there is one (`by_code`), else by the link, else by the survey. Whoever has the three numbers only, without the
    people behind them, could say no more than that there are `at_least` (the largest) and `at_most` (the sum).
    """
    named = met.drop_nulls("partner")
    partner, names = coded(named["partner"], pl.Series([], dtype=pl.String()))
    kind = 2 ** len(KINDS)
    # Sorted as one number, the contacts of a person with a partner stand side by side.
    rows = np.sort((partner * people + named["who"].to_numpy()) * kind + (1 << named["source"].to_numpy()))
    pairs = rows // kind
    starts = np.flatnonzero(np.diff(pairs, prepend=-1))
    bits = np.bitwise_or.reduceat(rows % kind, starts) if starts.size else starts
    cell = pairs[starts] // max(people, 1) * kind + bits
    counts = np.bincount(cell, minlength=len(names) * kind).reshape(len(names), kind)
    sets = np.arange(kind)
    by_each = {name: counts[:, (sets >> bit) % 2 == 1].sum(axis=1) for name, bit in KINDS.items()}
    first = {f"by_{name}": counts[:, sets & -sets == 1 << bit].sum(axis=1) for name, bit in KINDS.items()}
    table = pl.DataFrame(
        {"partner": pl.Series(names, dtype=pl.String()), **by_each, "users": counts.sum(axis=1), **first}
    ).with_columns(at_least=pl.max_horizontal(*KINDS), at_most=pl.sum_horizontal(*KINDS))
    return table.sort(["users", "partner"], descending=[True, False])
