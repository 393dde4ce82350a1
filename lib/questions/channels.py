"""The question about channels: which one brings people who stay, and at what cost."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from lib.questions.parts import EventPart, Kept, Question
from lib.scope import ChannelRule

Place = Literal["channel", "partner", "campaign", "creative"]
Rules = Annotated[tuple[ChannelRule, ...], Field(max_length=500)]


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
    rules: Rules | None = None
    view: Literal["channels", "moves", "referrers", "visits"] = "channels"
    against: Rules | None = None
    signup: EventPart | None = None
    activated: EventPart | None = None

    @model_validator(mode="after")
    def _of_the_view(self) -> "Channels":
        if self.against is not None and self.view != "moves":
            raise ValueError("against belongs to view moves, which compares rules with these")
        if self.view in ("channels", "visits") and (self.signup is not None or self.activated is not None):
            raise ValueError("signup and activated belong to the views moves and referrers")
        return self

    @property
    def asks_channel_rules(self) -> bool:
        """True unless the question brings rules of its own, and rules to compare with where it compares."""
        compares = self.view == "moves" and self.against is None
        return self.rules is None or compares or super().asks_channel_rules

    @property
    def is_whole(self) -> bool:
        """True where a person belongs to one contact; otherwise to several, in parts."""
        return self.attribution in ("first", "last")
