"""Where an image must come from, and who vouches for that: settings, and one image's expected origin."""

from dataclasses import dataclass

from pydantic import Field

from model.base import Model
from model.names import Commit

PREDICATE = "https://slsa.dev/provenance/v1"
"""What a statement of provenance says it is (SLSA 1.0)."""
STATEMENT = "application/vnd.in-toto+json"


class Provenance(Model):
    """Who vouches for the origin of images: GitHub for the run that built one, Sigstore for GitHub's word."""

    server: str = Field(default="https://github.com", pattern=r"^https?://[^/\s]+$")
    """Where the repositories are, as certificates name it."""
    issuer: str = Field(default="https://token.actions.githubusercontent.com", pattern=r"^https?://\S+$")
    """Who authenticates a workflow's run."""
    trusted_root: str = ""
    """Sigstore's trusted root as JSON; default the public instance's, as the locked package ``sigstore`` carries it."""


@dataclass(frozen=True)
class Origin:
    """Which run of which workflow must have built an image."""

    repository: str
    """``owner/name``."""
    commit: Commit
    branch: str
    workflow: str
    """Path of the file."""

    @property
    def ref(self) -> str:
        """``refs/heads/main``."""
        return f"refs/heads/{self.branch}"

    def signer(self, server: str) -> str:
        """The workflow as a certificate names it."""
        return f"{server}/{self.repository}/{self.workflow}@{self.ref}"
