"""Reads an application's file and the configuration files that it names, and refuses what cannot work."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from model.application import checks
from model.application.estate import ApplicationEstate
from model.base import parse
from model.document import Read, load
from model.problems import Problem, SettingsError


@dataclass(frozen=True)
class Application:
    """An application whose references all resolve."""

    file: str
    estate: ApplicationEstate
    configuration: Mapping[str, Mapping[str, Any]]
    """Data of each configuration file, by family and file name."""


def read_application(file: str, read: Read) -> Application:
    """The application that ``file`` describes.

    Raises:
        SettingsError: with every offender in the file and in the configuration files.
    """
    estate = parse(ApplicationEstate, load(file, read), file)
    problems: list[Problem] = []
    configuration = {family: _configuration(estate, family, read, problems) for family in estate.families}
    if not problems:
        problems.extend(checks.problems(file, estate, configuration))
    if problems:
        raise SettingsError(problems)
    return Application(file, estate, configuration)


def _configuration(estate: ApplicationEstate, name: str, read: Read, problems: list[Problem]) -> dict[str, Any]:
    folder = estate.families[name].folder
    wanted = {file for service in estate.services.values() if service.family == name for file in service.files}
    data: dict[str, Any] = {}
    for file in sorted(wanted):
        try:
            data[file] = load(f"{folder}/{file}", read)
        except SettingsError as error:
            problems.extend(error.problems)
            continue
        if not isinstance(data[file], dict):
            problems.append(Problem(f"{folder}/{file}", "", "", "must be a mapping of keys to values"))
    return data
