"""Channel rules by hand: made, looked at before they hold, kept in versions, and never lost between two people."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from lib.intake import load_frames
from lib.scope import ChannelRule
from lib.store import Definition, Edit, Store
from lib.ui.channel_rule_drafts import body_of, drafted, for_host, in_words, problem

APPLY, OPEN = "drawer-apply", "channels-bar-rules"
HOST = {"field": "referrer_host", "op": "in", "value": ["myth.example"]}
RULES = {"rules": [{"when": HOST, "channel": "open source"}]}
Start = Callable[[], AppTest]


def script() -> None:
    """A page with what the Channels page shows of this."""
    from lib.ui import channel_rules, states, url
    from lib.ui.builder.toolbar import toolbar

    url.begin("channels")
    states.said()
    toolbar("channels", [channel_rules.control()])
    channel_rules.referrers()
    channel_rules.rules_drawer()


@pytest.fixture
def start(workspace: Path) -> Start:
    """The page, for a company of which 30 people came from a library's site and 15 from friends."""
    at = datetime(2026, 3, 1, 8, tzinfo=UTC)
    touched = [
        {"user_id": f"u{person:02}", "ts": at + timedelta(days=person % 20), "channel": "referral",
         "referrer_host": "myth.example" if person < 30 else "friends.example", "campaign": None}
        for person in range(45)
    ]  # fmt: skip
    touched.append({**touched[0], "user_id": "u50", "channel": "open source", "referrer_host": None})
    load_frames(workspace, {"touchpoints": pl.DataFrame(touched)}, "touches")
    return lambda: AppTest.from_function(script, default_timeout=180).run()


@pytest.fixture
def store(workspace: Path) -> Store:
    return Store(workspace)


def said(app: AppTest) -> str:
    return " ".join(part.value.replace("\\", "") for part in (*app.markdown, *app.caption))


def published(store: Store) -> Definition:
    return store.definitions.publish(Edit("channel_rules", "standard", RULES, "Channel rules", "ana"))


def test_a_rule_is_made_for_a_host_seen_and_kept(start: Start, store: Store) -> None:
    app = start()
    assert "2 hosts brought 45 contacts" in said(app)
    assert "30 people, now referral" in said(app)
    app.button(key="host-rule-0").click().run()
    assert not app.exception
    assert app.button(key=APPLY).disabled and "name the channel" in said(app)
    app.selectbox(key="channel-rule-channel").set_value("open source").run()
    assert "30 of 46 contacts would move, all from referral to open source (30)" in said(app)
    assert "open source 1 → 31 and referral 45 → 15" in said(app)
    assert "It fits 30 contacts and decides about 30." in said(app)
    app.text_input(key="channel-rules-owner").set_value("ana")
    app.text_input(key="channel-rules-note").set_value("libraries are ours").run()
    app.button(key=APPLY).click().run()
    assert not app.exception and not app.warning
    (kept,) = store.definitions.list("channel_rules")
    assert (kept.key, kept.version, kept.owner, kept.author, kept.note) == (
        "standard", 1, "ana", "local", "libraries are ours",
    )  # fmt: skip
    assert store.channel_rules() == (ChannelRule.model_validate({"when": HOST, "channel": "open source"}),)
    assert "now open source" not in said(app), "a host with a rule is offered no more"
    hosts = app.dataframe[0].value.set_index("host")
    assert hosts.loc["myth.example", "channel"] == "open source", "history follows at once"


def test_rules_are_moved_and_the_first_that_fits_decides(start: Start, store: Store) -> None:
    both = {"rules": [*RULES["rules"], {"when": {"field": "channel", "op": "is_set"}, "channel": "referral"}]}
    store.definitions.publish(Edit("channel_rules", "standard", both, "Channel rules", "ana"))
    app = start()
    app.button(key=OPEN).click().run()
    assert "No contact would move" in said(app)
    app.button_group(key="channel-rules-row").set_value(1).run()
    assert "It fits 46 contacts and decides about 16; 30 are taken by rule 1 before it." in said(app)
    app.button(key="channel-rules-up").click().run()
    assert "30 of 46 contacts would move, all from open source to referral (30)" in said(app)
    assert "Rule 2 never decides: all it fits is taken by rule 1." in said(app)
    app.button(key="channel-rules-out").click().run()
    app.button(key=APPLY).click().run()
    (kept,) = store.definitions.list("channel_rules")
    assert (kept.version, kept.body) == (2, {"rules": [both["rules"][0]]})


def test_all_others_go_to_one_channel(start: Start, store: Store) -> None:
    published(store)
    app = start()
    app.button(key=OPEN).click().run()
    app.selectbox(key="channel-rules-otherwise").set_value("open source").run()
    assert "15 of 46 contacts would move" in said(app)
    app.button(key=APPLY).click().run()
    assert store.definitions.list("channel_rules")[0].body["otherwise"] == "open source"


def test_an_earlier_version_holds_again(start: Start, store: Store) -> None:
    first = published(store)
    store.definitions.publish(first.edited(author="ben", body={"rules": []}, note="none"))
    app = start()
    app.button(key=OPEN).click().run()
    assert "now no rules" in said(app)
    app.button(key="channel_rules-again-1").click().run()
    assert not app.exception
    third = store.definitions.live("channel_rules", "standard")
    assert third is not None and (third.version, third.author, third.body) == (3, "local", first.body)
    assert app.dataframe[0].value.set_index("host").loc["myth.example", "channel"] == "open source"


def test_who_comes_second_loses_nothing(start: Start, store: Store) -> None:
    first = published(store)
    app = start()
    app.button(key=OPEN).click().run()
    app.selectbox(key="channel-rule-channel").set_value("referral").run()
    theirs = store.definitions.publish(first.edited(author="ben", body={"rules": []}))
    app.button(key=APPLY).click().run()
    assert store.definitions.live("channel_rules", "standard") == theirs
    (mine,) = store.definitions.drafts("channel_rules")
    assert mine.body["rules"][0]["channel"] == "referral"
    assert any("ben saved version 2 of these channel rules" in warning.value for warning in app.warning)
    app.button(key=OPEN).click().run()
    app.button(key=f"channel_rules-draft-{mine.version}-open").click().run()
    assert "referrer host is myth.example → referral" in str(app.button_group(key="channel-rules-row").options)
    app.button(key=APPLY).click().run()
    newest = store.definitions.live("channel_rules", "standard")
    assert newest is not None and newest.body == mine.body


def test_two_who_write_the_first_rules_do_not_make_two_sets(start: Start, store: Store) -> None:
    app = start()
    app.button(key="host-rule-0").click().run()
    app.selectbox(key="channel-rule-channel").set_value("open source").run()
    theirs = store.definitions.publish(Edit("channel_rules", "standard", {"rules": []}, "Channel rules", "ben"))
    app.button(key=APPLY).click().run()
    assert store.definitions.list("channel_rules") == (theirs,)
    assert len(store.definitions.drafts("channel_rules")) == 1 and app.warning


def test_other_sets_are_tried_after_these(start: Start, store: Store) -> None:
    published(store)
    every = {"rules": [], "otherwise": "word of mouth"}
    store.definitions.publish(Edit("channel_rules", "zz", every, "The rest", "ana"))
    app = start()
    app.button(key=OPEN).click().run()
    assert "1 more set of rules is kept beside these (The rest); it is tried after them." in said(app)
    assert "No contact would move" in said(app)


def test_rules_taken_off_the_list_can_be_written_anew(start: Start, store: Store) -> None:
    store.definitions.retire(published(store), author="ana")
    app = start()
    app.button(key="host-rule-0").click().run()
    app.selectbox(key="channel-rule-channel").set_value("open source").run()
    app.button(key=APPLY).click().run()
    (kept,) = store.definitions.list("channel_rules")
    assert (kept.key, kept.version, kept.body) == ("standard", 3, RULES)


@pytest.mark.parametrize(
    "body",
    [
        RULES,
        {"rules": [{"when": {"any": [HOST, {"field": "campaign", "op": "is_set"}]}, "channel": "a", "partner": "b"}]},
        {"rules": [{"when": {"all": [HOST, {"not": HOST}]}, "channel": "a"}], "otherwise": "rest"},
        {"rules": [{"when": {"all": [HOST, {"any": [HOST, {"all": [HOST]}]}]}, "channel": "a"}]},
    ],
)
def test_rules_come_back_from_the_drawer_as_they_were(body: dict[str, object]) -> None:
    assert body_of(drafted(body)) == body
    assert problem(drafted(body)) == ""


@pytest.mark.parametrize(
    ("item", "sentence"),
    [
        ({"where": []}, "Rule 1: add a condition."),
        ({"where": [{"field": None}]}, "Rule 1: choose a field for every condition, or remove it."),
        ({"where": [{"field": "campaign", "op": "in", "value": []}]}, "Rule 1: say what “campaign is …” should be"),
        ({}, "Rule 1: name the channel"),
        ({"channel": "a", "where": [{"field": "host", "op": "is_set"}]}, "Rule 1: a contact has no field 'host'"),
        ({"channel": "a", "where": [{"field": "campaign", "op": "matches", "value": "("}]}, "not a regular expression"),
        ({"channel": "a" * 501}, "500"),
    ],
)
def test_what_is_missing_is_said(item: dict[str, object], sentence: str) -> None:
    draft = {"items": [{**for_host("myth.example"), **item}], "otherwise": ""}
    assert sentence in problem(draft)


def test_rules_in_a_line() -> None:
    several = {"rules": [*RULES["rules"], {"when": {"all": []}, "channel": "a", "partner": "b"}], "otherwise": "c"}
    assert in_words(several) == "1. referrer host is myth.example → open source; 2. … → a / b; all others → c"
