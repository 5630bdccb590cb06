"""The gate inside the program: `pulumi up` of a change that may not be deployed registers nothing."""

import os
from pathlib import Path

import pulumi

from delivery.errors import Refused, Unanswered
from delivery.gate_input import gather
from delivery.program_outputs import outputs_of
from model.gate import decide, needs_plan
from model.gate_input import GateInput
from model.saved_plan import VARIABLE
from model.settings import NAMESPACE, written


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
