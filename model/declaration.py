"""Everything that one stack declares: its settings with the files that they name, checked as a whole."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from model import application, estate
from model.application import ApplicationContent
from model.document import Read
from model.estate import OrganizationEstate
from model.problems import Problem, SettingsError
from model.settings import StackSettings, parse_stack, read_approval, stack_file

T = TypeVar("T")


@dataclass(frozen=True)
class Declaration:
    """What a stack is to bring up; None is what it does not declare."""

    settings: StackSettings
    organization: OrganizationEstate | None
    application: ApplicationContent | None


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
    content = _collect(problems, lambda: _application(stack, settings, read))
    if problems:
        raise SettingsError(problems)
    return Declaration(settings, organization, content)


def _organization(settings: StackSettings, read: Read) -> OrganizationEstate | None:
    if settings.organization is None:
        return None
    approvals = {name: read_approval(file, read) for name, file in settings.environments.items()}
    return estate.assemble(settings.estate, read, settings.organization.infrastructure_repository, approvals)


def _application(stack: str, settings: StackSettings, read: Read) -> ApplicationContent | None:
    if settings.application is None or settings.cluster is None or settings.release is None:
        return None
    return application.assemble(
        application.read_application(settings.application.source, read),
        overrides=settings.application.overrides,
        release=settings.release,
        registry_host=settings.registry.host,
        namespace=settings.cluster.namespace,
        stack_file=stack_file(stack),
    )


def _collect(problems: list[Problem], make: Callable[[], T]) -> T | None:
    try:
        return make()
    except SettingsError as error:
        problems.extend(error.problems)
        return None
