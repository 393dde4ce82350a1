"""Every planted truth, counted again in the plainest way, with the numbers written out."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import pairwise
from math import sqrt

import polars as pl
import pytest

from lib.demo import TRUTHS

Tables = dict[str, pl.DataFrame]
STEPS = ("app_installed", "app_opened", "register_started", "register_done", "home_viewed")


def month_of(people: pl.DataFrame, start: date, end: date, *names: str) -> pl.DataFrame:
    """Events of these names on the days of a scope, `end` out."""
    return people.filter(pl.col("name").is_in(names), pl.col("day") >= start, pl.col("day") < end)


def furthest(times: Iterable[tuple[str, datetime]], steps: tuple[str, ...], window: timedelta) -> int:
    """The furthest step one person reaches within the window, trying every start."""
    events = sorted(times, key=lambda event: event[1])
    best = 0
    for at, (name, start) in enumerate(events):
        if name != steps[0]:
            continue
        reached = 1
        for later, when in events[at + 1 :]:
            if when - start <= window and reached < len(steps) and later == steps[reached]:
                reached += 1
        best = max(best, reached)
    return best


def funnel(people: pl.DataFrame) -> tuple[dict[str, int], dict[str, str], dict[str, datetime]]:
    """Of the September installers: furthest step, version of the install, and time of the install."""
    truth = TRUTHS.onboarding
    on_app = people.filter(pl.col("surface") == "app")
    starters = month_of(on_app, truth.start, truth.end, STEPS[0])
    rows = on_app.filter(pl.col("name").is_in(STEPS)).join(starters.select("person").unique(), on="person", how="semi")
    times = defaultdict(list)
    for person, name, ts in rows.select("person", "name", "ts").iter_rows():
        times[person].append((name, ts))
    version = dict(starters.select("person", "app_version").iter_rows())
    began = dict(starters.select("person", "ts").iter_rows())
    return {p: furthest(found, STEPS, timedelta(days=7)) for p, found in times.items()}, version, began


def reached(furthest_steps: Iterable[int]) -> tuple[int, ...]:
    """How many reached each step."""
    found = list(furthest_steps)
    return tuple(sum(step >= k for step in found) for k in range(1, 6))


def test_onboarding(people: pl.DataFrame) -> None:
    """Ten thousand install, 4,317 see home; the largest loss is before register start."""
    steps, _, began = funnel(people)
    counts = reached(steps.values())
    assert counts == (10_000, 8_200, 5_330, 4_797, 4_317) == TRUTHS.onboarding.people
    losses = [a - b for a, b in pairwise(counts)]
    assert max(losses) == losses[TRUTHS.onboarding.largest_loss_step - 2] == 2_870
    assert counts[-1] / counts[0] == 0.4317
    # Each window is over, in Berlin's days and in UTC's.
    assert max(began.values()) + timedelta(days=7) < people["ts"].max()


def test_identity_is_needed(people: pl.DataFrame, tables: Tables) -> None:
    """Nobody of the funnel carries a user id at its start, and nobody a device at its end."""
    named = tables["events"].filter(pl.col("name") == "app_installed")["user_id"]
    assert named.null_count() == len(named)
    assert tables["events"].filter(pl.col("name") == "home_viewed")["anon_id"].drop_nulls().is_empty()
    assert tables["aliases"].height > 500


def test_version(people: pl.DataFrame) -> None:
    """Release 6.1 passes 30 % from open to register start, the others 76.3 %."""
    steps, version, _ = funnel(people)
    bad = reached(step for person, step in steps.items() if version[person] == "6.1")
    others = reached(step for person, step in steps.items() if version[person] != "6.1")
    assert bad == (2_440, 2_000, 600, 540, 486) == TRUTHS.version.people
    assert others == (7_560, 6_200, 4_730, 4_257, 3_831) == TRUTHS.version.others
    won = bad[1] * others[2] / others[1] - bad[2]
    assert won == pytest.approx(925.806, abs=0.001) and won == pytest.approx(TRUTHS.version.people_won)


def test_version_is_the_reason(people: pl.DataFrame) -> None:
    """No other property of the opening comes near: the release ranks first by people won."""
    steps, _, _ = funnel(people)
    on_app = people.filter(pl.col("name") == "app_opened")
    best = {}
    for field in ("app_version", "platform", "country"):
        by_value = defaultdict(list)
        for person, value in on_app.select("person", field).iter_rows():
            if steps.get(person, 0) >= 2:
                by_value[value].append(steps[person] >= 3)
        best[field] = max(
            len(passed) * (5_330 - sum(passed)) / (8_200 - len(passed)) - sum(passed)
            for passed in by_value.values() if 30 <= len(passed) < 8_200
        )  # fmt: skip
    assert best["app_version"] > 900
    assert best["platform"] < 200 and best["country"] < 200


def test_activation(people: pl.DataFrame) -> None:
    """Sending project data tells who stays; creating a project hardly does."""
    truth = TRUTHS.activation
    cohort = month_of(people, truth.start, truth.end, "signup_done")
    assert cohort.height == cohort["person"].n_unique() == 1_000
    later = people.join(cohort.select("person", t0="ts", day0="day"), on="person").with_columns(
        age=(pl.col("day") - pl.col("day0")).dt.total_days(), since=pl.col("ts") - pl.col("t0")
    )
    kept = set(later.filter(pl.col("name") == "app_session", pl.col("age").is_between(23, 30))["person"])
    assert len(kept) == 300 == truth.kept
    assert kept == set(later.filter(pl.col("age").is_between(22, 31))["person"]), "others have no event at all then"
    expected = {"project_data_sent": (300, 240, 0.8, 0.8, 2.667, 0.714), "project_created": (800, 290, 0.3625, 0.967,
                1.208, 0.273)}  # fmt: skip
    for candidate in truth.candidates:
        week = later.filter(pl.col("name") == candidate.event, pl.col("since") <= timedelta(days=7))
        doers = set(week["person"])
        tp, fp, fn = len(doers & kept), len(doers - kept), len(kept - doers)
        tn = 1_000 - tp - fp - fn
        mcc = (tp * tn - fp * fn) / sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))
        found = (len(doers), tp, tp / len(doers), tp / 300, tp / len(doers) / 0.3, mcc)
        assert found == pytest.approx(expected[candidate.event], abs=0.001)
        stated = (candidate.doers, candidate.kept_doers, candidate.precision, candidate.recall, candidate.lift)
        assert found == pytest.approx((*stated, candidate.mcc), abs=1e-6)


def acquired(people: pl.DataFrame, tables: Tables) -> pl.DataFrame:
    """The people first seen in May 2026, with channel, partner, age band, and whether they came on day 30."""
    truth = TRUTHS.channels
    first = people.group_by("person").agg(day0=pl.col("day").min(), t0=pl.col("ts").min())
    first = first.filter(pl.col("day0") >= truth.start, pl.col("day0") < truth.end)
    ids = people.select("person", "anon_id").drop_nulls().unique()
    touches = tables["touchpoints"].join(ids, on="anon_id", how="left")
    touches = touches.with_columns(person=pl.coalesce("user_id", "person"))
    came = people.join(first, on="person").filter(pl.col("day") == pl.col("day0") + timedelta(days=30))
    found = first.join(touches.select("person", "ts", "channel", "partner", "promo_code"), on="person")
    assert (found["ts"] <= found["t0"]).all()
    bands = tables["users"].select("age_band", person="user_id")
    is_kept = pl.col("person").is_in(came["person"].unique().implode())
    return found.join(bands, on="person", how="left").with_columns(kept=is_kept)


def test_channels(people: pl.DataFrame, tables: Tables) -> None:
    """Creators are cheaper per person and dearer per person kept."""
    truth, found = TRUTHS.channels, acquired(people, tables)
    spend = tables["spend"].filter(pl.col("date") >= truth.start, pl.col("date") < truth.end)
    expected = {"influencer": (1_500_000, 10_000, 1_000, 15.0), "paid_social": (3_000_000, 10_000, 2_500, 12.0)}
    for channel in (truth.influencer, truth.paid_social):
        rows = found.filter(pl.col("channel") == channel.channel)
        assert rows["person"].is_unique().all(), "one contact each, so any attribution gives the same"
        cents = spend.filter(pl.col("channel") == channel.channel)["cost_cents"].sum()
        dollars = cents / 100 / rows["kept"].sum()
        assert (cents, rows.height, rows["kept"].sum(), dollars) == expected[channel.channel]
        assert (cents, rows.height, rows["kept"].sum()) == (channel.cost_cents, channel.people, channel.kept)
        assert channel.cost_per_kept_cents == pytest.approx(dollars * 100)


def test_age_mix(people: pl.DataFrame, tables: Tables) -> None:
    """Among the young the channels are one point apart; at an even mix eight."""
    truth, found = TRUTHS.channels, acquired(people, tables)
    rates = {}
    for channel in (truth.influencer, truth.paid_social):
        rows = found.filter(pl.col("channel") == channel.channel)
        by_band = rows.group_by("age_band").agg(pl.len(), pl.col("kept").sum()).sort("age_band").rows()
        assert tuple(by_band) == channel.bands
        young = rows.filter(pl.col("age_band") == "18-24")["kept"]
        older = rows.filter(pl.col("age_band") != "18-24")["kept"]
        rates[channel.channel] = (young.mean(), older.mean())
    assert rates["influencer"] == (0.09, 0.14)
    assert rates["paid_social"] == pytest.approx((0.10, 0.288), abs=0.0001)
    even = tuple(sum(rates[name]) / 2 for name in ("influencer", "paid_social"))
    assert even == pytest.approx((0.115, 0.194), abs=0.0001) and even == pytest.approx(truth.even_mix)


def test_partners(people: pl.DataFrame, tables: Tables) -> None:
    """Twenty creators, eight to be ranked; one has six of twenty kept, which shrinks to 15 %."""
    rows = acquired(people, tables).filter(pl.col("channel") == "influencer")
    found = rows.group_by("partner").agg(n=pl.len(), kept=pl.col("kept").sum(), codes=pl.col("promo_code").n_unique())
    counts = sorted(found.select("n", "kept").rows(), reverse=True)
    assert counts == sorted(TRUTHS.partners.people_kept, reverse=True)
    assert (found["codes"] == 1).all() and rows["promo_code"].n_unique() == 20
    assert sum(n >= 100 for n, _ in counts) == 8 and sum(n < 100 for n, _ in counts) == 12
    assert (20, 6) in counts
    assert (6 + 60 * 0.10) / (20 + 60) == pytest.approx(0.15) == pytest.approx(TRUTHS.partners.shrunk_rate)


def story(people: pl.DataFrame, tables: Tables, number: int) -> list[tuple[object, ...]]:
    """Per group of contacts of a story: people who saw its page first, and those who reached the goal in time."""
    told = TRUTHS.stories[number]
    first = people.group_by("person").agg(t0=pl.col("ts").min(), day0=pl.col("day").min())
    viewed = people.filter(pl.col("page") == told.page, pl.col("name") == "page_viewed").join(first, on="person")
    assert (viewed["ts"] == viewed["t0"]).all() and viewed["person"].is_unique().all()
    assert viewed["day0"].is_between(told.start, told.end, closed="left").all()
    ids = people.select("person", "anon_id").drop_nulls().unique()
    touches = tables["touchpoints"].join(ids, on="anon_id").join(viewed.select("person", "t0"), on="person")
    assert touches["person"].is_unique().all() and (touches["ts"] < touches["t0"]).all()
    goal = people.filter(pl.col("name") == told.goal).join(viewed.select("person", "t0"), on="person")
    assert (goal["ts"] - goal["t0"] <= timedelta(days=told.within_days)).all()
    reached = touches["person"].is_in(goal["person"].unique().implode())
    by = ("channel", "campaign", "audience", "creative", "keyword_class")
    return sorted(touches.with_columns(reached=reached).group_by(by).agg(pl.len(), pl.col("reached").sum()).rows(),
                  key=repr)  # fmt: skip


def spent(tables: Tables, campaign: str) -> int:
    return tables["spend"].filter(pl.col("campaign") == campaign)["cost_cents"].sum()


def test_messages_by_audience(people: pl.DataFrame, tables: Tables) -> None:
    """Readers of the docs: 60 of 2,000 by the message about the API, 40 of 2,000 by the generic one."""
    assert story(people, tables, 0) == [
        ("retargeting", None, "visited_docs", "api_message", None, 2_000, 60),
        ("retargeting", None, "visited_docs", "generic_message", None, 2_000, 40),
        ("retargeting", None, "visited_pricing", "free_trial_message", None, 1_000, 34),
        ("retargeting", None, "visited_pricing", "generic_message", None, 1_000, 25),
    ]


def test_keyword_classes(people: pl.DataFrame, tables: Tables) -> None:
    """$50, $250 and $2,500 for a customer by class; all of search is 34 of 400."""
    assert story(people, tables, 1) == [
        ("paid_search", "teams_brand", None, None, "brand", 20, 20),
        ("paid_search", "teams_category", None, None, "category", 2, 2),
        ("paid_search", "teams_comparison", None, None, "comparison", 12, 12),
        ("referral", None, None, None, None, 366, 366),
    ]
    cost = [spent(tables, f"teams_{word}") for word in ("brand", "comparison", "category")]
    assert cost == [100_000, 300_000, 500_000]
    assert [cents / 100 / n for cents, n in zip(cost, (20, 12, 2), strict=True)] == [50, 250, 2_500]
    assert (20 + 12 + 2) / 400 == 0.085


def test_quality_against_volume(people: pl.DataFrame, tables: Tables) -> None:
    """Sixty of five hundred at $20 each, two hundred of five thousand at $45."""
    assert story(people, tables, 2) == [
        ("co_marketing", "joint_webinar", None, None, None, 500, 60),
        ("paid_social", "studio_social", None, "shoebox_video", None, 5_000, 200),
    ]
    assert spent(tables, "joint_webinar") / 100 / 60 == 20 and spent(tables, "studio_social") / 100 / 200 == 45


def test_visits_by_native_advertisements(people: pl.DataFrame, tables: Tables) -> None:
    """Five pages, $0.03 earned and $0.02 paid: a cent is left of each of a thousand visits."""
    told = TRUTHS.native
    touches = tables["touchpoints"].filter(pl.col("campaign") == told.campaign)
    ids = people.select("person", "anon_id").drop_nulls().unique()
    clicks = touches.join(ids, on="anon_id").select("person", "ts", begun="ts").sort("ts")
    rows = people.join(clicks.select("person").unique(), on="person").sort("ts")
    assert touches.height == told.visits == 1_000 and rows["person"].n_unique() == told.readers
    assert set(rows["name"]) == {"page_viewed"} and set(rows["page"]) == {told.page}
    assert people.filter(pl.col("page") == told.page).height == rows.height == told.pages_a_visit * told.visits
    visits = rows.join_asof(clicks, on="ts", by="person", check_sortedness=False)
    assert (visits["ts"] - visits["begun"] < timedelta(minutes=30)).all()
    assert sorted(visits.group_by("person", "begun").len()["len"].unique()) == [3, 4, 5, 6, 7]
    assert rows["day"].is_between(told.start, told.end, closed="left").all()
    assert rows["value"].sum() == pytest.approx(told.earned_a_visit * told.visits)
    assert spent(tables, told.campaign) / 100 == told.paid_a_visit * told.visits == 20


def test_first_scans(people: pl.DataFrame, tables: Tables) -> None:
    """A receipt within 14 days: 1,800 of the creators' 10,000 and 900 of 6,000 by search."""
    assert story(people, tables, 3) == [("organic_search", None, None, None, None, 6_000, 900)]
    rows = acquired(people, tables).filter(pl.col("channel") == "influencer")
    scans = people.filter(pl.col("name") == "receipt_scanned").join(rows.select("person", "t0"), on="person")
    in_time = scans.filter(pl.col("ts") - pl.col("t0") <= timedelta(days=TRUTHS.scans.within_days))
    assert (rows.height, in_time["person"].n_unique()) == (10_000, 1_800) == TRUTHS.scans.influencer
    assert TRUTHS.scans.search == (6_000, 900)


def monthly(tables: Tables, segment: str, on: date) -> dict[str, dict[str, int]]:
    """What each account of a segment pays at the start of a day, by product, in cents."""
    accounts = set(tables["accounts"].filter(pl.col("segment") == segment)["account_id"])
    found: dict[str, dict[str, int]] = defaultdict(dict)
    columns = ("account_id", "product", "mrr_cents", "start_date", "end_date")
    for account, product, cents, start, end in tables["subscriptions"].select(columns).iter_rows():
        if account in accounts and start <= on and (end is None or end > on):
            assert product not in found[account], "two intervals of one product overlap"
            found[account][product] = cents
    return found


def test_enterprise(tables: Tables) -> None:
    """Gross retention 63 % in one half-year and 92 % in a later one, where net is 112 %."""
    expected = {"first": (0.63, 0.71), "later": (0.92, 1.12)}
    for name, (grr, nrr) in expected.items():
        truth = getattr(TRUTHS.enterprise, name)
        then = {a: sum(p.values()) for a, p in monthly(tables, "enterprise", truth.start).items()}
        now = {a: sum(p.values()) for a, p in monthly(tables, "enterprise", truth.end).items()}
        opening = sum(then.values())
        churn = sum(mrr for account, mrr in then.items() if account not in now)
        moves = [now[account] - mrr for account, mrr in then.items() if account in now]
        contraction, expansion = -sum(m for m in moves if m < 0), sum(m for m in moves if m > 0)
        stated = (truth.opening, truth.churn, truth.contraction, truth.expansion)
        assert (opening, churn, contraction, expansion) == stated
        assert (opening - churn - contraction) / opening == grr == truth.grr
        assert (opening - churn - contraction + expansion) / opening == nrr == truth.nrr
    assert TRUTHS.enterprise.first.churn / TRUTHS.enterprise.first.opening == 0.25
    assert TRUTHS.enterprise.first.contraction / TRUTHS.enterprise.first.opening == 0.12
    assert TRUTHS.enterprise.later.churn / TRUTHS.enterprise.later.opening == 0.05
    assert TRUTHS.enterprise.later.contraction / TRUTHS.enterprise.later.opening == 0.03


def test_packages(tables: Tables) -> None:
    """Of 200 small businesses on both packages 70 drop one and 10 leave: gross retention 75 %."""
    truth = TRUTHS.packages
    then, now = monthly(tables, "smb", truth.start), monthly(tables, "smb", truth.end)
    assert len(then) == 200 == truth.accounts
    assert all(packages == {"capture": 20_000, "insights": 30_000} for packages in then.values())
    moves = defaultdict(int)
    for account in then:
        moves[tuple(sorted(now.get(account, {})))] += 1
    assert moves == {("capture", "insights"): 120, ("capture",): 60, ("insights",): 10, (): 10}
    assert (60 + 10) / 200 == 0.35 and 10 / 200 == 0.05
    opening = sum(sum(packages.values()) for packages in then.values())
    held = sum(min(sum(now.get(a, {}).values()), sum(packages.values())) for a, packages in then.items())
    assert (opening, held / opening) == (10_000_000, 0.75) == (truth.opening, truth.grr)
    assert opening - held == 2_000_000 + 500_000 == truth.contraction + truth.churn
