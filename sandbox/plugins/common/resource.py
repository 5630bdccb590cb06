"""What one type of resource is to ``TableProvider``: its tables, and what happens at each step of its life."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from pulumi.provider.experimental.provider import CheckFailure

from sandbox.plugins.common.tables import Table, defaults
from sandbox.plugins.common.values import UNKNOWN, Values, has_unknown

DEFAULTS = "__defaults"
"""The input that names those inputs that the plugin chose itself, as official plugins have it."""


@dataclass(frozen=True)
class State:
    """A resource as it is."""

    resource_id: str
    outputs: Values
    """Inputs included."""


class Resource(ABC):
    """One type of resource. Handlers run in threads of their own, several at a time, and may block."""

    inputs: ClassVar[Table]
    computed: ClassVar[Table]
    """What it gives beside its inputs."""
    autonamed: ClassVar[bool] = False
    """Whether a ``name`` that is left out is made from the resource's name in the program."""

    def problems(self, inputs: Values) -> Iterator[CheckFailure]:
        """What is wrong with inputs whose types are right; defaults are filled in, and any may be unknown."""
        yield from ()

    @abstractmethod
    def create(self, inputs: Values) -> State:
        """Make it. Defaults are filled in."""

    @abstractmethod
    def read(self, resource_id: str, outputs: Values) -> State | None:
        """It as it is now, None where it is gone. ``outputs`` is empty when it is imported."""

    def update(self, resource_id: str, outputs: Values, inputs: Values) -> State:
        """Change it in place; only called when something that may change in place has."""
        raise NotImplementedError

    @abstractmethod
    def delete(self, resource_id: str, outputs: Values) -> None:
        """Remove it; no error where it is gone already."""

    def changed(self, outputs: Values, inputs: Values) -> list[str]:
        """Names of the inputs that differ from what is; an unknown one counts, since it may."""
        wanted = self.complete(inputs)
        names = (name for name in self.inputs if name in wanted or self.left_out_means_none(name))
        return [name for name in names if not _same(wanted.get(name), outputs.get(name))]

    def left_out_means_none(self, name: str) -> bool:
        """Whether taking ``name`` out of the program takes it away, rather than leaving it as it is."""
        return True

    def complete(self, inputs: Values) -> Values:
        """The inputs with what is left out, and without the plugin's own notes."""
        return {**defaults(self.inputs), **{name: value for name, value in inputs.items() if name != DEFAULTS}}

    def planned(self, inputs: Values, outputs: Values) -> Values:
        """The outputs as far as a preview can know them; ``outputs`` are those of before, empty for a new one."""
        kept = {name: outputs.get(name, UNKNOWN) for name in self.computed}
        return {**kept, **self.complete(inputs)}


def _same(wanted: Any, found: Any) -> bool:
    """An empty list, an empty text and nothing at all are the same to those who keep them."""
    return not has_unknown(wanted) and (wanted == found or not (wanted or found))
