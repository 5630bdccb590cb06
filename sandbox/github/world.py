"""What every handler may use besides its transaction."""

from dataclasses import dataclass
from pathlib import Path

from sandbox.github.git import Repositories
from sandbox.github.limits import RateLimit

ORGANIZATION = "openimsdk"
APP_ID = 1
APP_SLUG = "openim-cicd"
APP_NAME = "OpenIM CICD"
INSTALLATION_ID = 1


@dataclass(frozen=True)
class World:
    """The surroundings of a running stand-in."""

    base: str
    """Its own address, e.g. ``http://127.0.0.1:17400``."""
    repositories: Repositories
    """The bare git repositories."""
    limits: RateLimit
    """How many calls an account has left."""

    @property
    def api(self) -> str:
        """Where the REST API lives."""
        return f"{self.base}/api/v3"


@dataclass(frozen=True)
class Places:
    """The files of one stand-in."""

    root: Path

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.root / "github.sqlite"

    @property
    def repositories(self) -> Path:
        """The folder of bare git repositories."""
        return self.root / "repositories"

    @property
    def runner_key(self) -> Path:
        """The file with what a runner of this sandbox shows at its door."""
        return self.root / "tokens" / "runner"

    @property
    def app_key(self) -> Path:
        """The private key of the deployer's App, for its owner's eyes only."""
        return self.root / "app.pem"

    def token(self, name: str) -> Path:
        """The file with a token's clear text, for its owner's eyes only."""
        return self.root / "tokens" / name
