"""Channels from files to JSON: published attribution, intervals and edges, each answer worked out by hand."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.answers.files import Files, clock

T = datetime(2025, 3, 1, 9)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SCOPE = {"start": "2025-03-01", "end": "2025-04-01"}
Row = dict[str, Any]


def iso(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


class World:
    """People, their contacts and what was spent, written down one by one."""

    def __init__(self) -> None:
        self.events = clock()
        self.contacts = "ts,user_id,channel,partner\n"
        self.spend = "date,function,kind,channel,partner,cost\n"

    def seen(self, user: str, *after: timedelta) -> None:
        self.events += "".join(f"{user},open,{iso(T + wait)}\n" for wait in (timedelta(0), *after))

    def met(self, user: str, channel: str, before: timedelta = HOUR, partner: str = "") -> None:
        self.contacts += f"{iso(T - before)},{user},{channel},{partner}\n"

    def paid(self, channel: str, cost: float, day: str = "2025-03-01", kind: str = "media", role: str = "marketing",
             partner: str = "") -> None:  # fmt: skip
        self.spend += f"{day},{role},{kind},{channel},{partner},{cost}\n"

    def group(self, channel: str, people: int, stay: int = 0, partner: str = "") -> None:
        """So many people of a channel, some of whom are back on day 30."""
        for number in range(people):
            user = f"{channel}-{partner}-{number}"
            self.seen(user, *([30 * DAY] if number < stay else []))
            self.met(user, channel, partner=partner)

    def files(self, folder: Path) -> Files:
        return Files(folder, events=self.events, touchpoints=self.contacts, spend=self.spend)


def rows(files: Files, **question: Any) -> dict[str, Row]:
    return {row["channel"]: row for row in files.rows("channels", **{"kind": "channels", "scope": SCOPE} | question)}


@pytest.mark.parametrize(
    ("attribution", "expected"),
    [
        ("first", {"paid": 1, "social": 0, "email": 0, "direct": 0}),
        ("last", {"paid": 0, "social": 0, "email": 0, "direct": 1}),
        ("linear", {"paid": 0.25, "social": 0.25, "email": 0.25, "direct": 0.25}),
        ("position", {"paid": 0.4, "social": 0.1, "email": 0.1, "direct": 0.4}),
    ],
)
def test_four_contacts_as_analytics_shares_them_out(
    tmp_path: Path, attribution: str, expected: dict[str, float]
) -> None:
    """Google Analytics' own example of position based: 40, 10, 10 and 40 %; linear is a quarter each."""
    world = World()
    world.seen("u")
    for place, channel in enumerate(expected):
        world.met("u", channel, (4 - place) * DAY)
        world.paid(channel, 10)
    found = rows(world.files(tmp_path), attribution=attribution)
    assert {name: row["users"] for name, row in found.items()} == pytest.approx(expected)


def test_one_channel_met_more_than_once_takes_all_its_parts(tmp_path: Path) -> None:
    """A, A, B: linear gives A two thirds; position 40 + 20 % to A and 40 % to B; two contacts are half each."""
    world = World()
    for user, channels in {"u": "AAB", "v": "AB", "w": "B"}.items():
        world.seen(user)
        for place, channel in enumerate(channels):
            world.met(user, channel, (5 - place) * DAY)
    files = world.files(tmp_path)
    linear = {name: row["users"] for name, row in rows(files, attribution="linear").items()}
    assert linear == pytest.approx({"A": 2 / 3 + 1 / 2, "B": 1 / 3 + 1 / 2 + 1})
    position = {name: row["users"] for name, row in rows(files, attribution="position").items()}
    assert position == pytest.approx({"A": 0.6 + 0.5, "B": 0.4 + 0.5 + 1})


def test_a_contact_on_the_edge_of_the_look_back(tmp_path: Path) -> None:
    world = World()
    edges = {"at_the_edge": 30 * DAY, "before_it": 30 * DAY + timedelta(seconds=1), "at_once": timedelta(0),
             "too_late": -timedelta(seconds=1)}  # fmt: skip
    for user, before in edges.items():
        world.seen(user)
        world.met(user, user, before)
    files = world.files(tmp_path)
    assert set(rows(files)) == {"at_the_edge", "at_once"}
    unattributed = files.rows("unattributed", kind="channels", scope=SCOPE)
    assert unattributed == [{"users": 2, "spend": 0.0}]
    assert set(rows(files, lookback_days=0)) == {"at_once"}


def test_the_days_on_which_somebody_has_stayed(tmp_path: Path) -> None:
    """Day 30 within 7 days is a day from 24 to 30."""
    world = World()
    for day in (23, 24, 30, 31):
        world.seen(f"u{day}", day * DAY)
        world.met(f"u{day}", f"day {day}")
    assert {name: row["kept"] for name, row in rows(world.files(tmp_path)).items()} == {
        "day 23": 0, "day 24": 1, "day 30": 1, "day 31": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("stay", "people", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_as_newcombe_printed_it(tmp_path: Path, stay: int, people: int, low: float, high: float) -> None:
    """R. Newcombe, Statistics in Medicine 17 (1998) 857–872, table I, method 3."""
    world = World()
    world.group("one", people, stay)
    row = rows(world.files(tmp_path))["one"]
    assert (row["eligible"], row["kept"]) == (people, stay)
    assert (round(row["retention_low"], 4), round(row["retention_high"], 4)) == (low, high)


@pytest.mark.parametrize(
    ("people", "low", "high"),
    [(1, 0.0253, 5.572), (5, 1.623, 11.668), (10, 4.795, 18.390), (12, 6.201, 20.962), (50, 37.111, 65.919)],
)
def test_costs_per_person_by_the_exact_poisson_limits(tmp_path: Path, people: int, low: float, high: float) -> None:
    """F. Garwood, Biometrika 28 (1936), 95 %; 1,000 spent over the limits of the count."""
    world = World()
    world.group("one", people)
    world.paid("one", 1_000)
    row = rows(world.files(tmp_path))["one"]
    assert row["cac"] == 1_000 / people
    assert row["cac_low"] == pytest.approx(1_000 / high, rel=2e-4)
    assert row["cac_high"] == pytest.approx(1_000 / low, rel=2e-3)


def test_cost_without_people_and_people_without_cost(tmp_path: Path) -> None:
    world = World()
    world.group("organic", 2)
    world.paid("ghost", 36.89)
    row = rows(files := world.files(tmp_path))
    assert (row["organic"]["spend"], row["organic"]["cac"]) == (0.0, None)
    assert row["organic"]["note"].startswith("people without cost")
    assert (row["ghost"]["users"], row["ghost"]["cac"], row["ghost"]["cac_high"]) == (0, None, None)
    assert row["ghost"]["cac_low"] == pytest.approx(10, rel=1e-3), "nobody may still be 3.689 at most"
    assert files.rows("totals", kind="channels", scope=SCOPE)[1]["cac"] == pytest.approx(36.89 / 2)


def test_which_days_and_which_cost_count(tmp_path: Path) -> None:
    """In: both ends of March. Out: the days beside it, and services; people and tools only with all cost."""
    world = World()
    world.group("A", 4)
    for day, cost in (("2025-02-28", 999), ("2025-03-01", 100), ("2025-03-31", 20), ("2025-04-01", 999)):
        world.paid("A", cost, day)
    world.paid("A", 40, kind="people")
    world.paid("A", 8, kind="tool")
    world.paid("A", 2, kind="influencer_fee")
    world.paid("A", 999, role="services", kind="people")
    world.paid("", 30, role="sales", kind="people")
    files = world.files(tmp_path)
    assert (rows(files)["A"]["spend"], rows(files, cost="media")["A"]["spend"]) == (170, 122)
    totals = {row["name"]: row for row in files.rows("totals", kind="channels", scope=SCOPE)}
    assert [totals[name]["spend"] for name in ("paid", "blended", "fully_loaded")] == [122, 122, 200]
    assert totals["fully_loaded"]["cac"] == 50
    assert files.rows("unattributed", kind="channels", scope=SCOPE)[0]["spend"] == 30


def test_six_of_twenty_at_a_channel_of_ten_per_cent(tmp_path: Path) -> None:
    """LE-05: 30 % raw shows as 15 %, which is (6 + 60 × 0.1) ÷ 80, and is not ranked."""
    world = World()
    world.group("influencer", 20, 6, "ana")
    world.group("influencer", 180, 14, "ben")
    world.paid("influencer", 100, partner="ana")
    world.paid("influencer", 900, partner="ben")
    found = rows(world.files(tmp_path), by="partner")
    assert found["ana"]["retention"] == 0.3 and found["ana"]["retention_shrunk"] == pytest.approx(0.15)
    assert (found["ana"]["rank"], found["ben"]["rank"]) == (None, 1)
    assert found["ana"]["note"] == "n 20, too few to rank"


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ({"kept": {"day": 30, "dya": 1}}, "kept: unknown field 'dya'; did you mean 'day'?"),
        ({"lookback_days": -1}, "lookback_days: should be greater than or equal to 0"),
        ({"margin": 0}, "margin: should be greater than 0"),
        ({"by": "source"}, "by: 'source' is not one of the values; Allowed: campaign, channel, creative, partner."),
        ({"adjust": "age_band"}, "did you mean 'user.age_band'?"),
        ({"attribution": "positon"}, "did you mean 'position'?"),
    ],
)
def test_what_is_refused_says_where(tmp_path: Path, question: Row, said: str) -> None:
    assert said in World().files(tmp_path).refused(kind="channels", **question)
