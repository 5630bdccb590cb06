"""Git in the infrastructure clone: read any commit, publish an edit of a branch as it is now.

A commit is made beside the working tree, on top of what the remote holds at that moment, and pushed; where somebody
was quicker, the edit is made anew on what they pushed. Nobody's push is overwritten and none is lost.
"""

import base64
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from delivery.errors import Refused
from delivery.files import replace_file

PATIENCE = 120
"""Seconds for one git command."""
ATTEMPTS = 8
REMOTE = "origin"
BOT = ("openim-cicd[bot]", "openim-cicd[bot]@users.noreply.github.com")
LATE = re.compile(r"\[rejected\]|cannot lock ref|failed to update ref|stale info|incorrect old value", re.IGNORECASE)
"""How git says that somebody was quicker."""

ReadTree = Callable[[str], str | None]
"""Gives the text of a file of a commit; None where it has none."""
Edit = Callable[[ReadTree], Mapping[str, str]]
"""From the files as they are to those that change, with their new texts; nothing where nothing is to be done."""


class GitError(Refused):
    """Git said no."""


@dataclass(frozen=True)
class Clone:
    """A clone of the infrastructure repository."""

    root: Path

    def git(self, *arguments: str, text: str | None = None, index: Path | None = None) -> str:
        """What a git command prints, without the last line's end.

        Raises:
            GitError: it failed; the text is git's own.
        """
        done = self._run(arguments, text, index)
        if done.returncode:
            raise GitError(f"git {arguments[0]} in {self.root}: {(done.stderr or done.stdout).strip()}")
        return done.stdout.removesuffix("\n")

    def fetch(self, branch: str) -> str:
        """The commit that the remote's ``branch`` points to, with its content here.

        Raises:
            GitError: the remote does not answer or has no such branch.
        """
        self.git("fetch", "--quiet", "--no-tags", REMOTE, f"+refs/heads/{branch}:refs/remotes/{REMOTE}/{branch}")
        return self.git("rev-parse", f"refs/remotes/{REMOTE}/{branch}")

    def head(self) -> str:
        """The commit that is checked out."""
        return self.git("rev-parse", "HEAD")

    def branch(self) -> str:
        """The branch that is checked out; empty where none is."""
        return self._run(("symbolic-ref", "--quiet", "--short", "HEAD")).stdout.strip()

    def remote_url(self) -> str:
        """Where ``origin`` is.

        Raises:
            GitError: this is no clone.
        """
        return self.git("remote", "get-url", REMOTE)

    def file_at(self, commit: str, path: str) -> str | None:
        """A file's text in a commit; None where it is not there."""
        if self._run(("cat-file", "-e", f"{commit}:{path}")).returncode:
            return None
        done = self._run(("cat-file", "blob", f"{commit}:{path}"))
        return None if done.returncode else done.stdout

    def committed(self) -> list[str]:
        """Paths of all files that the checkout's index names: those of its commit, and what was added since."""
        return list(filter(None, self.git("ls-files", "-z").split("\0")))

    def has(self, commit: str) -> bool:
        """Whether the commit is here."""
        return self._run(("cat-file", "-e", f"{commit}^{{commit}}")).returncode == 0

    def is_tree(self, identity: str) -> bool:
        """Whether the object is here and is a folder."""
        return self._run(("cat-file", "-t", identity)).stdout.strip() == "tree"

    def id_at(self, commit: str, path: str) -> str:
        """The object id of a file or folder in a commit; empty where it is not there."""
        return self._run(("rev-parse", "--verify", "--quiet", f"{commit}:{path}")).stdout.strip()

    def contains(self, commit: str, ancestor: str) -> bool:
        """Whether ``ancestor`` is ``commit`` or one of its ancestors; both must be here."""
        return self._run(("merge-base", "--is-ancestor", ancestor, commit)).returncode == 0

    def publish(self, branch: str, message: str, edit: Edit, merged: Collection[str] = ()) -> str:
        """Make ``edit`` on the remote's ``branch``; the commit that now holds it, which may be the present one.

        Afterwards the checkout follows where it is on ``branch``, has no commits of its own and nothing would be lost;
        ``merged`` names files whose local text ``edit`` has taken in.

        Raises:
            GitError: the remote does not answer or does not let this in.
        """
        for attempt in range(1, ATTEMPTS + 1):
            parent = self.fetch(branch)
            changed = self._changed(parent, edit)
            if not changed:
                return parent
            commit = self._commit(parent, message, changed)
            if self._push(commit, branch, parent, last=attempt == ATTEMPTS):
                self._follow(branch, commit, changed, merged)
                return commit
            time.sleep(0.1 * attempt)
        raise AssertionError("unreachable: the last attempt raises")

    def put_branch(self, branch: str, base: str, message: str, edit: Edit) -> str:
        """Make ``branch`` hold ``edit`` of ``base`` and nothing else, whatever it held: it is the machine's own.

        Raises:
            GitError: the remote does not answer or does not let this in.
        """
        commit = self.made(base, message, edit)
        self.git("push", "--quiet", "--force", REMOTE, f"{commit}:refs/heads/{branch}")
        return commit

    def made(self, base: str, message: str, edit: Edit) -> str:
        """A commit of ``edit`` on top of the remote's ``base``, here alone; ``base`` itself where nothing changes.

        Raises:
            GitError: the remote does not answer.
        """
        parent = self.fetch(base)
        changed = self._changed(parent, edit)
        return self._commit(parent, message, changed) if changed else parent

    def _changed(self, parent: str, edit: Edit) -> dict[str, str]:
        edited = edit(lambda path: self.file_at(parent, path))
        return {path: text for path, text in edited.items() if text != self.file_at(parent, path)}

    def _commit(self, parent: str, message: str, files: Mapping[str, str]) -> str:
        with tempfile.TemporaryDirectory(prefix="openim-cicd-") as folder:
            index = Path(folder) / "index"
            self.git("read-tree", parent, index=index)
            for path, text in files.items():
                blob = self.git("hash-object", "-w", "--stdin", text=text)
                self.git("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", index=index)
            tree = self.git("write-tree", index=index)
        return self.git("commit-tree", tree, "-p", parent, text=message.rstrip() + "\n")

    def _push(self, commit: str, branch: str, parent: str, *, last: bool) -> bool:
        """Whether the remote took it; False where somebody was quicker."""
        lease = f"--force-with-lease=refs/heads/{branch}:{parent}"
        done = self._run(("push", "--quiet", lease, REMOTE, f"{commit}:refs/heads/{branch}"))
        if done.returncode == 0:
            return True
        if last or not LATE.search(done.stderr):
            raise GitError(f"git push to {branch}: {done.stderr.strip()}")
        return False

    def _follow(self, branch: str, commit: str, files: Mapping[str, str], merged: Collection[str]) -> None:
        head = self.head()
        edited = [path for path in files if path not in merged and self._local(path) != self.file_at(head, path)]
        if edited or self.branch() not in {branch, ""} or not self.contains(commit, head):
            return
        for path, text in files.items():
            replace_file(self.root / path, text)
        self.git("add", "--", *files)
        self._run(("merge", "--quiet", "--ff-only", commit))

    def _local(self, path: str) -> str | None:
        file = self.root / path
        return file.read_text(encoding="utf-8") if file.exists() else None

    def _run(
        self, arguments: tuple[str, ...], text: str | None = None, index: Path | None = None
    ) -> "subprocess.CompletedProcess[str]":
        extra = {"GIT_INDEX_FILE": str(index)} if index else {}
        try:
            return subprocess.run(
                ["git", *arguments],
                cwd=self.root,
                env={**os.environ, **self._identity(), **self._credentials(arguments), **extra},
                input=text,
                capture_output=True,
                encoding="utf-8",
                errors="surrogateescape",  # what is no text is refused by whoever reads it
                check=False,
                timeout=PATIENCE,
            )
        except subprocess.TimeoutExpired:
            raise GitError(f"git {arguments[0]} did not end within {PATIENCE} s: is {REMOTE} reachable?") from None

    def _identity(self) -> dict[str, str]:
        """The user's own name, else the machine's."""
        quiet = {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
        name, email = BOT
        if "GIT_AUTHOR_NAME" in os.environ or _configured(self.root, "user.email"):
            return quiet
        who = {f"GIT_{role}_{what}": name if what == "NAME" else email for role, what in _ROLES}
        return {**quiet, **who}

    def _credentials(self, arguments: tuple[str, ...]) -> dict[str, str]:
        """``GITHUB_TOKEN`` for an http remote that has no credentials of its own, never on a command line."""
        token = os.environ.get("GITHUB_TOKEN")
        if not token or arguments[0] not in {"fetch", "push"}:
            return {}
        url = _configured(self.root, f"remote.{REMOTE}.url")
        match = re.match(r"(https?://)([^/@]+@)?[^/]+/", url)
        if match is None or match[2] or _configured(self.root, "http.extraheader", url):
            return {}
        basic = base64.b64encode(f"x-access-token:{token}".encode()).decode()
        return {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"http.{match[0]}.extraheader",
            "GIT_CONFIG_VALUE_0": f"Authorization: Basic {basic}",
        }


_ROLES = [(role, what) for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")]


def _configured(root: Path, key: str, url: str = "") -> str:
    """A value of git's configuration; empty where it is not set."""
    how = ["--get-urlmatch", key, url] if url else ["--get", key]
    done = subprocess.run(["git", "config", *how], cwd=root, capture_output=True, text=True, check=False)
    return done.stdout.strip()
