"""The event log under construction: columns of codes, turned into the canonical frame once, at the end."""

from datetime import timedelta

import numpy as np
import polars as pl

from lib.demo.calendar import FIRST, LAST, MIDNIGHTS, Ints, day
from lib.demo.company import COUNTRIES, RELEASES
from lib.demo.crowd import PLATFORMS, Crowd, account_id
from lib.model import EVENTS

ANON, BOTH, KNOWN = 0, 1, 2
"""Which ids an event carries: the device alone, the device and the person, the person alone."""

WORDS: dict[str, tuple[str, ...]] = {
    "name": (
        "app_installed", "app_opened", "register_started", "register_done", "home_viewed", "app_session",
        "error_shown", "help_opened", "terms_viewed", "signup_done", "project_created", "project_data_sent",
        "receipt_scanned", "report_viewed", "feature_used", "export_done", "comment_added", "member_invited",
        "page_viewed", "cta_clicked", "plan_viewed", "upgrade_done", "news_viewed", "help_page_viewed",
    ),
    "surface": ("web", "app"),
    "page": ("/", "/pricing", "/features/receipts", "/features/projects", "/enterprise", "/blog/petty-cash",
             "/blog/month-end", "/docs", "/signup", "/join", "/start", "/teams", "/together", "/scan", "/news",
             "https://tallyfold-help.example/", "https://help.tallyfold.example/", "/stories"),
    "referrer": ("https://search.example/", "https://social.example/", "https://news.example/"),
    "feature": ("folders", "reminders", "shared_receipts", "tax_view", "bank_link"),
    "cta": ("start_free", "see_pricing", "contact_sales", "book_demo", "join_with_code"),
    "error": ("email_field_hidden", "network", "sync_failed", "upload_failed"),
    "plan": ("solo_plus", "starter", "team"),
    "app_version": tuple(version for version, _ in RELEASES),
}  # fmt: skip
"""The words of each text column. Code 0 is empty, code k the k-th word."""


def code(column: str, word: str) -> int:
    """The code of a word of a column."""
    return WORDS[column].index(word) + 1


class Log:
    """Events as they are made. A text column is given as a word for all rows or as an array of codes."""

    def __init__(self) -> None:
        """Start empty."""
        self._chunks: list[dict[str, np.ndarray]] = []

    def add(self, person: Ints, at: Ints, ids: int | Ints, **columns: str | Ints | np.ndarray) -> None:
        """Add one event per entry of `person`, at seconds since 1970; events outside the data's time are left out."""
        inside = (at >= MIDNIGHTS[FIRST]) & (at < MIDNIGHTS[LAST + 1])
        n = int(inside.sum())
        chunk: dict[str, np.ndarray] = {"person": person[inside], "at": at[inside]}
        chunk["ids"] = np.full(n, ids, np.uint8) if isinstance(ids, int) else ids[inside].astype(np.uint8)
        for column in WORDS:
            given = columns.get(column, 0)
            if isinstance(given, str):
                given = code(column, given)
            chunk[column] = np.full(n, given, np.uint8) if isinstance(given, int) else given[inside].astype(np.uint8)
        value = columns.get("value")
        chunk["value"] = np.full(n, np.nan) if value is None else np.asarray(value, float)[inside]
        self._chunks.append(chunk)

    def first_seen(self, n: int) -> Ints:
        """The second of each person's first event, the end of the data for people without one."""
        found = np.full(n, MIDNIGHTS[LAST + 1])
        for chunk in self._chunks:
            np.minimum.at(found, chunk["person"], chunk["at"])
        return found

    def last_seen(self, n: int) -> Ints:
        """The second of each person's last event, 0 for people without one."""
        found = np.zeros(n, np.int64)
        for chunk in self._chunks:
            np.maximum.at(found, chunk["person"], chunk["at"])
        return found

    def first_of(self, low: int, high: int) -> tuple[Ints, Ints, Ints]:
        """Everybody who does something between two seconds, in the order of people: who, when first, by which ids."""
        inside = [(chunk["at"] >= low) & (chunk["at"] < high) for chunk in self._chunks]
        found = [np.concatenate([chunk[key][there] for chunk, there in zip(self._chunks, inside, strict=True)])
                 for key in ("person", "at", "ids")]  # fmt: skip
        person, at, ids = (one.astype(np.int64) for one in found)
        order = np.lexsort((ids, at, person))
        who, first = np.unique(person[order], return_index=True)
        return who, at[order][first], ids[order][first]

    def frame(self, crowd: Crowd) -> pl.DataFrame:
        """The canonical frame, sorted by time."""
        columns = {key: np.concatenate([chunk[key] for chunk in self._chunks]) for key in self._chunks[0]}
        order = np.lexsort((columns["name"], columns["person"], columns["at"]))
        columns = {key: values[order] for key, values in columns.items()}
        person = columns["person"]
        on_app = columns["surface"] == code("surface", "app")
        columns["app_version"] = np.where(on_app, _versions(columns, crowd), 0)
        data = {name: _words(words, columns[name]) for name, words in WORDS.items()}
        ids = columns["ids"]
        data["user_id"] = _pick(crowd.user_ids(), person, ids != ANON)
        data["anon_id"] = _pick(crowd.anon_ids(), person, ids != KNOWN)
        account = crowd["account"][person]
        names = pl.Series([account_id(number) for number in range(int(crowd["account"].max()) + 1)], dtype=pl.String)
        data["account_id"] = _pick(names, np.maximum(account, 0), (account >= 0) & (ids != ANON))
        phone = np.where(on_app & (crowd["platform"][person] == 0), 1, crowd["platform"][person])
        data["platform"] = _words(PLATFORMS, np.where(on_app, phone, 0) + 1)
        data["country"] = _words(tuple(place.code for place in COUNTRIES), crowd["country"][person] + 1)
        data["ts"] = pl.Series(columns["at"] * 1_000_000).cast(pl.Datetime("us", "UTC"))
        data["value"] = pl.Series(columns["value"]).fill_nan(None)
        data["event_id"] = pl.select(pl.format("e{}", pl.int_range(10_000_000, 10_000_000 + len(person)))).to_series()
        return _canonical(data)


def _versions(columns: dict[str, np.ndarray], crowd: Crowd) -> Ints:
    """The version said with the event, else the newest one that has reached the person's phone by then."""
    released = np.array([MIDNIGHTS[day(when)] for _, when in RELEASES])
    behind = crowd["update_days"][columns["person"]] * int(timedelta(days=1).total_seconds())
    known = np.searchsorted(released, columns["at"] - behind, side="right")
    installed = crowd["installed_version"][columns["person"]]
    return np.where(columns["app_version"] > 0, columns["app_version"], np.maximum(np.maximum(known, installed), 1))


def _words(words: tuple[str, ...], codes: Ints) -> pl.Series:
    return pl.Series([None, *words], dtype=pl.String).gather(codes.astype(np.uint32))


def _pick(values: pl.Series, index: Ints, where: np.ndarray) -> pl.Series:
    """`values` at `index`, empty where not wanted."""
    return pl.concat([values, pl.Series([None], dtype=pl.String)]).gather(
        np.where(where, index, len(values)).astype(np.uint32)
    )


def _canonical(data: dict[str, pl.Series]) -> pl.DataFrame:
    """The columns of the model in their order, then the properties."""
    rows = len(data["ts"])
    for name, kind in EVENTS.schema.items():
        data.setdefault(name, pl.Series([None], dtype=kind).new_from_index(0, rows))
    extra = ("feature", "cta", "error", "plan", "country")
    return pl.DataFrame({name: data[name].alias(name) for name in (*EVENTS.schema, *extra)})
