"""Formulas over the series of a trend: `A / B`, read by a small parser of our own and never run as code."""

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

Kind = Literal["series", "number", "sign"]

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
NEGATIVE = "neg"
STRENGTH = {"+": 1, "-": 1, "*": 2, "/": 2, NEGATIVE: 3}
_PIECE = re.compile(r"\s*(?:(?P<number>\d+\.?\d*|\.\d+)|(?P<letter>[A-Za-z]+)|(?P<sign>[-+*/()]))")


class Token(NamedTuple):
    """A part of a formula: a series (its place, from 0), a number, or a sign (`neg` turns one value around)."""

    kind: Kind
    value: float
    sign: str = ""


def parse_formula(text: str, series: int) -> tuple[Token, ...]:
    """A formula in the order it is worked out: values first, then the sign that joins them (Dijkstra 1961).

    >>> [token.sign or token.value for token in parse_formula("A / (B - 2)", 2)]
    [0, 1, 2.0, '-', '/']

    Raises:
        ValueError: it is no formula, or names a series that is not there; the message names the place.
    """
    done: list[Token] = []
    waiting: list[tuple[str, int]] = []
    after_value, place = False, 0
    while text[place:].strip():
        found = _PIECE.match(text, place)
        start = place + len(text[place:]) - len(text[place:].lstrip())
        if found is None:
            raise ValueError(f"{text[start]!r} at place {start + 1} is not allowed: use the letters of the series, "
                             "numbers, + - * / and brackets")  # fmt: skip
        place, sign = found.end(), found["sign"] or ""
        if sign in ("", "("):
            if after_value:
                raise ValueError(f"a sign is missing before place {start + 1}")
            if sign:
                waiting.append((sign, start))
                continue
            done.append(_value(found["number"], found["letter"], start, series))
            after_value = True
        elif after_value:
            after_value = _take_sign(sign, start, done, waiting)
        elif sign == "-":
            waiting.append((NEGATIVE, start))
        elif sign != "+":
            raise ValueError(f"{sign!r} at place {start + 1} has nothing before it")
    if not after_value:
        raise ValueError("it ends where a letter or a number should stand" if text.strip() else "it is empty")
    _close(done, waiting)
    if not any(token.kind == "series" for token in done):
        raise ValueError(f"it names no series; there {_there(series)}")
    return tuple(done)


def _value(number: str | None, letters: str | None, start: int, series: int) -> Token:
    if number:
        return Token("number", float(number))
    if letters is None or letters not in LETTERS[:series] or len(letters) > 1:
        raise ValueError(f"there is no series {letters!r} (place {start + 1}); there {_there(series)}")
    return Token("series", LETTERS.index(letters))


def _take_sign(sign: str, start: int, done: list[Token], waiting: list[tuple[str, int]]) -> bool:
    """Let stronger signs that wait go first; True if a value has just ended, as after a closing bracket."""
    least = 0 if sign == ")" else STRENGTH[sign]
    while waiting and waiting[-1][0] != "(" and STRENGTH[waiting[-1][0]] >= least:
        done.append(Token("sign", 0, waiting.pop()[0]))
    if sign != ")":
        waiting.append((sign, start))
        return False
    if not waiting:
        raise ValueError(f"the bracket that closes at place {start + 1} was never opened")
    waiting.pop()
    return True


def _close(done: list[Token], waiting: list[tuple[str, int]]) -> None:
    while waiting:
        sign, start = waiting.pop()
        if sign == "(":
            raise ValueError(f"the bracket that opens at place {start + 1} is never closed")
        done.append(Token("sign", 0, sign))


def _there(series: int) -> str:
    if series == 1:
        return "is only A"
    return "are A and B" if series == 2 else f"are A to {LETTERS[series - 1]}"


def named(tokens: Sequence[Token]) -> list[int]:
    """The places of the series a formula names, each once, in order."""
    return sorted({int(token.value) for token in tokens if token.kind == "series"})
