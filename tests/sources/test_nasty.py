"""Damaged, hostile and odd files: rows that can be read are, the others are named, nothing is lost."""

import gzip
import json
from pathlib import Path

import polars as pl
import pytest

from lib.errors import SourceError
from lib.settings import Settings, SourceSpec
from lib.sources import delimited as delimited_module
from lib.sources import expand, read
from lib.sources import text as text_module
from lib.sources.source import Batch
from tests.sources.conftest import NOW, Load

HEAD = "ts,name,user_id\n"
GOOD = "2026-03-02,a,u_1\n"


def reasons(batch: Batch) -> list[tuple[int, int, str]]:
    return batch.rejected.select("row", "line", "reason").rows()


def test_unclosed_quote_costs_one_row(load: Load) -> None:  # T14
    batch = load("e.csv", HEAD + GOOD + '2026-03-02,"b,u_2\n' + GOOD * 3)
    assert batch.rows["_row"].to_list() == [1, 3, 4, 5]
    assert reasons(batch) == [(2, 3, "a quote is opened and never closed")]
    assert json.loads(batch.rejected["raw"][0]) == {"_line": '2026-03-02,"b,u_2'}


def test_quote_closed_far_below_does_not_swallow_rows(load: Load) -> None:
    batch = load("e.csv", HEAD + '2026-03-02,"b,u_2\n' + GOOD * 3 + '2026-03-02,"c",u_3\n2026-03-02,d",u_4\n')
    assert batch.rows["_row"].to_list() == [2, 3, 4, 5, 6]
    assert [row[:2] for row in reasons(batch)] == [(1, 2)]


def test_a_cell_may_hold_line_ends(load: Load) -> None:
    batch = load("e.csv", HEAD + '2026-03-02,"one\ntwo\n\nthree",u_1\n2026-13-02,b,u_2\n')
    assert batch.rows["name"].to_list() == ["one\ntwo\n\nthree"]
    assert reasons(batch) == [(2, 6, "ts: '2026-13-02' is not a time stamp")]


@pytest.mark.parametrize("quote", ["", '"'])
def test_too_many_and_too_few_cells(load: Load, quote: str) -> None:
    batch = load(
        "e.csv", HEAD + f"2026-03-02,{quote}a{quote},u_1\n2026-03-02,b\n" + GOOD + "2026-03-02,c,u_1,x\n" + GOOD
    )
    assert batch.rows["_row"].to_list() == [1, 3, 5]
    assert reasons(batch) == [
        (2, 3, "the row has 2 cells and the header 3"),
        (4, 5, "the row has 4 cells and the header 3"),
    ]


def test_blank_lines_are_no_rows(load: Load) -> None:
    batch = load("e.csv", HEAD + GOOD + "\n" + "2026-13-01,a,u_1\n\n\n")
    assert batch.rows.height == 1
    assert reasons(batch) == [(2, 4, "ts: '2026-13-01' is not a time stamp")]


def test_small_blocks_give_the_same_rows(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    text = HEAD + '2026-03-02,"x\ny",u_1\n2026-03-02,b\n' + GOOD * 3 + '2026-03-02,"open,u_9\n' + GOOD * 5
    whole = load("e.csv", text)
    original = text_module.read_blocks
    for size in (7, 16, 40, 101):
        monkeypatch.setattr(text_module, "read_blocks", lambda path, label, _=0, size=size: original(path, label, size))
        monkeypatch.setattr(text_module, "sample_of", lambda path, label: text.encode())
        parts = load("e.csv", text)
        assert parts.rows.equals(whole.rows)
        assert parts.rejected.equals(whole.rejected)


def test_truncated_gzip_is_refused_whole(load: Load) -> None:
    packed = gzip.compress((HEAD + GOOD * 50_000).encode())
    with pytest.raises(SourceError, match=r"e\.csv\.gz is damaged or cut off.*[\d,]+ lines.*Nothing of it was loaded"):
        load("e.csv.gz", packed[: len(packed) // 2])


@pytest.mark.parametrize("name", ["e.csv", "e.jsonl", "e.parquet", "e.csv.gz"])
def test_zero_bytes(load: Load, name: str) -> None:
    with pytest.raises(SourceError, match="is empty"):
        load(name, b"")


def test_header_only_is_no_rows(load: Load) -> None:
    batch = load("e.csv", HEAD)
    assert (batch.read, batch.rows.height) == (0, 0)
    assert batch.rows.schema["ts"] == pl.Datetime("us", "UTC")


def test_no_header(load: Load) -> None:
    with pytest.raises(SourceError, match="has no header"):
        load("e.csv", "2026-03-02 10:00,a,u_1\n")


def test_nul_bytes(load: Load) -> None:
    batch = load("e.csv", HEAD + GOOD + "2026-03-02,a\0b,u_1\n" + GOOD)
    assert reasons(batch) == [(2, 3, "the line holds a NUL byte")]
    with pytest.raises(SourceError, match="full of NUL bytes"):
        load("z.csv", bytes(1000) + b"x")


def test_broken_utf8_after_the_sample(load: Load) -> None:
    batch = load("e.csv", HEAD.encode() + GOOD.encode() + b"2026-03-02,\xff,u_1\n", encoding="utf-8")
    assert batch.rows.height == 1
    assert "is not UTF-8 text" in reasons(batch)[0][2]


def test_duplicate_and_empty_headers(load: Load) -> None:
    batch = load("e.csv", "ts,name,user_id,x,x,\n2026-03-02,a,u_1,1,2,3\n")
    assert batch.rows.select("x", "x_2", "column_6").rows() == [(1, 2, 3)]


def test_long_and_odd_names(load: Load) -> None:  # T16
    names = [
        "n" * 10_000,
        "a.b",
        "[x]",
        "c:d\\",
        "<b>",
        "=cmd",
        "שלום",
        "😀",
        "person",
        "month",
        "_row",
        "_source",
        "t:ts",
    ]
    batch = load("e.csv", ",".join(["ts", "name", "user_id", *names]) + "\n" + GOOD.strip() + ",v" * len(names) + "\n")
    kept = [f"{name}_prop" if name in ("person", "month", "_row", "_source") else name for name in names]
    assert [name for name in batch.rows.columns if name not in ("ts", "name", "user_id", "_row")] == kept
    assert batch.rows.select(kept).row(0) == ("v",) * len(names)


def test_unicode_is_kept(load: Load) -> None:  # T16
    words = ["עברית", "👩🏽‍💻", "e\u0301", "<b>", "=cmd()", "x" * 10_000]
    batch = load("e.csv", HEAD + "".join(f"2026-03-02,{word},u_1\n" for word in words))
    assert batch.rows["name"].to_list() == words


def test_too_many_columns(load: Load) -> None:  # T7
    header = "ts,name,user_id," + ",".join(f"c{i}" for i in range(6_000))
    with pytest.raises(SourceError, match=r"6,003 columns; at most 5,000"):
        load("e.csv", header + "\n")


def test_a_cell_beyond_one_mebibyte(load: Load) -> None:  # T7
    batch = load("e.csv", HEAD + GOOD + f"2026-03-02,{'x' * (1 << 20)}y,u_1\n" + GOOD)
    assert reasons(batch) == [(2, 3, "name: a cell is longer than 1 MiB")]
    assert len(batch.rejected["raw"][0]) < 70_000


@pytest.mark.parametrize("name", ["e.csv", "e.jsonl"])
def test_a_line_longer_than_a_block(load: Load, monkeypatch: pytest.MonkeyPatch, name: str) -> None:  # T7
    from lib.sources import jsonlines

    good = GOOD if name == "e.csv" else '{"ts":"2026-03-02","name":"a","user_id":"u_1"}\n'
    original = text_module.read_blocks
    small = 1000
    monkeypatch.setattr(text_module, "read_blocks", lambda path, label, _=0: original(path, label, small))
    monkeypatch.setattr(text_module, "sample_of", lambda path, label: (HEAD + GOOD).encode())
    monkeypatch.setattr(delimited_module, "BLOCK", small)
    monkeypatch.setattr(jsonlines, "BLOCK", small)
    batch = load(name, (HEAD if name == "e.csv" else "") + good + "x" * 50_000 + "\n" + good * 2)
    assert batch.rows["_row"].to_list() == [1, 3, 4]
    assert [row[2] for row in reasons(batch)] == ["a cell is longer than 1 MiB"]


def test_json_lines_that_are_none(load: Load) -> None:
    good = '{"ts": "2026-03-02", "name": "a", "user_id": 7, "deep": {"k": [1, null]}}\n'
    batch = load("e.jsonl", good + "oops\n[1]\n\n" + good + '{"ts": "2026-03-02"\n')
    assert batch.rows["_row"].to_list() == [1, 4]
    assert batch.rows["user_id"].to_list() == ["7", "7"]
    assert [json.loads(value) for value in batch.rows["deep"]] == [{"k": [1, None]}] * 2
    assert [row[:2] for row in reasons(batch)] == [(2, 2), (3, 3), (5, 6)]


def test_json_keys_that_come_late(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    one = '{"ts":"2026-03-02","name":"a","user_id":"u"}\n'
    two = '{"ts":"2026-03-02","name":"a","user_id":"u","late":5}\n'
    original = text_module.read_blocks
    monkeypatch.setattr(text_module, "read_blocks", lambda path, label, _=0: original(path, label, 64))
    batch = load("e.jsonl", one * 5 + two)
    assert batch.rows["late"].to_list() == [None] * 5 + [5]


def test_damaged_parquet(load: Load, tmp_path: Path) -> None:
    pl.DataFrame({"ts": ["2026-03-02"] * 5000, "name": ["a"] * 5000, "user_id": ["u"] * 5000}).write_parquet(
        tmp_path / "p"
    )
    data = (tmp_path / "p").read_bytes()
    for damaged in (data[: len(data) // 2], b"PAR1" + b"x" * 100, b"no parquet at all"):
        with pytest.raises(SourceError, match="damaged or no Parquet file"):
            load("e.parquet", damaged)


def test_infinite_numbers_are_rejected_and_nan_text_is_nothing(load: Load, tmp_path: Path) -> None:  # T14
    batch = load(
        "e.csv", HEAD.strip() + ",value\n" + "".join(f"2026-03-02,a,u,{v}\n" for v in ("1", "inf", "NaN", "-", "x"))
    )
    assert batch.rows["value"].to_list() == [1.0, None, None]
    assert [row[2] for row in reasons(batch)] == [
        "value: 'inf' is not a finite number",
        "value: 'x' is not a finite number",
    ]
    pl.DataFrame({"ts": ["2026-03-02"] * 2, "name": ["a"] * 2, "user_id": ["u"] * 2, "value": [float("nan"), 1.0]}
                 ).write_parquet(tmp_path / "q")  # fmt: skip
    typed = load("e.parquet", (tmp_path / "q").read_bytes())
    assert [row[2] for row in reasons(typed)
            ] == ["value: 'NaN' is not a finite number"]  # fmt: skip


def test_types_hold_for_the_whole_source(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    original = text_module.read_blocks
    text = HEAD.strip() + ",n,m\n" + "2026-03-02,a,u,1,1\n" * 10 + "2026-03-02,a,u,x,1.5\n"
    monkeypatch.setattr(text_module, "read_blocks", lambda path, label, _=0: original(path, label, 50))
    monkeypatch.setattr(text_module, "sample_of", lambda path, label: text.encode())
    batch = load("e.csv", text)
    assert (batch.rows.schema["n"], batch.rows.schema["m"]) == (pl.String(), pl.Float64())
    assert batch.rows["n"].to_list() == ["1"] * 10 + ["x"]


def test_report_title_lines_are_skipped(load: Load) -> None:
    text = (
        'Campaign report\n"September 1, 2026 - September 30, 2026"\nDay,Channel,Cost,Impr.\n2026-03-01,x,5.00,"1,200"\n'
    )
    batch = load("r.csv", text, table="spend", columns={"date": "Day", "impressions": "Impr."})
    assert batch.rows.select("cost_cents", "impressions").rows() == [(500, 1200)]


@pytest.mark.parametrize("path", ["/dev/zero", "nothing.csv", "x.exe", "/etc/passwd", "..", "a\\..\\b.csv"])
def test_paths_that_are_refused(tmp_path: Path, path: str) -> None:  # T44
    (tmp_path / "x.exe").write_bytes(b"1")
    (tmp_path / "deep").mkdir()
    with pytest.raises(SourceError):
        for source in expand(SourceSpec(table="events", path=path), tmp_path / "deep"):
            list(read(source, Settings(), now=NOW))


def test_folders_and_globs_are_sorted(tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv", "c/d.parquet", "notes.md", ".hidden.csv"):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_text(HEAD)
    labels = [source.label for source in expand(SourceSpec(table="events", path="in"), tmp_path)]
    assert labels == ["in/a.csv", "in/b.csv", "in/c/d.parquet"]
    assert [s.label for s in expand(SourceSpec(table="events", path="in/*.csv"), tmp_path)] == ["in/a.csv", "in/b.csv"]


def test_fingerprint_follows_contents_and_mapping(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(HEAD)
    prints = set()
    for spec in (SourceSpec(table="events", path="a.csv"), SourceSpec(table="events", path="a.csv", snake_case=True)):
        prints |= {expand(spec, tmp_path)[0].fingerprint(), expand(spec, tmp_path)[0].fingerprint()}
    (tmp_path / "a.csv").write_text(HEAD + GOOD)
    prints.add(expand(SourceSpec(table="events", path="a.csv"), tmp_path)[0].fingerprint())
    assert len(prints) == 3
