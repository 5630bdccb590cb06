"""Releases as the ledgers and stack files of a checkout tell of them: where each is, and what is known of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from delivery.ledger import FOLDER, Ledger
from model import ledger
from model.ledger import Entries, Entry
from model.release import Release
from model.settings import StagePolicy, policy_of, read_written, stack_file

BEFORE, AFTER = stack_file("\0").split("\0")


@dataclass(frozen=True)
class OnStage:
    """A release on one stage."""

    stage: str
    standing: str
    """``runs``, ``declared`` (the stack file names it and it does not run yet), ``ran``, or ``known``."""
    since: datetime | None
    verified: datetime | None
    bad: Entry | None
    """What withdrew or failed it."""
    passed: tuple[str, ...]
    """Testers who found it good."""


@dataclass(frozen=True)
class Known:
    """A release that some ledger or stack file names."""

    id: str
    stages: tuple[OnStage, ...]
    release: Release | None
    """Its digests and sources, where a stack file still names it."""
    images: dict[str, str]
    """Its digests, as far as anybody recorded them."""


def known(root: Path) -> tuple[Known, ...]:
    """Every release, the latest heard of first.

    Raises:
        Refused: a ledger cannot be read.
        SettingsError: a stack file cannot be read.
    """
    declared = {name: one.release for name, one in declared_policies(root).items()}
    names = sorted({*declared, *(file.stem for file in (root / FOLDER).glob("*.jsonl"))})
    ledgers = {name: Ledger(root, name).entries() for name in names}
    newest: dict[str, datetime] = {}
    for entries in ledgers.values():
        for one in entries:
            if one.release:
                newest[one.release] = max(one.at, newest.get(one.release, one.at))
    ids = [one.id for one in declared.values() if one.id not in newest]
    ids += sorted(newest, key=lambda one: newest[one], reverse=True)
    return tuple(_known(one, ledgers, declared) for one in dict.fromkeys(ids))


def declared_policies(root: Path) -> dict[str, StagePolicy]:
    """What the checkout's stack files say of each stage with a release, by stage."""

    def read(file: str) -> str:
        return (root / file).read_text()

    names = sorted(file.name[len(BEFORE) : -len(AFTER)] for file in root.glob(f"{BEFORE}*{AFTER}"))
    sections = {name: read_written(name, read) for name in names}
    return {name: policy_of(name, one) for name, one in sections.items() if "release" in one}


def _known(identity: str, ledgers: Mapping[str, Entries], declared: Mapping[str, Release]) -> Known:
    stages = [_on(name, identity, entries, declared.get(name)) for name, entries in ledgers.items()]
    release = next((one for one in declared.values() if one.id == identity), None)
    recorded = [one.images for entries in ledgers.values() for one in entries if one.release == identity and one.images]
    images = dict(release.images) if release else dict(recorded[-1]) if recorded else {}
    return Known(identity, tuple(one for one in stages if one), release, images)


def _on(stage: str, identity: str, entries: Entries, declared: Release | None) -> OnStage | None:
    own = [one for one in entries if one.release == identity]
    names = declared is not None and declared.id == identity
    if not own and not names:
        return None
    running = ledger.running(entries)
    runs = running is not None and running.release == identity
    ran = ledger.last(own, *ledger.RUNNING)
    verified = ledger.last(own, *ledger.WORKING)
    standing = "runs" if runs else "declared" if names else "ran" if ran else "known"
    first = next((one for one in own if one.kind in ledger.RUNNING), None)
    passed = tuple(one.actor.login for one in ledger.tests(entries, identity) if one.passed)
    return OnStage(
        stage,
        standing,
        first.at if first else None,
        verified.at if verified else None,
        ledger.found_bad(entries, identity),
        passed,
    )


def history(root: Path, identity: str) -> tuple[Entry, ...]:
    """Everything that the ledgers say about a release, in the order of time."""
    found = [
        one
        for file in sorted((root / FOLDER).glob("*.jsonl"))
        for one in Ledger(root, file.stem).entries()
        if one.release == identity
    ]
    return tuple(sorted(found, key=lambda one: one.at))
