"""The declared pipeline, as OpenIM's repositories get it, ends in images that a cluster could pull."""

import json
from base64 import b64decode, b64encode
from pathlib import Path

import pytest
from nacl.public import PublicKey, SealedBox

from model.base import parse
from model.document import load
from model.estate.pipelines import PipelinesFile, Surroundings
from model.pipeline.render import render
from tests.sandbox.conftest import Registry
from tests.sandbox.runner.conftest import Organisation

FILE = "estate/pipelines.yaml"
PATH = ".github/workflows/openim-cicd.yml"
BRANCH = "main"


@pytest.fixture(scope="module")
def pipeline(root: Path) -> str:
    """The file that chat gets."""

    def read(name: str) -> str:
        return (root / name).read_text()

    around = Surroundings("openim-cicd", (), {"chat": "chat"})
    made = parse(PipelinesFile, load(FILE, read), FILE).workflows(around)
    return render(made["chat"][0])


@pytest.fixture(scope="module")
def chat(organisation: Organisation, registry: Registry) -> str:
    """The seeded repository with the credentials that its pipeline needs."""
    base = "/repos/openimsdk/chat"
    organisation.call("PUT", f"{base}/environments/registry").raise_for_status()
    variables = {"REGISTRY": registry.environment["REGISTRY"]} | dict.fromkeys(
        ("REGISTRY_GHCR", "REGISTRY_ALIYUN"), f"{registry.environment['REGISTRY']}/mirror"
    )
    for name, value in variables.items():
        organisation.call("POST", f"{base}/actions/variables", name=name, value=value).raise_for_status()
    account = (registry.environment["REGISTRY_USERNAME"], registry.environment["REGISTRY_PASSWORD"])
    for prefix in ("DOCKER", "REGISTRY_GHCR", "REGISTRY_ALIYUN"):
        for kind, value in zip(("USERNAME", "PASSWORD"), account, strict=True):
            put_secret(organisation, "chat", f"{prefix}_{kind}", value)
    return "chat"


def put_secret(organisation: Organisation, repository: str, name: str, value: str) -> None:
    place = f"/repos/openimsdk/{repository}/environments/registry/secrets"
    key = organisation.call("GET", f"{place}/public-key").raise_for_status().json()
    sealed = SealedBox(PublicKey(b64decode(key["key"]))).encrypt(value.encode())
    body = {"encrypted_value": b64encode(sealed).decode(), "key_id": key["key_id"]}
    organisation.call("PUT", f"{place}/{name}", **body).raise_for_status()


def test_a_push_ends_in_images_of_both_architectures(
    organisation: Organisation, chat: str, pipeline: str, registry: Registry
) -> None:
    """Linted, tested, built once, pushed by digest; the digests are the run's artifact."""
    sha = organisation.push(chat, {PATH: pipeline}, message="Declare the pipeline")
    run = organisation.run(chat, head_sha=sha, name="CI")
    jobs = organisation.jobs(chat, run)
    for check in ("Lint", "Test", "Vulnerabilities", "Analysis", "Build images", "Mirror to ghcr", "Mirror to aliyun"):
        assert jobs[check]["conclusion"] == "success", organisation.log(chat, jobs[check])
    images = json.loads(organisation.artifact(chat, run, "images")["images.json"])
    assert set(images) == {"openim-admin-api", "openim-admin-rpc", "openim-chat-api", "openim-chat-rpc"}
    with registry.client() as client:
        for name, digest in images.items():
            index = client.get(f"/v2/openim/{name}/manifests/{digest}").raise_for_status().json()
            assert {entry["platform"]["architecture"] for entry in index["manifests"]} == {"amd64", "arm64"}
            assert index["annotations"]["org.opencontainers.image.revision"] == sha
