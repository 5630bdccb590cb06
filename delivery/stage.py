"""A stage as the checkout declares it: its settings, its fingerprint, and what its cluster should therefore run."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from delivery.cluster import Cluster
from delivery.errors import Refused
from delivery.git import Clone
from delivery.trees import of_checkout
from delivery.verify import Expected
from model.application import Application, read_application, smoke_checks
from model.declaration import DeclaredEnvironment, complete
from model.fingerprint import Parts, parts_of, settings_of
from model.problems import SettingsError
from model.release import Release
from model.settings import StackSettings, read_stack, read_written


@dataclass(frozen=True)
class Stage:
    """An environment's stack."""

    name: str
    root: Path
    section: Mapping[str, Any]
    """Its settings as they are written."""
    settings: StackSettings
    declared: DeclaredEnvironment
    application: Application
    release: Release

    @cached_property
    def parts(self) -> Parts:
        """What an approval is for.

        Raises:
            Refused: the checkout holds what has no fingerprint.
        """
        return parts_of(self.release, settings_of(self.section), of_checkout(Clone(self.root)))

    @property
    def unapprovable(self) -> str:
        """Why nobody can approve what the checkout holds; empty where it has a fingerprint."""
        try:
            _ = self.parts
        except Refused as error:
            return str(error)
        return ""

    @property
    def fingerprint(self) -> str:
        """The hash over ``parts``."""
        return self.parts.fingerprint

    @property
    def expected(self) -> Expected:
        """What its cluster should run."""
        content = self.declared.application
        workloads = {one["name"]: one["image"] for one in [*content["stores"], *content["services"]]}
        return Expected(self.release.images, workloads, smoke_checks(self.application), self.settings.verification)

    @property
    def hosts(self) -> dict[str, str]:
        """``https`` addresses of services that the settings give a public host, by service."""
        overrides = self.settings.application.overrides if self.settings.application else {}
        return {name: f"https://{one.host}" for name, one in overrides.items() if one.host}


def read_stage(root: Path, name: str, environment: Mapping[str, str]) -> Stage | None:
    """The stage of the stack ``name``; None where the stack declares no environment.

    Raises:
        SettingsError: with every offender in every file.
        Refused: there is no such stack.
    """
    if name not in stacks(root):
        raise Refused(f"there is no stack {name!r}; known: {', '.join(stacks(root))}")

    def read(file: str) -> str:
        return (root / file).read_text()

    settings = read_stack(name, read, environment)
    declared = complete(name, settings, read).environment
    if declared is None or settings.application is None or settings.release is None:
        return None
    application = read_application(settings.application.source, read)
    return Stage(name, root, read_written(name, read), settings, declared, application, settings.release)


def addresses(stage: Stage, cluster: Cluster) -> dict[str, str]:
    """Where people reach public services: by the settings' hosts, else as the cluster's Services say.

    Raises:
        ClusterError: the cluster does not answer.
    """
    outside = cluster.addresses()
    found = dict(stage.hosts)
    for name, workload in stage.application.estate.workloads().items():
        place = outside.get(workload.service or "", {}).get(workload.public or "")
        if place and name not in found:
            found[name] = f"http://{place}"
    return found


def stacks(root: Path) -> tuple[str, ...]:
    """Names of all stacks that have a file, in alphabetical order."""
    return tuple(sorted(file.name.removeprefix("Pulumi.").removesuffix(".yaml") for file in root.glob("Pulumi.*.yaml")))


def stages(root: Path) -> dict[str, Mapping[str, Any]]:
    """Settings as written of every stack that names a release, by its name; files that cannot be read are left out."""
    found: dict[str, Mapping[str, Any]] = {}
    for name in stacks(root):
        with suppress(SettingsError):
            section = read_written(name, lambda file: (root / file).read_text())
            if "release" in section:
                found[name] = section
    return found


def followers(root: Path, stage: str) -> dict[str, Mapping[str, Any]]:
    """Stages that take their releases from ``stage``: the ``promotion`` of each, as written, by its name."""
    promotions = {name: section.get("promotion") or {} for name, section in stages(root).items()}
    return {name: one for name, one in promotions.items() if one.get("from") == stage}
