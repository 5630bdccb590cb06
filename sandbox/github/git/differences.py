"""How two commits differ: files with their patches, counts, common ancestors."""

from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.github.git.plumbing import Git
from sandbox.github.git.reader import EMPTY_TREE

STATUSES = {"A": "added", "D": "removed", "M": "modified", "T": "changed", "R": "renamed", "C": "copied"}
ABSENT = "0" * 40
RENAMES = ("--find-renames", "-r", "--no-color", "--no-ext-diff", "--no-textconv")


@dataclass(frozen=True)
class FileDiff:
    """One file that differs."""

    path: str
    previous: str | None
    """The former path of what was renamed."""
    status: str
    """added, removed, modified, renamed, copied or changed (its kind)."""
    sha: str
    """The new content's object id, the old one's if there is no new one."""
    additions: int
    deletions: int
    patch: str | None
    """The hunks; None without any: binary files, and files that only moved."""


class Differences:
    """Compares commits of one repository."""

    def __init__(self, git: Git) -> None:
        self._git = git

    def merge_base(self, one: str, other: str) -> str | None:
        """The best common ancestor, None for unrelated histories."""
        found = self._git.attempt("merge-base", one, other)
        return found.stdout.decode().split("\n")[0] or None

    def counts(self, base: str, head: str) -> tuple[int, int]:
        """Commits that ``head`` is ahead of ``base``, and behind it."""
        behind, ahead = self._git.line("rev-list", "--left-right", "--count", f"{base}...{head}").split()
        return int(ahead), int(behind)

    def files(self, old: str | None, new: str) -> list[FileDiff]:
        """Every file that differs, by path; against None all files are added."""
        sides = (old or EMPTY_TREE, new)
        raw = self._words("--raw", "--no-abbrev", sides=sides)
        numbers = self._words("--numstat", sides=sides)
        patches = self._patches(sides)
        return [
            _file(entry, count, patch) for entry, count, patch in zip(_raw(raw), _counts(numbers), patches, strict=True)
        ]

    def totals(self, old: str, new: str) -> tuple[int, int, int]:
        """Changed files, added lines, removed lines."""
        counts = _counts(self._words("--numstat", sides=(old, new)))
        return len(counts), sum(added for added, _ in counts), sum(removed for _, removed in counts)

    def paths(self, old: str, new: str) -> list[str]:
        """The paths of ``files``, both of what was renamed."""
        return [path for path in self._words("--name-only", "--no-renames", sides=(old, new)) if path]

    def diff(self, old: str | None, new: str) -> bytes:
        """All of it as one text."""
        return self._git.run("diff-tree", "-p", *RENAMES, old or EMPTY_TREE, new)

    def patches(self, base: str | None, head: str) -> bytes:
        """A mail for each commit, as git-format-patch writes them; only ``head``'s own without a base."""
        span = [f"{base}..{head}"] if base else ["-1", head]
        return self._git.run("format-patch", "--stdout", *span)

    def fingerprint(self, old: str, new: str) -> str:
        """The same for the same change, wherever in its files it stands (git-patch-id(1))."""
        return self._git.line("patch-id", "--stable", data=self.diff(old, new)).split(" ")[0]

    def _words(self, *shape: str, sides: tuple[str, str]) -> list[str]:
        listed = self._git.run("diff-tree", "-z", *RENAMES, *shape, *sides)
        return listed.decode(errors="replace").split("\0")[:-1]

    def _patches(self, sides: tuple[str, str]) -> list[str | None]:
        text = self._git.run("diff-tree", "-p", *RENAMES, *sides).decode(errors="replace")
        # Within hunks each line starts with a sign, so this can only be a file's first line.
        files = f"\n{text}".split("\ndiff --git ")[1:]
        return [_hunks(file) for file in files]


def _hunks(file: str) -> str | None:
    _, mark, rest = file.partition("\n@@ ")
    return f"@@ {rest}".removesuffix("\n") if mark else None


def _raw(words: Sequence[str]) -> list[tuple[str, str, str | None, str]]:
    """Status, path, former path and object id of each entry of ``--raw -z``."""
    found, rest = [], iter(words)
    for head in rest:
        _, _, before, after, status = head.split(" ")
        first = next(rest)
        moved = status[0] in "RC"
        path, previous = (next(rest), first) if moved else (first, None)
        found.append((STATUSES[status[0]], path, previous, before if after == ABSENT else after))
    return found


def _counts(words: Sequence[str]) -> list[tuple[int, int]]:
    """Added and removed lines of each entry of ``--numstat -z``; a binary file has none."""
    found, rest = [], iter(words)
    for word in rest:
        added, removed, path = word.split("\t", 2)
        if not path:  # renamed: two paths follow
            next(rest), next(rest)
        found.append((int(added) if added.isdigit() else 0, int(removed) if removed.isdigit() else 0))
    return found


def _file(entry: tuple[str, str, str | None, str], count: tuple[int, int], patch: str | None) -> FileDiff:
    status, path, previous, sha = entry
    return FileDiff(path, previous, status, sha, *count, patch)
