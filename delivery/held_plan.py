"""Whether the plan that was approved can still be applied, and the plan itself, for an update that is held to it."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from delivery.engine import Engine
from delivery.errors import Refused
from delivery.plans import plans
from delivery.update import HeldPlan
from model import saved_plan
from model.gate import always
from model.gate_input import GateInput
from model.saved_plan import PlanError, PlanFile, SavedPlan

SHOWN = 5
"""Things that have moved which are named; of the rest, the number."""


def held_to(given: GateInput, root: Path, environment: Mapping[str, str]) -> tuple[GateInput, HeldPlan | None]:
    """What the gate is to know of the change's saved plan, and that plan, where it can be applied.

    What needs nobody's word needs no plan either. A deployment that goes on after an interruption is held to its plan
    as long as nothing has been applied yet; afterwards the state has moved, and the change is finished without it.

    Raises:
        SettingsError: the stage's settings name variables that are not set.
    """
    plan = given.plan
    if plan is None or not given.policy.approval.require_saved_plan:
        return given, None
    try:
        saved, fault = look(root, given.stage, plan, environment)
    except Refused as error:
        saved, fault = None, f"cannot be looked at: {error}"
    given = given if always(given) else replace(given, plan_fault=fault)
    return given, HeldPlan(plan.plan, saved.plan) if saved and not fault else None


def look(root: Path, stage: str, plan: PlanFile, environment: Mapping[str, str]) -> tuple[SavedPlan | None, str]:
    """The plan that a file names, if it opens; and why it cannot be applied, if so.

    Raises:
        Refused: registry or backend do not answer.
        SettingsError: the stage's settings name variables that are not set.
    """
    try:
        saved = plans(root, stage, environment).get(plan.artifact, plan.fingerprint)
        if plan.told_wrongly(saved):
            return None, "does not do what its file says"
    except PlanError as error:
        return None, str(error)
    moved = saved_plan.moved(saved.state, saved_plan.state_of(Engine(root, environment).state(stage)))
    if not moved:
        return saved, ""
    more = f" and {len(moved) - SHOWN} more" if len(moved) > SHOWN else ""
    return saved, f"is older than the state: {', '.join(moved[:SHOWN])}{more}"
