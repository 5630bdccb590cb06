"""The application's Secrets: generated once, known to the stack's state only."""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence

import pulumi
from pulumi_kubernetes.core.v1 import Secret
from pulumi_random import RandomBytes, RandomPassword

from components._pod import Manifest
from model.application import SecretContent

FINGERPRINT_LENGTH = 16
"""Hexadecimal digits, 64 bits: enough to tell contents apart."""


def fingerprint_key(name: str, parent: pulumi.Resource) -> pulumi.Output[str]:
    """The key of all fingerprints; without it a fingerprint cannot be tried against guesses."""
    return RandomBytes(f"{name}-fingerprints", length=32, opts=pulumi.ResourceOptions(parent=parent)).hex


def generated_values(
    name: str, content: SecretContent, parent: pulumi.Resource, protect: bool
) -> dict[str, pulumi.Input[str]]:
    """The values of a Secret by key. Nothing but a deliberate replacement makes a generated one anew."""
    options = pulumi.ResourceOptions(parent=parent, protect=protect)
    generated = {
        # Letters and digits only: some of them end up in connection strings.
        key: RandomPassword(f"{name}-{content['name']}-{key}", length=length, special=False, opts=options).result
        for key, length in content["generated"].items()
    }
    return {**content["values"], **generated}


def secret(name: str, values: Mapping[str, pulumi.Input[str]], metadata: Manifest, parent: pulumi.Resource) -> Secret:
    """The Secret of ``values``, every one of them secret on the way too."""
    data = {key: pulumi.Output.secret(value).apply(_base64) for key, value in values.items()}
    return Secret(name, metadata=metadata, type="Opaque", data=data, opts=pulumi.ResourceOptions(parent=parent))


def fingerprint(key: pulumi.Output[str], values: Mapping[str, pulumi.Input[str]]) -> pulumi.Output[str]:
    """Changes with ``values`` and tells nothing about them: a keyed hash, so it may stand in clear."""
    hashed = pulumi.Output.all(key, *values.values()).apply(lambda known: _keyed_hash(known[0], known[1:]))
    return pulumi.Output.unsecret(hashed)


def _keyed_hash(key: str, values: Sequence[str]) -> str:
    return hmac.new(bytes.fromhex(key), "\0".join(values).encode(), hashlib.sha256).hexdigest()[:FINGERPRINT_LENGTH]


def _base64(value: str) -> str:
    return base64.b64encode(value.encode()).decode()
