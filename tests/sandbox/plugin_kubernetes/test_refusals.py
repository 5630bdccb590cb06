"""What the plugin refuses or keeps to itself, under the real engine."""

import threading
import time
from collections.abc import Callable
from typing import Any

import httpx
import pulumi
import pulumi_kubernetes as kubernetes
import pytest

Program = Callable[[pulumi.ResourceOptions], None]
MakeStack = Callable[[Program], Any]


def test_what_exists_is_not_overwritten(stack: MakeStack, namespace: str, api: httpx.Client) -> None:
    """Creating an object that exists fails and leaves it as it was, unless the provider is told to take it over."""
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    api.post(path, json={"metadata": {"name": "taken"}, "data": {"word": "theirs"}}).raise_for_status()

    def program(options: pulumi.ResourceOptions) -> None:
        metadata = {"namespace": namespace, "name": "taken"}
        kubernetes.core.v1.ConfigMap("taken", metadata=metadata, data={"new": "ours"}, opts=options)

    taken = stack(program)
    assert 'configmaps "taken" already exists' in taken.up().error
    assert api.get(f"{path}/taken").json()["data"] == {"word": "theirs"}
    taken.settings["upsert_existing_objects"] = True
    assert taken.up().error == ""
    assert api.get(f"{path}/taken").json()["data"] == {"word": "theirs", "new": "ours"}


def test_a_field_of_another_manager_is_a_conflict(stack: MakeStack, namespace: str, api: httpx.Client) -> None:
    """What another controller owns is not taken away silently; ``pulumi.com/patchForce`` takes it."""
    annotations: dict[str, str] = {}
    word = "one"

    def program(options: pulumi.ResourceOptions) -> None:
        metadata = {"namespace": namespace, "name": "shared", "annotations": {"word": word, **annotations}}
        kubernetes.core.v1.ServiceAccount("shared", metadata=metadata, opts=options)

    shared = stack(program)
    shared.up()
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts/shared"
    api.patch(
        path,
        json={"metadata": {"annotations": {"word": "theirs"}}},
        headers={"Content-Type": "application/merge-patch+json"},
        params={"fieldManager": "controller"},
    ).raise_for_status()
    word = "two"
    refused = shared.up()
    assert "Server-Side Apply field conflict detected" in refused.error
    assert "controller" in refused.error
    annotations = {"pulumi.com/patchForce": "true"}
    assert shared.up().error == ""
    assert api.get(path).json()["metadata"]["annotations"]["word"] == "two"


def test_unknown_fields_are_refused_before_anything_is_created(stack: MakeStack, namespace: str) -> None:
    """A misspelt field fails the preview, with the field's name."""

    def program(options: pulumi.ResourceOptions) -> None:
        metadata = {"namespace": namespace, "name": "shared"}
        kubernetes.core.v1.Service("shared", metadata=metadata, spec={"potrs": [{"port": 80}]}, opts=options)

    assert "potrs" in stack(program).preview().error


@pytest.mark.parametrize(
    ("declare", "reason"),
    [
        (
            lambda options: kubernetes.core.v1.NamespacePatch("p", metadata={"name": "default"}, opts=options),
            "patch resources (v1/NamespacePatch) are not supported",
        ),
        (
            lambda options: kubernetes.core.v1.ConfigMapList("l", items=[], opts=options),
            "list resources exist for compatibility",
        ),
        (
            lambda options: kubernetes.helm.v3.Release("r", chart="c", opts=options),
            "helm.sh/v3/Release is not supported",
        ),
        (
            lambda options: kubernetes.core.v1.ConfigMap(
                "w", metadata={"annotations": {"pulumi.com/waitFor": "jsonpath={.data}"}}, opts=options
            ),
            "pulumi.com/waitFor is not supported",
        ),
    ],
)
def test_what_is_not_served_is_an_error(stack: MakeStack, declare: Program, reason: str) -> None:
    """Nothing that the official plugin can do and this one cannot is ignored."""
    assert reason in stack(declare).preview().error


def test_settings_that_cannot_be_honoured_are_an_error(stack: MakeStack) -> None:
    """So are settings of the provider."""
    made = stack(lambda _: None)
    made.settings |= {"render_yaml_to_directory": "somewhere", "enable_server_side_apply": False}
    error = made.preview().error
    assert "renderYamlToDirectory" in error
    assert "enableServerSideApply" in error


def test_a_cluster_out_of_reach_is_named(stack: MakeStack) -> None:
    """A preview works without the cluster; an update says that it cannot be reached."""

    def program(options: pulumi.ResourceOptions) -> None:
        kubernetes.core.v1.ConfigMap("lost", data={"a": "b"}, opts=options)

    lost = stack(program)
    lost.settings["kubeconfig"] = """
current-context: c
contexts: [{name: c, context: {cluster: c}}]
clusters: [{name: c, cluster: {server: "http://127.0.0.1:9"}}]
"""
    assert lost.preview().error == ""
    assert "configured Kubernetes cluster is unreachable" in lost.up().error


def test_a_secret_is_nowhere_in_clear(stack: MakeStack, namespace: str) -> None:
    """Neither a Secret's data nor a secret value elsewhere shows in output or state, in text or in base64."""

    def program(options: pulumi.ResourceOptions) -> None:
        kubernetes.core.v1.Secret(
            "s", metadata={"namespace": namespace, "name": "s"}, string_data={"p": "hunter2hunter2"}, opts=options
        )
        kubernetes.core.v1.ConfigMap(
            "c",
            metadata={"namespace": namespace, "name": "c"},
            data={"token": pulumi.Output.secret("swordfish-swordfish")},
            opts=options,
        )

    hidden = stack(program)
    seen = [hidden.preview().output, hidden.up().output, hidden.refresh().output, hidden.preview().output]
    seen.append(hidden.raw_state())
    for text in seen:
        for clear in ("hunter2", "aHVudGVyMmh1bnRlcjI", "swordfish"):
            assert clear not in text


def test_cancelling_stops_the_wait_at_once(stack: MakeStack, namespace: str) -> None:
    """A cancelled update does not sit out its ten minutes, and what was created is in the state."""

    def program(options: pulumi.ResourceOptions) -> None:
        metadata = {"namespace": namespace, "name": "lonely"}
        kubernetes.core.v1.Service(
            "lonely", metadata=metadata, spec={"selector": {"app": "nobody"}, "ports": [{"port": 80}]}, opts=options
        )

    lonely = stack(program)
    timer = threading.Timer(8, lonely.interrupt)
    timer.start()
    began = time.monotonic()
    error = lonely.up().error
    timer.cancel()
    assert time.monotonic() - began < 30
    assert "Resource operation was cancelled" in error
    assert "Service does not target any Pods" in error
    assert len(lonely.state()) == 1
