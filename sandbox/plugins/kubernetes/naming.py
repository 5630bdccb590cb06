"""Names and the annotations by which a program steers the provider."""

import hashlib
import secrets

from sandbox.plugins.common.values import UNKNOWN
from sandbox.plugins.kubernetes.objects import annotation, name_of, pluck, put_annotation, put_metadata
from sandbox.plugins.kubernetes.values import JsonObject

AUTONAMED = "pulumi.com/autonamed"
SKIP_AWAIT = "pulumi.com/skipAwait"
TIMEOUT_SECONDS = "pulumi.com/timeoutSeconds"
REPLACE_UNREADY = "pulumi.com/replaceUnready"
WAIT_FOR = "pulumi.com/waitFor"
PATCH_FORCE = "pulumi.com/patchForce"
FIELD_MANAGER = "pulumi.com/patchFieldManager"
DELETION_PROPAGATION = "pulumi.com/deletionPropagationPolicy"

RANDOM_DIGITS = 8
"""Hexadecimal digits after the logical name, as the engine's autonaming has them."""


def assign_name(inputs: JsonObject, logical_name: str, seed: bytes) -> None:
    """Name a new object that the program left unnamed ``<logical name>-<8 hex digits>``, and say so in it."""
    metadata = inputs.get("metadata")
    if metadata == UNKNOWN or name_of(inputs):
        return
    put_metadata(inputs, "name", f"{logical_name}-{_digits(logical_name, seed)}")
    put_annotation(inputs, AUTONAMED, "true")


def adopt_name(inputs: JsonObject, old: JsonObject) -> None:
    """Keep the generated name of an object that exists."""
    if inputs.get("metadata") != UNKNOWN and not name_of(inputs) and is_true(old, AUTONAMED):
        put_metadata(inputs, "name", name_of(old))
        put_annotation(inputs, AUTONAMED, "true")


def is_true(obj: JsonObject, key: str) -> bool:
    """True if the annotation says ``true``."""
    return annotation(obj, key) == "true"


def field_manager(inputs: JsonObject, recorded: str = "") -> str:
    """Who owns the fields that are applied: the annotation, else who applied before, else somebody new."""
    return annotation(inputs, FIELD_MANAGER) or recorded or f"pulumi-kubernetes-{secrets.token_hex(RANDOM_DIGITS // 2)}"


def timeout(inputs: JsonObject, custom: float, default: int) -> float:
    """Seconds to wait: the resource option, else the annotation, else the kind's default."""
    if custom:
        return custom
    text = annotation(inputs, TIMEOUT_SECONDS)
    return float(text) if text.isdigit() else float(default)


def deletion_propagation(inputs: JsonObject) -> str:
    """``Foreground`` unless the annotation asks for ``background`` or ``orphan``."""
    policy = annotation(inputs, DELETION_PROPAGATION).capitalize()
    return policy if policy in ("Orphan", "Background") else "Foreground"


def generate_name(inputs: JsonObject) -> bool:
    """True if the program leaves the name to the API server, which server-side apply cannot do."""
    return bool(pluck(inputs, "metadata", "generateName")) and not name_of(inputs)


def _digits(logical_name: str, seed: bytes) -> str:
    """Drawn from the engine's seed, so that a preview and its update agree."""
    if not seed:
        return secrets.token_hex(RANDOM_DIGITS // 2)
    return hashlib.sha256(seed + logical_name.encode()).hexdigest()[:RANDOM_DIGITS]
