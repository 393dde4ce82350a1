"""All channels as one: whatever has a channel counts, as if a rule called all of them the same."""

import numpy as np
import polars as pl

from lib.answers import segments
from lib.answers.channels_people import Acquired
from lib.answers.channels_shares import Shares
from lib.answers.channels_spend import by_name
from lib.answers.channels_table import COLUMNS, Numbers, counted, ranked, valued
from lib.answers.channels_value import Gains, payback
from lib.answers.channels_words import with_notes
from lib.questions.channels import Channels


def as_one(
    question: Channels, people: Acquired, shares: Shares, stayed: tuple[Numbers, Numbers], spend: pl.DataFrame,
    gains: Gains | None,
) -> pl.DataFrame:  # fmt: skip
    """The one row “All” in the columns of the table `channels`; no row where no channel has people or cost."""
    whole = question.model_copy(update={"by": "channel", "adjust": None, "target": None})
    costs, _ = by_name(spend.drop_nulls("channel").with_columns(channel=pl.lit(segments.ALL)), whole)
    mine = joined(shares)
    table = counted(whole, people, mine, stayed, costs)
    table = valued(table, None if gains is None else payback(whole, people, mine, gains))
    table = table.with_columns(retention_adjusted=pl.lit(None, pl.Float64()), empty=pl.lit("", pl.String()))
    there = bool(mine.who.size or costs.height)
    return ranked(with_notes(table, whole, mine), whole).select(COLUMNS).head(int(there))


def joined(shares: Shares) -> Shares:
    """To whom people belong where all channels are one; contacts without a channel are of none."""
    known = np.array([name != segments.NONE for name in shares.channels], dtype=np.bool_)
    mine = known[shares.home] if shares.home.size else np.zeros(0, dtype=np.bool_)
    who, weight = shares.who[mine], shares.weight[mine]
    if not shares.whole:
        weight = np.bincount(who, weight, minlength=shares.people)
        who = np.flatnonzero(weight > 0)
        weight = weight[who]
    one = np.zeros(who.size, dtype=np.int64)
    return Shares(who, one, one, weight, (segments.ALL,), (segments.ALL,), shares.people, shares.whole)
