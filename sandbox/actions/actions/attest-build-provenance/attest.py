"""Stands in for actions/attest-build-provenance: says where an image comes from, signed with a key that nobody keeps.

The sandbox's GitHub vouches for the key, if the job may ask it to; the bundle goes to the registry as a referrer of the
image (OCI distribution specification 1.1), under the tag of the fallback too.
"""

import base64
import hashlib
import json
import os
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

STATEMENT = "application/vnd.in-toto+json"
BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
MANIFEST, INDEX = "application/vnd.oci.image.manifest.v1+json", "application/vnd.oci.image.index.v1+json"
PATIENCE = 30
Json = dict[str, Any]


def statement(name: str, digest: str) -> bytes:
    """SLSA provenance 1.0 of one image, as the action makes it."""
    told = os.environ
    home = f"{told['GITHUB_SERVER_URL']}/{told['GITHUB_REPOSITORY']}"
    path = told["GITHUB_WORKFLOW_REF"].partition("@")[0].removeprefix(f"{told['GITHUB_REPOSITORY']}/")
    source = {"uri": f"git+{home}@{told['GITHUB_REF']}", "digest": {"gitCommit": told["GITHUB_SHA"]}}
    build = {
        "buildType": "https://actions.github.io/buildtypes/workflow/v1",
        "externalParameters": {"workflow": {"ref": told["GITHUB_REF"], "repository": home, "path": path}},
        "resolvedDependencies": [source],
    }
    run = {
        "builder": {"id": f"{told['GITHUB_SERVER_URL']}/{told['GITHUB_WORKFLOW_REF']}"},
        "metadata": {"invocationId": f"{home}/actions/runs/{told['GITHUB_RUN_ID']}"},
    }
    return json.dumps(
        {
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{"name": name, "digest": {"sha256": digest.removeprefix("sha256:")}}],
            "predicateType": "https://slsa.dev/provenance/v1",
            "predicate": {"buildDefinition": build, "runDetails": run},
        }
    ).encode()


def bundle(payload: bytes) -> bytes:
    """The statement, its signature, and who vouches for the key."""
    key, kind = ec.generate_private_key(ec.SECP256R1()), STATEMENT.encode()
    signed = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
    signature = key.sign(signed, ec.ECDSA(hashes.SHA256()))
    envelope = {
        "payload": _text(payload),
        "payloadType": STATEMENT,
        "signatures": [{"sig": _text(signature), "keyid": ""}],
    }
    pem = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    given = vouched({"publicKey": pem.decode(), "envelope": envelope})
    material = {
        "certificate": {"rawBytes": given["certificate"]},
        "tlogEntries": [given["entry"]],
        "timestampVerificationData": {"rfc3161Timestamps": []},
    }
    return json.dumps({"mediaType": BUNDLE, "verificationMaterial": material, "dsseEnvelope": envelope}).encode()


def vouched(asked: Json) -> Json:
    """The answer of the sandbox's GitHub."""
    address = f"{os.environ['GITHUB_SERVER_URL']}/_sandbox/job/vouch"
    headers = {"Authorization": f"Bearer {os.environ['TOKEN']}", "Content-Type": "application/json"}
    request = urllib.request.Request(address, json.dumps(asked).encode(), headers)
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        return dict(json.load(answer))


class Registry:
    """The image's repository, as docker's configuration gives access to it."""

    def __init__(self, name: str) -> None:
        self.host, _, self.path = name.partition("/")
        file = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker") / "config.json"
        auths = json.loads(file.read_text()).get("auths", {}) if file.exists() else {}
        self.basic = auths.get(self.host, {}).get("auth", "")
        self.scheme = "http" if self.host.split(":")[0] in ("127.0.0.1", "localhost") else "https"

    def call(self, method: str, path: str, content: bytes | None = None, kind: str = "") -> Any:
        """One answer; raises urllib's errors."""
        address = path if path.startswith("http") else f"{self.scheme}://{self.host}/v2/{self.path}/{path}"
        headers = {"Authorization": f"Basic {self.basic}"} | ({"Content-Type": kind} if kind else {})
        headers |= {"Accept": f"{MANIFEST}, {INDEX}"} if method in ("GET", "HEAD") else {}
        request = urllib.request.Request(address, content, headers, method=method)
        return urllib.request.urlopen(request, timeout=PATIENCE)

    def put_blob(self, content: bytes) -> str:
        """Keep it; gives its digest."""
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        with self.call("POST", "blobs/uploads/", b"") as answer:
            place = answer.headers["Location"]
        joint = "&" if "?" in place else "?"
        self.call("PUT", f"{place}{joint}digest={digest}", content, "application/octet-stream").close()
        return digest

    def attach(self, digest: str, content: bytes) -> str:
        """A manifest whose subject is the image, and the tag by which registries without referrers are asked."""
        with self.call("HEAD", f"manifests/{digest}") as answer:
            subject = {
                "mediaType": answer.headers["Content-Type"],
                "digest": digest,
                "size": int(answer.headers["Content-Length"]),
            }
        nothing = {"mediaType": "application/vnd.oci.empty.v1+json", "digest": self.put_blob(b"{}"), "size": 2}
        layer = {"mediaType": BUNDLE, "digest": self.put_blob(content), "size": len(content)}
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "artifactType": BUNDLE,
            "config": nothing,
            "layers": [layer],
            "subject": subject,
        }
        text = json.dumps(manifest).encode()
        made = f"sha256:{hashlib.sha256(text).hexdigest()}"
        self.call("PUT", f"manifests/{made}", text, MANIFEST).close()
        self.list(digest, {"mediaType": MANIFEST, "digest": made, "size": len(text), "artifactType": BUNDLE})
        return made

    def list(self, digest: str, descriptor: Json) -> None:
        """Name it in the index of the image's referrers."""
        tag = digest.replace(":", "-")
        try:
            with self.call("GET", f"manifests/{tag}") as answer:
                index = json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise
            index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": []}
        index["manifests"].append(descriptor)
        self.call("PUT", f"manifests/{tag}", json.dumps(index).encode(), INDEX).close()


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def main() -> int:
    """Attest one image."""
    name, digest = os.environ["NAME"], os.environ["DIGEST"]
    print(f"stand-in of actions/attest-build-provenance: {name}@{digest}")
    try:
        made = bundle(statement(name, digest))
        if os.environ["PUSH"] == "true":
            print(f"Attestation uploaded to registry: {name}@{Registry(name).attach(digest, made)}")
    except urllib.error.HTTPError as error:
        print(f"::error::Failed to attest {name}@{digest}: {error}: {error.read().decode()[:500]}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
