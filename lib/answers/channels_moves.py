"""What would move: the contacts, and whose, that belong to another channel or partner under other rules."""

import numpy as np
import polars as pl

from lib.answers import segments
from lib.answers.answer import Answer
from lib.answers.channels_contacts import check, contacts, rules_of, shares
from lib.answers.channels_decided import Goals, Ruled, counted, every, goals, is_catch_all, missing
from lib.answers.channels_people import acquired
from lib.answers.notes import left_out
from lib.engine import collect
from lib.facts import Facts
from lib.questions.channels import Channels
from lib.scope import ChannelRule
from lib.words import count, listing

FROM, TO = ("from_channel", "from_partner"), ("to_channel", "to_partner")
USED, NEVER, BEHIND = "used", "never fits", "always behind others"
DEFINITION = (
    "Every contact in the period gets its channel and partner twice: by the rules to compare with and by the new ones, "
    "each time by the first rule that fits, else as it came. A contact moves where the two differ; none is added or "
    "lost. People are those known behind contacts; each counts once in every row, and as signed up or activated if "
    "that came at or after their first contact there."
)


def answer(question: Channels, facts: Facts) -> Answer:
    """Answer `view` `moves`: the `rules` of the question against the rules in `against`. Tables:

    - `moves`: from_channel, from_partner, to_channel, to_partner, contacts, people, sign_ups, activated; one row for
      every change there is, the one with the most contacts first
    - `channels`: channel (partner, with `by` `partner`), contacts_before, contacts_after, users_before, users_after
      (people acquired in the scope, by the question's attribution); both before and after add up to the same
    - `rules`: rule (its number), channel, partner, fits (contacts it fits), decides (contacts it is the first to fit),
      taken (fits − decides), taken_by (the numbers of the earlier rules that decide about these), state (used, never
      fits, always behind others)

    Raises:
        QuestionError: a rule asks about something that is no field of a contact, or a field of the scope does not
            exist.
    """
    rules, before = rules_of(question, facts), facts.channel_rules if question.against is None else question.against
    check(before, facts.timezone, "against")
    lazy = every(question, facts)
    schema = lazy.collect_schema()
    new, old = Ruled.of(rules, schema, facts.timezone), Ruled.of(before, schema, facts.timezone)
    fits = [fit.alias(f"fit{k}") for k, fit in enumerate(new.fits)]
    rows = lazy.with_columns(_old=old.number, _new=new.number).select(
        "ts", "person", "_new", *fits, channel="channel", partner="partner",
        **{f"from_{name}": value for name, value in old.names("_old").items()},
        **{f"to_{name}": value for name, value in new.names("_new").items()},
    )  # fmt: skip
    found, later = collect(rows), goals(question, facts)
    tables = {
        "moves": _moves(found, later),
        "channels": _channels(question, facts, found, before),
        "rules": _states(found, rules),
    }
    said = [*_about_rules(tables["rules"], rules), *missing(later, "signup"), *left_out(facts)]
    if question.scope.where:
        said.append("Counted are contacts of people who did something that fulfils these conditions.")
    return Answer(question, tables, _headline(tables["moves"], found.height), DEFINITION, facts.as_of, facts.stamp,
                  tuple(said))  # fmt: skip


def _moves(rows: pl.DataFrame, later: Goals) -> pl.DataFrame:
    differs = pl.any_horizontal(pl.col(one).ne_missing(pl.col(two)) for one, two in zip(FROM, TO, strict=True))
    table = counted(rows.filter(differs), (*FROM, *TO), later)
    return table.sort("contacts", *FROM, *TO, descending=[True, *[False] * 4], nulls_last=True)


def _channels(question: Channels, facts: Facts, rows: pl.DataFrame, before: tuple[ChannelRule, ...]) -> pl.DataFrame:
    """Contacts and people acquired by name, before and after; by channel, unless the question asks by partner."""
    by = "partner" if question.by == "partner" else "channel"
    found = pl.DataFrame(schema={"channel": pl.String()})
    for which, column, rules in (("before", f"from_{by}", before), ("after", f"to_{by}", question.rules)):
        name = pl.col(column).fill_null(segments.NONE)
        met = rows.group_by(channel=name).agg(pl.len().cast(pl.Int64()).alias(f"contacts_{which}"))
        asked = question.model_copy(update={"by": by, "rules": rules})
        parts = (met, _users(asked, facts, f"users_{which}"))
        for part in parts:
            found = found.join(part, on="channel", how="full", coalesce=True)
    numbers = [f"{what}_{which}" for what in ("contacts", "users") for which in ("before", "after")]
    return found.select("channel", pl.col(numbers).fill_null(0)).sort("contacts_after", "contacts_before", "channel",
                                                                     descending=[True, True, False])  # fmt: skip


def _users(question: Channels, facts: Facts, name: str) -> pl.DataFrame:
    """How many of the people acquired belong to each name, in parts where the attribution spreads them."""
    people = acquired(question, facts)
    mine = shares(question, contacts(question, facts, people), people, pl.Series([], dtype=pl.String()))
    total = mine.total()
    column = pl.Series(name, np.rint(total).astype(np.int64) if mine.whole else total)
    return pl.DataFrame({"channel": pl.Series(mine.names, dtype=pl.String()), name: column}).filter(pl.col(name) > 0)


def _states(rows: pl.DataFrame, rules: tuple[ChannelRule, ...]) -> pl.DataFrame:
    """What every rule does in the scope."""
    found = []
    for k, rule in enumerate(rules):
        fitting = rows.filter(pl.col(f"fit{k}"))["_new"]
        others = fitting.filter(fitting != k)
        decides = fitting.len() - others.len()
        found.append({
            "rule": k + 1, "channel": rule.channel, "partner": rule.partner, "fits": fitting.len(), "decides": decides,
            "taken": others.len(), "taken_by": ", ".join(str(one + 1) for one in others.unique().sort()) or None,
            "state": USED if decides else BEHIND if fitting.len() else NEVER,
        })  # fmt: skip
    texts = ("channel", "partner", "taken_by", "state")
    schema = ("rule", "channel", "partner", "fits", "decides", "taken", "taken_by", "state")
    return pl.DataFrame(found, {name: pl.String() if name in texts else pl.Int64() for name in schema})


def _headline(moves: pl.DataFrame, total: int) -> str:
    if not moves.height:
        return f"No contact would move: all {count(total)} stay where they are."
    moved, first = int(moves["contacts"].sum()), moves.row(0, named=True)
    most = f"{_name(first, 'from')} to {_name(first, 'to')} ({count(first['contacts'])})"
    most = f"all from {most}" if moves.height == 1 else f"most from {most}"
    return f"{count(moved)} of {count(total)} contacts would move, {most}; together they stay {count(total)}."


def _name(row: dict[str, str | None], side: str) -> str:
    """A channel, with its partner where the move is one between partners."""
    channel, partner = row[f"{side}_channel"], row[f"{side}_partner"]
    is_same = row["from_channel"] == row["to_channel"]
    return f"{channel}{f' / {partner or segments.NONE}' if is_same or partner else ''}"


def _about_rules(table: pl.DataFrame, rules: tuple[ChannelRule, ...]) -> list[str]:
    """A sentence about rules that fit nothing, and one about each that never gets its turn."""
    own = table.filter(pl.Series([not is_catch_all(rule) for rule in rules], dtype=pl.Boolean()))
    idle = [str(number) for number in own.filter(pl.col("state") == NEVER)["rule"]]
    said = [f"{_rules(idle)} {'fits' if len(idle) == 1 else 'fit'} none of these contacts."] if idle else []
    behind = own.filter(pl.col("state") == BEHIND).select("rule", "taken_by").iter_rows()
    said += [f"Rule {one} never decides: all it fits is taken by {_rules(by.split(', '))}." for one, by in behind]
    return [f"{text[0].upper()}{text[1:]}" for text in said]


def _rules(numbers: list[str]) -> str:
    return f"{'rule' if len(numbers) == 1 else 'rules'} {listing(numbers)}"
