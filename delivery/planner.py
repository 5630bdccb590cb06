"""Saves the plan of a change: what the engine would do from here, sealed, kept beside the images, named in a file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from delivery.engine import Engine
from delivery.former import checkout
from delivery.git import Clone
from delivery.plans import plans
from model import saved_plan
from model.saved_plan import PlanFile, SavedPlan


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
        with checkout(self.clone, commit, lent=(".venv",)) as path:
            return self.of_checkout(stage, path, release, fingerprint)

    def of_checkout(self, stage: str, root: Path, release: str, fingerprint: str) -> PlanFile:
        """The plan of what lies in ``root``.

        Raises:
            Refused: the preview fails, or the registry does not take the plan.
        """
        kept, engine = plans(root, stage, self.environment), Engine(root, self.environment)
        engine.ensure(stage)
        # Before the preview: what moves while it runs is then seen as moved.
        state = saved_plan.state_of(engine.state(stage))
        saved = SavedPlan(state=state, plan=engine.plan(stage))
        return PlanFile(
            release=release,
            fingerprint=fingerprint,
            artifact=kept.put(saved, fingerprint),
            does=saved_plan.does(saved.plan),
            unknown=saved_plan.unknown_values(saved.plan),
        )
