"""The question for one metric of the catalog."""

from typing import Literal

from lib.questions.parts import By, Question
from lib.questions.revenue import RevenuePolicy
from lib.scope import Grain


class MetricQuestion(Question):
    """One metric of the catalog over time, by segment."""

    kind: Literal["metric"] = "metric"
    metric: str
    grain: Grain = "week"
    by: By | None = None
    policy: RevenuePolicy | None = None

    @property
    def asks_channel_rules(self) -> bool:
        """True: some metrics are about channels."""
        return True
