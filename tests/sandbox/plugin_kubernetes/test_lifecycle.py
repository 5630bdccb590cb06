"""The life of objects in a real cluster, under the real engine."""

from collections.abc import Callable
from typing import Any

import httpx
import pulumi
import pulumi_kubernetes as kubernetes

Program = Callable[[pulumi.ResourceOptions], None]
MakeStack = Callable[[Program], Any]


def deployment(name: str, namespace: pulumi.Input[str], image: str = "example.com/web:1", **pod: Any) -> dict[str, Any]:
    """The arguments of a small Deployment."""
    labels = {"app": name}
    return {
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "replicas": 2,
            "selector": {"match_labels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "main", "image": image}], **pod},
            },
        },
    }


def test_creates_updates_and_deletes(stack: MakeStack, api: httpx.Client) -> None:
    """A preview into a namespace that does not exist yet works; what is created stays as it is until it is changed."""
    image = "example.com/web:1"

    def program(options: pulumi.ResourceOptions) -> None:
        namespace = kubernetes.core.v1.Namespace("ns", metadata={"name": "born"}, opts=options)
        settings = kubernetes.core.v1.ConfigMap(
            "settings", metadata={"namespace": namespace.metadata["name"]}, data={"image": image}, opts=options
        )
        kubernetes.apps.v1.Deployment("web", **deployment("web", settings.metadata["namespace"], image), opts=options)

    born = stack(program)
    assert born.preview().changes["create"] == 5
    assert "Deployment initialization complete" in born.up().output
    assert set(born.preview().changes) == {"same"}
    image = "example.com/web:2"
    changed = born.up()
    assert (changed.changes["update"], changed.changes["replace"]) == (1, 1)
    pod = api.get("/apis/apps/v1/namespaces/born/deployments/web").json()["spec"]["template"]["spec"]
    assert pod["containers"][0]["image"] == image
    assert born.destroy().error == ""
    assert api.get("/api/v1/namespaces/born").status_code == 404


def test_a_changed_config_map_is_replaced(stack: MakeStack, namespace: str, api: httpx.Client) -> None:
    """Under a generated name the new one comes before the old one goes; under a fixed name after."""
    word = "one"

    def program(options: pulumi.ResourceOptions) -> None:
        for name, metadata in (("fixed", {"name": "fixed"}), ("free", {})):
            kubernetes.core.v1.ConfigMap(
                name, metadata={"namespace": namespace, **metadata}, data={"word": word}, opts=options
            )

    maps = stack(program)
    maps.up()
    before = _names(api, namespace, "configmaps")
    word = "two"
    preview = maps.preview()
    assert preview.changes["replace"] == 2
    assert '"one" => "two"' in preview.output
    assert maps.up().error == ""
    after = _names(api, namespace, "configmaps")
    assert {name for name in before & after if name != "kube-root-ca.crt"} == {"fixed"}
    assert len(after) == len(before)


def test_drift_is_found_and_undone(stack: MakeStack, namespace: str, api: httpx.Client) -> None:
    """What somebody changed with kubectl is shown by a refresh and put back by the next update."""

    def program(options: pulumi.ResourceOptions) -> None:
        kubernetes.apps.v1.Deployment("web", **deployment("web", namespace), opts=options)

    web = stack(program)
    web.up()
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/web"
    _patch(api, path, {"spec": {"replicas": 3}}, manager="kubectl-edit")
    assert set(web.preview().changes) == {"same"}
    assert web.refresh().changes["update"] == 1
    assert "replicas: 3 => 2" in " ".join(web.preview().output.split())
    assert web.up().error == ""
    assert api.get(path).json()["spec"]["replicas"] == 2


def test_an_object_that_is_gone_is_made_again(stack: MakeStack, namespace: str, api: httpx.Client) -> None:
    """A refresh notices that an object does not exist any more."""

    def program(options: pulumi.ResourceOptions) -> None:
        kubernetes.core.v1.ServiceAccount("robot", metadata={"namespace": namespace, "name": "robot"}, opts=options)

    robot = stack(program)
    robot.up()
    api.delete(f"/api/v1/namespaces/{namespace}/serviceaccounts/robot").raise_for_status()
    assert robot.refresh().changes["delete"] == 1
    assert robot.up().changes["create"] == 1


def test_imports_what_exists(stack: MakeStack, namespace: str, api: httpx.Client) -> None:
    """An object declared as it is, is adopted by ``namespace/name`` without a change; a missing one is an error."""
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    api.post(path, json={"metadata": {"name": "old"}, "data": {"word": "kept"}}).raise_for_status()
    missing = False

    def program(options: pulumi.ResourceOptions) -> None:
        name = "absent" if missing else "old"
        adopted = pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(import_=f"{namespace}/{name}"))
        metadata = {"namespace": namespace, "name": name}
        kubernetes.core.v1.ConfigMap(name, metadata=metadata, data={"word": "kept"}, opts=adopted)

    adopting = stack(program)
    before = api.get(f"{path}/old").json()
    assert adopting.up().changes["import"] == 1
    assert set(adopting.preview().changes) == {"same"}
    assert api.get(f"{path}/old").json()["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]
    missing = True
    assert "does not exist" in adopting.preview().error


def test_a_failed_rollout_is_carried_on(stack: MakeStack, namespace: str, api: httpx.Client) -> None:
    """A Deployment that does not become ready is reported with reasons and updated, not created, the next time."""
    pod: dict[str, Any] = {"node_selector": {"nobody": "has-this"}}

    def program(options: pulumi.ResourceOptions) -> None:
        patient = pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(create="4s"))
        merged = pulumi.ResourceOptions.merge(options, patient)
        kubernetes.apps.v1.Deployment("web", **deployment("web", namespace, **pod), opts=merged)

    web = stack(program)
    failed = web.up()
    assert "'web' timed out waiting to be Ready" in failed.error
    assert "Minimum number of live Pods was not attained" in failed.error
    assert "Waiting for app ReplicaSet to be available (0/2 Pods available)" in failed.output
    assert web.state()[0]["initErrors"]
    pod = {}
    assert web.up().changes["update"] == 1
    assert set(web.preview().changes) == {"same"}


def test_custom_resources_follow_their_definition(stack: MakeStack, namespace: str, api: httpx.Client) -> None:
    """A definition and an object of it can be declared together; schema extensions keep their names."""
    schema = {
        "type": "object",
        "properties": {"spec": {"type": "object", "x_kubernetes_preserve_unknown_fields": True}},
    }
    color = "red"

    def program(options: pulumi.ResourceOptions) -> None:
        definition = kubernetes.apiextensions.v1.CustomResourceDefinition(
            "gates",
            metadata={"name": "gates.example.com"},
            spec={
                "group": "example.com",
                "names": {"plural": "gates", "singular": "gate", "kind": "Gate"},
                "scope": "Namespaced",
                "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"open_apiv3_schema": schema}}],
            },
            opts=options,
        )
        kubernetes.apiextensions.CustomResource(
            "gate",
            api_version="example.com/v1",
            kind="Gate",
            metadata={"name": "north", "namespace": namespace},
            spec={"color": color, "posts": [1, 2]},
            opts=pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(depends_on=[definition])),
        )

    gates = stack(program)
    assert gates.preview().changes["create"] == 4
    assert gates.up().error == ""
    assert set(gates.preview().changes) == {"same"}
    color = "blue"
    assert gates.up().changes["update"] == 1
    path = f"/apis/example.com/v1/namespaces/{namespace}/gates/north"
    assert api.get(path).json()["spec"] == {"color": "blue", "posts": [1, 2]}
    api.delete(path).raise_for_status()
    assert gates.refresh().changes["delete"] == 1


def test_fields_that_are_left_out_are_removed(stack: MakeStack, namespace: str, api: httpx.Client) -> None:
    """A label that the program does not set any more goes; one that somebody else set stays."""
    labels = {"ours": "yes", "gone": "soon"}

    def program(options: pulumi.ResourceOptions) -> None:
        metadata = {"namespace": namespace, "name": "robot", "labels": labels}
        kubernetes.core.v1.ServiceAccount("robot", metadata=metadata, opts=options)

    robot = stack(program)
    robot.up()
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts/robot"
    _patch(api, path, {"metadata": {"labels": {"theirs": "too"}}}, manager="somebody")
    labels = {"ours": "yes"}
    assert "gone" in robot.preview().output
    assert robot.up().changes["update"] == 1
    assert api.get(path).json()["metadata"]["labels"] == {"ours": "yes", "theirs": "too"}


def test_ignored_changes_stay_with_whoever_makes_them(stack: MakeStack, namespace: str, api: httpx.Client) -> None:
    """With ``ignore_changes`` an autoscaler's replicas survive an update of something else."""
    image = "example.com/web:1"

    def program(options: pulumi.ResourceOptions) -> None:
        ignoring = pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(ignore_changes=["spec.replicas"]))
        kubernetes.apps.v1.Deployment("web", **deployment("web", namespace, image), opts=ignoring)

    web = stack(program)
    web.up()
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/web"
    _patch(api, path, {"spec": {"replicas": 3}}, manager="autoscaler")
    image = "example.com/web:2"
    assert web.up().error == ""
    assert api.get(path).json()["spec"]["replicas"] == 3


def test_looks_up_what_it_does_not_manage(stack: MakeStack, namespace: str) -> None:
    """``.get`` reads an object of the cluster; nothing that is looked up is changed or deleted."""
    found: list[str] = []

    def program(options: pulumi.ResourceOptions) -> None:
        account = kubernetes.core.v1.ServiceAccount.get("account", "kube-system/default", opts=options)
        account.metadata["name"].apply(found.append)

    looking = stack(program)
    assert looking.up().error == ""
    assert looking.refresh().error == ""
    assert set(found) == {"default"}


def test_waiting_can_be_skipped(stack: MakeStack, namespace: str) -> None:
    """``pulumi.com/skipAwait`` takes an object as ready once it exists."""

    def program(options: pulumi.ResourceOptions) -> None:
        metadata = {"namespace": namespace, "name": "early", "annotations": {"pulumi.com/skipAwait": "true"}}
        ports = [{"port": 80}]
        kubernetes.core.v1.Service(
            "early", metadata=metadata, spec={"selector": {"a": "b"}, "ports": ports}, opts=options
        )

    assert stack(program).up().changes["create"] == 3


def _names(api: httpx.Client, namespace: str, plural: str) -> set[str]:
    return {item["metadata"]["name"] for item in api.get(f"/api/v1/namespaces/{namespace}/{plural}").json()["items"]}


def _patch(api: httpx.Client, path: str, change: dict[str, Any], manager: str) -> None:
    headers = {"Content-Type": "application/merge-patch+json"}
    api.patch(path, json=change, headers=headers, params={"fieldManager": manager}).raise_for_status()
