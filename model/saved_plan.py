"""The plan that is approved with a change: what the engine said it would do, kept sealed, and applied as it is.

A fingerprint says what a change is made of, a plan what the engine makes of it from the state that it finds. Sealed
under the stack's passphrase (AES-256-GCM, key by scrypt) a plan is of one stage and one fingerprint and cannot be read,
altered or passed off as another's; with it goes the hash of each resource's state, so that what has moved has a name.
"""

import gzip
import hashlib
import io
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from pydantic import Field, ValidationError

from model.base import Model
from model.canonical import sha256
from model.fingerprint import FingerprintHash
from model.names import Digest

FOLDER = "plans"
EVIDENCE = "plan"
"""Where an entry's evidence holds the digest of the plan that was approved or applied."""
VARIABLE = "OPENIM_CICD_SAVED_PLAN"
"""Tells the program the digest of the plan that an update is held to; only `openim-cicd deploy` sets it."""
MANY = 40
"""Unknown values that are listed one by one."""
SALT, NONCE = 16, 12
"""Bytes."""
COST = {"n": 2**15, "r": 8, "p": 1}
"""Of scrypt: 32 MiB and about a tenth of a second (RFC 7914)."""
LARGEST = 64 * 1024 * 1024
"""Bytes of an unsealed plan."""
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What stands in a plan for a value that is known only once it was applied (pulumi/sdk, plugin.UnknownStringValue)."""
VOLATILE = frozenset({"created", "modified", "sourcePosition", "stackTrace"})
"""Keys of a resource's state that say when and from where it was written, not what it is."""


class PlanError(Exception):
    """A sealed plan is not what it should be; the text says how."""


class PlanFile(Model):
    """``plans/<stage>.yaml``: the plan of the change that the stage's file declares."""

    release: str
    fingerprint: FingerprintHash
    """Of the change that it is for."""
    artifact: Digest
    """Of the sealed plan, a blob beside the images in the registry."""
    does: dict[str, int] = Field(default_factory=dict)
    """How many resources it creates, updates, replaces, deletes."""
    unknown: tuple[str, ...] = ()
    """Values that are known only once it was applied."""
    policies: tuple[str, ...] = ()
    """The policy packs that have looked at it and found nothing against it."""

    @property
    def plan(self) -> str:
        """What an approval names: a digest over all of this, so that it is for what people were told of it too."""
        return f"sha256:{sha256(self.model_dump(mode='json'))}"

    def told_wrongly(self, saved: "SavedPlan") -> bool:
        """Whether this says of the sealed plan what is not so."""
        said = (does(saved.plan), unknown_values(saved.plan), saved.policies)
        return (self.does, self.unknown, self.policies) != said


class SavedPlan(Model):
    """What is sealed."""

    state: dict[str, str]
    """SHA-256 of each resource's state by its URN, as the plan found it."""
    plan: str
    """The engine's own file."""
    policies: tuple[str, ...] = ()
    """The policy packs that found nothing against it, by the engine's word."""


def plan_file(stage: str) -> str:
    """Where a stage's plan is named, relative to the checkout."""
    return f"{FOLDER}/{stage}.yaml"


def digest_of(sealed: bytes) -> str:
    """Of a sealed plan."""
    return f"sha256:{hashlib.sha256(sealed).hexdigest()}"


def seal(saved: SavedPlan, stage: str, fingerprint: str, passphrase: str) -> bytes:
    """The plan as the registry keeps it: one line that says what it is for, then what only the passphrase opens."""
    salt, nonce = os.urandom(SALT), os.urandom(NONCE)
    head = {"stage": stage, "fingerprint": fingerprint, "salt": salt.hex(), "nonce": nonce.hex()}
    line = json.dumps(head, sort_keys=True).encode() + b"\n"
    text = gzip.compress(saved.model_dump_json().encode(), mtime=0)
    return line + AESGCM(_key(passphrase, salt)).encrypt(nonce, text, line)


def unseal(sealed: bytes, digest: str, stage: str, fingerprint: str, passphrase: str) -> SavedPlan:
    """The plan that ``digest`` names, if it is of this stage and this fingerprint.

    Raises:
        PlanError: it is cut off or altered, of another stage or change, or was sealed under another passphrase.
    """
    if digest_of(sealed) != digest:
        raise PlanError(f"is not what was approved: it has the digest {digest_of(sealed)}")
    line, _, text = sealed.partition(b"\n")
    head = _head(line)
    if (head["stage"], head["fingerprint"]) != (stage, fingerprint):
        raise PlanError(f"is of another change: {head['stage']}, fingerprint {head['fingerprint']}")
    try:
        opened = AESGCM(_key(passphrase, bytes.fromhex(head["salt"]))).decrypt(
            bytes.fromhex(head["nonce"]), text, line + b"\n"
        )
        return SavedPlan.model_validate_json(_expanded(opened))
    except (InvalidTag, ValueError, ValidationError, OSError, EOFError):
        raise PlanError("does not open: it is cut off, altered, or sealed under another passphrase") from None


def _head(line: bytes) -> dict[str, str]:
    try:
        found = json.loads(line)
        return {key: str(found[key]) for key in ("stage", "fingerprint", "salt", "nonce")}
    except (ValueError, KeyError, TypeError):
        raise PlanError("is no sealed plan") from None


def _expanded(data: bytes) -> bytes:
    with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
        found = stream.read(LARGEST + 1)
    if len(found) > LARGEST:
        raise ValueError("too large")
    return found


def _key(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, **COST).derive(passphrase.encode())


def state_of(resources: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The hash of each resource's state, by its URN; two under one URN, one of them to be deleted, count as one."""
    found: dict[str, list[str]] = {}
    for one in resources:
        kept = {key: value for key, value in one.items() if key not in VOLATILE}
        found.setdefault(str(one["urn"]), []).append(sha256(kept))
    return {urn: hashes[0] if len(hashes) == 1 else sha256(sorted(hashes)) for urn, hashes in sorted(found.items())}


def moved(before: Mapping[str, str], now: Mapping[str, str]) -> tuple[str, ...]:
    """What of a stage's state is not as the plan found it."""
    return tuple(_moved(before, now))


def _moved(before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    for urn in sorted(before.keys() | now.keys()):
        if before.get(urn) != now.get(urn):
            what = "is new" if urn not in before else "is gone" if urn not in now else "changed"
            yield f"{named(urn)} {what}"


def named(urn: str) -> str:
    """``Deployment openim-api`` of a URN."""
    kinds, _, name = urn.rpartition("::")
    return f"{kinds.rpartition('$')[2].rpartition('::')[2].rpartition(':')[2]} {name}"


def does(plan: str) -> dict[str, int]:
    """How many resources a plan creates, updates, replaces and deletes.

    Raises:
        PlanError: it is no plan.
    """
    steps = (step for one in _resources(plan).values() for step in one.get("steps") or ())
    return {kind: count for kind, count in sorted(Counter(steps).items()) if kind not in UNTOLD}


def unknown_values(plan: str) -> tuple[str, ...]:
    """Where a plan holds values that nobody knows yet: ``Deployment openim-api: spec.template``.

    Raises:
        PlanError: it is no plan.
    """
    found = [f"{named(urn)}: {path}" for urn, one in sorted(_resources(plan).items()) for path in _unknown("", one)]
    found = list(dict.fromkeys(found))
    return tuple(found if len(found) <= MANY else [*found[:MANY], f"and {len(found) - MANY} more"])


def _unknown(path: str, value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, one in value.items():
            yield from _unknown(path if key in _FRAME else f"{path}.{key}".lstrip("."), one)
    elif isinstance(value, list):
        for one in value:
            yield from _unknown(path, one)
    elif value == UNKNOWN:
        yield path


UNTOLD = frozenset({"same", "create-replacement", "delete-replaced"})
"""Steps that change nothing, or are told as the replacement that they are part of."""
_FRAME = frozenset({"goal", "inputDiff", "outputDiff", "adds", "updates", "deletes", "state", "inputs", "outputs"})
"""Keys of a plan that frame values and name none."""


def _resources(plan: str) -> dict[str, dict[str, Any]]:
    try:
        return dict(json.loads(plan).get("resourcePlans") or {})
    except (ValueError, AttributeError, TypeError):
        raise PlanError("is no plan of the engine's") from None
