"""``ledger/<stage>.jsonl``: append whole lines, read them strictly, publish them so that none is lost.

``Ledger.append`` is durable on this disk when it returns, chained to the line before and signed where a key is at hand;
``publish`` carries what the remote does not have to it, chained on to what others published meanwhile. This is the only
way into the ledger. Whose signatures count is decided elsewhere (``model.chain``).
"""

import fcntl
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from delivery.errors import Refused
from delivery.files import reader
from delivery.git import Clone, ReadTree
from delivery.signing import at_hand
from model.chain import Sign, gaps, hash_of, linked, marks, signed
from model.document import Read
from model.ledger import MACHINE, Actor, Entry, Kind, line
from model.policy import NOBODY
from model.signing import Signing

FOLDER = "ledger"
BRANCH = "main"
RUNBOOK = "docs/runbooks/broken-ledger.md"
REMEDY = f"what to do: {RUNBOOK}"

Clock = Callable[[], datetime]


def now() -> datetime:
    """The present, in UTC."""
    return datetime.now(UTC)


def ledger_file(stage: str) -> str:
    """The ledger of ``stage``, relative to the checkout."""
    return f"{FOLDER}/{stage}.jsonl"


@dataclass(frozen=True)
class Ledger:
    """The ledger of one stage in a checkout."""

    root: Path
    stage: str
    clock: Clock = field(default=now, repr=False)
    sign: Sign | None = field(default_factory=at_hand, repr=False)
    """Signs entries; default the key that the environment names, if any."""

    @property
    def path(self) -> Path:
        """Its file, which need not be there yet."""
        return self.root / ledger_file(self.stage)

    def entries(self) -> tuple[Entry, ...]:
        """Everything so far; nothing where there is no file. A last line without its end was never written whole.

        Raises:
            Refused: it cannot be read, or a line is no entry of this stage; names it.
        """
        return entries_from(reader(self.root), self.stage)

    def append(
        self,
        kind: Kind,
        *,
        release: str = "",
        fingerprint: str = "",
        actor: Actor = MACHINE,
        reasons: Iterable[str] = (),
        evidence: Mapping[str, Any] | None = None,
    ) -> Entry:
        """Add one entry; on disk when this returns.

        Raises:
            Refused: the file holds a line that is no entry.
        """
        with self._opened() as handle:
            text = _whole(os.read(handle, os.fstat(handle).st_size).decode(errors="surrogateescape"))
            present = parse_lines(self.stage, text)
            entry = Entry(
                seq=len(present) + 1,
                at=self.clock().replace(microsecond=0),
                stage=self.stage,
                kind=kind,
                release=release,
                fingerprint=fingerprint,
                actor=actor,
                reasons=tuple(reasons),
                evidence=dict(evidence or {}),
                prev=hash_of(present[-1] if present else None),
            )
            entry = signed(entry, self.sign)
            os.ftruncate(handle, len(text.encode()))
            os.lseek(handle, 0, os.SEEK_END)
            os.write(handle, line(entry).encode())
            os.fsync(handle)
        return entry

    @contextmanager
    def _opened(self) -> Iterator[int]:
        with locked(self.root):
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
            try:
                yield handle
            finally:
                os.close(handle)


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """Nobody else writes to this checkout's ledgers meanwhile; the folder is locked, as files are replaced."""
    folder = root / FOLDER
    folder.mkdir(exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def publish(clone: Clone, stage: str, message: str, also: Callable[[ReadTree], Mapping[str, str]] | None = None) -> str:
    """Carry the entries that the remote's main does not have to it, with whatever ``also`` changes, as one commit.

    Afterwards the checkout, where it is on main, holds what the remote holds.

    Raises:
        Refused: the remote does not answer, does not let this in, or a ledger cannot be read.
    """
    ledger, file = Ledger(clone.root, stage), ledger_file(stage)
    with locked(clone.root):
        mine = ledger.entries()
        _require_unedited(clone, stage, mine)

        def edit(read: ReadTree) -> dict[str, str]:
            theirs = parse_lines(stage, read(file) or "")
            merged = (*theirs, *linked(_unpublished(mine, theirs), theirs[-1] if theirs else None, ledger.sign))
            changed = {file: "".join(line(one) for one in merged)} if merged else {}
            return {**(dict(also(read)) if also else {}), **changed}

        return clone.publish(BRANCH, message, edit, merged=[file])


def _require_unedited(clone: Clone, stage: str, mine: Sequence[Entry]) -> None:
    """What is committed is only ever appended to; an edited line would be published as news."""
    committed = lines_of(stage, clone.file_at("HEAD", ledger_file(stage)) or "")
    edited = next((one for one, was in zip(mine, committed, strict=False) if one != was), None)
    if edited:
        file = ledger_file(stage)
        raise Refused(f"{file}, line {edited.seq}, {_told(edited)}: was edited here; git checkout -- {file}")


def entries_from(read: Read, stage: str) -> tuple[Entry, ...]:
    """A stage's ledger; nothing where it has none.

    Raises:
        Refused: it cannot be read, or as ``parse_lines``.
    """
    return parse_lines(stage, text_from(read, stage))


def text_from(read: Read, stage: str) -> str:
    """A stage's ledger as it is written; empty where it has none.

    Raises:
        Refused: it cannot be read.
    """
    try:
        return read(ledger_file(stage))
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"{ledger_file(stage)}: cannot be read ({error}); {REMEDY}") from None


def parse_lines(stage: str, text: str) -> tuple[Entry, ...]:
    """The entries of a ledger's ``text``.

    Raises:
        Refused: a line is no entry of ``stage``, its number is not its place, or the line before it was another.
    """
    found = lines_of(stage, text)
    wrong = next(gaps(found), None)
    if wrong:
        raise Refused(f"{ledger_file(stage)}, {unlinked(wrong, found)}; {REMEDY}")
    return found


def counted(
    stage: str, entries: Sequence[Entry], declared: Signing, *, deployed: Signing = NOBODY, own: bool = True
) -> tuple[Entry, ...]:
    """What of a ledger is proof (``model.chain.marks``).

    Raises:
        Refused: somebody has tampered with an entry; names it.
    """
    found = marks(entries, declared, deployed=deployed, own=own)
    wrong = next((one for one in found if one.fault), None)
    if wrong:
        raise Refused(f"{ledger_file(stage)}, line {wrong.entry.seq}, {_told(wrong.entry)}: {wrong.fault}; {REMEDY}")
    return tuple(one.entry for one in found if one.counts)


def lines_of(stage: str, text: str) -> tuple[Entry, ...]:
    """The same as ``parse_lines``, whether the lines are chained or not.

    Raises:
        Refused: a line is no entry of ``stage`` or its number is not its place.
    """
    return tuple(_parse(stage, n, one) for n, one in enumerate(_whole(text).split("\n")[:-1], 1))


def unlinked(entry: Entry, entries: Sequence[Entry]) -> str:
    """What is wrong with the first entry whose chain is broken, in words."""
    before = f"line {entry.seq - 1}, {_told(entries[entry.seq - 2])}, was" if entry.seq > 1 else "what stood before was"
    return f"line {entry.seq}, {_told(entry)}, does not continue the line before it: {before} changed, moved or removed"


def _told(entry: Entry) -> str:
    return " ".join(one for one in (entry.kind, entry.release, f"by {entry.actor.login}") if one)


def _parse(stage: str, number: int, text: str) -> Entry:
    where = f"{ledger_file(stage)}, line {number}"
    try:
        text.encode()  # git may have handed on bytes that are no text
        entry = Entry.model_validate(json.loads(text, object_pairs_hook=_unique))
    except (ValueError, ValidationError, RecursionError) as error:
        why = f"{error.errors()[0]['msg']}" if isinstance(error, ValidationError) else str(error)
        raise Refused(f"{where}: is no entry ({why}): restore the file from git, it is only ever appended to") from None
    if (entry.seq, entry.stage) != (number, stage):
        raise Refused(
            f"{where}: says number {entry.seq} of {entry.stage}: a line was removed, moved or brought from elsewhere; "
            f"{REMEDY}"
        )
    if line(entry) != text + "\n":
        raise Refused(f"{where}: is not written as the machine writes it; {REMEDY}")
    return entry


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _whole(text: str) -> str:
    """``text`` up to the end of its last whole line: a killed writer leaves half of one."""
    return text[: text.rfind("\n") + 1]


def _unpublished(mine: tuple[Entry, ...], theirs: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """What is only here: everything after the part that both begin with."""
    common = 0
    while common < min(len(mine), len(theirs)) and mine[common] == theirs[common]:
        common += 1
    published = {_identity(one) for one in theirs[common:]}
    return tuple(one for one in mine[common:] if _identity(one) not in published)


def _identity(entry: Entry) -> str:
    """An entry whatever its place."""
    return line(entry.model_copy(update={"seq": 1, "prev": "", "signature": ""}))
