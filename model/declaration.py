"""Everything that one stack declares: its settings with the files that they name, checked as a whole."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from model import application, estate
from model.application import ApplicationContent
from model.document import Read
from model.estate import OrganizationEstate
from model.problems import Problem, SettingsError
from model.release import Release
from model.settings import (
    Cluster,
    Organization,
    Registry,
    StackSettings,
    environment_variables,
    parse_stack,
    read_approval,
    stack_file,
)

T = TypeVar("T")


@dataclass(frozen=True)
class DeclaredOrganization:
    """What exists once."""

    settings: Organization
    registry: Registry
    estate: OrganizationEstate


@dataclass(frozen=True)
class DeclaredEnvironment:
    """One cluster and what runs there."""

    cluster: Cluster
    registry: Registry
    release: Release
    application: ApplicationContent
    images: str
    """Where the application's images lie: ``host/path``."""


@dataclass(frozen=True)
class Declaration:
    """What a stack is to bring up; None is what it does not declare."""

    organization: DeclaredOrganization | None
    environment: DeclaredEnvironment | None


def declare(stack: str, config: Mapping[str, str], read: Read, environment: Mapping[str, str]) -> Declaration:
    """The declaration of ``stack`` from Pulumi's configuration and the files that it names.

    Raises:
        SettingsError: with every offender in every file.
    """
    return complete(stack, parse_stack(stack, config, environment), read)


def complete(stack: str, settings: StackSettings, read: Read) -> Declaration:
    """``settings`` of ``stack`` with the files that they name.

    Raises:
        SettingsError: with every offender in every file.
    """
    problems: list[Problem] = []
    organization = _collect(problems, lambda: _organization(settings, read))
    environment = _collect(problems, lambda: _environment(stack, settings, read))
    if problems:
        raise SettingsError(problems)
    return Declaration(organization, environment)


def _organization(settings: StackSettings, read: Read) -> DeclaredOrganization | None:
    organization = settings.organization
    if organization is None:
        return None
    approvals = {name: read_approval(file, read) for name, file in settings.environments.items()}
    declared = estate.assemble(
        settings.estate,
        read,
        organization.infrastructure_repository,
        approvals,
        variables={name: environment_variables(file, read) for name, file in settings.environments.items()},
        mirrors=settings.registry.mirrors,
    )
    return DeclaredOrganization(organization, settings.registry, declared)


def _environment(stack: str, settings: StackSettings, read: Read) -> DeclaredEnvironment | None:
    if settings.application is None or settings.cluster is None or settings.release is None:
        return None
    described = application.read_application(settings.application.source, read)
    content = application.assemble(
        described,
        overrides=settings.application.overrides,
        release=settings.release,
        registry_host=settings.registry.host,
        namespace=settings.cluster.namespace,
        stack_file=stack_file(stack),
        api_server_networks=settings.cluster.api_server_networks,
    )
    images = application.image_place(described, settings.registry.host)
    return DeclaredEnvironment(settings.cluster, settings.registry, settings.release, content, images)


def _collect(problems: list[Problem], make: Callable[[], T]) -> T | None:
    try:
        return make()
    except SettingsError as error:
        problems.extend(error.problems)
        return None
