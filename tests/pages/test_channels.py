"""The Channels page shows the numbers of a company small enough to count by hand.

Of the 60 people the first 30 come by ads ($300), of these ten from the partner “lena”; the next 20 by creators ($50);
ten by nothing; a podcast cost $10 and brought nobody. In the week after their first day 27 of 30 and 13 of 20 do
something.
"""

import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from lib.answers import ask
from lib.facts import Facts
from lib.intake import load_frames
from lib.questions import Event, parse
from lib.store import Edit, Store
from lib.ui import channels_choice
from lib.ui.channels_choice import OWN, ChannelsChoice, question, read, written
from lib.ui.channels_views import TABS
from lib.ui.funnel_address import Known
from tests.pages import tiny
from tests.pages.conftest import ROOT, Visit, entered

pytestmark = pytest.mark.usefixtures("workspace")
WEEK = {"day": "7", "floor": "10"}


def copied(of: Path, folder: Path) -> Path:
    """The folder, with what is in the other one and nothing else."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(of, folder)
    return folder


@pytest.fixture(scope="module")
def made_touched(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With contacts, without cost; made once, not to be changed."""
    folder = copied(made, tmp_path_factory.mktemp("touched"))
    load_frames(folder, {"touchpoints": tiny.touchpoints()}, "touched")
    return folder


@pytest.fixture(scope="module")
def made_paid(made_touched: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With contacts and cost; made once, not to be changed."""
    folder = copied(made_touched, tmp_path_factory.mktemp("paid"))
    load_frames(folder, {"spend": tiny.spend()}, "paid")
    return folder


@pytest.fixture
def touched(made_touched: Path, workspace: Path) -> Path:
    """The workspace with contacts, without cost."""
    return copied(made_touched, workspace)


@pytest.fixture
def paid(made_paid: Path, workspace: Path) -> Path:
    """The workspace with contacts and cost."""
    return copied(made_paid, workspace)


def opened(app: AppTest, **params: str) -> AppTest:
    for key, value in params.items():
        app.query_params[key] = value
    return app.switch_page("pages/acquire/channels.py").run()


@pytest.fixture
def channels() -> Visit:
    """Open the page with these parameters in the address."""
    return lambda **params: opened(entered(), **params)


def metrics(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def verdict(app: AppTest) -> str:
    return app.html[0].value.replace("\xa0", " ").replace("<strong>", "").replace("</strong>", "")


def pictures(app: AppTest) -> list[str]:
    return [chart.proto.alt for chart in app.get("vega_lite_chart")]


def healthy(app: AppTest) -> bool:
    return not app.exception and not app.error


def says(app: AppTest) -> str:
    shown = [str(button.label) for button in app.button if str(button.key).startswith("channels-bar")]
    return " · ".join(shown).replace("\\", "")


@pytest.mark.usefixtures("paid")
def test_numbers_table_and_map_by_hand(channels: Visit) -> None:
    app = channels(**WEEK)
    assert healthy(app)
    assert [title.value for title in app.title] == ["Channels"]
    said = "“creators” is the cheapest per person ($2.50) and per person kept on a day from 1 to 7: $3.85"
    assert said in verdict(app)
    # Of all channels: $360 for 50 people, of whom 40 stay.
    assert metrics(app) == {
        "Channel cost ÷ people": "$7.20", "Kept by day 7": "80.0 %", "Channel cost ÷ kept": "$9.00",
        "Value ÷ channel cost": "–", "Unattributed": "16.7 %",
    }  # fmt: skip
    table = app.dataframe[0].value
    assert table["channel"].tolist() == ["creators", "ads", "podcast"]
    assert table["users"].tolist() == [20, 30, 0]
    assert table["cac"].round(2).tolist()[:2] == [2.5, 10]
    assert table["retention"].round(1).tolist()[:2] == [65, 90]
    assert table["cost_per_kept"].round(2).tolist()[:2] == [3.85, 11.11]
    assert table["note"].tolist()[2] == "cost without people"
    assert pictures(app)[0].startswith("Cost per person kept, the lowest of 2: “creators” $3.85")


def test_verdict_and_notes_are_those_of_the_question(channels: Visit, paid: Path) -> None:
    app = channels(period="all time", by="partner", credit="all contacts", **WEEK)
    asked = {"kind": "channels", "by": "partner", "attribution": "linear", "floor": 10, "horizon_days": 60,
             "kept": {"day": 7}}  # fmt: skip
    answer = ask(parse(asked), Facts.open(paid))
    assert verdict(app).endswith(f">{answer.headline}</p>")
    shown = [caption.value.replace("\\", "") for caption in app.caption]
    assert answer.notes and " ".join(answer.notes) in shown


@pytest.mark.usefixtures("paid")
@pytest.mark.parametrize(
    ("params", "label", "value"),
    [
        ({"target": "5"}, "Spend above target", "86.1 %"),
        ({"is.platform": "web", "where": "platform"}, "Channel cost ÷ people", "$18.00"),
        ({"day": "1", "within": "1"}, "Kept by day 1", "40.0 %"),
        ({"kept": "project_created"}, "Kept by day 7", "40.0 %"),
        ({"lookback": "0"}, "Unattributed", "100.0 %"),
        ({"margin": "50"}, "Value ÷ channel cost", "–"),
    ],
)
def test_a_link_decides_what_is_counted(channels: Visit, params: dict[str, str], label: str, value: str) -> None:
    app = channels(**(WEEK | params))
    assert healthy(app)
    assert metrics(app)[label] == value


@pytest.mark.usefixtures("paid")
def test_what_people_bring_in(channels: Visit, workspace: Path) -> None:
    bought = tiny.events().filter(pl.col("name") == "project_created").head(10)
    bought = bought.with_columns(name=pl.lit("purchase"), value=pl.lit(30.0), ts=pl.col("ts") + timedelta(minutes=1))
    load_frames(workspace, {"events": bought}, "bought")
    app = channels(value="purchase", horizon="7", margin="50", tab="Payback", **WEEK)
    # Ten people pay $30, half of it is profit: 150 ÷ 360.
    assert metrics(app)["Value ÷ channel cost"] == "0.42 ×"
    assert len(pictures(app)) == 2
    assert "None of 2 has paid its cost back by day 7" in pictures(app)[1]


@pytest.mark.usefixtures("paid")
def test_cost_without_a_channel_is_beside_the_tile_and_listed(channels: Visit, workspace: Path) -> None:
    assert [one.delta for one in channels(**WEEK).metric if one.label == "Channel cost ÷ people"] == ["50 people"]
    days = [date(2026, 3, day) for day in (2, 3, 4)]
    rest = {"date": days, "function": ["sales", None, "sales"], "kind": ["people", "tool", "people"],
            "cost_cents": [4_000, 2_000, 5_000]}  # fmt: skip
    load_frames(workspace, {"spend": pl.DataFrame(rest)}, "rest")
    app = channels(tab="Costs", **WEEK)
    # $360 of channels and $110 of none, ÷ all 60 people.
    tile = next(one for one in app.metric if one.label == "Channel cost ÷ people")
    assert (tile.value, tile.delta) == ("$7.20", "$7.83 with all cost")
    told = next(frame.value for frame in app.dataframe if "function" in frame.value.columns)
    assert told.to_numpy().tolist() == [["sales", "people", 90], ["marketing", "tool", 20]]
    said = [caption.value.replace("\\", "") for caption in app.caption]
    assert any("$110.00 of cost names no channel (listed below)" in text for text in said)


@pytest.mark.usefixtures("touched")
def test_without_a_cost_it_shows_who_stays_and_says_so(channels: Visit) -> None:
    app = channels(**WEEK)
    assert healthy(app)
    assert "No cost is known, so nothing can be ranked by it. “ads” keeps the most: 90.0 % of 30 people" in verdict(app)
    assert metrics(app)["Channel cost ÷ people"] == "–"
    assert metrics(app)["Kept by day 7"] == "80.0 %"
    assert pictures(app)[0].startswith("“ads” keeps 90.0 %, “creators” 65.0 %")
    assert any("No cost is known here" in caption.value for caption in app.caption)


def test_cost_without_contacts_leaves_everybody_unattributed(channels: Visit, workspace: Path) -> None:
    load_frames(workspace, {"spend": tiny.spend()}, "spent")
    app = channels(**WEEK)
    assert healthy(app)
    assert metrics(app)["Unattributed"] == "100.0 %"


def test_without_contacts_and_cost_it_says_what_is_missing(channels: Visit) -> None:
    app = channels()
    assert healthy(app)
    text = " ".join(part.value for part in app.markdown)
    assert "**touchpoints** or **spend**" in text
    assert [str(vars(button)["proto"].label) for button in app.get("download_button")] == [
        "Download the template of touchpoints", "Download the template of spend",
    ]  # fmt: skip
    assert app.code[0].value == "growthops demo"
    assert not app.metric


def sections(app: AppTest) -> list[str]:
    return [caption.value for caption in app.sidebar.caption][: 1 + len(list((ROOT / "pages").iterdir()))]


def test_it_stands_with_more_data_until_there_is_some(visit: Visit, workspace: Path) -> None:
    assert "Acquire" not in sections(visit())
    assert "With more data" in sections(visit())
    load_frames(workspace, {"touchpoints": tiny.touchpoints()}, "touched")
    assert sections(visit())[:2] == ["Brief", "Acquire"]
    assert visit().title[0].value == "Pulse"


@pytest.mark.usefixtures("paid")
@pytest.mark.parametrize("name", OWN)
def test_what_is_not_understood_is_said_and_taken_out(channels: Visit, name: str) -> None:
    app = channels(**{name: "nonsense"})
    assert healthy(app)
    assert any("Part of this link could not be followed" in warning.value for warning in app.warning)
    assert name not in app.query_params


@pytest.mark.usefixtures("paid")
def test_unknown_tabs_and_channels_are_said(channels: Visit) -> None:
    app = channels(tab="Secrets", of="nobody", **WEEK)
    assert healthy(app)
    assert "“tab” does not know “Secrets”" in app.warning[0].value
    assert "“of” does not know “nobody”" in app.warning[0].value
    assert set(app.query_params) == set(WEEK)


@pytest.mark.usefixtures("paid")
@pytest.mark.parametrize(
    ("panel", "widget", "key", "told", "address", "word"),
    [
        ("by", "radio", "channels-by", "partner", {"by": "partner"}, "by partner"),
        ("credit", "radio", "channels-credit", "last", {"credit": "last contact"}, "of the last contact"),
        ("credit", "number_input", "channels-lookback", 7, {"lookback": "7"}, "in the 7 days before"),
        ("day", "number_input", "channels-day", 7, {"day": "7"}, "on a day from 1 to 7"),
        ("day", "number_input", "channels-within", 1, {"within": "1"}, "on day 30"),
        ("cost", "radio", "channels-cost", "media", {"cost": "media"}, "media and fees"),
        ("money", "selectbox", "channels-value", "app_session", {"value": "app_session"}, "value by day 60"),
        ("money", "number_input", "channels-horizon", 90, {"horizon": "90"}, "value by day 90"),
        ("money", "text_input", "channels-margin", "62.5", {"margin": "62.5"}, "62 % margin"),
        ("adjust", "selectbox", "channels-adjust", "platform", {"adjust": "platform"}, "same mix of platform"),
        ("floor", "number_input", "channels-floor", 5, {"floor": "5"}, "ranked from 5 people"),
        ("floor", "text_input", "channels-target", "12", {"target": "12"}, "target $12.00"),
    ],
)
def test_every_control_is_in_the_address(
    channels: Visit, panel: str, widget: str, key: str, told: Any, address: dict[str, str], word: str
) -> None:
    app = channels().button(key=f"channels-bar-{panel}").click().run()
    getattr(app, widget)(key=key).set_value(told).run()
    assert healthy(app)
    assert dict(app.query_params.items()) == address
    assert word in says(app)
    # The same address, opened cold, says the same.
    again = channels(**address)
    assert (says(again), metrics(again)) == (says(app), metrics(app))
    app.button(key="channels-bar-reset").click().run()
    assert dict(app.query_params.items()) == {}


@pytest.mark.usefixtures("paid")
def test_what_it_is_to_stay_by_hand(channels: Visit) -> None:
    app = channels(**WEEK).button(key="channels-bar-kept").click().run()
    app.multiselect(key="channels-kept-names").set_value(["project_created"]).run()
    app.button(key="drawer-apply").click().run()
    assert app.query_params["kept"] == "project_created"
    assert "kept: did project created" in says(app)
    assert metrics(app)["Kept by day 7"] == "40.0 %"


@pytest.mark.usefixtures("paid")
def test_a_tab_is_in_the_address_and_draws_alone(channels: Visit) -> None:
    found = {tab: channels(tab=tab, **WEEK) for tab in TABS}
    assert all(healthy(app) for app in found.values())
    assert {tab: len(app.dataframe) for tab, app in found.items()} == {
        "Partners": 2, "Staying": 2, "Payback": 1, "Costs": 3, "Visits": 2, "Mix": 1, "Creators": 2, "Messages": 2,
        "Keywords": 2, "Referrers": 1, "Projection": 1,
    }  # fmt: skip
    costs = found["Costs"].dataframe[1].value
    assert costs["said"].tolist() == ["Paid", "Blended", "Fully loaded"]
    assert costs["cac"].round(2).tolist() == [7.2, 6, 6]
    assert found["Costs"].dataframe[2].value["channel"].tolist() == ["podcast"]
    staying = found["Staying"].dataframe[1].value
    assert staying[staying["period"] == 7]["users"].tolist() == [27, 13]
    assert pictures(found["Staying"])[1]


@pytest.mark.usefixtures("paid")
def test_partners_raw_beside_drawn_to_the_mean(channels: Visit) -> None:
    app = channels(**WEEK)
    rows = app.dataframe[1].value.set_index("channel")
    assert rows.loc["lena", "users"] == 10
    assert rows.loc["lena", "retention"] == 100
    # Sixty people at the 27 of 30 of ads: (10 + 54) ÷ 70.
    assert round(rows.loc["lena", "retention_shrunk"], 1) == 91.4
    app.selectbox(key="channels-of").set_value("ads").run()
    assert app.query_params["of"] == "ads"
    assert set(app.dataframe[1].value["of_channel"]) == {"ads"}


@pytest.mark.usefixtures("paid")
def test_the_same_mix(channels: Visit) -> None:
    app = channels(tab="Mix", adjust="platform", period="all time", **WEEK)
    strata = app.dataframe[2].value
    assert set(strata["stratum"]) == {"ios", "web"}
    mixed = app.dataframe[1].value.set_index("channel")
    # Ads bring no one on the web, so they have no share at the same mix.
    assert "nobody in web, so not adjusted" in mixed.loc["ads", "note"]
    assert mixed.loc["ads", "eligible"] == strata.set_index("channel").loc[["ads"], "eligible"].sum() > 0
    # Everybody is in a group, so that no column says how many are.
    assert not {"known", "rate_known"} & set(mixed.columns)


@pytest.mark.usefixtures("paid")
def test_how_far_messages_and_keywords_carry(channels: Visit) -> None:
    app = channels(tab="Messages", **WEEK)
    told = app.dataframe[1].value.set_index(["audience", "creative"])
    assert told.loc[("young", "video"), ["started", "users"]].tolist() == [15, 15]
    assert told.loc[("old", "video"), ["started", "users"]].tolist() == [15, 5]
    assert told.loc[("old", "text"), ["started", "users"]].tolist() == [20, 0]
    low = channels(tab="Messages", day="7", floor="15")
    compared = low.dataframe[1].value.set_index(["audience", "creative"])
    # The video is what both audiences had, so it is what the text is compared with.
    assert compared.loc[("old", "video"), "note"] == "the generic message"
    assert compared.loc[("old", "text"), "difference"] == pytest.approx(-100 / 3)
    assert "text for old 0.0 %, −33.3 points" in pictures(low)[1]
    few = channels(tab="Messages", day="7", floor="16").dataframe[1].value.set_index(["audience", "creative"])
    assert few.loc[("old", "video"), "note"] == "n 15, too few to compare"
    words = channels(tab="Keywords", **WEEK)
    rows = words.dataframe[1].value.set_index("segment")
    assert rows.loc["brand", ["started", "users"]].tolist() == [30, 20]
    assert "brand" in pictures(words)[1]
    wide = channels(tab="Keywords", period="all time", **WEEK)
    for app, is_said in ((words, True), (wide, False)):
        assert any("also people first seen before it" in part.value for part in app.caption) is is_said


@pytest.mark.usefixtures("paid")
def test_few_people_are_not_ranked(channels: Visit) -> None:
    app = channels(day="7", floor="25")
    table = app.dataframe[0].value.set_index("channel")
    assert table.loc["creators", "note"] == "n 20, too few to rank"
    assert table["rank"].dropna().tolist() == [1]


def test_new_channel_rules_show_at_the_next_rerun(channels: Visit, paid: Path) -> None:
    assert channels(**WEEK).dataframe[0].value["channel"].tolist() == ["creators", "ads", "podcast"]
    rule = {"channel": "press", "when": {"field": "channel", "op": "eq", "value": "ads"}}
    store = Store(paid)
    store.definitions.publish(Edit("channel_rules", "ours", {"rules": [rule]}, "Ours", "ana"))
    store.close()
    app = channels(**WEEK)
    assert app.dataframe[0].value["channel"].tolist() == ["creators", "press", "podcast"]
    assert "“press” $11.11" in pictures(app)[0]
    assert metrics(app)["Channel cost ÷ people"] == "$7.20"


# --- the address -----------------------------------------------------------------------------------------------------

EVENTS = ("open", "buy")
KNOWN = Known(lambda name: name in EVENTS, ("platform",), lambda name: name == "platform", lambda where: None)
events = st.sampled_from([Event(event=("open",)), Event(event=("buy",)), channels_choice.ANY])


@st.composite
def choices(draw: st.DrawFn) -> ChannelsChoice:
    day = draw(st.integers(1, 400))
    return ChannelsChoice(
        by=draw(st.sampled_from(channels_choice.PLACES)),
        attribution=draw(st.sampled_from(list(channels_choice.CREDITS.values()))),
        lookback_days=draw(st.integers(0, 400)),
        event=draw(events),
        day=day,
        within_days=draw(st.integers(1, day)),
        cost=draw(st.sampled_from(channels_choice.COSTS)),
        value=draw(st.none() | events),
        horizon_days=draw(st.integers(1, 400)),
        margin=draw(st.integers(1, 1000).map(lambda k: k / 10 / 100)),
        adjust=draw(st.none() | st.just("platform")),
        floor=draw(st.integers(1, 400)),
        target=draw(st.none() | st.integers(1, 10_000).map(lambda k: k / 8)),
    )


@given(choices(), st.none() | st.integers(1, 9).map(float))
def test_what_the_page_writes_it_reads(choice: ChannelsChoice, target: float | None) -> None:
    opens = ChannelsChoice(target=target)
    address = {key: values for key, values in written(choice, opens, KNOWN).items() if values}
    found, notes = read(address, opens, KNOWN, ("platform",))
    assert notes == []
    assert question(found, {}) == question(choice, {})
    assert parse(question(choice, {}))


@given(st.dictionaries(st.sampled_from(OWN), st.lists(st.text(max_size=8) | st.sampled_from(["0", "1e9", "nan", "-1"]),
                                                      max_size=3).map(tuple)))  # fmt: skip
def test_it_makes_something_of_anything(address: dict[str, tuple[str, ...]]) -> None:
    found, _ = read(address, ChannelsChoice(), KNOWN, ("platform",))
    assert parse(question(found, {}))


def test_what_it_opens_with_needs_no_address() -> None:
    opens = ChannelsChoice(target=3.5)
    assert set(written(opens, opens, KNOWN).values()) == {()}


def test_every_parameter_and_word_is_documented() -> None:
    page = (ROOT / "docs" / "addresses.md").read_text("utf-8")
    words = [*OWN, "of", *TABS, *channels_choice.CREDITS, *channels_choice.PLACES, *channels_choice.COSTS]
    assert [word for word in words if f"`{word}`" not in page] == []
