"""The Apps that there are: the deployer's, and GitHub Actions, whose tokens the jobs of workflows get."""

from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.github.world import APP_ID, APP_NAME, APP_SLUG

Permissions = Mapping[str, str]
"""Level (``read`` or ``write``) by permission, in the API's spelling."""


@dataclass(frozen=True)
class App:
    """An App that is installed in the organisation."""

    id: int
    slug: str
    name: str
    description: str
    client_id: str
    account_id: int
    """Its bot's."""
    permissions: Permissions
    """What its installation may do at most."""
    events: tuple[str, ...] = ()

    @property
    def login(self) -> str:
        """Its bot's."""
        return f"{self.slug}[bot]"


DEPLOYER = App(
    id=APP_ID,
    slug=APP_SLUG,
    name=APP_NAME,
    description="Declares the organisation's CI/CD.",
    client_id="Iv1.0000000000000001",
    account_id=60000001,
    permissions={
        "actions": "write",
        "administration": "write",
        "checks": "write",
        "contents": "write",
        "deployments": "write",
        "environments": "write",
        "issues": "write",
        "members": "write",
        "metadata": "read",
        "organization_administration": "write",
        "pull_requests": "write",
        "repository_hooks": "write",
        "secrets": "write",
        "statuses": "write",
        "variables": "write",
        "workflows": "write",
    },
    events=("push",),
)
"""docs/github-standin.md shows its permissions as the list to grant."""

ACTIONS = App(
    id=15368,
    slug="github-actions",
    name="GitHub Actions",
    description="Automate your workflow from idea to production",
    client_id="Iv1.05c79e9ad1f6bdfa",
    account_id=41898282,
    permissions={
        "actions": "write",
        "attestations": "write",
        "checks": "write",
        "contents": "write",
        "deployments": "write",
        "discussions": "write",
        "issues": "write",
        "metadata": "read",
        "packages": "write",
        "pages": "write",
        "pull_requests": "write",
        "repository_projects": "write",
        "security_events": "write",
        "statuses": "write",
    },
)
"""Its ids are those of github.com."""

APPS = {app.id: app for app in (DEPLOYER, ACTIONS)}

LEVELS = {"read": 1, "write": 2, "admin": 3}


def allows(granted: Permissions, permission: str, level: str) -> bool:
    """Whether the permissions reach this level; everybody reads metadata."""
    if (permission, level) == ("metadata", "read"):
        return True
    return LEVELS.get(granted.get(permission, ""), 0) >= LEVELS[level]
