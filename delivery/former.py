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
from delivery.errors import Refused
from delivery.gate_input import Unanswered, gather
from delivery.git import Clone
from delivery.ledger import FOLDER as LEDGER
from delivery.stack_file import write_release
from delivery.stage import Stage, read_stage
from model.gate import always
from model.ledger import Entries, Kind, last
from model.release import Release

LENT = (".venv", LEDGER, "approvals")
"""What the checkout takes from the clone: the installed packages, and what everybody knows by now."""


@contextmanager
def let_in(work: Deployment, release: Release, entries: Entries) -> Iterator[Deployment]:
    """``release`` as it goes back with nothing but digests changed: from the clone, or from what was let in last.

    Raises:
        Refused: neither would change digests only, with the way out.
    """
    name, root = work.stage.name, work.place.root
    section = {**work.stage.section, "release": release.model_dump(mode="json", by_alias=True, exclude_defaults=True)}
    # What nobody could approve must not hold a way back.
    if not work.stage.unapprovable and _only_digests(work, root, section):
        yield work
        return
    begun = last(entries, Kind.DEPLOYING)
    commit = str(begun.evidence.get("commit", "")) if begun else ""
    if not commit or not work.place.clone.has(commit):
        raise Refused(
            f"{name}: settings or code of this clone are not those that were let in last, and the commit of those "
            f"{'is not here: git fetch --unshallow' if commit else 'was not recorded'}; "
            f"or offer {release.id} as a change: openim-cicd promote {name} --release {release.id}"
        )
    with checkout(work.place.clone, commit) as path:
        write_release(path, name, release)
        stage = _stage(work, path)
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
    except Unanswered as error:
        raise Refused(f"{work.stage.name} cannot go back now: {error}") from None


def _stage(work: Deployment, path: Path) -> Stage:
    stage = read_stage(path, work.stage.name, work.place.environment)
    if stage is None:
        raise Refused(f"{work.stage.name} has lost its environment")
    return stage
