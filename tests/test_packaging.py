"""What is shipped, and what must never be: the wheel, and the files under version control."""

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = ("streamlit_app.py", "pages/", "lib/", "data/", "static/", ".streamlit/")
LARGEST = 5_000_000
MACHINE_PATH = re.compile(r"(?<![\w.$}])/(?:work|root|mnt|home/\w+|Users/\w+)/\w|[A-Z]:\\\\?Users\\")
REGISTRIES = tuple(
    ".".join(parts)
    for parts in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"), ("anaconda", "org"))
)


def project_files() -> list[Path]:
    """Every file git tracks or would add."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout, so there is no list of the project's files")
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    return sorted({ROOT / name for name in listed if name and (ROOT / name).is_file()})


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built as an installer would build it, from files only (no network)."""
    pytest.importorskip("hatchling", reason="the build backend hatchling is not installed and could not be fetched")
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return next(folder.glob("*.whl"))


def test_wheel_holds_the_product_in_one_folder(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"growthops"}
    for needed in ("streamlit_app.py", "lib/__init__.py", "lib/__main__.py", "lib/cli.py", ".streamlit/config.toml"):
        assert f"growthops/{needed}" in names
    assert any(re.fullmatch(r"growthops/pages/\w+/\w+\.py", name) for name in names)
    assert not [name for name in names if "__pycache__" in name or name.endswith("secrets.toml")]


def test_wheel_holds_every_file_it_should(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    wanted = [path.relative_to(ROOT).as_posix() for path in project_files()]
    assert [name for name in wanted if name.startswith(SHIPPED) and f"growthops/{name}" not in names] == []


def test_wheel_names_the_command(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    entry = next(name for name in archive.namelist() if name.endswith("entry_points.txt"))
    assert "growthops = growthops.lib.__main__:main" in archive.read(entry).decode()
    metadata = archive.read(entry.replace("entry_points.txt", "METADATA")).decode()
    assert "License-File: LICENSE" in metadata


def test_installed_command_runs_its_own_files(wheel: Path, tmp_path: Path) -> None:
    """Unpacked anywhere, beside another `lib` that comes first, the command still finds its own."""
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    other = tmp_path / "other" / "lib"
    other.mkdir(parents=True)
    (other / "__init__.py").write_text("raise ImportError('the wrong lib')\n", "utf-8")
    start = (
        "import sys; sys.path[:0] = sys.argv[1:3]; sys.argv[:] = ['growthops', '--help'];"
        "from growthops.lib.__main__ import main; main()"
    )
    command = [sys.executable, "-P", "-c", start, str(other.parent), str(tmp_path / "site")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "ask" in done.stdout


def test_no_file_is_large() -> None:
    large = {path.relative_to(ROOT).as_posix(): path.stat().st_size for path in project_files()}
    assert {name: size for name, size in large.items() if size > LARGEST} == {}


def test_no_file_names_a_machine_or_a_registry() -> None:
    found = []
    for path in project_files():
        name = path.relative_to(ROOT).as_posix()
        data = path.read_bytes()
        if name == "uv.lock" or b"\0" in data:
            continue
        for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
            if MACHINE_PATH.search(line) or any(host in line for host in REGISTRIES):
                found.append(f"{name}:{number}: {line.strip()[:100]}")
    assert found == []
