"""Where things lie: the project's root and the sandbox's folder."""

import os
from pathlib import Path

from delivery.errors import Refused

PROJECT_FILE = "Pulumi.yaml"


def project_root() -> Path:
    """The checkout: the nearest folder upwards that holds Pulumi.yaml and estate/.

    Raises:
        Refused: there is none; taking another one, such as the package's own, would be a guess about production.
    """
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / PROJECT_FILE).exists() and (folder / "estate").is_dir():
            return folder
    raise Refused(f"{here} is in no clone of the project (no {PROJECT_FILE} and estate/ here or above): cd into one")


def read_file(name: str) -> str:
    """The text of a file of the checkout."""
    return (project_root() / name).read_text()


def sandbox_root() -> Path:
    """``$OPENIM_CICD_SANDBOX``, else ``.sandbox`` in the checkout."""
    named = os.environ.get("OPENIM_CICD_SANDBOX")
    return Path(named).resolve() if named else project_root() / ".sandbox"
