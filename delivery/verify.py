"""Proof that a stage runs what it should: images read back, rollouts complete, pods ready, Services answer and stay.

Looks are cheap and frequent; what they prove is judged in `model.evidence`. A cluster that does not answer for a
moment is asked again; one that stays silent makes the part errored, not failed.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from delivery.cluster import Cluster, ClusterError
from model.application import SmokeCheck
from model.evidence import (
    Evidence,
    Judgement,
    Observation,
    Part,
    Verdict,
    judge_answer,
    judge_calm,
    judge_images,
    judge_pods,
    judge_rollout,
)
from model.verification import Verification

PAUSE = 0.5
"""Seconds between two looks."""
SILENCE = 30.0
"""Seconds for which a cluster may be silent."""

Progress = Callable[[Part], None]


@dataclass(frozen=True)
class Expected:
    """What should run."""

    images: Mapping[str, str]
    """Digest by image, as the release names them."""
    workloads: Mapping[str, str]
    """Image reference by workload."""
    checks: Sequence[SmokeCheck]
    times: Verification


@dataclass(frozen=True)
class Verifier:
    """Looks at one cluster."""

    cluster: Cluster
    expected: Expected
    progress: Progress = field(default=lambda _: None, repr=False)
    clock: Callable[[], float] = field(default=time.monotonic, repr=False)
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)

    def verify(self, started: float | None = None) -> Evidence:
        """All the evidence, up to the first part that is not proven.

        ``started`` is when the update began, by the same clock: the time for the rollout counts from there.
        """
        evidence = Evidence(self.expected.images)
        begun = self.clock() if started is None else started
        steps: tuple[Callable[[], list[Part]], ...] = (lambda: self._rolled_out(begun), self._smoke, self._settled)
        for prove in steps:
            parts = prove()
            evidence.parts.extend(parts)
            for part in parts:
                self.progress(part)
            if evidence.verdict is not Verdict.PASSED:
                break
        return evidence

    def sickness(self) -> str | None:
        """What is beyond hope right now, while an update may still be going on; None where nothing is."""
        try:
            seen = self.cluster.observe()
        except ClusterError:
            return None
        found = judge_pods(self.expected.workloads, seen)
        return "; ".join(found.reasons) if found.verdict is Verdict.FAILED else None

    def pending(self) -> str:
        """What is still awaited, in a few words."""
        try:
            seen = self.cluster.observe()
        except ClusterError as error:
            return str(error)
        wanted = self.expected.workloads
        found = (judge_images(wanted, seen, final=False), judge_rollout(wanted, seen), judge_pods(wanted, seen))
        return "; ".join(reason for one in found for reason in one.reasons) or "nothing that can be seen"

    def _rolled_out(self, started: float) -> list[Part]:
        wanted = self.expected.workloads
        judges: dict[str, Callable[[Observation], Judgement]] = {
            "images": lambda seen: judge_images(wanted, seen, final=True),
            "rollout": lambda seen: judge_rollout(wanted, seen),
            "pods": lambda seen: judge_pods(wanted, seen),
        }
        deadline = max(started + self.expected.times.rollout_within.total_seconds(), self.clock() + PAUSE)
        begun, passed = self.clock(), dict[str, float]()
        while True:
            seen, trouble = self._look()
            if seen is None:
                return [Part("cluster", Verdict.ERRORED, self.clock() - begun, (trouble,))]
            verdicts = {name: judge(seen) for name, judge in judges.items()}
            for name, found in verdicts.items():
                if found.verdict is Verdict.PASSED:
                    passed.setdefault(name, self.clock() - begun)
                else:
                    passed.pop(name, None)
            is_late = self.clock() > deadline
            if is_late or all(one.verdict is not Verdict.PENDING for one in verdicts.values()) or _has_failed(verdicts):
                return [self._part(name, one, passed.get(name, self.clock() - begun)) for name, one in verdicts.items()]
            self.sleep(PAUSE)

    def _part(self, name: str, found: Judgement, seconds: float) -> Part:
        """A part whose time is up has failed."""
        verdict = Verdict.FAILED if found.verdict is Verdict.PENDING else found.verdict
        return Part(name, verdict, seconds, found.reasons)

    def _smoke(self) -> list[Part]:
        checks = self.expected.checks
        if not checks:
            return [Part("smoke", Verdict.PASSED, 0.0)]
        with ThreadPoolExecutor(max_workers=len(checks)) as pool:
            return list(pool.map(self._check, checks))

    def _check(self, check: SmokeCheck) -> Part:
        begun = self.clock()
        deadline = begun + self.expected.times.smoke_within.total_seconds()
        while True:
            try:
                found = judge_answer(check, *self.cluster.ask(check))
            except ClusterError as error:
                found = Judgement(Verdict.ERRORED, (str(error),))
            seconds = self.clock() - begun
            if found.verdict is Verdict.PASSED or self.clock() > deadline:
                return self._part(f"smoke {check.title}", found, seconds)
            self.sleep(PAUSE)

    def _settled(self) -> list[Part]:
        """For a while nothing restarts, becomes unready or changes; then the smoke checks are asked once more."""
        begun = self.clock()
        before, trouble = self._look()
        until = begun + self.expected.times.settle.total_seconds()
        while before is not None:
            seen, trouble = self._look()
            if seen is None:
                break
            for found in (
                judge_images(self.expected.workloads, seen, final=True),
                judge_calm(before, seen),
                self._pods(seen),
            ):
                if found.verdict is Verdict.FAILED:
                    return [Part("settled", Verdict.FAILED, self.clock() - begun, found.reasons)]
            if self.clock() >= until:
                return [Part("settled", Verdict.PASSED, self.clock() - begun), *self._again()]
            self.sleep(PAUSE)
        return [Part("settled", Verdict.ERRORED, self.clock() - begun, (trouble,))]

    def _pods(self, seen: Observation) -> Judgement:
        found = judge_pods(self.expected.workloads, seen)
        return Judgement(Verdict.FAILED, found.reasons) if found.verdict is Verdict.PENDING else found

    def _again(self) -> list[Part]:
        return [part for part in self._smoke() if part.verdict is not Verdict.PASSED]

    def _look(self) -> tuple[Observation | None, str]:
        """What runs now; nothing, and why, where the cluster stays silent."""
        deadline = self.clock() + SILENCE
        while True:
            try:
                return self.cluster.observe(), ""
            except ClusterError as error:
                if self.clock() > deadline:
                    return None, str(error)
            self.sleep(PAUSE)


def _has_failed(verdicts: Mapping[str, Judgement]) -> bool:
    return any(one.verdict is Verdict.FAILED for one in verdicts.values())
