"""The base of every part of a question."""

from typing import Any

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """Base of every part of a question: frozen, hashable, and strict about unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, protected_namespaces=())

    def as_json(self) -> dict[str, Any]:
        """The shortest JSON object that parses back to an equal value (defaults left out)."""
        return self.model_dump(mode="json", by_alias=True, exclude_defaults=True)

    @classmethod
    def keys(cls) -> dict[str, str]:
        """JSON key -> attribute name."""
        return {info.alias or name: name for name, info in cls.model_fields.items()}
