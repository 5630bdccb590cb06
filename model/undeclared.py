"""A stack that runs a release while its settings declare no environment any more.

The gate judges changes of an environment. Without one there would be nothing to judge, and an update would take all of
it down with nobody asked.
"""

from collections.abc import Mapping
from typing import Any

from model.settings import stack_file


def undeclared(stack: str, outputs: Mapping[str, Any]) -> str:
    """Why a stack may not be brought up without an environment, by what it has put out; empty where it may."""
    if not outputs.get("fingerprint"):
        return ""
    release = outputs.get("release") or {}
    return (
        f"{stack} runs {release.get('id', 'a release')}, and its settings declare no environment any more, so an "
        f"update would take it down: restore cluster, application and release in {stack_file(stack)}; "
        f"to give the stage up: pulumi destroy -s {stack}"
    )
