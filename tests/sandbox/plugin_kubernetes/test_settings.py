"""Kubeconfigs and settings: pure decisions on texts."""

from pathlib import Path

import pytest

from sandbox.plugins.kubernetes.configuration import parse, replacing, unsupported
from sandbox.plugins.kubernetes.kubeconfig import KubeconfigError, load
from sandbox.plugins.kubernetes.naming import adopt_name, assign_name, deletion_propagation, timeout

CONFIG = """
current-context: one
contexts:
- {name: one, context: {cluster: a, user: u, namespace: openim}}
- {name: two, context: {cluster: b, user: u}}
clusters:
- {name: a, cluster: {server: "http://127.0.0.1:1/"}}
- {name: b, cluster: {server: "http://127.0.0.1:2"}}
users:
- {name: u, user: {token: secret-token}}
"""


def test_a_kubeconfig_is_read_by_contents_or_by_path(tmp_path: Path) -> None:
    """Context, cluster and namespace of the provider go before those of the file."""
    file = tmp_path / "config"
    file.write_text(CONFIG)
    for given in (CONFIG, str(file)):
        found = load(given)
        assert (found.server, found.namespace, found.token) == ("http://127.0.0.1:1", "openim", "secret-token")
    assert load(CONFIG, context="two").namespace == "default"
    assert load(CONFIG, cluster="b", namespace="mine").server == "http://127.0.0.1:2"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("/nowhere/config", "neither the path"),
        (
            CONFIG.replace("current-context: one", "current-context: none"),
            r"'none' does not exist; known: \['one', 'two'\]",
        ),
        (CONFIG.replace("token: secret-token", "exec: {command: aws}"), "exec in a kubeconfig is not supported"),
    ],
)
def test_a_kubeconfig_that_cannot_be_used_says_why(given: str, reason: str) -> None:
    """Whatever this plugin cannot do with it is named."""
    with pytest.raises(KubeconfigError, match=reason):
        load(given)


def test_a_broken_kubeconfig_does_not_show_its_credentials() -> None:
    """The error says where it is broken and quotes nothing."""
    with pytest.raises(KubeconfigError, match="not valid YAML in line") as caught:
        load(CONFIG.replace("{token: secret-token}}", "{token: secret-token"))
    assert "secret-token" not in str(caught.value)


def test_settings_come_from_the_program_or_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the program says goes first."""
    monkeypatch.setenv("PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE", "true")
    monkeypatch.setenv("PULUMI_K8S_UPSERT_EXISTING_OBJECTS", "true")
    settings = parse({"kubernetes:config:upsertExistingObjects": "false"})
    assert settings.mutable == {"v1/ConfigMap"}
    assert not settings.upsert


def test_unknown_settings_are_refused() -> None:
    """So is what would change how everything is applied."""
    assert set(unsupported({"kubeconfig": "", "helmReleaseSettings": {}})) == {"helmReleaseSettings"}
    assert set(unsupported({"enableServerSideApply": "false"})) == {"enableServerSideApply"}


def test_only_another_cluster_replaces_what_is_in_it() -> None:
    """A new token or namespace does not; a new address does, unless an identifier says that it is the same cluster."""
    moved = CONFIG.replace("127.0.0.1:1/", "127.0.0.1:3")
    renewed = CONFIG.replace("secret-token", "other")
    assert replacing({"kubeconfig": CONFIG}, {"kubeconfig": renewed, "namespace": "n"}) == []
    assert replacing({"kubeconfig": CONFIG}, {"kubeconfig": moved}) == ["kubeconfig"]
    assert replacing({"kubeconfig": CONFIG}, {"kubeconfig": CONFIG, "context": "two"}) == ["context"]
    same = {"clusterIdentifier": "prod"}
    assert replacing({"kubeconfig": CONFIG, **same}, {"kubeconfig": moved, **same}) == []


def test_names_are_generated_once() -> None:
    """Preview and update agree on a name, and an object keeps it."""
    one, two, again = {}, {}, {}
    assign_name(one, "settings", b"seed")
    assign_name(two, "settings", b"seed")
    adopt_name(again, one)
    assert one == two == again
    name = one["metadata"]["name"]
    assert name.startswith("settings-")
    assert len(name) == len("settings-") + 8
    given = {"metadata": {"name": "mine"}}
    assign_name(given, "settings", b"seed")
    assert given == {"metadata": {"name": "mine"}}


def test_the_program_steers_waiting_and_deletion() -> None:
    """The resource option goes before the annotation, that before the kind's default."""
    noted = {"metadata": {"annotations": {"pulumi.com/timeoutSeconds": "30"}}}
    assert (timeout(noted, 5.0, 600), timeout(noted, 0, 600), timeout({}, 0, 600)) == (5.0, 30.0, 600.0)
    background = {"metadata": {"annotations": {"pulumi.com/deletionPropagationPolicy": "background"}}}
    assert (deletion_propagation(background), deletion_propagation({})) == ("Background", "Foreground")
