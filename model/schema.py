"""JSON Schemas of everything a user writes, for editors, and a page that lists every key."""

import json
from collections.abc import Iterator
from typing import Any

from model.application import ApplicationEstate
from model.base import Model
from model.document import ENVIRONMENT
from model.estate.labels import LabelsFile
from model.estate.pipelines import PipelinesFile
from model.estate.repositories import RepositoriesFile
from model.estate.teams import TeamsFile
from model.settings import NAMESPACE, StackSettings

FILES: dict[str, type[Model]] = {
    "repositories": RepositoriesFile,
    "teams": TeamsFile,
    "labels": LabelsFile,
    "pipelines": PipelinesFile,
    "application": ApplicationEstate,
}
"""Each estate file's schema by name."""

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schemas() -> dict[str, dict[str, Any]]:
    """Every schema by its file name under ``schemas/``."""
    estate = {f"{name}.json": _schema(model) for name, model in FILES.items()}
    return {"stack.json": _stack_schema(), **estate}


def _schema(model: type[Model]) -> dict[str, Any]:
    return {"$schema": DIALECT, **model.model_json_schema(by_alias=True)}


def _stack_schema() -> dict[str, Any]:
    """The settings stand below ``config`` with the project's namespace before each key; other keys are Pulumi's."""
    settings = _or_from_environment(_schema(StackSettings))
    keys = {f"{NAMESPACE}:{key}": value for key, value in settings["properties"].items()}
    config = {
        "type": "object",
        "properties": keys,
        "patternProperties": {f"^(?!{NAMESPACE}:).*$": True},
        "additionalProperties": False,
        "required": [f"{NAMESPACE}:{key}" for key in settings["required"]],
    }
    return {
        "$schema": DIALECT,
        "title": "Stack settings",
        "type": "object",
        "properties": {"config": config},
        "$defs": settings["$defs"],
    }


def _or_from_environment(part: Any) -> Any:
    """``part`` with every constrained string also allowed to be ``env:NAME``."""
    if isinstance(part, list):
        return [_or_from_environment(one) for one in part]
    if not isinstance(part, dict):
        return part
    if part.get("type") == "string" and part.keys() & {"pattern", "format"}:
        bare = {key: value for key, value in part.items() if key not in {"description", "title", "default"}}
        rest = {key: value for key, value in part.items() if key in {"description", "title", "default"}}
        return {**rest, "anyOf": [{"type": "string", "pattern": ENVIRONMENT.pattern}, bare]}
    return {key: _or_from_environment(value) for key, value in part.items()}


def settings_page() -> str:
    """Every key of every file as one Markdown page."""
    parts = [HEAD, *_section("Pulumi.&lt;stack&gt;.yaml, below `openim-cicd:`", StackSettings)]
    for name, model in FILES.items():
        parts += _section(f"estate/{name}.yaml" if name != "application" else "estate/openim.yaml", model)
    return "\n".join(parts) + "\n"


HEAD = """# Settings

Written by `make schemas` from the models; the schemas beside it in `schemas/` give an editor completion.
A value written `env:NAME` is taken from the environment variable NAME. Unknown keys are refused.
"""


def _section(title: str, model: type[Model]) -> Iterator[str]:
    schema = model.model_json_schema(by_alias=True)
    yield f"\n## {title}\n"
    yield from _table(schema)
    for name, part in schema.get("$defs", {}).items():
        if "properties" in part:
            yield f"\n### {name}\n"
            yield f"{_sentence(part)}\n" if part.get("description") else ""
            yield from _table(part)


def _table(schema: dict[str, Any]) -> Iterator[str]:
    yield "| key | type | default | meaning |\n|---|---|---|---|"
    required = schema.get("required", [])
    for key, part in schema.get("properties", {}).items():
        default = "required" if key in required else _default(part)
        yield f"| `{key}` | {_type(part)} | {default} | {_sentence(part)} |"


def _default(part: dict[str, Any]) -> str:
    """Scalars as they are written in YAML; blocks and absent values say nothing."""
    value = part.get("default")
    return "" if value is None or isinstance(value, dict | list) else f"`{json.dumps(value)}`"


def _type(part: dict[str, Any]) -> str:
    if "$ref" in part:
        return str(part["$ref"]).rpartition("/")[2]
    if "anyOf" in part:
        return " or ".join(_type(one) for one in part["anyOf"] if one.get("type") != "null")
    if part.get("type") == "array":
        return f"list of {_type(part['items'])}" if "items" in part else "list"
    if isinstance(part.get("additionalProperties"), dict):
        return f"mapping to {_type(part['additionalProperties'])}"
    return str(part.get("type", "any")) if "enum" not in part else " / ".join(map(str, part["enum"]))


def _sentence(part: dict[str, Any]) -> str:
    return " ".join(str(part.get("description", "")).split()).replace("``", "`").replace("|", "\\|")
