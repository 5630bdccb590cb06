"""Who may push images: the registry's credentials, out of reach of every branch but those that images are built from.

They are secrets of a deployment environment rather than of the repository: a workflow that somebody
pushes on a branch of his own cannot read them. Not in it: pull secrets, which each cluster's
namespace has.
"""

from typing import TypedDict

import pulumi
import pulumi_github as github

from components.deployment_environment import DeploymentEnvironment
from model.pipeline.golang import REGISTRY_ENVIRONMENT

HOST_VARIABLE = "REGISTRY"
USERNAME_SECRET = "DOCKER_USERNAME"  # noqa: S105 a secret's name
PASSWORD_SECRET = "DOCKER_PASSWORD"  # noqa: S105 a secret's name


class PushingRepositoryArgs(TypedDict):
    """A repository that pushes images."""

    repository: pulumi.Input[str]
    """Its name, without its owner."""
    branches: list[str]
    """Branch name patterns whose jobs may push."""


class RegistryAccessArgs(TypedDict):
    """Arguments of ``RegistryAccess``."""

    host: str
    """Host and port of the registry, e.g. ``docker.io``."""
    username: pulumi.Input[str]
    """Who pushes."""
    password: pulumi.Input[str]
    """Password or token; kept secret."""
    repositories: dict[str, PushingRepositoryArgs]
    """The repositories that push, by the name that their resources are to have."""


class RegistryAccess(pulumi.ComponentResource):
    """The registry's host as a variable and its credentials as secrets of the environment ``registry`` of each."""

    host: pulumi.Output[str]
    """Host and port of the registry."""

    def __init__(self, name: str, args: RegistryAccessArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("openim-cicd:index:RegistryAccess", name, {}, opts)
        for repository, pushing in args["repositories"].items():
            self._host(f"{name}-{repository}", pushing["repository"], args["host"])
            environment = self._environment(f"{name}-{repository}", pushing)
            for secret, value in ((USERNAME_SECRET, args["username"]), (PASSWORD_SECRET, args["password"])):
                self._secret(f"{name}-{repository}-{secret}", pushing["repository"], environment, secret, value)
        self.host = pulumi.Output.from_input(args["host"])
        self.register_outputs({"host": self.host})

    def _host(self, name: str, repository: pulumi.Input[str], host: str) -> None:
        github.ActionsVariable(
            f"{name}-host",
            repository=repository,
            variable_name=HOST_VARIABLE,
            value=host,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _environment(self, name: str, pushing: PushingRepositoryArgs) -> pulumi.Output[str]:
        return DeploymentEnvironment(
            name,
            {
                "repository": pushing["repository"],
                "environment": REGISTRY_ENVIRONMENT,
                "branches": pushing["branches"],
            },
            pulumi.ResourceOptions(parent=self),
        ).environment

    def _secret(
        self,
        name: str,
        repository: pulumi.Input[str],
        environment: pulumi.Input[str],
        secret: str,
        value: pulumi.Input[str],
    ) -> None:
        github.ActionsEnvironmentSecret(
            name,
            repository=repository,
            environment=environment,
            secret_name=secret,
            value=pulumi.Output.secret(value),
            opts=pulumi.ResourceOptions(parent=self),
        )
