"""The question of the activation finder: which early act goes with staying."""

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from lib.questions.parts import EventPart, Kept, Question

Days = Annotated[int, Field(ge=0, le=3650)]
Count = Annotated[int, Field(ge=1, le=10**6)]
Outcome = Annotated[
    Annotated[Kept, Tag("an event")] | Annotated[Literal["paid"], Tag("a payment")],
    Discriminator(lambda value: "a payment" if isinstance(value, str) else "an event"),
]


class Activation(Question):
    """Which early act goes with staying: every event, done so many times within so many days of the start."""

    kind: Literal["activation"] = "activation"
    start: EventPart | None = None
    kept: Outcome = Kept()
    within_days: Annotated[tuple[Days, ...], Field(min_length=1, max_length=50)] = (1, 3, 7, 14)
    times: Annotated[tuple[Count, ...], Field(min_length=1, max_length=50)] = (1, 2, 3, 5, 10)
    events: Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=1)] | None = None
    floor: int = Field(default=30, ge=1)

    @model_validator(mode="after")
    def _before_the_outcome(self) -> "Activation":
        if isinstance(self.kept, Kept) and not self.days:
            raise ValueError(
                f"people are kept {self.kept.words}, and an act has to be over before that:"
                f" give within_days below {self.kept.day - self.kept.within_days}"
            )
        return self

    @property
    def days(self) -> tuple[int, ...]:
        """The `within_days` that end before staying begins to be measured; the others would look ahead."""
        days = sorted(set(self.within_days))
        if isinstance(self.kept, Kept):
            days = [day for day in days if day < self.kept.day - self.kept.within_days]
        return tuple(days)

    @property
    def counts(self) -> tuple[int, ...]:
        """The `times`, each once, in order."""
        return tuple(sorted(set(self.times)))
