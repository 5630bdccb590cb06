"""A working copy of the infrastructure repository, and git in it: argument lists only, none of the user's settings."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

BRANCH = "main"
NAME, EMAIL = "openim-cicd[bot]", "openim-cicd[bot]@users.noreply.github.com"
PATIENCE = 60.0
"""Seconds for one git command."""


class GitError(Exception):
    """A git command failed; the text holds the command and what it said."""


@dataclass(frozen=True)
class Clone:
    """A folder and the repository it comes from."""

    folder: Path
    remote: str
    """Address, e.g. ``http://127.0.0.1:17400/openimsdk/openim-cicd.git``; without credentials."""

    def ensure(self, token: str) -> None:
        """Make the working copy, or bring it to the newest commit; changes in it that are not pushed are lost.

        Raises:
            GitError: the repository cannot be read.
        """
        if not (self.folder / ".git").is_dir():
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.git("init", "--quiet", "--initial-branch", BRANCH)
            self.git("remote", "add", "origin", self.remote)
        self._configure(token)
        self.git("fetch", "--quiet", "--tags", "origin", BRANCH)
        self.git("checkout", "--quiet", "--force", "-B", BRANCH, f"origin/{BRANCH}")

    def _configure(self, token: str) -> None:
        """Whose commits these are, and how git gets at the token: by a file, so that it stands in no address."""
        store = self.folder / ".git" / "credentials"
        address = urlsplit(self.remote)
        _write(store, f"{address.scheme}://x-access-token:{quote(token, safe='')}@{address.netloc}\n")
        for key, value in {
            "remote.origin.url": self.remote,
            "user.name": NAME,
            "user.email": EMAIL,
            "commit.gpgsign": "false",
            "credential.helper": f"store --file={store}",
        }.items():
            self.git("config", key, value)
        # The Python environment is the checkout's own; a link is no folder to .gitignore.
        (self.folder / ".git" / "info" / "exclude").write_text(".venv\n")

    def commit(self, message: str) -> bool:
        """Commit everything that differs; False where nothing does."""
        self.git("add", "--all")
        if not self.git("status", "--porcelain"):
            return False
        self.git("commit", "--quiet", "--message", message)
        return True

    def push(self) -> None:
        """Push the branch.

        Raises:
            GitError: refused, for instance because somebody else pushed meanwhile.
        """
        self.git("push", "--quiet", "origin", BRANCH)

    def git(self, *arguments: str) -> str:
        """The output of one git command.

        Raises:
            GitError: it failed or took too long.
        """
        return git(self.folder, *arguments)


def git(folder: Path, *arguments: str) -> str:
    """The output of one git command in ``folder``.

    Raises:
        GitError: it failed or took too long.
    """
    command = ["git", *arguments]
    try:
        done = subprocess.run(
            command, cwd=folder, env=_environment(), capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        raise GitError(f"{' '.join(command)} took more than {PATIENCE:.0f} s in {folder}") from None
    if done.returncode:
        raise GitError(f"{' '.join(command)} failed in {folder}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def _environment() -> Mapping[str, str]:
    """Nothing of the user's own configuration: hooks, signing and helpers there are not for this repository."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    return {**kept, "HOME": os.devnull, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"} | {
        "GIT_TERMINAL_PROMPT": "0"
    }


def _write(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
        stream.write(text)
