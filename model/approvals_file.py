"""``approvals/<stage>/<fingerprint>.yaml``: who approved one change, as the machine recorded it from GitHub."""

from typing import Literal

from pydantic import Field, model_validator

from model.base import Model
from model.fingerprint import FingerprintHash
from model.ledger import Actor, Instant, person
from model.names import Login


class Given(Model):
    """One approval."""

    login: Login
    id: int = Field(ge=1)
    """GitHub's id: a login can be given up and taken by somebody else."""
    at: Instant
    how: Literal["review", "environment", "command"]
    """A pull request's review, a deployment environment's, or `openim-cicd approve`."""
    fingerprint: FingerprintHash

    @property
    def actor(self) -> Actor:
        """Who gave it."""
        return Actor(login=self.login, id=self.id)


class ApprovalsFile(Model):
    """One file; it approves nothing but its own fingerprint."""

    proposers: tuple[Actor, ...] = ()
    """Who proposed the change: the promotion's author and whoever committed to it."""
    approvals: tuple[Given, ...] = ()

    @model_validator(mode="after")
    def _one_each(self) -> "ApprovalsFile":
        people = [person(one.actor) for one in self.approvals]
        if twice := sorted({one.login for one in self.approvals if people.count(person(one.actor)) > 1}):
            raise ValueError(f"{twice} approved twice: one approval each")
        if len({one.fingerprint for one in self.approvals}) > 1:
            raise ValueError("holds approvals of several fingerprints: one file each")
        return self
