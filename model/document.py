"""YAML text to plain data: one document, no duplicate keys, no anchors, ``env:NAME`` filled in."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import AliasEvent, DocumentStartEvent

from model.base import joined
from model.problems import Problem, SettingsError

Read = Callable[[str], str]
"""Gives the text of a file named relative to the project's root; raises OSError."""

SUSPICIOUS = re.compile(r"[*&]|^---", re.MULTILINE)
"""What every alias and every further document has in its text; most files need no closer look."""

ENVIRONMENT = re.compile(r"^env:([A-Z_][A-Z0-9_]*)$")


def load(file: str, read: Read) -> Any:
    """The data of ``file``.

    Raises:
        SettingsError: not readable, not YAML, several documents, duplicate keys or aliases.
    """
    try:
        text = read(file)
    except OSError as error:
        raise SettingsError([Problem(file, "", "", f"cannot be read: {error.strerror or error}")]) from None
    try:
        _refuse_tricks(file, text)
        return YAML(typ="safe", pure=True).load(text)
    except YAMLError as error:
        raise SettingsError([Problem(file, "", "", f"is not valid YAML: {_one_line(error)}")]) from None


def _refuse_tricks(file: str, text: str) -> None:
    """Aliases can blow a small file up; a second document would be read by one tool and not by another."""
    if not SUSPICIOUS.search(text):
        return
    documents = 0
    for event in YAML(typ="safe", pure=True).parse(text):
        if isinstance(event, AliasEvent):
            raise SettingsError(
                [Problem(file, "", f"*{event.anchor}", "YAML aliases are refused; write the value out")]
            )
        documents += isinstance(event, DocumentStartEvent)
    if documents > 1:
        raise SettingsError([Problem(file, "", "", f"holds {documents} YAML documents; keep one")])


def _one_line(error: YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    line = f" (line {mark.line + 1})" if mark else ""
    return f"{getattr(error, 'problem', None) or 'unreadable'}{line}"


FORBIDDEN = re.compile(r"^(GITHUB_TOKEN|KUBECONFIG|PULUMI_.*)$")
"""Variables that belong to the engine and its plugins; a setting that named one would copy it into state."""


@dataclass
class Filled:
    """Data with every ``env:NAME`` replaced."""

    data: Any
    problems: list[Problem] = field(default_factory=list)
    """One for each variable that is not set or may not be read."""
    keys: set[str] = field(default_factory=set)
    """Keys whose values came from the environment and are therefore never shown."""


def from_environment(data: Any, environment: Mapping[str, str], file: str, key: str = "") -> Filled:
    """``data`` with each ``env:NAME`` replaced by that variable's value."""
    filled = Filled(data)
    filled.data = _filled(data, environment, file, key, filled)
    return filled


def _filled(data: Any, environment: Mapping[str, str], file: str, key: str, filled: Filled) -> Any:
    if isinstance(data, dict):
        return {k: _filled(v, environment, file, joined(key, str(k)), filled) for k, v in data.items()}
    if isinstance(data, list):
        return [_filled(v, environment, file, f"{key}[{i}]", filled) for i, v in enumerate(data)]
    match = ENVIRONMENT.match(data) if isinstance(data, str) else None
    if not match:
        return data
    filled.keys.add(key)
    if FORBIDDEN.match(match[1]):
        filled.problems.append(Problem(file, key, data, "must name another variable: this one is not for settings"))
    elif not environment.get(match[1]):
        remedy = f'the environment variable {match[1]} is not set; in the sandbox: eval "$(make -s env)"'
        filled.problems.append(Problem(file, key, data, remedy))
    else:
        return environment[match[1]]
    return data
