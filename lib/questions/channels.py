"""The question about channels: which one brings people who stay, and at what cost."""

from typing import Annotated, Literal

from pydantic import Field

from lib.questions.parts import EventPart, Kept, Question
from lib.scope import ChannelRule

Place = Literal["channel", "partner", "campaign", "creative"]


class Channels(Question):
    """What a person who stays costs, by channel, partner, campaign or creative."""

    kind: Literal["channels"] = "channels"
    by: Place = "channel"
    attribution: Literal["first", "last", "linear", "position"] = "first"
    lookback_days: int = Field(default=30, ge=0, le=3650)
    kept: Kept = Kept()
    cost: Literal["all", "media"] = "all"
    value: EventPart | None = None
    horizon_days: int = Field(default=180, ge=1, le=3650)
    margin: float = Field(default=1.0, gt=0, le=1)
    adjust: Annotated[str, Field(min_length=1)] | None = None
    floor: int = Field(default=30, ge=1)
    target: float | None = Field(default=None, gt=0, le=1e12)
    rules: Annotated[tuple[ChannelRule, ...], Field(max_length=500)] | None = None

    @property
    def asks_channel_rules(self) -> bool:
        """True unless the question brings rules of its own."""
        return self.rules is None

    @property
    def is_whole(self) -> bool:
        """True where a person belongs to one contact; otherwise to several, in parts."""
        return self.attribution in ("first", "last")
