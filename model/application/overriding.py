"""Whether an environment's overrides and its release suit the application."""

from collections.abc import Iterator, Mapping

from model.application.estate import ApplicationEstate, Override, Store, Workload
from model.application.version import Version
from model.problems import Problem
from model.release import Release

OVERRIDES = "config.openim-cicd:application.overrides"
RELEASE = "config.openim-cicd:release"


def problems(
    estate: ApplicationEstate, overrides: Mapping[str, Override], release: Release, file: str
) -> Iterator[Problem]:
    """Every problem of the stack file ``file``."""
    workloads = estate.workloads()
    for name, override in overrides.items():
        if name in workloads:
            yield from _override(file, f"{OVERRIDES}.{name}", workloads[name], override, estate.replicas(name))
        else:
            yield Problem(file, f"{OVERRIDES}.{name}", "", f"unknown service; known: {sorted(workloads)}")
    yield from _images(estate, release, file)
    if Version(release.id) < Version(estate.requires.version):
        remedy = f"needs {estate.requires.version} or newer: {estate.requires.reason}"
        yield Problem(file, f"{RELEASE}.id", release.id, remedy)


def _override(file: str, key: str, workload: Workload, override: Override, declared: int) -> Iterator[Problem]:
    replicas = override.replicas or declared
    several = replicas > 1 or override.autoscaling is not None
    if workload.singleton is not None and several:
        yield Problem(file, key, "", f"must stay at one replica: {workload.singleton}")
    if isinstance(workload, Store) and override.autoscaling:
        yield Problem(file, f"{key}.autoscaling", "", "a store is not scaled by load")
    if override.storage and not isinstance(workload, Store):
        yield Problem(file, f"{key}.storage", override.storage, "only a store has a volume")
    if override.host and not workload.public:
        yield Problem(file, f"{key}.host", override.host, "names no public port, so it cannot be reached from outside")
    if override.autoscaling and override.autoscaling.max_replicas < replicas:
        value = str(override.autoscaling.max_replicas)
        yield Problem(file, f"{key}.autoscaling.maxReplicas", value, f"must not be below the {replicas} replicas")


def _images(estate: ApplicationEstate, release: Release, file: str) -> Iterator[Problem]:
    needed = {workload.image or name for name, workload in estate.workloads().items()}
    for image in sorted(needed - set(release.images)):
        yield Problem(file, f"{RELEASE}.images.{image}", "", "missing; the application runs it")
    for image in sorted(set(release.images) - needed):
        yield Problem(file, f"{RELEASE}.images.{image}", "", f"unknown image; known: {sorted(needed)}")
