"""The deployer declares namespaces and what runs in them, and cannot raise his own rights."""

import httpx
import pytest

from components._admission import definition_spec
from model.admission import DEFINITION
from sandbox.kubernetes.credentials import DEPLOYERS
from sandbox.kubernetes.furnish import furnish

RBAC = "/apis/rbac.authorization.k8s.io/v1"
GROUP = "rbac.authorization.k8s.io"


@pytest.fixture
def deployer(kube):
    with kube.client("deployer") as client:
        yield client


def _allowed(client: httpx.Client, verb: str, resource: str, group: str = "", sub: str = "") -> bool:
    wanted = {"verb": verb, "resource": resource, "group": group, "subresource": sub, "namespace": "default"}
    review = {"spec": {"resourceAttributes": wanted}}
    answer = client.post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", json=review).raise_for_status()
    return bool(answer.json()["status"]["allowed"])


def _binding(role: str, kind: str = "ClusterRole") -> dict[str, object]:
    return {
        "metadata": {"name": f"more-{role}"},
        "roleRef": {"apiGroup": GROUP, "kind": kind, "name": role},
        "subjects": [{"apiGroup": GROUP, "kind": "Group", "name": DEPLOYERS}],
    }


def test_a_deployer_furnishes_a_namespace(deployer):
    """With its quota, and a role for those who work there."""
    deployer.post("/api/v1/namespaces", json={"metadata": {"name": "furnished"}}).raise_for_status()
    inside = "/api/v1/namespaces/furnished"
    quota = {"metadata": {"name": "quota"}, "spec": {"hard": {"requests.cpu": "1"}}}
    deployer.post(f"{inside}/resourcequotas", json=quota).raise_for_status()
    rules = [{"apiGroups": [""], "resources": ["pods", "pods/log"], "verbs": ["get", "list", "watch"]}]
    role = {"metadata": {"name": "readers"}, "rules": rules}
    deployer.post(f"{RBAC}/namespaces/furnished/roles", json=role).raise_for_status()
    deployer.post(f"{RBAC}/namespaces/furnished/rolebindings", json=_binding("readers", "Role")).raise_for_status()


def test_a_deployer_gives_nobody_more_than_he_has(deployer):
    """Neither by binding a mightier role, nor by writing one, nor for the whole cluster."""
    inside = f"{RBAC}/namespaces/default"
    everything = {"metadata": {"name": "all"}, "rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]}
    attempts = {
        f"{inside}/rolebindings": _binding("cluster-admin"),
        f"{inside}/roles": everything,
        f"{RBAC}/clusterroles": everything,
        f"{RBAC}/clusterrolebindings": _binding(DEPLOYERS),
    }
    assert {path: deployer.post(path, json=body).status_code for path, body in attempts.items()} == dict.fromkeys(
        attempts, 403
    )


@pytest.mark.parametrize(
    ("verb", "resource", "sub"),
    [
        ("create", "pods", ""),
        ("create", "pods", "exec"),
        ("get", "nodes", "proxy"),
        ("impersonate", "users", ""),
        ("create", "serviceaccounts", "token"),
        ("delete", "persistentvolumeclaims", ""),
    ],
)
def test_a_deployer_has_no_way_around_what_is_declared(deployer, verb, resource, sub):
    """No pods by hand, no commands in them, no other identity, no lost data."""
    assert not _allowed(deployer, verb, resource, sub=sub)


def test_a_deployer_brings_one_kind_along_and_no_other(deployer):
    """The definition of what is admitted may be applied by its name, and not deleted; no other definition may."""
    definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    apply = {"Content-Type": "application/apply-patch+yaml"}

    def attempt(name: str) -> int:
        spec = {**definition_spec(), "group": name.partition(".")[2]}
        body = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "spec": spec}
        body["metadata"] = {"name": name}
        path = f"{definitions}/{name}"
        return deployer.patch(path, json=body, headers=apply, params={"fieldManager": "test"}).status_code

    assert [attempt(DEFINITION), attempt("admittedimages.example.org")] == [201, 403]
    assert deployer.delete(f"{definitions}/{DEFINITION}").status_code == 403


def test_the_rights_of_a_cluster_that_exists_are_brought_up_to_date(kube):
    """Starting a sandbox again grants what a newer program needs, and takes back what it does not."""
    path = f"{RBAC}/clusterroles/{DEPLOYERS}"
    with kube.client() as admin:
        role = admin.get(path).raise_for_status().json()
        admin.put(path, json={**role, "rules": []}).raise_for_status()
        furnish(kube.cluster)
        assert admin.get(path).raise_for_status().json()["rules"] == role["rules"]


def test_the_question_is_answered_with_yes_too(deployer):
    """What he needs every day."""
    assert _allowed(deployer, "patch", "deployments", "apps")
