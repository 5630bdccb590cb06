"""Whether an image was built by the declared workflow of the declared repository, from the very commit.

Sigstore bundles lie beside images as OCI referrers: a statement, signed with a key that nobody keeps, and a certificate
for that key which names the run. Who can push to the registry can push anything there, and cannot make that.
"""

import json
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

from sigstore.errors import Error
from sigstore.models import Bundle, TrustedRoot
from sigstore.verify import Verifier, policy

from delivery.registry import PARALLEL, Registry
from model.provenance import PREDICATE, STATEMENT, Origin, Provenance

BUNDLE = "application/vnd.dev.sigstore.bundle"
"""How the types of bundles begin."""
MOST = 20
"""Bundles of one image that are looked at; anybody who can push may leave some."""
LARGEST = 1024 * 1024
"""Bytes of a bundle."""
PUBLIC = "https%3A%2F%2Ftuf-repo-cdn.sigstore.dev"
"""The folder of the public instance in the package's data."""
SHORT = 19
"""Characters of a digest that are shown."""


@dataclass(frozen=True)
class Attestations:
    """The bundles in one registry, and by whose word they count."""

    registry: Registry
    rules: Provenance

    def faults(self, path: str, images: Mapping[str, str], origin: Origin) -> list[str]:
        """What is wrong with the provenance of each image that does not come from ``origin``; empty where all do.

        Raises:
            Refused: the registry does not answer or refuses the account.
        """
        with ThreadPoolExecutor(PARALLEL) as pool:
            found = pool.map(lambda one: self._fault(f"{path}/{one[0]}", one[1], origin), sorted(images.items()))
            return [fault for fault in found if fault]

    def _fault(self, repository: str, digest: str, origin: Origin) -> str:
        name, why = f"{repository.rpartition('/')[2]}@{digest[:SHORT]}", "nobody has vouched for it"
        for reference in self.registry.referrers(repository, digest, BUNDLE)[:MOST]:
            why = self._not_of(self._bundle(repository, reference), digest, origin)
            if not why:
                return ""
        return f"{name} is not known to be built by {origin.repository} at {origin.commit[:12]}: {why}"

    def _bundle(self, repository: str, reference: str) -> bytes:
        """The bundle that a referrer's manifest holds; empty where it holds none."""
        manifest = self.registry.manifest(repository, reference) or {}
        layer = next((one for one in manifest.get("layers") or [] if one.get("mediaType", "").startswith(BUNDLE)), None)
        if layer is None or not 0 < int(layer.get("size", 0)) <= LARGEST:
            return b""
        return self.registry.blob(repository, str(layer["digest"])) or b""

    def _not_of(self, bundle: bytes, digest: str, origin: Origin) -> str:
        """Why a bundle does not say that the image comes from there; empty where it does."""
        try:
            kind, payload = self._verifier.verify_dsse(Bundle.from_json(bundle), _policy(origin, self.rules))
        except Error as error:
            return " ".join(str(error).split())
        except ValueError:
            return "what lies beside it is no bundle"
        return "" if kind == STATEMENT and _speaks_of(payload, digest) else "its statement is of something else"

    @cached_property
    def _verifier(self) -> Verifier:

        with tempfile.TemporaryDirectory(prefix="openim-cicd-") as folder:
            file = Path(folder) / "trusted_root.json"
            file.write_text(self.rules.trusted_root or _public_root())
            return Verifier(trusted_root=TrustedRoot.from_file(str(file)))


def _public_root() -> str:
    """As the package carries it: what the lock names and people approved, not what a cache holds."""
    return (resources.files("sigstore") / "_store" / PUBLIC / "trusted_root.json").read_text()


def _policy(origin: Origin, rules: Provenance) -> policy.AllOf:
    """What the certificate must say (Fulcio: oid-info.md)."""
    return policy.AllOf(
        [
            policy.OIDCIssuerV2(rules.issuer),
            policy.OIDCSourceRepositoryURI(f"{rules.server}/{origin.repository}"),
            policy.OIDCSourceRepositoryDigest(origin.commit),
            policy.OIDCSourceRepositoryRef(origin.ref),
            policy.OIDCBuildConfigURI(origin.signer(rules.server)),
            policy.OIDCBuildTrigger("push"),
        ]
    )


def _speaks_of(payload: bytes, digest: str) -> bool:
    try:
        told: Any = json.loads(payload)
        subjects = [one["digest"]["sha256"] for one in told["subject"]]
    except (ValueError, KeyError, TypeError):
        return False
    return bool(told.get("predicateType") == PREDICATE and digest.removeprefix("sha256:") in subjects)
