"""The variants of a test against the control: values, effects with their intervals, day by day, and guardrails."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from lib.answers import segments
from lib.answers.experiment_units import Units
from lib.answers.experiment_values import sums
from lib.inference import (
    Effect,
    Moments,
    always_valid,
    always_valid_p,
    difference_of_means,
    difference_of_shares,
    sample_ratio,
)
from lib.inference.effects import t_point
from lib.questions import Experiment, Guardrail, Measured
from lib.stats import Z95, wilson, z_of_many

FEWEST = 5
"""A group with fewer units than this is not read."""
VARIANTS = {"segment": pl.String(), "variant": pl.String(), "is_control": pl.Boolean(), "units": pl.Int64(),
            "expected": pl.Float64(), "read": pl.Int64(), "users": pl.Int64(), "total": pl.Float64(),
            "value": pl.Float64(), "low": pl.Float64(), "high": pl.Float64()}  # fmt: skip
NUMBERS = ("value", "control_value", "difference", "low", "high", "relative", "relative_low", "relative_high",
           "p_value")  # fmt: skip
EFFECTS = {"segment": pl.String(), "variant": pl.String(), "control": pl.String(), "units": pl.Int64(),
           "control_units": pl.Int64(), **{name: pl.Float64() for name in NUMBERS}, "verdict": pl.String()}  # fmt: skip
CUMULATIVE = {"day": pl.Date(), "variant": pl.String(), "units": pl.Int64(), "control_units": pl.Int64(),
              "difference": pl.Float64(), "low": pl.Float64(), "high": pl.Float64()}  # fmt: skip
GUARDRAILS = {"guardrail": pl.String(), "measure": pl.String(), "variant": pl.String(), "value": pl.Float64(),
              "control_value": pl.Float64(), "difference": pl.Float64(), "low": pl.Float64(), "high": pl.Float64(),
              "margin": pl.Float64(), "status": pl.String()}  # fmt: skip


@dataclass(frozen=True)
class Reading:
    """What is needed to compare variants: the question, who took part, and which variant is the control."""

    question: Experiment
    units: Units
    control: str

    @property
    def variants(self) -> list[str]:
        """Every variant, the control first; also one with a weight that nobody saw."""
        named = {*self.units.variants, *(one.variant for one in self.question.weights or ())}
        return [self.control, *sorted(named - {self.control})]

    @property
    def others(self) -> list[str]:
        """The variants that are compared with the control."""
        return self.variants[1:]

    @property
    def weights(self) -> list[float]:
        """How large each variant was meant to be, in the order of `variants`; equal where nothing was said."""
        said = {one.variant: one.weight for one in self.question.weights or ()}
        return [said.get(name, 0.0 if said else 1.0) for name in self.variants]

    def effect(self, measured: Measured, one: tuple[int, Moments], base: tuple[int, Moments]) -> Effect:
        """A variant less the control; with several variants every interval is wide enough for all to hold at once."""
        (hits, own), (base_hits, other) = one, base
        if min(own.n, other.n) < FEWEST:
            return Effect()
        many = max(1, len(self.others))
        if measured.measure == "conversion":
            found = difference_of_shares(hits, own.n, base_hits, other.n, z_of_many(many))
        else:
            found = difference_of_means(own, other, z_of_many(many))
        if self.question.analysis == "fixed":
            return found._replace(p_value=None if found.p_value is None else min(1.0, found.p_value * many))
        told = (found.difference, found.error, own.n + other.n, self.question.planned)
        low, high = always_valid(*told, mistakes=0.05 / many)
        p_value = always_valid_p(*told)
        if measured.measure == "conversion" and low is not None and high is not None:
            low, high = max(-1.0, low), min(1.0, high)
        return found._replace(low=low, high=high, relative_low=None, relative_high=None,
                              p_value=None if p_value is None else min(1.0, p_value * many))  # fmt: skip


def ratio_of_sizes(reading: Reading) -> float | None:
    """How likely the sizes of the groups are, given their weights; None where nothing can be said."""
    frame = reading.units.frame
    counts = [frame.filter(pl.col("variant") == name).height for name in reading.variants]
    some = [(count, weight) for count, weight in zip(counts, reading.weights, strict=True) if weight > 0]
    if len(some) < 2:
        return None
    if sum(counts) > sum(count for count, _ in some):
        return 0.0  # somebody saw a variant that was to be shown to nobody
    return sample_ratio([count for count, _ in some], [weight for _, weight in some])


def variants(reading: Reading, grown: pl.DataFrame) -> pl.DataFrame:
    """Table `variants`: what each variant's units came to. `expected` are its units by weight, over all segments."""
    frame, rows = reading.units.frame, []
    whole = sum(reading.weights) or 1.0
    for segment in _segments(frame, reading.question):
        own = frame if segment is None else frame.filter(pl.col("segment") == segment)
        for name, weight in zip(reading.variants, reading.weights, strict=True):
            hits, moments = sums(grown, name, segment)
            expected = frame.height * weight / whole if segment is None else None
            rows.append(
                (segment or segments.ALL, name, name == reading.control,
                 own.filter(pl.col("variant") == name).height, expected,
                 moments.n, hits, moments.x, moments.value, *_around(reading.question, hits, moments))
            )  # fmt: skip
    return pl.DataFrame(rows, schema=VARIANTS, orient="row")


def _around(measured: Measured, hits: int, moments: Moments) -> tuple[float | None, float | None]:
    """The 95 % interval of one variant's own value: Wilson's of a share, Student's of a mean."""
    if measured.measure == "conversion":
        return wilson(hits, moments.n)
    error, value = moments.squared_error, moments.value
    if value is None or not error:
        return None, None
    reach = t_point(Z95, moments.n - 1) * error**0.5
    return value - reach, value + reach


def _segments(frame: pl.DataFrame, question: Experiment) -> list[str | None]:
    """All together, and then the segments asked for, the largest first."""
    if question.by is None:
        return [None]
    sizes = frame.group_by("segment").agg(users=pl.len().cast(pl.Int64()))
    names = segments.largest(sizes.filter(pl.col("segment") != segments.OTHER), sizes.height)
    return [None, *names, *([segments.OTHER] if segments.OTHER in sizes["segment"] else [])]


def effects(reading: Reading, grown: pl.DataFrame, is_stopped: bool, verdicts: dict[str, str]) -> pl.DataFrame:
    """Table `effects`: every other variant against the control; without effects where the read-out is stopped."""
    rows = []
    for segment in _segments(reading.units.frame, reading.question):
        base = sums(grown, reading.control, segment)
        for name in reading.others:
            one = sums(grown, name, segment)
            found = Effect() if is_stopped else reading.effect(reading.question, one, base)
            values = (None, None) if is_stopped else (one[1].value, base[1].value)
            said = verdicts.get(name) if segment is None else None
            rows.append(
                (segment or segments.ALL, name, reading.control, one[1].n, base[1].n, *values, found.difference,
                 found.low, found.high, found.relative, found.relative_low, found.relative_high, found.p_value, said)
            )  # fmt: skip
    return pl.DataFrame(rows, schema=EFFECTS, orient="row")


def cumulative(reading: Reading, grown: pl.DataFrame, is_stopped: bool) -> pl.DataFrame:
    """Table `cumulative`: the effect as it stood at the end of each day on which something was added."""
    rows = []
    days = grown["day"].unique().sort().to_list() if not is_stopped else []
    so_far: dict[str, tuple[int, Moments]] = {name: (0, Moments()) for name in reading.variants}
    for day in days:
        today = grown.filter(pl.col("day") == day)
        for name in reading.variants:
            hits, moments = sums(today, name)
            old = so_far[name]
            so_far[name] = (old[0] + hits, old[1].plus(moments))
        for name in reading.others:
            found = reading.effect(reading.question, so_far[name], so_far[reading.control])
            if found.difference is not None:
                rows.append((day, name, so_far[name][1].n, so_far[reading.control][1].n, *found[:3]))
    return pl.DataFrame(rows, schema=CUMULATIVE, orient="row")


def guardrails(reading: Reading, grown: Sequence[pl.DataFrame], is_stopped: bool) -> pl.DataFrame:
    """Table `guardrails`: what must not get worse, with `status` `holds`, `worse` or `unclear`."""
    rows = []
    for guardrail, own in zip(reading.question.guardrails, grown, strict=True):
        base = sums(own, reading.control)
        for name in [] if is_stopped else reading.others:
            one = sums(own, name)
            found = reading.effect(guardrail, one, base)
            rows.append((guardrail.label or guardrail.words, guardrail.measure, name, one[1].value, base[1].value,
                         *found[:3], guardrail.margin, status(guardrail, found, base[1].value)))  # fmt: skip
    return pl.DataFrame(rows, schema=GUARDRAILS, orient="row")


def status(guardrail: Guardrail, effect: Effect, base: float | None) -> str:
    """`worse` where the whole interval is on the bad side, `holds` where its bad end is within the margin."""
    if effect.low is None or effect.high is None or base is None:
        return "unclear"
    low, high = (effect.low, effect.high) if guardrail.better == "up" else (-effect.high, -effect.low)
    if high < 0:
        return "worse"
    return "holds" if low >= -guardrail.margin * abs(base) else "unclear"
