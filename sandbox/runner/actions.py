"""The local replacements of the actions that workflows use, from ``sandbox/actions/<owner>/<name>``."""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

FOLDER = Path(__file__).resolve().parent.parent / "actions"
REFERENCE = re.compile(r"(?P<name>[^/@]+/[^/@]+)(?P<folder>/[^@]*)?@(?P<ref>.+)")


class UnknownActionError(ValueError):
    """A workflow uses an action, or an input of one, that has no replacement here."""


def replacements(steps: Iterable[dict[str, Any]], own: str) -> list[str]:
    """``owner/name@ref=folder`` for each action that the steps use; those of ``own`` come from its repositories.

    Raises:
        UnknownActionError: naming all that have none, and every input that a replacement does not know.
    """
    used = [(step, found) for step in steps if (found := REFERENCE.fullmatch(step.get("uses") or ""))]
    foreign = [(step, found) for step, found in used if not found["name"].startswith(f"{own}/")]
    if problems := list(dict.fromkeys(problem for step, found in foreign for problem in _problems(step, found))):
        raise UnknownActionError("; ".join(problems))
    pairs = sorted({(found["name"], found["ref"]) for _, found in foreign})
    return [f"{name}@{ref}={FOLDER / name}" for name, ref in pairs]


def _problems(step: dict[str, Any], found: re.Match[str]) -> Iterator[str]:
    action = f"{found['name']}{found['folder'] or ''}"
    if not (FOLDER / action / "action.yml").is_file():
        yield f"no stand-in for {action} in sandbox/actions; known: {known()}"
    elif unknown := sorted(set(step.get("with") or {}) - inputs(action)):
        yield f"the stand-in of {action} does not know the inputs {unknown}; known: {sorted(inputs(action))}"


def known() -> list[str]:
    """Every action with a replacement."""
    return sorted(str(path.parent.relative_to(FOLDER)) for path in FOLDER.rglob("action.yml"))


@cache
def inputs(action: str) -> frozenset[str]:
    """The inputs that a replacement declares."""
    return frozenset(YAML(typ="safe").load(FOLDER / action / "action.yml").get("inputs") or ())
