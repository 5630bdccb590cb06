"""One deployment: what it does, what it records, and how it may end."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from delivery.cluster import Cluster, connect
from delivery.engine import Again
from delivery.engine_words import Outcome, PlanViolated, StoppedError, UpdateError
from delivery.git import Clone
from delivery.ledger import counted
from delivery.stage import Stage
from delivery.standing import Standing
from delivery.update import HeldPlan
from delivery.verify import Verifier
from delivery.workplace import Journal, Workplace
from model.evidence import Evidence, Part, Verdict
from model.ledger import ENDING, WORKING, Entry, Kind, last
from model.policy import KEY

LOOK_EVERY = 1.0
"""Seconds between two looks at the cluster while an update runs."""


class OvertakenError(Exception):
    """Somebody else deployed the stage while this deployment waited for it: everything is to be looked at anew."""


class Ending(StrEnum):
    """How a deployment ended."""

    VERIFIED = "verified"
    ALREADY = "already verified"
    OVERTAKEN = "overtaken"
    REFUSED = "refused"
    ROLLED_BACK = "rolled back"
    FAILED = "failed"
    ERRORED = "errored"
    UPDATED = "updated"
    """A stack without an environment was brought up."""

    @property
    def is_good(self) -> bool:
        """Whether nobody has to do anything."""
        return self in {Ending.VERIFIED, Ending.ALREADY, Ending.OVERTAKEN, Ending.UPDATED}


@dataclass(frozen=True)
class Result:
    """What became of it."""

    ending: Ending
    text: str
    evidence: Evidence | None = None


@dataclass(frozen=True)
class Deployment:
    """One stage's deployment."""

    place: Workplace
    stage: Stage
    running: str = ""
    """The fingerprint of what is looked at, where it is not about to be deployed: the clone may have moved on."""

    @property
    def journal(self) -> Journal:
        """Who is told."""
        return self.place.journal

    @property
    def standing(self) -> Standing:
        """How the clone stands to its remote."""
        return self.place.standing(self.stage.name)

    def verifier(self) -> Verifier:
        """Looks at the stage's cluster.

        Raises:
            ClusterError: its kubeconfig cannot be used.
        """
        return Verifier(self.cluster(), self.stage.expected, self.journal.part)

    def cluster(self) -> Cluster:
        """The stage's cluster."""
        cluster = self.stage.declared.cluster
        return connect(cluster.kubeconfig, cluster.namespace)

    def record(
        self,
        kind: Kind,
        reasons: tuple[str, ...] = (),
        evidence: Mapping[str, Any] | None = None,
        *,
        fingerprint: str | None = None,
    ) -> Entry:
        """One more entry of the stage's ledger, about this change; ``fingerprint`` is its own unless one is given."""
        release_ = self.stage.release
        sources = {name: one.commit for name, one in release_.sources.items()}
        facts = {
            "images": dict(release_.images),
            "sources": sources,
            "commit": Clone(self.place.program or self.place.root).head(),
        }
        facts |= {"signed": self.stage.parts.model_dump(mode="json")} if kind is Kind.DEPLOYING else {}
        facts |= self._policy() if kind in WORKING else {}
        facts |= dict(evidence or {})
        journal, release = self.standing.ledger, self.stage.release.id
        if fingerprint is None:
            fingerprint = self.running or self.stage.fingerprint
        return journal.append(kind, release=release, fingerprint=fingerprint, reasons=reasons, evidence=facts)

    def entries(self) -> tuple[Entry, ...]:
        """What of the stage's ledger is proof.

        Raises:
            Refused: it cannot be read, or somebody has tampered with it.
        """
        return counted(self.stage.name, self.standing.ledger.entries(), self.stage.settings.signing)

    def _policy(self) -> dict[str, Any]:
        """What this deployment was to bring in force; it has worked."""
        begun = last(self.standing.ledger.entries(), Kind.DEPLOYING)
        return {KEY: begun.evidence[KEY]} if begun and KEY in begun.evidence else {}

    def update(self, again: Again = lambda: None, plan: HeldPlan | None = None) -> Outcome:
        """Run the engine, watched: pods beyond hope or a rollout that takes too long stop it.

        Raises:
            StoppedError: it was stopped, with the reason.
            PlanViolated: it would do something else than ``plan``.
            UpdateError: the engine failed.
        """
        limit = self.stage.settings.verification.rollout_within.total_seconds()
        watch = _Watch(self.verifier(), time.monotonic() + limit)
        return self.place.update(self.stage.name, watch, again, plan)

    def unless_overtaken(self) -> Again:
        """Raises OvertakenError once the ledger tells of a deployment's end that it does not tell of now."""
        known = len(self.standing.ledger.entries())

        def again() -> None:
            self.standing.refresh()
            if last(self.standing.ledger.entries()[known:], *ENDING):
                raise OvertakenError

        return again

    def verify(self, started: float) -> Evidence:
        """Prove what runs."""
        began = time.monotonic()
        try:
            return self.verifier().verify(started)
        finally:
            self.journal.phase("verification", began)

    def update_and_verify(self, again: Again = lambda: None, plan: HeldPlan | None = None) -> Evidence:
        """Both; an update that failed is evidence too. Leaves ``deployed`` where the update came to its end."""
        began = time.monotonic()
        try:
            outcome = self.update(again, plan)
        except PlanViolated as error:
            # Nothing was applied: what runs is as well or as sick as before.
            return self._unhealthy(Verdict.ERRORED, str(error), began)
        except StoppedError as error:
            return self._unhealthy(Verdict.FAILED, error.reason, began)
        except UpdateError as error:
            sick = self.verifier().sickness()
            return self._unhealthy(Verdict.FAILED if sick else Verdict.ERRORED, sick or str(error), began)
        self.record(Kind.DEPLOYED, evidence={"resources": outcome.resources, "changes": outcome.changes})
        return self.verify(began)

    def _unhealthy(self, verdict: Verdict, reason: str, began: float) -> Evidence:
        part = Part("update", verdict, time.monotonic() - began, (reason,))
        self.journal.part(part)
        return Evidence(self.stage.release.images, [part])


@dataclass
class _Watch:
    """Why a running update is to be stopped."""

    verifier: Verifier
    deadline: float
    next_look: float = 0.0

    def __call__(self) -> str | None:
        now = time.monotonic()
        if now < self.next_look:
            return None
        self.next_look = now + LOOK_EVERY
        sick = self.verifier.sickness()
        if sick or now < self.deadline:
            return sick
        return f"not rolled out within the time that verification.rolloutWithin gives ({self.verifier.pending()})"
