"""A ledger's anchor in the registry: a small OCI artifact without layers, ``<image path>/ledger:<stage>``.

Git's main branch and the registry are in different hands; who rewrites a ledger must now rewrite both, and have the
machine's key. Source of the format: OCI image specification 1.1, guidelines for artifact usage.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from delivery.beside_images import beside_images
from delivery.errors import Refused
from delivery.files import reader
from delivery.ledger import RUNBOOK, ledger_file
from delivery.registry import Registry
from delivery.signing import MACHINE_KEY, machine
from model.anchor import Anchor, anchor_of, fault
from model.ledger import Entry
from model.settings import policy_of, read_written
from model.signing import Signing

REPOSITORY = "ledger"
"""Beside the images."""
TYPE = "application/vnd.openim-cicd.ledger-head.v1"
ANNOTATION = "io.openim.cicd.ledger."
"""What the manifest's annotations begin with."""


class NotHeld(Refused):
    """A ledger does not go on from its anchor."""


@dataclass(frozen=True)
class Anchors:
    """Where one stage's ledger is anchored, and by whom that counts."""

    stage: str
    registry: Registry
    repository: str
    signing: Signing

    @property
    def name(self) -> str:
        """``docker.io/openim/ledger:prod``."""
        return f"{self.registry.host}/{self.repository}:{self.stage}"

    def read(self) -> Anchor | None:
        """The anchor; None where there is none yet.

        Raises:
            Refused: the registry does not answer, or holds something else there.
        """
        found = self.registry.manifest(self.repository, self.stage)
        if found is None:
            return None
        told = {
            key.removeprefix(ANNOTATION): value
            for key, value in (found.get("annotations") or {}).items()
            if key.startswith(ANNOTATION)
        }
        try:
            return Anchor.model_validate(told)
        except ValidationError:
            raise Refused(f"{self.name} is no anchor of a ledger; {self._remedy}") from None

    def hold(self, entries: Sequence[Entry]) -> Anchor | None:
        """The anchor, where the ledger goes on from it; None where there is none yet.

        Raises:
            NotHeld: it does not.
            Refused: the registry does not answer.
        """
        anchor = self.read()
        wrong = fault(anchor, self.stage, entries, self.signing) if anchor else ""
        if wrong:
            raise NotHeld(f"{ledger_file(self.stage)} is not what {self.name} holds: {wrong}; {self._remedy}")
        return anchor

    def put(self, entries: Sequence[Entry], *, anew: bool = False) -> Anchor:
        """Anchor a ledger that goes on from what was anchored; ``anew`` whatever was.

        Raises:
            Refused: it does not go on from that, the machine's key is not here, or the registry does not take it.
        """
        if not anew:
            self.hold(entries)
        made = anchor_of(self.stage, entries, machine())
        if wrong := fault(made, self.stage, entries, self.signing):
            # Whoever came next would refuse it; a job with the key does it.
            raise Refused(f"{self.name} stays as it is, since {wrong}: {MACHINE_KEY} must name a key of the machine's")
        told = made.model_dump(mode="json", exclude_defaults=True)
        annotations = {f"{ANNOTATION}{key}": str(value) for key, value in told.items()}
        self.registry.put_artifact(self.repository, self.stage, TYPE, annotations=annotations)
        return made

    @property
    def _remedy(self) -> str:
        return f"what to do: {RUNBOOK}"


def anchors(root: Path, stage: str, environment: Mapping[str, str] = os.environ) -> Anchors | None:
    """Where the stage's ledger is anchored: beside its images; None for a stack without images.

    Raises:
        SettingsError: the stage's settings cannot be read, or name variables that are not set.
    """
    found = beside_images(root, stage, environment)
    if found is None:
        return None
    signing = policy_of(stage, read_written(stage, reader(root))).signing
    return Anchors(stage, found.registry, f"{found.path}/{REPOSITORY}", signing)
