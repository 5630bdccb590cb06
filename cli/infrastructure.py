"""What commands on releases work with: the infrastructure clone, GitHub, the registry."""

import os

from cli.place import project_root
from delivery.errors import Refused
from delivery.git import Clone
from delivery.registry import Registry
from model.settings import read_written, registry_of, stack_file


def clone() -> Clone:
    """The checkout that the user stands in."""
    return Clone(project_root())


def owner() -> str:
    """The organisation.

    Raises:
        Refused: GITHUB_OWNER is not set.
    """
    name = os.environ.get("GITHUB_OWNER")
    if not name:
        raise Refused('GITHUB_OWNER is not set: the organisation; in the sandbox: eval "$(make -s env)"')
    return name


def registry(stage: str) -> Registry:
    """The registry of a stage's settings, with the account from the environment."""
    root = project_root()
    if not (root / stack_file(stage)).exists():
        raise Refused(f"{stack_file(stage)} does not exist: there is no stage {stage!r}")
    found = registry_of(stage, read_written(stage, lambda file: (root / file).read_text()), os.environ)
    return Registry(found.host, found.username, found.password.get_secret_value())
