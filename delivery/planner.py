"""Saves the plan of a change: what the engine would do from here, sealed, kept beside the images, named in a file."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from delivery.engine import Engine
from delivery.errors import Refused
from delivery.former import checkout
from delivery.git import Clone
from delivery.plans import plans
from model import saved_plan
from model.saved_plan import PlanFile, SavedPlan

State = list[dict[str, Any]]
"""The resources of a stack, as its state holds them."""


@dataclass(frozen=True)
class Planner:
    """Plans changes of one clone."""

    clone: Clone
    environment: Mapping[str, str] = field(repr=False)
    """With the stage's backend, passphrase, registry and a kubeconfig that may look."""

    def of_commit(self, stage: str, commit: str, release: str, fingerprint: str) -> PlanFile:
        """The plan of what a commit declares, whatever is checked out; its ledger is the commit's own.

        Raises:
            Refused: the preview fails, or the registry does not take the plan.
        """
        with ThreadPoolExecutor(1) as pool:
            # What a stack knows is the same wherever it is asked; it takes as long as the checkout.
            asked = pool.submit(Engine(self.clone.root, self.environment).state, stage)
            with checkout(self.clone, commit, lent=(".venv",)) as path:
                return self._saved(stage, path, release, fingerprint, asked.result)

    def of_checkout(self, stage: str, root: Path, release: str, fingerprint: str) -> PlanFile:
        """The plan of what lies in ``root``.

        Raises:
            Refused: the preview fails, or the registry does not take the plan.
        """
        engine = Engine(root, self.environment)
        return self._saved(stage, root, release, fingerprint, lambda: engine.state(stage))

    def _saved(self, stage: str, root: Path, release: str, fingerprint: str, known: Callable[[], State]) -> PlanFile:
        kept, engine = plans(root, stage, self.environment), Engine(root, self.environment)
        # Before the preview: what moves while it runs is then seen as moved.
        state = saved_plan.state_of(_state(engine, stage, known))
        plan, policies = engine.plan(stage)
        saved = SavedPlan(state=state, plan=plan, policies=policies)
        return PlanFile(
            release=release,
            fingerprint=fingerprint,
            artifact=kept.put(saved, fingerprint),
            does=saved_plan.does(saved.plan),
            unknown=saved_plan.unknown_values(saved.plan),
            policies=saved.policies,
        )


def _state(engine: Engine, stage: str, known: Callable[[], State]) -> State:
    """What the stage's stack knows; it is made where there is none yet, which is asked only then: it takes a while."""
    try:
        return known()
    except Refused:
        engine.ensure(stage)
        return engine.state(stage)
