"""Whose word counts is not what a clone says of itself."""

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from delivery.declared import reader
from delivery.errors import Refused
from delivery.gate_input import gather_from
from delivery.git import Clone
from delivery.ledger import Ledger, entries_from
from delivery.signing import public
from model.gate import decide
from model.gate_input import GateInput
from model.ledger import Actor, Kind
from model.policy import Policy
from model.problems import SettingsError
from model.settings import policy_of, read_written
from model.signing import Signing
from model.sshsig import signer
from tests.unit.delivery.conftest import git

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


UNREADABLE: dict[str, Callable[[Path], object]] = {
    "no text": lambda path: path.write_bytes(b"approvals: \xff\n"),
    "a folder": lambda path: path.mkdir(),
    "two documents": lambda path: path.write_text("approvals: []\n---\napprovals: []\n"),
    "nested without end": lambda path: path.write_text("[" * 100_000),
}


@pytest.mark.parametrize("how", UNREADABLE)
@pytest.mark.parametrize("kind", ["approvals", "plans"])
def test_records_that_cannot_be_read_say_nothing(tmp_path: Path, kind: str, how: str) -> None:
    """They let nothing in, and hold nothing back that needs nobody's word: the reason is told."""
    given = section(MACHINE, NEW)
    fingerprint = gathered(tmp_path, given).fingerprint
    file = tmp_path / (f"approvals/prod/{fingerprint}.yaml" if kind == "approvals" else "plans/prod.yaml")
    file.parent.mkdir(parents=True)
    UNREADABLE[how](file)
    found = gathered(tmp_path, given)
    told = found.void if kind == "approvals" else (found.plan_fault,)
    assert [str(file.relative_to(tmp_path)) in one for one in told] == [True]
    assert (found.approvals, found.plan) == ((), None)


@pytest.mark.parametrize("how", UNREADABLE)
def test_a_ledger_that_cannot_be_read_is_refused_by_name(tmp_path: Path, how: str) -> None:
    """It would not say what was refused, withdrawn or frozen."""
    (tmp_path / "ledger").mkdir()
    UNREADABLE[how](tmp_path / "ledger/prod.jsonl")
    with (tmp_path / "ledger/prod.jsonl").open("a") if how != "a folder" else nullcontext() as file:
        if file:
            file.write("\n")
    with pytest.raises(Refused, match=r"ledger/prod\.jsonl"):
        gathered(tmp_path, section(MACHINE, NEW))


def test_bytes_that_are_no_text_are_refused_from_a_commit_too(tmp_path: Path) -> None:
    """Git hands them on; a promotion reads commits, not files."""
    git(tmp_path, "init", "--quiet", "-b", "main")
    for name in ("ledger/prod.jsonl", "Pulumi.prod.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b'{"seq": "\xff"}\n')
    git(tmp_path, "add", "-A")
    git(tmp_path, "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "--quiet", "-m", "Begin")
    read = reader(Clone(tmp_path), "HEAD")
    with pytest.raises(Refused, match=r"ledger/prod\.jsonl, line 1: is no entry"):
        entries_from(read, "prod")
    with pytest.raises(SettingsError, match=r"Pulumi\.prod\.yaml: is not valid YAML"):
        read_written("prod", read)
