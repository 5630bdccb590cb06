"""Diffs and the server's form of inputs: pure decisions on recorded objects."""

from typing import Any

import pytest

from sandbox.plugins.common.values import UNKNOWN
from sandbox.plugins.kubernetes.diff import Change, covers, differences
from sandbox.plugins.kubernetes.force_new import patterns
from sandbox.plugins.kubernetes.normalize import normalized, pruned
from sandbox.plugins.kubernetes.objects import Kind, kind_of
from sandbox.plugins.kubernetes.ownership import keep_ignored, made_by_us, takeover
from sandbox.plugins.kubernetes.quantity import canonical

DEPLOYMENT = Kind("apps", "v1", "Deployment")


def replaced(kind: Kind, old: dict[str, Any], new: dict[str, Any], *mutable: str) -> dict[str, bool]:
    """Each changed path, and whether it replaces the object."""
    forced = patterns(kind, new, frozenset(mutable))
    return {difference.text: difference.replace for difference in differences(old, new, forced)}


def test_every_change_has_its_path() -> None:
    """Paths are written as Pulumi writes them, also through lists and keys with dots."""
    old = {"metadata": {"labels": {"a.b/c": "1"}}, "spec": {"containers": [{"image": "x", "tty": True}]}}
    new = {"metadata": {"labels": {"a.b/c": "2"}}, "spec": {"containers": [{"image": "x"}, {"image": "y"}]}}
    assert {(each.text, each.change) for each in differences(old, new)} == {
        ('metadata.labels["a.b/c"]', Change.UPDATE),
        ("spec.containers[0].tty", Change.DELETE),
        ("spec.containers[1]", Change.ADD),
    }


def test_an_unknown_value_is_a_change() -> None:
    """What a preview cannot know may change; what it would replace is replaced."""
    kind = Kind("", "v1", "ConfigMap")
    assert replaced(kind, {"data": {"a": "1"}}, {"data": {"a": UNKNOWN}}) == {"data.a": True}


@pytest.mark.parametrize(
    ("kind", "path", "expected"),
    [
        ("apps/v1/Deployment", ("spec", "selector", "matchLabels", "app"), True),
        ("apps/v1/Deployment", ("spec", "template", "spec", "serviceAccountName"), False),
        ("apps/v1/StatefulSet", ("spec", "serviceName"), True),
        ("apps/v1/StatefulSet", ("spec", "volumeClaimTemplates"), True),
        ("apps/v1/StatefulSet", ("spec", "replicas"), False),
        ("batch/v1/Job", ("spec", "template", "spec", "restartPolicy"), True),
        ("/v1/Service", ("spec", "clusterIP"), True),
        ("/v1/Service", ("spec", "type"), False),
        ("/v1/PersistentVolumeClaim", ("spec", "storageClassName"), True),
        ("/v1/PersistentVolumeClaim", ("spec", "resources", "requests", "storage"), False),
        ("/v1/Secret", ("data", "key"), True),
        ("/v1/Secret", ("type",), True),
        ("/v1/ConfigMap", ("data", "key"), True),
        ("/v1/ConfigMap", ("metadata", "labels", "a"), False),
        ("/v1/ConfigMap", ("metadata", "name"), True),
        ("rbac.authorization.k8s.io/v1/RoleBinding", ("roleRef", "name"), True),
    ],
)
def test_immutable_fields_replace(kind: str, path: tuple[str, ...], expected: bool) -> None:
    """Fields that the API server does not let change, and payloads that must not change under running pods."""
    old: Any = "1"
    new: Any = "2"
    for key in reversed(path):
        old, new = {key: old}, {key: new}
    assert replaced(Kind(*kind.split("/")), old, new) == {".".join(path): expected}


def test_payloads_can_be_made_mutable() -> None:
    """A provider with enableConfigMapMutable updates in place, except what Kubernetes holds immutable."""
    kind, old = Kind("", "v1", "ConfigMap"), {"data": {"a": "1"}}
    assert replaced(kind, old, {"data": {"a": "2"}}, "v1/ConfigMap") == {"data.a": False}
    frozen = {"data": {"a": "2"}, "immutable": True}
    assert replaced(kind, old, frozen, "v1/ConfigMap")["data.a"] is True


def test_a_whole_section_that_appears_replaces_if_part_of_it_does() -> None:
    """The verdict looks into what is added."""
    new = {"spec": {"template": {"spec": {}}, "selector": {"matchLabels": {}}}}
    assert replaced(DEPLOYMENT, {}, new) == {"spec": True}
    pod = {"spec": {"containers": [{"image": "x"}]}}
    assert replaced(Kind("", "v1", "Pod"), {"spec": {"containers": []}}, pod) == {"spec.containers[0]": True}


def test_ignored_paths_cover_what_is_under_them() -> None:
    """``spec.replicas`` does not cover ``spec.replicasOther``."""
    assert covers("spec.template", "spec.template.spec")
    assert covers("spec.ports", "spec.ports[0]")
    assert not covers("spec.replicas", "spec.replicasOther")


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("1000m", "1"),
        ("0.5", "500m"),
        ("1024Mi", "1Gi"),
        ("1.5Gi", "1536Mi"),
        ("0.5Ki", "512"),
        ("2000M", "2G"),
        ("1e3", "1e3"),
        ("100k", "100k"),
        ("0", "0"),
        ("64Gi", "64Gi"),
        ("none", "none"),
    ],
)
def test_quantities_are_written_as_the_server_writes_them(given: str, written: str) -> None:
    """Otherwise every preview would show the same change again."""
    assert canonical(given) == written


def test_inputs_take_the_servers_form() -> None:
    """Quantities, empty values and what only the server writes; the user's own keys keep their empty values."""
    container = {"env": [{"name": "A", "value": ""}], "resources": {"limits": {"cpu": "1000m"}}, "args": []}
    given = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "uid": "1", "labels": {"empty": ""}},
        "spec": {
            "replicas": 0,
            "paused": False,
            "template": {"spec": {"hostNetwork": False, "containers": [container]}},
        },
    }
    assert normalized(given) == {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "labels": {"empty": ""}},
        "spec": {
            "replicas": 0,
            "template": {"spec": {"containers": [{"env": [{"name": "A"}], "resources": {"limits": {"cpu": "1"}}}]}},
        },
    }


def test_the_text_of_a_secret_becomes_its_data() -> None:
    """The server moves stringData into data, encoded, over what stood there."""
    given = {"apiVersion": "v1", "kind": "Secret", "data": {"a": "b2xk"}, "stringData": {"a": "new", "b": "x"}}
    assert normalized(given) == {"apiVersion": "v1", "kind": "Secret", "data": {"a": "bmV3", "b": "eA=="}}


def test_custom_resources_keep_their_values() -> None:
    """Only their author knows what a field called ``limits`` means."""
    given = {"apiVersion": "example.com/v1", "kind": "Gate", "spec": {"limits": {"cpu": "1000m"}, "args": []}}
    assert normalized(given) == given


def test_only_the_fields_that_were_asked_for_are_compared() -> None:
    """What the server or others add to an object is no difference."""
    live = {"spec": {"replicas": 2, "strategy": {}, "ports": [{"port": 80, "protocol": "TCP"}]}, "status": {}}
    assert pruned(live, {"spec": {"replicas": 1, "ports": [{"port": 80}]}}) == {
        "spec": {"replicas": 2, "ports": [{"port": 80}]}
    }


def managed(*entries: tuple[str, str, dict[str, Any]]) -> dict[str, Any]:
    """An object whose fields belong to (manager, operation, fields)."""
    fields = [{"manager": who, "operation": how, "fieldsV1": what} for who, how, what in entries]
    return {"metadata": {"resourceVersion": "7", "managedFields": fields}, "spec": {"replicas": 5}}


def test_what_kubectl_wrote_becomes_ours() -> None:
    """Fields of kubectl and of our own create are handed over in one patch, others stay where they are."""
    live = managed(
        ("kubectl-edit", "Update", {"f:spec": {"f:replicas": {}}}),
        ("us", "Apply", {"f:spec": {"f:paused": {}}}),
        ("controller", "Update", {"f:status": {}}),
    )
    entries = takeover(live, "us")[0]["value"]
    assert {entry["manager"]: entry["fieldsV1"] for entry in entries} == {
        "us": {"f:spec": {"f:replicas": {}, "f:paused": {}}},
        "controller": {"f:status": {}},
    }
    assert takeover(managed(("controller", "Update", {})), "us") == []
    assert made_by_us(managed(("pulumi-kubernetes-1a2b", "Update", {})))


def test_ignored_fields_stay_with_their_owner() -> None:
    """Somebody else's field is left out of what we apply; one of ours keeps its live value."""
    theirs = {"spec": {"replicas": 2}}
    keep_ignored(theirs, managed(("hpa", "Update", {"f:spec": {"f:replicas": {}}})), ["spec.replicas"], "us")
    assert theirs == {"spec": {}}
    ours = {"spec": {"replicas": 2}}
    keep_ignored(ours, managed(("us", "Apply", {"f:spec": {"f:replicas": {}}})), ["spec.replicas"], "us")
    assert ours == {"spec": {"replicas": 5}}


def test_the_core_group_has_two_spellings() -> None:
    """``core/v1`` in a manifest means the same as ``v1``."""
    assert kind_of({"apiVersion": "core/v1", "kind": "Pod"}) == kind_of({"apiVersion": "v1", "kind": "Pod"})
