"""The check run ``Images`` that CI leaves on a commit: which images it pushed, by digest."""

import json
import re
from typing import Any

from pydantic import Field

from model.base import Model, parse
from model.names import Digest, DnsLabel, ImagePath, RegistryHost
from model.problems import Problem, SettingsError

NAME = "Images"
APP = "github-actions"
"""The app whose checks are believed: a job's own token makes them."""
FENCE = re.compile(r"^```json[ \t]*\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)


class Built(Model):
    """What CI pushed."""

    registry: RegistryHost
    path: ImagePath
    images: dict[DnsLabel, Digest] = Field(min_length=1)


def built(text: str, where: str) -> Built:
    """What the check's ``text`` says; ``where`` names the check in errors.

    Raises:
        SettingsError: it does not hold exactly one JSON object, or that is no such report.
    """
    fences = FENCE.findall(text.replace("\r\n", "\n"))
    if len(fences) != 1:
        remedy = f"must hold exactly one JSON object in a ```json fence, holds {len(fences)}: run CI again"
        raise SettingsError([Problem(where, "output.text", "", remedy)])
    try:
        data = json.loads(fences[0], object_pairs_hook=_unique)
    except ValueError as error:
        raise SettingsError([Problem(where, "output.text", "", f"is no JSON ({error}): run CI again")]) from None
    return parse(Built, data, where)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found
