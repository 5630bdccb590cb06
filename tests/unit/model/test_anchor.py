"""A ledger that was cut or written anew does not match what was anchored; a forged anchor is none."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from delivery.signing import public
from model.anchor import anchor_of, fault
from model.chain import linked
from model.ledger import Kind
from model.signing import Signing
from model.sshsig import signer
from tests.unit.model.gate_world import NEW, entry

MACHINE, ADA, MALLORY = (Ed25519PrivateKey.from_private_bytes(bytes([n] * 32)) for n in range(3))
SIGNING = Signing.model_validate({"machine": [{"key": public(MACHINE)}], "people": {"ada": [{"key": public(ADA)}]}})
NONE = Signing()
LEDGER = tuple(linked([entry(kind, NEW) for kind in (Kind.DEPLOYING, Kind.DEPLOYED, Kind.VERIFIED)], None))
ANEW = tuple(linked([entry(kind, NEW) for kind in (Kind.DEPLOYING, Kind.FAILED, Kind.VERIFIED)], None))


@pytest.mark.parametrize("signing", [SIGNING, NONE])
def test_a_ledger_goes_on_from_its_anchor(signing: Signing) -> None:
    """As it was anchored, and with more behind that."""
    sign = signer(MACHINE)
    for many in (1, 2, 3):
        assert fault(anchor_of("prod", LEDGER[:many], sign), "prod", LEDGER, signing) == ""


def test_a_cut_tail_shows() -> None:
    """Though everything before it is whole."""
    told = fault(anchor_of("prod", LEDGER, None), "prod", LEDGER[:2], NONE)
    assert told == "it holds 2 entries, and 3 were anchored: its tail was cut off, or the clone is behind"


def test_a_ledger_written_anew_shows() -> None:
    """As long as the old one or longer."""
    told = fault(anchor_of("prod", LEDGER[:2], None), "prod", ANEW, NONE)
    assert told == "line 2 is not the one that was anchored: the ledger was written anew"


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (None, "is signed by nobody"),
        (ADA, "which is no key of the machine's"),
        (MALLORY, "which is no key of the mach"),
    ],
)
def test_only_the_machine_anchors(key: Ed25519PrivateKey | None, words: str) -> None:
    """Whoever may push images may not."""
    made = anchor_of("prod", LEDGER, signer(key) if key else None)
    assert words in fault(made, "prod", LEDGER, SIGNING)


def test_an_anchor_is_for_what_it_says() -> None:
    """Another number, head or stage under the machine's signature is not its word."""
    made = anchor_of("prod", LEDGER, signer(MACHINE))
    other = made.model_copy(update={"entries": 2})
    assert "its signature is not of this text" in fault(other, "prod", LEDGER, SIGNING)
    assert fault(made, "staging", LEDGER, SIGNING) == "the anchor is prod's"


def test_a_revoked_key_anchors_no_more() -> None:
    """Whoever has it could put back an older head."""
    revoked = {"machine": [{"key": public(MACHINE), "revokedAt": "2026-01-01T00:00:00Z"}]}
    made = anchor_of("prod", LEDGER, signer(MACHINE))
    assert "revoked" in fault(made, "prod", LEDGER, Signing.model_validate(revoked))
