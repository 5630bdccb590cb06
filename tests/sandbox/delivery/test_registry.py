"""Whether a release's images can be run everywhere, asked of a real registry."""

import hashlib
import json

import pytest

from delivery.errors import Refused
from delivery.registry import Registry
from delivery.stack_file import release_of

INDEX = "application/vnd.oci.image.index.v1+json"


@pytest.fixture
def asked(registry) -> Registry:
    made = registry.environment
    return Registry(made["REGISTRY"], made["REGISTRY_USERNAME"], made["REGISTRY_PASSWORD"])


@pytest.fixture
def images(root) -> dict[str, str]:
    return dict(release_of("staging", (root / "Pulumi.staging.yaml").read_text()).images)


def test_the_projects_own_release_can_be_run_everywhere(asked, images) -> None:
    """All twenty images, both architectures."""
    assert asked.missing("openim", images) == []


def test_a_digest_that_is_not_there_is_named(asked, images) -> None:
    """Each, with registry, path and digest."""
    absent = f"sha256:{'0' * 64}"
    wrong = {"openim-api": absent, "openim-push": images["openim-api"].replace("sha256:c", "sha256:d")}
    first, second = asked.missing("openim", {**images, **wrong})
    assert first == f"{asked.host}/openim/openim-api@{absent} is not in the registry"
    assert "openim/openim-push@sha256:d" in second


def test_an_image_of_one_architecture_is_named(registry, asked, images) -> None:
    """An index that lacks one, and a manifest that stands for one."""
    full = asked.manifest("openim/openim-api", images["openim-api"])
    half = {**full, "manifests": [one for one in full["manifests"] if one["platform"]["architecture"] == "amd64"]}
    content = json.dumps(half).encode()
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    with registry.client() as client:
        headers = {"Content-Type": INDEX}
        client.put(f"/v2/openim/openim-api/manifests/{digest}", content=content, headers=headers).raise_for_status()
    assert asked.missing("openim", {"openim-api": digest}) == [
        f"{asked.host}/openim/openim-api@{digest} is not there for linux/arm64"
    ]
    one = half["manifests"][0]["digest"]
    [fault] = asked.missing("openim", {"openim-api": one})
    assert fault.endswith("is of one architecture only; a release needs linux/amd64, linux/arm64")


def test_a_refused_account_is_not_a_missing_image(asked, images) -> None:
    """What to do about it is another thing."""
    stranger = Registry(asked.host, "nobody", "wrong")
    with pytest.raises(Refused, match="REGISTRY_USERNAME and REGISTRY_PASSWORD"):
        stranger.missing("openim", images)
    with pytest.raises(Refused, match="does not answer"):
        Registry("127.0.0.1:1", "nobody", "wrong").missing("openim", images)
