"""Where things lie: the project's root and the sandbox's folder."""

import os
from pathlib import Path

PROJECT_FILE = "Pulumi.yaml"


def project_root() -> Path:
    """The checkout: the nearest folder upwards that holds Pulumi.yaml, else where this package lies."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / PROJECT_FILE).exists() and (folder / "estate").is_dir():
            return folder
    return Path(__file__).resolve().parent.parent


def read_file(name: str) -> str:
    """The text of a file of the checkout."""
    return (project_root() / name).read_text()


def sandbox_root() -> Path:
    """``$OPENIM_CICD_SANDBOX``, else ``.sandbox`` in the checkout."""
    named = os.environ.get("OPENIM_CICD_SANDBOX")
    return Path(named).resolve() if named else project_root() / ".sandbox"
