"""Failures that the engine or the user has to understand."""

from collections.abc import Mapping, Sequence

from pulumi.provider.experimental.property_value import PropertyValue

from sandbox.plugins.common.server import InitFailedError, PluginError


class NotReadyError(InitFailedError):
    """The object exists, but is not ready: the engine keeps it in the state and carries on at the next update."""

    def __init__(
        self,
        message: str,
        resource_id: str,
        properties: Mapping[str, PropertyValue],
        reasons: Sequence[str],
        inputs: Mapping[str, PropertyValue],
    ) -> None:
        super().__init__(resource_id, dict(properties), dict(inputs), (message, *reasons))
        self._message = message

    def __str__(self) -> str:
        return self._message


class UnsupportedError(PluginError):
    """Something that the official plugin can do and this one cannot."""


class OperationError(PluginError):
    """An operation failed and left nothing behind that the state should know of."""


class UnreachableError(PluginError):
    """The operation needs a cluster that cannot be reached."""
