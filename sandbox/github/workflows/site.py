"""Where a run belongs: what every step of its life needs."""

from dataclasses import dataclass

from sandbox.github.store import Database, Row
from sandbox.github.world import World


@dataclass(frozen=True)
class Site:
    """A repository inside a transaction."""

    db: Database
    world: World
    repository: Row

    @property
    def name(self) -> str:
        """What the git side calls the repository."""
        return str(self.repository["git_name"])
