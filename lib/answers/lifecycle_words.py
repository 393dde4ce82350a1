"""Lifecycle in words: its verdict, its definition, and what to know before trusting it."""

from zoneinfo import ZoneInfo

import polars as pl

from lib.answers import segments
from lib.answers.buckets import Buckets
from lib.answers.notes import NOUNS, cut, left_out, nobody, overlap, unseen
from lib.answers.scoped import asked
from lib.facts import Facts
from lib.questions import Lifecycle
from lib.timeline import when
from lib.words import count, listing, people


def headline(table: pl.DataFrame, question: Lifecycle, buckets: Buckets) -> str:
    """One sentence on the last finished bucket: how many were active, and who came against who left."""
    noun = NOUNS[question.count_by]
    active = table.filter(pl.col("status") != "dormant")["users"].sum()
    if not active:
        return nobody([question.event], question.scope, noun[0])
    whole = buckets.table.filter("complete", "whole")["bucket"]
    done = table.filter(pl.col("bucket").is_in(whole.implode()))
    if done.is_empty():
        return f"No {question.grain}{asked(question.scope)} is over yet."
    segment = done["segment"][0]
    last = done.filter(pl.col("segment") == segment, pl.col("bucket") == done["bucket"].max())
    users = dict(last.select("status", "users").iter_rows())
    now = users["new"] + users["returning"] + users["resurrecting"]
    before = users["returning"] + users["dormant"]
    who = "" if question.by is None else f"{segments.told(segment, question.by)}: "
    verb = "was" if now == 1 else "were"
    at = when(last["bucket"][0], question.grain)
    said = (
        f"{who}{people(now, *noun)} {verb} active {at}, {_change(now - before, question)}: {count(users['new'])} new, "
    )
    return f"{said}{count(users['resurrecting'])} back after a pause, {count(users['dormant'])} gone quiet."


def _change(change: int, question: Lifecycle) -> str:
    if not change:
        return f"as many as the {question.grain} before"
    return f"{count(abs(change))} {'more' if change > 0 else 'fewer'} than the {question.grain} before"


def definition(question: Lifecycle) -> str:
    """What is counted, in words a reader can check by hand."""
    grain, (one, many) = question.grain, NOUNS[question.count_by]
    new = f"New: active in the {grain}, and never before, the time before the period included."
    back = f"Resurrecting: active before, but not in the {grain} before."
    if question.born == "created":
        new = f"New: active in the {grain} in which the {one} was created (or, where nobody knows, first active)."
        back = f"Resurrecting: created earlier, and not active in the {grain} before."
    parts = [
        f"Active: “{question.event.words}” in the {grain} and in the period.",
        new,
        f"Returning: active in this {grain} and the one before.",
        back,
        f"Dormant: active in the {grain} before and not in this one; counted where they are missing.",
    ]
    if question.by is not None:
        parts.append(
            f"Broken down by {listing(question.by.field)}: each segment has a lifecycle of its own. Segments beyond "
            f"the {question.by.top} with the most {many} stand together in “Other”."
        )
    return " ".join([*parts, f"A {grain} is complete when it is over at the last event in the data."])


def notes(question: Lifecycle, facts: Facts, buckets: Buckets, *, is_empty: bool) -> list[str]:
    """Unseen events, a scope that cuts a bucket, data that begin in it, and people left out."""
    found = unseen([question.event] if is_empty else [], facts)
    if not is_empty and facts.first is not None and len(buckets) and buckets.edges[0] <= facts.first:
        at = when(facts.first.astimezone(ZoneInfo(facts.timezone)).date(), "day").removeprefix("on ")
        many = NOUNS[question.count_by][1]
        found.append(f"The data begin on {at}, so {many} who came before then count as new.")
    return [*found, *overlap(question.by, question.count_by), *cut(buckets), *left_out(facts)]
