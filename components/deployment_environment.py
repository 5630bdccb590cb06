"""A GitHub environment: who must let a deployment through, how long it waits, which branches may deploy.

Not in it: secrets of the environment, which whoever makes the credentials declares.
"""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_github as github


class DeploymentEnvironmentArgs(TypedDict):
    """Arguments of ``DeploymentEnvironment``."""

    repository: pulumi.Input[str]
    """Name of the repository whose jobs deploy there."""
    environment: str
    """Name of the environment, e.g. ``prod``."""
    reviewer_teams: NotRequired[list[pulumi.Input[int]]]
    """GitHub ids of teams that may let a job through; they need access to the repository. Default none."""
    reviewer_users: NotRequired[list[pulumi.Input[int]]]
    """GitHub ids of users that may; default none. At most 6 together with the teams."""
    self_review: NotRequired[bool]
    """Whether who started a job may let it through; default false."""
    wait_minutes: NotRequired[int]
    """How long a job waits, 0 to 43200; default 0."""
    branches: list[str]
    """Branch name patterns whose jobs may deploy."""


class DeploymentEnvironment(pulumi.ComponentResource):
    """An environment that not even administrators get around."""

    environment: pulumi.Output[str]
    """Its name."""

    def __init__(self, name: str, args: DeploymentEnvironmentArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("openim-cicd:index:DeploymentEnvironment", name, {}, opts)
        environment = self._environment(name, args)
        self.environment = environment.environment
        for branch in args["branches"]:
            github.RepositoryEnvironmentDeploymentPolicy(
                f"{name}-{branch}",
                repository=args["repository"],
                environment=self.environment,
                branch_pattern=branch,
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({"environment": self.environment})

    def _environment(self, name: str, args: DeploymentEnvironmentArgs) -> github.RepositoryEnvironment:
        teams, users = args.get("reviewer_teams", []), args.get("reviewer_users", [])
        reviewed = bool(teams or users)
        return github.RepositoryEnvironment(
            name,
            repository=args["repository"],
            environment=args["environment"],
            can_admins_bypass=False,
            # GitHub keeps this with the reviewers; without any it forgets it.
            prevent_self_review=reviewed and not args.get("self_review", False),
            reviewers=[{"teams": teams, "users": users}] if reviewed else None,
            wait_timer=args.get("wait_minutes") or None,
            deployment_branch_policy={"protected_branches": False, "custom_branch_policies": True},
            opts=pulumi.ResourceOptions(parent=self),
        )
