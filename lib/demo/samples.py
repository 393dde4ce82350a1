"""The small data sets shipped with the product: real, published or invented files, each a ready workspace."""

from dataclasses import dataclass
from pathlib import Path

from lib.errors import SourceError, suggest

# `data/` sits beside `lib/`, in the repository and in the installed package alike.
_DATA = Path(__file__).resolve().parents[2] / "data"


@dataclass(frozen=True, slots=True)
class Sample:
    """One shipped data set: its name, its folder under `data/`, and what it is in one line."""

    name: str
    folder: str
    one_line: str


SAMPLES: dict[str, Sample] = {
    sample.name: sample
    for sample in (
        Sample("cdnow", "cdnow", "69,659 real purchases of 23,570 customers of a record shop, 1997 to 1998."),
        Sample("ecom", "ecom", "31,106 events of 600 people on a synthetic electronics shop, first half of 2024."),
        Sample("rota", "rota", "40 invented customers who pay in dollars, euros and pounds, June 2024 to May 2026."),
    )
}


def path(name: str) -> Path:
    """The folder of a sample: its file, `growthops.toml`, licence and provenance.

    Raises:
        SourceError: there is no sample of that name, or the installation came without it.
    """
    if name not in SAMPLES:
        raise SourceError(f"There is no sample {name!r}: {suggest(name, SAMPLES)}")
    folder = _DATA / SAMPLES[name].folder
    if not (folder / "growthops.toml").is_file():
        raise SourceError(f"The sample {name!r} is not where it should be, {folder}. Install Growth Ops again.")
    return folder
