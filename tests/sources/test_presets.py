"""Exports of advertising tools: recognised, mapped, freed of totals and masks, and exact to the cent."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lib.errors import SourceError
from lib.model import TABLES
from lib.settings import Company, Settings, SourceSpec
from lib.sources import Batch, Proposal, expand, head, propose, read
from lib.sources.amounts import plain_number
from lib.sources.presets import ALL, UTM, Preset, recognised
from lib.sources.presets.made_amounts import per_interval
from lib.sources.presets.months import SAME
from lib.sources.presets.preset import MADE, Cells, Links

NOW = datetime(2026, 11, 1, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[2]
Taken = Callable[..., tuple[Proposal, Batch]]
SHOWN = ("date", "channel", "partner", "campaign", "cost_cents", "impressions", "clicks")


@pytest.fixture
def take(tmp_path: Path) -> Taken:
    """`take(text)`: propose as for a file nobody has said anything about, and read it so."""

    def run(text: str | bytes, name: str = "x.csv", *, currency: str = "USD", table: str | None = None,
            place: int = 0, **more: object) -> tuple[Proposal, Batch]:  # fmt: skip
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        told = Settings(company=Company(currency=currency))
        proposal = propose(tmp_path / name, table, told)
        chosen = (proposal, *proposal.also)[place]
        spec = SourceSpec.model_validate(chosen.spec.model_dump() | {"path": name, **more})
        (batch,) = read(expand(spec, tmp_path)[0], told, now=NOW)
        assert batch.read == batch.rows.height + batch.rejected["row"].n_unique()
        (source,) = expand(spec, tmp_path)
        shown = head(source, told, now=NOW).batch  # the preview of a small file is what is loaded
        assert shown.rows.equals(batch.rows) and shown.notes == batch.notes
        return chosen, batch

    return run


def rows(batch: Batch, *names: str) -> list[tuple[object, ...]]:
    return batch.rows.select(names or [name for name in SHOWN if name in batch.rows.columns]).rows()


GOOGLE = """Campaign performance report
"September 1, 2026 - September 30, 2026"
Day,Campaign,Currency code,Device,Cost,Impr.,Clicks,Conversions
2026-09-01,Brand,USD,Mobile,"1,234.50","12,345",678,3.0
2026-09-01,Brand,USD,Desktop,10.005,100, --,1.0
2026-09-02,Generic,USD,Mobile,0.50,<10,2,0
2026-09-02,Total recall,USD,Mobile,7,1,1,0
Total: Account, --,USD,,"1,252.01","12,445",680,4
Total: Campaigns, --,USD,,"1,252.01","12,445",680,4
"""


def test_google_ads(take: Taken) -> None:
    proposal, batch = take(GOOGLE)
    assert (proposal.looks_like, proposal.table, proposal.missing) == ("a Google Ads report", "spend", ())
    assert {found.column: found.source for found in proposal.columns} == {
        "date": "Day", "campaign": "Campaign", "cost": "Cost", "currency": "Currency code", "impressions": "Impr.",
        "clicks": "Clicks",
    }  # fmt: skip
    assert dict(proposal.spec.constants) == {"channel": "paid_search", "partner": "google", "kind": "media"}
    assert proposal.unused == ("Device", "Conversions")
    # 10.005 is rounded to 10.01; devices add up; a campaign may begin with the word Total; <10 is unknown, not nine.
    assert rows(batch) == [
        (date(2026, 9, 1), "paid_search", "google", "Brand", 124451, 12445, 678),
        (date(2026, 9, 2), "paid_search", "google", "Generic", 50, None, 2),
        (date(2026, 9, 2), "paid_search", "google", "Total recall", 700, 1, 1),
    ]
    assert batch.notes == (
        "2 rows of totals left out.",
        "1 masked count (written like <5) left empty; the cost is kept.",
        "4 rows added up to 3, one per day, channel, campaign and partner.",
    )
    assert not batch.rejected.height


def test_google_ads_by_week_in_utf_16_with_a_decimal_comma(take: Taken) -> None:
    text = (
        "Campaign performance report\nSeptember 1, 2026 - September 30, 2026\nWeek\tCampaign\tCost\tImpr.\tClicks\n"
        "2026-08-31\tBrand\t70,03 €\t1.001\t7\n2026-10-26\tBrand\t1.234,56 €\t7\t--\n"
        "Total: Account\t--\t9 €\t1.010\t7\n"
    )
    proposal, batch = take(text.encode("utf-16"), currency="EUR")
    assert (proposal.separator, proposal.encoding, proposal.decimal) == ("\t", "utf-16", ",")
    assert [row[4:] for row in rows(batch)[:7]] == [(1001, 143, 1)] * 3 + [(1000, 143, 1)] * 4
    assert batch.rows["date"].to_list()[:2] == [date(2026, 8, 31), date(2026, 9, 1)]
    # The last week is over on Sunday, 1 November, the day it is read.
    assert batch.rows["date"].to_list()[7:] == [*(date(2026, 10, day) for day in range(26, 32)), date(2026, 11, 1)]
    assert int(batch.rows["cost_cents"].sum()) == 7003 + 123456
    assert batch.rows["clicks"].to_list()[7:] == [None] * 7
    assert batch.notes[1] == "2 rows of several days spread evenly over 14 days."


def test_a_month_ends_with_its_last_day_or_today(take: Taken) -> None:
    _, batch = take("Month,Campaign,Cost,Impr.\n2026-02-01,a,28.00,\n2026-11-01,a,3.00,\n")
    assert batch.rows["date"].to_list() == [*(date(2026, 2, day) for day in range(1, 29)), date(2026, 11, 1)]
    assert batch.rows["cost_cents"].to_list() == [100] * 28 + [300]


META = """Reporting starts,Reporting ends,Campaign name,Ad name,"Amount spent (USD)",Impressions,Link clicks,Reach
2026-03-01,2026-03-03,Spring,a,10.00,100,,90
2026-03-02,2026-03-02,Spring,b,1.00,1,5,1
2026-03-01,2026-03-03,,,11.00,101,5,91
,,,,11.00,101,5,91
"""


def test_meta_rows_of_several_days_are_spread_and_nameless_sums_left_out(take: Taken) -> None:
    proposal, batch = take(META)
    assert proposal.looks_like == "a Meta Ads Manager export"
    assert rows(batch) == [
        (date(2026, 3, 1), "paid_social", "meta", "Spring", 334, 34, None),
        (date(2026, 3, 2), "paid_social", "meta", "Spring", 433, 34, 5),
        (date(2026, 3, 3), "paid_social", "meta", "Spring", 333, 33, None),
    ]
    assert batch.notes == (
        "2 rows of totals left out.",
        "1 row of several days spread evenly over 3 days.",
        "4 rows added up to 3, one per day, channel, campaign and partner.",
    )


def test_meta_by_day_in_french(take: Taken) -> None:
    text = (
        "Jour;Nom de la campagne;Montant dépensé (EUR);Impressions;Clics sur un lien;Début des rapports;"
        "Fin des rapports\n"
        "2026-03-02;Printemps;1 234,50;48000;610;2026-03-01;2026-03-03\n"
        ";;1 234,50;48000;610;2026-03-01;2026-03-03\n"
    )
    _, batch = take(text, currency="EUR")
    assert rows(batch) == [(date(2026, 3, 2), "paid_social", "meta", "Printemps", 123450, 48000, 610)]
    assert batch.notes == ("1 row of totals left out.",)


def test_a_row_that_ends_before_it_starts_is_refused_with_its_place(take: Taken) -> None:
    with pytest.raises(SourceError) as error:
        take(META.replace("2026-03-01,2026-03-03,Spring", "2026-03-01,2026-02-03,Spring"))
    assert str(error.value) == (
        "x.csv, line 2, Reporting ends: 2026-02-03 is before the first day 2026-03-01; correct it, or export the report"
        " by day."
    )
    with pytest.raises(SourceError, match="more than a year after the first day"):
        take(META.replace("2026-03-01,2026-03-03,Spring", "2024-03-01,2026-02-03,Spring"))


def test_tiktok_masks_counts_and_keeps_the_cost(take: Taken) -> None:
    proposal, batch = take(
        "Campaign name,Ad group name,By Day,Currency,Cost,Impressions,Clicks (destination)\n"
        "Spring,g,2026-03-01,USD,10.00,100,<5\n"
        "Spring,h,2026-03-01,EUR,10.00,100,5\n"
        "Spring,h,2026-03-02,USD,<5,100,5\n"
        "Total of 3 results,-,-,,20.00,200,5\n"
    )
    assert proposal.looks_like == "a TikTok Ads Manager export"
    assert rows(batch) == [(date(2026, 3, 1), "paid_social", "tiktok", "Spring", 1000, 100, None)]
    assert batch.notes[:2] == (
        "1 row of totals left out.", "1 masked count (written like <5) left empty; the cost is kept."
    )  # fmt: skip
    assert batch.rejected.select("line", "column", "reason").rows() == [
        (3, "currency", "currency: 'EUR' is not the reporting currency USD, and fx_rates has no rate of it"),
        (4, "cost", "cost: '<5' is not an amount of money"),
    ]


def test_two_networks_with_one_campaign_name_are_two_rows(take: Taken) -> None:
    _, meta = take(META)
    _, tiktok = take("Campaign name,Ad group name,By Day,Cost\nSpring,g,2026-03-01,1\n")
    key = [TABLES["spend"].by_name[name].stored for name in TABLES["spend"].key if name != "segment"]
    both = pl.concat([meta.rows, tiktok.rows], how="diagonal")
    assert both.height == both.select(key).unique().height == 4


def test_adjust_report(take: Taken) -> None:
    proposal, batch = take(
        "day,network,campaign,adgroup,cost,installs,clicks,impressions\n"
        "2026-03-01,Google Ads ACI,c,g,1.23456,1,2,3\n2026-03-01,Google Ads ACI,c,h,1e-3,1,2,3\n"
        "2026-03-01,TikTok for Business,c,,2,1,2,3\n2026-03-01,Some Network,c,,3,1,2,3\n2026-03-01,Organic,,,0,5,,\n"
    )
    assert proposal.looks_like == "an Adjust report"
    assert rows(batch) == [
        (date(2026, 3, 1), "paid_search", "google", "c", 123, 6, 4),
        (date(2026, 3, 1), "paid_social", "tiktok", "c", 200, 3, 2),
        (date(2026, 3, 1), "ad_network", "some network", "c", 300, 3, 2),
    ]
    assert batch.notes[0] == "1 row of organic installs left out."


@pytest.mark.parametrize(
    "header",
    ["Day,App,Channel,Campaign,Adgroup,Ad spend,Installs,Clicks,Impressions",
     "Day,App,Partner name,Campaign (network),Campaign ID (network),Network cost,Ecpi,Clicks,Impressions",
     "{day},{app},{network},{campaign},{adgroup},{cost},{installs},{clicks},{impressions}"],
)  # fmt: skip
def test_adjust_reports_under_readable_names_and_placeholders(take: Taken, header: str) -> None:
    proposal, batch = take(f"{header}\n2026-03-01,Tallyfold,TikTok for Business,c,g,2.50,1,2,3\n")
    assert proposal.looks_like == "an Adjust report"
    assert rows(batch) == [(date(2026, 3, 1), "paid_social", "tiktok", "c", 250, 3, 2)]


GERMAN = {
    "a Meta Ads Manager export": (
        "meta", "paid_social",
        "Berichtsstart;Berichtsende;Kampagnenname;Anzeigenname;Ausgegebener Betrag (EUR);Impressionen;Link-Klicks\n"
        "2026-03-02;2026-03-02;Frühling;g;1.234,50;48.000;610\n2026-03-02;2026-03-02;;;1.234,50;48.000;610\n",
    ),
    "a Google Ads report": (
        "google", "paid_search",
        "Kampagnenbericht\n1. März 2026 - 31. März 2026\nTag;Kampagne;Währungscode;Kosten;Impr.;Klicks;Conv.-Wert\n"
        "2026-03-02;Frühling;EUR;1.234,50;48.000;610;3,0\nGesamt: Konto;--;EUR;1.234,50;48.000;610;3,0\n",
    ),
    "a TikTok Ads Manager export": (
        "tiktok", "paid_social",
        "Kampagnenname;Anzeigengruppenname;Nach Tag;Währung;Kosten;Impressionen;Klicks (Ziel)\n"
        "Frühling;g;2026-03-02;EUR;1.234,50;48.000;610\nGesamt;-;-;;1.234,50;48.000;610\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("title", GERMAN)
def test_german_exports_with_their_sums(take: Taken, title: str) -> None:
    partner, channel, text = GERMAN[title]
    proposal, batch = take(text, currency="EUR")
    assert (proposal.looks_like, proposal.decimal, proposal.missing) == (title, ",", ())
    assert rows(batch) == [(date(2026, 3, 2), channel, partner, "Frühling", 123450, 48000, 610)]
    assert batch.notes[0] == "1 row of totals left out." and not batch.rejected.height


def test_google_ads_in_german_without_a_currency_code(take: Taken) -> None:
    text = "Woche;Kampagne;Kosten;Impressionen;Klicks;Durchschn. CPC\n2026-03-02;Marke;7,00;70;7;1,00\n"
    proposal, batch = take(text, currency="EUR")
    assert proposal.looks_like == "a Google Ads report"
    assert [row[4:] for row in rows(batch)] == [(100, 10, 1)] * 7


def test_appsflyer_cost_without_a_currency_is_in_dollars(take: Taken) -> None:
    text = (
        "date,app-id,media-source,campaign,spend,geo,currency\n2026-03-01,id1,mia_influencer,spring,10.005,DE,\n"
        "2026-03-01,id1,mia_influencer,spring,1,FR,USD\n2026-03-01,id1,tiktokglobal_int,spring,7,FR,EUR\n"
    )
    proposal, batch = take(text)
    assert proposal.looks_like == "an AppsFlyer cost import file"
    assert rows(batch) == [(date(2026, 3, 1), "influencer", "mia_influencer", "spring", 1101)]
    _, batch = take(text, currency="EUR")
    assert rows(batch) == [(date(2026, 3, 1), "paid_social", "tiktok", "spring", 700)]
    assert batch.rejected["line"].to_list() == [2, 3]


def test_a_creator_ledger_adds_fee_and_product_cost(take: Taken) -> None:
    proposal, batch = take(
        "Creator,Date,Fee,Product cost,Code,Link\n"
        'Mia,2026-03-01,"$1,500.00",45.5,MIA10,https://acme.example/mia\n'
        "Lena,2026-03-02,,30,LENA,\nKofi,2026-03-02,(500),30,KOFI,\nNora,2026-03-02,$5,€30,N,\nTotal,,1500,105.5,,\n"
    )
    assert proposal.looks_like == "a creator ledger"
    assert rows(batch, "date", "kind", "channel", "partner", "cost_cents") == [
        (date(2026, 3, 1), "influencer_fee", "influencer", "Mia", 154550),
        (date(2026, 3, 2), "influencer_fee", "influencer", "Lena", 3000),
    ]
    assert batch.rejected.select("line", "reason").rows() == [
        (4, "cost: '-470' is negative"),
        (5, "cost: '$5 and €30' is not an amount of money"),
    ]


def test_typed_files_are_recognised_too(take: Taken, tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {"Day": [date(2026, 3, 1), None], "Campaign": ["a", "Total: Account"], "Cost": [1.239, 1.239], "Impr.": [7, 7]}
    )
    frame.write_parquet(tmp_path / "made.parquet")
    _, batch = take((tmp_path / "made.parquet").read_bytes(), "x.parquet")
    assert rows(batch) == [(date(2026, 3, 1), "paid_search", "google", "a", 124, 7)]
    assert batch.notes == ("1 row of totals left out.",)


# --- currencies ------------------------------------------------------------------------------------------------------


def test_a_foreign_currency_in_the_header_is_refused(take: Taken) -> None:
    with pytest.raises(SourceError) as error:
        take(META.replace("(USD)", "(EUR)"))
    assert str(error.value) == (
        "x.csv, Amount spent (EUR): these amounts are in EUR, and the reporting currency is USD. Export them in USD, or"
        ' say constants = {currency = "EUR"} of this source and load a rate of EUR into fx_rates.'
    )
    assert rows(take(META.replace("(USD)", "(EUR)"), currency="EUR")[1])[0][4] == 334
    with pytest.raises(SourceError, match=r"two currencies, Amount spent \(USD\) and Amount spent \(EUR\)"):
        take("Day,Campaign name,Amount spent (USD),Amount spent (EUR)\n2026-03-01,a,1,2\n")


@pytest.mark.parametrize("header", ["Day,Campaign,Cost,Impr.", "date,campaign,cost,impressions"])
def test_several_currencies_in_one_column_are_refused(take: Taken, header: str) -> None:
    with pytest.raises(SourceError) as error:
        take(f"{header}\n2026-03-01,a,$1.00,1\n2026-03-02,a,2.00,1\n2026-03-03,a,€3.00,1\n")
    assert str(error.value) == (
        f"x.csv, {header.split(',')[2]}: '$1.00' (line 2) is in USD and '€3.00' (line 4) in EUR. One column of amounts "
        "needs one currency, or a column that says which."
    )


@pytest.mark.parametrize(("cell", "code"), [("£3.00", "GBP"), ("3.00 CHF", "CHF"), ("EUR 3.00", "EUR")])
def test_amounts_that_say_they_are_in_another_currency_are_refused(take: Taken, cell: str, code: str) -> None:
    with pytest.raises(SourceError, match=f"line 2, Cost: '{cell}': these amounts are in {code}"):
        take(f"Day,Campaign,Cost,Impr.\n2026-03-01,a,{cell},1\n")
    assert rows(take(f"Day,Campaign,Cost,Impr.\n2026-03-01,a,{cell},1\n", currency=code)[1])[0][4] == 300


def test_a_dollar_is_the_one_we_report_in(take: Taken) -> None:
    text = "Day,Campaign,Cost,Impr.\n2026-03-01,a,$3.00,1\n"
    assert rows(take(text, currency="CAD")[1])[0][4] == 300
    with pytest.raises(SourceError, match="in USD, and the reporting currency is EUR"):
        take(text, currency="EUR")


# --- days ------------------------------------------------------------------------------------------------------------


def test_days_that_could_be_months_are_asked_for(take: Taken) -> None:
    text = "Day,Campaign,Cost,Impr.\n03/04/2026,a,3.00,1\n"
    with pytest.raises(SourceError, match=r"x\.csv: Day: days like 03/04/2026 could be 3 April or 4 March; set date_"):
        take(text)
    assert rows(take(text, date_format="%d/%m/%Y")[1])[0][0] == date(2026, 4, 3)
    assert rows(take(text, date_format="%m/%d/%Y")[1])[0][0] == date(2026, 3, 4)
    assert rows(take(text + "03/13/2026,a,3.00,1\n")[1])[0][0] == date(2026, 3, 4)


def test_a_report_without_days_says_what_is_missing(take: Taken, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("Campaign,Cost,Impr.\na,3.00,1\n", "utf-8")
    assert propose(tmp_path / "x.csv", None, Settings()).missing == ("date",)


def test_a_report_without_rows_has_its_columns(take: Taken) -> None:
    _, batch = take("day,network,campaign,cost,installs\n")
    assert (batch.read, batch.rows.height, batch.rows.columns[:2]) == (0, 0, ["date", "function"])


# --- recognising ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", TABLES)
def test_templates_are_nobodys_export(table: str) -> None:
    assert recognised([column.name for column in TABLES[table].columns]) is None


@pytest.mark.parametrize(
    "sample", [path.name for path in (ROOT / "data").iterdir() if (path / "growthops.toml").exists()]
)
def test_samples_are_nobodys_export(sample: str) -> None:
    for file in (ROOT / "data" / sample).glob("*.gz"):
        proposal = propose(file, None, Settings())
        assert (proposal.looks_like, proposal.also) == (None, ())


@pytest.mark.parametrize(
    "header",
    ["day,campaign,cost,clicks", "date,campaign,cost,currency_code,impressions", "date,spend,media_source,campaign",
     "ts,user_id,name,utm", "customer,fee,date", "Campaign name,Cost,Date"],
)  # fmt: skip
def test_plain_files_are_nobodys_export(header: str) -> None:
    assert recognised(header.split(",")) is None


def test_headers_are_matched_whatever_their_case_and_blanks() -> None:
    found = recognised([" DAY ", "campaign", "COST", "impr."])
    assert found is not None and found.name == "google_ads"
    assert len({preset.name for preset in ALL}) == len(ALL)


def test_what_a_preset_cannot_do_is_said(take: Taken) -> None:
    with pytest.raises(SourceError, match="did you mean 'google_ads'"):
        take(GOOGLE, preset="google_add")
    with pytest.raises(SourceError, match="the preset meta_ads fills spend, not events"):
        take("user_id,ts,name\nu,2026-03-01,x\n", preset="meta_ads")


# --- laws -------------------------------------------------------------------------------------------------------------

ROW = st.tuples(
    st.integers(0, 40),
    st.integers(0, 20),
    st.sampled_from("ab"),
    st.integers(0, 99_999),
    st.none() | st.integers(0, 50),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(entries=st.lists(ROW, min_size=1, max_size=12))
def test_spread_and_added_up_as_by_hand(take: Taken, entries: list[tuple[int, int, str, int, int | None]]) -> None:
    first = date(2026, 3, 1).toordinal()
    text = "Reporting starts,Reporting ends,Campaign name,Amount spent (USD),Impressions\n"
    expected: dict[tuple[date, str], list[int | None]] = {}
    for start, length, campaign, cents, shown in entries:
        days = [date.fromordinal(first + start + place) for place in range(length + 1)]
        text += f"{days[0]},{days[-1]},{campaign},{cents / 100:.2f},{'' if shown is None else shown}\n"
        for place, day in enumerate(days):
            sums = expected.setdefault((day, campaign), [0, None])
            sums[0] = (sums[0] or 0) + cents // len(days) + (place < cents % len(days))
            if shown is not None:
                sums[1] = (sums[1] or 0) + shown // len(days) + (place < shown % len(days))
    _, batch = take(text)
    found = {(day, name): [cents, shown] for day, name, cents, shown in rows(
        batch, "date", "campaign", "cost_cents", "impressions")}  # fmt: skip
    assert found == expected
    assert batch.rows.height == len(expected)
    assert batch.rows["cost_cents"].sum() == sum(cents for _, _, _, cents, _ in entries)


# --- work -------------------------------------------------------------------------------------------------------------

# One of each column in which a parameter may stand, beside those that presets of web events ask for by themselves.
WEB = ("event_params", "collected_traffic_source", "props", "page", "referrer", "utm_source", "promo_code")


def reads(expression: pl.Expr) -> int:
    """How often an expression reads a column: it does so once more wherever a part of it stands once more."""
    return len(expression.meta.root_names())


@pytest.mark.parametrize("preset", [*ALL, UTM], ids=lambda preset: preset.name)
def test_made_columns_read_each_cell_a_few_times(preset: Preset) -> None:
    """What several columns are made from is worked out once, or the work multiplies from one to the next: six rows of
    web events took fourteen seconds so."""
    assert reads(pl.col("a") + pl.col("a") * 2) == 2
    links = Links({"MIA10": "Mia"}, {"/lena": "Lena"}, {"kofi\t\t": "Kofi"})
    for target in preset.targets:
        asked = (
            *preset.identify,
            *target.columns.values(),
            target.needs,
            WEB if target.gather == "visits" else (),
            (SAME,),
        )
        names = tuple(dict.fromkeys(name for group in asked for name in group if name == SAME or MADE not in name))
        schema = pl.Schema({f"c{place}": pl.String() for place in range(len(names))})
        cells = Cells(names, schema, ",", ("acme.example",), links)
        layers = [*target.steps(cells)] if target.steps else []
        layers += [target.made(cells)] if target.made else []
        layers += [{"keeps": target.keeps(cells)}] if target.keeps else []
        found = {name: reads(value) for layer in layers for name, value in layer.items()}
        assert {name: count for name, count in found.items() if count > 40 * len(names)} == {}


def test_an_amount_is_read_once_for_its_digits_and_once_for_whether_it_is_one() -> None:
    value, interval, count = (pl.col(name) for name in ("value", "interval", "count"))
    assert reads(plain_number(value, ",")) == 2
    assert per_interval(value, interval, count).meta.root_names().count("value") == 1
