"""The workflows of the infrastructure repository: previews, releases, deployments, people's commands, drift.

Each step runs one command of this project. Not in it: credentials. They are secrets of the environments named in
``common``, set by the operator: production's must not stand in the state of the stack that declares the workflows.
"""

from collections.abc import Sequence

from model.pipeline.actions import Actions
from model.pipeline.infrastructure import commands, deploy, drift, preview, release
from model.pipeline.infrastructure.common import ACTIONS, MACHINE, PREVIEW, PREVIEWED, Frame, Pipeline, Stage
from model.pipeline.workflow import Workflow

__all__ = ["ACTIONS", "MACHINE", "PREVIEW", "PREVIEWED", "Pipeline", "Stage", "workflows"]


def workflows(
    name: str, pipeline: Pipeline, stages: Sequence[Stage], repositories: Sequence[str], actions: Actions
) -> tuple[Workflow, ...]:
    """The workflow files, with jobs for ``stages`` in the order in which they are deployed.

    ``repositories`` are those that a release is made from, and the infrastructure repository itself.
    """
    origin = f"openim-cicd, estate/pipelines.yaml: infrastructure.{name}"
    frame = Frame(origin, pipeline, tuple(stages), tuple(repositories), actions)
    return tuple(make(frame) for make in (preview.make, release.make, deploy.make, commands.make, drift.make))
