"""Where a secret or a variable lives: in a repository or in one of its environments."""

from dataclasses import dataclass

from sandbox.github import find
from sandbox.github.accounts import Role
from sandbox.github.calls import Call
from sandbox.github.environments import environment
from sandbox.github.find import READS
from sandbox.github.store import Row

REPOSITORY = "/repos/{owner}/{repo}/actions"
ENVIRONMENT = "/repos/{owner}/{repo}/environments/{environment}"
ENVIRONMENT_BY_ID = "/repositories/{repository_id}/environments/{environment}"
"""The address that older clients, and the provider, use for an environment's secrets."""

PLACES = (REPOSITORY, ENVIRONMENT, ENVIRONMENT_BY_ID)


@dataclass(frozen=True)
class Scope:
    """A place for secrets and variables."""

    repository: Row
    environment_id: int
    """0 is the repository itself."""

    @property
    def key(self) -> tuple[int, int]:
        """The two columns that every row of the place shares."""
        return self.repository["id"], self.environment_id


def scope(call: Call) -> Scope:
    """The place that the path names; its values are for those who write to the repository.

    Raises:
        RefusalError: 403 or 404.
    """
    look_up = find.repository if call.method in READS else find.writable
    repository = look_up(call, Role.WRITE)
    inside = "environment" in call.parameters
    return Scope(repository, environment(call, repository)["id"] if inside else 0)
