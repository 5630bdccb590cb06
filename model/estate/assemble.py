"""Reads the estate's files and makes one estate of them, or says everything that is wrong with them at once."""

from collections.abc import Collection, Mapping
from typing import TypeVar

from model.approval import Approval
from model.base import Model, parse
from model.document import Read, load
from model.estate.checks import Declared, problems_of
from model.estate.labels import LabelsFile
from model.estate.organization import DeclaredRepository, OrganizationEstate
from model.estate.pipelines import PipelinesFile, Surroundings
from model.estate.repositories import RepositoriesFile, Repository, inherit
from model.estate.teams import TeamsFile
from model.pipeline.infrastructure import Stage
from model.problems import Problem, SettingsError
from model.settings import EstateFiles

M = TypeVar("M", bound=Model)


def assemble(
    files: EstateFiles,
    read: Read,
    infrastructure_repository: str,
    environments: Mapping[str, Approval],
    *,
    variables: Mapping[str, tuple[str, ...]] | None = None,
    mirrors: Collection[str] = (),
) -> OrganizationEstate:
    """The estate that ``files`` declare, with the approvals that each environment's stack file asks for.

    ``variables`` are the environment variables that each of these files names, ``mirrors`` the registry's mirrors.

    Raises:
        SettingsError: with every offender in every file.
    """
    problems: list[Problem] = []
    repositories = _parsed(RepositoriesFile, files.repositories, read, problems)
    teams = _parsed(TeamsFile, files.teams, read, problems)
    labels = _parsed(LabelsFile, files.labels, read, problems)
    pipelines = _parsed(PipelinesFile, files.pipelines, read, problems)
    if problems or not (repositories and teams and labels and pipelines):
        raise SettingsError(problems)
    named = variables or {}
    around = Surroundings(
        infrastructure_repository,
        tuple(Stage(name, named.get(name, ())) for name in environments),
        {entry.name: entry.pipeline for entry in repositories.repositories},
    )
    declared = Declared(
        files=files,
        repositories=repositories,
        entries=tuple(inherit(entry, repositories.defaults) for entry in repositories.repositories),
        teams=teams,
        labels=labels,
        pipelines=pipelines,
        workflows=pipelines.workflows(around),
        mirrors=mirrors,
        infrastructure_repository=infrastructure_repository,
        environments=environments,
    )
    if found := list(problems_of(declared)):
        raise SettingsError(found)
    resolved = tuple(_resolved(entry, declared) for entry in declared.entries)
    return OrganizationEstate(resolved, teams.teams, infrastructure_repository, environments)


def _parsed(model: type[M], file: str, read: Read, problems: list[Problem]) -> M | None:
    try:
        return parse(model, load(file, read), file)
    except SettingsError as error:
        problems.extend(error.problems)
        return None


def _resolved(entry: Repository, declared: Declared) -> DeclaredRepository:
    file = declared.repositories
    return DeclaredRepository(
        repository=entry,
        labels=declared.labels.sets[entry.labels] if entry.labels else (),
        ruleset=file.rulesets[entry.ruleset] if entry.ruleset else None,
        actions=file.actions[entry.actions] if entry.actions else None,
        workflows=declared.workflows[entry.pipeline] if entry.pipeline else (),
        webhook=file.webhooks[entry.webhook] if entry.webhook else None,
    )
