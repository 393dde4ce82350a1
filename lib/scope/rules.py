"""Channel rules: which channel and which partner a marketing contact belongs to, whatever its source called them."""

from typing import Annotated, Any

from pydantic import Field, model_validator

from lib.scope.conditions import AllOf, Condition
from lib.scope.part import Part

Name = Annotated[str, Field(min_length=1, max_length=500)]


class ChannelRule(Part):
    """A contact that fulfils the condition belongs to the channel, and to the partner where one is named."""

    when: Condition
    channel: Name
    partner: Name | None = None

    @model_validator(mode="before")
    @classmethod
    def _as_once_written(cls, value: Any) -> Any:
        """Rules were kept as a list of conditions, `where`, before one condition could hold several."""
        if isinstance(value, dict) and "when" not in value and isinstance(value.get("where"), list) and value["where"]:
            return {**{key: part for key, part in value.items() if key != "where"}, "when": {"all": value["where"]}}
        return value


class ChannelRules(Part):
    """The first rule that fits decides; where none does, `otherwise`, or without it what the contact itself says."""

    rules: tuple[ChannelRule, ...]
    otherwise: Name | None = None

    @property
    def in_order(self) -> tuple[ChannelRule, ...]:
        """The rules, with a last one that fits everything where `otherwise` is given."""
        last = () if self.otherwise is None else (ChannelRule(when=AllOf(all=()), channel=self.otherwise),)
        return (*self.rules, *last)


def joined(several: tuple[ChannelRules, ...]) -> tuple[ChannelRule, ...]:
    """Several sets of rules as one: all their rules in order, and then the first `otherwise` there is."""
    rules = tuple(rule for one in several for rule in one.rules)
    otherwise = next((one.otherwise for one in several if one.otherwise is not None), None)
    return ChannelRules(rules=rules, otherwise=otherwise).in_order
