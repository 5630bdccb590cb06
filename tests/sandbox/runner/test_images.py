"""The declared pipeline, as OpenIM's repositories get it, ends in images that a cluster could pull."""

import json
from pathlib import Path

import pytest

from delivery.provenance import Attestations
from delivery.registry import Registry as Asked
from model.base import parse
from model.document import load
from model.estate.pipelines import PipelinesFile, Surroundings
from model.pipeline.render import render
from model.provenance import Origin, Provenance
from sandbox.github.workflows import vouching
from sandbox.sigstore.keys import keys
from sandbox.sigstore.trust import trusted_root
from tests.sandbox.conftest import Registry
from tests.sandbox.runner.conftest import Organisation
from tests.sandbox.runner.test_holding import seal

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
            seal(organisation, f"{base}/environments/registry/secrets", f"{prefix}_{kind}", value)
    return "chat"


def test_a_push_ends_in_images_of_both_architectures(
    organisation: Organisation, chat: str, pipeline: str, registry: Registry
) -> None:
    """Linted, tested, built once, pushed by digest; the digests are the run's artifact."""
    sha = organisation.push(chat, {PATH: pipeline}, message="Declare the pipeline")
    run = organisation.run(chat, head_sha=sha, name="CI")
    jobs = organisation.jobs(chat, run)
    for check in ("Lint", "Test", "Vulnerabilities", "Analysis", "Build images", "Attest images", "Report images"):
        assert jobs[check]["conclusion"] == "success", organisation.log(chat, jobs[check])
    images = json.loads(organisation.artifact(chat, run, "images")["images.json"])
    assert set(images) == {"openim-admin-api", "openim-admin-rpc", "openim-chat-api", "openim-chat-rpc"}
    with registry.client() as client:
        for name, digest in images.items():
            index = client.get(f"/v2/openim/{name}/manifests/{digest}").raise_for_status().json()
            assert {entry["platform"]["architecture"] for entry in index["manifests"]} == {"amd64", "arm64"}
            assert index["annotations"]["org.opencontainers.image.revision"] == sha
    checks = organisation.call("GET", f"/repos/openimsdk/chat/commits/{sha}/check-runs").json()["check_runs"]
    [check] = [check for check in checks if check["name"] == "Images"]
    assert (check["app"]["slug"], check["conclusion"]) == ("github-actions", "success")
    assert json.loads(check["output"]["text"].removeprefix("```json").removesuffix("```"))["images"] == images
    assert vouched(organisation, registry).faults("openim", images, Origin("openimsdk/chat", sha, BRANCH, PATH)) == []
    other = Origin("openimsdk/chat", "0" * 40, BRANCH, PATH)
    assert len(vouched(organisation, registry).faults("openim", images, other)) == len(images)


ATTEST = """{runs-on: ubuntu-24.04, timeout-minutes: 5, permissions: {%s}, steps: [{
    uses: actions/attest-build-provenance@a2bbfa25375fe432b6a289bc6b6cd05ecd0c4c32,
    with: {subject-name: any, subject-digest: "sha256:00"}}]}"""
VOUCHING = f"""
name: Vouch
on: push
permissions: {{}}
jobs:
  may: {ATTEST % "id-token: write"}
  must-not: {ATTEST % "contents: read"}
"""


def test_a_job_is_vouched_for_only_if_it_may_ask(organisation: Organisation) -> None:
    """By its permissions; whoever reads code, or runs somebody's, cannot borrow GitHub's word."""
    organisation.create("vouch")
    organisation.push("vouch", {".github/workflows/ci.yml": VOUCHING})
    jobs = organisation.jobs("vouch", organisation.run("vouch"))
    assert {name: job["conclusion"] for name, job in jobs.items()} == {"may": "success", "must-not": "failure"}
    assert "the job's permissions hold no id-token: write" in organisation.log("vouch", jobs["must-not"])


def vouched(organisation: Organisation, registry: Registry) -> Attestations:
    """Asks by the word of this organisation's GitHub."""
    github, made = organisation.github, registry.environment
    trusted = trusted_root(keys(github.root / vouching.FOLDER))
    rules = Provenance(server=github.base, issuer=vouching.issuer(github.base), trusted_root=trusted)
    account = (made["REGISTRY"], made["REGISTRY_USERNAME"], made["REGISTRY_PASSWORD"])
    return Attestations(Asked(*account), rules)
