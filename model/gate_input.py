"""Everything that the gate looks at for one change to one stage, and what follows from it: parts, policy, what runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from model import ledger
from model.approval import Approval, Promotion
from model.approvals_file import Given
from model.fingerprint import Parts, ReleasePart, Trees, parts_of
from model.ledger import Actor, Entries
from model.people import Teams
from model.policy import NOBODY, Policy, changes, ids, of, recorded, resolved
from model.provenance import Provenance
from model.release import Release
from model.saved_plan import PlanFile
from model.signing import Signing


@dataclass(frozen=True)
class WayBack:
    """The release that a stage can go back to; without an id where there is none."""

    release: str = ""
    images: Mapping[str, str] = field(default_factory=dict)

    @property
    def data(self) -> dict[str, object]:
        """As a stack's outputs hold it."""
        return {"release": self.release, "images": dict(self.images)}


@dataclass(frozen=True)
class Deployed:
    """What a stack's outputs say it runs."""

    release: str
    images: Mapping[str, str]
    fingerprint: str
    signed: ReleasePart | None = None
    """What of the release its fingerprint covers; None where nobody recorded it."""
    policy: Policy | None = None
    """Who decided about it; None where nobody recorded it."""
    way_back: WayBack = WayBack()
    """Where to go back to, as it was told when this was deployed."""


@dataclass(frozen=True)
class Unreachable:
    """Nobody can tell what the other stage runs."""

    reason: str


@dataclass(frozen=True)
class GateInput:
    """Everything that counts."""

    stage: str
    release: Release
    settings: Mapping[str, Any]
    """The stage's settings as written, without the release and without secrets' values (``model.fingerprint``)."""
    trees: Trees
    """Git's ids of what brings it up."""
    promotion: Promotion | None
    approval: Approval
    teams: Teams
    """These three, and ``signing``, are only declared: the policy in force decides."""
    now: datetime
    own: Entries = ()
    deployed: Deployed | None = None
    """What this stage's outputs say; None where nothing was deployed."""
    source: Entries = ()
    """The ledger of the stage that releases come from, by the policy in force."""
    source_deployed: Deployed | Unreachable | None = None
    approvals: tuple[Given, ...] = ()
    """Those recorded for this fingerprint."""
    void: tuple[str, ...] = ()
    """What is recorded as an approval and is nobody's word, in words."""
    proposers: tuple[Actor, ...] = ()
    moved: tuple[str, ...] = ()
    """What is no longer as it was when this release was proposed, if anything."""
    signing: Signing = NOBODY
    provenance: Provenance | None = None
    """As it is declared."""
    unproven: tuple[str, ...] = ()
    """New images that the declared CI has not vouched for, in words, as far as somebody has looked."""
    plan: PlanFile | None = None
    """The saved plan of this very change; None where there is none."""
    plan_fault: str = ""
    """Why the saved plan cannot be applied, as far as somebody has looked."""

    def __post_init__(self) -> None:
        # Only in UTC does Python count real hours where clocks are changed.
        object.__setattr__(self, "now", self.now.astimezone(UTC))

    @cached_property
    def parts(self) -> Parts:
        """What an approval must be for."""
        return parts_of(self.release, self.settings, self.trees)

    @cached_property
    def fingerprint(self) -> str:
        """The hash over ``parts``."""
        return self.parts.fingerprint

    @property
    def planned(self) -> str | None:
        """What an approval of this change names as its plan; None where there is none."""
        return self.plan.plan if self.plan else None

    @cached_property
    def declared(self) -> Policy:
        """The policy that the settings declare, down to the people."""
        found = resolved(self.approval, self.promotion, self.teams, ids((*self.source, *self.own)))
        return found.model_copy(update={"signing": self.signing, "provenance": self.provenance})

    @cached_property
    def policy(self) -> Policy:
        """The policy in force: the ledger's, else that of what is deployed; the declared one on an empty stage."""
        return self.recorded or self.declared

    @cached_property
    def recorded(self) -> Policy | None:
        """The policy in force, if anybody recorded it."""
        entry = recorded(self.own)
        if entry:
            return of(entry)
        told = self.deployed.policy if self.deployed else None
        return told.numbered(ids((*self.source, *self.own))) if told else None

    @cached_property
    def policy_changes(self) -> tuple[str, ...]:
        """What is declared otherwise than it is in force."""
        return tuple(changes(self.policy, self.declared))

    @cached_property
    def running(self) -> Deployed | None:
        """What this stage runs: by its outputs, else by its ledger."""
        entry = ledger.running(self.own)
        if self.deployed is None and entry is not None:
            parts = ledger.signed(self.own, entry.fingerprint)
            return Deployed(entry.release, entry.images, entry.fingerprint, parts.release if parts else None)
        return self.deployed

    @cached_property
    def way_back(self) -> WayBack:
        """The last other release that worked here and was not found bad; without a ledger, what the outputs tell."""
        entry = ledger.last_working(self.own, other_than=self.release.id)
        if entry:
            return WayBack(entry.release, entry.images)
        told = self.deployed.way_back if self.deployed and not self.own else WayBack()
        return told if told.release != self.release.id else WayBack()
