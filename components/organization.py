"""Everything that exists once for the organisation, composed of the components that declare each kind.

Not in it: the organisation's own settings, its members and its billing.
"""

from typing import NotRequired, TypedDict, cast

import pulumi
import pulumi_github as github

from components.deployment_environment import DeploymentEnvironment, DeploymentEnvironmentArgs
from components.registry_access import PushingRepositoryArgs, RegistryAccess, RegistryAccessArgs
from components.repository import Repository, RepositoryArgs
from components.team import Team, TeamArgs
from components.webhook import Webhook, WebhookArgs
from components.workflow import Workflow, WorkflowArgs


class StageArgs(TypedDict):
    """An environment that the infrastructure repository deploys to."""

    reviewers: list[str]
    """Who may let a deployment through: ``team/<slug>`` or ``user/<login>``."""
    self_review: bool
    """Whether who started a deployment may let it through."""
    wait_minutes: int
    """How long a deployment waits."""
    branches: list[str]
    """Branch name patterns that may deploy."""


class OrganizationArgs(TypedDict):
    """Arguments of ``Organization``. Things of a repository are given by its name."""

    teams: dict[str, TeamArgs]
    """Teams by slug."""
    repositories: dict[str, RepositoryArgs]
    """Repositories by name."""
    webhooks: dict[str, WebhookArgs]
    """Webhooks by repository."""
    workflows: dict[str, WorkflowArgs]
    """Workflow files by the name that their resources are to have."""
    registry: NotRequired[RegistryAccessArgs]
    """Who may push images; default nobody."""
    infrastructure_repository: str
    """Name of the repository that carries the environments."""
    stages: dict[str, StageArgs]
    """Deployment environments by name."""


class Organization(pulumi.ComponentResource):
    """Teams, repositories, webhooks, workflows, registry access and deployment environments."""

    repositories: pulumi.Output[dict[str, str]]
    """Address of each repository in a browser, by name."""
    webhook_secrets: pulumi.Output[dict[str, str]]
    """The secret that signs each repository's deliveries, by the repository's name."""

    def __init__(self, name: str, args: OrganizationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("openim-cicd:index:Organization", name, {}, opts)
        self._teams = self._declare_teams(args)
        self._repositories = self._declare_repositories(args)
        webhooks = self._declare_webhooks(args)
        self._declare_workflows(args)
        self._declare_registry_access(args)
        self._declare_environments(args)
        addresses = {name: repository.html_url for name, repository in self._repositories.items()}
        self.repositories = pulumi.Output.all(**addresses)
        secrets = {repository: webhook.secret for repository, webhook in webhooks.items()}
        self.webhook_secrets = pulumi.Output.secret(pulumi.Output.all(**secrets))
        self.register_outputs({"repositories": self.repositories, "webhookSecrets": self.webhook_secrets})

    def _child(self) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self)

    def _after(self, repository: str, earlier: Workflow | None = None) -> pulumi.ResourceOptions:
        """After the whole repository and its last file: two commits at once to one branch refuse each other."""
        before: list[pulumi.Resource] = [self._repositories[repository]]
        return pulumi.ResourceOptions(parent=self, depends_on=[*before, earlier] if earlier else before)

    def _declare_teams(self, args: OrganizationArgs) -> dict[str, Team]:
        return {slug: Team(slug, team, self._child()) for slug, team in args["teams"].items()}

    def _declare_repositories(self, args: OrganizationArgs) -> dict[str, Repository]:
        return {
            name: Repository(name, self._with_team_ids(repository), self._child())
            for name, repository in args["repositories"].items()
        }

    def _with_team_ids(self, repository: RepositoryArgs) -> RepositoryArgs:
        resolved = repository.copy()
        if "teams" in repository:
            resolved["teams"] = [
                {**access, "team_id": self._teams[access["team"]].team_id} for access in repository["teams"]
            ]
        return resolved

    def _declare_webhooks(self, args: OrganizationArgs) -> dict[str, Webhook]:
        return {
            name: Webhook(name, {**webhook, "repository": self._repositories[name].repository_name}, self._child())
            for name, webhook in args["webhooks"].items()
        }

    def _declare_workflows(self, args: OrganizationArgs) -> None:
        last: dict[str, Workflow] = {}
        for name, workflow in args["workflows"].items():
            repository = str(workflow["repository"])
            after = self._after(repository, last.get(repository))
            declared = {**workflow, "repository": self._repositories[repository].repository_name}
            last[repository] = Workflow(name, cast(WorkflowArgs, declared), after)

    def _declare_registry_access(self, args: OrganizationArgs) -> None:
        if "registry" not in args:
            return
        pushing: dict[str, PushingRepositoryArgs] = {
            name: {**one, "repository": self._repositories[name].repository_name}
            for name, one in args["registry"]["repositories"].items()
        }
        RegistryAccess("registry", {**args["registry"], "repositories": pushing}, self._child())

    def _declare_environments(self, args: OrganizationArgs) -> None:
        repository = args["infrastructure_repository"]
        for name, stage in args["stages"].items():
            declared: DeploymentEnvironmentArgs = {
                "repository": self._repositories[repository].repository_name,
                "environment": name,
                "reviewer_teams": self._reviewing_teams(stage),
                "reviewer_users": self._reviewing_users(stage),
                "self_review": stage["self_review"],
                "wait_minutes": stage["wait_minutes"],
                "branches": stage["branches"],
            }
            # After the repository: a reviewer without access to it is refused.
            DeploymentEnvironment(name, declared, self._after(repository))

    def _reviewing_teams(self, stage: StageArgs) -> list[pulumi.Input[int]]:
        slugs = [reviewer.removeprefix("team/") for reviewer in stage["reviewers"] if reviewer.startswith("team/")]
        return [self._teams[slug].team_id.apply(int) for slug in slugs]

    def _reviewing_users(self, stage: StageArgs) -> list[pulumi.Input[int]]:
        logins = [reviewer.removeprefix("user/") for reviewer in stage["reviewers"] if reviewer.startswith("user/")]
        lookup = pulumi.InvokeOutputOptions(parent=self)
        return [github.get_user_output(username=login, opts=lookup).id.apply(int) for login in logins]
