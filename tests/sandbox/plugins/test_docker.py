"""The stand-in for the Docker plugin: registry look-ups, and on a real Docker engine where one answers."""

import asyncio
import os
from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_docker as docker
import pytest
from pulumi.automation import CommandError
from pulumi.provider.experimental.provider import CheckRequest

from sandbox.plugins.common.server import PluginError
from sandbox.plugins.common.values import wrapped_map
from sandbox.plugins.docker.engine import DEFAULT_HOST, Engine
from sandbox.plugins.docker.provider import DockerProvider
from sandbox.plugins.docker.registry import Reference, digest_of, logins, parse
from sandbox.registry.images import digests

HOST = os.environ.get("DOCKER_HOST", DEFAULT_HOST)
NOWHERE = "unix:///nonexistent/docker.sock"
SECRET = "not to be seen"


def answers(host: str) -> bool:
    """Whether a Docker engine on this machine can be used."""
    try:
        if host.startswith("unix://"):
            Engine(host).ping()
            return True
    except PluginError:
        pass
    return False


def provider(registry: Any) -> docker.Provider:
    """A provider that asks the sandbox's registry."""
    known = registry.environment
    account = {"username": known["REGISTRY_USERNAME"], "password": pulumi.Output.secret(known["REGISTRY_PASSWORD"])}
    auth = {"address": registry.url, **account}
    return docker.Provider("docker", host=NOWHERE, disable_docker_daemon_check=True, registry_auth=[auth])


def looking_up(registry: Any, *names: str) -> Callable[[], None]:
    def declare() -> None:
        options = pulumi.InvokeOptions(provider=provider(registry))
        for at, name in enumerate(names):
            reference = f"{registry.environment['REGISTRY']}/{name}"
            pulumi.export(f"digest{at}", docker.get_registry_image(name=reference, opts=options).sha256_digest)

    return declare


def test_digests_are_looked_up_without_any_docker_engine(bench: Any, registry: Any) -> None:
    """By tag, by digest beside a tag, and in a preview already; the registry's password is shown nowhere."""
    digest = digests()["openim-api"]
    tagged = "openim/openim-api:v3.8.4-alpha.1"
    stack = bench(looking_up(registry, tagged, f"{tagged}@{digest}", f"openim/openim-api:any@{digest}"))
    stack.preview()
    stack.run()
    assert {output.value for output in stack.stack.outputs().values()} == {digest}
    assert stack.run() == {"same": 2}
    password = registry.environment["REGISTRY_PASSWORD"]
    assert password not in stack.state.read_text()
    assert password not in stack.everything_said


def test_a_missing_image_fails_the_preview(bench: Any, registry: Any) -> None:
    """In the words of the official plugin."""
    reason = "Got error when attempting to fetch image version openim/openim-api:v0 from registry: Got bad response"
    with pytest.raises(CommandError, match=reason):
        bench(looking_up(registry, "openim/openim-api:v0")).preview()


@pytest.mark.parametrize(
    ("name", "changed", "reason"),
    [
        ("openim/nothing:v0", {}, "404 Not Found"),
        (f"openim/openim-api@{digests()['openim-api']}", {}, "a digest counts only beside a tag"),
        ("openim/openim-api:v3.8.4-alpha.1", {"password": "wrong"}, "Bad credentials: 401 Unauthorized"),
        ("openim/openim-api:v3.8.4-alpha.1", {"authDisabled": True}, "Bad credentials: 401 Unauthorized"),
    ],
)
def test_what_cannot_be_looked_up_is_an_error(registry: Any, name: str, changed: dict[str, Any], reason: str) -> None:
    """A missing image, a reference that the official plugin would misread, and a wrong account."""
    known = registry.environment
    account = {"username": known["REGISTRY_USERNAME"], "password": known["REGISTRY_PASSWORD"]}
    with pytest.raises(PluginError, match=reason):
        digest_of(f"{known['REGISTRY']}/{name}", logins([{"address": registry.url, **account, **changed}]), verify=True)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("nginx", Reference("registry-1.docker.io", "library/nginx", "latest")),
        ("openim/openim-api:v1", Reference("registry-1.docker.io", "openim/openim-api", "v1")),
        ("ghcr.io/openimsdk/openim-api:v1", Reference("ghcr.io", "openimsdk/openim-api", "v1")),
        ("127.0.0.1:5000/a/b:v1@sha256:cd", Reference("127.0.0.1:5000", "a/b", "sha256:cd")),
        ("localhost/a", Reference("localhost", "a", "latest")),
    ],
)
def test_names_mean_what_they_mean_elsewhere(name: str, expected: Reference) -> None:
    """Docker Hub, its official images and the tag latest are what is left out."""
    assert parse(name) == expected


def test_an_engine_that_does_not_answer_is_named(bench: Any) -> None:
    """Without a Docker engine nothing can be declared on one, and the error says where it was looked for."""

    def declare() -> None:
        docker.Network("net", opts=pulumi.ResourceOptions(provider=docker.Provider("docker", host=NOWHERE)))

    with pytest.raises(CommandError) as refused:
        bench(declare).preview()
    assert f"Error pinging Docker server: Cannot connect to the Docker daemon at {NOWHERE}" in str(refused.value)


@pytest.mark.parametrize(
    ("token", "properties", "reason"),
    [
        ("docker:index/container:Container", {"image": "x", "privileged": True}, "unsupported property 'privileged'"),
        ("docker:index/container:Container", {"image": "x", "restart": "maybe"}, "restart must be one of"),
        (
            "docker:index/container:Container",
            {"image": "x", "ports": [{"external": 1}]},
            "missing required property 'ports[0].internal'",
        ),
        ("docker:index/container:Container", {"image": "x", "volumes": [{}]}, "either hostPath or volumeName"),
        ("docker:index/network:Network", {"labels": {"a": "b"}}, "'labels' must be a list, not an object"),
    ],
)
def test_what_is_not_supported_is_an_error(token: str, properties: dict[str, Any], reason: str) -> None:
    """Nothing that a program says is passed over in silence."""
    asked = CheckRequest(f"urn:pulumi:s::p::{token}::it", {}, wrapped_map(properties), b"")
    [failure] = asyncio.run(DockerProvider().check(asked)).failures or []
    assert reason in failure.reason


def test_unsupported_configuration_is_an_error(bench: Any) -> None:
    """A provider that is told something it does not know refuses, instead of connecting to something else."""
    with pytest.raises(CommandError) as refused:
        bench(lambda: pulumi.export("urn", docker.Provider("docker", context="other").urn)).preview()
    assert "unsupported property 'context'" in str(refused.value)


def cache(registry: Any, restart: str = "unless-stopped", setting: str = "A=1") -> Callable[[], None]:
    """What a pull-through cache is made of."""

    def declare() -> None:
        known = registry.environment
        auth = {
            "address": registry.url,
            "username": known["REGISTRY_USERNAME"],
            "password": pulumi.Output.secret(known["REGISTRY_PASSWORD"]),
        }
        here = docker.Provider("docker", host=HOST, registry_auth=[auth])
        options = pulumi.ResourceOptions(provider=here)
        network = docker.Network("net", labels=[{"label": "b", "value": "1"}], opts=options)
        volume = docker.Volume("vol", opts=options)
        reference = f"{known['REGISTRY']}/openim/openim-api@{digests()['openim-api']}"
        image = docker.RemoteImage("image", name=reference, opts=options)
        container = docker.Container(
            "container",
            image=image.image_id,
            envs=[setting, pulumi.Output.secret(f"SECRET={SECRET}")],
            volumes=[{"volume_name": volume.name, "container_path": "/data"}],
            networks_advanced=[{"name": network.name, "aliases": ["cache"]}],
            restart=restart,
            read_only=True,
            capabilities={"drops": ["ALL"]},
            opts=options,
        )
        pulumi.export("container", container.name)

    return declare


if answers(HOST):

    def test_a_container_lives_on_a_real_engine(bench: Any, registry: Any) -> None:
        """Create, change in place, replace, notice that it is gone, make it again, remove; secrets stay secret."""
        stack = bench(cache(registry))
        assert stack.preview() == {"create": 6}
        try:
            assert stack.run() == {"create": 6}
            assert stack.refresh() == {"same": 6}
            assert stack.run() == {"same": 6}
            assert stack.run(cache(registry, restart="always")) == {"same": 5, "update": 1}
            assert stack.run(cache(registry, restart="always", setting="A=2")) == {"same": 5, "replace": 1}
            Engine(HOST).delete(f"/containers/{stack.stack.outputs()['container'].value}", force="true")
            assert stack.refresh() == {"same": 5, "delete": 1}
            assert stack.run() == {"same": 5, "create": 1}
            assert SECRET not in stack.state.read_text() + stack.everything_said
        finally:
            assert stack.destroy()["delete"] >= 1

else:

    def test_without_an_engine_a_container_is_refused(bench: Any, registry: Any) -> None:
        """There is no Docker engine here: the error names the host that did not answer."""
        with pytest.raises(CommandError) as refused:
            bench(cache(registry)).preview()
        assert f"Cannot connect to the Docker daemon at {HOST}" in str(refused.value)
