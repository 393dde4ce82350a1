"""The first guess: the table, the columns, and what a person has to decide."""

from pathlib import Path

import pytest

from lib.errors import SourceError
from lib.model import TABLES
from lib.settings import Settings
from lib.sources import Proposal, expand, propose, read
from lib.sources.mapping import normal
from tests.sources.conftest import NOW


def guess(folder: Path, text: str, table: str | None = None, name: str = "x.csv") -> Proposal:
    (folder / name).write_text(text, "utf-8")
    return propose(folder / name, table, Settings())


def mapping(proposal: Proposal) -> dict[str, str]:
    return {found.column: found.source for found in proposal.columns}


@pytest.mark.parametrize("table", list(TABLES))
def test_templates_are_recognised(tmp_path: Path, table: str) -> None:
    proposal = guess(tmp_path, TABLES[table].template())
    assert (proposal.table, proposal.missing, proposal.extras, proposal.unused) == (table, (), (), ())
    (source,) = expand(proposal.spec, tmp_path)
    (batch,) = read(source, Settings(), now=NOW)
    assert (batch.rows.height, batch.rejected.height) == (3, 0)


def test_product_events(tmp_path: Path) -> None:
    text = "uuid;event;distinct_id;timestamp;$browser\n1;Signed Up;u1;2026-03-02T10:00:00Z;Firefox\n"
    proposal = guess(tmp_path, text)
    assert proposal.table == "events"
    assert mapping(proposal) == {"event_id": "uuid", "ts": "timestamp", "name": "event", "user_id": "distinct_id"}
    assert (proposal.separator, proposal.encoding, proposal.decimal, proposal.header) == (";", "utf-8", ".", True)
    assert not proposal.spec.snake_case  # the names stay what the file says
    assert proposal.extras == ("$browser",)
    lines = proposal.lines()
    assert lines[0] == "Table events (csv, separator ;, encoding utf-8, decimal .)"
    assert "  ts       = timestamp  (known as another name of ts)  e.g. 2026-03-02T10:00:00Z" in lines


def test_earlier_synonyms_win_and_columns_are_used_once(tmp_path: Path) -> None:
    proposal = guess(
        tmp_path, "event_name,type,time,received_at,user,customer\na,b,2026-01-01,2026-01-02,u,c\n", "events"
    )
    assert mapping(proposal) == {"name": "event_name", "ts": "time", "user_id": "user"}


def test_a_time_column_is_found_by_its_values(tmp_path: Path) -> None:
    proposal = guess(tmp_path, "geschehen,event,user_id\n2026-03-02 10:00,a,12\n", "events")
    assert mapping(proposal)["ts"] == "geschehen"
    assert "its values are time stamps" in {found.why for found in proposal.columns}


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Kunde;Datum;Aktion;Betrag", ("Datum", "Aktion", "Kunde", "Betrag")),
        ("Kunden-ID;Zeitstempel;Event-Name;Umsatz", ("Zeitstempel", "Event-Name", "Kunden-ID", "Umsatz")),
        ("Benutzer;Zeitpunkt;Ereignis;Preis", ("Zeitpunkt", "Ereignis", "Benutzer", "Preis")),
        ("Utilisateur;Horodatage;Événement;Montant", ("Horodatage", "Événement", "Utilisateur", "Montant")),
        ("Usuario;Fecha;Evento;Importe", ("Fecha", "Evento", "Usuario", "Importe")),
    ],
)
def test_german_french_and_spanish_headers(tmp_path: Path, header: str, expected: tuple[str, ...]) -> None:
    proposal = guess(tmp_path, f"{header};Gerät\nk1;01.02.2026 10:00;kauf;3,50;ios\n")
    assert (proposal.table, proposal.missing, proposal.extras) == ("events", (), ("Gerät",))
    assert tuple(mapping(proposal)[name] for name in ("ts", "name", "user_id", "value")) == expected


@pytest.mark.parametrize("table", list(TABLES))
def test_no_header_is_known_for_two_columns_of_a_table(table: str) -> None:
    known = [
        spelled
        for column in TABLES[table].columns
        for spelled in {normal(name) for name in (column.name, column.stored, *column.names)}
    ]
    assert sorted(known) == sorted(set(known))


@pytest.mark.parametrize("bad", ["31.02.2026", "", "unbekannt"])
def test_a_bad_day_among_good_ones_does_not_hide_the_column(tmp_path: Path, bad: str) -> None:
    """T12"""
    text = f"Kunde;Wann;Aktion\nk1;01.02.2026;kauf\nk2;{bad};kauf\nk3;03.02.2026;kauf\n"
    proposal = guess(tmp_path, text)
    assert (proposal.table, proposal.missing, mapping(proposal)["ts"]) == ("events", (), "Wann")
    (source,) = expand(proposal.spec, tmp_path)
    (batch,) = read(source, Settings(), now=NOW)
    assert (batch.rows.height, batch.rejected["row"].to_list()) == (2, [2])


def test_numbers_are_not_taken_for_days(tmp_path: Path) -> None:
    proposal = guess(tmp_path, "user,Menge,event\nu1,12.5,a\nu2,3.25,a\n")
    assert proposal.missing == ("ts",)


def test_ad_spend(tmp_path: Path) -> None:
    text = "Reporting starts,Campaign name,Amount spent (USD),Impressions,Link clicks,Reach\n"
    text += "2026-03-02,spring,320.40,48000,610,9\n"
    proposal = guess(tmp_path, text)
    assert proposal.table == "spend"
    assert mapping(proposal) == {
        "date": "Reporting starts", "campaign": "Campaign name", "cost": "Amount spent (USD)",
        "impressions": "Impressions", "clicks": "Link clicks",
    }  # fmt: skip
    assert proposal.unused == ("Reach",)


def test_what_is_missing_and_what_to_decide(tmp_path: Path) -> None:
    proposal = guess(tmp_path, "date,event\n03/04/2026,a\n", "events")
    assert proposal.missing == ("user_id or anon_id",)
    assert proposal.notes == (
        'date: days like 03/04/2026 could be 3 April or 4 March; set date_format, for example "%d/%m/%Y".',
    )
    proposal = guess(tmp_path, "id,email,created\n1,a@b.co,2026-01-01\n", "users")
    assert proposal.notes == ("email: only the part behind the @ is kept, as email_domain.",)


def test_refusals(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="did you mean 'events'"):
        propose(tmp_path / "x.csv", "event", Settings())
    with pytest.raises(SourceError, match="nothing matches"):
        propose(tmp_path / "x.csv", None, Settings())
    with pytest.raises(SourceError, match="only local files"):
        propose("file:///etc/passwd", None, Settings())


def test_what_is_shown_is_what_the_person_said(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text("Wer;Datum;Vorgang;Ort\nk1;01.02.2026 10:00;kauf;DE\n", "utf-8")
    guessed = propose(tmp_path / "orders.csv", "events", Settings())
    assert guessed.missing == ("name", "user_id or anon_id")
    said = guessed.corrected({"user_id": "Wer", "name": "Vorgang"}, {"surface": "web"})
    assert said.missing == ()
    assert said.extras == ("Ort",)
    assert [(found.column, found.source, found.why) for found in said.columns[-2:]] == [
        ("user_id", "Wer", "as you said"), ("name", "Vorgang", "as you said"),
    ]  # fmt: skip
    assert "  surface = 'web' in every row" in said.lines()
