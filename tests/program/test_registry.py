"""What the registry's components register, and what they look up."""

import pulumi
import pytest

from components.registry_access import RegistryAccess
from components.registry_images import MissingImagesError, registry_provider, require_images
from components.registry_mirror import RegistryMirror
from model.registry import api_url

LOOKUP = "docker:index/getRegistryImage:getRegistryImage"
DIGEST = f"sha256:{'a' * 64}"
LOGIN = {"host": "registry.example.org", "username": "ci", "password": "hunter2"}
ACCESS = {
    **LOGIN,
    "repositories": {name: {"repository": name, "branches": ["main"]} for name in ("chat", "open-im-server")},
}
MIRROR = {"upstream": {"url": "https://registry-1.docker.io"}, "image": f"registry@{DIGEST}"}


def custom(made):
    return [one for one in made if one.custom]


def test_repositories_that_build_images_get_the_credentials(record):
    """Each has the two secrets and the host under the names that OpenIM's workflows read."""
    made = custom(record(lambda: RegistryAccess("registry", ACCESS)))
    values = [one for one in made if "secretName" in one.inputs or "variableName" in one.inputs]
    names = {(one.inputs["repository"], one.inputs.get("secretName") or one.inputs["variableName"]) for one in values}
    wanted = ("DOCKER_USERNAME", "DOCKER_PASSWORD", "REGISTRY")
    assert names == {(repository, name) for repository in ACCESS["repositories"] for name in wanted}


def test_only_the_branches_that_images_are_built_from_get_them(record):
    """A workflow pushed to any other branch cannot read them: they are no secrets of the repository."""
    made = custom(record(lambda: RegistryAccess("registry", ACCESS)))
    assert [one for one in made if one.type.endswith(":ActionsSecret")] == []
    secrets = [one for one in made if one.type.endswith(":ActionsEnvironmentSecret")]
    assert {one.inputs["environment"] for one in secrets} == {"registry"}
    policies = [one for one in made if one.type.endswith(":RepositoryEnvironmentDeploymentPolicy")]
    assert {one.inputs["branchPattern"] for one in policies} == {"main"}


def test_credentials_are_secrets(record):
    """Neither user nor password is sent in clear; the host is no secret."""
    for one in custom(record(lambda: RegistryAccess("registry", ACCESS))):
        assert (one.secrets == ["value"]) == ("secretName" in one.inputs)


def options():
    return pulumi.InvokeOptions(provider=registry_provider("registry", LOGIN))


def test_each_image_is_looked_up_by_digest(record):
    """Images that the registry holds pass; asking registers nothing but the provider."""
    found = {"name": "", "sha256Digest": DIGEST, "id": "x"}

    def program():
        require_images([f"registry.example.org/openim/chat@{DIGEST}"], options())

    (provider,) = record(program, answers={LOOKUP: found})
    assert provider.type == "pulumi:providers:docker"
    assert provider.inputs["disableDockerDaemonCheck"] == "true"
    assert provider.secrets


def test_every_missing_image_is_named(record):
    """All of them at once, before anything that would run them is registered."""
    wrong = {"name": "", "sha256Digest": f"sha256:{'b' * 64}", "id": "x"}

    def program():
        require_images([f"h/openim/a@{DIGEST}", f"h/openim/b@{DIGEST}"], options())
        pulumi.ComponentResource("t:index:Late", "late")

    with pytest.raises(MissingImagesError, match=r"(?s)2 images.*h/openim/a@.*h/openim/b@"):
        record(program, answers={LOOKUP: wrong})


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("docker.io", "https://registry-1.docker.io"),
        ("127.0.0.1:5000", "http://127.0.0.1:5000"),
        ("localhost:1", "http://localhost:1"),
        ("127.0.0.1.example.org", "https://127.0.0.1.example.org"),
    ],
)
def test_http_only_on_the_loopback_address(host, url):
    """Credentials never leave the machine in clear."""
    assert api_url(host) == url


def test_mirror_keeps_what_it_cached(record):
    """The cache lives in a volume and outlives the container, which runs without privileges."""
    component, *_, container = record(lambda: RegistryMirror("mirror", MIRROR))
    assert component.outputs == {"address": "127.0.0.1:5000"}
    assert container.inputs["volumes"][0]["containerPath"] == "/var/lib/registry"
    assert container.inputs["capabilities"] == {"drops": ["ALL"]}
    assert container.inputs["ports"] == [{"internal": 5000, "external": 5000, "ip": "127.0.0.1"}]
    assert container.inputs["envs"] == ["REGISTRY_PROXY_REMOTEURL=https://registry-1.docker.io"]


def test_mirror_pulls_with_secret_credentials(record):
    """The upstream's password reaches the container as a secret."""
    upstream = {**MIRROR["upstream"], "username": "ci", "password": "hunter2"}
    container = record(lambda: RegistryMirror("mirror", {**MIRROR, "upstream": upstream}))[-1]
    assert "REGISTRY_PROXY_PASSWORD=hunter2" in container.inputs["envs"]
    assert any(path.startswith("envs") for path in container.secrets)


def test_mirror_refuses_a_tag(record):
    """A tag would run another image tomorrow."""
    with pytest.raises(ValueError, match="by its digest"):
        record(lambda: RegistryMirror("mirror", {**MIRROR, "image": "registry:3"}))
