"""What makes a ledger proof: each entry holds the hash of the line before it and a signature over the rest of itself.

Read from the top: who may have signed an entry is what the policy in force at its place says. An entry that nobody
signed is no proof: it counts where it stands against a change, and not where it would let one in.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from model import sshsig
from model.ledger import WORKING, Entry, Kind, line, worked
from model.policy import KEY, NOBODY, of, recorded
from model.signing import MACHINE, Signing
from model.sshsig import Signature, SignatureError

SPACE = "ledger@openim-cicd"
"""What a signature of an entry is for; one of an approval is none."""
AGAINST = (Kind.REFUSED, Kind.WITHDRAWN, Kind.FAILED, Kind.ERRORED, Kind.FROZEN)
"""Kinds that let nothing in: they count whoever wrote them."""
Sign = Callable[[str, bytes], Signature]
"""Signs a text for a namespace."""


@dataclass(frozen=True)
class Mark:
    """What is known of one entry's signature."""

    entry: Entry
    by: str = ""
    """``signing.MACHINE``, a login, or empty where nobody signed it."""
    fault: str = ""
    """Why somebody has tampered with it; empty where nothing shows."""
    void: str = ""
    """Why it is no proof, though nobody need have done wrong; empty where it is one."""
    counts: bool = False
    """Whether the gate takes it for what it says."""


def hash_of(entry: Entry | None) -> str:
    """SHA-256 of the entry's line with its end; empty before the first."""
    return hashlib.sha256(line(entry).encode()).hexdigest() if entry else ""


def linked(entries: Iterable[Entry], last: Entry | None, sign: Sign | None = None) -> Iterator[Entry]:
    """The same entries, numbered and chained on behind ``last``, and signed where ``sign`` is given.

    One that a moved place leaves without its signature is signed anew only by the key that had signed it: nobody
    signs what somebody else wrote.
    """
    for one in entries:
        placed = one.model_copy(update={"seq": last.seq + 1 if last else 1, "prev": hash_of(last)})
        if placed != one:
            placed = _resigned(one, placed, sign)
        yield placed
        last = placed


def signed(entry: Entry, sign: Sign | None) -> Entry:
    """The entry with a signature, where somebody can give one."""
    if sign is None:
        return entry
    return entry.model_copy(update={"signature": sign(SPACE, text(entry)).text})


def text(entry: Entry) -> bytes:
    """What is signed: the line without its signature."""
    return line(entry.model_copy(update={"signature": ""})).encode()


def _resigned(old: Entry, new: Entry, sign: Sign | None) -> Entry:
    bare = new.model_copy(update={"signature": ""})
    if sign is None or not old.signature:
        return bare
    made = signed(bare, sign)
    return made if _key(old) == _key(made) else bare


def _key(entry: Entry) -> str:
    """Whose signature it is, once verified; empty where it is nobody's."""
    try:
        found = sshsig.read(entry.signature)
        sshsig.verify(found, SPACE, text(entry))
    except SignatureError:
        return ""
    return found.public_key


def gaps(entries: Sequence[Entry]) -> Iterator[Entry]:
    """Entries that do not hold the hash of the one before them."""
    pairs = zip((None, *entries), entries, strict=False)
    return (one for before, one in pairs if one.prev != hash_of(before))


def marks(
    entries: Sequence[Entry], declared: Signing, *, deployed: Signing = NOBODY, own: bool = True
) -> tuple[Mark, ...]:
    """What is known of each entry's signature.

    ``declared`` are the settings' keys: a key that is revoked there is revoked at once. Until the ledger records whose
    signatures count, those do that the stage was ``deployed`` with, where somebody can tell and it names any, else the
    declared ones: who writes settings and a ledger of his own together is nobody to what runs. A ledger of another
    stage (not ``own``) does not say whose signatures count.
    """
    force, newest = deployed if deployed.names_keys else declared, None
    found: list[Mark] = []
    proof: list[Entry] = []
    for one in entries:
        newest = max(newest or one.at, one.at)
        mark = _mark(one, proof, force, declared, newest)
        found.append(mark)
        proof += [one] if mark.counts else []
        policy = of(one) if own and mark.counts and one.kind in {Kind.GENESIS, *WORKING} else None
        force = policy.signing if policy else force
    return tuple(found)


def _mark(one: Entry, before: Sequence[Entry], force: Signing, declared: Signing, newest: datetime) -> Mark:
    if not one.signature:
        void = "nobody signed it" if force.names_keys else ""
        return Mark(one, void=void, counts=not void or _is_against(one))
    try:
        found = sshsig.read(one.signature)
        sshsig.verify(found, SPACE, text(one))
    except SignatureError as error:
        return Mark(one, fault=f"its signature {error}")
    if not force.names_keys:
        return Mark(one, counts=True)
    owned, later = force.owner(found.public_key), declared.owner(found.public_key)
    if owned is None and later is None:
        return Mark(one, fault=f"it is signed by {sshsig.key_hash(found.public_key)}, a key of nobody's here")
    if owned is None:
        return Mark(one, void="its key is declared and not in force yet", counts=_is_against(one))
    void = owned[1].fault(one.at) or (later[1].revoked(newest) if later else "") or _beyond(owned[0], one, before)
    return Mark(one, owned[0], void=void, counts=not void or _is_against(one))


def _is_against(one: Entry) -> bool:
    return one.kind in AGAINST or (one.kind is Kind.TESTED and not one.passed)


def _beyond(owner: str, one: Entry, before: Sequence[Entry]) -> str:
    """What the owner's word is not good for: that a release works, or begins, is the machine's to say."""
    if owner == MACHINE or _is_against(one):
        return ""
    himself = one.actor.login.lower() == owner.lower()
    if one.kind is Kind.ROLLEDBACK and worked(before, one.release, one.images) and _keeps_policy(one, before):
        return ""
    if himself and (one.kind is Kind.THAWED or (one.kind is Kind.GENESIS and recorded(before) is None)):
        return ""
    return f"{one.kind} of this is not {owner}'s to say"


def _keeps_policy(one: Entry, before: Sequence[Entry]) -> bool:
    """Whether it leaves in force what was: going back changes nobody's power."""
    told, last = one.evidence.get(KEY), recorded(before)
    return told is None or (last is not None and told == last.evidence.get(KEY))
