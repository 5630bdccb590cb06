"""Labels, as the program writes them (a list of pairs) and as an engine does (a map)."""

from typing import Any

from sandbox.plugins.common.tables import STRING, Block, ListOf, Property, Type

TYPE: Type = ListOf(Block({"label": Property(STRING, required=True), "value": Property(STRING, required=True)}))


def to_engine(labels: list[dict[str, str]] | None) -> dict[str, str]:
    """As an engine takes them."""
    return {each["label"]: each["value"] for each in labels or ()}


def from_engine(labels: dict[str, str] | None, before: Any) -> list[dict[str, str]] | None:
    """As the program wrote them before, where they are the same; otherwise sorted, or None where there are none."""
    if (labels or {}) == to_engine(before):
        return before or None
    return [{"label": label, "value": value} for label, value in sorted((labels or {}).items())] or None
