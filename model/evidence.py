"""What a cluster shows of a deployment, and what that proves: a pure judgement of things seen.

Failed means that it is bad: more waiting would not help. Pending may still come. That nobody could look is neither:
the caller finds out, and calls it errored.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from model.application import SmokeCheck

CRASHES = 3
"""Restarts after which a container that waits to be restarted again is given up."""
HOPELESS = ("InvalidImageName", "ErrImageNeverPull")
"""Reasons to wait that no time mends (Kubernetes: container states)."""
CRASHING = "CrashLoopBackOff"
SHOWN = 6
"""Reasons that are told one by one; of the rest, the number."""


class Verdict(StrEnum):
    """What is known."""

    PASSED = "passed"
    PENDING = "pending"
    FAILED = "failed"
    ERRORED = "errored"


@dataclass(frozen=True)
class Container:
    """A container of a pod."""

    name: str
    image: str
    """As the pod asks for it."""
    image_id: str
    """What the node runs; empty before it runs."""
    restarts: int
    waits: str
    """Reason for which it waits; empty where it runs."""
    message: str
    """What the node says to that."""


@dataclass(frozen=True)
class Pod:
    """A pod that is not being deleted."""

    name: str
    uid: str
    workload: str
    ready: bool
    containers: tuple[Container, ...]


@dataclass(frozen=True)
class Workload:
    """A Deployment or StatefulSet."""

    name: str
    images: tuple[str, ...]
    """Of its pods' template."""
    desired: int
    updated: int
    """Pods of the newest template."""
    ready: int
    existing: int
    """Pods of any template."""
    observed: bool
    """Whether its controller has seen the newest version."""
    stalled: str
    """Why its controller gave up; empty where it did not."""


@dataclass(frozen=True)
class Observation:
    """Everything that runs, by workload, at one moment."""

    workloads: Mapping[str, Workload]
    pods: Sequence[Pod]

    def restarts(self) -> dict[tuple[str, str], int]:
        """Restarts of each container, by its pod and name."""
        return {(pod.name, one.name): one.restarts for pod in self.pods for one in pod.containers}


@dataclass(frozen=True)
class Judgement:
    """What one look proves, and why not more."""

    verdict: Verdict
    reasons: tuple[str, ...] = ()


@dataclass
class Part:
    """One thing that was to be proven."""

    name: str
    verdict: Verdict
    seconds: float
    reasons: tuple[str, ...] = ()

    def record(self) -> dict[str, Any]:
        """As it stands in the ledger."""
        found: dict[str, Any] = {"part": self.name, "verdict": str(self.verdict), "seconds": round(self.seconds, 1)}
        return {**found, "reasons": list(self.reasons)} if self.reasons else found


@dataclass
class Evidence:
    """All of it: what should run, and what was seen."""

    images: Mapping[str, str]
    """Digest by image."""
    parts: list[Part] = field(default_factory=list)

    @property
    def verdict(self) -> Verdict:
        """The worst of the parts; errored outweighs failed, as a failure seen badly may be none."""
        found = {part.verdict for part in self.parts}
        order = (Verdict.ERRORED, Verdict.FAILED, Verdict.PENDING)
        return next((one for one in order if one in found), Verdict.PASSED)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Every reason, by part."""
        return tuple(f"{part.name}: {reason}" for part in self.parts for reason in part.reasons)

    def record(self) -> dict[str, Any]:
        """As it stands in the ledger."""
        return {"images": dict(self.images), "parts": [part.record() for part in self.parts]}


def judge_images(expected: Mapping[str, str], seen: Observation, *, final: bool) -> Judgement:
    """Templates name exactly the expected images, by workload, and so do the nodes of what they run.

    ``final``: nobody is changing anything any more, so that a wrong template stays wrong.
    """
    wrong = [*_wrong_templates(expected, seen)]
    if wrong:
        return Judgement(Verdict.FAILED if final else Verdict.PENDING, _shortened(wrong))
    other = [*_wrong_nodes(expected, seen)]
    return Judgement(Verdict.FAILED, _shortened(other)) if other else Judgement(Verdict.PASSED)


def judge_rollout(expected: Mapping[str, str], seen: Observation) -> Judgement:
    """Every workload has replaced all its pods, and no controller has given up."""
    stalled = [f"{one.name}: {one.stalled}" for one in _found(expected, seen) if one.stalled]
    if stalled:
        return Judgement(Verdict.FAILED, _shortened(stalled))
    unfinished = [
        f"{one.name}: {one.updated} of {one.desired} pods replaced, {one.existing} in all"
        for one in _found(expected, seen)
        if not one.observed or one.updated < one.desired or one.existing != one.desired
    ]
    missing = [f"{name}: is not there" for name in expected if name not in seen.workloads]
    pending = [*missing, *unfinished]
    return Judgement(Verdict.PENDING, _shortened(pending)) if pending else Judgement(Verdict.PASSED)


def judge_pods(expected: Mapping[str, str], seen: Observation) -> Judgement:
    """Every pod is ready; one that cannot become so has failed at once."""
    ours = [pod for pod in seen.pods if pod.workload in expected]
    current = [pod for pod in ours if any(one.image == expected[pod.workload] for one in pod.containers)]
    hopeless = [text for pod in current for text in _hopeless(pod)]
    if hopeless:
        return Judgement(Verdict.FAILED, _shortened(hopeless))
    short = [f"{one.name}: {one.ready} of {one.desired} ready" for one in _found(expected, seen) if _is_short(one)]
    waiting = [_waiting(pod) for pod in ours if not pod.ready]
    pending = [*short, *waiting]
    return Judgement(Verdict.PENDING, _shortened(pending)) if pending else Judgement(Verdict.PASSED)


def judge_calm(before: Observation, seen: Observation) -> Judgement:
    """Nothing has restarted, gone or come since ``before``."""
    old, new = before.restarts(), seen.restarts()
    found = [
        f"pod {pod}: {container} restarted {count - old[pod, container]} more times"
        for (pod, container), count in new.items()
        if count > old.get((pod, container), count)
    ]
    gone = sorted({pod.name for pod in before.pods} - {pod.name for pod in seen.pods})
    found += [f"pod {name} is gone, and nobody deployed anything" for name in gone]
    return Judgement(Verdict.FAILED, _shortened(found)) if found else Judgement(Verdict.PASSED)


def judge_answer(check: SmokeCheck, status: int, said: str) -> Judgement:
    """The answer has the declared status."""
    if status == check.status:
        return Judgement(Verdict.PASSED)
    told = f": {' '.join(said.split())[:160]}" if said else ""
    return Judgement(Verdict.PENDING, (f"{check.title} answers {status}, not {check.status}{told}",))


def _found(expected: Mapping[str, str], seen: Observation) -> Iterator[Workload]:
    return (seen.workloads[name] for name in expected if name in seen.workloads)


def _is_short(workload: Workload) -> bool:
    return workload.ready < workload.desired


def _wrong_templates(expected: Mapping[str, str], seen: Observation) -> Iterator[str]:
    for name, image in expected.items():
        workload = seen.workloads.get(name)
        if workload is None:
            yield f"{name}: is not there"
        elif image not in workload.images:
            yield f"{name}: asks for {', '.join(map(_short, workload.images))}, not {_short(image)}"


def _wrong_nodes(expected: Mapping[str, str], seen: Observation) -> Iterator[str]:
    for pod in seen.pods:
        for one in pod.containers:
            wanted, _, digest = one.image_id.rpartition("@")
            is_told = pod.workload in expected and bool(wanted) and one.image == expected[pod.workload]
            if is_told and digest != expected[pod.workload].rpartition("@")[2]:
                yield f"pod {pod.name}: runs {_short(one.image_id)}, not {_short(expected[pod.workload])}"


def _hopeless(pod: Pod) -> Iterator[str]:
    for one in pod.containers:
        if one.waits in HOPELESS or (one.waits == CRASHING and one.restarts >= CRASHES):
            yield f"pod {pod.name}: {one.name} {one.waits}, {one.restarts} restarts: {_plain(one.message)}"


def _waiting(pod: Pod) -> str:
    why = next((f"{one.waits}: {_plain(one.message)}" for one in pod.containers if one.waits), "is not ready")
    return f"pod {pod.name}: {why}"


def _plain(message: str) -> str:
    """Without the names of pod and container that a kubelet repeats at the end."""
    return message.partition(" container=")[0]


def _short(reference: str) -> str:
    """``openim-api@sha256:0123456789ab`` of a long reference."""
    path, _, digest = reference.partition("@")
    return f"{path.rpartition('/')[2]}@{digest[:19]}" if digest else path


def _shortened(reasons: Iterable[str]) -> tuple[str, ...]:
    all_of_them = sorted(set(reasons))
    rest = len(all_of_them) - SHOWN
    return tuple(all_of_them[:SHOWN] + ([f"and {rest} more"] if rest > 0 else []))
