"""The base of every model here, and how data becomes one: strict, frozen, unknown keys refused."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from model.problems import Problem, SettingsError

VALUE_LENGTH = 80
SECRET = re.compile(r"(?i)(password|token|secret|kubeconfig)[^.]*$")
"""Keys whose values are never shown: they may have come from the environment."""


class Model(BaseModel):
    """A frozen model whose keys are camelCase in YAML and snake_case in Python."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        use_attribute_docstrings=True,
    )


M = TypeVar("M", bound=Model)


def parse(model: type[M], data: object, file: str, prefix: str = "") -> M:
    """Make ``model`` of ``data`` as read from ``file``.

    Raises:
        SettingsError: with one Problem for each offender.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise SettingsError(_problem(model, dict(detail), file, prefix) for detail in error.errors()) from None


def _problem(model: type[Model], detail: Mapping[str, Any], file: str, prefix: str) -> Problem:
    location = detail["loc"]
    key = joined(prefix, dotted(location))
    if detail["type"] == "extra_forbidden":
        return Problem(file, key, "", _unknown_key(_model_at(model, location[:-1]), str(location[-1])))
    if detail["type"] == "missing":
        return Problem(file, key, "", "missing; it has no default")
    message = str(detail["msg"]).removeprefix("Value error, ").replace("Input should be", "must be")
    return Problem(file, key, "" if SECRET.search(key) else _shown(detail["input"]), message)


def joined(prefix: str, key: str) -> str:
    """``key`` below ``prefix``; a prefix that ends in a colon is a namespace, as in Pulumi's keys."""
    if not key:
        return prefix.rstrip(":")
    separator = "" if not prefix or prefix.endswith(":") or key.startswith("[") else "."
    return f"{prefix}{separator}{key}"


def dotted(location: tuple[int | str, ...]) -> str:
    """``("a", 0, "b")`` as ``a[0].b``."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).lstrip(".")


def _shown(value: object) -> str:
    if isinstance(value, dict | list):
        return ""
    text = repr(value)
    return text if len(text) <= VALUE_LENGTH else text[: VALUE_LENGTH - 1] + "…"


def _unknown_key(model: type[Model] | None, key: str) -> str:
    if model is None:
        return "unknown key"
    known = sorted(field.alias or name for name, field in model.model_fields.items())
    close = get_close_matches(key, known, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    return f"unknown key{hint}; known: {known}"


def _model_at(model: type[Model], location: tuple[int | str, ...]) -> type[Model] | None:
    """The model whose keys stand at ``location``; None where that is a plain mapping."""
    current: object = model
    for part in location:
        if isinstance(current, type) and issubclass(current, BaseModel):
            fields = {field.alias or name: field for name, field in current.model_fields.items()}
            current = fields[str(part)].annotation if part in fields else None
        else:
            current = next(iter(get_args(current)[-1:]), None)
        current = _unwrapped(current)
    return current if isinstance(current, type) and issubclass(current, Model) else None


def _unwrapped(annotation: object) -> object:
    """The one model inside ``X | None`` or ``Annotated[X, ...]``."""
    if hasattr(annotation, "__metadata__"):
        return get_args(annotation)[0]
    models = [arg for arg in get_args(annotation) if isinstance(arg, type) and issubclass(arg, BaseModel)]
    return models[0] if models and type(None) in get_args(annotation) else annotation
