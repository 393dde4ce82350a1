"""A company small enough to count by hand.

60 people start, 45 of them are done an hour later, 20 of those make a project a day later. The first 30 use ios, the
others web. Starts fall on 1 to 20 March 2026; the last event is on 31 March, so that nobody is still in time.
"""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl

from lib.intake import load_frames
from lib.settings import Settings, write_settings

STEPS = ("signup_start", "signup_done", "project_created")
FORMULA = "=HYPERLINK(1)"
SETTINGS = {
    "company": {"name": "Tiny & Sons", "timezone": "UTC"},
    "onboarding": {"steps": STEPS, "window": {"value": 7, "unit": "day"}},
}


def events() -> pl.DataFrame:
    """Every event there is."""
    rows = []
    for person in range(60):
        name = FORMULA if person == 59 else f"u{person:02}"
        platform = "ios" if person < 30 else "web"
        at = datetime(2026, 3, 1, 9, tzinfo=UTC) + timedelta(days=person % 20)
        times = [at]
        if person < 45:
            times.append(at + timedelta(hours=1))
        if person < 20:
            times.append(at + timedelta(days=1))
        rows += [(name, step, ts, platform) for step, ts in zip(STEPS, times, strict=False)]
        rows += [
            (name, "app_session", at + timedelta(days=7 * week, hours=2), platform) for week in range(1 + person % 3)
        ]
    rows.append(("u00", "app_session", datetime(2026, 3, 31, 20, tzinfo=UTC), "ios"))
    return pl.DataFrame(rows, schema=["user_id", "name", "ts", "platform"], orient="row")


def touchpoints() -> pl.DataFrame:
    """Contacts an hour before the start: 30 people by ads, the first ten of them from lena, the next 20 by creators.

    Ads are a video, found by brand, and shown to the young the first 15 times; creators write to the old.
    """
    rows = []
    for person in range(50):
        at = datetime(2026, 3, 1, 8, tzinfo=UTC) + timedelta(days=person % 20)
        channel, partner = "ads" if person < 30 else "creators", "lena" if person < 10 else None
        message = ("young" if person < 15 else "old", "video" if person < 30 else "text")
        rows.append((f"u{person:02}", at, channel, partner, *message, "brand" if person < 30 else None))
    columns = ["user_id", "ts", "channel", "partner", "audience", "creative", "keyword_class"]
    return pl.DataFrame(rows, schema=columns, orient="row")


def spend() -> pl.DataFrame:
    """$300 for ads, by lena; $50 for creators; $10 for a podcast that brought nobody."""
    days, names = [date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 3)], ["ads", "creators", "podcast"]
    cents, partners = [30_000, 5_000, 1_000], ["lena", None, None]
    return pl.DataFrame({"date": days, "channel": names, "partner": partners, "kind": "media", "cost_cents": cents})


def make(folder: Path) -> Path:
    """A workspace with these events."""
    folder.mkdir(parents=True, exist_ok=True)
    write_settings(folder, Settings.model_validate(SETTINGS))
    load_frames(folder, {"events": events()}, "tiny")
    return folder
