"""Label sets: what issues and pull requests of a repository can be marked with."""

from pydantic import Field, model_validator

from model.base import Model
from model.estate.duplicates import duplicates
from model.names import Color

NAME_LENGTH = 50
DESCRIPTION_LENGTH = 100


class Label(Model):
    """One label."""

    name: str = Field(min_length=1, max_length=NAME_LENGTH, pattern=r"^\S(.*\S)?$")
    color: Color
    description: str = Field(default="", max_length=DESCRIPTION_LENGTH)


class LabelsFile(Model):
    """``estate/labels.yaml``: label sets by name. A repository takes one of them."""

    sets: dict[str, tuple[Label, ...]]

    @model_validator(mode="after")
    def _distinct(self) -> "LabelsFile":
        for name, labels in self.sets.items():
            if twice := duplicates(label.name for label in labels):
                raise ValueError(f"labels {twice} stand twice in set {name!r}; GitHub ignores case in their names")
        return self
