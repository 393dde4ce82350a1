"""The shape of the code, held by tests: who may import whom, one door for each effect, how large, how named."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PRODUCT = sorted(path for path in [ROOT / "streamlit_app.py", *ROOT.glob("pages/**/*.py"), *ROOT.glob("lib/**/*.py")])
PRODUCT = [path for path in PRODUCT if path.exists()]

# A library, and the only places that may import it.
LIBRARIES = {
    "streamlit": ("streamlit_app", "pages", "lib.ui", "lib.queries", "lib.server", "lib.themes", "lib.warm"),
    "altair": ("lib.charts", "lib.ui"),
    "sqlalchemy": ("lib.store", "lib.sources"),
    "alembic": ("lib.store",),
    "deltalake": ("lib.warehouse",),
}

# A part of `lib`, and the other parts it may import. Only what stands here may be imported.
WORDS = {"errors", "model", "scope", "progress", "words"}
SETUP = WORDS | {"settings"}
FACTS = SETUP | {"sources", "warehouse", "facts", "engine", "rates"}
ANSWERS = WORDS | {"settings", "questions", "facts", "engine", "stats", "sampling", "timeline", "compare", "catalog"}
ANSWERS |= {"projections", "inference", "rates", "memory"}
LAYERS: dict[str, set[str]] = {
    "errors": set(),
    "model": set(),
    "scope": set(),
    "progress": set(),
    "words": set(),
    "settings": WORDS | {"settings_sections"},
    "settings_sections": WORDS,
    "questions": WORDS | {"refusal"},
    "refusal": {"errors", "scope"},
    "stats": {"errors", "words"},
    "sampling": {"stats"},
    "inference": {"stats"},
    "engine": WORDS | {"warehouse"},
    "export": set(),
    "memory": set(),
    "arenas": set(),
    "themes": set(),
    "choices": FACTS | {"answers"},
    "intake": SETUP | {"sources", "warehouse", "engine"},
    "console": SETUP | {"progress", "warehouse"},
    "upkeep": SETUP | {"warehouse", "intake", "engine", "console", "store", "backup"},
    "backup": SETUP | {"warehouse", "store"},
    "sources": SETUP,
    "warehouse": SETUP | {"sources"},
    "rates": SETUP | {"engine"},
    "frames": SETUP | {"warehouse", "sources"},
    "facts": SETUP | {"warehouse", "engine", "memory", "rates", "frames"},
    "timeline": {"errors", "scope", "words"},
    "compare": {"errors", "scope", "questions"},
    # The catalog names the plans of `answers.metric_plans`, and `answers.metric` looks metrics up by name.
    "catalog": WORDS | {"questions", "facts", "answers", "stats"},
    "answers": ANSWERS,
    "health": FACTS,
    "people": FACTS,
    # What changed, why, and what needs a decision: made of answers, and of what people wrote.
    "pulse": FACTS | ANSWERS | {"answers", "store", "charts", "reported"},
    "reporting": FACTS
    | {"pulse", "answers", "questions", "catalog", "charts", "choices", "health", "store", "console", "queries"},
    "projections": {"errors"},
    "okr": {"errors"},
    "reported": set(),
    "store": SETUP | {"questions", "refusal"},
    "demo": SETUP | {"warehouse", "intake", "store"},
    "charts": {"model", "catalog", "errors", "words"},
    "queries": FACTS | ANSWERS | {"pulse", "answers", "store", "health", "memory", "choices", "okr", "reported"},
    "probe": SETUP | {"sources"},
    "upload": SETUP | {"sources", "probe"},
    "ui": WORDS
    | {
        "okr",
        "reported",
        "pulse",
        "choices",
        "demo",
        "upload",
        "probe",
        "settings",
        "questions",
        "catalog",
        "charts",
        "queries",
        "store",
        "answers",
        "export",
        "health",
        "intake",
        "people",
        "timeline",
        "inference",
    },
    "meanings": set(),
    "docs": WORDS | {"settings", "questions", "catalog", "meanings", "charts"},
    "gate": set(),
    "lookout": {"errors", "queries", "pulse"},
    "warm": {"arenas"},
    "server": {"arenas", "lookout", "themes", "warm"}
    | FACTS
    | ANSWERS
    | {"answers", "store", "queries", "ui", "charts", "gate", "health"},
    "cli": FACTS
    | ANSWERS
    | {"answers", "store", "demo", "server", "docs", "queries", "intake", "console", "export"}
    | {"upkeep", "reporting", "arenas"},
    "__main__": {"cli"},
    "pages": {"ui", "charts", "queries", "questions", "catalog", "store", "scope", "errors", "words"},
    "streamlit_app": {"ui", "charts", "queries", "questions", "catalog", "store", "scope", "errors", "settings"},
}

# Where plans may run. Everything else hands a lazy frame to `lib.engine`.
DOORS = ("lib.engine", "lib.warehouse", "lib.sources", "lib.demo")
RUNS = {"collect", "collect_all", "collect_async", "collect_all_async", "collect_batches"}

PAGE_LINES, MODULE_LINES, FUNCTION_LINES = 60, 300, 40
EMPTY_WORDS = re.compile(r"(?i)(?:^|_)(?:utils?|helpers?|managers?|common|misc)(?:_|$)|(?:Utils?|Helpers?|Manager)$")
Function = ast.FunctionDef | ast.AsyncFunctionDef


def module(path: Path) -> str:
    """`lib/answers/funnel.py` -> `lib.answers.funnel`."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def within(name: str, places: tuple[str, ...]) -> bool:
    return any(name == place or name.startswith(f"{place}.") for place in places)


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Every module a file imports, wherever in the file, with its line; `from lib import x` is `lib.x`."""
    package = module(path).split(".") if path.name == "__init__.py" else module(path).split(".")[:-1]
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *filter(None, [node.module])])
            names = [f"{base}.{alias.name}" for alias in node.names] if base == "lib" else [base]
            yield from ((name, node.lineno) for name in names)


def part(name: str) -> str:
    """Which part of the layer table a module belongs to."""
    head, _, rest = name.partition(".")
    return rest.split(".")[0] if head == "lib" and rest else head


def definitions(path: Path) -> Iterator[tuple[str, ast.ClassDef | Function]]:
    """Every class, method and function of a file with its dotted name; functions inside functions are left out."""
    waiting: list[tuple[str, ast.stmt]] = [("", node) for node in tree(path).body]
    while waiting:
        prefix, node = waiting.pop()
        if isinstance(node, ast.ClassDef):
            yield prefix + node.name, node
            waiting.extend((f"{prefix}{node.name}.", inner) for inner in node.body)
        elif isinstance(node, Function):
            yield prefix + node.name, node
        elif isinstance(node, ast.If | ast.Try):
            waiting.extend((prefix, inner) for inner in node.body)


def code_lines(node: Function) -> int:
    """The lines of a function without its docstring."""
    first = node.body[0]
    text = ast.get_docstring(node, clean=False)
    documented = (first.end_lineno or first.lineno) - first.lineno + 1 if text is not None else 0
    return (node.end_lineno or node.lineno) - node.lineno + 1 - documented


@pytest.mark.parametrize("library", LIBRARIES)
def test_library_stays_in_its_place(library: str) -> None:
    wrong = [
        f"{module(path)}:{line} imports {name}"
        for path in PRODUCT
        for name, line in imports(path)
        if name.split(".")[0] == library and not within(module(path), LIBRARIES[library])
    ]
    assert wrong == [], f"{library} belongs to {', '.join(LIBRARIES[library])}"


def test_pages_do_not_compute() -> None:
    wrong = [
        f"{module(path)}:{line} imports {name}"
        for path in PRODUCT
        for name, line in imports(path)
        if within(module(path), ("pages",)) and name.split(".")[0] in ("polars", "sqlalchemy", "numpy", "pandas")
    ]
    assert wrong == [], "a page builds a question and shows its answer"


def test_parts_import_only_what_they_may() -> None:
    wrong = []
    for path in PRODUCT:
        here = part(module(path))
        if here == "lib":
            continue  # the package's own docstring
        assert here in LAYERS, f"{module(path)} is new: say in LAYERS what it may import"
        for name, line in imports(path):
            there = part(name)
            if name.split(".")[0] == "lib" and there != here and there not in LAYERS[here]:
                wrong.append(f"{module(path)}:{line} imports {name}")
    assert wrong == [], "see LAYERS"


def test_plans_run_behind_the_door() -> None:
    wrong = [
        f"{module(path)}:{node.lineno} calls .{node.func.attr}()"
        for path in PRODUCT
        if not within(module(path), DOORS)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in RUNS
        and not (isinstance(node.func.value, ast.Name) and node.func.value.id in ("gc", "engine"))
    ]
    assert wrong == [], f"plans run in {', '.join(DOORS)}"


def test_no_page_lies_directly_in_pages() -> None:
    """Streamlit would start such a page alone on a cold deep link, without the entry script and its login gate."""
    assert list((ROOT / "pages").glob("*.py")) == []


def test_files_and_functions_are_small() -> None:
    large = []
    for path in PRODUCT:
        name, lines = module(path), len(path.read_text("utf-8").splitlines())
        limit = PAGE_LINES if within(name, ("pages",)) else MODULE_LINES
        if lines > limit:
            large.append(f"{name}: {lines} lines, at most {limit}")
        large += [
            f"{name}.{label}: {code_lines(node)} lines, at most {FUNCTION_LINES}"
            for label, node in definitions(path)
            if isinstance(node, Function) and code_lines(node) > FUNCTION_LINES
        ]
    assert large == []


def test_no_test_silences_a_checker() -> None:
    """The types of tests are not checked, so a comment that silences the check would say what nobody found."""
    silenced = "type: " + "ignore"
    assert [str(path) for path in ROOT.glob("tests/**/*.py") if silenced in path.read_text("utf-8")] == []


def test_names_say_something() -> None:
    empty = {
        word
        for path in PRODUCT
        for word in [*module(path).split("."), *(label.split(".")[-1] for label, _ in definitions(path))]
        if EMPTY_WORDS.search(word)
    }
    assert empty == set()


def test_what_is_public_is_explained() -> None:
    bare = []
    for path in PRODUCT:
        name = module(path)
        if not name.startswith("lib"):
            continue
        if ast.get_docstring(tree(path)) is None:
            bare.append(name)
        bare += [
            f"{name}.{label}"
            for label, node in definitions(path)
            if not any(word.startswith("_") for word in label.split(".")) and ast.get_docstring(node) is None
        ]
    assert bare == []


@pytest.mark.parametrize(
    ("word", "empty"),
    [("utils", True), ("date_helpers", True), ("SessionManager", True), ("common", True), ("command", False)],
)
def test_empty_words_are_recognised(word: str, empty: bool) -> None:
    assert bool(EMPTY_WORDS.search(word)) is empty
