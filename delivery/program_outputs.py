"""What stacks have put out, as the program asks for it; and the one question to a stack that declares no environment.

Stacks are asked by the synchronous invoke that stack references use: a reference itself would be a first resource.
"""

import time
from collections.abc import Mapping
from typing import Any

import pulumi

from delivery.errors import Unanswered
from model.undeclared import undeclared

READ = "pulumi:pulumi:readStackOutputs"
TORN = "failed to load checkpoint"
"""What a backend of plain files says while somebody, such as this very update, writes the state."""
ATTEMPTS, PAUSE = 50, 0.1
"""Times that a torn state is read again, and seconds between them."""


def hold_undeclared(stack: str) -> None:
    """Refuse an update that would take down what the stack runs, since it declares no environment; a preview warns.

    Raises:
        pulumi.RunError: the stack runs a release; or nobody can tell.
    """
    try:
        why = undeclared(stack, outputs_of(stack))
    except Unanswered as error:
        raise pulumi.RunError(f"{stack} refuses every change: {error}") from None
    if why and not pulumi.runtime.is_dry_run():
        raise pulumi.RunError(why)
    if why:
        pulumi.log.warn(why)


def outputs_of(stack: str) -> Mapping[str, Any]:
    """The outputs that a stack of this project has now.

    Raises:
        Unanswered: there is no such stack, or its backend does not answer.
    """
    name = f"{pulumi.get_organization()}/{pulumi.get_project()}/{stack}"
    for attempt in range(1, ATTEMPTS + 1):
        try:
            answer = pulumi.runtime.invoke(READ, {"name": name})
        except Exception as error:
            if TORN not in str(error) or attempt == ATTEMPTS:
                raise Unanswered(_told(stack, str(error))) from None
            time.sleep(PAUSE)
        else:
            return dict(answer.value["outputs"])
    raise AssertionError("unreachable: the last attempt raises")


def _told(stack: str, error: str) -> str:
    if "unknown stack" in error:
        return f"this backend has no stack {stack}; PULUMI_BACKEND_URL must be the one that holds it"
    return f"the backend does not answer for it ({error.rpartition('failed: ')[2].strip()})"
