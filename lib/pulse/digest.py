"""The digest: Pulse as Markdown for mail and chat, or a notice that says why there is none."""

from collections.abc import Sequence

from lib.pulse import links
from lib.pulse.freshness import age
from lib.pulse.reading import Reading

SPECIAL = str.maketrans({mark: f"\\{mark}" for mark in r"\`*_[]<>#|"})


def problems(reading: Reading, *, allow_old: bool = False) -> tuple[str, ...]:
    """Why there is no digest: data that is too old, parts that could not be worked out; nothing where all is sound."""
    fresh = reading.freshness
    found = list(reading.gaps)
    if fresh.hours is None and fresh.is_old:
        found.insert(0, f"{fresh.said}.")
    elif fresh.is_old and not allow_old:
        found.insert(0, f"The data is too old: {fresh.said}; it should be no older than {age(fresh.target_hours)}."
                        " Load newer data, or write it all the same with --allow-old.")  # fmt: skip
    return tuple(found)


def notice(company: str, reasons: Sequence[str]) -> str:
    """What goes out in place of a digest: why there is none, and no number."""
    told = "\n".join(f"- {_text(reason)}" for reason in reasons)
    return f"# {_text(company)}: no digest\n\nThere is no digest this time, since:\n\n{told}\n"


def markdown(reading: Reading, base: str) -> str:
    """The digest as Markdown, each number with its link."""
    parts = [f"# {_text(reading.company)}: Pulse", _text(reading.verdict), _tiles(reading, base)]
    if reading.moves.moves:
        parts.append("## Moved most\n\n" + "\n".join(
            f"- {'▲' if move.value > move.expected else '▼'} **{_text(move.said)}.** {_text(move.why)}"
            for move in reading.moves.moves))  # fmt: skip
    if reading.decisions:
        parts.append("## Decide\n\n" + "\n".join(
            f"- [{_text(one.title)}]({links.url(base, one.page, one.address)}): {_text(one.why)}"
            for one in reading.decisions))  # fmt: skip
    if reading.coming:
        parts.append("## Coming\n\n" + "\n".join(
            f"- {one.note.date:%-d %B}: {_text(one.note.title)} ({one.said})" for one in reading.coming))  # fmt: skip
    parts.append(_text(f"{reading.freshness.said}."))
    return "\n\n".join(parts) + "\n"


def _tiles(reading: Reading, base: str) -> str:
    lines = []
    for one in reading.tiles:
        address = links.to_metric(one.tile.metric, one.grain, one, reading.around, {})
        said = [f"{one.delta_text} on {one.against}" if one.delta_text else one.alone, one.target_text, one.pace_text,
                "in amber" if one.state == "amber" else "", one.restated, one.missing.removesuffix(".")]  # fmt: skip
        more = "; ".join(_text(part) for part in said if part)
        number = f"[{_text(one.text)}]({links.url(base, links.METRIC_PAGE, address)})"
        parts = [f"- **{_text(one.label)}**", number, _text(one.at), f"({more})" if more else ""]
        lines.append(" ".join(part for part in parts if part))
    return "\n".join(lines)


def _text(words: str) -> str:
    """Words that Markdown shows as they are, on one line."""
    return " ".join(words.translate(SPECIAL).split())
