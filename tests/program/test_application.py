"""One workload by itself, as anybody else's program may declare it: only what was asked for exists."""

import pulumi
import pytest

from components.application import Application
from components.cluster_baseline import ClusterBaseline

BARE = {
    "name": "echo",
    "part_of": "demo",
    "image": f"registry.example/echo@sha256:{1:064x}",
    "replicas": 1,
    "singleton": False,
    "args": [],
    "ports": [],
    "environment": {},
    "secret_environment": [],
    "files": {},
    "files_path": "/config",
    "writable": [],
    "user": 65532,
    "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "64Mi"}},
    "callers": [],
    "api_access": False,
}
PORT = {"name": "http", "container": 8080, "service": 80}


@pytest.fixture
def kinds(record):
    """``kinds(**changes)``: the kinds of objects that the changed workload comes to, sorted."""

    def run(**changes):
        args = {"namespace": "demo", "workload": {**BARE, **changes}}
        recorded = record(lambda: Application("echo", args) and None)
        return sorted(one.type.rsplit(":", 1)[-1] for one in recorded if one.custom)

    return run


def test_a_bare_workload_is_a_deployment_with_an_identity_and_a_closed_door(kinds):
    """No Service, configuration, budget, autoscaler or ingress appears unasked."""
    assert kinds() == ["Deployment", "NetworkPolicy", "ServiceAccount"]


@pytest.mark.parametrize(
    ("changes", "more"),
    [
        ({"service": "echo", "ports": [PORT]}, ["Service"]),
        ({"files": {"echo.yml": "a: 1\n"}}, ["ConfigMap"]),
        ({"replicas": 2}, ["PodDisruptionBudget"]),
        ({"autoscaling": {"max_replicas": 3, "cpu_percent": 70}}, ["HorizontalPodAutoscaler"]),
        (
            {
                "service": "echo",
                "ports": [PORT],
                "ingress": {"host": "echo.example.org", "class_name": "nginx", "namespace": "edge", "port": "http"},
            },
            ["Ingress", "Service"],
        ),
    ],
)
def test_each_option_brings_its_own_object(kinds, changes, more):
    """What is asked for is there, and nothing else with it."""
    assert kinds(**changes) == sorted(["Deployment", "NetworkPolicy", "ServiceAccount", *more])


def test_a_volume_makes_it_a_stateful_set(kinds):
    """Its pods have names of their own, by a headless Service, and claims by template."""
    assert kinds(volume={"path": "/data", "size": "1Gi"}) == [
        "NetworkPolicy",
        "Service",
        "ServiceAccount",
        "StatefulSet",
    ]


def test_pods_wait_for_what_they_mount_and_for_their_service(record):
    """Account, configuration and Service stand before the first pod; no Service waits for pods."""
    args = {
        "namespace": "demo",
        "workload": {**BARE, "service": "echo", "ports": [PORT], "files": {"echo.yml": "a: 1\n"}},
    }
    recorded = {one.type.rsplit(":", 1)[-1]: one for one in record(lambda: Application("echo", args) and None)}
    needs = {recorded[kind].urn for kind in ("ServiceAccount", "ConfigMap", "Service")}
    assert needs <= set(recorded["Deployment"].depends_on)
    assert recorded["Service"].inputs["metadata"]["annotations"] == {"pulumi.com/skipAwait": "true"}


def test_a_baseline_tells_its_namespace_only_once_it_exists(record):
    """Whoever uses the namespace that it gives waits for the namespace."""
    registry = {"host": "registry.example", "username": "puller", "password": "hunter2"}

    def program():
        args = {"namespace": "demo", "cpu": "1", "memory": "1Gi", "registry": registry, "deployer": "ci@example.org"}
        baseline = ClusterBaseline("demo", args)
        Application("echo", {"namespace": baseline.namespace, "workload": BARE}, pulumi.ResourceOptions())

    recorded = record(program)
    (namespace,) = [one for one in recorded if one.type.endswith(":Namespace")]
    (deployment,) = [one for one in recorded if one.type.endswith(":Deployment")]
    assert namespace.urn in deployment.depends_on
    assert deployment.inputs["metadata"]["namespace"] == "demo"
    (binding,) = [one for one in recorded if one.type.endswith(":RoleBinding") and "deployer" in one.name]
    assert binding.inputs["subjects"][0]["name"] == "ci@example.org"
    (pull,) = [one for one in recorded if one.type.endswith(":Secret")]
    assert pull.secrets == ["data"]
