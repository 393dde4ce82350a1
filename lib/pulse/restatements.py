"""A tile whose number was reported before and is another one now."""

from collections.abc import Sequence
from datetime import timedelta

from lib.catalog import METRICS
from lib.pulse.tiles import Around, TileReading, difference, following
from lib.reported import Known, restated
from lib.store import Snapshot


def text(
    reading: TileReading, around: Around, snapshots: Sequence[Snapshot], stamp: str, people: int | None = None
) -> str:
    """`restated +0.3 pp: late data`, where the bucket that is shown was last reported as another number; else empty.

    A report is of the same number where metric, filters, grain and the last day of the bucket are the same.
    """
    metric = METRICS.get(reading.tile.metric)
    if metric is None or reading.bucket is None or reading.value is None:
        return ""
    last_day = following(reading.bucket, reading.grain) - timedelta(days=1)
    where = [one.model_dump(mode="json", by_alias=True, exclude_none=True)
             for one in (*around.where, *reading.tile.where)]  # fmt: skip
    dims = {"filters": where, "grain": reading.grain}
    alike = [one for one in snapshots if (one.metric_key, one.as_of) == (metric.name, last_day) and one.dims == dims]
    if not alike:
        return ""
    before = max(alike, key=lambda one: one.version)
    means_the_same = before.definition.get("meaning") in (None, metric.meaning)
    now = Known(reading.value, before.fingerprint if means_the_same else "", stamp, people)
    found = restated(before, now)
    if found is None:
        return ""
    change = difference(metric, found.now, found.before)[1] or "from nothing"
    return f"restated {change}: {found.reason}"
