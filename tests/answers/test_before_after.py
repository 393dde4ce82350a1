"""Before and after on hand-made tables: the figures of companies that told theirs, and the edges."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from lib.answers import Answer, ask
from lib.answers.before_after_effects import Change
from lib.errors import QuestionError
from lib.facts import Facts
from lib.inference import Effect
from lib.questions import parse

AT = date(2026, 6, 1)
DAY = timedelta(days=1)
Row = tuple[str, str, date, date | None]


def read(of: Facts, **fields: Any) -> Answer:
    return ask(parse({"kind": "before_after", "at": AT.isoformat(), **fields}), of)


def row(answer: Answer, table: str, first: str) -> dict[str, Any]:
    frame = answer.tables[table]
    return frame.filter(pl.col(frame.columns[0]) == first).row(0, named=True)


def paying(rows: Sequence[Row], segments: dict[str, str], end: date = date(2026, 12, 1)) -> Facts:
    """Subscriptions as (account, id, start, end); one event at the end of the data says how far it goes."""
    subscriptions = pl.DataFrame(
        [(one, account, start, stop, 10_000) for account, one, start, stop in rows],
        schema=["subscription_id", "account_id", "start_date", "end_date", "mrr_cents"], orient="row",
    ).cast({"start_date": pl.Date, "end_date": pl.Date})  # fmt: skip
    accounts = pl.DataFrame(
        {
            "account_id": list(segments),
            "segment": list(segments.values()),
            "name": list(segments),
            "created_at": [datetime(2020, 1, 1, tzinfo=UTC)] * len(segments),
        }
    )
    last = pl.DataFrame({"user_id": ["u"], "name": ["end"], "ts": [datetime(end.year, end.month, end.day, tzinfo=UTC)]})
    return Facts.of(events=last, subscriptions=subscriptions, accounts=accounts)


def churning(segment: str, before: tuple[int, int], after: tuple[int, int]) -> tuple[list[Row], dict[str, str]]:
    """(left, of) in the 90 days before the day, and again in the 90 days after, other accounts joining in between."""
    rows: list[Row] = []
    first, old = AT - 90 * DAY, AT - 400 * DAY
    (left, whole), (left_later, whole_later) = before, after
    for i in range(whole):
        stop = AT - 45 * DAY if i < left else AT + 30 * DAY if i < left + left_later else None
        rows.append((f"{segment}{i}", f"{segment}{i}", old, stop))
    rows += [(f"{segment}n{i}", f"{segment}n{i}", first + DAY, None) for i in range(whole_later - (whole - left))]
    return rows, {account: segment for account, *_ in rows}


@pytest.fixture(scope="module")
def one_package() -> Facts:
    """Two packages put back into one: 24 of 400 left before and 12 of 400 after; elsewhere 20 of 400 and 19 of 400."""
    ours, names = churning("smb", (24, 400), (12, 400))
    theirs, others = churning("mid", (20, 400), (19, 400))
    return paying([*ours, *theirs], names | others)


SMB = {"scope": {"where": [{"field": "account.segment", "op": "eq", "value": "smb"}]}}
MID = {"comparison": [{"field": "account.segment", "op": "eq", "value": "mid"}]}


def test_churn_against_a_comparison_group(one_package: Facts) -> None:
    """−3.0 points (−6.1…−0.1), and −2.75 net of what happened to the others."""
    answer = read(one_package, days=90, measure="logo_churn", better="down", **SMB, **MID)
    stretches = answer.tables["windows"].select("group", "period", "hits", "n").rows()
    assert stretches == [("group", "before", 24, 400), ("group", "after", 12, 400),
                         ("comparison", "before", 20, 400), ("comparison", "after", 19, 400)]  # fmt: skip
    change, net = row(answer, "effects", "change"), row(answer, "effects", "net")
    assert [round(100 * change[name], 1) for name in ("difference", "low", "high")] == [-3.0, -6.1, -0.1]
    assert net["difference"] == pytest.approx(-0.0275) and net["low"] < -0.0275 < 0 < net["high"]
    assert net["verdict"] == "no_effect" and change["verdict"] is None
    assert answer.headline == (
        "Logo churn: 6.0 % before, 3.0 % after, −3.0 pp (95 % interval −6.1 to −0.1); against the comparison group"
        f" −2.75 pp (95 % interval {100 * net['low']:.2f} to {100 * net['high']:.2f})".replace("-", "−")
        + ": no change shown."
    )


def test_without_a_comparison_group_it_is_weak(one_package: Facts) -> None:
    answer = read(one_package, days=90, measure="logo_churn", better="down", **SMB)
    assert answer.headline.endswith(": better. Weak: there is no comparison group, so whatever else happened at that "
                                    "time may be the cause.")  # fmt: skip
    assert row(answer, "checks", "comparison")["passed"] is False
    assert read(one_package, days=90, measure="logo_churn", **SMB).tables["effects"]["verdict"].to_list()[0] == "worse"


def test_churn_is_that_of_the_page_revenue(one_package: Facts) -> None:
    scope = {"start": "2026-06-01", "end": "2026-08-30"}
    asked = {"kind": "revenue", "view": "retention", "basis": "scope", "scope": {**scope, **SMB["scope"]}}
    kept = ask(parse(asked), one_package).tables["retention"].row(0, named=True)
    answer = read(one_package, days=90, measure="logo_churn", **SMB)
    after = answer.tables["windows"].filter(pl.col("period") == "after").row(0, named=True)
    assert after["value"] == pytest.approx(1 - kept["logo_retention"]) and after["n"] == kept["accounts"]
    grr = read(one_package, days=90, measure="grr", **SMB).tables["windows"].filter(pl.col("period") == "after")
    assert grr["value"].item() == pytest.approx(kept["grr"])


def test_new_customers() -> None:
    """40 in the days before and 70 in those after: 1.75 times as many (1.19…2.58)."""
    rows = [(f"a{i}", f"a{i}", AT - 80 * DAY + (i % 70) * DAY, None) for i in range(40)]
    rows += [(f"b{i}", f"b{i}", AT + 5 * DAY + (i % 70) * DAY, None) for i in range(70)]
    rows.append(("old", "old", AT - 300 * DAY, None))
    answer = read(paying(rows, {"old": "smb"}), days=90, measure="new_customers")
    change = row(answer, "effects", "change")
    assert [round(change[name], 2) for name in ("ratio", "ratio_low", "ratio_high")] == [1.75, 1.19, 2.58]
    assert change["verdict"] == "better" and "×1.75 (95 % interval 1.19 to 2.58): better." in answer.headline


def test_from_trial_to_paid() -> None:
    """45 of 1,500 before and 72 of 1,600 after: +1.5 points (0.2…2.9)."""
    users, subscriptions = [], []
    for when, whole, paid in ((AT - 20 * DAY, 1_500, 45), (AT + 5 * DAY, 1_600, 72)):
        for i in range(whole):
            name = f"{when:%m}-{i}"
            users.append((name, f"acc-{name}", datetime(when.year, when.month, when.day, 12, tzinfo=UTC)))
            late = 31 if i % 100 == 99 else 10
            if i < paid or late == 31:
                subscriptions.append((name, f"acc-{name}", when + late * DAY, 900))
    of = Facts.of(
        events=pl.DataFrame({"user_id": ["x"], "name": ["end"], "ts": [datetime(2026, 12, 1, tzinfo=UTC)]}),
        users=pl.DataFrame(users, schema=["user_id", "account_id", "created_at"], orient="row"),
        subscriptions=pl.DataFrame(subscriptions, schema=["subscription_id", "account_id", "start_date", "mrr_cents"],
                                   orient="row"),
    )  # fmt: skip
    answer = read(of, measure="trial_to_paid")
    assert answer.tables["windows"].select("hits", "n").rows() == [(45, 1_500), (72, 1_600)]
    change = row(answer, "effects", "change")
    assert [round(100 * change[name], 1) for name in ("difference", "low", "high")] == [1.5, 0.2, 2.9]
    assert answer.tables["series"].filter(pl.col("n") > 0).height == 2


def visits(per_day: dict[date, int], page: str = "/") -> pl.DataFrame:
    rows = [(f"{day}-{i}-{page}", datetime(day.year, day.month, day.day, 10, tzinfo=UTC), page)
            for day, n in per_day.items() for i in range(n)]  # fmt: skip
    return pl.DataFrame(rows, schema=["anon_id", "ts", "page"], orient="row").with_columns(name=pl.lit("page_viewed"))


def test_a_spike_taken_apart() -> None:
    """1,000 a day, then 5,000, 3,000 and 2,000, then 1,150: 7,000 more in three days, and 15 % stayed."""
    per_day = {AT + k * DAY: 1_000 for k in range(-14, 0)}
    per_day |= {AT: 5_000, AT + DAY: 3_000, AT + 2 * DAY: 2_000} | {AT + k * DAY: 1_150 for k in range(3, 15)}
    answer = read(Facts.of(events=visits(per_day)), view="spike", days=14, measure="count", goal="page_viewed",
                  count_by="session")  # fmt: skip
    found = answer.tables["spike"].row(0, named=True)
    assert (found["baseline"], found["peak"], found["peak_day"]) == (1_000, 5_000, AT)
    assert (found["spike_days"], found["excess"]) == (3, 7_000)
    assert (found["later"], found["kept"]) == (1_150, pytest.approx(0.15))
    # Above the later days: 3,850 at first, 1,850 a day later, which is less than half.
    assert 0.9 < found["half_life_days"] < 1.0
    assert answer.headline == (
        "Visits with “page_viewed” a day were 1,000 before; 7,000 more than that came in 3 days; half of the peak was"
        " gone after 0.9 days, and later days are 15.0 % above it."
    )
    assert answer.tables["series"]["value"].sum() == sum(per_day.values()) - 1_150


def test_no_spike() -> None:
    flat = Facts.of(events=visits({AT + k * DAY: 100 + k % 3 for k in range(-14, 15)}))
    answer = read(flat, view="spike", days=14, measure="count", goal="page_viewed")
    assert answer.tables["spike"]["spike_days"].item() == 0 and "no spike began" in answer.headline


def test_a_site_that_moved() -> None:
    """Together 10,000 visits become 13,000, +30.0 %; the old host alone would show −90.0 %."""
    old, new = "https://segment.io/docs", "https://www.segment.com/docs"
    events = pl.concat([visits({AT - DAY: 10_000}, old), visits({AT: 1_000}, old), visits({AT: 12_000}, new),
                        visits({AT + 20 * DAY: 1}, "/none")])  # fmt: skip
    moved = [{"host": "segment.io", "means": "segment.com"}]
    answer = read(Facts.of(events=events), view="hosts", days=7, goal="page_viewed", hosts=moved)
    found = {(one["host"]): (one["before"], one["after"], one["change"])
             for one in answer.tables["hosts"].iter_rows(named=True)}  # fmt: skip
    assert found[None] == (10_000, 13_000, pytest.approx(0.3))
    assert found["segment.io"] == (10_000, 1_000, pytest.approx(-0.9))
    assert found["segment.com"] == (0, 12_000, None)
    assert answer.headline == ("Visits to segment.com: 10,000 before, 13,000 after (+30.0 %), all hosts taken together;"
                               " segment.io alone would show −90.0 %.")  # fmt: skip
    with pytest.raises(QuestionError, match="has a host"):
        read(Facts.of(events=visits({AT: 3})), view="hosts", days=7, goal="page_viewed", hosts=moved)


def people(groups: Sequence[tuple[date, str, int, int]]) -> Facts:
    """(day, country, how many start, how many of them finish two days later)."""
    events, users = [], []
    for day, country, starts, hits in groups:
        at = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
        for i in range(starts):
            who = f"{day}-{country}-{i}"
            users.append((who, at, country))
            events.append((who, "start", at))
            if i < hits:
                events.append((who, "finish", at + 2 * DAY))
    events.append(("x", "end", datetime(2026, 9, 1, tzinfo=UTC)))
    return Facts.of(events=pl.DataFrame(events, schema=["user_id", "name", "ts"], orient="row"),
                    users=pl.DataFrame(users, schema=["user_id", "created_at", "country"], orient="row"))  # fmt: skip


FUNNEL = {"measure": "share", "among": "start", "goal": "finish"}
AUSTRIA = {"comparison": [{"field": "user.country", "op": "eq", "value": "AT"}]}


def test_a_share_and_the_net_of_a_country_without_the_change() -> None:
    of = people(
        [(AT - DAY, "DE", 1_000, 200), (AT, "DE", 1_000, 300), (AT - DAY, "AT", 500, 100), (AT, "AT", 500, 125)]
    )
    answer = read(of, days=7, **FUNNEL, **AUSTRIA)
    assert row(answer, "effects", "change")["difference"] == pytest.approx(0.10)
    assert row(answer, "effects", "comparison")["difference"] == pytest.approx(0.05)
    assert row(answer, "effects", "net")["difference"] == pytest.approx(0.05)
    whole = read(of, days=7, **FUNNEL)
    assert whole.tables["windows"]["n"].to_list() == [1_500, 1_500]
    assert answer.tables["series"].select("group", "value").rows() == [
        ("group", 0.2), ("group", 0.3), ("comparison", 0.2), ("comparison", 0.25)]  # fmt: skip


def test_the_wash_out_is_left_out() -> None:
    of = people([(AT - DAY, "DE", 100, 10), (AT + DAY, "DE", 100, 0), (AT + 4 * DAY, "DE", 100, 50)])
    after = read(of, days=7, wash_out_days=3, **FUNNEL).tables["windows"].filter(pl.col("period") == "after")
    assert after.select("n", "hits", "start", "end").rows() == [(100, 50, AT + 3 * DAY, AT + 10 * DAY)]


def test_the_season_is_warned_of() -> None:
    year = timedelta(days=364)
    now = [(AT - DAY, "DE", 1_000, 200), (AT, "DE", 1_000, 300)]
    same = people([*now, (AT - year - DAY, "DE", 900, 180), (AT - year, "DE", 900, 270), (AT - 400 * DAY, "DE", 5, 1)])
    answer = read(same, days=7, **FUNNEL)
    assert row(answer, "checks", "season")["passed"] is False
    assert "10.0 pp" in " ".join(answer.notes) and "the season cannot be ruled out." in " ".join(answer.notes)
    flat = people([*now, (AT - year - DAY, "DE", 900, 180), (AT - year, "DE", 900, 180), (AT - 400 * DAY, "DE", 5, 1)])
    unlikely = read(flat, days=7, **FUNNEL)
    assert row(unlikely, "checks", "season")["passed"] is True
    assert row(unlikely, "checks", "season")["said"].endswith(", so the season is unlikely to be the reason.")
    more = people([*now, (AT - year - DAY, "DE", 900, 90), (AT - year, "DE", 900, 450), (AT - 400 * DAY, "DE", 5, 1)])
    assert row(read(more, days=7, **FUNNEL), "checks", "season")["passed"] is False, "a year earlier it was larger yet"
    few = people([*now, (AT - year - DAY, "DE", 9, 2), (AT - year, "DE", 9, 2), (AT - 400 * DAY, "DE", 5, 1)])
    assert row(read(few, days=7, **FUNNEL), "checks", "season")["passed"] is False, "too few a year earlier to tell"
    still = people([(AT - DAY, "DE", 1_000, 200), (AT, "DE", 1_000, 201), (AT - 400 * DAY, "DE", 5, 1)])
    same_said = "No change is shown, so there is nothing that the season would have to explain."
    told = read(still, days=7, **FUNNEL)
    assert row(told, "checks", "season")["said"] == same_said and not any("season" in note for note in told.notes)
    assert row(read(people(now), days=7, **FUNNEL), "checks", "season")["passed"] is None


def test_days_that_are_not_over_say_not_yet() -> None:
    late = people([(date(2026, 8, 20), "DE", 500, 50), (date(2026, 8, 28), "DE", 500, 300)])
    answer = ask(parse({"kind": "before_after", "at": "2026-08-25", "days": 7, **FUNNEL}), late)
    assert answer.tables["windows"]["complete"].to_list() == [True, False]
    assert answer.tables["effects"]["verdict"].to_list() == ["not_yet"] and ": not yet. Weak" in answer.headline


EMPTY: list[dict[str, Any]] = [
    FUNNEL, {"measure": "count", "goal": "x"}, {"measure": "logo_churn"}, {"measure": "grr"},
    {"measure": "new_customers"}, {"measure": "trial_to_paid"}, {"measure": "count", "goal": "x", "view": "spike"},
]  # fmt: skip


@pytest.mark.parametrize("fields", EMPTY, ids=lambda one: str(one.get("measure")) + str(one.get("view", "")))
def test_nothing_to_look_at_is_said_in_words(fields: dict[str, Any]) -> None:
    schema = {"user_id": pl.String(), "name": pl.String(), "ts": pl.Datetime("us", "UTC")}
    for events in ([], [("u", "a", datetime(2026, 6, 1, tzinfo=UTC))]):
        of = Facts.of(events=pl.DataFrame(events, schema=schema, orient="row"))
        answer = read(of, **fields)
        assert answer.headline and "nan" not in answer.to_text().lower().replace("finance", "")


def test_what_is_refused() -> None:
    of = people([(AT, "DE", 3, 1)])
    for fields, said in (
        ({"measure": "share"}, "needs the event"),
        ({"measure": "grr", "goal": "x"}, "reads no events"),
        ({"view": "hosts"}, "same site"),
        ({"view": "spike", "goal": "x"}, "needs measure count"),
        ({**FUNNEL, "scope": {"start": "2026-01-01"}}, "leave out scope.start"),
        ({**FUNNEL, "comparison": []}, "at least 1"),
        ({**FUNNEL, **{"scope": {"where": [{"field": "user.contry", "op": "is_set"}]}}}, "no field 'user.contry'"),
    ):
        with pytest.raises(QuestionError, match=said):
            read(of, **fields)


def test_a_change_without_anything_has_no_size() -> None:
    assert Change().size is None and Change().ends == (None, None) and Change(Effect(0.1, p_value=0.2)).p_value == 0.2
