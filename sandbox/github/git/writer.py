"""Writing one repository without a working tree: commits of one file, refs. Each change is a compare-and-swap."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from sandbox.github.git import identity, names
from sandbox.github.git.errors import (
    BlobConflictError,
    GitFailedError,
    NotFastForwardError,
    ObjectNotFoundError,
    PathConflictError,
    RefConflictError,
    RefExistsError,
    RefNotFoundError,
)
from sandbox.github.git.facts import Identity
from sandbox.github.git.plumbing import Git
from sandbox.github.git.reader import Reader

ZEROS = "0" * 40
"""The object id that stands for no object."""
FILE = "100644"


class Writer:
    """Changes one repository."""

    def __init__(self, git: Git) -> None:
        self._git, self._reader = git, Reader(git)

    def commit(
        self,
        ref: str,
        path: str,
        content: bytes | None,
        *,
        message: str,
        author: Identity,
        committer: Identity,
        expected_blob: str | None,
        check: Callable[[str | None, str], None],
    ) -> str:
        """Write or (None) remove one file; see ``Repositories.commit``."""
        names.path(path)
        tip = self._tip(ref)
        mode = self._compare(tip, path, content, expected_blob)
        tree = self._tree(tip, path, mode, content)
        made = self._made(tree, tip, message, author, committer)
        check(tip, made)
        self.move(ref, tip, made)
        return made

    def _tip(self, ref: str) -> str | None:
        # Only the first commit of an empty repository may make its branch.
        tip = self._reader.head(ref)
        if tip is None and self._reader.refs("refs/heads/"):
            raise RefNotFoundError(f"{ref} does not exist")
        return tip

    def _compare(self, tip: str | None, path: str, content: bytes | None, expected: str | None) -> str:
        found = self._git.run("ls-tree", "-z", tip, "--", path).decode(errors="replace") if tip else ""
        mode, kind, actual = found.split("\t")[0].split(" ") if found else (FILE, "blob", None)
        if kind != "blob":
            raise PathConflictError(f"{path} is not a file")
        if actual is None and content is None:
            raise ObjectNotFoundError(f"{path} does not exist")
        if actual != expected:
            raise BlobConflictError(path, expected, actual)
        return mode

    def _tree(self, tip: str | None, path: str, mode: str, content: bytes | None) -> str:
        with tempfile.TemporaryDirectory(dir=self._git.home.making) as scratch:
            index = self._git.seeing({"GIT_INDEX_FILE": str(Path(scratch, "index"))})
            if tip:
                index.run("read-tree", tip)
            if content is None:
                index.run("update-index", "-z", "--index-info", data=f"0 {ZEROS}\t{path}\0".encode())
            else:
                sha = self._git.line("hash-object", "-w", "--stdin", data=content)
                self._add(index, f"{mode},{sha},{path}")
            return index.line("write-tree")

    @staticmethod
    def _add(index: Git, entry: str) -> None:
        try:
            index.run("update-index", "--add", "--cacheinfo", entry)
        except GitFailedError as error:
            raise PathConflictError(error.complaint) from None

    def _made(self, tree: str, tip: str | None, message: str, author: Identity, committer: Identity) -> str:
        by = self._git.seeing(identity.variables("AUTHOR", author) | identity.variables("COMMITTER", committer))
        return by.line("commit-tree", tree, *(("-p", tip) if tip else ()), data=identity.full_message(message))

    def create_ref(self, ref: str, sha: str) -> None:
        """Create a ref; see ``Repositories.create_ref``."""
        if self._at(ref):
            raise RefExistsError(f"{ref} already exists")
        self._fits(ref, sha)
        self.move(ref, None, sha)

    def update_ref(self, ref: str, sha: str, *, force: bool) -> None:
        """Move a ref; see ``Repositories.update_ref``."""
        if (old := self._at(ref)) is None:
            raise RefNotFoundError(f"{ref} does not exist")
        self._fits(ref, sha)
        if not force and not self._reader.is_ancestor(old, sha):
            raise NotFastForwardError(f"{ref}: {sha} does not contain {old}")
        self.move(ref, old, sha)

    def delete_ref(self, ref: str) -> None:
        """Delete a ref; see ``Repositories.delete_ref``."""
        if (old := self._at(ref)) is None:
            raise RefNotFoundError(f"{ref} does not exist")
        self.move(ref, old, None)

    def move(self, ref: str, old: str | None, new: str | None) -> None:
        """Change where a ref leads, if it leads where the caller believes.

        Raises:
            RefConflictError: it does not.
            RefExistsError: it is to be created, and its name collides with another's.
        """
        change = ("-d", ref, old or ZEROS) if new is None else (ref, new, old or ZEROS)
        done = self._git.attempt("update-ref", *change)
        if done.returncode == 0:
            return
        actual = self._at(ref)
        if old is None and actual is None:
            raise RefExistsError(f"{ref} cannot be created: {done.stderr.decode(errors='replace').strip()}")
        raise RefConflictError(ref, old, actual)

    def _at(self, ref: str) -> str | None:
        # The object itself, not the commit behind an annotated tag.
        found = self._git.attempt("rev-parse", "--verify", "--quiet", "--end-of-options", names.ref(ref))
        return found.stdout.decode().strip() or None

    def _fits(self, ref: str, sha: str) -> None:
        kind = self._reader.kind(sha) if names.is_object_id(sha) else None
        if kind is None or (ref.startswith("refs/heads/") and kind != "commit"):
            raise ObjectNotFoundError(f"{ref}: {sha} is {f'a {kind}' if kind else 'not an object'} of this repository")
