"""``estate/pipelines.yaml``: the pipelines by name and everything whose version they fix."""

from pydantic import Field, model_validator

from model.base import Model
from model.estate.duplicates import duplicates
from model.pipeline import golang
from model.pipeline.actions import Action, Actions
from model.pipeline.workflow import Workflow


class PipelinesFile(Model):
    """``estate/pipelines.yaml``."""

    actions: tuple[Action, ...]
    """The only actions that workflows use."""
    tools: golang.Tools
    pipelines: dict[str, golang.Pipeline] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _complete(self) -> "PipelinesFile":
        if twice := duplicates(action.action for action in self.actions):
            raise ValueError(f"actions {twice} stand twice")
        if missing := sorted(set(golang.ACTIONS) - {action.action for action in self.actions}):
            raise ValueError(f"actions {missing} are used by pipelines and missing from the table")
        return self

    def workflows(self) -> dict[str, Workflow]:
        """The workflow of each pipeline, by the pipeline's name."""
        actions = Actions(self.actions)
        return {name: golang.workflow(name, one, self.tools, actions) for name, one in self.pipelines.items()}
