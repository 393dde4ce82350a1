"""Tests of the demo company: who saw which variant, planted by count, and the ledger of what was tried and learnt.

Nothing is done because of a test: people are picked from what they did anyway, so that no other number moves.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from lib.demo.company import SETTINGS
from lib.demo.truths import TRUTHS, Test
from lib.model import EXPOSURES

_ZONE = ZoneInfo(SETTINGS["company"]["timezone"])
_AWAY = timedelta(days=7)
_TWICE = 12
"""So many of the test with the wrong split saw both variants."""


def frame(rng: np.random.Generator, events: pl.DataFrame, users: pl.DataFrame, aliases: pl.DataFrame) -> pl.DataFrame:
    """The canonical table of exposures; the other tables are all of the company's."""
    staff = users.filter("is_internal")["user_id"].implode()
    both = pl.concat([events.select("anon_id", "user_id"), aliases.select("anon_id", "user_id")]).drop_nulls()
    ties = both.unique("anon_id").rename({"user_id": "tied"})
    own = events.select("user_id", "anon_id", "name", "page", "cta", "ts").join(ties, on="anon_id", how="left")
    own = own.with_columns(person=pl.coalesce("user_id", "tied", "anon_id")).filter(~pl.col("person").is_in(staff))
    parts = [_exposed(rng, own, test) for test in TRUTHS.tests]
    return pl.concat(parts).sort("ts", "experiment_id", "unit_id", "variant").match_to_schema(EXPOSURES.schema)


def _exposed(rng: np.random.Generator, events: pl.DataFrame, test: Test) -> pl.DataFrame:
    """The exposures of one test: of those who could see it exactly so many a variant, exactly so many of them hit."""
    could = _could_see(events, test).sort("id")
    goals = events.filter(pl.col("name") == test.goal, pl.lit(True) if test.cta is None else pl.col("cta") == test.cta)
    later = (
        goals.select("person", done="ts")
        .join(could, on="person")
        .filter(pl.col("done") >= pl.col("ts"), pl.col("done") <= pl.col("ts") + timedelta(days=test.within_days))
    )
    is_hit = pl.col("id").is_in(later["id"].unique().implode())
    piles = {hit: rng.permutation(could.filter(is_hit == hit)["id"].to_numpy()) for hit in (True, False)}
    picked: list[pl.DataFrame] = []
    begin = {True: 0, False: 0}
    for variant, units, hits in test.variants:
        for hit, size in ((True, hits), (False, units - hits)):
            ids = piles[hit][begin[hit] : begin[hit] + size]
            if len(ids) < size:
                raise ValueError(f"{test.experiment_id}: {size} are to be picked, {len(ids)} are left")
            begin[hit] += size
            picked.append(pl.DataFrame({"id": ids}, schema={"id": pl.String()}).with_columns(variant=pl.lit(variant)))
    shown = pl.concat(picked).join(could, on="id")
    if test.is_split_wrong:
        second = pl.lit(test.variants[0][0])
        again = shown.filter(pl.col("variant") != second).sort("id").head(_TWICE)
        shown = pl.concat([shown, again.with_columns(variant=second, ts=pl.col("ts") + timedelta(days=1))])
    return shown.select(
        experiment_id=pl.lit(test.experiment_id), unit=pl.lit(test.unit), unit_id="id", variant="variant", ts="ts"
    )


def _key(test: Test) -> str:
    return "user_id" if test.unit == "user" else "anon_id"


def _could_see(events: pl.DataFrame, test: Test) -> pl.DataFrame:
    """Who could see a test, and when first: `id`, `person`, `ts`; each person once."""
    low, high = (
        datetime(day.year, day.month, day.day, 8, tzinfo=_ZONE).astimezone(UTC) for day in (test.start, test.end)
    )
    key = pl.col(_key(test)).alias("id")
    if test.seen_by is None:  # written to at one moment, who has been away for a week
        before = events.filter(pl.col("ts") < low).select(key, "person", "ts").drop_nulls("id")
        last = before.group_by("id", "person").agg(pl.col("ts").max())
        return last.filter(pl.col("ts") < low - _AWAY).with_columns(ts=pl.lit(low, pl.Datetime("us", "UTC")))
    seen = events.filter(
        pl.col("name") == test.seen_by, pl.lit(True) if test.page is None else pl.col("page") == test.page
    )
    if test.unit == "anon":
        seen = seen.filter(pl.col("user_id").is_null())
    first = seen.select(key, "person", "ts").drop_nulls("id").group_by("id", "person").agg(pl.col("ts").min())
    inside = first.filter(pl.col("ts") >= low, pl.col("ts") < high).filter(pl.len().over("person") == 1)
    # The e-mail is on its way a minute after the sign-up; a page is seen with its event.
    return inside.with_columns(pl.col("ts") + timedelta(seconds=60 if test.seen_by == "signup_done" else 0))


def question_of(test: Test) -> dict[str, Any]:
    """The question that reads a test out."""
    where = [] if test.cta is None else [{"field": "cta", "op": "eq", "value": test.cta}]
    sizes = [units for _, units, _ in test.variants]
    meant = [1.0] * len(sizes) if test.is_split_wrong else [size / min(sizes) for size in sizes]
    asked: dict[str, Any] = {
        "kind": "experiment",
        "experiment": test.experiment_id,
        "goal": {"event": test.goal, "where": where} if where else {"event": test.goal},
        "within": {"value": test.within_days, "unit": "day"},
        "control": test.variants[0][0],
        "weights": [
            {"variant": name, "weight": weight} for (name, *_), weight in zip(test.variants, meant, strict=True)
        ],
    }
    if test.guardrail is not None:
        asked["guardrails"] = [{"goal": {"event": test.guardrail}, "margin": 0.1}]
    return asked | {"planned": test.planned or sum(sizes)}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger: a test as the company wrote it down."""

    experiment_id: str
    name: str
    hypothesis: str
    owner: str
    start_on: date
    end_on: date | None
    status: str
    metric: str
    decision: str | None = None
    learning: str = ""


LEDGER: tuple[Entry, ...] = (
    Entry("welcome_tour", "Welcome tour in three steps", "A tour shows what to do first, so more create a project.",
          "Ines", date(2025, 6, 2), date(2025, 7, 6), "decided", "project_created", "no_effect",
          "Most people close the tour unread. Help belongs where the work is, not before it."),
    Entry("invite_prompt", "Ask for colleagues after the first report", "Who has just seen a use invites others.",
          "Milan", date(2025, 7, 14), date(2025, 8, 17), "decided", "member_invited", "ship",
          "The moment counts: the same words on the start page were never followed."),
    Entry("receipt_sample", "A sample receipt to try", "Trying without paper at hand gets more to the first scan.",
          "Ines", date(2025, 9, 1), date(2025, 10, 5), "decided", "receipt_scanned", "ship",
          "Half of those who scanned at all used the sample first."),
    Entry("register_form", "Shorter register form", "Fewer fields and plain words, so more who open the app register.",
          "Milan", date(2025, 9, 1), date(2026, 2, 20), "decided", "register_done", "ship",
          "Each field asked for costs people; the company size can be asked later."),
    Entry("annual_first", "Yearly price shown first", "Seeing the lower monthly figure sells more yearly plans.",
          "Ruth", date(2025, 10, 6), date(2025, 11, 16), "decided", "upgrade_done", "no_effect",
          "People who want to pay yearly find it; the others are not moved."),
    Entry("reminder_push", "Push reminder on day three", "A reminder brings people back before they forget us.",
          "Ines", date(2025, 11, 10), date(2025, 12, 14), "decided", "app_session", "harm",
          "More switched notifications off than came back; never remind without a reason of theirs."),
    Entry("export_button", "Export button in the list", "What accountants look for is found sooner.",
          "Milan", date(2026, 1, 12), date(2026, 2, 15), "decided", "export_done", "ship",
          "Questions about exports fell by a third."),
    Entry("pricing_faq", "Questions and answers under the prices", "Doubts answered on the page need no call.",
          "Ruth", date(2026, 2, 16), date(2026, 3, 22), "decided", "upgrade_done", "no_effect",
          "Nobody scrolls there; the doubt is about data, and is answered on the security page."),
    Entry("dark_mode_default", "Dark look by default on phones", "Calmer to look at in the evening, when people scan.",
          "Ines", date(2026, 3, 2), date(2026, 3, 29), "decided", "app_session", "no_effect",
          "A matter of taste: follow the phone's own setting."),
    Entry("team_template", "Project template for teams", "A filled project shows the use; more send data.",
          "Milan", date(2026, 3, 16), date(2026, 4, 26), "decided", "project_data_sent", "no_effect",
          "Teams delete the template. A checklist may do what it was meant to."),
    Entry("home_words", "The use, not the technique, on the start page", "People buy a free evening, not a scanner.",
          "Ruth", date(2025, 6, 1), date(2026, 9, 30), "decided", "cta_clicked", "ship",
          "The words of customers win over ours; take the next ones from interviews, too."),
    Entry("checklist_length", "Checklist with five points instead of eight", "A list that can be finished is finished.",
          "Ines", date(2026, 5, 4), date(2026, 6, 7), "decided", "project_data_sent", "no_effect",
          "Fewer points were finished no more often; what is on the list matters, not how long it is."),
    Entry("activation_email", "Redesigned set-up e-mail", "One clear step in it gets more to send project data.",
          "Milan", date(2026, 4, 1), None, "running", "project_data_sent"),
    Entry("report_menu", "Reports in the main menu", "Reports that are one tap away are looked at more.",
          "Ruth", date(2026, 7, 1), None, "running", "report_viewed"),
    Entry("win_back", "Letter to people who have been away", "A letter with what is new brings people back.",
          "Ines", date(2026, 10, 5), None, "running", "app_session"),
)  # fmt: skip
"""Twelve are decided: five shipped, six without effect, one that did harm; none without a learning."""
