"""One deployment: what it works with, what it tells, what it records, and how it may end."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from delivery.cluster import Cluster, connect
from delivery.engine import Engine, Outcome, StoppedError, UpdateError
from delivery.errors import Refused
from delivery.gate_input import Unanswered
from delivery.git import Clone
from delivery.stage import Stage
from delivery.standing import Standing
from delivery.verify import Verifier
from model.evidence import Evidence, Part, Verdict
from model.ledger import WORKING, Entry, Kind, last
from model.policy import KEY

LOOK_EVERY = 1.0
"""Seconds between two looks at the cluster while an update runs."""


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


@dataclass
class Journal:
    """Tells what happens, and how long each phase took."""

    say: Callable[[str], None]
    progress: Callable[[str, int, str], None] = field(default=lambda *_: None)
    """Told a phase, a count and the last thing done."""
    phases: list[tuple[str, float]] = field(default_factory=list)

    def phase(self, name: str, since: float) -> None:
        """A phase has ended."""
        self.phases.append((name, time.monotonic() - since))

    def part(self, part: Part) -> None:
        """A part of the evidence is there."""
        self.say(f"{part.name}: {part.verdict} after {part.seconds:.1f}s")
        for reason in part.reasons:
            self.say(f"  {reason}")


@dataclass(frozen=True)
class Workplace:
    """Where an operation works: a clone, an environment, somebody who listens."""

    root: Path
    environment: Mapping[str, str] = field(repr=False)
    journal: Journal
    logs: Path
    """Folder of the engine's logs."""
    program: Path | None = None
    """Where the program is brought up from; default the clone."""

    @property
    def engine(self) -> Engine:
        """The engine, where the program is brought up from."""
        return Engine(self.program or self.root, self.environment)

    @property
    def clone(self) -> Clone:
        """The clone."""
        return Clone(self.root)

    def outputs(self, name: str) -> Mapping[str, Any]:
        """What the stack ``name`` has put out; nothing where there is no such stack.

        Raises:
            Unanswered: its backend does not answer.
        """
        try:
            return self.engine.outputs(name)
        except Refused as error:
            if "no stack named" in str(error):
                return {}
            raise Unanswered(str(error)) from None

    def standing(self, stage: str) -> Standing:
        """How the clone stands to its remote."""
        return Standing(self.clone, stage, self.journal.say)

    def update(self, name: str, watch: Callable[[], str | None] = lambda: None) -> Outcome:
        """Run the engine on the stack ``name``."""
        began = time.monotonic()
        try:
            return self.engine.up(
                name,
                self.logs / f"up-{name}.log",
                lambda n, last: self.journal.progress("update", n, last),
                self.journal.say,
                watch,
            )
        finally:
            self.journal.phase("update", began)


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

    def record(self, kind: Kind, reasons: tuple[str, ...] = (), evidence: Mapping[str, Any] | None = None) -> Entry:
        """One more entry of the stage's ledger, about this change."""
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
        return journal.append(
            kind, release=release, fingerprint=self.running or self.stage.fingerprint, reasons=reasons, evidence=facts
        )

    def _policy(self) -> dict[str, Any]:
        """What this deployment was to bring in force; it has worked."""
        begun = last(self.standing.ledger.entries(), Kind.DEPLOYING)
        return {KEY: begun.evidence[KEY]} if begun and KEY in begun.evidence else {}

    def update(self) -> Outcome:
        """Run the engine, watched: pods beyond hope or a rollout that takes too long stop it.

        Raises:
            StoppedError: it was stopped, with the reason.
            UpdateError: the engine failed.
        """
        limit = self.stage.settings.verification.rollout_within.total_seconds()
        return self.place.update(self.stage.name, _Watch(self.verifier(), time.monotonic() + limit))

    def verify(self, started: float) -> Evidence:
        """Prove what runs."""
        began = time.monotonic()
        try:
            return self.verifier().verify(started)
        finally:
            self.journal.phase("verification", began)

    def update_and_verify(self) -> Evidence:
        """Both; an update that failed is evidence too. Leaves ``deployed`` where the update came to its end."""
        began = time.monotonic()
        try:
            outcome = self.update()
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
