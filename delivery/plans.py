"""Sealed plans in the registry: OCI artifacts ``<image path>/plans``, found by the digest that was approved.

A passphrase seals them: that of the stack's secrets, which whoever saves a plan and whoever applies it have anyway.
Source of the format: OCI image specification 1.1, guidelines for artifact usage.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from delivery.beside_images import beside_images
from delivery.errors import Refused
from delivery.registry import Registry
from model.fingerprint import SHORT
from model.saved_plan import PlanError, SavedPlan, digest_of, seal, unseal

REPOSITORY = "plans"
TYPE = "application/vnd.openim-cicd.saved-plan.v1"
PASSPHRASE = "PULUMI_CONFIG_PASSPHRASE"  # noqa: S105 - a variable's name


@dataclass(frozen=True)
class Plans:
    """Where one stage's plans are kept, and what opens them."""

    stage: str
    registry: Registry
    repository: str
    passphrase: str = field(repr=False)

    def put(self, saved: SavedPlan, fingerprint: str) -> str:
        """Keep a plan; gives its digest.

        Raises:
            Refused: the registry does not take it.
        """
        sealed = seal(saved, self.stage, fingerprint, self.passphrase)
        digest = digest_of(sealed)
        # A registry throws away what nothing names; each plan has a name of its own, so an older one stays.
        tag = f"{self.stage}-{fingerprint[:SHORT]}-{digest.removeprefix('sha256:')[:SHORT]}"
        self.registry.put_artifact(self.repository, tag, TYPE, sealed)
        return digest

    def get(self, digest: str, fingerprint: str) -> SavedPlan:
        """The plan that was approved.

        Raises:
            PlanError: it is gone, or not what it should be.
            Refused: the registry does not answer.
        """
        found = self.registry.blob(self.repository, digest)
        if found is None:
            raise PlanError(f"is not in the registry ({self.registry.host}/{self.repository}@{digest})")
        return unseal(found, digest, self.stage, fingerprint, self.passphrase)


def plans(root: Path, stage: str, environment: Mapping[str, str] = os.environ) -> Plans:
    """Where the stage's plans are kept: beside its images.

    Raises:
        SettingsError: the stage's settings cannot be read, or name variables that are not set.
        Refused: the stage has no images, or the passphrase is not here.
    """
    found = beside_images(root, stage, environment)
    if found is None:
        raise Refused(f"{stage} has no images, beside which its plans would be kept")
    return Plans(stage, found.registry, f"{found.path}/{REPOSITORY}", _passphrase(environment))


def _passphrase(environment: Mapping[str, str]) -> str:
    """As the engine finds it."""
    file = environment.get(f"{PASSPHRASE}_FILE")
    value = environment.get(PASSPHRASE) or (Path(file).read_text().strip() if file else "")
    if not value:
        raise Refused(
            f"saved plans are sealed with the passphrase of the stack's secrets: {PASSPHRASE} or {PASSPHRASE}_FILE "
            "must hold it"
        )
    return value
