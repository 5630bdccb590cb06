"""``estate/pipelines.yaml``: the pipelines by name and everything whose version they fix."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import Field, model_validator

from model.base import Model
from model.estate.duplicates import duplicates
from model.pipeline import golang, infrastructure
from model.pipeline.actions import Action, Actions
from model.pipeline.workflow import Workflow


@dataclass(frozen=True)
class Surroundings:
    """What the workflows need to know of the rest of the estate."""

    infrastructure_repository: str
    stages: tuple[infrastructure.Stage, ...] = ()
    """In the order in which they are deployed."""
    pipelines: Mapping[str, str | None] | None = None
    """The pipeline of each repository; default none."""


Infrastructure = infrastructure.Pipeline


class PipelinesFile(Model):
    """``estate/pipelines.yaml``."""

    actions: tuple[Action, ...]
    """The only actions that workflows use."""
    tools: golang.Tools
    pipelines: dict[str, golang.Pipeline] = Field(default_factory=dict)
    """Pipelines of Go repositories, by name."""
    infrastructure: dict[str, Infrastructure] = Field(default_factory=dict)
    """Pipelines of the infrastructure repository, by name: previews, releases, deployments, commands, drift."""

    @model_validator(mode="after")
    def _complete(self) -> "PipelinesFile":
        if twice := duplicates(action.action for action in self.actions):
            raise ValueError(f"actions {twice} stand twice")
        if both := sorted(set(self.pipelines) & set(self.infrastructure)):
            raise ValueError(f"{both} stand under pipelines and under infrastructure; rename one")
        used = {*golang.ACTIONS, *(infrastructure.ACTIONS if self.infrastructure else ())}
        if missing := sorted(used - {action.action for action in self.actions}):
            raise ValueError(f"actions {missing} are used by pipelines and missing from the table")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """Every pipeline's name, sorted."""
        return tuple(sorted([*self.pipelines, *self.infrastructure]))

    def workflows(self, around: Surroundings) -> dict[str, tuple[Workflow, ...]]:
        """The workflows of each pipeline, by the pipeline's name."""
        actions, own = Actions(self.actions), around.infrastructure_repository
        made = {name: (golang.workflow(name, one, self.tools, actions, own),) for name, one in self.pipelines.items()}
        sources = [*self._built(around), own]
        return made | {
            name: infrastructure.workflows(name, one, around.stages, sources, actions)
            for name, one in self.infrastructure.items()
        }

    def _built(self, around: Surroundings) -> Sequence[str]:
        """Repositories that images are built from."""
        building = {name for name, pipeline in self.pipelines.items() if pipeline.images}
        return [repository for repository, pipeline in (around.pipelines or {}).items() if pipeline in building]
