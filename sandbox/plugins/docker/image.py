"""Images that a Docker engine pulls. Building them is not part of the stand-in."""

from typing import ClassVar
from urllib.parse import quote

from sandbox.plugins.common.resource import Resource, State
from sandbox.plugins.common.server import PluginError
from sandbox.plugins.common.tables import BOOLEAN, STRING, ListOf, MapOf, Property, Table
from sandbox.plugins.common.values import Values
from sandbox.plugins.docker.connection import Connection
from sandbox.plugins.docker.registry import parse


class RemoteImage(Resource):
    """An image in the engine's store, pulled where it is not there yet."""

    inputs: ClassVar[Table] = {
        "name": Property(STRING, required=True),
        "forceRemove": Property(BOOLEAN, in_place=True),
        "keepLocally": Property(BOOLEAN, in_place=True),
        "platform": Property(STRING),
        "pullTriggers": Property(ListOf(STRING)),
        "triggers": Property(MapOf(STRING)),
    }
    computed: ClassVar[Table] = {"imageId": Property(STRING), "repoDigest": Property(STRING)}

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def create(self, inputs: Values) -> State:
        """Pull it, unless it is there."""
        name = inputs["name"]
        state = self.read("", inputs)
        if state is None:
            login = self._connection.logins.get(parse(name).registry)
            account = {"username": login.username, "password": login.password} if login and login.account else {}
            self._connection.engine.pull(_tagged(name), inputs.get("platform", ""), account)
            state = self.read("", inputs)
        if state is None:
            raise PluginError(f"unable to read Docker image into resource: unable to find or pull image {name}")
        return state

    def read(self, resource_id: str, outputs: Values) -> State | None:
        """Look at it."""
        if not outputs:
            raise PluginError("the stand-in for the docker plugin cannot import images")
        name = outputs["name"]
        found = self._connection.engine.get(f"/images/{quote(name, safe='/:@')}/json")
        if found is None:
            return None
        repository = name.partition("@")[0]
        digests = [each for each in found.get("RepoDigests") or [] if repository.startswith(each.partition("@")[0])]
        seen = {"imageId": found["Id"], "repoDigest": digests[0] if digests else ""}
        return State(f"{found['Id']}{name}", {**outputs, **seen})

    def update(self, resource_id: str, outputs: Values, inputs: Values) -> State:
        """Remember how it is to be removed."""
        kept = {name: value for name, value in outputs.items() if name in self.computed}
        return State(resource_id, {**kept, **inputs})

    def delete(self, resource_id: str, outputs: Values) -> None:
        """Remove it, unless it is to be kept."""
        if not outputs.get("keepLocally"):
            force = "true" if outputs.get("forceRemove") else "false"
            self._connection.engine.delete(f"/images/{quote(outputs['name'], safe='/:@')}", force=force)


def _tagged(name: str) -> str:
    """Without a tag an engine would pull every one."""
    last = name.rpartition("/")[2]
    return name if ":" in last else f"{name}:latest"
