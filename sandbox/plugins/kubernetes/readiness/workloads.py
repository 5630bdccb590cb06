"""When a Deployment, a StatefulSet, a DaemonSet or a Job is ready."""

from sandbox.plugins.kubernetes.objects import annotation, condition, name_of, owned_by, pluck
from sandbox.plugins.kubernetes.readiness.decision import (
    CLAIM,
    POD,
    REPLICA_SET,
    Decision,
    Done,
    Failed,
    Observation,
    Waiting,
)
from sandbox.plugins.kubernetes.readiness.pods import display_name, pod_warnings
from sandbox.plugins.kubernetes.values import JsonObject

REVISION = "deployment.kubernetes.io/revision"
DESIRED = "deployment.kubernetes.io/desired-replicas"
FATAL_JOB_REASONS = ("BackoffLimitExceeded", "DeadlineExceeded")


def decide_deployment(seen: Observation) -> Decision:
    """Available, and the newest ReplicaSet has all the pods it asks for and every claim is bound."""
    live = seen.live
    newest = _newest_replica_set(seen)
    wanted, ready = _replicas(newest), _count(newest, "readyReplicas")
    available = condition(live, "Available").get("status") == "True"
    progressed = condition(live, "Progressing").get("reason") == "NewReplicaSetAvailable" or _revision(live) == "1"
    complete = newest is not None and ready >= wanted and annotation(newest, DESIRED) == str(_replicas(live))
    unbound = _unbound_claims(seen)
    if _observed(live) and available and progressed and complete and not unbound:
        return Done("Deployment initialization complete")
    warnings = pod_warnings(tuple(pod for pod in seen.of(POD) if newest is not None and owned_by(pod, newest)))
    reasons = (*_complaints(live), *_claims_reason(unbound), _deployment_reason(live, available, progressed))
    return Waiting(
        f"Waiting for app ReplicaSet to be available ({ready}/{wanted} Pods available)",
        (*(reason for reason in reasons if reason), *warnings),
        (*_complaints(live), *warnings),
    )


def decide_stateful_set(seen: Observation) -> Decision:
    """All replicas ready, at the revision that was asked for."""
    live = seen.live
    wanted = _replicas(live)
    current, update = (str(pluck(live, "status", field) or "") for field in ("currentRevision", "updateRevision"))
    first = (pluck(live, "metadata", "generation") or 0) <= 1
    by_hand = not first and pluck(live, "spec", "updateStrategy", "type") == "OnDelete"
    advanced = by_hand or (current != "" and current == update)
    fields = ("replicas", "readyReplicas") if by_hand else ("replicas", "readyReplicas", "currentReplicas")
    complete = all(_count(live, field) == wanted for field in fields)
    if _observed(live) and advanced and complete:
        return Done("StatefulSet initialization complete")
    ready = _count(live, "readyReplicas")
    counted = ready if advanced else min(ready, _count(live, "updatedReplicas"))
    warnings = pod_warnings(tuple(pod for pod in seen.of(POD) if owned_by(pod, live)))
    reasons = [] if complete else [f"{counted} out of {wanted} replicas succeeded readiness checks"]
    if not advanced:
        reasons.append(f'StatefulSet controller failed to advance from revision "{current}" to revision "{update}"')
    return Waiting(_stateful_progress(first, complete, counted, wanted), (*reasons, *warnings), warnings)


def decide_daemon_set(seen: Observation) -> Decision:
    """Every node that should run it does, at the newest revision."""
    live = seen.live
    wanted = _count(live, "desiredNumberScheduled")
    for words, field in (
        ("Current", "currentNumberScheduled"),
        ("Updated", "updatedNumberScheduled"),
        ("Available", "numberAvailable"),
        ("Ready", "numberReady"),
    ):
        if not _observed(live) or _count(live, field) < wanted:
            warnings = pod_warnings(tuple(pod for pod in seen.of(POD) if owned_by(pod, live)))
            return Waiting(f"{words}: {_count(live, field)}/{wanted}", warnings, warnings)
    return Done(f"All replicas scheduled as expected. Replicas: {wanted}")


def decide_job(seen: Observation) -> Decision:
    """Complete; a job that has given up fails at once."""
    live = seen.live
    failure = condition(live, "Failed")
    pods = tuple(pod for pod in seen.of(POD) if owned_by(pod, live))
    warnings = pod_warnings(pods)
    if failure.get("status") == "True" and failure.get("reason") in FATAL_JOB_REASONS:
        return Failed((f"[{failure['reason']}] {failure.get('message', '')}", *warnings))
    if not pluck(live, "status", "startTime"):
        return Waiting(f'Waiting for Job "{display_name(live)}" to start', warnings)
    if condition(live, "Complete").get("status") == "True":
        return Done()
    counts = " | ".join(f"{word}: {_count(live, word.lower())}" for word in ("Active", "Succeeded", "Failed"))
    shown = tuple(warning for warning in warnings if "containers with unready status" not in warning)
    return Waiting(f'Waiting for Job "{display_name(live)}" to succeed ({counts})', warnings, shown)


def _observed(live: JsonObject) -> bool:
    """True if the controller has seen the newest version."""
    seen, written = pluck(live, "status", "observedGeneration"), pluck(live, "metadata", "generation")
    return bool(seen == written)


def _replicas(obj: JsonObject | None) -> int:
    found = pluck(obj, "spec", "replicas")
    return 1 if found is None else int(found)


def _count(obj: JsonObject | None, field: str) -> int:
    return int(pluck(obj, "status", field) or 0)


def _revision(live: JsonObject) -> str:
    return annotation(live, REVISION)


def _newest_replica_set(seen: Observation) -> JsonObject | None:
    revision = _revision(seen.live)
    owned = (candidate for candidate in seen.of(REPLICA_SET) if owned_by(candidate, seen.live))
    return next((candidate for candidate in owned if revision and annotation(candidate, REVISION) == revision), None)


def _complaints(live: JsonObject) -> tuple[str, ...]:
    states = (condition(live, name) for name in ("Progressing", "Available"))
    bad = (state for state in states if state.get("status") not in (None, "True"))
    return tuple(f"[{state['reason']}] {state['message']}" for state in bad if state.get("reason"))


def _unbound_claims(seen: Observation) -> list[str]:
    volumes = pluck(seen.live, "spec", "template", "spec", "volumes") or []
    names = {pluck(volume, "persistentVolumeClaim", "claimName") for volume in volumes}
    claims = (claim for claim in seen.of(CLAIM) if name_of(claim) in names)
    return [name_of(claim) for claim in claims if pluck(claim, "status", "phase") != "Bound"]


def _claims_reason(unbound: list[str]) -> tuple[str, ...]:
    return (f'Failed to bind PersistentVolumeClaim(s): "{",".join(unbound)}"',) if unbound else ()


def _deployment_reason(live: JsonObject, available: bool, progressed: bool) -> str:
    if not available:
        return "Minimum number of live Pods was not attained"
    if not progressed or _revision(live) == "1":
        return "Minimum number of Pods to consider the application live was not attained"
    return "Attempted to roll forward to new ReplicaSet, but minimum number of Pods did not become live"


def _stateful_progress(first: bool, complete: bool, ready: int, wanted: int) -> str:
    if first:
        return f"[1/2] Waiting for StatefulSet to create Pods ({ready}/{wanted} Pods ready)"
    if not complete:
        return f"[1/3] Waiting for StatefulSet update to roll out ({ready}/{wanted} Pods ready)"
    return "[2/3] Waiting for StatefulSet to update .status.currentRevision"
