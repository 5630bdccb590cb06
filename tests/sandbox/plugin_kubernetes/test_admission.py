"""A real API server refuses what no release holds, and holds up nothing that a deployment needs."""

import base64
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import httpx
import pulumi
import pulumi_kubernetes as kubernetes
import pytest
import yaml

from components.admission_policy import AdmissionPolicy
from model.admission import DEFINITION, GROUP, PLURAL, VERSION, AdmittedImages
from sandbox.kubernetes.credentials import DEPLOYER, READER

OLD, NEW, NEXT, STORE, FOREIGN = (
    f"registry.example/{name}@sha256:{mark * 64}" for name, mark in zip("aaabc", "12345", strict=True)
)
MERGE = {"Content-Type": "application/strategic-merge-patch+json"}
JSON_MERGE = {"Content-Type": "application/merge-patch+json"}
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
POLICIES = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies"
Object = dict[str, Any]
Wait = Callable[[Callable[[], object]], None]


def admitted(incoming: str, verified: str) -> AdmittedImages:
    return {
        "release": f"v1.0.0+{incoming[-7:]}",
        "incoming": [incoming],
        "last_verified": f"v1.0.0+{verified[-7:]}" if verified else "",
        "verified": [verified] if verified else [],
        "stores": [STORE],
    }


def pod(image: str, **more: Any) -> Object:
    return {"containers": [{"name": "main", "image": image}], **more}


class World:
    """A namespace whose application the deployer declares, and somebody with every right beside him."""

    def __init__(self, namespace: str, api: httpx.Client, make: Callable[..., Any], kubeconfig: Path) -> None:
        self.namespace, self.api = namespace, api
        self.incoming, self.verified = OLD, ""
        self.pod: Object = {}
        self.annotations: dict[str, str] = {}
        self.stack = make(self.declare)
        deployer = kubeconfig.with_name("deployer.kubeconfig")
        self.stack.settings = {"kubeconfig": str(deployer), "upsert_existing_objects": True}

    def declare(self, options: pulumi.ResourceOptions) -> None:
        provider = options.provider
        images = admitted(self.incoming, self.verified)
        policy = AdmissionPolicy(
            self.namespace,
            {"namespace": self.namespace, "images": images},
            pulumi.ResourceOptions(providers=[provider]),
        )
        template = {"metadata": {"labels": {"app": "web"}}, "spec": pod(self.incoming, **self.pod)}
        kubernetes.apps.v1.Deployment(
            "web",
            metadata={"name": "web", "namespace": self.namespace, "annotations": self.annotations},
            spec={"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": template},
            opts=pulumi.ResourceOptions(provider=provider, depends_on=[policy]),
        )

    def up(self, incoming: str, verified: str = "") -> Any:
        self.incoming, self.verified = incoming, verified
        done = self.stack.up()
        assert done.error == "", done.output
        return done

    def path(self, plural: str, name: str = "", api: str = "/apis/apps/v1") -> str:
        return f"{api}/namespaces/{self.namespace}/{plural}" + (f"/{name}" if name else "")

    @property
    def parameter(self) -> str:
        return self.path(PLURAL, "current", f"/apis/{GROUP}/{VERSION}")

    def set_image(self, image: str, **query: str) -> httpx.Response:
        """What ``kubectl set image deployment/web main=IMAGE`` sends."""
        change = {"spec": {"template": {"spec": pod(image)}}}
        params = {"fieldManager": "kubectl-set", **query}
        return self.api.patch(self.path("deployments", "web"), json=change, headers=MERGE, params=params)

    def pods(self, image: str = "") -> list[str]:
        """Names of the pods, those of ``image`` where one is given."""
        found = self.api.get(self.path("pods", api="/api/v1")).raise_for_status().json()["items"]
        going = [one for one in found if "deletionTimestamp" not in one["metadata"]]
        return [one["metadata"]["name"] for one in going if image in one["spec"]["containers"][0]["image"]]


@pytest.fixture
def world(namespace: str, api: httpx.Client, stack: Callable[..., Any], kubeconfig: Path) -> World:
    return World(namespace, api, stack, kubeconfig)


@pytest.fixture
def eventually() -> Wait:
    """``eventually(condition)``: wait until it holds, for a minute at most."""

    def wait(condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < deadline
            time.sleep(0.1)

    return wait


@pytest.fixture
def somebody(kubeconfig: Path, api: httpx.Client) -> Iterator[Callable[[str], httpx.Client]]:
    """``somebody(name)``: a client with another identity's token."""
    clients = []

    def make(name: str) -> httpx.Client:
        config = yaml.safe_load(kubeconfig.with_name(f"{name}.kubeconfig").read_text())
        authority = base64.b64decode(config["clusters"][0]["cluster"]["certificate-authority-data"]).decode()
        headers = {"Authorization": f"Bearer {config['users'][0]['user']['token']}"}
        trust = ssl.create_default_context(cadata=authority)
        clients.append(httpx.Client(base_url=api.base_url, verify=trust, headers=headers, timeout=20, trust_env=False))
        return clients[-1]

    yield make
    for one in clients:
        one.close()


def workloads(image: str) -> Iterator[tuple[str, Object]]:
    """Each kind that pods come from, as path below the namespace's and body."""
    labels = {"app": "other"}
    template: Object = {"metadata": {"labels": labels}, "spec": pod(image)}
    once: Object = {"template": deepcopy(template)}
    once["template"]["spec"]["restartPolicy"] = "Never"
    replicated = {"selector": {"matchLabels": labels}, "template": template}
    yield "/apis/apps/v1:deployments", {"spec": replicated}
    yield "/apis/apps/v1:statefulsets", {"spec": {**replicated, "serviceName": "other"}}
    yield "/apis/apps/v1:daemonsets", {"spec": replicated}
    yield "/apis/apps/v1:replicasets", {"spec": replicated}
    yield "/apis/batch/v1:jobs", {"spec": once}
    yield "/apis/batch/v1:cronjobs", {"spec": {"schedule": "0 0 * * *", "jobTemplate": {"spec": once}}}
    yield "/api/v1:replicationcontrollers", {"spec": {"replicas": 0, "selector": labels, "template": template}}
    yield "/api/v1:podtemplates", {"template": template}
    yield "/api/v1:pods", {"spec": pod(image)}
    yield "/api/v1:pods", {"spec": pod(OLD, initContainers=[{"name": "first", "image": image}])}
    yield "/api/v1:pods", {"spec": pod(OLD, volumes=[{"name": "content", "image": {"reference": image}}])}


def test_an_image_of_no_release_is_refused_by_name(world: World) -> None:
    """A `kubectl set image` by hand says which image, what runs here instead, and what to do; nothing has changed."""
    world.up(NEW, OLD)
    refused = world.set_image(FOREIGN)
    assert refused.status_code == 403
    said = refused.json()["message"]
    assert f"namespace {world.namespace} does not admit {FOREIGN}: only images of v1.0.0+2222222 and v1.0.0+1" in said
    assert said.endswith("declare a release that holds it, then: openim-cicd deploy")
    assert len(world.pods(NEW)) == 2
    assert set(world.stack.preview().changes) == {"same"}


def test_whatever_becomes_a_pod_is_looked_at(world: World) -> None:
    """Every kind of workload, init containers, mounted images; the same objects of admitted images are taken."""
    world.up(OLD)
    answers: dict[str, list[int]] = {FOREIGN: [], OLD: []}
    for image, codes in answers.items():
        for number, (place, body) in enumerate(workloads(image)):
            api, plural = place.split(":")
            metadata = {"name": f"other-{number}"}
            codes.append(world.api.post(world.path(plural, api=api), json={"metadata": metadata, **body}).status_code)
    assert answers == {FOREIGN: [403] * 11, OLD: [201] * 11}


def test_a_container_added_to_a_running_pod_is_looked_at(world: World) -> None:
    """`kubectl debug` gets an admitted image in, and no other."""
    world.up(OLD)
    path = world.path("pods", f"{world.pods()[0]}/ephemeralcontainers", "/api/v1")

    def debug(image: str) -> int:
        container = {"name": f"debug-{image[-1]}", "image": image}
        return world.api.patch(path, json={"spec": {"ephemeralContainers": [container]}}, headers=MERGE).status_code

    assert [debug(FOREIGN), debug(STORE)] == [403, 200]


def test_a_preview_is_not_refused(world: World) -> None:
    """It meets the parameter of the release before, and shows what would change all the same."""
    world.up(OLD)
    world.incoming, world.verified = NEW, OLD
    previewed = world.stack.preview()
    assert previewed.error == ""
    assert "does not admit" not in previewed.output
    assert previewed.changes["update"] == 2  # the parameter and the Deployment
    assert world.set_image(NEW, dryRun="All").status_code == 200
    assert world.set_image(NEW).status_code == 403


def test_each_release_is_admitted_before_its_workloads(world: World) -> None:
    """Releases in quick succession, forth and back: no update meets what was admitted before."""
    before = ""
    for incoming in (OLD, NEW, NEXT, NEW, OLD, NEXT):
        world.up(incoming, before)
        assert len(world.pods(incoming)) == 2
        before = incoming
    assert set(world.stack.preview().changes) == {"same"}


def test_pods_come_back_in_the_middle_of_a_rollout(world: World, eventually: Wait) -> None:
    """While the next release waits for a node, an evicted pod of the last verified one is made anew."""
    world.up(OLD)
    world.pod = {"nodeSelector": {"nowhere": "to-be-found"}}
    world.incoming, world.verified = NEW, OLD
    world.annotations = {"pulumi.com/timeoutSeconds": "2"}
    stuck = world.stack.up()
    assert "does not admit" not in stuck.error + stuck.output
    assert len(world.pods(NEW)) == 1
    (first, *_) = world.pods(OLD)
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": first}}
    path = world.path("pods", f"{first}/eviction", "/api/v1")
    world.api.post(path, json=eviction).raise_for_status()
    eventually(lambda: len(world.pods(OLD)) == 2 and first not in world.pods(OLD))


def test_rollout_undo_goes_to_the_last_verified_release(world: World, eventually: Wait) -> None:
    """And no further: the one before that is refused."""
    world.up(OLD)
    world.up(NEW, OLD)
    assert world.set_image(OLD).status_code == 200
    eventually(lambda: len(world.pods(OLD)) == 2 and not world.pods(NEW))
    world.up(NEXT, NEW)
    assert world.set_image(OLD).status_code == 403


def test_what_is_admitted_no_more_can_still_be_scaled_and_removed(world: World, eventually: Wait) -> None:
    """Images that stood in an object before are let be, so that controllers and collectors finish their work."""
    world.up(OLD)
    body = {"metadata": {"name": "left"}, **dict(workloads(OLD))["/apis/apps/v1:deployments"]}
    world.api.post(world.path("deployments"), json=body).raise_for_status()
    world.up(NEW)
    path = world.path("deployments", "left")
    down = world.api.patch(path, json={"spec": {"replicas": 0}, "metadata": {"labels": {"a": "b"}}}, headers=MERGE)
    assert down.status_code == 200, down.text
    world.api.request("DELETE", path, json={"propagationPolicy": "Foreground"}).raise_for_status()
    eventually(lambda: world.api.get(path).status_code == 404)


def test_destroyed_and_brought_up_again(world: World) -> None:
    """The parameter comes back as new; the kind stays, as other namespaces may use it, and is kept up to date."""
    for image in (OLD, NEW):
        world.up(image)
        assert world.set_image(FOREIGN).status_code == 403
        gone = world.stack.destroy()
        assert gone.error == ""
        assert world.api.get(world.parameter).status_code == 404
        definition = f"{DEFINITIONS}/{DEFINITION}"
        newer = {"metadata": {"labels": {"app.kubernetes.io/managed-by": "another-version"}}}
        world.api.patch(definition, json=newer, headers=JSON_MERGE).raise_for_status()


def test_a_namespace_takes_its_parameter_along(world: World, eventually: Wait) -> None:
    """Deleting the namespace by hand does not hang on what is guarded."""
    world.up(OLD)
    world.api.delete(f"/api/v1/namespaces/{world.namespace}").raise_for_status()
    eventually(lambda: world.api.get(f"/api/v1/namespaces/{world.namespace}").status_code == 404)


def test_only_the_deployer_changes_what_is_admitted(world: World, somebody: Callable[[str], httpx.Client]) -> None:
    """Not somebody with every right in the namespace, and not the cluster's administrator: the refusal names him."""
    world.up(OLD)
    more = {"spec": {"incoming": [OLD, FOREIGN]}}
    refused = world.api.patch(world.parameter, json=more, headers=JSON_MERGE)
    assert refused.status_code == 403
    assert f"changed by {DEPLOYER} only, not by openim-cicd:admin" in refused.json()["message"]
    assert world.api.delete(world.parameter).status_code == 403
    reader = somebody("reader")
    assert reader.patch(world.parameter, json=more, headers=JSON_MERGE).status_code == 403
    grant(world, READER)
    said = reader.patch(world.parameter, json=more, headers=JSON_MERGE)
    assert (said.status_code, f"not by {READER}" in said.text) == (403, True)
    twin = {"apiVersion": f"{GROUP}/{VERSION}", "kind": "AdmittedImages", "metadata": {"name": "twin"}}
    twin["spec"] = world.api.get(world.parameter).json()["spec"]
    assert reader.post(world.parameter.rpartition("/")[0], json=twin).status_code == 403
    assert somebody("deployer").patch(world.parameter, json=more, headers=JSON_MERGE).status_code == 200


def grant(world: World, user: str) -> None:
    """Give ``user`` every right in the namespace."""
    group = "rbac.authorization.k8s.io"
    binding = {
        "metadata": {"name": "everything"},
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"apiGroup": group, "kind": "User", "name": user}],
    }
    world.api.post(world.path("rolebindings", api=f"/apis/{group}/v1"), json=binding).raise_for_status()


def test_without_a_parameter_nothing_is_admitted(world: World, somebody: Callable[[str], httpx.Client]) -> None:
    """Should the deployer lose it, the namespace closes rather than opens, until a refresh and an update."""
    world.up(OLD)
    somebody("deployer").delete(world.parameter).raise_for_status()
    try:
        refused = world.set_image(NEW)
        assert refused.status_code == 422
        assert "no params found" in refused.json()["message"]
    finally:
        assert world.stack.refresh().error == ""
        world.up(OLD)
    assert world.set_image(OLD).status_code == 200


def test_two_namespaces_of_one_cluster_are_apart(world: World) -> None:
    """Each admits its own images, and each can go without the other."""
    other = f"{world.namespace}-2"
    world.api.post("/api/v1/namespaces", json={"metadata": {"name": other}}).raise_for_status()
    first = world.declare

    def both(options: pulumi.ResourceOptions) -> None:
        first(options)
        images = admitted(NEW, "")
        AdmissionPolicy(
            other, {"namespace": other, "images": images}, pulumi.ResourceOptions(providers=[options.provider])
        )

    world.stack.program = both
    world.up(OLD)

    def run(namespace: str, image: str) -> int:
        body = {"metadata": {"name": f"pod-{image[-1]}"}, "spec": pod(image)}
        return world.api.post(f"/api/v1/namespaces/{namespace}/pods", json=body).status_code

    assert [run(world.namespace, OLD), run(world.namespace, NEW), run(other, OLD), run(other, NEW)] == [
        201,
        403,
        403,
        201,
    ]
    world.stack.program = first
    world.up(OLD)
    assert run(other, FOREIGN) == 201
    assert world.set_image(FOREIGN).status_code == 403


def test_the_rules_are_sound_for_every_kind(world: World, eventually: Wait) -> None:
    """The API server's own type check of the CEL has nothing to say."""
    world.up(OLD)
    names = [f"{world.namespace}.{PLURAL}.{GROUP}", f"{world.namespace}.guard.{PLURAL}.{GROUP}"]

    def statuses() -> list[Object]:
        return [world.api.get(f"{POLICIES}/{name}").json().get("status", {}) for name in names]

    eventually(lambda: all("observedGeneration" in one for one in statuses()))
    assert [one.get("typeChecking") for one in statuses()] == [{}, {}], json.dumps(statuses(), indent=1)


def hold(world: World, name: str, spec: Object) -> Callable[[], None]:
    """Put a policy of somebody else in force; what is returned takes it away again."""
    bindings = POLICIES.replace("policies", "policybindings")
    world.api.post(POLICIES, json={"metadata": {"name": name}, "spec": spec}).raise_for_status()
    reference = {"policyName": name, "validationActions": ["Deny"]}
    world.api.post(bindings, json={"metadata": {"name": name}, "spec": reference}).raise_for_status()
    time.sleep(3)  # an API server looks once a second

    def release() -> None:
        for collection in (bindings, POLICIES):
            world.api.delete(f"{collection}/{name}")

    return release


def test_an_update_waits_until_the_parameter_is_seen(world: World) -> None:
    """The engine tries the probe again while it is refused; no workload is touched before."""
    world.up(OLD)
    rule = {"apiGroups": [""], "apiVersions": ["*"], "operations": ["CREATE"], "resources": ["podtemplates"]}
    spec = {
        "matchConstraints": {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": world.namespace}},
            "resourceRules": [rule],
        },
        "matchConditions": [{"name": "no-dry-run", "expression": "!request.dryRun"}],
        "validations": [{"expression": "false"}],
    }
    # As slow as an API server that does not see the parameter: it refuses in this policy's name.
    release = hold(world, f"slow.{world.namespace}.{PLURAL}.{GROUP}", spec)
    timer = threading.Timer(6, release)
    timer.start()
    done = world.up(NEW, OLD)
    timer.join()
    assert "retrying create due to on-error hook request" in done.output
    assert len(world.pods(NEW)) == 2


def test_a_kind_that_is_new_to_the_cluster(world: World, eventually: Wait) -> None:
    """A cluster whose policies look kinds up all the time hears of ours within half a minute; the update waits."""
    definition = f"{DEFINITIONS}/{DEFINITION}"
    world.api.delete(definition)
    eventually(lambda: world.api.get(definition).status_code == 404)
    spec = {
        "paramKind": {"apiVersion": "example.org/v1", "kind": "Unknown"},
        "matchConstraints": {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "nowhere"}},
            "resourceRules": [
                {"apiGroups": [""], "apiVersions": ["*"], "operations": ["CREATE"], "resources": ["pods"]}
            ],
        },
        "validations": [{"expression": "true"}],
    }
    release = hold(world, "looks-kinds-up", spec)
    try:
        world.up(OLD)
    finally:
        release()
    assert world.set_image(FOREIGN).status_code == 403
