"""The gate inside the program: `pulumi up` of a change that may not be deployed registers nothing.

Stacks are asked by the synchronous invoke that stack references use: a reference itself would be a first resource.
"""

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi

from delivery.errors import Refused
from delivery.gate_input import Unanswered, gather
from model.gate import decide, needs_plan
from model.gate_input import GateInput
from model.saved_plan import VARIABLE
from model.settings import NAMESPACE, written

READ = "pulumi:pulumi:readStackOutputs"
TORN = "failed to load checkpoint"
"""What a backend of plain files says while somebody, such as this very update, writes the state."""
ATTEMPTS, PAUSE = 50, 0.1
"""Times that a torn state is read again, and seconds between them."""


def hold(stack: str, root: Path) -> GateInput:
    """Ask the gate about the stack's change; what was asked is returned. A preview warns, an update is refused.

    Raises:
        pulumi.RunError: the change may not be deployed, with every reason; or nobody can tell.
    """
    prefix = f"{NAMESPACE}:"
    secret = [key.removeprefix(prefix) for key in pulumi.runtime.config.get_config_secret_keys_env()]
    try:
        given = gather(stack, root, written(pulumi.runtime.get_config_env()), outputs=outputs_of, secret=secret)
    except (Refused, Unanswered) as error:
        raise pulumi.RunError(f"{stack} refuses every change: {error}") from None
    decision = decide(given)
    if not decision.allowed or decision.emergency:
        said = decision.text(stack, given.release.id)
        if not decision.allowed and not pulumi.runtime.is_dry_run():
            raise pulumi.RunError(said)
        pulumi.log.warn(said)
    elif needs_plan(given) and not pulumi.runtime.is_dry_run():
        _hold_to_plan(stack, given)
    return given


def _hold_to_plan(stack: str, given: GateInput) -> None:
    """A program cannot see which plan the engine is held to; the operation that holds it says so.

    Raises:
        pulumi.RunError: nothing says that the engine is held to the plan that was approved.
    """
    if given.plan is None or os.environ.get(VARIABLE) != given.plan.plan:
        raise pulumi.RunError(
            f"{stack} takes {given.release.id} by the plan that was approved alone; next: openim-cicd deploy {stack}"
        )


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
