"""What the infrastructure repository declares in one of its commits, whatever is checked out."""

import errno
from collections.abc import Callable

from delivery.git import Clone
from delivery.trees import of_commit
from model.fingerprint import Parts, parts_of, settings_of
from model.settings import StagePolicy, policy_of, read_written, stack_file

BEFORE, AFTER = stack_file("\0").split("\0")


def reader(clone: Clone, at: str) -> Callable[[str], str]:
    """Reads files of the commit ``at``; raises FileNotFoundError as a file system would."""

    def read(file: str) -> str:
        text = clone.file_at(at, file)
        if text is None:
            raise FileNotFoundError(errno.ENOENT, f"is not in commit {at[:12]}", file)
        return text

    return read


def policies(clone: Clone, at: str) -> dict[str, StagePolicy]:
    """Every stage with a release, by name, in alphabetical order.

    Raises:
        SettingsError: a stack file cannot be read.
    """
    files = clone.git("ls-tree", "--name-only", at).split("\n")
    names = [one[len(BEFORE) : -len(AFTER)] for one in files if one.startswith(BEFORE) and one.endswith(AFTER)]
    read = reader(clone, at)
    sections = {name: read_written(name, read) for name in sorted(filter(None, names))}
    return {name: policy_of(name, section) for name, section in sections.items() if "release" in section}


def parts_at(clone: Clone, stage: str, commit: str) -> Parts:
    """What a commit declares for ``stage``, as it is signed."""
    section = read_written(stage, reader(clone, commit))
    return parts_of(policy_of(stage, section).release, settings_of(section), of_commit(clone, commit))


def following(clone: Clone, stage: str, at: str) -> tuple[str, StagePolicy] | None:
    """The stage that takes its releases from ``stage``; None where there is none."""
    found = policies(clone, at).items()
    return next(((name, one) for name, one in found if one.promotion and one.promotion.source == stage), None)
