"""What is wrong with a pod, in the official plugin's words."""

from sandbox.plugins.kubernetes.objects import condition, name_of, namespace_of, pluck
from sandbox.plugins.kubernetes.readiness.decision import Decision, Done, Observation, Waiting
from sandbox.plugins.kubernetes.values import JsonObject

DAEMON_PREFIX = "rpc error: code = Unknown desc = Error response from daemon: "
UNKNOWN_SUFFIX = ": manifest unknown"


def display_name(obj: JsonObject) -> str:
    """``namespace/name``; the namespace is left out when it is ``default``."""
    namespace = namespace_of(obj)
    return name_of(obj) if namespace in ("", "default") else f"{namespace}/{name_of(obj)}"


def pod_warnings(pods: tuple[JsonObject, ...]) -> tuple[str, ...]:
    """One line per pod that is in trouble, in the pods' order."""
    found = (pod_warning(pod) for pod in sorted(pods, key=name_of))
    return tuple(warning for warning in found if warning)


def pod_warning(pod: JsonObject) -> str:
    """The first thing that keeps a pod from being ready, ``""`` while nothing is wrong."""
    if condition(pod, "PodScheduled").get("status") != "True":
        return ""  # the scheduler's word is progress, not a fault of the pod
    for step in ("Initialized", "Ready"):
        state = condition(pod, step)
        if not state:
            return ""
        if state.get("status") != "True" and not (step == "Ready" and pluck(pod, "status", "phase") == "Succeeded"):
            return _warning(pod, state)
    return ""


def decide_pod(seen: Observation) -> Decision:
    """A bare pod is ready when it is scheduled, initialised and ready, or has succeeded."""
    pod = seen.live
    for step, words in (("PodScheduled", "scheduled"), ("Initialized", "initialized"), ("Ready", "ready")):
        finished = step == "Ready" and pluck(pod, "status", "phase") == "Succeeded"
        if condition(pod, step).get("status") != "True" and not finished:
            warnings = pod_warnings((pod,))
            return Waiting(f'Waiting for Pod "{display_name(pod)}" to be {words}', warnings, warnings)
    return Done()


def _warning(pod: JsonObject, state: JsonObject) -> str:
    message = str(state.get("message") or "")
    errors = "\n".join(
        error for status in pluck(pod, "status", "containerStatuses") or [] for error in _container_errors(status)
    )
    if not message and not errors:
        return ""
    return f"[Pod {display_name(pod)}]: {message if state.get('reason') else ''}{errors}"


def _container_errors(status: JsonObject) -> list[str]:
    if status.get("ready"):
        return []
    name, state = status.get("name"), status.get("state") or {}
    errors = []
    waiting = state.get("waiting")
    if waiting and waiting.get("reason") != "ContainerCreating":
        errors.append(f"[{waiting.get('reason', '')}] {_trimmed(waiting)}")
    ended = state.get("terminated") or {}
    if ended.get("reason"):
        code = f'container "{name}" completed with exit code {ended.get("exitCode", 0)}'
        errors.append(f"[{ended['reason']}] {_trimmed(ended)}" if ended.get("message") else code)
    last = pluck(status, "lastState", "terminated")
    if last:
        outcome = f"{last.get('reason', '')}: exit code {last.get('exitCode', 0)}"
        errors.append(f'container "{name}" terminated at {last.get("finishedAt", "")} ({outcome})')
        errors += [last["message"]] if last.get("message") else []
    return errors


def _trimmed(state: JsonObject) -> str:
    return str(state.get("message") or "").removeprefix(DAEMON_PREFIX).removesuffix(UNKNOWN_SUFFIX)
