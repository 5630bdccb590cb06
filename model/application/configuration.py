"""Configuration files as data: reading, looking up, what they refer to, and their text.

They are YAML with two placeholders: ``${namespace}`` and ``${address.<workload>}``, the address
under which clients outside the cluster reach that workload.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

Data = Mapping[str, Any]
Path = tuple[str, ...]

PLACEHOLDER = re.compile(r"\$\{([^}]*)\}")
IN_CLUSTER_ADDRESS = re.compile(r"(?:[a-z]+://)?([a-z0-9-]+):(\d+)(?:/.*)?")
SECRET_KEY = re.compile(r"(?i)password|pwd|secret|token|accesskey|appkey|supercode|authorizationcode|^key$")
BLANK: tuple[object, ...] = (None, "", [])


def lookup(data: Any, dotted: str) -> Any:
    """The value at ``a.b.c``.

    Raises:
        KeyError: the path does not exist.
    """
    for part in dotted.split("."):
        if not isinstance(data, Mapping):
            raise KeyError(dotted)
        data = data[part]
    return data


def leaves(data: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every scalar with the path of keys to it; the items of a list share its path."""
    if isinstance(data, Mapping):
        for key, value in data.items():
            yield from leaves(value, (*path, str(key)))
    elif isinstance(data, list):
        for value in data:
            yield from leaves(value, path)
    else:
        yield path, data


def variable(prefix: str, file: str, key: str) -> str:
    """The environment variable that overrides ``key`` of ``file``: IMENV_OPENIM_API_PROMETHEUS_GRAFANAURL."""
    stem = file.rsplit(".", 1)[0]
    return f"{prefix}_{stem}_{key}".replace("-", "_").replace(".", "_").upper()


def addresses(data: Data) -> Iterator[tuple[Path, str, int]]:
    """Every ``host:port`` whose host is a single label: such a name can only be a Service."""
    for path, value in leaves(data):
        match = IN_CLUSTER_ADDRESS.fullmatch(value) if isinstance(value, str) else None
        if match:
            yield path, match[1], int(match[2])


def listening(data: Data) -> dict[str, list[int]]:
    """Every list of ports, by its dotted path: OpenIM's programs listen on each of a ``ports`` key."""
    found: dict[str, list[int]] = {}
    for path, value in leaves(data):
        if path[-1] == "ports":
            found.setdefault(".".join(path), []).append(value)
    return found


def placeholders(data: Data) -> Iterator[tuple[Path, str]]:
    """Every placeholder with its path."""
    for path, value in leaves(data):
        if isinstance(value, str):
            for name in PLACEHOLDER.findall(value):
                yield path, name


def credentials_in_clear(data: Data) -> Iterator[str]:
    """Dotted paths of keys that hold a credential although they must be blank."""
    for path, value in leaves(data):
        if SECRET_KEY.search(path[-1]) and value not in BLANK:
            yield ".".join(path)


def render(data: Data, values: Mapping[str, str]) -> str:
    """The text of a file, the same for the same data: block mappings, JSON for everything inside."""
    return "".join(f"{line}\n" for line in _lines(data, values, ""))


def _lines(data: Data, values: Mapping[str, str], indent: str) -> Iterator[str]:
    for key, value in data.items():
        if isinstance(value, Mapping) and value:
            yield f"{indent}{key}:"
            yield from _lines(value, values, indent + "  ")
        else:
            text = json.dumps(value, ensure_ascii=False)
            yield f"{indent}{key}: {PLACEHOLDER.sub(lambda match: values[match[1]], text)}"
