"""The docs say what the code does: generated pages are fresh, links lead somewhere, examples are accepted."""

import json
import re
import tomllib
from functools import cache
from pathlib import Path

import pytest

from lib import docs
from lib.model import TABLES
from lib.questions import KINDS, parse
from lib.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted(
    page for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")] if page.read_text("utf-8").strip() != ""
)
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^)\s]+)\)")


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks(language: str) -> list[tuple[str, str]]:
    """Every fenced block of a language, with the page and its number."""
    return [
        (f"{name(page)}#{number}", found.group(2))
        for page in PAGES
        for number, found in enumerate(BLOCK.finditer(page.read_text("utf-8")), 1)
        if found.group(1) == language
    ]


def anchors(page: Path) -> set[str]:
    """The ids a Markdown viewer gives to the headings of a page."""
    heads = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def test_generated_pages_are_fresh() -> None:
    assert docs.stale() == [], "run `make docs`"


def test_check_fails_on_a_stale_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docs, "FOLDER", tmp_path)
    # What is to be written is the same all the time: it is made once.
    monkeypatch.setattr(docs, "REFERENCES", {name: cache(render) for name, render in docs.REFERENCES.items()})
    pictures = [(name, origin, cache(draw)) for name, origin, draw in docs._pictures()]
    monkeypatch.setattr(docs, "_pictures", lambda: pictures)
    assert docs.main(["--check"]) == 1
    assert docs.main([]) == 0
    assert docs.main(["--check"]) == 0
    page = tmp_path / "model.md"
    page.write_text(page.read_text("utf-8") + "by hand\n", "utf-8")
    assert docs.main(["--check"]) == 1


def test_every_field_of_a_question_is_explained() -> None:
    assert docs.undescribed() == [], "give the field a description, or lib/meanings an entry"


def test_no_explanation_is_left_over() -> None:
    shown = docs.question_reference()
    assert [key for key, text in docs.MEANINGS.items() if text not in shown] == []


@pytest.mark.parametrize("kind", KINDS)
def test_kind_of_question_is_documented(kind: str) -> None:
    page = (ROOT / "docs" / "contract.md").read_text("utf-8")
    assert f"\n## {kind}\n" in page
    for key in KINDS[kind].keys():  # noqa: SIM118 - a class method, not a dict's
        assert f"| `{key}` |" in page
    assert kind in docs.EXAMPLES, "lib/docs.py has no example of this kind"


@pytest.mark.parametrize("table", TABLES)
def test_table_is_documented(table: str) -> None:
    page = (ROOT / "docs" / "model.md").read_text("utf-8")
    assert f"\n## {table}\n" in page
    for column in TABLES[table].columns:
        assert f"| `{column.name}` | `{column.stored}` |" in page


def test_every_decision_is_in_the_index() -> None:
    folder = ROOT / "docs" / "adr"
    index = (folder / "README.md").read_text("utf-8")
    decisions = sorted(page.name for page in folder.glob("[0-9]*.md"))
    assert [page for page in decisions if f"({page})" not in index] == []
    assert [int(page[:4]) for page in decisions] == list(range(1, len(decisions) + 1))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for target in LINK.findall(re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text("utf-8"), flags=re.DOTALL)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        place = (page.parent / path).resolve() if path else page
        if not place.exists() or (anchor and place.suffix == ".md" and anchor not in anchors(place)):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize(("place", "text"), blocks("json"), ids=lambda value: value if "#" in value[:60] else "")
def test_json_examples_are_questions(place: str, text: str) -> None:
    value = json.loads(text)
    for item in value if isinstance(value, list) else [value]:
        question = parse(item)
        assert parse(question.as_json()) == question, place


@pytest.mark.parametrize(("place", "text"), blocks("toml"), ids=lambda value: value if "#" in value[:60] else "")
def test_toml_examples_are_settings(place: str, text: str) -> None:
    value = tomllib.loads(text)
    if value.keys() <= Settings.model_fields.keys():
        Settings.model_validate(value)
    else:
        assert value, place
