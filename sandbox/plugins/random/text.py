"""RandomPassword and RandomString: letters, digits and special characters. What they make is made once and kept."""

import secrets
import string
from collections.abc import Iterator
from typing import ClassVar

import bcrypt
from pulumi.provider.experimental.provider import CheckFailure

from sandbox.plugins.common.resource import Resource, State
from sandbox.plugins.common.tables import BOOLEAN, INTEGER, STRING, MapOf, Property, Table
from sandbox.plugins.common.values import UNKNOWN, Values

SPECIAL = "!@#$%&*()-_=+[]{}<>:?"
CLASSES = ("upper", "lower", "numeric", "special")
MINIMUMS = {name: f"min{name.capitalize()}" for name in CLASSES}
BCRYPT_COST, BCRYPT_BYTES = 10, 72
NO_ID = "none"
"""The identifier of every password: its own would give it away."""


class RandomString(Resource):
    """``result``, a string that is no secret; it is its own identifier."""

    inputs: ClassVar[Table] = {
        "length": Property(INTEGER, required=True),
        "keepers": Property(MapOf(STRING)),
        **{name: Property(BOOLEAN, default=True) for name in (*CLASSES, "number")},
        **{name: Property(INTEGER, default=0) for name in MINIMUMS.values()},
        "overrideSpecial": Property(STRING),
    }
    computed: ClassVar[Table] = {"result": Property(STRING)}

    def problems(self, inputs: Values) -> Iterator[CheckFailure]:
        """Lengths and classes that cannot be met."""
        if UNKNOWN in (inputs[name] for name in ("length", "number", *MINIMUMS.values(), *CLASSES)):
            return
        least = sum(inputs[name] for name in MINIMUMS.values())
        if inputs["length"] < 1:
            yield CheckFailure("length", f"length must be at least 1, got: {inputs['length']}")
        elif inputs["length"] < least:
            sum_of = " + ".join(MINIMUMS.values())
            yield CheckFailure("length", f"length must be at least sum of {sum_of} = {least}, got: {inputs['length']}")
        if inputs["number"] != inputs["numeric"]:
            yield CheckFailure("number", "number is the deprecated name of numeric; they must not differ")
        if not any(inputs[name] for name in CLASSES):
            yield CheckFailure("special", f"at least one of {', '.join(CLASSES)} must be true")

    def complete(self, inputs: Values) -> Values:
        """``number`` is the older name of ``numeric``: either that is given counts for both."""
        numeric = inputs.get("numeric", inputs.get("number", True))
        return {**super().complete(inputs), "numeric": numeric, "number": inputs.get("number", numeric)}

    def create(self, inputs: Values) -> State:
        """Draw it."""
        return self.state(draw(inputs), inputs)

    def read(self, resource_id: str, outputs: Values) -> State | None:
        """Nothing outside remembers it; to import one is to say what it is."""
        if outputs:
            return State(resource_id, outputs)
        return self.state(resource_id, self.complete({"length": len(resource_id)}))

    def delete(self, resource_id: str, outputs: Values) -> None:
        """Nothing is there to be removed."""

    def state(self, result: str, inputs: Values) -> State:
        """The resource that holds ``result``."""
        return State(result, {**inputs, "result": result})


class RandomPassword(RandomString):
    """The same with a secret ``result``, and its ``bcryptHash``."""

    computed: ClassVar[Table] = {
        "result": Property(STRING, secret=True),
        "bcryptHash": Property(STRING, secret=True),
    }

    def state(self, result: str, inputs: Values) -> State:
        """As before, with the hash and without giving the password away."""
        return State(NO_ID, {**inputs, "result": result, "bcryptHash": _bcrypt(result)})


def draw(inputs: Values) -> str:
    """A string that meets the minimums, from a cryptographic source."""
    alphabets = {
        "upper": string.ascii_uppercase,
        "lower": string.ascii_lowercase,
        "numeric": string.digits,
        "special": inputs.get("overrideSpecial") or SPECIAL,
    }
    drawn = [secrets.choice(alphabets[name]) for name in CLASSES for _ in range(inputs[MINIMUMS[name]])]
    every = "".join(alphabets[name] for name in CLASSES if inputs[name])
    drawn += [secrets.choice(every) for _ in range(inputs["length"] - len(drawn))]
    secrets.SystemRandom().shuffle(drawn)
    return "".join(drawn)


def _bcrypt(text: str) -> str:
    """Cost 10 and the first 72 bytes, as the official provider does."""
    return bcrypt.hashpw(text.encode()[:BCRYPT_BYTES], bcrypt.gensalt(BCRYPT_COST)).decode()
