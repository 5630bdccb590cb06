"""All repositories: the organisation's by name, the others as ``owner/name``.

Names are case-insensitive, as on GitHub; the spelling that people see is the REST core's affair. Every method takes
the repository's name first and raises ``InvalidNameError`` for one that GitHub would not have, and
``RepositoryNotFoundError`` for one that is not there. Methods may be called from any thread.
"""

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from sandbox.github.git import names, seed
from sandbox.github.git.errors import RepositoryExistsError, RepositoryNotFoundError
from sandbox.github.git.facts import SEED_AUTHOR, Blob, Change, Commit, Entry, Identity, Update
from sandbox.github.git.home import Home
from sandbox.github.git.plumbing import Git
from sandbox.github.git.reader import Reader
from sandbox.github.git.writer import Writer


def _allow(_: Update) -> None:
    """Nothing to check."""


class Repositories:
    """The bare repositories below one folder."""

    def __init__(self, root: Path) -> None:
        """Open the folder, making it if needed, and sweep up what a killed server left there."""
        self.home = Home(root)

    def create(
        self,
        name: str,
        default_branch: str,
        files: Mapping[str, bytes],
        message: str = "Initial commit",
        author: Identity = SEED_AUTHOR,
    ) -> str | None:
        """Make a repository whole or not at all; its first commit, None if there are no files.

        The same files, message and author give the same object ids everywhere.

        Raises:
            RepositoryExistsError: the name is taken.
            InvalidNameError: the branch, a path or the author is not acceptable.
            PathConflictError: a path is needed as a file and as a folder.
        """
        target = self._folder(name)
        ref = names.branch(default_branch)
        if target.exists():
            raise RepositoryExistsError(name)
        with tempfile.TemporaryDirectory(dir=self.home.making) as scratch:
            git = Git(self.home, Path(scratch, "made.git"))
            git.run("init", "--quiet", "--bare", "--template=", f"--initial-branch={default_branch}")
            if files:
                git.run("fast-import", "--quiet", "--done", data=seed.stream(ref, files, message, author))
            self._place(git.folder, target, name)
        return self.head(name, ref)

    def fork(self, name: str, target: str, default_branch: str, *, only_default: bool) -> None:
        """Copy a repository's branches and tags under another name, whole or not at all.

        Args:
            name: What is copied.
            target: The copy's name.
            default_branch: The copy's default branch.
            only_default: Leave the other branches and all tags out.

        Raises:
            RepositoryExistsError: the name is taken.
        """
        source, folder = self._present(name), self._folder(target)
        kinds = [names.branch(default_branch)] if only_default else ["refs/heads/*", "refs/tags/*"]
        with tempfile.TemporaryDirectory(dir=self.home.making) as scratch:
            git = Git(self.home, Path(scratch, "made.git"))
            git.run("init", "--quiet", "--bare", "--template=", f"--initial-branch={default_branch}")
            git.run("fetch", "--quiet", "--no-tags", str(source), *(f"{kind}:{kind}" for kind in kinds))
            self._place(git.folder, folder, target)

    def fetch(self, name: str, source: str, sha: str) -> None:
        """Bring an object of another repository, and all that it leads to, into this one; no ref is made."""
        if name != source and self.reader(name).kind(sha) is None:
            arguments = ("fetch", "--quiet", "--no-tags", "--no-write-fetch-head")
            self.git(name).run(*arguments, str(self._present(source)), sha)

    def exists(self, name: str) -> bool:
        """Whether there is such a repository; False for impossible names."""
        return names.is_repository(name) and self._folder(name).is_dir()

    def rename(self, old: str, new: str) -> None:
        """Give a repository another name.

        Raises:
            RepositoryExistsError: the new name is another repository's.
        """
        source, target = self._present(old), self._folder(new)
        if source != target:
            self._place(source, target, new)

    def delete(self, name: str) -> None:
        """Delete a repository at once and for good."""
        with tempfile.TemporaryDirectory(dir=self.home.making) as scratch:
            self._present(name).rename(Path(scratch, "deleted"))

    def branches(self, name: str) -> dict[str, str]:
        """The commit of each branch."""
        return self.reader(name).refs("refs/heads/")

    def tags(self, name: str) -> dict[str, str]:
        """The object of each tag: a commit, or the tag object of an annotated one."""
        return self.reader(name).refs("refs/tags/")

    def default_branch(self, name: str) -> str:
        """The branch that a clone checks out; it need not exist yet."""
        return self.reader(name).default_branch()

    def set_default_branch(self, name: str, branch: str) -> None:
        """Choose the branch that a clone checks out."""
        self.git(name).run("symbolic-ref", "HEAD", names.branch(branch))

    def head(self, name: str, ref: str) -> str | None:
        """The commit that a branch, tag, full ref, object id or HEAD leads to, None without one."""
        return self.reader(name).head(ref)

    def read(self, name: str, ref: str, path: str) -> Blob | None:
        """A file at a ref, None if the ref or the file is absent or the path is a folder."""
        return self.reader(name).read(ref, path)

    def listing(self, name: str, ref: str, path: str = "") -> list[Entry] | None:
        """A folder at a ref, None if the ref or the folder is absent or the path is a file."""
        return self.reader(name).listing(ref, path)

    def commits(self, name: str, ref: str, path: str = "", limit: int = 30) -> list[Commit]:
        """The newest commits that lead to a ref, those that touched ``path`` if it is given."""
        return self.reader(name).commits(ref, path, limit)

    def changed_files(self, name: str, old: str | None, new: str) -> list[Change]:
        """How the files of two commits differ; against None every file is added."""
        return self.reader(name).changed_files(old, new)

    def is_ancestor(self, name: str, old: str, new: str) -> bool:
        """Whether ``new`` keeps everything that ``old`` leads to."""
        return self.reader(name).is_ancestor(old, new)

    def commit(
        self,
        name: str,
        branch: str,
        path: str,
        content: bytes | None,
        *,
        message: str,
        author: Identity,
        committer: Identity,
        expected_blob: str | None = None,
        check: Callable[[Update], None] = _allow,
    ) -> str:
        """Write one file, or remove it (``content`` None), on top of a branch; the new commit.

        In an empty repository the first commit makes its branch.

        Args:
            name: The repository.
            branch: The branch's short name.
            path: The file's path.
            content: Its whole new content; its mode is kept.
            message: The commit's message.
            author: Who wrote the change.
            committer: Who committed it.
            expected_blob: The object id of the content to be replaced or removed; None for a new file.
            check: Called before the branch moves; what it raises is passed on and the branch stays.

        Raises:
            RefNotFoundError: the branch does not exist.
            ObjectNotFoundError: there is no file to remove.
            BlobConflictError: the file's content is not the expected one.
            PathConflictError: the path is a folder, or lies below a file.
            RefConflictError: the branch moved meanwhile.
        """
        ref = names.branch(branch)

        def check_facts(old: str | None, new: str) -> None:
            check(self.update(name, ref, old, new))

        return Writer(self.git(name)).commit(
            ref,
            path,
            content,
            message=message,
            author=author,
            committer=committer,
            expected_blob=expected_blob,
            check=check_facts,
        )

    def create_ref(self, name: str, ref: str, sha: str) -> None:
        """Create a ref by its full name.

        Raises:
            RefExistsError: it exists, or collides with one that does.
            ObjectNotFoundError: there is no such object, or it is not a commit and the ref a branch.
        """
        Writer(self.git(name)).create_ref(names.ref(ref), sha)

    def update_ref(self, name: str, ref: str, sha: str, *, force: bool = False) -> None:
        """Move a ref, only forward unless forced.

        Raises:
            RefNotFoundError: it does not exist.
            ObjectNotFoundError: there is no such object, or it is not a commit and the ref a branch.
            NotFastForwardError: commits would be lost.
            RefConflictError: it moved meanwhile.
        """
        Writer(self.git(name)).update_ref(names.ref(ref), sha, force=force)

    def move(self, name: str, ref: str, old: str | None, new: str | None) -> None:
        """Change where a ref leads, if it leads to ``old``; None is a ref that is not there.

        Raises:
            RefConflictError: it leads elsewhere.
            RefExistsError: it is to be created and collides with another.
        """
        Writer(self.git(name)).move(names.ref(ref), old, new)

    def mark(self, name: str, ref: str, sha: str) -> None:
        """Make a ref of the server's own, such as ``refs/pull/1/head``, lead somewhere."""
        self.git(name).run("update-ref", names.ref(ref), sha)

    def unmark(self, name: str, ref: str) -> None:
        """Take such a ref away, if it is there."""
        self.git(name).run("update-ref", "-d", names.ref(ref))

    def delete_ref(self, name: str, ref: str) -> None:
        """Delete a ref by its full name.

        Raises:
            RefNotFoundError: it does not exist.
            RefConflictError: it moved meanwhile.
        """
        Writer(self.git(name)).delete_ref(names.ref(ref))

    def update(self, name: str, ref: str, old: str | None, new: str | None) -> Update:
        """The facts of a ref's change from ``old`` to ``new``, done or to be done."""
        return self.reader(name).update(name, ref, old, new)

    def reader(self, name: str) -> Reader:
        """Everything that can be asked of one repository."""
        return Reader(self.git(name))

    def git(self, name: str) -> Git:
        """Git's own commands on one repository."""
        return Git(self.home, self._present(name))

    def _present(self, name: str) -> Path:
        if not (folder := self._folder(name)).is_dir():
            raise RepositoryNotFoundError(name)
        return folder

    def _folder(self, name: str) -> Path:
        return self.home.root / names.folder(name)

    @staticmethod
    def _place(source: Path, target: Path, name: str) -> None:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            source.rename(target)  # refused by the system while the target has content
        except OSError as error:
            raise RepositoryExistsError(name) from error
