"""YAML text to plain data: one document, no duplicate keys, no anchors, ``env:NAME`` filled in."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.constructor import ConstructorError
from yaml.error import MarkedYAMLError, YAMLError
from yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, DocumentStartEvent

from model.base import joined
from model.problems import AbsentError, Problem, SettingsError

Read = Callable[[str], str]
"""Gives the text of a file named relative to the project's root; raises OSError."""

DEEPEST = 50
"""Levels of nesting; the estate has 8."""

ENVIRONMENT = re.compile(r"^env:([A-Z_][A-Z0-9_]*)$")


def load(file: str, read: Read) -> Any:
    """The data of ``file``.

    Raises:
        AbsentError: there is no such file.
        SettingsError: not readable, not YAML, several documents, duplicate keys or aliases.
    """
    try:
        text = read(file)
    except OSError as error:
        kind = AbsentError if isinstance(error, FileNotFoundError) else SettingsError
        raise kind([Problem(file, "", "", f"cannot be read: {error.strerror or error}")]) from None
    except UnicodeDecodeError as error:
        raise SettingsError(
            [Problem(file, "", "", f"is no text in UTF-8: {error.reason} at byte {error.start}")]
        ) from None
    try:
        _refuse_tricks(file, text)
        return yaml.load(text, _Loader)  # noqa: S506 it is a safe loader
    except (YAMLError, ValueError) as error:
        raise SettingsError([Problem(file, "", "", f"is not valid YAML: {_one_line(error)}")]) from None


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc] # libyaml's where PyYAML has it
    """YAML 1.2 as editors and GitHub read it: ``no`` is a word and ``010`` is ten. No key twice.

    Pure Python readers take ten times as long, which each preview would pay.
    """

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 none of YAML 1.1's

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """A mapping; a key that stands there twice is an error, as the last one would silently win."""
        seen: dict[str, str] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise ConstructorError(None, None, "found a key that is no text", key.start_mark)
            if key.value in seen:
                values = f'with value "{value.value}" (original value: "{seen[key.value]}")'
                raise ConstructorError(None, None, f'found duplicate key "{key.value}" {values}', key.start_mark)
            seen[key.value] = value.value
        return dict(super().construct_mapping(node, deep))


# The JSON schema of YAML 1.2 with the core schema's spellings (chapters 10.2 and 10.3); what is none of these is text.
for tag, pattern, first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+.0123456789"),
    ("null", r"~|null|Null|NULL|", ("~", "n", "N", "")),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), list(first))


_Loader.add_constructor("tag:yaml.org,2002:int", lambda _, node: int(node.value))


def _refuse_tricks(file: str, text: str) -> None:
    """Aliases and depth can blow a small file up; a second document would be read by one tool and not by another."""
    documents = depth = 0
    for event in yaml.parse(text, _Loader):
        if isinstance(event, AliasEvent):
            raise SettingsError(
                [Problem(file, "", f"*{event.anchor}", "YAML aliases are refused; write the value out")]
            )
        documents += isinstance(event, DocumentStartEvent)
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if depth > DEEPEST:
            raise SettingsError([Problem(file, "", "", f"is nested deeper than {DEEPEST} levels")])
    if documents > 1:
        raise SettingsError([Problem(file, "", "", f"holds {documents} YAML documents; keep one")])


def _one_line(error: Exception) -> str:
    if not isinstance(error, MarkedYAMLError):
        return str(error).partition("\n")[0]
    line = f" (line {error.problem_mark.line + 1})" if error.problem_mark else ""
    return f"{error.problem or 'unreadable'}{line}"


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


def named_variables(data: Any) -> set[str]:
    """The environment variables that ``data`` names with ``env:``."""
    if isinstance(data, dict | list):
        values = data.values() if isinstance(data, dict) else data
        return {name for value in values for name in named_variables(value)}
    match = ENVIRONMENT.match(data) if isinstance(data, str) else None
    return {match[1]} if match else set()


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
