"""Who may push images: the registry's credentials, out of reach of every branch but those that images are built from.

They are secrets of a deployment environment rather than of the repository: a workflow that somebody
pushes on a branch of his own cannot read them. Not in it: pull secrets, which each cluster's
namespace has.
"""

from collections.abc import Iterator
from typing import NotRequired, TypedDict

import pulumi
import pulumi_github as github

from components.deployment_environment import DeploymentEnvironment
from model.pipeline.images import (
    DISPATCH_SECRET,
    HOST_VARIABLE,
    PASSWORD_SECRET,
    REGISTRY_ENVIRONMENT,
    USERNAME_SECRET,
    mirror_variable,
)


class MirrorAccessArgs(TypedDict):
    """A registry that images are copied to."""

    address: str
    """Host and path below which the images stand, e.g. ``ghcr.io/openimsdk``."""
    username: pulumi.Input[str]
    """Who pushes there."""
    password: pulumi.Input[str]
    """Password or token; kept secret."""


class PushingRepositoryArgs(TypedDict):
    """A repository that pushes images."""

    repository: pulumi.Input[str]
    """Its name, without its owner."""
    branches: list[str]
    """Branch name patterns whose jobs may push."""
    mirrors: NotRequired[dict[str, MirrorAccessArgs]]
    """Where its images are copied to, by name; default nowhere."""


class RegistryAccessArgs(TypedDict):
    """Arguments of ``RegistryAccess``."""

    host: str
    """Host and port of the registry, e.g. ``docker.io``."""
    username: pulumi.Input[str]
    """Who pushes."""
    password: pulumi.Input[str]
    """Password or token; kept secret."""
    dispatch_token: NotRequired[pulumi.Input[str]]
    """Token that starts the release when images were built; kept secret. Default: nothing is started."""
    repositories: dict[str, PushingRepositoryArgs]
    """The repositories that push, by the name that their resources are to have."""


class RegistryAccess(pulumi.ComponentResource):
    """The registry's host as a variable and its credentials as secrets of the environment ``registry`` of each."""

    host: pulumi.Output[str]
    """Host and port of the registry."""

    def __init__(self, name: str, args: RegistryAccessArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("openim-cicd:index:RegistryAccess", name, {}, opts)
        for repository, pushing in args["repositories"].items():
            self._declare(f"{name}-{repository}", pushing, args)
        self.host = pulumi.Output.from_input(args["host"])
        self.register_outputs({"host": self.host})

    def _declare(self, name: str, pushing: PushingRepositoryArgs, args: RegistryAccessArgs) -> None:
        self._variable(f"{name}-host", pushing["repository"], HOST_VARIABLE, args["host"])
        for mirror, access in pushing.get("mirrors", {}).items():
            self._variable(f"{name}-{mirror}", pushing["repository"], mirror_variable(mirror), access["address"])
        environment = self._environment(name, pushing)
        for secret, value in _secrets(pushing, args):
            self._secret(f"{name}-{secret}", pushing["repository"], environment, secret, value)

    def _variable(self, name: str, repository: pulumi.Input[str], variable: str, value: str) -> None:
        github.ActionsVariable(
            name,
            repository=repository,
            variable_name=variable,
            value=value,
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


def _secrets(pushing: PushingRepositoryArgs, args: RegistryAccessArgs) -> Iterator[tuple[str, pulumi.Input[str]]]:
    yield USERNAME_SECRET, args["username"]
    yield PASSWORD_SECRET, args["password"]
    if "dispatch_token" in args:
        yield DISPATCH_SECRET, args["dispatch_token"]
    for mirror, access in pushing.get("mirrors", {}).items():
        yield f"{mirror_variable(mirror)}_USERNAME", access["username"]
        yield f"{mirror_variable(mirror)}_PASSWORD", access["password"]
