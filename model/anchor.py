"""The head of a ledger, kept outside of git: what was cut off or written anew since does not match it."""

import json
from collections.abc import Sequence

from pydantic import Field

from model import sshsig
from model.base import Model
from model.chain import Sign, hash_of
from model.ledger import Entry
from model.signing import MACHINE, Signing
from model.sshsig import SignatureError

SPACE = "anchor@openim-cicd"
"""What a signature of an anchor is for."""


class Anchor(Model):
    """How far a ledger had come."""

    stage: str
    entries: int = Field(ge=1)
    """How many it held."""
    head: str = Field(pattern=r"^[0-9a-f]{64}$")
    """SHA-256 of the last one's line."""
    signature: str = ""
    """The machine's; empty where no key was at hand."""

    @property
    def text(self) -> bytes:
        """What is signed."""
        return json.dumps(self.model_dump(mode="json", exclude={"signature"}), sort_keys=True).encode()


def anchor_of(stage: str, entries: Sequence[Entry], sign: Sign | None) -> Anchor:
    """The anchor of a ledger with at least one entry."""
    made = Anchor(stage=stage, entries=len(entries), head=hash_of(entries[-1]))
    return made.model_copy(update={"signature": sign(SPACE, made.text).text}) if sign else made


def fault(anchor: Anchor, stage: str, entries: Sequence[Entry], signing: Signing) -> str:
    """Why the ledger does not go on from what was anchored; empty where it does.

    Where the settings name keys, an anchor that the machine did not sign is a fault too: whoever may push an image
    could else put one in the true one's place.
    """
    if anchor.stage != stage:
        return f"the anchor is {anchor.stage}'s"
    if forged := _forged(anchor, signing):
        return f"the anchor {forged}"
    if len(entries) < anchor.entries:
        why = "its tail was cut off, or the clone is behind"
        return f"it holds {len(entries)} entries, and {anchor.entries} were anchored: {why}"
    if hash_of(entries[anchor.entries - 1]) != anchor.head:
        return f"line {anchor.entries} is not the one that was anchored: the ledger was written anew"
    return ""


def _forged(anchor: Anchor, signing: Signing) -> str:
    if not signing.names_keys:
        return ""
    if not anchor.signature:
        return "is signed by nobody"
    try:
        found = sshsig.read(anchor.signature)
        sshsig.verify(found, SPACE, anchor.text)
    except SignatureError as error:
        return f"is wrongly signed: its signature {error}"
    owned = signing.owner(found.public_key)
    if owned is None or owned[0] != MACHINE:
        return f"is signed by {sshsig.key_hash(found.public_key)}, which is no key of the machine's"
    return "was signed with a key that is revoked" if owned[1].revoked_at else ""
