"""The script of the runbook on lost passphrases."""

import base64
import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

PASSWORD = "random:index/randomPassword:RandomPassword"
NEW = {"deployment": {"secrets_providers": {"type": "passphrase", "state": {"salt": "new"}}}}
LIVE = {"openim/openim-redis-secret": {"redis-password": base64.b64encode(b"known").decode()}}


@pytest.fixture(scope="module")
def script(root: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("refill_secrets", root / "docs/runbooks/refill_secrets.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def encrypted(script: ModuleType) -> dict[str, str]:
    return {script.SIGNATURE: script.SECRET, "ciphertext": "v1:lost"}


def state(script: ModuleType) -> dict[str, Any]:
    lost = encrypted(script)
    return {
        "deployment": {
            "secrets_providers": {"type": "passphrase", "state": {"salt": "old"}},
            "resources": [
                {
                    "urn": "urn:pulumi:staging::p::T::openim-openim-redis-secret-redis-password",
                    "type": PASSWORD,
                    "inputs": {"length": 32},
                    "outputs": {"result": lost, "bcryptHash": lost, "length": 32},
                },
                {
                    "urn": "urn:pulumi:staging::p::T::openim-openim-redis-secret",
                    "type": script.KUBERNETES,
                    "id": "openim/openim-redis-secret",
                    "inputs": {"data": lost},
                    "outputs": {"data": lost, "__inputs": {"data": lost}},
                },
                {"urn": "urn:pulumi:staging::p::T::hook", "type": PASSWORD, "outputs": {"result": lost}},
            ],
        }
    }


def plain(value: dict[str, str]) -> Any:
    return json.loads(value["plaintext"])


def test_nothing_stays_that_the_lost_passphrase_encrypted(script: ModuleType) -> None:
    """The engine can import the result: everything is plain, and the new stack's provider will encrypt it."""
    refilled = script.refill(state(script), NEW, LIVE)
    assert "ciphertext" not in json.dumps(refilled)
    assert refilled["deployment"]["secrets_providers"] == NEW["deployment"]["secrets_providers"]


def test_passwords_of_running_stores_stay(script: ModuleType) -> None:
    """A store keeps the password on its volume, so the state must get exactly that one."""
    password, secret, _ = script.refill(state(script), NEW, LIVE)["deployment"]["resources"]
    assert plain(password["outputs"]["result"]) == "known"
    assert password["outputs"]["length"] == 32
    data = LIVE["openim/openim-redis-secret"]
    assert [plain(part["data"]) for part in (secret["inputs"], secret["outputs"], secret["outputs"]["__inputs"])] == [
        data
    ] * 3


def test_what_stands_nowhere_else_is_made_anew(script: ModuleType) -> None:
    """A webhook's secret is new, and never empty."""
    made = {
        plain(script.refill(state(script), NEW, LIVE)["deployment"]["resources"][2]["outputs"]["result"])
        for _ in range(2)
    }
    assert len(made) == 2
    assert all(len(one) >= 32 for one in made)
