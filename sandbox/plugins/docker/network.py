"""Networks of a Docker engine."""

from typing import Any, ClassVar

from sandbox.plugins.common.resource import Resource, State
from sandbox.plugins.common.tables import BOOLEAN, STRING, Block, ListOf, MapOf, Property, Table
from sandbox.plugins.common.values import Values
from sandbox.plugins.docker import labels
from sandbox.plugins.docker.connection import Connection

_SUBNET = {"subnet": "Subnet", "gateway": "Gateway", "ipRange": "IPRange"}
_CHOSEN_BY_ENGINE = ("driver", "ipamConfigs", "options")


class Network(Resource):
    """A network; every change replaces it."""

    inputs: ClassVar[Table] = {
        "name": Property(STRING),
        "attachable": Property(BOOLEAN, default=False),
        "driver": Property(STRING),
        "internal": Property(BOOLEAN, default=False),
        "ipamConfigs": Property(ListOf(Block({name: Property(STRING) for name in _SUBNET}))),
        "ipv6": Property(BOOLEAN, default=False),
        "labels": Property(labels.TYPE),
        "options": Property(MapOf(STRING)),
    }
    computed: ClassVar[Table] = {"scope": Property(STRING)}
    autonamed: ClassVar[bool] = True

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def create(self, inputs: Values) -> State:
        """Create it."""
        body: Values = {
            "Name": inputs["name"],
            "Attachable": inputs["attachable"],
            "Internal": inputs["internal"],
            "EnableIPv6": inputs["ipv6"],
            "Labels": labels.to_engine(inputs.get("labels")),
            "Options": inputs.get("options", {}),
        }
        if "driver" in inputs:
            body["Driver"] = inputs["driver"]
        if "ipamConfigs" in inputs:
            body["IPAM"] = {"Config": [_renamed(each, _SUBNET) for each in inputs["ipamConfigs"]]}
        created = self._connection.engine.post("/networks/create", body)
        found = self.read(created["Id"], inputs)
        return found or State(created["Id"], inputs)

    def read(self, resource_id: str, outputs: Values) -> State | None:
        """Look at it."""
        found = self._connection.engine.get(f"/networks/{resource_id}")
        if found is None:
            return None
        back = {theirs: ours for ours, theirs in _SUBNET.items()}
        configs = [_renamed(each, back) for each in (found.get("IPAM") or {}).get("Config") or []]
        return State(
            found["Id"],
            {
                "name": found["Name"],
                "attachable": found["Attachable"],
                "driver": found["Driver"],
                "internal": found["Internal"],
                "ipamConfigs": _as_asked(configs, outputs.get("ipamConfigs")),
                "ipv6": found["EnableIPv6"],
                "labels": labels.from_engine(found.get("Labels"), outputs.get("labels")),
                "options": found.get("Options") or {},
                "scope": found["Scope"],
            },
        )

    def delete(self, resource_id: str, outputs: Values) -> None:
        """Remove it."""
        self._connection.engine.delete(f"/networks/{resource_id}")

    def left_out_means_none(self, name: str) -> bool:
        """The engine chooses some by itself."""
        return name not in _CHOSEN_BY_ENGINE


def _renamed(values: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    return {names[name]: value for name, value in values.items() if name in names and value}


def _as_asked(found: list[dict[str, Any]], asked: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    """What was asked for, where the engine holds it and has only added to it."""
    if asked and len(asked) == len(found):
        return [one if one.items() <= other.items() else other for one, other in zip(asked, found, strict=True)]
    return found
