"""Which repository of the estate builds which image, and which run must therefore have built it."""

from delivery.errors import Refused
from delivery.source import WORKFLOW
from model.base import parse
from model.document import Read, load
from model.estate.pipelines import PipelinesFile
from model.estate.repositories import RepositoriesFile
from model.provenance import Origin
from model.release import Release, Source
from model.settings import EstateFiles


def declared(name: str, files: EstateFiles, read: Read) -> tuple[str, frozenset[str]]:
    """Where a repository's pipeline pushes, and which images.

    Raises:
        Refused: it has no pipeline that builds any.
        SettingsError: the estate cannot be read.
    """
    repositories = parse(RepositoriesFile, load(files.repositories, read), files.repositories)
    pipelines = parse(PipelinesFile, load(files.pipelines, read), files.pipelines)
    entry = next((one for one in repositories.repositories if one.name == name), None)
    pipeline = pipelines.pipelines.get(entry.pipeline or "") if entry else None
    if pipeline is None or pipeline.images is None:
        raise Refused(f"{name} is a source and has no pipeline that builds images: give it one in {files.repositories}")
    return pipeline.images.path, frozenset(one.name for one in pipeline.images.images)


def origin(owner: str, repository: str, source: Source) -> Origin:
    """The run that must have built a repository's images."""
    return Origin(f"{owner}/{repository}", source.commit, source.branch, WORKFLOW)


def by_origin(release: Release, owner: str, files: EstateFiles, read: Read) -> list[tuple[Origin, str, dict[str, str]]]:
    """For each source of a release: the run that must have built its images, their path, and their digests.

    Raises:
        Refused: a source builds no images.
        SettingsError: the estate cannot be read.
    """
    found = []
    for name, source in release.sources.items():
        path, names = declared(name, files, read)
        images = {image: digest for image, digest in release.images.items() if image in names}
        found.append((origin(owner, name, source), path, images))
    return found
