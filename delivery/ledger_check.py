"""A ledger held against its own hashes and the keys of its stage's settings: nothing but the clone is needed."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from delivery.errors import Refused
from delivery.files import reader
from delivery.ledger import RUNBOOK, ledger_file, lines_of, text_from, unlinked
from model.chain import Mark, gaps, hash_of, marks
from model.settings import policy_of, read_written


@dataclass(frozen=True)
class Report:
    """What was found."""

    lines: tuple[str, ...]
    is_whole: bool
    """Whether nothing shows that anybody tampered with it."""


def check(root: Path, stage: str) -> Report:
    """Look at the ledger of ``stage`` in the checkout ``root``.

    Raises:
        SettingsError: the stage's file cannot be read.
    """
    file = ledger_file(stage)
    try:
        entries = lines_of(stage, text_from(reader(root), stage))
    except Refused as error:
        return Report((str(error),), is_whole=False)
    declared = policy_of(stage, read_written(stage, reader(root))).signing
    found = marks(entries, declared)
    wrong = (*_faults(found), *(unlinked(one, entries) for one in gaps(entries)))
    told = [f"{file}, {one}" for one in (*wrong, *_unproven(found))]
    verdict = f"is not whole: {RUNBOOK}" if wrong else "is whole"
    head = f"{len(entries)} entries, {_by(found)}; head {hash_of(entries[-1])}" if entries else "no entries"
    return Report((*told, f"{file} {verdict}; {head}"), is_whole=not wrong)


def _faults(found: Sequence[Mark]) -> Iterator[str]:
    for one in found:
        if one.fault:
            yield f"line {one.entry.seq}, {one.entry.kind} {one.entry.release}: {one.fault}"


def _unproven(found: Sequence[Mark]) -> Iterator[str]:
    for one in found:
        if one.void:
            yield f"line {one.entry.seq}, {one.entry.kind} {one.entry.release} is no proof: {one.void}"


def _by(found: Sequence[Mark]) -> str:
    """How many entries each owner signed."""
    counts = Counter(one.by or ("no key that is in force" if one.entry.signature else "nobody") for one in found)
    return ", ".join(f"{count} signed by {owner}" for owner, count in counts.most_common())
