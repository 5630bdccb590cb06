"""Whose word counts is not what a clone says of itself."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from delivery.gate_input import gather_from
from delivery.ledger import Ledger
from delivery.signing import public
from model.gate import decide
from model.gate_input import GateInput
from model.ledger import Actor, Kind
from model.policy import Policy
from model.settings import policy_of
from model.signing import Signing
from model.sshsig import signer

ROOT = Path(__file__).resolve().parents[3]
MACHINE, MALLORY = (Ed25519PrivateKey.from_private_bytes(bytes([n] * 32)) for n in range(2))
OLD, NEW = ({"id": f"v1.0.{n}+abcdef0", "images": {"openim-api": f"sha256:{str(n) * 64}"}} for n in range(2))
TREES = {"code": {"model": "1" * 40}}


def keys(of: Ed25519PrivateKey) -> dict[str, Any]:
    return {"machine": [{"key": public(of)}]}


def section(of: Ed25519PrivateKey, release: Mapping[str, Any]) -> dict[str, Any]:
    approval = {"required": 0} if of is MALLORY else {"required": 2, "approvers": ["team/sre"]}
    return {"release": release, "signing": keys(of), "approval": approval}


def outputs(_: str) -> dict[str, Any]:
    """What the stage's state says: the old release, let in under the true machine's key and two approvals."""
    found = policy_of("prod", section(MACHINE, OLD))
    policy = Policy(approval=found.approval, signing=Signing.model_validate(keys(MACHINE)))
    return {"release": OLD, "fingerprint": "f" * 64, "policy": policy.data}


def forged(root: Path) -> None:
    """A ledger in which somebody has put himself in power, and seen the new release work."""
    declared = section(MALLORY, NEW)
    policy = Policy(approval=policy_of("prod", declared).approval, signing=Signing.model_validate(keys(MALLORY)))
    ledger = Ledger(root, "prod", sign=signer(MALLORY))
    ledger.append(Kind.GENESIS, actor=Actor(login="mallory"), evidence={"policy": policy.data})
    ledger.append(Kind.VERIFIED, release=NEW["id"], evidence={"images": NEW["images"], "policy": policy.data})


def gathered(root: Path, given: Mapping[str, Any]) -> GateInput:
    read = lambda file: ((ROOT if file.startswith("estate") else root) / file).read_text()  # noqa: E731
    at = datetime.now(UTC) + timedelta(minutes=1)
    return gather_from("prod", read, given, trees=TREES, outputs=outputs, at=at)


def test_keys_and_a_ledger_of_ones_own_put_nobody_in_power(tmp_path: Path) -> None:
    """The state says who decided about what runs; settings and ledger that agree with each other are no match."""
    forged(tmp_path)
    found = gathered(tmp_path, section(MALLORY, NEW))
    assert found.policy.approval.required == 2
    assert found.policy.signing == Signing.model_validate(keys(MACHINE))
    assert found.own == ()
    decision = decide(found)
    assert not decision.allowed
    assert "approvals" in decision.text("prod", NEW["id"])
