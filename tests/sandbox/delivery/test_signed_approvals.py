"""Approvals that people sign with keys of their own, and those that the machine vouches for."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from delivery.declared import parts_at
from delivery.errors import Refused
from delivery.signing import MACHINE_KEY, OWN_KEY, make
from model.approvals_file import SPACE
from model.ledger import Kind
from tests.sandbox.delivery.conftest import World

PROD = "Pulumi.prod.yaml"


@pytest.fixture(autouse=True)
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Public keys by owner; the machine's is at hand from the first entry on."""
    made = {owner: make(tmp_path / f"{owner}.key") for owner in ("machine", "omar-sre", "mallory")}
    monkeypatch.setenv(MACHINE_KEY, str(tmp_path / "machine.key"))
    return made


@pytest.fixture
def signing(world: World, keys: dict[str, str]) -> World:
    """The world, where production's policy in force has keys."""
    people = {"omar-sre": [{"key": keys["omar-sre"]}]}
    section = {"openim-cicd:signing": {"machine": [{"key": keys["machine"]}], "people": people}}
    text = (world.clone().root / PROD).read_text()
    added = json.dumps(section)[1:-1]
    world.clone().publish("main", "Name keys", lambda _: {PROD: text.replace("config:\n", f"config:\n  {added}\n", 1)})
    running = world.release("a", world.commits[0])
    world.tell("prod", Kind.VERIFIED, running, evidence={"policy": world.declared("prod").data})
    return world


def test_two_kinds_of_approvals_are_told_apart(signing: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One by a person's own key, which the machine cannot forge; one by the machine, which GitHub told who it was."""
    offered = signing.promote()
    monkeypatch.setenv(OWN_KEY, str(tmp_path / "omar-sre.key"))
    signing.agree("omar-sre")
    monkeypatch.delenv(OWN_KEY)
    signing.agree("skiffer-git")
    signing.merge(offered.number)
    found = signing.collector().record("prod")
    told = {one.login: (one.by, one.fault) for one in found.approvals}
    assert told == {"omar-sre": ("person", ""), "skiffer-git": ("machine", "")}
    ledger = (signing.clone("owner").root / "ledger" / "prod.jsonl").read_text()
    assert '"signedBy":"person"' in ledger
    assert '"signedBy":"machine"' in ledger
    assert signing.decided().allowed


def test_anybody_can_check_a_persons_signature_with_ssh(
    signing: World, keys: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file holds what ssh-keygen needs: the text and the signature over it."""
    offered = signing.promote()
    monkeypatch.setenv(OWN_KEY, str(tmp_path / "omar-sre.key"))
    signing.agree("omar-sre")
    signing.merge(offered.number)
    _, file, _ = signing.collector().collect("prod")
    [one] = file.approvals
    (tmp_path / "allowed").write_text(f"omar-sre {keys['omar-sre']}\n")
    lines = "\n".join(one.signature[n : n + 70] for n in range(0, len(one.signature), 70))
    (tmp_path / "sig").write_text(f"-----BEGIN SSH SIGNATURE-----\n{lines}\n-----END SSH SIGNATURE-----\n")
    command = ["ssh-keygen", "-Y", "verify", "-f", "allowed", "-I", "omar-sre", "-n", SPACE, "-s", "sig"]
    done = subprocess.run(
        command, cwd=tmp_path, input=one.statement.encode(), check=False, capture_output=True, env=dict(os.environ)
    )
    assert done.returncode == 0, done.stderr


def test_a_key_that_is_not_theirs_is_refused_before_anything_is_sent(
    signing: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the approval would be there for everybody to see, and count for nothing."""
    signing.promote()
    monkeypatch.setenv(OWN_KEY, str(tmp_path / "mallory.key"))
    with pytest.raises(Refused, match=r"a key of nobody's here: OPENIM_CICD_KEY must name a key of omar-sre's"):
        signing.agree("omar-sre")
    monkeypatch.setenv(OWN_KEY, str(tmp_path / "omar-sre.key"))
    with pytest.raises(Refused, match="skiffer-git approves, and omar-sre signed it"):
        signing.agree("skiffer-git")


def test_nobody_speaks_in_anothers_place(signing: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A review that carries somebody else's statement is its writer's own word, and takes nothing from the other."""
    offered = signing.promote()
    monkeypatch.setenv(OWN_KEY, str(tmp_path / "omar-sre.key"))
    signing.agree("omar-sre")
    monkeypatch.delenv(OWN_KEY)
    reviews = f"repos/{signing.repository}/pulls/{offered.number}/reviews"
    [word] = [one["body"] for one in signing.as_person("owner").pages(reviews)]
    forged = word.replace('"how":"command"', '"how":"review"')
    signing.as_person("lin-tester").post(reviews, {"event": "APPROVE", "body": forged})
    signing.merge(offered.number)
    found = signing.collector().record("prod")
    assert {one.login: one.by for one in found.approvals} == {"omar-sre": "person", "lin-tester": "machine"}


def test_without_the_machines_key_nobody_is_vouched_for(
    signing: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job, or a laptop, that has no key records what it finds, and the gate says why it does not count."""
    offered = signing.promote()
    signing.agree("skiffer-git")
    signing.merge(offered.number)
    monkeypatch.delenv(MACHINE_KEY)
    found = signing.collector().record("prod")
    assert found.approvals == ()
    assert "statement 1 is signed by nobody: the job has no OPENIM_CICD_MACHINE_KEY" in signing.decided().text(
        "prod", ""
    )


def test_an_approvals_file_that_is_written_by_hand_counts_for_nobody(signing: World, keys: dict[str, str]) -> None:
    """Who can push to main still cannot approve."""
    offered = signing.promote()
    signing.merge(offered.number)
    file = f"approvals/prod/{offered.given.fingerprint}.yaml"
    statement = json.dumps(
        {
            "at": "2026-07-22T08:00:00Z",
            "fingerprint": offered.given.fingerprint,
            "how": "review",
            "id": signing.actor("ines-sre").id,
            "login": "ines-sre",
            "release": offered.given.release.id,
            "stage": "prod",
        },
        separators=(",", ":"),
    )
    row = json.dumps({"statement": statement, "signature": ""})
    signing.clone("owner").publish("main", "Approve myself", lambda _: {file: f"approvals:\n  - {row}\n"})
    assert "statement 1 is signed by nobody" in signing.decided().text("prod", "")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("approvals: []\n---\napprovals: []\n", "holds 2 YAML documents"),
        ("approvals: &all []\nproposers: *all\n", "YAML aliases are refused"),
    ],
    ids=["second-document", "alias"],
)
def test_tricks_in_an_approvals_file_are_refused(signing: World, text: str, why: str) -> None:
    """What one tool reads otherwise than another is no record: nobody has approved, and the refusal says why.

    What is written there is left for people to look at.
    """
    offered = signing.promote()
    signing.merge(offered.number)
    file = f"approvals/prod/{offered.given.fingerprint}.yaml"
    signing.clone("owner").publish("main", "Be clever", lambda _: {file: text})
    said = signing.decided().text("prod", "it")
    assert "0 of 2 approvals (needs one of team/sre); no approval counts: " in said
    assert why in said
    with pytest.raises(Refused, match=why):
        signing.collector().record("prod")
    assert signing.clone("owner").root.joinpath(file).read_text() == text


def test_a_broken_approvals_file_holds_nothing_that_needs_nobody(world: World) -> None:
    """What runs is deployed again, and what worked is gone back to: who can push must not be able to forbid that."""
    running = parts_at(world.clone(), "prod", "HEAD").fingerprint
    file = f"approvals/prod/{running}.yaml"
    world.clone("owner").publish("main", "Be clever", lambda _: {file: "approvals: []\n---\n"})
    assert world.decided().basis == "this very change is deployed"


def test_where_people_must_sign_a_key_is_asked_for(signing: World) -> None:
    """Before a review is sent that would not count."""
    text = (signing.clone().root / PROD).read_text()
    changed = text.replace("openim-cicd:approval:\n", "openim-cicd:approval:\n    signedBy: person\n", 1)
    assert changed != text
    signing.clone().publish("main", "Sign yourselves", lambda _: {PROD: changed})
    running = signing.release("a", signing.commits[0])
    signing.tell("prod", Kind.VERIFIED, running, evidence={"policy": signing.declared("prod").data})
    signing.promote()
    with pytest.raises(Refused, match="counts only what people sign themselves: let OPENIM_CICD_KEY name your SSH key"):
        signing.agree("skiffer-git")
