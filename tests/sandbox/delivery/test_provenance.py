"""Provenance in a real registry, as the stand-in of GitHub's action leaves it and Sigstore's own client reads it."""

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from delivery.proven import proven
from delivery.provenance import Attestations
from delivery.registry import Registry
from delivery.stack_file import release_of
from model.gate_input import Deployed
from model.provenance import Origin, Provenance
from model.release import Release, Source
from sandbox.sigstore.certificates import Run
from sandbox.sigstore.keys import keys
from sandbox.sigstore.trust import trusted_root
from tests.attesting import action, by, docker, environment
from tests.unit.model.gate_world import asked

SERVER = "http://127.0.0.1:9"
RUN = Run(
    issuer=f"{SERVER}/_services/token",
    server=SERVER,
    repository="openimsdk/open-im-server",
    commit="a" * 40,
    ref="refs/heads/main",
    workflow=".github/workflows/openim-cicd.yml",
    event="push",
    number=7,
    attempt=1,
)
ORIGIN = Origin("openimsdk/open-im-server", "a" * 40, "main", ".github/workflows/openim-cicd.yml")
IMAGE = "openim-api"


@dataclass
class Attic:
    """A registry, an authority, and the action."""

    folder: Path
    host: str
    action: dict[str, Any]
    asked: Attestations
    run: Run = RUN
    path: str = ""

    def image(self) -> str:
        """An image that nobody has vouched for; its digest."""
        registry = self.asked.registry
        index = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": []}
        content = json.dumps(index, sort_keys=True).encode()
        registry.put_manifest(f"{self.path}/{IMAGE}", "any", index)
        return f"sha256:{hashlib.sha256(content).hexdigest()}"

    def bundle(self, of: str, name: str = IMAGE, folder: str = "keys") -> bytes:
        """What the action makes, vouched for by the authority whose keys are in ``folder``."""
        self.action["bundle"].__globals__["vouched"] = by(keys(self.folder / folder), self.run)
        return self.action["bundle"](self.action["statement"](f"{self.host}/{self.path}/{name}", of))

    def attach(self, digest: str, bundle: bytes) -> None:
        """Put it beside the image, as the action does."""
        self.action["Registry"](f"{self.host}/{self.path}/{IMAGE}").attach(digest, bundle)

    def faults(self, digest: str, origin: Origin = ORIGIN) -> list[str]:
        return self.asked.faults(self.path, {IMAGE: digest}, origin)


@pytest.fixture
def attic(registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Attic:
    made = registry.environment
    account = Registry(made["REGISTRY"], made["REGISTRY_USERNAME"], made["REGISTRY_PASSWORD"])
    told = {**environment(RUN), **docker(tmp_path, account.host, account.username, account.password)}
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    rules = Provenance(server=SERVER, issuer=RUN.issuer, trusted_root=trusted_root(keys(tmp_path / "keys")))
    path = f"provenance-{tmp_path.name.replace('_', '-')}"
    return Attic(
        tmp_path, account.host, action(by(keys(tmp_path / "keys"), RUN)), Attestations(account, rules), path=path
    )


def test_an_image_of_the_declared_run_is_taken(attic: Attic) -> None:
    """Whatever else lies beside it, before or after."""
    digest = attic.image()
    attic.attach(digest, b"{}")
    attic.attach(digest, attic.bundle(digest))
    attic.attach(digest, b"nothing of the kind")
    assert attic.faults(digest) == []


def test_an_image_that_anybody_pushed_is_refused_by_name(attic: Attic) -> None:
    """Whoever has the registry's account can push it, and nothing more."""
    digest = attic.image()
    assert attic.faults(digest) == [
        f"{IMAGE}@{digest[:19]} is not known to be built by openimsdk/open-im-server at aaaaaaaaaaaa: "
        "nobody has vouched for it"
    ]


OTHERS: dict[str, dict[str, Any]] = {
    "repository": {"repository": "openimsdk/chat"},
    "commit": {"commit": "b" * 40},
    "branch": {"ref": "refs/heads/somebodys"},
    "workflow": {"workflow": ".github/workflows/other.yml"},
    "event": {"event": "pull_request"},
    "issuer": {"issuer": "https://token.actions.githubusercontent.com"},
    "server": {"server": "http://127.0.0.1:10"},
}


@pytest.mark.parametrize("other", OTHERS)
def test_the_word_of_another_run_does_not_count(attic: Attic, other: str) -> None:
    """Another repository of the organisation, another commit, branch, workflow or event, another GitHub."""
    attic.run = replace(RUN, **OTHERS[other])
    digest = attic.image()
    attic.attach(digest, attic.bundle(digest))
    [fault] = attic.faults(digest)
    assert "does not match" in fault


def _altered(bundle: bytes, change: Callable[[Any], None]) -> bytes:
    told = json.loads(bundle)
    change(told)
    return json.dumps(told).encode()


def _other_payload(told: Any) -> None:
    payload = json.loads(base64.b64decode(told["dsseEnvelope"]["payload"]))
    payload["subject"][0]["digest"]["sha256"] = "f" * 64
    told["dsseEnvelope"]["payload"] = base64.b64encode(json.dumps(payload).encode()).decode()


def _no_entry(told: Any) -> None:
    told["verificationMaterial"]["tlogEntries"] = []


def _later(told: Any) -> None:
    entry = told["verificationMaterial"]["tlogEntries"][0]
    entry["integratedTime"] = str(int(entry["integratedTime"]) + 3600)


def _other_root(told: Any) -> None:
    proof = told["verificationMaterial"]["tlogEntries"][0]["inclusionProof"]
    proof["rootHash"] = base64.b64encode(b"0" * 32).decode()


@pytest.mark.parametrize("change", [_other_payload, _no_entry, _later, _other_root], ids=lambda one: one.__name__)
def test_a_bundle_that_was_altered_does_not_count(attic: Attic, change: Callable[[Any], None]) -> None:
    """Its statement, or what the log says about it."""
    digest = attic.image()
    attic.attach(digest, _altered(attic.bundle(digest), change))
    assert len(attic.faults(digest)) == 1


def test_the_word_of_a_foreign_authority_does_not_count(attic: Attic) -> None:
    """Anybody can be an authority of his own."""
    digest = attic.image()
    attic.attach(digest, attic.bundle(digest, folder="foreign"))
    assert len(attic.faults(digest)) == 1


def test_a_word_about_another_image_does_not_count(attic: Attic) -> None:
    """Even by the right run: it must speak of this very digest."""
    digest = attic.image()
    attic.attach(digest, attic.bundle(f"sha256:{'e' * 64}"))
    [fault] = attic.faults(digest)
    assert "its statement is of something else" in fault


def test_another_kind_of_statement_does_not_count(attic: Attic) -> None:
    """Such as a bill of materials that the same run has signed."""
    digest = attic.image()
    statement = json.loads(attic.action["statement"](IMAGE, digest)) | {"predicateType": "https://spdx.dev/Document"}
    attic.bundle(digest)
    attic.attach(digest, attic.action["bundle"](json.dumps(statement).encode()))
    [fault] = attic.faults(digest)
    assert "its statement is of something else" in fault


def test_the_public_instance_is_known_by_default(attic: Attic) -> None:
    """The locked package carries its root; what the sandbox vouches for does not count there."""
    digest = attic.image()
    attic.attach(digest, attic.bundle(digest))
    public = Attestations(attic.asked.registry, Provenance())
    [fault] = public.faults(attic.path, {IMAGE: digest}, ORIGIN)
    assert "nobody has vouched" not in fault


def test_the_gate_is_told_of_new_images_alone(attic: Attic, registry, root: Path) -> None:
    """Those of the sources by their run, those of nobody by name; what runs already and stores are let be."""

    def read(file: str) -> str:
        return (root / file).read_text()

    present = release_of("prod", read("Pulumi.prod.yaml"))
    new = {"openim-api": f"sha256:{'1' * 64}", "openim-chat-api": f"sha256:{'2' * 64}", "redis": f"sha256:{'3' * 64}"}
    server = Source(branch="main", commit="a" * 40)
    release = Release(id="v3.9.0+bbbbbbb", images={**present.images, **new}, sources={"open-im-server": server})
    given = asked(
        release=release,
        deployed=Deployed(present.id, present.images, "f" * 64),
        provenance=attic.asked.rules,
    )
    found = proven(given, root, registry.environment, "openimsdk", read)
    assert found.unproven == (
        "openim-api@sha256:111111111111 is not known to be built by openimsdk/open-im-server at aaaaaaaaaaaa: "
        "nobody has vouched for it",
        "openim-chat-api was built by nobody who is declared",
    )
    assert proven(replace(given, provenance=None, deployed=None), root, {}, "openimsdk", read).unproven == ()
