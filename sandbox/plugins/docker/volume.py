"""Volumes of a Docker engine."""

from typing import ClassVar

from sandbox.plugins.common.resource import Resource, State
from sandbox.plugins.common.tables import STRING, MapOf, Property, Table
from sandbox.plugins.common.values import Values
from sandbox.plugins.docker import labels
from sandbox.plugins.docker.connection import Connection


class Volume(Resource):
    """A volume, known by its name; every change replaces it."""

    inputs: ClassVar[Table] = {
        "name": Property(STRING),
        "driver": Property(STRING),
        "driverOpts": Property(MapOf(STRING)),
        "labels": Property(labels.TYPE),
    }
    computed: ClassVar[Table] = {"mountpoint": Property(STRING)}
    autonamed: ClassVar[bool] = True

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def create(self, inputs: Values) -> State:
        """Create it."""
        body: Values = {
            "Name": inputs["name"],
            "DriverOpts": inputs.get("driverOpts", {}),
            "Labels": labels.to_engine(inputs.get("labels")),
        }
        if "driver" in inputs:
            body["Driver"] = inputs["driver"]
        self._connection.engine.post("/volumes/create", body)
        return self.read(inputs["name"], inputs) or State(inputs["name"], inputs)

    def read(self, resource_id: str, outputs: Values) -> State | None:
        """Look at it."""
        found = self._connection.engine.get(f"/volumes/{resource_id}")
        if found is None:
            return None
        return State(
            found["Name"],
            {
                "name": found["Name"],
                "driver": found["Driver"],
                "driverOpts": found.get("Options") or None,
                "labels": labels.from_engine(found.get("Labels"), outputs.get("labels")),
                "mountpoint": found["Mountpoint"],
            },
        )

    def delete(self, resource_id: str, outputs: Values) -> None:
        """Remove it, with all that it holds."""
        self._connection.engine.delete(f"/volumes/{resource_id}")

    def left_out_means_none(self, name: str) -> bool:
        """The engine chooses a driver by itself."""
        return name != "driver"
