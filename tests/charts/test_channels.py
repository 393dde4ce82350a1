"""The map of channels, shares without cost, and payback: what is drawn, where names find room, and what is said."""

from itertools import combinations
from typing import Any

import polars as pl
import pytest

from lib.charts import (
    bubble_labels,
    channel_keywords,
    channel_map,
    channel_messages,
    channel_shares,
    payback,
    price_lines,
)
from lib.charts.bubble_labels import PHONE, WIDE, Bubble
from lib.charts.shades import contrast
from lib.charts.tones import DARK, LIGHT


def table(*rows: tuple[str, int, float | None, float, str]) -> pl.DataFrame:
    """Rows of the answer's table: name, people, cost per person, share kept, sample."""
    found = []
    for name, users, cac, rate, sample in rows:
        price = None if cac is None else cac / rate
        found.append(
            {"channel": name, "of_channel": "of " + name, "users": users, "cac": cac,
             "cac_low": cac and cac * 0.9, "cac_high": cac and cac * 1.1, "eligible": users, "retention": rate,
             "retention_low": rate - 0.02, "retention_high": rate + 0.02, "retention_shrunk": rate,
             "cost_per_kept": price, "cost_per_kept_low": price and price * 0.8,
             "cost_per_kept_high": price and price * 1.2, "sample": sample, "note": None}
        )  # fmt: skip
    able = (pl.col("sample") == "enough") & pl.col("cost_per_kept").is_not_null()
    place = pl.when(able).then("cost_per_kept").rank("min").cast(pl.Int64())
    return pl.DataFrame(found).with_columns(rank=place)


CHEAP, GOOD, NEW = ("cheap", 400, 2.0, 0.1, "enough"), ("good", 900, 5.0, 0.5, "enough"), ("new", 12, 3.0, 0.25, "few")
FREE, TINY, NONE = (
    ("free", 500, None, 0.3, "enough"),
    ("tiny", 3, 4.0, 0.4, "hidden"),
    ("(none)", 99, 1.0, 0.2, "enough"),
)


def rows(spec: dict[str, Any]) -> list[dict[str, Any]]:
    return spec["datasets"][spec["data"]["name"]]


def values(spec: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """The values of the layer that carries its own, known by a key of theirs."""
    return next(found for found in spec["datasets"].values() if found and key in found[0])


@pytest.mark.parametrize("tones", [LIGHT, DARK])
def test_map_draws_what_has_a_cost_and_enough_people(tones: Any) -> None:
    drawn = rows(channel_map.chart(table(CHEAP, GOOD, NEW, FREE, TINY, NONE), tones).to_dict())
    assert [row["channel"] for row in drawn] == ["good", "cheap", "new"]
    assert [row["is_best"] for row in drawn] == [True, False, False]
    # Few people: hollow. Area is people.
    assert [row["fill"] == "transparent" for row in drawn] == [False, False, True]
    assert drawn[0]["size"] / drawn[1]["size"] == pytest.approx(900 / 400)
    assert drawn[0]["price_text"] == "$10.00 (95 %: $8.00 to $12.00)"
    assert [row["rank_text"] for row in drawn] == ["2 of 3", "3 of 3", "not ranked"]


def test_map_of_one_channels_partners() -> None:
    assert [row["channel"] for row in rows(channel_map.chart(table(CHEAP, GOOD), LIGHT, of="of good").to_dict())] == [
        "good"
    ]


def test_a_name_without_rank_says_why_and_stands_inside() -> None:
    """Enough people of whom nobody stayed are not too few; at the foot of the map a name still has its place."""
    lost = table(CHEAP, GOOD, ("lost", 500, 2.4, 1.0, "enough"), ("small", 20, 1.0, 1.0, "few"))
    zero = pl.col("channel").is_in(["lost", "small"])
    lost = lost.with_columns(
        *(pl.when(~zero).then(name).alias(name) for name in ("cost_per_kept", "rank")),
        *(pl.when(zero).then(0.0).otherwise(name).alias(name) for name in ("retention", "retention_low")),
    )
    labels = values(channel_map.chart(lost, LIGHT).to_dict(), "text_wide")
    said = [label["text_wide"] for label in labels]
    assert "lost · nobody kept" in said and any(text.startswith("small") for text in said)
    assert "lost · too few" not in said
    assert channel_map.summary(lost).endswith("1 more has too few people to rank. 1 kept nobody.")
    foot = Bubble("at the foot", "", 1, 0, 0.3, 400, 400)
    (label,) = bubble_labels.placed([foot], [], 400, 46)
    assert (label["align_wide"], label["dy_wide"]) == ("left", -bubble_labels.LINE / 2)


def test_lines_are_where_a_person_kept_costs_the_same() -> None:
    drawn = values(channel_map.chart(table(CHEAP, GOOD), LIGHT).to_dict(), "price")
    assert {one["price"] for one in drawn} == {10, 20}
    assert all(one["cac"] / one["retention"] == pytest.approx(one["price"]) for one in drawn if one["cac"] > 0)
    said = values(channel_map.chart(table(CHEAP, GOOD), LIGHT, currency="EUR").to_dict(), "long")
    assert {one["long"] for one in said if "per person" in one["long"]} == {
        "€10 per person kept",
        "€20 per person kept",
    }


@pytest.mark.parametrize(("cheapest", "kind"), [(1.0, "linear"), (0.6, "log")])
def test_cost_is_on_a_log_scale_only_where_it_has_to_be(cheapest: float, kind: str) -> None:
    spec = channel_map.chart(table(("a", 50, cheapest, 0.2, "enough"), GOOD), LIGHT).to_dict()
    scales = [layer["encoding"]["x"]["scale"] for layer in spec["layer"] if "scale" in layer["encoding"].get("x", {})]
    assert {scale["type"] for scale in scales} == {kind}


def test_prices_are_round_and_few() -> None:
    assert price_lines.prices(pl.Series([10.0])) == [10]
    assert price_lines.prices(pl.Series([None, 0.0], dtype=pl.Float64())) == []
    for low in (0.003, 0.4, 7, 90_000):
        for times in (1, 3, 50, 10_000):
            found = price_lines.prices(pl.Series([low, low * times], dtype=pl.Float64()))
            assert 1 <= len(found) <= 5
            assert found[0] <= low


def test_names_do_not_meet_each_other_or_another_bubble() -> None:
    bubbles = [Bubble(f"channel {k}", " · $1", k, k, (k * 37 % 100) / 100, 60 + (k * 53 % 320), 600) for k in range(14)]
    labels = bubble_labels.placed(bubbles, [], 400, 46)
    for width, which in ((WIDE, "wide"), (PHONE, "narrow")):
        boxes = [
            bubble_labels._text(one.at * width + label[f"dx_{which}"], one.y + label[f"dy_{which}"],
                                label[f"text_{which}"], label[f"align_{which}"])
            for one, label in zip(bubbles, labels, strict=True) if label[f"text_{which}"]
        ]  # fmt: skip
        assert boxes
        assert not any(one.meets(other) for one, other in combinations(boxes, 2))
        assert all(box.left >= 0 and box.right <= width for box in boxes)


def test_a_name_without_room_is_left_out() -> None:
    same = [Bubble(f"bubble {k}", "", 1, 1, 0.5, 200, 400) for k in range(20)]
    said = [label["text_narrow"] for label in bubble_labels.placed(same, [], 400, 46)]
    assert said[0] == "bubble 0"
    assert said[-1] == ""


def test_a_crowded_map_names_those_that_matter_and_counts_the_rest() -> None:
    crowd = [(f"partner number {k}", 60 + k, 3.0 + k % 7 / 10, 0.2 + k % 5 / 100, "enough") for k in range(60)]
    ends = [("cheapest of all", 50, 1.0, 0.2, "enough"), ("dearest of all", 50, 9.0, 0.21, "enough")]
    spec = channel_map.chart(table(*crowd, *ends, ("the best", 40, 2.0, 0.5, "enough")), LIGHT).to_dict()
    labels = values(spec, "text_wide")
    for which in ("wide", "narrow"):
        named = [label[f"text_{which}"].partition(" ·")[0] for label in labels if label[f"text_{which}"]]
        cut = {"cheapest of all": "cheapest …", "dearest of all": "dearest o…"}
        assert "the best" in named, which
        assert all(whole in named or short in named for whole, short in cut.items()), which
    lacking = [sum(not label[f"text_{which}"] for label in labels) for which in ("wide", "narrow")]
    assert 0 < lacking[0] <= lacking[1] < 63
    notes = [one for found in spec["datasets"].values() for one in found if "without a name" in str(one.get("long"))]
    assert [(note["long"], note["short"]) for note in notes] == [
        (f"{lacking[0]} without a name here: point at one, or see the table", f"{lacking[1]} unnamed: see the table")
    ]
    few = channel_map.chart(table(CHEAP, GOOD, NEW), LIGHT).to_dict()
    assert "without a name" not in str(few)


def test_messages_beside_the_generic_one() -> None:
    frame, _ = channel_messages.example()
    drawn = {(row["audience"], row["creative"]): row for row in rows(channel_messages.chart(frame, LIGHT).to_dict())}
    api = drawn["visited_docs", "api_message"]
    assert (api["figure"], api["long"], api["is_clear"]) == ("3.0 %", "+1.0 (+0.0 to +2.0)", True)
    assert drawn["visited_docs", "generic_message"]["long"] == "the generic message"
    assert not drawn["visited_pricing", "free_trial"]["is_clear"]
    assert (drawn["students", "generic_message"]["figure"], drawn["students", "generic_message"]["long"]) == (
        "–", "n 12, too few",
    )  # fmt: skip
    assert channel_messages.title(frame) == "“api_message”: +1.0 points for “visited_docs”"
    assert "free_trial for visited_pricing 3.8 %, +1.6 points (−0.1 to +3.2)" in channel_messages.summary(frame)
    alone = frame.filter(pl.col("is_generic"))
    assert channel_messages.title(alone).startswith("Nothing to compare")
    without = frame.filter(pl.col("audience") == "visited_docs").with_columns(
        is_generic=False, difference=None, difference_low=None, difference_high=None
    )
    assert channel_messages.title(without) == (
        "“api_message” gets 3.0 % through, “generic_message” 2.0 %; no generic message to compare them with"
    )
    assert channel_messages.summary(alone).endswith("3 cells.")


@pytest.mark.parametrize("tones", [LIGHT, DARK])
def test_letters_can_be_read_on_every_cell(tones: Any) -> None:
    frame, _ = channel_messages.example()
    for row in rows(channel_messages.chart(frame, tones).to_dict()):
        assert contrast(row["letters"], row["shade"]) >= 4.5


def test_keywords_of_few_people_are_grey() -> None:
    frame, _ = channel_keywords.example()
    drawn = rows(channel_keywords.chart(frame, LIGHT).to_dict())
    assert [row["shade"] for row in drawn] == [LIGHT.main, LIGHT.main, LIGHT.grey]
    assert [row["figure"] for row in drawn] == [
        "brand · 30.0 % of 640", "comparison · 18.0 % of 410", "category · n 9, too few to compare",
    ]  # fmt: skip
    assert channel_keywords.title(frame) == "“brand” gets 30.0 % through, “comparison” 18.0 %"
    close = frame.with_columns(low=pl.when(segment="brand").then(0.22).otherwise("low"))
    assert channel_keywords.title(close) == (
        "“brand” gets 30.0 % through, “comparison” 18.0 %; that may be chance, their intervals overlap"
    )
    assert channel_keywords.title(frame.filter("few")) == "Too few people to compare keywords"
    assert "category too few of 9" in channel_keywords.summary(frame)


def test_map_says_whether_cheap_is_best() -> None:
    assert channel_map.title(table(CHEAP, GOOD)) == "“cheap” is cheapest per person, “good” per person kept: $10.00"
    assert channel_map.title(table(GOOD)) == "“good”: $10.00 per person kept"
    better = ("better", 80, 1.0, 0.5, "enough")
    assert channel_map.title(table(better, GOOD)) == "“better” is cheapest per person and per person kept: $2.00"
    near = ("near", 500, 6.0, 0.5, "enough")
    close = "“good” $10.00 and “near” $12.00 per person kept, too close to tell apart"
    assert channel_map.title(table(CHEAP, GOOD, near)) == close, "9.60 to 14.40 overlaps 8.00 to 12.00"
    assert channel_map.title(table(NEW)).startswith("Too few people")
    assert channel_map.summary(table(CHEAP, GOOD, NEW)) == (
        "Cost per person kept, the lowest of 2: “good” $10.00, as $5.00 per person of whom 50.0 % are kept; “cheap”"
        " $20.00, as $2.00 per person of whom 10.0 % are kept. 1 more has too few people to rank."
    )


def test_shares_without_cost() -> None:
    frame = table(CHEAP, FREE, NEW, TINY)
    drawn = rows(channel_shares.chart(frame, LIGHT).to_dict())
    assert [row["figure"] for row in drawn] == ["free · 30.0 % of 500", "new · 25.0 % of 12", "cheap · 10.0 % of 400"]
    assert [row["strength"] < 0.5 for row in drawn] == [False, True, False]
    assert channel_shares.title(frame) == "“free” keeps 30.0 %, “cheap” 10.0 %"
    assert channel_shares.title(table(NEW)) == "Too few people to compare who stays"


def money() -> pl.DataFrame:
    gains = {"fast": (2.0, 1.0), "slow": (50.0, 0.5), "free": (None, 0.2)}
    return pl.DataFrame([(name, day, gain * day, cost) for name, (cost, gain) in gains.items() for day in range(11)],
                        schema=["channel", "day", "value_per_user", "cac"], orient="row")  # fmt: skip


def test_payback_marks_the_day_on_which_value_reaches_cost() -> None:
    drawn = rows(payback.chart(money(), LIGHT).to_dict())
    assert [(row["channel"], row["day"]) for row in drawn if row["is_paid"]] == [("fast", 2)]
    # 50 is far above all that anybody brought in, so that its line is not drawn.
    assert {row["channel"] for row in drawn if row["has_cost"]} == {"fast"}
    assert payback.title(money()) == "Of 2, only “fast” has paid its cost back by day 10: on day 2"
    slow = money().filter(pl.col("channel") != "fast")
    assert payback.title(slow) == "None of 1 has paid its cost back by day 10"
    assert payback.title(slow.filter(pl.col("channel") == "free")) == "No cost is known to set the value against"
