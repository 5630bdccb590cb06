"""Who tampers with a ledger is found out, from the clone alone, and the line is named."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from delivery.errors import Refused
from delivery.git import Clone
from delivery.ledger import Ledger, counted, parse_lines, publish
from delivery.ledger_check import check
from delivery.signing import MACHINE_KEY, OWN_KEY, at_hand, make, public
from model import sshsig
from model.chain import Sign, linked
from model.ledger import Actor, Entry, Kind, instant, line
from model.signing import Signing
from model.sshsig import signer

MACHINE, ADA, MALLORY = (Ed25519PrivateKey.from_private_bytes(bytes([n] * 32)) for n in range(3))
SIGNING = Signing.model_validate({"machine": [{"key": public(MACHINE)}], "people": {"ada": [{"key": public(ADA)}]}})
IMAGES = {"images": {"openim-api": "sha256:1"}}


def ledger(root: Path, key: Ed25519PrivateKey | None = MACHINE) -> Ledger:
    return Ledger(root, "prod", sign=signer(key) if key else None)


def told(root: Path, signing: Signing = SIGNING) -> str:
    """What `ledger verify` says."""
    section = {"openim-cicd:signing": signing.model_dump(mode="json", by_alias=True, exclude_none=True)}
    section["openim-cicd:release"] = {"id": "v1.0.0+abcdef0", "images": {"openim-api": "sha256:" + "1" * 64}}
    (root / "Pulumi.prod.yaml").write_text(json.dumps({"config": section}))
    return "\n".join(check(root, "prod").lines)


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A checkout whose ledger holds five entries that the machine signed."""
    for kind in (Kind.DEPLOYING, Kind.DEPLOYED, Kind.VERIFIED, Kind.REFUSED, Kind.DEPLOYING):
        ledger(tmp_path).append(kind, release="v1.0.0+abcdef0", evidence=IMAGES)
    return tmp_path


def lines(root: Path) -> list[str]:
    return ledger(root).path.read_text().splitlines(keepends=True)


def put(root: Path, *texts: str) -> None:
    ledger(root).path.write_text("".join(texts))


def entries(root: Path) -> tuple[Entry, ...]:
    return counted("prod", ledger(root).entries(), SIGNING)


def test_a_whole_ledger_is_whole(written: Path) -> None:
    """And says how many entries whose key has signed, and which hash it ends in."""
    assert "ledger/prod.jsonl is whole; 5 entries, 5 signed by the machine; head " in told(written)
    assert len(entries(written)) == 5


def test_a_changed_entry_is_named(written: Path) -> None:
    """Also the last, behind which no hash stands; the gate refuses both."""
    for at in (2, 4):
        changed = lines(written)
        changed[at] = changed[at].replace("abcdef0", "abcdef1")
        put(written, *changed)
        assert f"line {at + 1}, " in told(written)
        assert "its signature is not of this text" in told(written)
        with pytest.raises(Refused, match=f"line {at + 1}|line {at + 2}"):
            entries(written)
        put(written, *(one.replace("abcdef1", "abcdef0") for one in changed))


def test_a_changed_entry_that_is_chained_anew_is_named(written: Path) -> None:
    """Whoever makes every hash right again still has no key."""
    found = ledger(written).entries()
    forged = found[1].model_copy(update={"release": "v6.6.6+6666666"})
    put(written, *map(line, linked([found[0], forged, *found[2:]], None)))
    assert "line 2, deployed v6.6.6+6666666: its signature is not of this text" in told(written)


def test_a_dropped_entry_is_named(written: Path) -> None:
    """With its number left open, and with numbers made right."""
    first, second, _, fourth, fifth = lines(written)
    put(written, first, second, fourth, fifth)
    assert "line 3: says number 4 of prod" in told(written)
    renumbered = [one.replace(f'"seq":{n + 1}', f'"seq":{n}') for n, one in ((3, fourth), (4, fifth))]
    put(written, first, second, *renumbered)
    assert "line 3, refused v1.0.0+abcdef0: its signature is not of this text" in told(written)
    assert "line 3, refused v1.0.0+abcdef0 by openim-cicd[bot], does not continue the line before it" in told(written)


def test_entries_in_another_order_are_named(written: Path) -> None:
    """Chained anew too: an entry's signature holds its place."""
    one, two, three, *rest = ledger(written).entries()
    put(written, *map(line, linked([one, three, two, *rest], None)))
    assert "line 2, verified v1.0.0+abcdef0 is no proof: nobody signed it" in told(written)
    swapped = [one, three.model_copy(update={"seq": 2}), two.model_copy(update={"seq": 3}), *rest]
    put(written, *map(line, swapped))
    assert "line 2, verified v1.0.0+abcdef0: its signature is not of this text" in told(written)


def test_a_whole_ledger_of_foreign_signatures_is_refused(tmp_path: Path) -> None:
    """A chain is easily made; a key is not."""
    ledger(tmp_path, MALLORY).append(Kind.VERIFIED, release="v1.0.0+abcdef0", evidence=IMAGES)
    key = sshsig.key_hash(sshsig.normal(public(MALLORY)))
    assert f"line 1, verified v1.0.0+abcdef0: it is signed by {key}, a key of nobody's here" in told(tmp_path)
    with pytest.raises(Refused, match="a key of nobody's here"):
        entries(tmp_path)


def test_an_entry_of_another_stage_is_named(written: Path) -> None:
    """However well it is signed."""
    Ledger(written, "staging", sign=signer(MACHINE)).append(Kind.VERIFIED)
    put(written, (written / "ledger/staging.jsonl").read_text())
    assert "says number 1 of staging" in told(written)


def test_a_signature_for_something_else_is_none(tmp_path: Path) -> None:
    """What signs an approval signs no entry."""
    stray: Sign = lambda _, message: sshsig.sign(MACHINE, "approval@openim-cicd", message)  # noqa: E731
    Ledger(tmp_path, "prod", sign=stray).append(Kind.VERIFIED)
    assert "is for 'approval@openim-cicd', not for 'ledger@openim-cicd'" in told(tmp_path)


def test_unsigned_entries_stand_against_a_change_and_not_for_one(written: Path) -> None:
    """What was written without a key keeps a freeze, and verifies nothing; nobody calls it tampering."""
    for kind in (Kind.VERIFIED, Kind.FROZEN, Kind.THAWED, Kind.FAILED):
        ledger(written, None).append(kind, release="v2.0.0+abcdef0", evidence=IMAGES)
    assert [one.kind for one in entries(written)[5:]] == [Kind.FROZEN, Kind.FAILED]
    assert "line 6, verified v2.0.0+abcdef0 is no proof: nobody signed it" in told(written)
    assert "is whole" in told(written)


def test_a_person_says_only_what_is_a_persons_to_say(written: Path) -> None:
    """The way back to what worked counts; that a release works, begins, or that another person thawed does not."""
    hand = ledger(written, ADA)
    ada = Actor(login="ada", id=7)
    hand.append(Kind.VERIFIED, release="v2.0.0+abcdef0", evidence=IMAGES)
    hand.append(Kind.DEPLOYING, release="v2.0.0+abcdef0", evidence=IMAGES)
    hand.append(Kind.ROLLEDBACK, release="v2.0.0+abcdef0", evidence=IMAGES)
    hand.append(Kind.ROLLEDBACK, release="v1.0.0+abcdef0", evidence={**IMAGES, "policy": {"approval": {}}})
    hand.append(Kind.THAWED, actor=Actor(login="omar", id=8))
    hand.append(Kind.GENESIS, actor=Actor(login="omar", id=8))
    assert len(entries(written)) == 5
    hand.append(Kind.ROLLEDBACK, release="v1.0.0+abcdef0", evidence=IMAGES)
    hand.append(Kind.THAWED, actor=ada)
    assert [one.kind for one in entries(written)[5:]] == [Kind.ROLLEDBACK, Kind.THAWED]


def test_a_revoked_key_keeps_its_past_and_has_no_future(written: Path) -> None:
    """Whatever time a forger writes: what stands behind the first entry since then is no proof."""
    first = ledger(written).entries()[0]
    revoked = Signing.model_validate({"machine": [{"key": public(MACHINE), "revokedAt": instant(first.at)}]})
    assert counted("prod", ledger(written).entries()[:1], revoked) == ()
    later = revoked.model_dump(mode="json", by_alias=True)
    later["machine"][0]["revokedAt"] = "2099-01-01T00:00:00Z"
    assert len(counted("prod", ledger(written).entries(), Signing.model_validate(later))) == 5
    Ledger(written, "prod", sign=None, clock=lambda: first.at.replace(year=2099)).append(Kind.FROZEN)
    ledger(written).append(Kind.VERIFIED, release="v6.6.6+6666666")
    kept = counted("prod", ledger(written).entries(), Signing.model_validate(later))
    assert [one.kind for one in kept[5:]] == [Kind.FROZEN]


def test_keys_come_in_force_with_the_policy_that_names_them(tmp_path: Path) -> None:
    """A stage that began without keys keeps its history, and asks for signatures from then on."""
    ledger(tmp_path, None).append(Kind.VERIFIED, evidence={"policy": {"approval": {}}})
    policy = {"approval": {}, "signing": SIGNING.model_dump(mode="json", by_alias=True)}
    none = Signing()
    ledger(tmp_path).append(Kind.VERIFIED, evidence={"policy": policy})
    ledger(tmp_path, None).append(Kind.VERIFIED)
    assert [one.seq for one in counted("prod", ledger(tmp_path).entries(), none)] == [1, 2]


def test_entries_that_moved_are_signed_anew_by_their_own_key(
    clones: Callable[[str], Clone], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Two clones publish at once: none is lost and all stay signed; what somebody else wrote nobody signs."""
    for name, key in (("machine", MACHINE_KEY), ("ada", OWN_KEY)):
        make(tmp_path / name)
        monkeypatch.setenv(key, str(tmp_path / name))
    one, two = clones("one"), clones("two")
    by = at_hand()
    Ledger(one.root, "prod").append(Kind.FROZEN)
    Ledger(two.root, "prod").append(Kind.VERIFIED)
    Ledger(two.root, "prod", sign=None).append(Kind.THAWED)
    publish(one, "prod", "Record a freeze")
    publish(two, "prod", "Record a thaw")
    found = parse_lines("prod", (clones("after").root / "ledger/prod.jsonl").read_text())
    assert by is not None
    assert [(entry.kind, bool(entry.signature)) for entry in found] == [
        (Kind.FROZEN, True),
        (Kind.VERIFIED, True),
        (Kind.THAWED, False),
    ]
    key = sshsig.read(found[0].signature).public_key
    keys = Signing.model_validate({"machine": [{"key": key}]})
    assert [entry.kind for entry in counted("prod", found, keys)] == [Kind.FROZEN, Kind.VERIFIED]


def test_a_private_key_is_nobody_elses(tmp_path: Path) -> None:
    """It is never overwritten, only its owner reads it, and a variable that names nothing is an error."""
    make(tmp_path / "key")
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    with pytest.raises(Refused, match="is there already"):
        make(tmp_path / "key")
    with pytest.raises(Refused, match="which is no file"):
        at_hand({MACHINE_KEY: str(tmp_path / "none")})
