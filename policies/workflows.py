"""Where GitHub's workflows are in an estate, and what stands in them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from policies.rule import Resource

FILE = "github:index/repositoryFile:RepositoryFile"
RULESET = "github:index/repositoryRuleset:RepositoryRuleset"
FOLDER = ".github/workflows/"


def workflows(resources: Sequence[Resource]) -> Iterator[tuple[str, str]]:
    """Repository and text of each declared workflow."""
    for one in resources:
        if one.type == FILE and str(one.properties.get("file") or "").startswith(FOLDER):
            yield str(one.properties.get("repository")), str(one.properties.get("content") or "")


def parsed(text: str) -> Mapping[str, Any] | None:
    """A workflow as data, all of it text; None where it is none."""
    try:
        found = yaml.load(text, yaml.BaseLoader)  # noqa: S506 it makes text only
    except yaml.YAMLError:
        return None
    return found if isinstance(found, Mapping) else None
