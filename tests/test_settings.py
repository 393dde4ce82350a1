"""Settings: what is read, what is refused and how, and that writing keeps what people wrote."""

from pathlib import Path

import pytest

import lib.settings
from lib.errors import SettingsError
from lib.scope import Window
from lib.settings import (
    Adoption,
    Company,
    Onboarding,
    Settings,
    SourceSpec,
    StorePlace,
    add_source,
    choose_workspace,
    find_workspace,
    load_settings,
    minor_units,
    write_settings,
)


def write(folder: Path, text: str) -> Path:
    (folder / "growthops.toml").write_text(text, "utf-8")
    return folder


def test_no_file_gives_defaults(tmp_path: Path) -> None:
    settings = load_settings(tmp_path)
    assert (settings.company.currency, settings.company.timezone) == ("USD", "UTC")
    assert settings.sources == ()
    assert settings.store.url is None and settings.adoption == Adoption(log=True, person=None)


def test_everything_is_read(tmp_path: Path) -> None:
    write(
        tmp_path,
        """
[company]
name = "Acme"
currency = "EUR"
timezone = "Europe/Berlin"
week_start = "sunday"
[onboarding]
steps = ["a", "b"]
window = { value = 14, unit = "day" }
activation_event = "c"
[store]
url = "postgresql+psycopg://state"
[adoption]
log = false
person = "Ana"
[[sources]]
table = "events"
path = "exports/*.csv.gz"
separator = ";"
snake_case = true
  [sources.columns]
  user_id = "customer"
  [sources.constants]
  surface = "web"
  [sources.event_names]
  "Signed Up" = "signup_done"
""",
    )
    settings = load_settings(tmp_path)
    assert settings.onboarding == Onboarding(
        steps=("a", "b"), window=Window(value=14, unit="day"), activation_event="c"
    )
    assert settings.store.url == "postgresql+psycopg://state"
    assert (settings.adoption.log, settings.adoption.person) == (False, "Ana")
    spec = settings.sources[0]
    assert dict(spec.columns) == {"user_id": "customer"}
    assert dict(spec.event_names) == {"Signed Up": "signup_done"}
    assert hash(spec) == hash(spec.model_copy())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[company]\nname = ", ["not valid TOML"]),
        ("[company]\ncurency = 'USD'", ["company.curency", "did you mean 'currency'?"]),
        ("[company]\ntimezone = 'Mars/Base'", ["company.timezone", "'Mars/Base' is not a time zone"]),
        ("[company]\ncurrency = 'usd'", ["company.currency"]),
        ("[[sources]]\ntable = 'event'\npath = 'x.csv'", ["sources[1]", "did you mean 'events'?"]),
        ("[[sources]]\ntable = 'events'", ["either `path`"]),
        ("[[sources]]\ntable = 'events'\nurl = 'sqlite:///x'", ["go together"]),
        ("[[sources]]\ntable = 'events'\npath = 'x.csv'\nseperator = ';'", ["did you mean 'separator'?"]),
        (
            "[[sources]]\ntable = 'events'\npath = 'x.csv'\ncolumns = { tss = 'a' }",
            ["columns.tss", "did you mean 'ts'?"],
        ),
        ("[[sources]]\ntable = 'events'\npath = '\\\\\\\\host\\\\share'", ["network path"]),
        ("[[sources]]\ntable = 'events'\npath = 'file:///etc/x.csv'", ["is an address"]),
        ("[[sources]]\ntable = 'events'\npath = '//host/x.csv'", ["network path"]),
        ("[onboarding]\nwindow = { value = 0, unit = 'day' }", ["onboarding.window.value"]),
        ("[store]\nurll = 'x'", ["store.urll is not a setting", "did you mean 'url'?"]),
        ("[store]\nurl = ''", ["store.url"]),
        ("[adoption]\nlog = 'perhaps'", ["adoption.log"]),
        ("[adoption]\nlogg = true", ["did you mean 'log'?"]),
    ],
)
def test_errors_name_file_key_and_what_is_allowed(tmp_path: Path, text: str, words: list[str]) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(write(tmp_path, text))
    for word in ["growthops.toml", *words]:
        assert word in str(caught.value)


def test_minor_units() -> None:
    assert [minor_units(code) for code in ("USD", "EUR", "JPY", "ISK", "KWD", "TND")] == [2, 2, 0, 0, 3, 3]


def test_add_source_appends_and_replaces_and_keeps_comments(tmp_path: Path) -> None:
    write(tmp_path, '# mine\n[company]\nname = "Acme"  # the name\n\n[[sources]]\n# exported on Mondays\n'
                    'table = "events"\npath = "a.csv"  # where\nseparator = ";"\n')  # fmt: skip
    add_source(tmp_path, SourceSpec(table="users", path="u.csv", columns={"user_id": "id"}))
    add_source(tmp_path, SourceSpec(table="events", path="a.csv", columns={"ts": "when"}))
    text = (tmp_path / "growthops.toml").read_text("utf-8")
    for comment in ("# mine", "# the name", "# exported on Mondays", "# where"):
        assert comment in text
    settings = load_settings(tmp_path)
    assert [spec.path for spec in settings.sources] == ["a.csv", "u.csv"]
    assert settings.sources[0] == SourceSpec(table="events", path="a.csv", columns={"ts": "when"})
    assert settings.sources[1].columns == {"user_id": "id"}


def test_written_settings_read_back_equal(tmp_path: Path) -> None:
    settings = Settings(
        company=Company(name='A "quoted" name\nand more', currency="JPY", timezone="Asia/Tokyo"),
        onboarding=Onboarding(steps=("a", "b"), window=Window(value=3, unit="week")),
        store=StorePlace(url="env:STATE"),
        adoption=Adoption(log=False, person="Ana"),
        sources=(
            SourceSpec(table="events", path="e.csv", constants={"surface": "web"}),
            SourceSpec(table="users", url="env:DB", query="select 1"),
        ),
    )
    write_settings(tmp_path / "new", settings)
    assert load_settings(tmp_path / "new") == settings
    write_settings(tmp_path / "plain", Settings())
    assert load_settings(tmp_path / "plain") == Settings()


def test_find_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GROWTHOPS_WORKSPACE", raising=False)
    monkeypatch.setattr(lib.settings, "workspaces", lambda: tmp_path)
    assert find_workspace(None) == tmp_path / "demo"
    write_settings(tmp_path / "mine", Settings())
    choose_workspace(tmp_path / "mine")
    assert find_workspace(None) == tmp_path / "mine"
    monkeypatch.setenv("GROWTHOPS_WORKSPACE", str(tmp_path / "env"))
    assert find_workspace(None) == tmp_path / "env"
    assert find_workspace(str(tmp_path / "option")) == tmp_path / "option"
