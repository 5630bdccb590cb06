"""Makes a stack's exported state usable again after its passphrase was lost.

    python docs/runbooks/refill_secrets.py lost.json new.json refilled.json

``lost.json`` is the export that cannot be read, ``new.json`` that of the empty stack which takes its
place. Every encrypted value is replaced: those of Kubernetes Secrets, and the generated passwords that
stand in them, by what the cluster of $KUBECONFIG holds; other generated ones (webhook secrets, the key of
fingerprints) by new ones; credentials, which come from the environment anyway, by nothing, so that the
next `pulumi up` fills them in. The result holds secrets in clear: delete it once it is imported.
"""

import base64
import json
import os
import secrets
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

SIGNATURE, SECRET = "4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"
"""Mark a secret in a state (Pulumi documentation: resource property secrets)."""
KUBERNETES = "kubernetes:core/v1:Secret"
EMPTY: Mapping[str, dict[str, Any]] = {
    "github:index/repositoryWebhook:RepositoryWebhook": {"configuration": {"url": "", "secret": ""}}
}
"""Secrets that are objects: the provider refuses to compare another shape."""

Live = Mapping[str, Mapping[str, str]]
"""Data of the cluster's Secrets, in base64, by namespace/name."""


def refill(state: dict[str, Any], new: Mapping[str, Any], live: Live) -> dict[str, Any]:
    """``state`` without ciphertext, to be encrypted as the stack of ``new`` is."""
    state["deployment"]["secrets_providers"] = new["deployment"]["secrets_providers"]
    for resource in state["deployment"]["resources"]:
        values = _new_values(resource, live)
        for part in ("inputs", "outputs"):
            resource[part] = _plain(resource.get(part, {}), values)
    return state


def secret_ids(state: Mapping[str, Any]) -> Iterator[str]:
    """Which Secrets of the cluster are needed."""
    return (one["id"] for one in state["deployment"]["resources"] if one["type"] == KUBERNETES)


def _new_values(resource: Mapping[str, Any], live: Live) -> dict[str, Any]:
    """New values by property; a property without one becomes empty."""
    name, kind = resource["urn"].rsplit("::", 1)[1], resource["type"]
    if kind == KUBERNETES:
        return {"data": live[resource["id"]]}
    if kind == "random:index/randomPassword:RandomPassword":
        return {"result": _password(name, live) or secrets.token_urlsafe(32)}
    if kind == "random:index/randomBytes:RandomBytes":
        fresh = secrets.token_bytes(resource["inputs"]["length"])
        return {"hex": fresh.hex(), "base64": base64.b64encode(fresh).decode()}
    return EMPTY.get(kind, {})


def _password(name: str, live: Live) -> str | None:
    """A generated password is named after the application, the Secret and the key that it fills."""
    found = (
        base64.b64decode(value).decode()
        for secret, data in live.items()
        for key, value in data.items()
        if name.endswith(f"-{secret.rpartition('/')[2]}-{key}")
    )
    return next(found, None)


def _plain(value: Any, values: Mapping[str, Any], key: str = "") -> Any:
    if isinstance(value, dict) and value.get(SIGNATURE) == SECRET:
        return {SIGNATURE: SECRET, "plaintext": json.dumps(values.get(key, ""))}
    if isinstance(value, dict):
        return {name: _plain(one, values, name) for name, one in value.items()}
    return [_plain(one, values, key) for one in value] if isinstance(value, list) else value


def _read_cluster(ids: list[str]) -> Live:
    from kubernetes import client, config  # noqa: PLC0415 - the stack `shared` has no cluster

    config.load_kube_config()
    api = client.CoreV1Api()
    return {one: api.read_namespaced_secret(one.split("/")[1], one.split("/")[0]).data or {} for one in ids}


def main(lost: str, new: str, refilled: str) -> None:
    """Read the two files, write the third, readable by its owner only."""
    state = json.loads(Path(lost).read_text())
    ids = list(secret_ids(state))
    live = _read_cluster(ids) if ids else {}
    text = json.dumps(refill(state, json.loads(Path(new).read_text()), live), indent=2)
    with os.fdopen(os.open(refilled, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
