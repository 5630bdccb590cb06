"""Gives the infrastructure repository's environments what an operator gives them: secrets and variables.

They are set by hand, not by a stack: what opens production must not stand in the state of a stack that others may read.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import httpx
from nacl.public import PublicKey, SealedBox

TIMEOUT = 30.0
"""Seconds for one answer."""


@dataclass(frozen=True)
class Equipment:
    """What the jobs of one environment get."""

    environment: str
    secrets: Mapping[str, str] = field(repr=False)
    variables: Mapping[str, str]


def equip(repository: str, token: str, equipment: Iterable[Equipment]) -> None:
    """Set everything in ``equipment``; what is there already is overwritten.

    Args:
        repository: its address in the API, e.g. ``http://127.0.0.1:17400/api/v3/repos/openimsdk/openim-cicd``.
        token: of somebody who administers it.
        equipment: the environments must exist.

    Raises:
        httpx.HTTPStatusError: GitHub refuses one.
    """
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=repository, headers=headers, timeout=TIMEOUT, trust_env=False) as client:
        for one in equipment:
            _set_secrets(client, one)
            _set_variables(client, one)


def _set_secrets(client: httpx.Client, equipment: Equipment) -> None:
    folder = f"environments/{equipment.environment}/secrets"
    key = client.get(f"{folder}/public-key").raise_for_status().json()
    box = SealedBox(PublicKey(b64decode(key["key"], validate=True)))
    for name, value in equipment.secrets.items():
        sealed = b64encode(box.encrypt(value.encode())).decode()
        body = {"encrypted_value": sealed, "key_id": key["key_id"]}
        client.put(f"{folder}/{name}", json=body).raise_for_status()


def _set_variables(client: httpx.Client, equipment: Equipment) -> None:
    folder = f"environments/{equipment.environment}/variables"
    for name, value in equipment.variables.items():
        body = {"name": name, "value": value}
        if client.patch(f"{folder}/{name}", json=body).status_code == httpx.codes.NOT_FOUND:
            client.post(folder, json=body).raise_for_status()
