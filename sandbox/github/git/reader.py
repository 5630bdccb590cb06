"""Reading one repository: refs, files, history, differences."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta, timezone

from sandbox.github.git import names
from sandbox.github.git.errors import RefNotFoundError
from sandbox.github.git.facts import Blob, Change, Commit, Entry, Identity, Update
from sandbox.github.git.plumbing import Git

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
"""The object id of a folder without files, which git knows without being told."""
STATUSES = {"A": "added", "D": "removed", "M": "modified", "T": "modified"}
FORMAT = "%H%x00%T%x00%P%x00%an%x00%ae%x00%ad%x00%cn%x00%ce%x00%cd%x00%B"
FIELDS = 10


class Reader:
    """Answers questions about one repository."""

    def __init__(self, git: Git) -> None:
        self._git = git

    def refs(self, prefix: str) -> dict[str, str]:
        """Object ids by what follows ``prefix`` in the refs' names; an annotated tag's is that of the tag object."""
        listed = self._git.run("for-each-ref", "--format=%(objectname) %(refname)", prefix).decode()
        # Not splitlines: a ref's name may hold one of Unicode's other line breaks.
        pairs = (line.split(" ", 1) for line in listed.split("\n") if line)
        return {name.removeprefix(prefix): sha for sha, name in pairs}

    def default_branch(self) -> str:
        """The branch that HEAD stands for; it need not exist yet."""
        return self._git.line("symbolic-ref", "HEAD").removeprefix("refs/heads/")

    def kind(self, sha: str) -> str | None:
        """commit, tag, tree or blob; None without such an object."""
        found = self._git.line("cat-file", "--batch-check=%(objecttype)", data=f"{sha}\n".encode())
        return None if found.endswith("missing") else found

    def head(self, ref: str) -> str | None:
        """The commit that a branch, tag, full ref, object id or HEAD leads to, None without one."""
        asked = "".join(f"{name}^{{commit}}\n" for name in names.candidates(ref))
        found = self._git.run("cat-file", "--batch-check=%(objectname)", data=asked.encode()).decode()
        return next((line for line in found.split("\n") if names.is_object_id(line)), None)

    def commit_of(self, ref: str) -> str:
        """The commit that a ref leads to.

        Raises:
            RefNotFoundError: it leads to none.
        """
        if (sha := self.head(ref)) is None:
            raise RefNotFoundError(f"no commit found for the ref {ref}")
        return sha

    def read(self, ref: str, path: str) -> Blob | None:
        """A file at a ref, None if the ref or the file is absent or the path is a folder.

        Raises:
            InvalidNameError: the path is not a possible path.
        """
        names.path(path)
        if (commit := self.head(ref)) is None:
            return None
        found = self._git.run("cat-file", "--batch", data=f"{commit}:{path}\n".encode())
        header, _, rest = found.partition(b"\n")
        sha, _, facts = header.decode().partition(" ")
        kind, _, size = facts.partition(" ")
        return Blob(sha, rest[: int(size)]) if kind == "blob" and size.isdigit() else None

    def listing(self, ref: str, path: str = "") -> list[Entry] | None:
        """A folder at a ref, by name; None if the ref or the folder is absent or the path is a file.

        Raises:
            InvalidNameError: the path is not a possible path.
        """
        folder = names.folder_path(path)
        if (commit := self.head(ref)) is None:
            return None
        listed = self._git.attempt("ls-tree", "-z", "--long", f"{commit}:{folder}")
        if listed.returncode:
            return None
        return [_entry(line, folder) for line in listed.stdout.decode(errors="replace").split("\0") if line]

    def commits(self, ref: str, path: str = "", limit: int = 30) -> list[Commit]:
        """The newest commits that lead to a ref, those that touched ``path`` if it is given.

        Raises:
            RefNotFoundError: the ref leads to no commit.
        """
        within = [names.folder_path(path)] if path else []
        return self._log(limit, self.commit_of(ref), within=within)

    def introduced(self, new: str, old: str | None, limit: int) -> list[Commit]:
        """The commits that a ref gains by going from ``old`` to ``new``, newest first; see ``fresh`` for a new ref."""
        base = self.head(old) if old else None
        return self._log(limit, new, f"^{base}") if base else self.fresh(new, limit)

    def fresh(self, new: str, limit: int, without: Iterable[str] = ()) -> list[Commit]:
        """The commits that ``new`` leads to and no branch has, but for the refs in ``without``, newest first."""
        return self._log(limit, new, "--not", *(f"--exclude={ref}" for ref in without), "--glob=refs/heads/*")

    def changed_files(self, old: str | None, new: str) -> list[Change]:
        """How the files of two commits differ, by path; against None every file is added.

        Raises:
            RefNotFoundError: one of them is no commit.
        """
        sides = (self.commit_of(old) if old else EMPTY_TREE, self.commit_of(new))
        arguments = ("diff-tree", "-r", "-z", "--no-renames", "--name-status")
        words = self._git.run(*arguments, *sides).decode(errors="replace").split("\0")
        return [Change(path, STATUSES[status]) for status, path in zip(words[::2], words[1::2], strict=False)]

    def changes(self, commits: Iterable[str]) -> dict[str, list[Change]]:
        """What each commit changed against its first parent."""
        arguments = ("diff-tree", "--stdin", "-r", "-z", "--root", "--no-renames", "--name-status")
        asked = "".join(f"{sha}\n" for sha in commits)
        listed = self._git.run(*arguments, "--diff-merges=first-parent", data=asked.encode())
        words = iter(listed.decode(errors="replace").split("\0"))
        found: dict[str, list[Change]] = {}
        changes: list[Change] = []
        for word in words:
            if word in STATUSES:
                changes.append(Change(next(words), STATUSES[word]))
            elif word:
                changes = found.setdefault(word, [])
        return found

    def is_ancestor(self, old: str, new: str) -> bool:
        """Whether everything that ``old`` leads to is kept by ``new``; False for what is no commit."""
        sides = self.head(old), self.head(new)
        return None not in sides and not self._git.attempt("merge-base", "--is-ancestor", *map(str, sides)).returncode

    def update(self, repository: str, ref: str, old: str | None, new: str | None) -> Update:
        """The facts of a ref's change from ``old`` to ``new``."""
        forced = old is not None and new is not None and not self.is_ancestor(old, new)
        return Update(repository, ref, old, new, forced, self)

    def _log(self, limit: int, new: str, *less: str, within: Sequence[str] = ()) -> list[Commit]:
        # What is no commit (a tag may lead to a file) has no history.
        if (tip := self.head(new)) is None:
            return []
        shape = ("-z", f"--format={FORMAT}", "--date=raw", "--encoding=UTF-8", f"--max-count={limit}")
        fields = self._git.run("log", *shape, tip, *less, "--", *within).decode(errors="replace").split("\0")
        return [_commit(fields[start : start + FIELDS]) for start in range(0, len(fields) - 1, FIELDS)]


def _entry(line: str, folder: str) -> Entry:
    facts, name = line.split("\t", 1)
    mode, kind, sha, size = facts.split()
    return Entry(name, f"{folder}/{name}".lstrip("/"), mode, kind, sha, int(size) if size.isdigit() else 0)


def _commit(fields: list[str]) -> Commit:
    sha, tree, parents, name, email, when, committer, committer_email, committed, message = fields
    author = Identity(name, email, _moment(when))
    by = Identity(committer, committer_email, _moment(committed))
    return Commit(sha, tree, tuple(parents.split()), message.rstrip("\n"), author, by)


def _moment(raw: str) -> datetime:
    # A pushed commit may carry any date; one that no calendar has is shown as the epoch rather than not at all.
    try:
        seconds, zone = raw.split()
        offset = timedelta(hours=int(zone[:3]), minutes=int(zone[0] + zone[3:]))
        return datetime.fromtimestamp(int(seconds), timezone(offset))
    except (ValueError, OverflowError):
        return datetime.fromtimestamp(0, UTC)
