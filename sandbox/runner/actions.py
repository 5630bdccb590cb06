"""The local replacements of the actions that workflows use, from ``sandbox/actions/<owner>/<name>``."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

FOLDER = Path(__file__).resolve().parent.parent / "actions"
REFERENCE = re.compile(r"(?P<name>[^/@]+/[^/@]+)(?:/[^@]*)?@(?P<ref>.+)")


class UnknownActionError(ValueError):
    """A workflow uses an action that has no replacement here."""


def replacements(steps: Iterable[dict[str, Any]], own: str) -> list[str]:
    """``owner/name@ref=folder`` for each action that the steps use; those of ``own`` come from its repositories.

    Raises:
        UnknownActionError: naming all that have none.
    """
    used = {(found["name"], found["ref"]) for step in steps if (found := REFERENCE.fullmatch(step.get("uses") or ""))}
    foreign = sorted((name, ref) for name, ref in used if name.partition("/")[0] != own)
    if missing := sorted({name for name, _ in foreign if not (FOLDER / name).is_dir()}):
        raise UnknownActionError(f"no stand-in for {missing} in sandbox/actions; known: {known()}")
    return [f"{name}@{ref}={FOLDER / name}" for name, ref in foreign]


def known() -> list[str]:
    """Every action with a replacement."""
    return sorted(str(path.relative_to(FOLDER)) for path in FOLDER.glob("*/*") if path.is_dir())


def inputs(action: Path) -> Iterator[str]:
    """The inputs that a replacement declares."""
    yield from (YAML(typ="safe").load(action).get("inputs") or {})
