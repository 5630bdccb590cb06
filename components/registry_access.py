"""Who may push images: the registry's credentials as Actions secrets of the repositories that build them.

Not in it: pull secrets, which each cluster's namespace has, and repositories' own secrets.
"""

from typing import TypedDict

import pulumi
import pulumi_github as github

HOST_VARIABLE = "REGISTRY"
USERNAME_SECRET = "DOCKER_USERNAME"  # noqa: S105 a secret's name
PASSWORD_SECRET = "DOCKER_PASSWORD"  # noqa: S105 a secret's name


class RegistryAccessArgs(TypedDict):
    """Arguments of ``RegistryAccess``."""

    host: str
    """Host and port of the registry, e.g. ``docker.io``."""
    username: pulumi.Input[str]
    """Who pushes."""
    password: pulumi.Input[str]
    """Password or token; kept secret."""
    repositories: dict[str, pulumi.Input[str]]
    """The repositories that push, by the name that their resources are to have."""


class RegistryAccess(pulumi.ComponentResource):
    """The registry's host as a variable and its credentials as secrets of each repository that builds images."""

    host: pulumi.Output[str]
    """Host and port of the registry."""

    def __init__(self, name: str, args: RegistryAccessArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("openim-cicd:index:RegistryAccess", name, {}, opts)
        for repository, repository_name in args["repositories"].items():
            self._host(f"{name}-{repository}", repository_name, args["host"])
            self._secret(f"{name}-{repository}-username", repository_name, USERNAME_SECRET, args["username"])
            self._secret(f"{name}-{repository}-password", repository_name, PASSWORD_SECRET, args["password"])
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

    def _secret(self, name: str, repository: pulumi.Input[str], secret: str, value: pulumi.Input[str]) -> None:
        github.ActionsSecret(
            name,
            repository=repository,
            secret_name=secret,
            value=pulumi.Output.secret(value),
            opts=pulumi.ResourceOptions(parent=self),
        )
