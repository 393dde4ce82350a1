"""A segment keeps its colour: on every page, in every order, in both themes."""

import itertools
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.charts.colours import KNOWN, MOST, colours, emphasised
from lib.charts.shades import contrast
from lib.charts.tones import DARK, LIGHT, Tones

BOTH = pytest.mark.parametrize("tones", [LIGHT, DARK], ids=["light", "dark"])
NAMES = st.lists(st.text(min_size=1, max_size=12), unique=True, max_size=12)


def places(names: list[str], tones: Tones, field: str = "") -> dict[str, int]:
    return {name: tones.series.index(shade) for name, shade in colours(names, tones, field).items()}


@given(names=NAMES, field=st.sampled_from(["", "platform", "user.country", "utm_channel"]), seed=st.randoms())
def test_order_changes_nothing(names: list[str], field: str, seed: Random) -> None:
    shuffled = list(names)
    seed.shuffle(shuffled)
    assert colours(names, LIGHT, field) == {name: colours(shuffled, LIGHT, field)[name] for name in names}


@given(names=NAMES, field=st.text(max_size=8))
def test_the_themes_agree_and_few_names_differ(names: list[str], field: str) -> None:
    light, dark = places(names, LIGHT, field), places(names, DARK, field)
    assert light == dark
    plain = [name for name in names if name not in ("Other", "(none)", "All")]
    if len(plain) <= len(LIGHT.series) - 1:
        assert len({light[name] for name in plain}) == len(plain)


@BOTH
@pytest.mark.parametrize("field", KNOWN)
def test_values_most_teams_have_take_the_palette_in_turn(field: str, tones: Tones) -> None:
    first = list(KNOWN[field][:7])
    assert list(places(first, tones, f"user.{field}").values()) == list(range(len(first)))


def test_a_known_value_keeps_its_colour_whatever_else_is_there() -> None:
    for others in itertools.permutations(["blog", "tv", "radio"], 2):
        assert places(["influencer", *others], LIGHT, "channel")["influencer"] == 0
        assert places([*others, "paid_social"], LIGHT, "user.first_channel")["paid_social"] == 1


def test_a_name_alone_has_the_colour_of_its_hash() -> None:
    """These are promises: a change of the palette's order or of the hash would recolour every saved picture."""
    assert {name: places([name], LIGHT, "country")[name] for name in ("DE", "US", "GB", "FR", "NL")} == {
        "DE": 3, "US": 4, "GB": 5, "FR": 6, "NL": 1,
    }  # fmt: skip


@BOTH
def test_what_is_not_one_thing_is_grey(tones: Tones) -> None:
    found = colours(["DE", "Other", "(none)", "All"], tones, "country")
    assert found["Other"] == found["(none)"] == tones.series[-1]
    assert found["All"] == tones.main


@BOTH
def test_after_five_lines_all_are_grey(tones: Tones) -> None:
    names = [f"s{k}" for k in range(9)]
    found = emphasised([*names, "Other"], tones)
    assert [name for name in names if found[name] == tones.grey] == names[MOST:]
    assert found["Other"] == tones.rest
    assert {name: found[name] for name in names[:MOST]} == colours(names[:MOST], tones)


@BOTH
def test_every_series_stands_out_from_the_paper(tones: Tones) -> None:
    assert min(contrast(shade, tones.paper) for shade in tones.series) >= 3
    assert min(contrast(shade, tones.paper) for shade in (tones.ink, tones.muted, tones.warn, tones.bad)) >= 5
