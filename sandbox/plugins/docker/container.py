"""Containers of a Docker engine."""

import time
from collections.abc import Iterator
from typing import Any, ClassVar

from pulumi.provider.experimental.provider import CheckFailure

from sandbox.plugins.common.resource import Resource, State
from sandbox.plugins.common.server import PluginError
from sandbox.plugins.common.tables import BOOLEAN, INTEGER, STRING, Block, ListOf, MapOf, Property, Table
from sandbox.plugins.common.values import UNKNOWN, Values
from sandbox.plugins.docker import labels
from sandbox.plugins.docker.connection import Connection
from sandbox.plugins.docker.container_body import body, endpoints, restart_policy

SETTLE = 1.0
"""Seconds that a new container must have run, to count as running."""
RESTARTS = ("no", "on-failure", "always", "unless-stopped")

_CAPABILITIES = Block({"adds": Property(ListOf(STRING)), "drops": Property(ListOf(STRING))})
_HEALTHCHECK = Block(
    {
        "tests": Property(ListOf(STRING), required=True),
        "interval": Property(STRING),
        "timeout": Property(STRING),
        "startPeriod": Property(STRING),
        "retries": Property(INTEGER),
    }
)
_NETWORK = Block(
    {
        "name": Property(STRING, required=True),
        "aliases": Property(ListOf(STRING)),
        "ipv4Address": Property(STRING),
        "ipv6Address": Property(STRING),
    }
)
_PORT = Block(
    {
        "internal": Property(INTEGER, required=True),
        "external": Property(INTEGER),
        "ip": Property(STRING),
        "protocol": Property(STRING),
    }
)
_VOLUME = Block(
    {
        "containerPath": Property(STRING),
        "hostPath": Property(STRING),
        "readOnly": Property(BOOLEAN),
        "volumeName": Property(STRING),
    }
)


class Container(Resource):
    """A container; its restart policy and memory change in place, everything else replaces it."""

    inputs: ClassVar[Table] = {
        "image": Property(STRING, required=True),
        "name": Property(STRING),
        "capabilities": Property(_CAPABILITIES),
        "command": Property(ListOf(STRING)),
        "destroyGraceSeconds": Property(INTEGER, in_place=True),
        "entrypoints": Property(ListOf(STRING)),
        "envs": Property(ListOf(STRING)),
        "healthcheck": Property(_HEALTHCHECK),
        "hostname": Property(STRING),
        "init": Property(BOOLEAN),
        "labels": Property(labels.TYPE),
        "maxRetryCount": Property(INTEGER, in_place=True),
        "memory": Property(INTEGER, in_place=True),
        "mustRun": Property(BOOLEAN, default=True),
        "networksAdvanced": Property(ListOf(_NETWORK)),
        "ports": Property(ListOf(_PORT)),
        "readOnly": Property(BOOLEAN, default=False),
        "restart": Property(STRING, default="no", in_place=True),
        "securityOpts": Property(ListOf(STRING)),
        "stopTimeout": Property(INTEGER),
        "tmpfs": Property(MapOf(STRING)),
        "user": Property(STRING),
        "volumes": Property(ListOf(_VOLUME)),
        "workingDir": Property(STRING),
    }
    computed: ClassVar[Table] = {
        "bridge": Property(STRING),
        "exitCode": Property(INTEGER),
        "networkDatas": Property(ListOf(MapOf(STRING))),
    }
    autonamed: ClassVar[bool] = True

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def problems(self, inputs: Values) -> Iterator[CheckFailure]:
        """What only the engine would notice, too late."""
        if inputs["restart"] not in (*RESTARTS, UNKNOWN):
            yield CheckFailure("restart", f"restart must be one of {list(RESTARTS)}, got: {inputs['restart']!r}")
        volumes = inputs.get("volumes")
        for at, volume in enumerate(volumes if isinstance(volumes, list) else ()):
            if isinstance(volume, dict) and ("hostPath" in volume) == ("volumeName" in volume):
                yield CheckFailure(f"volumes[{at}]", "a volume needs either hostPath or volumeName")

    def create(self, inputs: Values) -> State:
        """Create and start it."""
        engine = self._connection.engine
        created = engine.post("/containers/create", body(inputs), name=inputs["name"])
        container_id = created["Id"]
        try:
            for network, endpoint in list(endpoints(inputs).items())[1:]:
                engine.post(f"/networks/{network}/connect", {"Container": container_id, "EndpointConfig": endpoint})
            engine.post(f"/containers/{container_id}/start")
            self._settled(container_id, inputs)
        except PluginError:
            # Nothing in the state would know of it.
            engine.delete(f"/containers/{container_id}", force="true", v="true")
            raise
        return self.read(container_id, inputs) or State(container_id, inputs)

    def read(self, resource_id: str, outputs: Values) -> State | None:
        """Look at it; one that must run and does not shows as a difference in ``mustRun``."""
        if not outputs:
            raise PluginError("the stand-in for the docker plugin cannot import containers")
        found = self._connection.engine.get(f"/containers/{resource_id}/json")
        return None if found is None else State(found["Id"], {**outputs, **_seen(found, outputs)})

    def update(self, resource_id: str, outputs: Values, inputs: Values) -> State:
        """Change what an engine can change in a running container."""
        memory = {"Memory": inputs["memory"] << 20, "MemorySwap": -1} if "memory" in inputs else {}
        change = {"RestartPolicy": restart_policy(inputs), **memory}
        self._connection.engine.post(f"/containers/{resource_id}/update", change)
        kept = {name: value for name, value in outputs.items() if name in self.computed}
        return self.read(resource_id, {**kept, **inputs}) or State(resource_id, inputs)

    def delete(self, resource_id: str, outputs: Values) -> None:
        """Stop it, giving it time where that is asked for, and remove it with its unnamed volumes."""
        engine = self._connection.engine
        if (seconds := outputs.get("destroyGraceSeconds")) and engine.get(f"/containers/{resource_id}/json"):
            engine.post(f"/containers/{resource_id}/stop", t=str(seconds))
        engine.delete(f"/containers/{resource_id}", force="true", v="true")

    def left_out_means_none(self, name: str) -> bool:
        """Taking a limit away is not something that a running container can be told."""
        return name not in ("memory", "maxRetryCount")

    def _settled(self, container_id: str, inputs: Values) -> None:
        if not inputs["mustRun"]:
            return
        time.sleep(SETTLE)
        found = self._connection.engine.get(f"/containers/{container_id}/json") or {}
        state = found.get("State", {})
        if not state.get("Running") or state.get("Restarting"):
            reason = f"status: {state.get('ExitCode')}, error: {state.get('Error') or 'none'}"
            raise PluginError(f"container {inputs['name']} exited after creation, {reason}")


def _seen(found: Values, outputs: Values) -> Values:
    host = found["HostConfig"]
    memory = {"memory": host["Memory"] >> 20} if "memory" in outputs else {}
    return {
        "name": found["Name"].removeprefix("/"),
        "mustRun": bool(outputs.get("mustRun", True) and found["State"]["Running"]),
        "readOnly": host["ReadonlyRootfs"],
        "restart": host["RestartPolicy"]["Name"] or "no",
        "bridge": "",
        "exitCode": found["State"]["ExitCode"],
        "networkDatas": [_network(name, each) for name, each in found["NetworkSettings"]["Networks"].items()],
        **memory,
    }


def _network(name: str, found: dict[str, Any]) -> Values:
    return {
        "networkName": name,
        "ipAddress": found["IPAddress"],
        "ipPrefixLength": found["IPPrefixLen"],
        "gateway": found["Gateway"],
        "macAddress": found["MacAddress"],
    }
