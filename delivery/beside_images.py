"""Where a stage keeps small artifacts of its own: in its registry, beside its images."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from delivery.files import reader
from delivery.registry import Registry
from model.application import read_application
from model.settings import read_written, registry_of


@dataclass(frozen=True)
class BesideImages:
    """A place beside the images."""

    registry: Registry
    path: str
    """Of the images, without the host: ``openim``."""


def beside_images(root: Path, stage: str, environment: Mapping[str, str]) -> BesideImages | None:
    """The place beside the images of a stage; None for a stack without images.

    Raises:
        SettingsError: the stage's settings cannot be read, or name variables that are not set.
    """
    read = reader(root)
    section = read_written(stage, read)
    source = (section.get("application") or {}).get("source")
    if not source:
        return None
    found = registry_of(stage, section, environment)
    registry = Registry(found.host, found.username, found.password.get_secret_value())
    return BesideImages(registry, read_application(source, read).estate.image_path)
