"""What the gate is to know of the provenance of a release's images: those that are new on the stage."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from delivery.beside_images import beside_images
from delivery.built_by import by_origin
from delivery.provenance import Attestations
from model.application import read_application
from model.document import Read
from model.gate import always
from model.gate_input import GateInput
from model.settings import EstateFiles, read_written


def proven(given: GateInput, root: Path, environment: Mapping[str, str], owner: str, read: Read) -> GateInput:
    """``given`` with every new image that the declared CI has not vouched for, if the policy in force asks for that.

    Images of stores come from elsewhere; what already runs has been let in.

    Raises:
        Refused: the registry does not answer, or a source builds no images.
        SettingsError: the estate or the stage's settings cannot be read.
    """
    rules = given.policy.provenance
    place = None if rules is None or always(given) else beside_images(root, given.stage, environment)
    if rules is None or place is None:
        return given
    return replace(given, unproven=tuple(_faults(given, Attestations(place.registry, rules), owner, read)))


def _faults(given: GateInput, attestations: Attestations, owner: str, read: Read) -> list[str]:
    section, faults = read_written(given.stage, read), []
    present = given.running.images if given.running else {}
    new = {name: digest for name, digest in given.release.images.items() if present.get(name) != digest}
    files = EstateFiles.model_validate(section.get("estate") or {})
    for origin, path, images in by_origin(given.release, owner, files, read):
        asked = {name: new.pop(name) for name in images if name in new}
        faults += attestations.faults(path, asked, origin)
    stores = read_application(section["application"]["source"], read).estate.stores
    return [*faults, *(f"{name} was built by nobody who is declared" for name in sorted(new) if name not in stores)]
