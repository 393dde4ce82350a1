"""The page Add data: file in, mapping by hand, rows counted, own workspace opened."""

import os
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from lib import settings, upload
from lib.probe import Asked, Look
from lib.ui import add_data
from lib.ui.add_data_mapping import SPOKEN
from tests.pages.conftest import Visit

PAGE = "pages/trust/add_data.py"
FILE = "customer;Zeitpunkt;Vorgang\n" + "".join(
    f"k{k};0{1 + k % 5}.03.2026 {9 + step:02}:00;{name}\n"
    for step, (name, people) in enumerate((("Start", 9), ("Konto", 6), ("Kauf", 3)))
    for k in range(people)
)


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "shop"
    monkeypatch.setenv("GROWTHOPS_WORKSPACE", str(folder))
    return folder


def said(app: AppTest) -> str:
    return " ".join(part.value for kind in (app.markdown, app.warning, app.error, app.success) for part in kind)


def button(app: AppTest, label: str) -> AppTest:
    return next(part for part in app.button if part.label == label).click().run()


def give(app: AppTest, name: str, content: bytes) -> AppTest:
    return app.file_uploader[0].set_value((name, content, "text/csv")).run()


def control(app: AppTest, column: str) -> int:
    return next(
        place
        for place, part in enumerate(app.selectbox)
        if part.label.startswith((f"**{column}**", f"**{SPOKEN.get(column)}**"))
    )


def loaded(app: AppTest) -> AppTest:
    app = give(app, "log.csv", FILE.encode())
    assert "choose the column for **What happened**" in said(app)
    app = app.selectbox[control(app, "name")].set_value("Vorgang").run()
    assert "**All** of the first 18 rows can be loaded." in said(app)
    return button(app, "Load")


def test_a_file_becomes_a_funnel(visit: Visit, empty: Path) -> None:
    app = loaded(visit().switch_page(PAGE).run())
    assert not app.exception
    assert app.success[0].value.replace("\\", "") == "uploads/log.csv: 18 rows = 18 loaded."
    app = button(app, "Open Onboarding")
    assert [title.value for title in app.title] == ["Onboarding"]
    assert app.dataframe[0].value["label"].tolist() == ["start", "konto", "kauf"]
    assert next(part.value for part in app.metric if part.label == "Started") == "9"


def test_the_first_funnel_is_not_an_empty_one(visit: Visit, empty: Path) -> None:
    days = [f"2025-01-0{1 + k % 5}" for k in range(9)]
    old = "".join(f"k{k},{day}T09:00:00Z,start\nk{k},{day}T10:00:00Z,buy\n" for k, day in enumerate(days))
    late = "k1,2026-03-01T09:00:00Z,buy\n"  # nobody started in the last 90 days
    app = give(visit().switch_page(PAGE).run(), "log.csv", f"user_id,ts,name\n{old}{late}".encode())
    app = button(button(app, "Load"), "Open Onboarding")
    assert not app.exception
    assert app.query_params["period"] == "all time"
    assert next(part.value for part in app.metric if part.label == "Started") == "9"


def test_rows_of_ones_own_open_a_workspace_beside_the_demo(
    visit: Visit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "workspaces", lambda: tmp_path)
    monkeypatch.setenv("GROWTHOPS_WORKSPACE", str(tmp_path / "demo"))
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "growthops.toml").write_text('[company]\nname = "Tallyfold"\n', "utf-8")
    app = visit().switch_page(PAGE).run()
    assert "workspace of their own, **mine**" in said(app)
    app = loaded(app)
    assert not app.exception
    assert os.environ["GROWTHOPS_WORKSPACE"] == str(tmp_path / "mine")
    assert (tmp_path / "current").read_text("utf-8").strip() == "mine"
    assert not (tmp_path / "demo" / "warehouse").exists()
    again = f'growthops run --workspace "{tmp_path / "demo"}"'
    assert f"**mine** opens from now on. Tallyfold stays where it is; to see it again: `{again}`" in said(app)


def test_what_cannot_be_read_is_said_and_not_kept(visit: Visit, empty: Path) -> None:
    app = give(visit().switch_page(PAGE).run(), "book.xlsx", b"PK\x03\x04")
    assert "save the sheet as CSV" in app.error[0].value
    app = give(app, "cut.parquet", b"PAR1")
    assert "no Parquet file" in app.error[0].value
    assert list((empty / "uploads").iterdir()) == []


def test_a_look_that_ran_out_of_time_can_be_had_again(
    visit: Visit, empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked, late = upload.look, [upload.LateError("log.csv could not be looked through in time.")]

    def look(asked: Asked) -> Look:
        if late:
            raise late.pop()
        return looked(asked)

    monkeypatch.setattr(upload, "look", look)
    app = give(visit().switch_page(PAGE).run(), "log.csv", b"user_id,ts,name\nu,2026-03-01T10:00:00Z,open\n")
    assert "in time" in app.error[0].value
    app = button(app, "Try again")
    assert not app.error and "The one row can be loaded." in said(app)
    app = give(app, "cut.parquet", b"PAR1")
    assert app.error and all(part.label != "Try again" for part in app.button), "what is damaged stays so"


def test_a_path_is_read_where_it_is(visit: Visit, empty: Path, tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("user_id,ts,name\nu,2026-03-01T10:00:00Z,open\n", "utf-8")
    app = visit().switch_page(PAGE).run()
    app = app.text_input[0].set_value(str(tmp_path / "*.csv")).run()
    assert "The one row can be loaded." in said(app)
    app = button(app, "Load")
    assert "1 rows = 1 loaded" in said(app)
    assert not (empty / "uploads").exists()


def test_the_demo_is_one_click_away(visit: Visit, empty: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(add_data, "workspaces", lambda: tmp_path)
    made: list[Path] = []
    monkeypatch.setattr(add_data, "make_company", lambda folder, _: made.append(folder))
    app = button(visit().switch_page(PAGE).run(), "Try the demo company")
    assert not app.exception
    assert made == [tmp_path / "demo"]
    assert os.environ["GROWTHOPS_WORKSPACE"] == str(tmp_path / "demo")


def test_an_export_is_recognised_and_can_be_corrected(visit: Visit, empty: Path) -> None:
    text = 'Report\n"March 1, 2026 - March 2, 2026"\nDay,Campaign,Cost,Impr.,Clicks\n2026-03-01,Brand,3.50,10,1\n'
    text += "2026-03-02,Shown,1.00,10,1\nTotal: Account,--,4.50,20,2\n"
    app = give(visit().switch_page(PAGE).run(), "google.csv", text.encode())
    assert not app.exception
    assert "This looks like **a Google Ads report**." in said(app)
    assert app.selectbox[control(app, "date")].value == "Day"
    value = next(part for part in app.text_input if part.label == "Value of channel")
    assert value.value == "paid_search"
    assert "**All** of the first 2 rows can be loaded." in said(app)
    app = button(value.set_value("display").run(), "Load")
    assert not app.exception
    assert "2 rows = 2 loaded. 1 row of totals left out." in app.success[0].value.replace("\\", "")
    spec = settings.load_settings(empty).sources[0]
    assert (spec.table, spec.preset) == ("spend", "google_ads")
    assert dict(spec.constants) == {"channel": "display", "partner": "google", "kind": "media"}
