"""RandomId and RandomBytes: random bytes in several notations. What they make is made once and kept."""

import base64
import binascii
import secrets
from collections.abc import Iterator
from typing import ClassVar

from pulumi.provider.experimental.provider import CheckFailure

from sandbox.plugins.common.resource import Resource, State
from sandbox.plugins.common.server import PluginError
from sandbox.plugins.common.tables import INTEGER, STRING, MapOf, Property, Table
from sandbox.plugins.common.values import UNKNOWN, Values
from sandbox.plugins.random.text import NO_ID


class RandomId(Resource):
    """An identifier that is no secret; ``prefix`` stands before each notation, but not in the resource's own id."""

    inputs: ClassVar[Table] = {
        "byteLength": Property(INTEGER, required=True),
        "keepers": Property(MapOf(STRING)),
        "prefix": Property(STRING),
    }
    computed: ClassVar[Table] = {name: Property(STRING) for name in ("b64Std", "b64Url", "dec", "hex")}

    def problems(self, inputs: Values) -> Iterator[CheckFailure]:
        """At least one byte."""
        yield from _at_least_one("byteLength", inputs)

    def create(self, inputs: Values) -> State:
        """Draw it."""
        return self._state(secrets.token_bytes(inputs["byteLength"]), inputs)

    def read(self, resource_id: str, outputs: Values) -> State | None:
        """To import one is to say what it is: ``prefix,base64url`` or the latter alone."""
        if outputs:
            return State(resource_id, outputs)
        prefix, _, text = resource_id.rpartition(",")
        data = _decoded(text, resource_id, "-_")
        return self._state(data, {"byteLength": len(data), **({"prefix": prefix} if prefix else {})})

    def delete(self, resource_id: str, outputs: Values) -> None:
        """Nothing is there to be removed."""

    def _state(self, data: bytes, inputs: Values) -> State:
        url = base64.urlsafe_b64encode(data).decode().rstrip("=")
        notations = {
            "b64Std": base64.b64encode(data).decode(),
            "b64Url": url,
            "dec": str(int.from_bytes(data)),
            "hex": data.hex(),
        }
        prefix = inputs.get("prefix", "")
        return State(url, {**inputs, **{name: prefix + value for name, value in notations.items()}})


class RandomBytes(Resource):
    """Secret bytes, as ``base64`` and ``hex``."""

    inputs: ClassVar[Table] = {"length": Property(INTEGER, required=True), "keepers": Property(MapOf(STRING))}
    computed: ClassVar[Table] = {name: Property(STRING, secret=True) for name in ("base64", "hex")}

    def problems(self, inputs: Values) -> Iterator[CheckFailure]:
        """At least one byte."""
        yield from _at_least_one("length", inputs)

    def create(self, inputs: Values) -> State:
        """Draw them."""
        return self._state(secrets.token_bytes(inputs["length"]), inputs)

    def read(self, resource_id: str, outputs: Values) -> State | None:
        """To import them is to say what they are, in base64."""
        if outputs:
            return State(resource_id, outputs)
        data = _decoded(resource_id, "", "+/")
        return self._state(data, {"length": len(data)})

    def delete(self, resource_id: str, outputs: Values) -> None:
        """Nothing is there to be removed."""

    def _state(self, data: bytes, inputs: Values) -> State:
        return State(NO_ID, {**inputs, "base64": base64.b64encode(data).decode(), "hex": data.hex()})


def _at_least_one(name: str, inputs: Values) -> Iterator[CheckFailure]:
    if inputs[name] != UNKNOWN and inputs[name] < 1:
        yield CheckFailure(name, f"{name} must be at least 1, got: {inputs[name]}")


def _decoded(text: str, shown: str, alphabet: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), alphabet.encode(), validate=True)
    except binascii.Error:
        raise PluginError(f"cannot import {shown or 'these bytes'}: not base64") from None
