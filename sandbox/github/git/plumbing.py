"""One git command at a time on one bare repository: argument lists, a clean environment, a time limit."""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from sandbox.github.git.errors import GitFailedError
from sandbox.github.git.home import Home

TIME_LIMIT = 120.0
"""Seconds for one command; the slowest here reads a whole history."""


class Git:
    """Runs git on one repository."""

    def __init__(self, home: Home, folder: Path, variables: Mapping[str, str] | None = None) -> None:
        self.home, self.folder = home, folder
        self._variables = dict(variables or {})

    def seeing(self, variables: Mapping[str, str]) -> Self:
        """The same repository with more environment, e.g. a quarantine's objects or another index."""
        return type(self)(self.home, self.folder, self._variables | dict(variables))

    def run(self, *arguments: str, data: bytes = b"") -> bytes:
        """The output of a command that has to succeed.

        Raises:
            GitFailedError: it did not.
        """
        done = self.attempt(*arguments, data=data)
        if done.returncode:
            raise GitFailedError(arguments, done.returncode, done.stderr)
        return done.stdout

    def line(self, *arguments: str, data: bytes = b"") -> str:
        """The only line that a command prints.

        Raises:
            GitFailedError: it did not succeed.
        """
        return self.run(*arguments, data=data).decode().strip()

    def attempt(self, *arguments: str, data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """The result of a command that may fail."""
        return subprocess.run(
            ["git", "--literal-pathspecs", f"--git-dir={self.folder}", *arguments],
            input=data,
            capture_output=True,
            env=self.home.environment | self._variables,
            cwd=self.home.root,
            pass_fds=(self.home.lock,),
            timeout=TIME_LIMIT,
            check=False,
        )
