"""The people of the demo under construction: one array per attribute, one entry per person."""

from datetime import UTC, datetime

import numpy as np
import polars as pl

from lib.demo.calendar import LAST, MIDNIGHTS, Ints
from lib.demo.company import AGE_BANDS, COUNTRIES, company_domain
from lib.model import ALIASES, USERS

PLATFORMS: tuple[str, ...] = ("web", "ios", "android")
ROLES: tuple[str, ...] = ("founder", "accountant", "project_manager", "engineer", "designer", "office_manager")
SENIORITIES: tuple[str, ...] = ("ic", "manager", "director", "vp", "c_level")
PERSONAS: tuple[str, ...] = ("maker", "keeper_of_books", "signer")
FREE_MAIL: tuple[str, ...] = ("mailbox.example", "postfach.example", "inbox.example")

NOBODY = -1
_DEFAULTS = {
    "country": 0, "platform": 0, "age": NOBODY, "channel": NOBODY, "partner": NOBODY, "campaign": 0,
    "account": NOBODY, "known_at": NOBODY, "role": NOBODY, "seniority": NOBODY, "persona": NOBODY,
    "story": NOBODY, "internal": 0, "update_days": 0, "installed_version": 0, "aliased": 0,
}  # fmt: skip
"""`known_at` is the second the person signed up, `aliased` a person no event ties to the device."""


def account_id(number: int) -> str:
    """The id of an account."""
    return f"a_{number:05d}"


class Crowd:
    """Everybody, known or not. `add` returns the numbers of the new people."""

    def __init__(self) -> None:
        """Start empty."""
        self._chunks: list[dict[str, np.ndarray]] = []
        self._whole: dict[str, np.ndarray] = {}
        self.size = 0

    def add(self, n: int, **columns: Ints | int) -> Ints:
        """Add `n` people; an attribute is an array or one value for all."""
        unknown = columns.keys() - _DEFAULTS.keys()
        if unknown:
            raise KeyError(f"people have no {', '.join(sorted(unknown))}")
        self._chunks.append(
            {name: np.broadcast_to(np.asarray(columns.get(name, usual), np.int64), n).copy()
             for name, usual in _DEFAULTS.items()}
        )  # fmt: skip
        self.size += n
        return np.arange(self.size - n, self.size)

    def close(self) -> None:
        """Nobody joins after this; attributes can be read and set. A sign-up after the data is none."""
        self._whole = {name: np.concatenate([chunk[name] for chunk in self._chunks]) for name in _DEFAULTS}
        self._whole["known_at"][self._whole["known_at"] >= MIDNIGHTS[LAST + 1]] = NOBODY

    def __getitem__(self, name: str) -> np.ndarray:
        """One attribute of everybody."""
        return self._whole[name]

    @property
    def known(self) -> np.ndarray:
        """The people who signed up, in the order of their sign-up."""
        found = np.flatnonzero(self["known_at"] != NOBODY)
        return found[np.argsort(self["known_at"][found], kind="stable")]

    def user_ids(self) -> pl.Series:
        """The user id of everybody, empty for people who never signed up."""
        number = np.zeros(self.size, np.int64)
        number[self.known] = np.arange(1, len(self.known) + 1)
        text = pl.format("u_{}", pl.col("n").cast(pl.String).str.zfill(6))
        return pl.select(n=number).select(pl.when(pl.col("n") > 0).then(text)).to_series()

    def anon_ids(self) -> pl.Series:
        """The device of everybody, written so that neighbours look unlike each other."""
        mixed = (np.arange(self.size) * 7_919 + 104_729) % 9_999_991
        return pl.select(n=mixed).select(pl.format("d_{}", pl.col("n").cast(pl.String).str.zfill(7))).to_series()

    def users(self) -> pl.DataFrame:
        """The canonical table of users."""
        known = self.known
        account = self["account"][known]
        text = pl.String()
        return pl.DataFrame(
            {
                "user_id": self.user_ids().gather(known),
                "account_id": pl.Series([account_id(a) if a >= 0 else None for a in account], dtype=text),
                "created_at": pl.Series(self["known_at"][known] * 1_000_000).cast(pl.Datetime("us", "UTC")),
                "email_domain": pl.Series(map(_mail, known, account, self["role"][known])),
                "role": _words(ROLES, self["role"][known]),
                "seniority": _words(SENIORITIES, self["seniority"][known]),
                "persona": _words(PERSONAS, self["persona"][known]),
                "country": _words(tuple(place.code for place in COUNTRIES), self["country"][known]),
                "age_band": _words(AGE_BANDS, self["age"][known]),
                "is_internal": pl.Series(self["internal"][known] == 1),
                "traits": pl.Series([None] * len(known), dtype=text),
            }
        ).match_to_schema(USERS.schema)

    def aliases(self) -> pl.DataFrame:
        """The canonical table of aliases: people whose sign-up did not carry the device."""
        who = self.known[self["aliased"][self.known] == 1]
        at = pl.Series([datetime.fromtimestamp(int(s), UTC) for s in self["known_at"][who]])
        return pl.DataFrame(
            {"anon_id": self.anon_ids().gather(who), "user_id": self.user_ids().gather(who),
             "at": at.cast(pl.Datetime("us", "UTC"))}
        ).match_to_schema(ALIASES.schema)  # fmt: skip


def _mail(person: int, account: int, role: int) -> str:
    """Colleagues share their company's domain; people on their own have a free one."""
    if account >= 0 and role != NOBODY:
        return company_domain(int(account))
    return FREE_MAIL[person % len(FREE_MAIL)]


def _words(words: tuple[str, ...], codes: np.ndarray) -> pl.Series:
    return pl.Series([*words, None], dtype=pl.String).gather(np.where(codes < 0, len(words), codes).astype(np.uint32))
