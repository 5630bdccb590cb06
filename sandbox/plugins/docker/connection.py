"""What the provider's configuration says: which Docker engine, and which accounts on which registries."""

import json
import os
from typing import Any

from sandbox.plugins.common.server import PluginError
from sandbox.plugins.common.tables import BOOLEAN, STRING, Block, ListOf, Property, Table
from sandbox.plugins.common.values import UNKNOWN, Values
from sandbox.plugins.docker.engine import DEFAULT_HOST, Engine
from sandbox.plugins.docker.registry import Login, logins

TABLE: Table = {
    "host": Property(STRING),
    "disableDockerDaemonCheck": Property(BOOLEAN),
    "registryAuth": Property(
        ListOf(
            Block(
                {
                    "address": Property(STRING, required=True),
                    "authDisabled": Property(BOOLEAN),
                    "username": Property(STRING),
                    "password": Property(STRING),
                }
            )
        )
    ),
}
_AS_JSON = {name for name, declared in TABLE.items() if declared.type is not STRING}


class Connection:
    """Shared by all resources of one provider; usable once the provider is configured."""

    def __init__(self) -> None:
        self.logins: dict[str, Login] = {}
        self._engine: Engine | None = None

    def configure(self, values: Values) -> None:
        """Take the configuration over; as with the official plugin, the engine must answer unless that is switched off.

        Raises:
            PluginError: it does not answer.
        """
        self.logins = logins(values.get("registryAuth", []))
        self._engine = Engine(values.get("host") or os.environ.get("DOCKER_HOST") or DEFAULT_HOST)
        if not values.get("disableDockerDaemonCheck"):
            try:
                self._engine.ping()
            except PluginError as error:
                raise PluginError(f"Error pinging Docker server: {error}") from None

    @property
    def engine(self) -> Engine:
        """The engine."""
        if self._engine is None:
            raise PluginError("the Docker provider is not configured")
        return self._engine


def decoded(values: Values) -> Values:
    """Configuration with what SDKs send as JSON text, everything but strings, taken out of it."""
    return {name: _from_json(value) if name in _AS_JSON else value for name, value in values.items()}


def _from_json(value: Any) -> Any:
    if not isinstance(value, str) or value == UNKNOWN:
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value
