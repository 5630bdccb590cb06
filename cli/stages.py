"""Which stages a commit changes, for the jobs that preview and deploy them."""

import json

from cli.place import project_root
from delivery import stages
from delivery.errors import Refused
from delivery.git import Clone


def show(since: str, only: str) -> None:
    """Print ``stages=<JSON list>``, in the order in which they are deployed.

    Raises:
        Refused: ``only`` is no stage.
    """
    clone = Clone(project_root())
    known = stages.stages(clone)
    if only and only not in known:
        raise Refused(f"unknown stage {only!r}; known: {list(known)}")
    found = (only,) if only else stages.changed(clone, since)
    print(f"stages={json.dumps(list(found))}")
