"""Retention at the same mix of people: every name's strata re-weighted to the mix of all."""

import numpy as np
import polars as pl

from lib.answers.channels_people import Acquired
from lib.answers.channels_shares import Shares
from lib.answers.conditions import with_fields
from lib.answers.homes import homes
from lib.answers.log import Log
from lib.answers.tally import sums
from lib.engine import collect
from lib.facts import Facts
from lib.questions import ANY_EVENT, Event
from lib.questions.channels import Channels

Numbers = np.ndarray
SCHEMA = {"channel": pl.String(), "stratum": pl.String(), "eligible": pl.Float64(), "kept": pl.Float64(),
          "rate": pl.Float64(), "weight": pl.Float64()}  # fmt: skip


def values(field: str, question: Channels, facts: Facts, people: Acquired) -> pl.Series:
    """The value of a field for each of the people: as known of them, or that of their first event; null without one.

    Raises:
        QuestionError: there is no such field.
    """
    mine = pl.DataFrame({"person": people.person, "at": pl.Series(people.at).cast(pl.Datetime("us", "UTC"))}).lazy()
    if field.startswith(("user.", "account.")):
        rows = mine.join(homes(facts).lazy().rename({"account_id": "_account"}), on="person", how="left")
        rows, columns = with_fields(rows, facts, [field], of_events=False)
        found = rows.select("person", value=pl.col(columns[field]).cast(pl.String()))
    else:
        low, high = question.scope.bounds(facts.timezone)
        log = Log(facts, question.scope, fields=(field,), low=low, high=high).rows([Event(event=(ANY_EVENT,))])
        rows = log.join(mine, on="person").filter(pl.col("ts") == pl.col("at"))
        found = rows.group_by("person").agg(value=pl.col("f0").cast(pl.String()).min())
    everybody = mine.select("person").join(found, on="person", how="left")
    return collect(everybody.sort("person"))["value"]


def strata(
    question: Channels, facts: Facts, people: Acquired, shares: Shares, stayed: tuple[Numbers, Numbers]
) -> pl.DataFrame:
    """`channel`, `stratum`, `eligible`, `kept`, `rate`, `weight`: a row for every name and value, also the empty ones.

    `weight` is the stratum's share of all people of these channels whose day is over; empty strata have no rate. People
    of whom the value is not known are in no stratum and in no weight.
    """
    assert question.adjust is not None
    value = values(question.adjust, question, facts, people) if len(people) else pl.Series([], dtype=pl.String())
    kinds = value.drop_nulls().unique().sort()
    code = value.cast(pl.Enum(kinds)).to_physical().cast(pl.Int64()).fill_null(-1).to_numpy()
    known = np.flatnonzero(code[shares.who] >= 0)
    who, weight = shares.who[known], shares.weight[known]
    cell = shares.key[known] * len(kinds) + code[who]
    shape = (len(shares.names), len(kinds))
    counts = [sums(cell, weight * part[who], shape[0] * shape[1]).reshape(shape) for part in stayed]
    mix = counts[0].sum(axis=0)
    mix = mix / mix.sum() if mix.sum() else mix
    columns = {
        "channel": np.repeat(np.array(shares.names, dtype=object), len(kinds)).tolist(),
        "stratum": kinds.to_list() * len(shares.names),
        "eligible": counts[0].ravel(), "kept": counts[1].ravel(), "weight": np.tile(mix, len(shares.names)),
    }  # fmt: skip
    rate = pl.when(pl.col("eligible") > 0).then(pl.col("kept") / pl.col("eligible"))
    table = pl.DataFrame(columns, schema_overrides=SCHEMA).with_columns(rate=rate)
    return table.filter(pl.col("weight") > 0).select(list(SCHEMA))


def adjusted(table: pl.DataFrame) -> pl.DataFrame:
    """`channel`, `retention_adjusted`, `empty` (the strata nobody of the name is in, as text).

    Direct standardisation: Σ weight × rate. A name with an empty stratum has none: what is not known is not imputed.
    """
    total = (pl.col("weight") * pl.col("rate")).sum()
    empty = pl.col("stratum").filter(pl.col("rate").is_null())
    return table.group_by("channel").agg(
        retention_adjusted=pl.when(empty.len() == 0).then(total), empty=empty.sort().str.join(", ")
    )


def known(table: pl.DataFrame) -> pl.DataFrame:
    """`channel`, `known` (people with a value whose day is over), `rate_known` (kept ÷ known): what the share at the
    same mix is to be compared with, for who has no value may stay quite differently."""
    people, kept = pl.col("eligible").sum(), pl.col("kept").sum()
    return table.group_by("channel").agg(known=people, rate_known=pl.when(people > 0).then(kept / people))
