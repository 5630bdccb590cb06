"""What is kept of an object in the stack's state: the live object with the inputs it came from beside it."""

from dataclasses import dataclass

from pulumi.provider.experimental.property_value import PropertyValue

from sandbox.plugins.kubernetes.values import JsonObject, Properties, plain_object, with_secrets

INPUTS, API_VERSION, MANAGER = "__inputs", "__initialApiVersion", "__fieldManager"


@dataclass(frozen=True)
class Checkpoint:
    """One object as the state remembers it."""

    inputs: JsonObject
    live: JsonObject
    api_version: str
    """The version it was created with."""
    manager: str
    """The field manager that owns what was applied."""


def parse(state: Properties) -> Checkpoint:
    """Read the outputs of an earlier operation; everything is empty for a resource that has none."""
    live = plain_object(state)
    inputs = live.pop(INPUTS, {})
    version = live.pop(API_VERSION, "") or inputs.get("apiVersion", "")
    return Checkpoint(inputs, live, version, live.pop(MANAGER, ""))


def outputs(checkpoint: Checkpoint, secrets: Properties) -> dict[str, PropertyValue]:
    """The outputs to keep; what is secret in ``secrets`` is secret in them."""
    return {
        **with_secrets(checkpoint.live, secrets),
        INPUTS: PropertyValue(with_secrets(checkpoint.inputs, secrets)),
        API_VERSION: PropertyValue(checkpoint.api_version),
        MANAGER: PropertyValue(checkpoint.manager),
    }
