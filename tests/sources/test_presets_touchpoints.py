"""What brought people: touchpoints of attribution exports, of UTM parameters in events, and of creators' codes."""

import json
import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from lib import intake
from lib.cli import cli
from lib.errors import SourceError
from lib.settings import Settings, SourceSpec, load_settings
from lib.sources import Batch, expand, propose, read
from lib.sources.presets.channels import app_channel, host_of, network, web_channel
from lib.sources.presets.shaping import visits
from lib.warehouse import Warehouse

NOW = datetime(2026, 6, 1, tzinfo=UTC)
TOUCH = ("ts", "user_id", "anon_id", "channel", "partner", "campaign")


def read_all(folder: Path, text: str, name: str = "x.csv", **more: object) -> dict[str, Batch]:
    """Every table the file fills, under the mapping proposed for it."""
    (folder / name).write_text(text, "utf-8")
    proposal = propose(folder / name, None, Settings())
    found = {}
    for part in (proposal, *proposal.also):
        assert part.missing == ()
        told = part.spec.model_dump() | {"path": name} | (more if part.table == "touchpoints" else {})
        (batch,) = read(expand(SourceSpec.model_validate(told), folder)[0], Settings(), now=NOW)
        assert batch.rejected.height == 0
        found[part.table] = batch
    return found


def rows(batch: Batch, *names: str) -> list[tuple[object, ...]]:
    return batch.rows.select(names).rows()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


APPSFLYER = """Attributed Touch Time,Install Time,Event Time,Event Name,Event Value,Event Revenue,Partner,Media Source,\
Channel,Campaign,Ad,AppsFlyer ID,Customer User ID,Platform
2026-03-01 10:00:00,2026-03-01 10:05:00,2026-03-01 10:05:00,install,,,,Facebook Ads,Instagram,spring,a1,af1,,ios
2026-03-01 10:00:00,2026-03-01 10:05:00,2026-03-02 10:05:00,buy,{},12.5,,Facebook Ads,Instagram,spring,a1,af1,u1,ios
,2026-03-01 11:00:00,2026-03-01 11:00:00,install,,,,organic,,,,af2,,android
,2026-03-01 12:00:00,2026-03-01 12:00:00,install,,,Mia,influencers_agency,,spring,,af3,,android
"""


def test_appsflyer_fills_events_and_touchpoints(tmp_path: Path) -> None:
    found = read_all(tmp_path, APPSFLYER)
    assert rows(found["events"], "ts", "name", "user_id", "anon_id", "surface", "platform", "value") == [
        (at("2026-03-01T10:05"), "install", None, "af1", "app", "ios", None),
        (at("2026-03-02T10:05"), "buy", "u1", "af1", "app", "ios", 12.5),
        (at("2026-03-01T11:00"), "install", None, "af2", "app", "android", None),
        (at("2026-03-01T12:00"), "install", None, "af3", "app", "android", None),
    ]
    # Every event repeats what brought the install: that is one touchpoint.
    assert rows(found["touchpoints"], *TOUCH, "creative") == [
        (at("2026-03-01T10:00"), None, "af1", "paid_social", "meta", "spring", "a1"),
        (at("2026-03-01T12:00"), None, "af3", "influencer", "Mia", "spring", None),
    ]
    assert found["touchpoints"].notes == (
        "1 row without a source left out.",
        "3 events of the same visits made 2 touchpoints.",
    )


def test_adjust_placeholders_and_epochs(tmp_path: Path) -> None:
    text = (
        "{idfa||gps_adid},{adid},{tracker_name},{activity_kind},{created_at},{installed_at},{network_name},"
        "{campaign_name},{os_name},{event_name},{revenue_float}\n"
        "x1,a1,Meta::c,install,1772359200,1772359200,Facebook Installs,c,ios,,\n"
        "x1,a1,Meta::c,event,1772359300,1772359200,Facebook Installs,c,ios,purchase,9.5\n"
        "x2,,Meta::c,click,1772359300,,Facebook Installs,c,ios,,\n"
        "x3,,Organic,install,1772359300,1772359300,Organic,,ios,,\n"
    )
    found = read_all(tmp_path, text)
    assert rows(found["events"], "ts", "name", "anon_id", "platform", "value") == [
        (at("2026-03-01T10:00:00"), "install", "a1", "ios", None),
        (at("2026-03-01T10:01:40"), "purchase", "a1", "ios", 9.5),
        (at("2026-03-01T10:01:40"), "install", "x3", "ios", None),
    ]
    assert rows(found["touchpoints"], "ts", "anon_id", "channel", "partner", "campaign") == [
        (at("2026-03-01T10:00:00"), "a1", "paid_social", "meta", "c")
    ]
    assert found["events"].notes == ("1 row of clicks and impressions left out.",)


def test_ga4_reads_its_lists_of_parameters(tmp_path: Path) -> None:
    def event(person: str, micros: int, *params: tuple[str, str]) -> str:
        listed = ",".join(f'{{"key":"{key}","value":{{"string_value":"{value}"}}}}' for key, value in params)
        return (
            f'{{"event_name":"page_view","event_timestamp":{micros},"user_pseudo_id":"{person}",'
            f'"event_params":[{listed}]}}\n'
        )

    base = 1_772_359_200_000_000
    text = (
        event(
            "1.1", base, ("page_location", "https://acme.example/a?utm_source=tiktok&utm_medium=cpc&utm_campaign=x+y")
        )
        + event("1.2", base, ("source", "(direct)"), ("medium", "(none)"))
        + event("1.3", base, ("source", "google"), ("medium", "organic"), ("campaign", "(organic)"))
        + event("1.4", base, ("page_location", "https://acme.example/b"), ("page_referrer", "https://acme.example/a"))
        + event("1.5", base, ("page_location", "https://acme.example/b"), ("page_referrer", "https://www.bing.com/"))
        + event(
            "1.6", base, ("page_location", "https://acme.example/b?gclid=1"), ("page_referrer", "https://google.de/")
        )
    )
    found = read_all(tmp_path, text, "ga.jsonl")
    assert rows(found["events"], "ts", "name", "anon_id")[0] == (at("2026-03-01T10:00:00"), "page_view", "1.1")
    assert rows(found["touchpoints"], "anon_id", "channel", "partner", "campaign", "landing_page") == [
        ("1.1", "paid_social", "tiktok", "x y", "/a"),
        ("1.3", "organic_search", None, "(organic)", None),
        ("1.5", "organic_search", None, None, "/b"),
        ("1.6", "paid_search", "google", None, "/b"),
    ]


def test_mixpanel_keeps_time_and_person_among_the_properties(tmp_path: Path) -> None:
    def event(name: str, **properties: object) -> str:
        return json.dumps({"event": name, "properties": {"time": 1_772_359_200, **properties}}) + "\n"

    text = (
        event("Sign Up", distinct_id="ann", **{"$insert_id": "i1", "plan": "free"})
        + event("Visit", distinct_id="$device:d7", **{"$insert_id": "i2", "$device_id": "d7"})
        + event("Visit", distinct_id="$device:d8")
        + event("Log In", distinct_id="odd", **{"$user_id": "bob", "$device_id": "d7"})
    )
    found = read_all(tmp_path, text, "raw.jsonl")
    assert set(found) == {"events"}
    moment = at("2026-03-01T10:00:00")
    assert rows(found["events"], "ts", "name", "user_id", "anon_id", "event_id") == [
        (moment, "Sign Up", "ann", None, "i1"),
        (moment, "Visit", None, "d7", "i2"),
        (moment, "Visit", None, "d8", None),
        (moment, "Log In", "bob", "d7", None),
    ]
    assert json.loads(found["events"].rows["props"][0])["plan"] == "free"
    assert propose(tmp_path / "raw.jsonl", None, Settings()).looks_like == "a Mixpanel event export"
    (tmp_path / "other.jsonl").write_text('{"event":"a","properties":{},"timestamp":"2026-03-01","userId":"u"}\n')
    assert propose(tmp_path / "other.jsonl", None, Settings()).looks_like is None


EVENTS = """ts,user_id,anon_id,event,page,referrer,utm_source,utm_medium,utm_campaign,promo_code
2026-03-01T10:00:00Z,,d1,page_view,/welcome,https://www.google.com/,google,cpc,brand,
2026-03-01T10:01:00Z,,d1,page_view,/pricing,https://www.acme.example/welcome,google,cpc,brand,
2026-03-01T10:31:01Z,,d1,page_view,/pricing,,google,cpc,brand,
2026-03-01T12:00:00Z,,d1,page_view,/pricing,https://www.bing.com/,,,,
2026-03-01T12:01:00Z,u1,d1,signup,/x,https://shop.acme.example/pricing,,,,
2026-03-02T12:01:00Z,u1,d1,order,/x,,Newsletter,E-Mail,march,MIA10
2026-03-02T13:01:00Z,u2,d2,order,/x,,instagram,paid_social,march,NOBODY
2026-03-02T14:01:00Z,u3,d3,page_view,/lena/,,,,,
2026-03-02T14:02:00Z,u4,d4,page_view,/x,,Kofi,Influencer,spring,
"""
LEDGER = """creator,date,fee,code,link
Mia,2026-03-01,1500,"mia10, MIA20",
Lena,2026-03-01,100,,https://acme.example/lena
Kofi the Great,2026-03-01,10,,https://acme.example/?utm_source=kofi&utm_medium=influencer&utm_campaign=spring
"""


def test_events_with_utm_parameters_make_touchpoints(tmp_path: Path) -> None:
    found = read_all(tmp_path, EVENTS, own_hosts=["acme.example"])
    assert found["events"].rows.height == 9
    assert rows(found["touchpoints"], *TOUCH, "referrer_host", "landing_page", "promo_code") == [
        (at("2026-03-01T10:00"), None, "d1", "paid_search", "google", "brand", "google.com", "/welcome", None),
        (at("2026-03-01T10:31:01"), None, "d1", "paid_search", "google", "brand", None, "/pricing", None),
        (at("2026-03-01T12:00"), None, "d1", "organic_search", None, None, "bing.com", "/pricing", None),
        (at("2026-03-02T12:01"), "u1", "d1", "email", None, "march", None, "/x", "MIA10"),
        (at("2026-03-02T13:01"), "u2", "d2", "paid_social", "meta", "march", None, "/x", "NOBODY"),
        (at("2026-03-02T14:02"), "u4", "d4", "influencer", "Kofi", "spring", None, "/x", None),
    ]
    without = read_all(tmp_path, EVENTS)["touchpoints"].rows
    assert without.filter(channel="referral")["referrer_host"].to_list() == ["shop.acme.example"]


def test_codes_and_links_of_a_ledger_name_the_creator(tmp_path: Path) -> None:
    (tmp_path / "creators.csv").write_text(LEDGER, "utf-8")
    found = read_all(tmp_path, EVENTS, own_hosts=["acme.example"], ledger="creators.csv")["touchpoints"]
    assert rows(found, "user_id", "channel", "partner")[3:] == [
        ("u1", "influencer", "Mia"),  # the code goes before the e-mail it was used from
        ("u2", "paid_social", "meta"),
        ("u3", "influencer", "Lena"),  # by the page of the link
        ("u4", "influencer", "Kofi the Great"),  # by the UTM parameters of the link
    ]


def test_parameters_in_properties_and_addresses_count_too(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text(
        "ts;user_id;name;page;props\n"
        '2026-03-01T10:00:00Z;u1;open;/a;"{""utm_source"":""bing"",""utm_medium"":""cpc"",""coupon"":""MIA10""}"\n'
        "2026-03-01T10:00:00Z;u2;open;/a/?utm_source=mia&utm_medium=influencer#top;\n"
        "2026-03-01T10:00:00Z;u3;open;/a;{}\nnever;u4;open;/a?utm_source=x;\n",
        "utf-8",
    )
    spec = SourceSpec(table="touchpoints", path="x.csv", preset="utm", columns={
        "channel": "made: channel", "partner": "made: partner", "landing_page": "made: landing page",
        "promo_code": "made: promo code",
    })  # fmt: skip
    (batch,) = read(expand(spec, tmp_path)[0], Settings(), now=NOW)
    assert rows(batch, "user_id", "channel", "partner", "landing_page", "promo_code") == [
        ("u1", "paid_search", "microsoft", "/a", "MIA10"),
        ("u2", "influencer", "mia", "/a/", None),
    ]
    assert batch.rejected.select("line", "reason").rows() == [(5, "ts: 'never' is not a time stamp")]


def test_a_quarantined_touchpoint_can_be_mended(tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    file.write_text(EVENTS.replace("2026-03-02T13:01:00Z", "never"), "utf-8")
    load(tmp_path / "shop", file)
    corrected = tmp_path / "bad.csv"
    (bad,) = Warehouse.open(tmp_path / "shop").take_quarantined("touchpoints")
    cells = {**bad[1], "ts": "2026-03-02T13:01:00Z", "_id": bad[0]}
    pl.DataFrame([cells]).write_csv(corrected)
    assert intake.replay(tmp_path / "shop", "touchpoints", corrected).total("loaded") == 1
    held = Warehouse.open(tmp_path / "shop").scan("touchpoints").collect().filter(user_id="u2")
    assert rows(Batch(held, held, 1), *TOUCH) == [(at("2026-03-02T13:01"), "u2", "d2", "paid_social", "meta", "march")]


def test_other_codes_are_another_source(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text(EVENTS, "utf-8")
    (tmp_path / "creators.csv").write_text(LEDGER, "utf-8")
    spec = SourceSpec(table="touchpoints", path="x.csv", preset="utm", ledger="creators.csv")
    before = expand(spec, tmp_path)[0].fingerprint()
    assert expand(spec, tmp_path)[0].fingerprint() == before
    (tmp_path / "creators.csv").write_text(LEDGER.replace("MIA20", "MIA30"), "utf-8")
    assert expand(spec, tmp_path)[0].fingerprint() != before
    (tmp_path / "creators.csv").unlink()
    with pytest.raises(SourceError, match=r"creators\.csv: nothing matches"):
        expand(spec, tmp_path)[0].fingerprint()


def test_a_ledger_without_a_preset_would_do_nothing_and_is_refused() -> None:
    with pytest.raises(ValueError, match='write preset = "utm" as well'):
        SourceSpec(table="touchpoints", path="x.csv", ledger="creators.csv")
    with pytest.raises(ValueError, match="address"):
        SourceSpec(table="touchpoints", path="x.csv", preset="utm", ledger="https://example.org/creators.csv")


def test_a_channel_of_its_own_goes_before_the_utm_parameters(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("ts,user_id,channel,utm_source,utm_campaign\n2026-03-01,u,content,x,y\n", "utf-8")
    proposal = propose(tmp_path / "x.csv", None, Settings())
    assert (proposal.table, proposal.looks_like, proposal.spec.preset) == ("touchpoints", None, None)


# --- from the command line to the warehouse ---------------------------------------------------------------------------


def load(folder: Path, file: Path, *more: str) -> str:
    result = CliRunner().invoke(cli, ["load", str(file), "--workspace", str(folder), "--yes", *more])
    assert result.exit_code == 0, result.output
    return result.output


def test_loaded_once_whatever_is_loaded_again(tmp_path: Path) -> None:
    folder, file = tmp_path / "shop", tmp_path / "log.csv"
    (tmp_path / "creators.csv").write_text(LEDGER, "utf-8")
    assert "spend: 3 rows = 3 loaded" in load(folder, tmp_path / "creators.csv")
    file.write_text(EVENTS, "utf-8")
    said = load(folder, file)
    assert "This looks like an event log with UTM parameters." in said
    assert f"{file} → events: 9 rows = 9 loaded" in said
    assert "touchpoints: 9 rows = 9 loaded\n  1 row" not in said
    specs = {spec.table: spec for spec in load_settings(folder).sources}
    assert (specs["touchpoints"].preset, specs["events"].preset) == ("utm", None)
    assert specs["touchpoints"].ledger == specs["spend"].path
    held = Warehouse.open(folder).scan("touchpoints").collect()
    # The same contacts in a file of their own, as it was written out, change nothing.
    held.write_csv(tmp_path / "touchpoints.csv")
    again = load(folder, tmp_path / "touchpoints.csv", "--as", "touchpoints")
    assert f"{held.height} rows = 0 loaded + {held.height} duplicates" in again
    assert "already loaded" in load(folder, file)


def test_only_the_table_that_was_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    file.write_text(EVENTS, "utf-8")
    assert "touchpoints" not in load(tmp_path / "shop", file, "--as", "events")
    (tmp_path / "meta.csv").write_text("Day,Campaign name,Amount spent (USD)\n2026-03-01,a,1\n", "utf-8")
    for more in ((), ("--as", "spend")):
        said = load(tmp_path / f"shop{len(more)}", tmp_path / "meta.csv", *more, "--constant", "channel=display")
        assert "This looks like a Meta Ads Manager export." in said and "1 rows = 1 loaded" in said
        assert Warehouse.open(tmp_path / f"shop{len(more)}").scan("spend").collect()["channel"].to_list() == ["display"]


def test_one_row_of_a_sum_is_not_played_again(tmp_path: Path) -> None:
    file = tmp_path / "meta.csv"
    file.write_text("Day,Campaign name,Ad name,Amount spent (USD)\n2026-03-01,a,x,1\n2026-03-01,a,y,?\n", "utf-8")
    assert "1 quarantined" in load(tmp_path / "shop", file)
    with pytest.raises(SourceError, match="Correct the file and load it again"):
        intake.replay(tmp_path / "shop", "spend")
    file.write_text(file.read_text("utf-8").replace("?", "2"), "utf-8")
    load(tmp_path / "shop", file)
    spend = Warehouse.open(tmp_path / "shop").scan("spend").collect()
    assert spend.select("date", "campaign", "cost_cents").rows() == [(date(2026, 3, 1), "a", 300)]


# --- the rules, one by one --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "medium", "click", "referrer", "channel"),
    [
        ("google", "cpc", None, None, "paid_search"),
        ("bing", "PPC", None, None, "paid_search"),
        ("google", "paid search", None, None, "paid_search"),
        ("facebook", "cpc", None, None, "paid_social"),
        ("x.com", "paid-social", None, None, "paid_social"),
        ("anything", "paidsocial", None, None, "paid_social"),
        ("criteo", "display", None, None, "display"),
        ("instagram", "display", None, None, "paid_social"),
        ("instagram", None, None, None, "organic_social"),
        ("somebody", "social", None, None, "organic_social"),
        ("mia", "influencer", None, None, "influencer"),
        ("creators", None, None, None, "influencer"),
        ("awin", "affiliate", None, None, "affiliate"),
        ("newsletter", None, None, None, "email"),
        ("klaviyo", "flow", None, None, "email"),
        ("acme", "e-mail", None, None, "email"),
        ("acme", "web push", None, None, "push"),
        ("google", "organic", None, None, "organic_search"),
        ("example.org", "referral", None, None, "referral"),
        ("podcast", "audio", None, None, "other"),
        (None, None, "search", "google.com", "paid_search"),
        (None, None, "social", None, "paid_social"),
        (None, None, None, "google.co.uk", "organic_search"),
        (None, None, None, "duckduckgo.com", "organic_search"),
        (None, None, None, "mail.google.com", "email"),
        (None, None, None, "l.facebook.com", "organic_social"),
        (None, None, None, "t.co", "organic_social"),
        (None, None, None, "notgoogle.com", "referral"),
        (None, None, None, "example.org", "referral"),
        (None, None, None, None, None),
    ],
)
def test_the_channel_of_a_visit(source: str, medium: str, click: str, referrer: str, channel: str) -> None:
    given = [pl.lit(value, pl.String()) for value in (source, medium, click, referrer)]
    assert pl.select(web_channel(*given)).item() == channel


@pytest.mark.parametrize(
    ("name", "channel", "short"),
    [
        ("Facebook Ads", "paid_social", "meta"),
        ("googleadwords_int", "paid_search", "google"),
        ("Apple Search Ads", "app_store_ads", "apple"),
        ("tiktokglobal_int", "paid_social", "tiktok"),
        ("snapchat_int", "paid_social", "snapchat"),
        ("af_app_invites referral", "referral", "af_app_invites referral"),
        ("Moloco", "ad_network", "moloco"),
        ("organic", None, "organic"),
        ("Untrusted Devices", None, "untrusted devices"),
    ],
)
def test_the_channel_of_an_install(name: str, channel: str | None, short: str) -> None:
    assert pl.select(app_channel(pl.lit(name)), short=network(pl.lit(name))).row(0) == (channel, short)


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://www.Example.org/a?b", "example.org"),
        ("http://example.org:8080", "example.org"),
        ("//mail.example.org/x", "mail.example.org"),
        ("example.org", "example.org"),
        ("android-app://com.google.android.gm/", "com.google.android.gm"),
        ("/pricing", None),
        ("pricing", None),
        ("not an address", None),
    ],
)
def test_hosts_are_those_of_the_addresses(address: str, host: str | None) -> None:
    assert pl.select(host_of(pl.lit(address))).item() == host


STEP = st.tuples(st.sampled_from("dex"), st.booleans(), st.sampled_from("ab"), st.integers(0, 200))


@given(steps=st.lists(STEP, max_size=14), seed=st.randoms())
def test_visits_are_as_by_hand_in_any_order(steps: list[tuple[str, bool, str, int]], seed: random.Random) -> None:
    base = datetime(2026, 3, 1, tzinfo=UTC)
    given_rows = [
        {"_row": place, "ts": base + timedelta(minutes=minute), "anon_id": None if person == "x" else person,
         "user_id": "u" if known or person == "x" else None, "channel": channel, "landing_page": f"/{place}"}
        for place, (person, known, channel, minute) in enumerate(steps)
    ]  # fmt: skip
    kept = []
    for row in given_rows:
        # The contact before it: the same person and channel, earlier, or at the same time and earlier in the file.
        before = [
            other for other in given_rows
            if (other["anon_id"], other["channel"]) == (row["anon_id"], row["channel"])
            and (other["ts"], other["_row"]) < (row["ts"], row["_row"])
        ]  # fmt: skip
        if not before or row["ts"] - max(other["ts"] for other in before) > timedelta(minutes=30):
            kept.append(row["_row"])
    shuffled = list(given_rows)
    seed.shuffle(shuffled)
    schema = {"_row": pl.Int64(), "ts": pl.Datetime("us", "UTC"), **dict.fromkeys(
        ("anon_id", "user_id", "channel", "landing_page"), pl.String())}  # fmt: skip
    found = visits(pl.DataFrame(shuffled, schema=schema))
    assert found["_row"].to_list() == kept
    assert found.schema == pl.Schema(schema)
