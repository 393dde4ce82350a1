"""Uploads are kept under a safe name, looked through apart, and refused in a sentence when they are bombs."""

import gzip
import signal
import struct
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lib import intake, probe, upload
from lib.demo.workspace import own_place
from lib.errors import SourceError
from lib.probe import Asked
from lib.settings import load_settings, workspaces

GERMAN = "customer;Zeitpunkt;Was;Gerät\nk1;01.03.2026 09:00;App geöffnet;ios\nk2;nie;Konto angelegt;web\n" + "".join(
    f"k{k};0{k}.03.2026 09:00;App geöffnet;ios\n" for k in (3, 4, 5)
)
Make = Callable[[Path], bytes]


def asked(workspace: Path, path: Path, **more: Any) -> Asked:
    return Asked(str(workspace), str(path), **more)


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("a.csv", "a.csv"),
        ("../../a.csv", "a.csv"),
        ("C:\\secret\\a.csv", "a.csv"),
        ("..", "data"),
        (".bashrc.csv", "data.bashrc.csv"),
        ("a\0b;rm -rf $HOME.csv", "a_b_rm -rf _HOME.csv"),
        ("Käufe 😀.csv", "Käufe _.csv"),
        ("x" * 300 + ".csv", "x" * 96 + ".csv"),
    ],
)
def test_names_cannot_leave_the_folder(name: str, safe: str, tmp_path: Path) -> None:
    assert upload.safe_name(name) == safe
    if safe.endswith(".csv"):
        assert upload.keep(tmp_path, name, b"a\n1\n") == tmp_path / "uploads" / safe


def test_the_same_file_again_is_the_same_place_and_another_one_is_not(tmp_path: Path) -> None:
    first = upload.keep(tmp_path, "a.csv.gz", b"one")
    assert upload.keep(tmp_path, "a.csv.gz", b"one") == first
    assert upload.keep(tmp_path, "a.csv.gz", b"two").name == "a-2.csv.gz"
    assert upload.keep(tmp_path, "a.csv.gz", b"two").name == "a-2.csv.gz"
    assert sorted(path.name for path in (tmp_path / "uploads").iterdir()) == ["a-2.csv.gz", "a.csv.gz"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"", "a.csv is empty (0 bytes); export it again."),
        ("a.xlsx", b"PK\x03\x04", "save the sheet as CSV"),
        ("a.csv", b"PK\x03\x04", "save the sheet as CSV"),
        ("a.xls", b"\xd0\xcf\x11\xe0", "save the sheet as CSV"),
        ("a.csv", b"%PDF-1.7", "is a PDF"),
        ("a.exe", b"MZ", "is of no known format"),
        ("a", b"a,b", "is of no known format"),
    ],
)
def test_what_is_no_table_is_refused_before_it_is_kept(name: str, content: bytes, said: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError) as error:
        upload.keep(tmp_path, name, content)
    assert said in str(error.value)
    assert not list(tmp_path.rglob("*.*"))


def test_a_guess_names_what_is_missing(tmp_path: Path) -> None:
    place = upload.keep(tmp_path, "a.csv", GERMAN.encode())
    found = probe.look(asked(tmp_path, place))
    assert (found.table, found.missing, found.rows, found.read) == ("events", ["name"], 5, 0)
    assert found.spec["columns"] == {"ts": "Zeitpunkt", "user_id": "customer"}
    assert found.kept == ["Was", "Gerät"]
    assert found.names == ["Zeitpunkt", "customer", "Was", "Gerät"]


def test_a_mapping_shows_real_rows_and_those_that_would_be_quarantined(tmp_path: Path) -> None:
    place = upload.keep(tmp_path, "a.csv", GERMAN.encode())
    columns = {"ts": "Zeitpunkt", "user_id": "customer", "name": "Was"}
    found = probe.look(asked(tmp_path, place, table="events", columns=columns, timezone="Europe/Berlin"))
    assert found.missing == []
    assert found.preview["ts"] == [f"2026-03-0{day} 08:00:00" for day in (1, 3, 4, 5)]
    assert (found.preview["name"], found.preview["user_id"]) == (["App geöffnet"] * 4, ["k1", "k3", "k4", "k5"])
    assert (found.read, found.quarantined, len(found.reasons)) == (5, 1, 1)
    assert found.reasons[0][0] == "ts"
    assert (found.zoneless, found.is_spelled_freely, found.kept) == (["ts"], True, ["Gerät"])
    again = probe.look(asked(tmp_path, place, table="events", columns=columns, snake_case=True))
    assert (again.preview["name"], again.is_spelled_freely) == (["app_geöffnet"] * 4, False)


def test_a_constant_fills_a_column_and_an_own_name_stays(tmp_path: Path) -> None:
    place = upload.keep(tmp_path, "a.csv", b"user_id,ts\nu,2026-03-01T10:00:00Z\n")
    found = probe.look(asked(tmp_path, place, table="events", columns={}, constants={"name": "order"}))
    assert (found.missing, found.zoneless) == ([], [])
    assert found.fixed == {"ts": "ts", "user_id": "user_id"}
    assert found.preview == {"ts": ["2026-03-01 10:00:00"], "name": ["order"], "user_id": ["u"]}


def test_days_that_could_be_months_are_asked_for(tmp_path: Path) -> None:
    place = upload.keep(tmp_path, "a.csv", b"user_id,ts,name\nu,03/04/2026,a\n")
    found = probe.look(asked(tmp_path, place, table="events"))
    assert found.problem is not None and "date_format" in found.problem
    told = probe.look(asked(tmp_path, place, table="events", date_format="%d/%m/%Y"))
    assert (told.problem, told.preview["ts"]) == (None, ["2026-04-03 00:00:00"])


def test_a_folder_is_looked_at_by_its_first_file(tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv"):
        (tmp_path / name).write_text(f"user_id,ts,name\n{name},2026-03-01,x\n", "utf-8")
    found = probe.look(asked(tmp_path / "shop", tmp_path / "*.csv", is_upload=False))
    assert (found.files, found.rows, found.preview["user_id"]) == (2, None, ["a.csv"])
    assert found.spec["path"] == (tmp_path / "*.csv").as_posix()


def test_what_was_looked_at_is_what_is_loaded_and_a_new_mapping_takes_its_place(tmp_path: Path) -> None:
    place = upload.keep(tmp_path, "a.csv", GERMAN.encode())
    columns = {"ts": "Zeitpunkt", "user_id": "customer", "name": "Was"}
    for name in ("Was", "Gerät"):
        found = probe.look(asked(tmp_path, place, table="events", columns=columns | {"name": name}))
        report = intake.take_in(tmp_path, [found.source])
        assert (report.total("read"), report.total("loaded"), report.total("quarantined")) == (5, 4, 1)
    assert [spec.columns["name"] for spec in load_settings(tmp_path).sources] == ["Gerät"]


def test_ones_own_rows_never_go_among_the_demo_companys(tmp_path: Path) -> None:
    assert own_place(workspaces() / "demo") == own_place(workspaces() / "ecom") == workspaces() / "mine"
    assert own_place(tmp_path) == tmp_path
    (tmp_path / "growthops.toml").write_text('[company]\nname = "Tallyfold"\n', "utf-8")
    assert own_place(tmp_path) == tmp_path.with_name("mine")


def test_a_refused_upload_goes_unless_it_is_loaded_already(tmp_path: Path) -> None:
    loaded, refused = upload.keep(tmp_path, "a.csv", b"a"), upload.keep(tmp_path, "b.csv", b"b")
    (tmp_path / "growthops.toml").write_text('[[sources]]\ntable = "events"\npath = "uploads/a.csv"\n', "utf-8")
    (tmp_path / "own.csv").write_bytes(b"c")
    for place in (loaded, refused, tmp_path / "own.csv"):
        upload.forget(tmp_path, place)
    assert (loaded.exists(), refused.exists(), (tmp_path / "own.csv").exists()) == (True, False, True)


# --- bombs, each in the process the product uses ---------------------------------------------------------------------


def parquet(tmp_path: Path) -> bytes:
    """A few kilobytes that unpack to 1.9 GB."""
    same = pa.DictionaryArray.from_arrays(pa.array(np.zeros(1_900_000, np.int32)), pa.array(["x" * 1_000]))
    # The text itself, of which the file holds one: it says nothing of the dictionary it was written from.
    pq.write_table(pa.table({"user_id": same}), tmp_path / "bomb", compression="zstd", store_schema=False)
    return (tmp_path / "bomb").read_bytes()


def wide(_: Path) -> bytes:
    return (",".join(f"c{k}" for k in range(1_000_000)) + "\n").encode()


def long_cell(_: Path) -> bytes:
    """400 MB in one cell: a packed megabyte that needs nothing before it, four hundred times in one stream."""
    packer, letters = zlib.compressobj(1, wbits=-zlib.MAX_WBITS), b"x" * 1_000_000
    start, end = b"user_id,ts,name\nu,2026-01-01,", b"\n"
    first, many = (packer.compress(part) + packer.flush(zlib.Z_FULL_FLUSH) for part in (start, letters))
    packed = first + many * 400 + packer.compress(end) + packer.flush()
    check = zlib.crc32(start)
    for _ in range(400):
        check = zlib.crc32(letters, check)
    size = len(start) + 400 * len(letters) + len(end)
    return b"\x1f\x8b\x08" + bytes(7) + packed + struct.pack("<II", zlib.crc32(end, check), size)


def endless(_: Path) -> bytes:
    return gzip.compress(b"user_id,ts,name\n") + gzip.compress(b"u,2026-01-01,abc\n" * 1_000_000, 1) * 400


@pytest.mark.parametrize(
    ("name", "make", "said"),
    [
        ("bomb.parquet", parquet, "unpacks to more than"),
        ("wide.csv", wide, "longer than 4 MiB"),
        ("cell.csv.gz", long_cell, "may"),
        ("endless.csv.gz", endless, "bomb"),
        ("nul.csv", lambda _: bytes(100_000), "is empty"),
        ("cut.parquet", lambda _: b"PAR1" + bytes(1000), "no Parquet file"),
        ("utf16.csv", lambda _: GERMAN.encode("utf-16"), None),
        ("bom.csv", lambda _: b"\xef\xbb\xbf" + GERMAN.encode(), None),
    ],
)
def test_a_bomb_ends_in_a_sentence(name: str, make: Make, said: str | None, tmp_path: Path) -> None:
    place = upload.keep(tmp_path, name, make(tmp_path))
    upload.prepare()
    assert upload._SPARE[0].ready.wait(upload.SECONDS_TO_START)
    before, start = resident(), time.perf_counter()
    if said == "may":  # 400 MB are unpacked in time or not; the one row is quarantined where they are
        with suppress(SourceError):
            assert upload.look(asked(tmp_path, place)).quarantined == 1
    elif said is None:
        assert upload.look(asked(tmp_path, place)).rows in (1, 5)
    else:
        with pytest.raises(SourceError) as error:
            upload.look(asked(tmp_path, place))
        text = str(error.value)
        assert said in text or "to look through" in text or "given up" in text
        assert str(tmp_path / "uploads") not in text
    assert time.perf_counter() - start < 10
    assert resident() - before < 300 << 20


def resident() -> int:
    """Bytes of memory this process holds."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
    except OSError:
        return 0


def test_a_process_that_dies_or_says_too_much_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = upload.keep(tmp_path, "a.csv", GERMAN.encode())
    upload.prepare()
    upload._SPARE[0].process.kill()
    upload._SPARE[0].process.wait()
    assert upload.look(asked(tmp_path, place)).missing == ["name"]  # a dead spare is replaced
    upload._SPARE.pop().end()  # a process that becomes ready under the limit below would keep it
    monkeypatch.setattr(upload, "MOST_ANSWER", 10)
    with pytest.raises(SourceError, match="given up"):
        upload.look(asked(tmp_path, place))
    upload._SPARE.pop().end()


def test_too_long_a_look_says_whether_the_file_or_the_computer_is_slow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = upload.keep(tmp_path, "my log.csv", GERMAN.encode())
    question = asked(tmp_path, place, table="events", columns={"user_id": "Wer $x"}, constants={"name": "buy"})
    monkeypatch.setattr(signal, "SIGXCPU", 24, raising=False)  # as where a system limits what a process computes
    mapped = "growthops load 'my log.csv' --as events --column 'user_id=Wer $x' --constant name=buy"
    for code, answer, said in (
        (-9, None, "my log.csv could not be looked through in time: this computer is busy."),
        (-24, b"", "my log.csv takes longer than 8 seconds to look through."),
    ):
        child = SimpleNamespace(ask=lambda *_, told=answer: told, process=SimpleNamespace(returncode=code))
        monkeypatch.setattr(upload, "_take", lambda child=child: child)
        with pytest.raises(upload.LateError) as error:
            upload.look(question)
        assert str(error.value).startswith(f"{said} Nothing was loaded. If you trust the file, load it from the ")
        assert str(error.value).endswith(f'{mapped} --workspace "{tmp_path}"')


def test_the_command_names_a_file_that_is_read_where_it_is(tmp_path: Path) -> None:
    place = tmp_path / "log.csv"
    assert upload.command(asked(tmp_path / "ws", place, is_upload=False)) == (
        f'growthops load {place} --workspace "{tmp_path / "ws"}"'
    )


def test_only_a_small_file_may_wait_for_a_busy_computer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small, large = tmp_path / "small.csv", tmp_path / "large.csv"
    small.write_bytes(bytes(upload.SMALL))
    large.write_bytes(bytes(upload.SMALL + 1))
    questions = [asked(tmp_path, place) for place in (small, large, tmp_path / "*.csv")]
    for system, waits in (("linux", [upload.SECONDS_FOR_SMALL, 9, 9]), ("win32", [9, 9, 9])):
        monkeypatch.setattr(upload.sys, "platform", system)  # nothing limits what a process computes on the second
        assert [upload._patience(question) for question in questions] == waits


def test_the_answer_is_the_same_apart_and_here(tmp_path: Path) -> None:
    frame = pl.DataFrame({"user_id": ["<b>", "=1+1"], "ts": ["2026-03-01", "2026-03-02"], "name": ["a.b[c]:\\", None]})
    frame.write_parquet(tmp_path / "odd.parquet")
    place = upload.keep(tmp_path, "odd.parquet", (tmp_path / "odd.parquet").read_bytes())
    question = asked(tmp_path, place)
    assert vars(upload.look(question)) | {"reasons": []} == vars(probe.look(question)) | {"reasons": []}


def test_an_export_is_recognised_mapped_and_corrected_by_hand(tmp_path: Path) -> None:
    text = "Day,Campaign name,Ad name,Amount spent (USD)\n2026-03-01,a,x,1.50\n2026-03-01,a,y,2\n,,,3.50\n"
    place = upload.keep(tmp_path, "ads.csv", text.encode())
    found = probe.look(asked(tmp_path, place))
    assert (found.looks_like, found.table, found.missing) == ("a Meta Ads Manager export", "spend", [])
    assert found.spec["constants"] == {"channel": "paid_social", "kind": "media", "partner": "meta"}
    assert (found.preview["cost"], found.preview["date"], found.read) == (["3.5"], ["2026-03-01"], 1)
    assert found.notes == [
        "1 row of totals left out.",
        "2 rows added up to 1, one per day, channel, campaign and partner.",
    ]
    columns = {"date": "Day", "campaign": "Ad name", "cost": "Amount spent (USD)"}
    told = probe.look(asked(tmp_path, place, table="spend", columns=columns, constants={"channel": "display"}))
    assert (told.preview["campaign"], told.preview["channel"]) == (["x", "y"], ["display"] * 2)
    assert told.spec["constants"] == {"channel": "display"}


def test_a_file_that_fills_two_tables_keeps_both_when_one_is_corrected(tmp_path: Path) -> None:
    text = "ts,user_id,event,utm_source,utm_medium\n03/04/2026,u,open,google,cpc\n"
    place = upload.keep(tmp_path, "log.csv", text.encode())
    first = probe.look(asked(tmp_path, place))
    assert ([spec.table for spec in first.sources], first.problem is None) == (["events", "touchpoints"], False)
    told = probe.look(asked(tmp_path, place, table="events", has_others=True, date_format="%d/%m/%Y"))
    assert [spec.date_format for spec in told.sources] == ["%d/%m/%Y"] * 2
    assert intake.take_in(tmp_path, told.sources).total("loaded") == 2
    assert [spec.table for spec in probe.look(asked(tmp_path, place, table="events")).sources] == ["events"]
