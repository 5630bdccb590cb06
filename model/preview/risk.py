"""How much could go wrong: a grade, and every reason for it.

Read from types and operations, with a look at the few properties that matter most. It orders attention; it decides
nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from model.preview.changes import flatten
from model.preview.engine import Preview, Step
from model.preview.images import is_image

STATEFUL = frozenset(
    (
        "Namespace",
        "PersistentVolume",
        "PersistentVolumeClaim",
        "RandomBytes",
        "RandomId",
        "RandomPassword",
        "Repository",
        "Secret",
        "StatefulSet",
    )
)
"""Kinds that hold what cannot be made again: data, names, generated secrets."""
ACCESS = frozenset(
    (
        "ClusterRole",
        "ClusterRoleBinding",
        "NetworkPolicy",
        "Role",
        "RoleBinding",
        "ServiceAccount",
        "TeamMembers",
        "TeamMembership",
        "TeamRepository",
    )
)
"""Kinds that say who may do or reach what."""
RULES = frozenset(
    (
        "ActionsRepositoryPermissions",
        "BranchProtection",
        "LimitRange",
        "PodDisruptionBudget",
        "RepositoryEnvironment",
        "RepositoryEnvironmentDeploymentPolicy",
        "RepositoryRuleset",
        "ResourceQuota",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
    )
)
"""Kinds that hold others back."""
LIGHT = frozenset(("ConfigMap", "IssueLabel", "IssueLabels", "PodTemplate"))
"""Kinds that are made again as they were. A ConfigMap is replaced with each change: its name tells its content."""
FOLLOWERS = frozenset(("AdmittedImages", "PodTemplate"))
"""Kinds that say once more which images run: changing with them is no reason of its own."""
WORKLOADS = frozenset(("CronJob", "DaemonSet", "Deployment", "Job", "StatefulSet"))
OURS = ("openim-cicd:", "pulumi:")
"""Beginnings of types that stand for no thing outside: components, providers, the stack."""
SMALLER_IS_WEAKER = ("requiredApprovingReviewCount", "waitTimer", "minAvailable")
TRUE_IS_STRONGER = (
    "dismissStaleReviewsOnPush",
    "nonFastForward",
    "preventSelfReview",
    "requireCodeOwnerReview",
    "requiredLinearHistory",
    "requiredReviewThreadResolution",
    "shaPinningRequired",
    "strictRequiredStatusChecksPolicy",
)
FALSE_IS_STRONGER = ("canAdminsBypass",)
SHRINKING_WEAKENS = ("requiredChecks", "reviewers")
GROWING_WEAKENS = ("bypassActors",)


class Grade(IntEnum):
    """From hardly any to the kind that nobody undoes."""

    low = 0
    medium = 1
    high = 2
    critical = 3


@dataclass(frozen=True, order=True)
class Risk:
    """One reason."""

    grade: Grade
    reason: str


def risks(preview: Preview) -> tuple[Risk, ...]:
    """Every reason, the gravest first; each once."""
    found = {risk for step in preview.steps for risk in _of_step(step)}
    if preview.errors:
        found.add(Risk(Grade.high, "the preview failed: what would happen is not known"))
    return tuple(sorted(found, key=lambda risk: (-risk.grade, risk.reason)))


def _of_step(step: Step) -> Iterator[Risk]:
    thing = f"{step.kind} {step.name}"
    if step.unprotected:
        yield Risk(Grade.high, f"{thing} is no longer protected from deletion")
    if step.kind in FOLLOWERS and not step.deletes:
        return
    if step.deletes or step.replaces:
        yield Risk(_of_loss(step), f"{thing} is {'replaced' if step.replaces else 'deleted'}")
    elif step.old:
        yield from _of_update(step, thing)
    elif step.kind in ACCESS:
        yield Risk(Grade.medium, f"{thing} is new: it gives or takes access")


def _of_loss(step: Step) -> Grade:
    if step.kind in STATEFUL:
        return Grade.critical
    light = step.kind in LIGHT or step.type.startswith(OURS)
    return Grade.medium if light else Grade.high


def _of_update(step: Step, thing: str) -> Iterator[Risk]:
    old, new = flatten(step.old), flatten(step.new)
    changed = {path for path in {**old, **new} if old.get(path) != new.get(path)} | set(step.touched)
    if step.kind in ACCESS:
        yield Risk(Grade.high, f"{thing} changes who may do or reach what")
    if step.kind in RULES:
        weaker = sorted(set(_weakened(old, new)))
        grade = Grade.high if weaker else Grade.medium
        yield Risk(grade, f"{thing} is weakened: {', '.join(weaker)}" if weaker else f"{thing} changes")
    elif step.kind in WORKLOADS:
        yield from _of_workload(step, thing, changed)
    elif step.kind in STATEFUL:
        yield Risk(Grade.high, f"{thing} changes, and it holds what cannot be made again")
    elif changed and step.kind not in ACCESS and not step.type.startswith(OURS):
        yield Risk(Grade.medium, f"{thing} changes")


def _of_workload(step: Step, thing: str, changed: set[str]) -> Iterator[Risk]:
    before, after = (_replicas(inputs) for inputs in (step.old, step.new))
    if before and after == 0:
        yield Risk(Grade.high, f"{thing} is switched off: 0 replicas")
    elif before is not None and after is not None and after < before:
        yield Risk(Grade.medium, f"{thing} shrinks from {before} to {after} replicas")
    others = {path for path in changed if not is_image(path) and not path.endswith("spec.replicas")}
    if others:
        yield Risk(Grade.medium, f"{thing} changes in more than its image")
    elif any(map(is_image, changed)):
        yield Risk(Grade.low, "images change")


def _replicas(inputs: Any) -> int | None:
    spec = inputs.get("spec") if isinstance(inputs, dict) else None
    replicas = spec.get("replicas") if isinstance(spec, dict) else None
    return replicas if isinstance(replicas, int) else None


def _weakened(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    """Properties of a rule that hold back less than before."""
    for path in {**old, **new}:
        key, before, after = path.rpartition(".")[2], old.get(path), new.get(path)
        if key in SMALLER_IS_WEAKER and _number(after) < _number(before):
            yield key
        if (key in TRUE_IS_STRONGER and before is True and after is not True) or (
            key in FALSE_IS_STRONGER and before is False and after is not False
        ):
            yield key
        if key == "enforcement" and before == "active" != after:
            yield key
    for key in SHRINKING_WEAKENS:
        if _size(new, key) < _size(old, key):
            yield key
    for key in GROWING_WEAKENS:
        if _size(new, key) > _size(old, key):
            yield key


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _size(flat: dict[str, Any], key: str) -> int:
    return sum(f"{key}[" in path for path in flat)
