"""What was let in last, brought up again from any clone: a checkout of its commit, beside the one that has moved on.

A way back changes digests and nothing else. Where settings, code or estate of the clone are no longer what was let in,
the engine runs in a checkout of the commit that was; ledger and approvals stay those of the clone.
"""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from delivery.deployment import Deployment
from delivery.errors import Refused, Unanswered
from delivery.gate_input import gather
from delivery.git import Clone
from delivery.ledger import FOLDER as LEDGER
from delivery.ledger import Ledger
from delivery.stack_file import write_release
from delivery.stage import Stage, read_stage
from delivery.workplace import Workplace
from model.gate import always
from model.ledger import Entries, Kind, last
from model.problems import SettingsError
from model.release import Release

LENT = (".venv", LEDGER, "approvals")
"""What the checkout takes from the clone: the installed packages, and what everybody knows by now."""


@contextmanager
def legible(place: Workplace, name: str) -> Iterator[Deployment]:
    """The stage as the clone declares it; where its files cannot be read, as those of the last deployment's commit do.

    Whose word counts is the state's to say, not that commit's (``model.chain.marks``).

    Raises:
        SettingsError, Refused: the files cannot be read or declare no stage, and there is no such commit.
    """
    try:
        stage = _environment(place.root, name, place.environment)
    except (SettingsError, Refused) as error:
        commit = _begun(Ledger(place.root, name).entries())
        if not commit or not place.clone.has(commit):
            raise
        place.journal.say(f"{error}\ngoing on with the settings of {commit[:12]}, the last that were deployed")
        with checkout(place.clone, commit) as path:
            yield Deployment(replace(place, program=path), _environment(path, name, place.environment))
    else:
        yield Deployment(place, stage)


@contextmanager
def let_in(work: Deployment, release: Release, entries: Entries) -> Iterator[Deployment]:
    """``release`` as it goes back with nothing but digests changed: from the clone, or from what was let in last.

    Raises:
        Refused: neither would change digests only, with the way out.
    """
    name, root = work.stage.name, work.place.root
    section = {**work.stage.section, "release": release.model_dump(mode="json", by_alias=True, exclude_defaults=True)}
    # What nobody could read or approve must not hold a way back.
    if work.place.program is None and not work.stage.unapprovable and _only_digests(work, root, section):
        yield work
        return
    commit = _begun(entries)
    if not commit or not work.place.clone.has(commit):
        raise Refused(
            f"{name}: settings or code of this clone are not those that were let in last, and the commit of those "
            f"{'is not here: git fetch --unshallow' if commit else 'was not recorded'}; "
            f"or offer {release.id} as a change: openim-cicd promote {name} --release {release.id}"
        )
    with checkout(work.place.clone, commit) as path:
        write_release(path, name, release)
        stage = _environment(path, name, work.place.environment)
        if not _only_digests(work, path, stage.section):
            raise Refused(
                f"{name}: what was let in last came from a checkout with edits that nobody committed on {commit[:12]}; "
                f"go back from there, or openim-cicd promote {name} --release {release.id}"
            )
        work.journal.say(
            f"settings or code have moved since: going back with those of {commit[:12]}, which were let in"
        )
        yield replace(work, place=replace(work.place, program=path), stage=stage)


@contextmanager
def checkout(clone: Clone, commit: str, lent: tuple[str, ...] = LENT) -> Iterator[Path]:
    """A working tree of ``commit`` for a while, with what ``lent`` names from the clone."""
    with tempfile.TemporaryDirectory(prefix="openim-cicd-") as folder:
        path = Path(folder).resolve() / "checkout"
        clone.git("worktree", "add", "--quiet", "--detach", str(path), commit)
        try:
            for name in lent:
                if (path / name).exists():  # git would look at every file of a fresh checkout to say that it is not
                    clone.git("-C", str(path), "rm", "-r", "--quiet", "--", name)
                if (clone.root / name).exists():
                    (path / name).symlink_to(clone.root / name)
            yield path
        finally:
            clone.git("worktree", "remove", "--force", str(path))


def _only_digests(work: Deployment, path: Path, section: Mapping[str, Any]) -> bool:
    try:
        return bool(always(gather(work.stage.name, path, section, outputs=work.place.outputs)))
    except SettingsError:
        return False
    except Unanswered as error:
        raise Refused(f"{work.stage.name} cannot go back now: {error}") from None


def _begun(entries: Entries) -> str:
    """The commit of the last deployment; empty where none is recorded."""
    begun = last(entries, Kind.DEPLOYING)
    return str(begun.evidence.get("commit", "")) if begun else ""


def _environment(path: Path, name: str, environment: Mapping[str, str]) -> Stage:
    stage = read_stage(path, name, environment)
    if stage is None:
        raise Refused(f"{name} has no environment, so nothing of it can be taken back by digests; revert its commit")
    return stage
