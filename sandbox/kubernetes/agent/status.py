"""A pod's status from its containers': phase and conditions. Pure.

Source: getPhase in pkg/kubelet/kubelet_pods.go and pkg/kubelet/status/generate.go of Kubernetes.
"""

from collections.abc import Sequence
from typing import Any

from sandbox.kubernetes.agent.api import Object

Statuses = Sequence[Object]


def pod_status(pod: Object, init: Statuses, main: Statuses, *, address: str, started: str, moment: str) -> Object:
    """The parts of a pod's status that a kubelet owns."""
    status: Object = {
        "phase": phase(pod["spec"], init, main),
        "conditions": conditions(pod, init, main, moment),
        "hostIP": "127.0.0.1",
        "hostIPs": [{"ip": "127.0.0.1"}],
        "podIP": address,
        "podIPs": [{"ip": address}],
        "startTime": started,
        "containerStatuses": list(main),
        "observedGeneration": pod["metadata"].get("generation", 0),
    }
    if init:
        status["initContainerStatuses"] = list(init)
    return status


def phase(spec: Object, init: Statuses, main: Statuses) -> str:
    """Pending, Running, Succeeded or Failed."""
    policy = spec.get("restartPolicy", "Always")
    sidecars = _sidecars(spec)
    if policy == "Never" and any(_exit_code(each) not in {None, 0} for each in init if each["name"] not in sidecars):
        return "Failed"
    if not initialised(spec, init):
        return "Pending"
    if any("waiting" in each["state"] and not each["lastState"] for each in main):
        return "Pending"
    if policy == "Always" or any("running" in each["state"] for each in main):
        return "Running"
    codes = [_exit_code(each) for each in main]
    if all(code == 0 for code in codes):
        return "Succeeded"
    return "Failed" if policy == "Never" and None not in codes else "Running"


def initialised(spec: Object, init: Statuses) -> bool:
    """Whether every init container is done, or has been started if it is a sidecar."""
    sidecars = _sidecars(spec)
    return all(_has_started(each) if each["name"] in sidecars else _exit_code(each) == 0 for each in init)


def conditions(pod: Object, init: Statuses, main: Statuses, moment: str) -> list[Object]:
    """The kubelet's conditions; a transition is dated ``moment``, an unchanged one keeps its date."""
    spec, status = pod["spec"], pod.get("status", {})
    present = {each["type"]: each for each in status.get("conditions", [])}
    done = phase(spec, init, main) == "Succeeded"
    unready = [each["name"] for each in main if not each["ready"]]
    incomplete = [each["name"] for each in init if not (each["ready"] or _exit_code(each) == 0)]
    why: dict[str, Any] = {}
    if unready and done:
        why = {"reason": "PodCompleted"}
    elif unready:
        why = {"reason": "ContainersNotReady", "message": f"containers with unready status: [{' '.join(unready)}]"}
    gates = [each["conditionType"] for each in spec.get("readinessGates", [])]
    closed = [each for each in gates if present.get(each, {}).get("status") != "True"]
    ready = why
    if not unready and closed:
        message = "; ".join(f'the status of pod readiness gate "{each}" is not "True"' for each in closed)
        ready = {"reason": "ReadinessGatesNotReady", "message": message}
    initialising: dict[str, Any] = {}
    if not initialised(spec, init):
        message = f"containers with incomplete status: [{' '.join(incomplete)}]"
        initialising = {"reason": "ContainersNotInitialized", "message": message}
    found = {"PodReadyToStartContainers": {}, "Initialized": initialising, "Ready": ready, "ContainersReady": why}
    if done:
        found["Initialized"] = {"reason": "PodCompleted"}
    holds = {"Initialized"} if done else set()
    return [
        _condition(kind, not reason or kind in holds, reason, present.get(kind), moment)
        for kind, reason in found.items()
    ]


def _condition(kind: str, holds: bool, why: dict[str, Any], before: Object | None, moment: str) -> Object:
    status = "True" if holds else "False"
    since = before["lastTransitionTime"] if before and before["status"] == status else moment
    # A strategic merge keeps what is not named: empty values take an old reason away.
    return {"type": kind, "status": status, "lastTransitionTime": since, "reason": None, "message": None, **why}


def _sidecars(spec: Object) -> set[str]:
    return {each["name"] for each in spec.get("initContainers", []) if each.get("restartPolicy") == "Always"}


def _has_started(sidecar: Object) -> bool:
    # One that has ended was up before: it crashed, or its pod is through.
    return bool(sidecar["started"] or sidecar["lastState"] or "terminated" in sidecar["state"])


def _exit_code(status: Object) -> int | None:
    ended = status["state"].get("terminated")
    return None if ended is None else int(ended["exitCode"])
