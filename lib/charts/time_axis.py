"""Time from left to right: buckets as places on an axis, and their dates as people write them."""

from datetime import UTC, date, datetime

import altair as alt
import polars as pl

from lib.charts.tones import Tones

MOST_TICKS = 7
DAY = 86_400_000


def placed(frame: pl.DataFrame) -> pl.DataFrame:
    """Replace `bucket` by `at`, milliseconds, and `when`, its date in words.

    Local days are drawn as the same days in UTC, so that no reader's time zone moves them.
    """
    words = pl.Series("when", [day(at) for at in frame["bucket"]], dtype=pl.String())
    local = pl.col("bucket")
    local = local.dt.replace_time_zone(None) if isinstance(frame.schema["bucket"], pl.Datetime) else local
    return frame.with_columns(words, at=local.dt.epoch("ms")).drop("bucket")


def across(at: pl.Series, room: str = "0") -> alt.X:
    """The axis of these buckets; `room` pixels, an expression, stay free at its right end.

    One layer of a chart says it; for the others `PLACE` is enough.
    """
    free = alt.ExprRef(f"width - {room}")
    scale = alt.Scale(type="utc", range=[0, free])
    return alt.X("at:T", scale=scale, axis=_axis(at.unique().sort()))


PLACE = alt.X("at:T", scale=alt.Scale(type="utc")).title(None)


def _axis(at: pl.Series) -> alt.Axis:
    """A few ticks, each on a bucket, with as much of the date as tells them apart."""
    ticks = [_utc(ms) for ms in at.gather_every(max(1, -(-at.len() // MOST_TICKS)))]
    gap = step(at)
    long = at.len() > 1 and at.item(-1) - at.item(0) > 360 * DAY
    form = "%-d %b, %H:%M" if gap < DAY else "%b %Y" if gap > 27 * DAY else "%-d %b %y" if long else "%-d %b"
    return alt.Axis(title=None, grid=False, format=form, values=ticks, labelOverlap=True, labelFlush=True)


def below(note: str, height: int, tones: Tones) -> alt.Chart:
    """A remark under the dates."""
    mark = alt.Chart(alt.InlineData(values=[{"note": note}])).mark_text(
        align="left", baseline="top", x=0, y=height + 30, color=tones.muted
    )
    return mark.encode(alt.Text("note:N"))


def step(at: pl.Series) -> int:
    """Milliseconds from one bucket to the next; a day where there is only one."""
    return at.item(1) - at.item(0) if at.len() > 1 else DAY


def _utc(ms: int) -> alt.DateTime:
    when = datetime.fromtimestamp(ms / 1000, UTC)
    return alt.DateTime(utc=True, year=when.year, month=when.month, date=when.day, hours=when.hour)


def called(at: date, buckets: pl.Series) -> str:
    """A bucket among these as people write it: its first day or hour, or the month where each begins with one."""
    several = buckets.unique().sort()
    is_month = several.len() > 1 and not isinstance(at, datetime) and all(one.day == 1 for one in several)
    return f"{at:%b %Y}" if is_month else day(at)


def day(at: date) -> str:
    """A bucket's first day, or its hour, as people write it."""
    return f"{at.day} {at:%b %Y, %H:%M}" if isinstance(at, datetime) else f"{at.day} {at:%b %Y}"
