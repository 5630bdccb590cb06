"""The one table of actions that workflows may use, each pinned to a commit."""

from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import Field

from model.base import Model
from model.names import ActionName, Commit


class Action(Model):
    """An action at one commit. Tags move; the commit that a version's tag named when it was recorded does not."""

    action: ActionName
    version: str = Field(pattern=r"^(v[0-9]+(\.[0-9]+){0,2}|master|main)$")
    """The version for readers and update bots, e.g. ``v6.0.2``; the branch where the commit is of no version."""
    commit: Commit


@dataclass(frozen=True)
class Uses:
    """A step's reference to an action, or to one in a folder of its repository."""

    action: Action
    folder: str = ""

    @property
    def reference(self) -> str:
        """``owner/name[/folder]@commit``."""
        path = f"{self.action.action}/{self.folder}" if self.folder else self.action.action
        return f"{path}@{self.action.commit}"


class Actions:
    """Looks actions up by name."""

    def __init__(self, actions: Iterable[Action]) -> None:
        self._by_name = {action.action: action for action in actions}

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def use(self, name: str) -> Uses:
        """``owner/name[/folder]`` at its pinned commit.

        Raises:
            KeyError: the table does not hold it.
        """
        owner, repository, *folder = name.split("/")
        return Uses(self._by_name[f"{owner}/{repository}"], "/".join(folder))
