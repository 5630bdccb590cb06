"""When objects are ready, and what is said while they are not: pure decisions on recorded objects."""

from typing import Any

import pytest

from sandbox.plugins.kubernetes.readiness.decision import (
    CLAIM,
    ENDPOINTS,
    POD,
    REPLICA_SET,
    STORAGE_CLASS,
    Done,
    Failed,
    Observation,
    Waiting,
)
from sandbox.plugins.kubernetes.readiness.network import NO_PODS, decide_ingress, decide_service
from sandbox.plugins.kubernetes.readiness.pods import decide_pod, pod_warning
from sandbox.plugins.kubernetes.readiness.simple import decide_claim, decide_definition
from sandbox.plugins.kubernetes.readiness.workloads import (
    decide_daemon_set,
    decide_deployment,
    decide_job,
    decide_stateful_set,
)

Json = dict[str, Any]


def pod(ready: str = "True", containers: list[Json] | None = None, **status: Any) -> Json:
    """A scheduled pod of replica set ``rs``."""
    unready = (
        {} if ready == "True" else {"reason": "ContainersNotReady", "message": "containers with unready status: [api]"}
    )
    conditions = [
        {"type": "PodScheduled", "status": "True"},
        {"type": "Initialized", "status": "True"},
        {"type": "Ready", "status": ready, **unready},
    ]
    metadata = {"name": "api-1", "namespace": "openim", "ownerReferences": [{"uid": "rs"}]}
    return {"metadata": metadata, "status": {"conditions": conditions, "containerStatuses": containers or [], **status}}


PULLING = {
    "name": "api",
    "ready": False,
    "state": {"waiting": {"reason": "ImagePullBackOff", "message": 'Back-off pulling image "openim/api@sha256:0"'}},
}


def deployment(
    revision: str = "1", available: str = "True", progress: str = "NewReplicaSetAvailable", **status: Any
) -> Json:
    """A Deployment of three replicas."""
    conditions = [
        {"type": "Available", "status": available, "reason": "Why", "message": "Because."},
        {"type": "Progressing", "status": "True", "reason": progress},
    ]
    return {
        "metadata": {
            "name": "api",
            "uid": "dep",
            "generation": 2,
            "annotations": {"deployment.kubernetes.io/revision": revision},
        },
        "spec": {"replicas": 3},
        "status": {"observedGeneration": 2, "conditions": conditions, **status},
    }


def replica_set(ready: int, revision: str = "1", desired: int = 3) -> Json:
    """The ReplicaSet of a revision."""
    notes = {"deployment.kubernetes.io/revision": revision, "deployment.kubernetes.io/desired-replicas": str(desired)}
    metadata = {"uid": "rs", "ownerReferences": [{"uid": "dep"}], "annotations": notes}
    return {"metadata": metadata, "spec": {"replicas": 3}, "status": {"readyReplicas": ready}}


def test_a_deployment_is_ready_when_its_newest_pods_are() -> None:
    """Available alone is not enough: the old revision's pods may be what is available."""
    ready = Observation(deployment(), related={REPLICA_SET: (replica_set(3),)})
    assert decide_deployment(ready) == Done("Deployment initialization complete")
    rolling = Observation(deployment("2", progress="ReplicaSetUpdated"), related={REPLICA_SET: (replica_set(3, "2"),)})
    assert isinstance(decide_deployment(rolling), Waiting)


def test_a_deployment_waits_for_its_controller() -> None:
    """A status that is older than the spec says nothing; nor does a ReplicaSet from before it was scaled."""
    stale = Observation(deployment(observedGeneration=1), related={REPLICA_SET: (replica_set(3),)})
    assert isinstance(decide_deployment(stale), Waiting)
    unscaled = Observation(deployment(), related={REPLICA_SET: (replica_set(3, desired=2),)})
    assert isinstance(decide_deployment(unscaled), Waiting)


def test_a_deployment_that_does_not_become_ready_says_why() -> None:
    """The pods' own reasons stand below the Deployment's, and progress counts pods."""
    related = {REPLICA_SET: (replica_set(1),), POD: (pod("False", [PULLING]),)}
    decision = decide_deployment(Observation(deployment(available="False"), related=related))
    assert isinstance(decision, Waiting)
    assert decision.message == "Waiting for app ReplicaSet to be available (1/3 Pods available)"
    assert decision.reasons == (
        "[Why] Because.",
        "Minimum number of live Pods was not attained",
        "[Pod openim/api-1]: containers with unready status: [api]"
        '[ImagePullBackOff] Back-off pulling image "openim/api@sha256:0"',
    )


def test_a_deployment_waits_for_its_claims() -> None:
    """A volume that is not bound keeps it waiting, by name."""
    live = deployment()
    live["spec"]["template"] = {"spec": {"volumes": [{"persistentVolumeClaim": {"claimName": "data"}}]}}
    claim = {"metadata": {"name": "data"}, "status": {"phase": "Pending"}}
    decision = decide_deployment(Observation(live, related={REPLICA_SET: (replica_set(3),), CLAIM: (claim,)}))
    assert isinstance(decision, Waiting)
    assert 'Failed to bind PersistentVolumeClaim(s): "data"' in decision.reasons


@pytest.mark.parametrize(
    ("container", "reason"),
    [
        (PULLING, '[ImagePullBackOff] Back-off pulling image "openim/api@sha256:0"'),
        (
            {"name": "api", "state": {"terminated": {"reason": "Error", "exitCode": 3}}},
            'container "api" completed with exit code 3',
        ),
        (
            {
                "name": "api",
                "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s"}},
                "lastState": {"terminated": {"reason": "Error", "exitCode": 1, "finishedAt": "2026-01-01T00:00:00Z"}},
            },
            '[CrashLoopBackOff] back-off 10s\ncontainer "api" terminated at 2026-01-01T00:00:00Z (Error: exit code 1)',
        ),
        ({"name": "api", "state": {"waiting": {"reason": "ContainerCreating"}}}, ""),
        ({"name": "api", "ready": True, "lastState": {"terminated": {"exitCode": 1}}}, ""),
    ],
)
def test_a_pods_trouble_in_words(container: Json, reason: str) -> None:
    """What a kubelet reports of a container, as the official plugin passes it on."""
    assert (
        pod_warning(pod("False", [container])) == f"[Pod openim/api-1]: containers with unready status: [api]{reason}"
    )


def test_a_pod_that_has_finished_is_ready() -> None:
    """So is one that runs; one that is not scheduled yet is no fault of its own."""
    assert decide_pod(Observation(pod())) == Done()
    assert decide_pod(Observation(pod("False", phase="Succeeded"))) == Done()
    assert pod_warning({"metadata": {}, "status": {"conditions": [{"type": "PodScheduled", "status": "False"}]}}) == ""


def stateful_set(
    generation: int = 1, current: str = "a", update: str = "a", strategy: str = "RollingUpdate", **counts: int
) -> Json:
    """A StatefulSet of two replicas."""
    return {
        "metadata": {"name": "db", "uid": "sts", "generation": generation},
        "spec": {"replicas": 2, "updateStrategy": {"type": strategy}},
        "status": {"observedGeneration": generation, "currentRevision": current, "updateRevision": update, **counts},
    }


def test_a_stateful_set_is_ready_at_its_newest_revision() -> None:
    """All replicas ready and current; one that its owner updates by hand needs no current ones."""
    full = {"replicas": 2, "readyReplicas": 2, "currentReplicas": 2}
    assert isinstance(decide_stateful_set(Observation(stateful_set(**full))), Done)
    by_hand = stateful_set(2, "a", "b", "OnDelete", replicas=2, readyReplicas=2)
    assert isinstance(decide_stateful_set(Observation(by_hand)), Done)
    rolling = decide_stateful_set(
        Observation(stateful_set(2, "a", "b", replicas=2, readyReplicas=2, updatedReplicas=1))
    )
    assert isinstance(rolling, Waiting)
    assert rolling.message == "[1/3] Waiting for StatefulSet update to roll out (1/2 Pods ready)"
    assert rolling.reasons == (
        "1 out of 2 replicas succeeded readiness checks",
        'StatefulSet controller failed to advance from revision "a" to revision "b"',
    )


def test_a_daemon_set_is_ready_on_every_node() -> None:
    """Nodes that lack the newest pod are counted."""
    counts = dict.fromkeys(
        ("desiredNumberScheduled", "currentNumberScheduled", "updatedNumberScheduled", "numberAvailable"), 3
    )
    live = {"metadata": {"generation": 1}, "status": {"observedGeneration": 1, **counts, "numberReady": 2}}
    assert decide_daemon_set(Observation(live)) == Waiting("Ready: 2/3")
    live["status"]["numberReady"] = 3
    assert decide_daemon_set(Observation(live)) == Done("All replicas scheduled as expected. Replicas: 3")


def test_a_job_that_gave_up_fails_at_once() -> None:
    """Nobody waits ten minutes for a job whose back-off limit is reached."""
    failed = {
        "type": "Failed",
        "status": "True",
        "reason": "BackoffLimitExceeded",
        "message": "Job has reached the limit",
    }
    job = {
        "metadata": {"name": "migrate", "namespace": "openim"},
        "status": {"startTime": "now", "conditions": [failed]},
    }
    assert decide_job(Observation(job)) == Failed(("[BackoffLimitExceeded] Job has reached the limit",))
    job["status"] = {"startTime": "now", "active": 1}
    waiting = decide_job(Observation(job))
    assert waiting == Waiting('Waiting for Job "openim/migrate" to succeed (Active: 1 | Succeeded: 0 | Failed: 0)')


def test_a_service_is_ready_when_pods_stand_behind_it() -> None:
    """Endpoints have to be quiet for a moment; headless and external services have none to wait for."""
    service = {"metadata": {"name": "api"}, "spec": {"clusterIP": "10.0.0.1"}}
    behind = {ENDPOINTS: ({"metadata": {"name": "api"}, "subsets": [{}]},)}
    assert decide_service(Observation(service, related=behind)) == Done("Service initialization complete")
    assert isinstance(decide_service(Observation(service, related=behind, settled=False)), Waiting)
    assert decide_service(Observation(service)) == Waiting("[1/3] Finding Pods to direct traffic to", (NO_PODS,))
    assert decide_service(Observation({"metadata": {}, "spec": {"clusterIP": "None"}})) == Done()
    assert decide_service(Observation({"metadata": {}, "spec": {"type": "ExternalName"}})) == Done()


def test_an_ingress_names_the_paths_that_lead_nowhere() -> None:
    """A missing Service is a warning, a missing address keeps it waiting."""
    path = {"path": "/api", "backend": {"service": {"name": "api"}}}
    ingress = {"metadata": {"name": "in"}, "spec": {"rules": [{"host": "im.example.com", "http": {"paths": [path]}}]}}
    decision = decide_ingress(Observation(ingress))
    assert isinstance(decision, Waiting)
    assert decision.warnings == ('No matching service found for ingress rule: "im.example.com/api" -> "api"',)
    ingress["status"] = {"loadBalancer": {"ingress": [{"ip": "127.0.0.1"}]}}
    known = {ENDPOINTS: ({"metadata": {"name": "api"}},)}
    assert decide_ingress(Observation(ingress, related=known)) == Done("Ingress initialization complete")


def test_a_claim_need_not_be_bound_before_its_first_pod() -> None:
    """Where the storage class waits for the first consumer, pending is as far as it gets."""
    claim = {"metadata": {"name": "data"}, "spec": {"storageClassName": "slow"}, "status": {"phase": "Pending"}}
    assert isinstance(decide_claim(Observation(claim)), Waiting)
    slow = {"metadata": {"name": "slow"}, "volumeBindingMode": "WaitForFirstConsumer"}
    assert decide_claim(Observation(claim, related={STORAGE_CLASS: (slow,)})) == Done()


def test_a_definition_is_ready_when_its_objects_can_be_made() -> None:
    """Accepted names are not enough."""
    conditions = [{"type": "NamesAccepted", "status": "True"}]
    live = {"metadata": {"name": "gates.example.com"}, "status": {"conditions": conditions}}
    assert isinstance(decide_definition(Observation(live)), Waiting)
    conditions.append({"type": "Established", "status": "True"})
    assert decide_definition(Observation(live)) == Done()
