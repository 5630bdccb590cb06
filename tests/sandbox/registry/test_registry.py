"""The registry as a user of the sandbox meets it: an account, images, digests."""

import time
from dataclasses import replace
from typing import Any

import httpx
import pytest

from sandbox.registry import services
from sandbox.registry.catalogue import all_specs, broken_specs, specs
from sandbox.registry.client import Push, RegistryClient
from sandbox.registry.images import broken_digests, build, digests


def test_pushed_digests_are_the_computed_ones(registry: Any) -> None:
    """A digest printed on any machine names the image in every sandbox."""
    for spec in all_specs():
        assert registry.digest(spec.repository, spec.tag) == build(spec).digest, spec.name


@pytest.mark.parametrize("version", ["current", "next"])
def test_every_digest_of_a_release_can_be_pulled(registry: Any, version: str) -> None:
    """What a release names is there by digest, without any tag."""
    for name, digest in digests(version).items():
        assert registry.digest(f"openim/{name}", digest) == digest


def test_broken_images_are_there(registry: Any) -> None:
    """There is an image for each way of failing, to try a refused roll-out with."""
    for tag, digest in broken_digests().items():
        assert registry.digest("openim/broken", tag) == digest


def test_many_images_of_one_repository_arrive_together(registry: Any) -> None:
    """They share a layer, whose link in the registry must never be seen half written."""
    images = [build(replace(broken_specs()[0], version=f"v{number}")) for number in range(16)]
    environment = registry.environment
    host, user, password = (environment[f"REGISTRY{name}"] for name in ("", "_USERNAME", "_PASSWORD"))
    with RegistryClient(host, user, password) as client:
        for round_ in range(4):
            pushes = [Push(f"openim/many-{round_}", f"v{number}", image) for number, image in enumerate(images)]
            assert client.push_all(pushes) == len(images)
            assert {client.digest(one.repository, one.tag) for one in pushes} == {one.digest for one in images}


def test_nothing_is_given_away(registry: Any) -> None:
    """Neither pushing nor pulling works without the account, nor with a wrong password."""
    path = f"{registry.url}/v2/openim/openim-api/manifests/{digests()['openim-api']}"
    for account in (None, ("openim-ci", "wrong"), ("somebody", registry.environment["REGISTRY_PASSWORD"])):
        assert httpx.get(path, auth=account, trust_env=False).status_code == 401
        assert httpx.put(path, auth=account, content=b"{}", trust_env=False).status_code == 401


def test_images_are_whole(registry: Any) -> None:
    """Both architectures of an image, its configuration and its layer can be fetched and fit their sizes."""
    with registry.client() as client:
        index = client.get(f"/v2/openim/openim-api/manifests/{digests()['openim-api']}").json()
        platforms = {(entry["platform"]["os"], entry["platform"]["architecture"]) for entry in index["manifests"]}
        assert platforms == {("linux", "amd64"), ("linux", "arm64")}
        for entry in index["manifests"]:
            manifest = client.get(f"/v2/openim/openim-api/manifests/{entry['digest']}").json()
            for part in [manifest["config"], *manifest["layers"]]:
                assert len(client.get(f"/v2/openim/openim-api/blobs/{part['digest']}").content) == part["size"]


def test_an_image_can_be_deleted_and_comes_back(registry: Any) -> None:
    """Deleting is allowed; the next start of the sandbox puts back what its catalogue holds."""
    spec = specs("current")[1]
    with registry.client() as client:
        deleted = client.delete(f"/v2/{spec.repository}/manifests/{build(spec).digest}")
    assert deleted.status_code == 202
    assert registry.digest(spec.repository, spec.tag) is None
    services.populate(registry.layout, registry.ports)
    assert registry.digest(spec.repository, spec.tag) == build(spec).digest


def test_filling_twice_uploads_nothing_and_is_quick(registry: Any) -> None:
    """Starting the sandbox again costs no time here."""
    begun = time.monotonic()
    services.populate(registry.layout, registry.ports)
    assert time.monotonic() - begun < 5


def test_preparing_again_keeps_the_account(registry: Any) -> None:
    """A restart finds the password that stands in the stacks' state."""
    before = registry.environment
    services.prepare(registry.layout, registry.ports)
    assert registry.environment == before


def test_the_account_is_for_its_owner_only(registry: Any) -> None:
    """No other user of the machine can read the password."""
    for path in registry.layout.folder("registry").glob("*"):
        assert path.is_dir() or path.stat().st_mode & 0o077 == 0, path
