"""The read-out of one test: the effect of each variant, how it came about day by day, checks, guardrails, decision."""

from dataclasses import replace
from datetime import date

import polars as pl
import streamlit as st

from lib import queries
from lib.answers import Answer
from lib.charts import effect, effect_days
from lib.pulse import readouts
from lib.queries.tests import exposed
from lib.store import Experiment
from lib.ui import tests_decision, tests_known
from lib.ui.page import Card, cards, picture
from lib.ui.tables import Format, table
from lib.ui.tests_choice import TestsChoice
from lib.ui.words import plain
from lib.words import count, percent

VERDICTS = {
    "ship": "Can be shipped", "harm": "Does harm", "guardrail": "A guardrail got worse", "no_effect": "No effect shown",
    "not_yet": "Not yet", "stopped": "Stopped: wrong group sizes",
}  # fmt: skip
STATUS = {"holds": "holds", "worse": "got worse", "unclear": "cannot be told yet"}
CHECKS = {"sample_ratio": "Group sizes", "two_variants": "One variant each", "window_over": "Time is over",
          "known": "Everybody is known", "planned": "Planned number"}  # fmt: skip


def ask(choice: TestsChoice) -> tuple[str, Answer] | None:
    """The test that is shown and what is said of it; None where nobody saw any."""
    exp = tests_known.chosen_test(choice)
    return None if exp is None else (exp, queries.ask(tests_known.question_of(choice, exp)))


def show(exp: str, answer: Answer) -> None:
    """The numbers, the effect, and what lies behind it."""
    cards(_numbers(answer))
    unit = "points" if _is_share(answer) else "number"
    if answer.tables["effects"]["difference"].is_null().all():
        st.info("No effect is shown; the sentence at the top says why.")
    else:
        better = str(getattr(answer.question, "better", "up"))
        picture(answer, "effects", effect, unit=unit, better=better, key="tests-effect")
    _variants(answer)
    tests_decision.decide(tests_known.records().get(exp), answer)
    _guardrails(answer)
    _checks(answer)
    if answer.tables["cumulative"].height:
        picture(answer, "cumulative", effect_days, unit=unit, key="tests-days")


def titled(answer: Answer) -> Answer:
    """The answer as the page says it: beginning with the test's name, where it is about a test."""
    exp = getattr(answer.question, "experiment", None)
    if exp is None:
        return answer
    return replace(answer, headline=readouts.titled(answer.headline, exp, tests_known.readable_tests()[exp]))


def about(exp: str, answer: Answer) -> None:
    """What was tried and why, in the words of whoever wrote it down; and how its state goes with the verdict."""
    record: Experiment | None = tests_known.records().get(exp)
    if record is None:
        seen = exposed().filter(pl.col("experiment_id") == exp).row(0, named=True)
        st.caption(
            plain(
                f"Nobody wrote this test down yet: {count(seen['units'])} units saw {len(seen['variants'])} variants"
                f" from {seen['first']:%-d %B %Y} on. What counts is chosen below."
            )
        )
        return
    until = f" to {record.end_on:%-d %b %Y}" if record.end_on else ""
    since = f", {record.start_on:%-d %b %Y}{until}" if record.start_on else ""
    stands = state(record, readouts.verdict(answer), queries.last_day())
    st.caption(plain(f"{record.hypothesis} ({record.owner}{since}; {stands})"))


def state(record: Experiment, verdict: str, last: date) -> str:
    """The state of a test. Where one that runs has a verdict, what that means: `last` is the last day with data."""
    if record.status != "running" or verdict not in readouts.READY:
        return record.status
    if record.end_on is not None and last < record.end_on:
        return "still running: the verdict is what it would be if it ended today"
    return "still running: it can be decided, and nobody has written down a decision yet"


def _is_share(answer: Answer) -> bool:
    return getattr(answer.question, "measure", "conversion") == "conversion"


def _numbers(answer: Answer) -> list[Card]:
    """Each variant's value, and how sure the ratio of sizes is."""
    rows = answer.tables["variants"].filter(pl.col("segment") == "All")
    found = []
    for row in rows.head(4).iter_rows(named=True):
        value = percent(row["value"]) if _is_share(answer) else "–" if row["value"] is None else f"{row['value']:,.2f}"
        read = f"{count(row['users'])} of {count(row['read'])}"
        is_named = not row["is_control"] or row["variant"] == "control"
        name = row["variant"] if is_named else f"{row['variant']} (control)"
        found.append(
            Card(name, value, note=read, few=row["read"] < 30, meaning="Who did it, of those who can be read.")
        )
    ratio = answer.tables["checks"].row(0, named=True)
    said = {True: "as planned", False: "off: stopped", None: "one group only"}[ratio["passed"]]
    sizes = " : ".join(count(row["units"]) for row in rows.head(4).iter_rows(named=True))
    return [*found, Card("Group sizes", said, note=sizes, meaning=ratio["said"])]


def _variants(answer: Answer) -> None:
    """The chart's numbers as a table; effects of shares in percentage points."""
    share = _is_share(answer)
    points, form = (100, "percent") if share else (1, "decimal")
    effects = answer.tables["effects"].select(
        "segment", "variant", "relative", "verdict", difference=pl.col("difference") * points,
        effect_low=pl.col("low") * points, effect_high=pl.col("high") * points, p=text_of_p(),
    )  # fmt: skip
    rows = answer.tables["variants"].join(effects, on=["segment", "variant"], how="left", maintain_order="left")
    said = pl.col("verdict").replace_strict(VERDICTS, default=None, return_dtype=pl.String())
    shown: dict[str, tuple[str, Format]] = {
        "segment": ("Group", "text"), "variant": ("Variant", "text"), "value": ("Value", form),
        "difference": ("Effect, pp" if share else "Effect", "decimal"), "effect_low": ("95 % from", "decimal"),
        "effect_high": ("to", "decimal"), "verdict": ("Verdict", "text"), "relative": ("Relative", "percent"),
        "p": ("p-value", "text"), "users": ("Did it", "count"), "read": ("Can be read", "count"),
        "units": ("Saw it", "count"),
    }  # fmt: skip
    if rows["segment"].n_unique() == 1:
        del shown["segment"]
    told = rows.with_columns(verdict=pl.when("is_control").then(pl.lit("control")).otherwise(said))
    about = "Each variant with its value and its effect against the control"
    table(told, shown, "variants", about, question=answer.question)


def text_of_p() -> pl.Expr:
    """A p with three places, as text; smaller ones as such."""
    p = pl.col("p_value")
    return pl.when(p < 0.001).then(pl.lit("< 0.001")).otherwise(p.round(3).cast(pl.String()).str.pad_end(5, "0"))


def _guardrails(answer: Answer) -> None:
    rows = answer.tables["guardrails"]
    if not rows.height:
        return
    st.markdown("## Guardrails: what must not get worse")
    share = (rows["measure"] == "conversion").all()
    points, form = (100, "percent") if share else (1, "decimal")
    told = rows.with_columns(
        pl.col("difference", "low", "high") * points, status=pl.col("status").replace_strict(STATUS)
    )
    table(
        told,
        {"guardrail": ("Guardrail", "text"), "status": ("Says", "text"), "variant": ("Variant", "text"),
         "difference": ("Effect, pp" if share else "Effect", "decimal"), "low": ("95 % from", "decimal"),
         "high": ("to", "decimal"), "margin": ("May lose", "percent"), "value": ("Value", form),
         "control_value": ("Control", form)},
        "guardrails", "What must not get worse, for each variant", question=answer.question, whole=("guardrail",),
    )  # fmt: skip


def _checks(answer: Answer) -> None:
    """Whether the test can be trusted, in words."""
    said = ["## Can it be trusted?"]
    for row in answer.tables["checks"].iter_rows(named=True):
        mark = {True: ":green[yes]", False: ":red[no]", None: ":gray[unknown]"}[row["passed"]]
        said.append(f"**{CHECKS[row['check']]}**: {mark}. {plain(row['said'])}")
    st.markdown("\n\n".join(said))
