"""Who acts: each with a token of their own, so that GitHub, and not the story, says who did what."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cli.console import out
from delivery.errors import Refused
from delivery.git import Clone
from delivery.github import GitHub

PATIENCE = 540.0
"""Seconds for one command."""


@dataclass(frozen=True)
class Person:
    """Somebody with an account on the sandbox's GitHub."""

    login: str
    token: str = field(repr=False)
    github: GitHub
    """GitHub as they see it."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """What lets them sign."""


@dataclass(frozen=True)
class Desk:
    """A working copy of the infrastructure repository, where commands are typed."""

    folder: Path
    variables: dict[str, str]

    def refresh(self) -> None:
        """Bring the working copy to what the remote holds, as anybody does before they type.

        Raises:
            Refused: it has changes of its own, or the remote does not answer.
        """
        Clone(self.folder).git("pull", "--quiet", "--ff-only", "origin", "main")

    def run(self, person: Person, *command: str, code: int = 0) -> str:
        """Show and run one command as ``person``; its output is shown too, and returned.

        Raises:
            Refused: it did not leave with ``code``.
        """
        out.print(f"  [dim]{person.login}[/dim] $ [bold]{' '.join(command)}[/bold]", markup=True)
        done = subprocess.run(
            command,
            cwd=self.folder,
            env={**os.environ, **self.variables, **person.keys, "GITHUB_TOKEN": person.token, "NO_COLOR": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        for line in done.stdout.splitlines():
            out.print(f"    {line}", markup=False)
        if done.returncode != code:
            raise Refused(f"{' '.join(command)} left with {done.returncode} where {code} was due; its output is above")
        return done.stdout
