"""Teams of the organisation and who is in them. The organisation's own membership is not declared here."""

import re
from typing import Literal

from pydantic import Field, model_validator

from model.base import Model
from model.estate.duplicates import duplicates
from model.names import Login

Role = Literal["member", "maintainer"]


class Member(Model):
    """A person in a team."""

    login: Login
    role: Role = "member"
    """``maintainer`` may change the team; default ``member``."""


class Adopted(Model):
    """A team that exists already."""

    id: int = Field(ge=1)
    """Its GitHub id; a team is imported by id, since its slug follows its name."""


class Team(Model):
    """One team with exactly these members: whoever else is in it is removed."""

    name: str = Field(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9]([A-Za-z0-9 ._-]*[A-Za-z0-9])?$")
    description: str = Field(default="", max_length=350)
    privacy: Literal["closed", "secret"] = "closed"
    """``closed`` is visible to the organisation, ``secret`` to its members only; default ``closed``."""
    notifications: bool = True
    """Whether its members hear of mentions of the team; default yes."""
    adopt: Adopted | None = None
    members: tuple[Member, ...] = ()

    @property
    def slug(self) -> str:
        """How others refer to the team: ``OpenIM-maintainers`` is ``openim-maintainers``."""
        return re.sub(r"[^a-z0-9_]+", "-", self.name.lower()).strip("-")

    @property
    def logins(self) -> frozenset[str]:
        """Who is in it, in lower case."""
        return frozenset(member.login.lower() for member in self.members)

    @model_validator(mode="after")
    def _distinct(self) -> "Team":
        if twice := duplicates(member.login for member in self.members):
            raise ValueError(f"members {twice} stand twice")
        return self


class TeamsFile(Model):
    """``estate/teams.yaml``."""

    teams: tuple[Team, ...]

    @model_validator(mode="after")
    def _distinct(self) -> "TeamsFile":
        if twice := duplicates(team.slug for team in self.teams):
            raise ValueError(f"teams {twice} stand twice")
        return self
