"""What stands in the clusters after the demo."""

import base64

import pytest

from tests.e2e.machine import Machine

STAGES = ("staging", "prod")


@pytest.mark.parametrize("stage", STAGES)
def test_every_workload_is_ready(machine: Machine, stage: str) -> None:
    """16 services and 4 stores, all replicas up to date and ready."""
    found = {}
    for kind in ("deployments", "statefulsets"):
        for item in machine.kubectl(stage).items(f"/apis/apps/v1/namespaces/openim/{kind}"):
            found[item["metadata"]["name"]] = (item["status"].get("readyReplicas", 0), item["spec"]["replicas"])
    assert len(found) == 20
    assert {name: counts for name, counts in found.items() if counts[0] != counts[1]} == {}


@pytest.mark.parametrize("stage", STAGES)
def test_pods_run_the_digests_of_the_release(machine: Machine, stage: str) -> None:
    """What the nodes report as pulled is what the stack file names, digest by digest."""
    outputs = {r["urn"]: r for r in machine.state(stage)["resources"]}
    declared = set(
        next(r for urn, r in outputs.items() if r["type"] == "pulumi:pulumi:Stack")["outputs"]["images"].values()
    )
    pods = machine.kubectl(stage).items("/api/v1/namespaces/openim/pods")
    running = {status["imageID"] for pod in pods for status in pod["status"]["containerStatuses"]}
    assert {image.rpartition("@")[2] for image in running} == {image.rpartition("@")[2] for image in declared}


@pytest.mark.parametrize("stage", STAGES)
def test_an_image_set_by_hand_is_refused(machine: Machine, stage: str) -> None:
    """Even with the deployer's own kubeconfig: the cluster names the image, what runs here, and what to do."""
    image = f"docker.io/library/busybox@sha256:{'f' * 64}"
    refused = machine.kubectl(stage).set_image("openim-api", image)
    assert refused.status_code == 403
    said = refused.json()["message"]
    assert f"namespace openim does not admit {image}: only images of v" in said
    assert said.endswith("declare a release that holds it, then: openim-cicd deploy")


@pytest.mark.parametrize("stage", STAGES)
def test_each_store_has_a_volume_per_replica(machine: Machine, stage: str) -> None:
    """No two replicas share a claim, and every claim is bound."""
    cluster = machine.kubectl(stage)
    claims = cluster.items("/api/v1/namespaces/openim/persistentvolumeclaims")
    replicas = sum(s["spec"]["replicas"] for s in cluster.items("/apis/apps/v1/namespaces/openim/statefulsets"))
    assert {claim["status"]["phase"] for claim in claims} == {"Bound"}
    assert len(claims) == replicas


def test_no_credential_stands_in_a_config_map(machine: Machine) -> None:
    """None of the generated passwords appears in any ConfigMap of staging."""
    cluster = machine.kubectl("staging")
    secrets = cluster.items("/api/v1/namespaces/openim/secrets")
    values = {base64.b64decode(v).decode() for s in secrets for v in s.get("data", {}).values()}
    long = {value for value in values if len(value) >= 16}
    texts = [v for c in cluster.items("/api/v1/namespaces/openim/configmaps") for v in c.get("data", {}).values()]
    assert long
    assert [text for text in texts if any(value in text for value in long)] == []
