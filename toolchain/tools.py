"""The tools that are built from Go modules, and where each lies once built."""

from dataclasses import dataclass
from pathlib import Path

from toolchain import cache, golang
from toolchain.golang import Report, silent

MODULES = Path(__file__).parent / "modules"
ENGINE_VERSION = "3.259.0"
GITHUB_VERSION = "6.15.0"


@dataclass(frozen=True)
class Module:
    """One Go module under ``modules/`` and the programs built from it."""

    name: str
    packages: tuple[tuple[str, str], ...]
    """(program, Go package) pairs."""
    minutes: float
    """Typical duration of a cold build on two cores, downloads included."""
    variables: tuple[str, ...] = ()
    """Linker ``-X`` settings."""


_TABLE = (
    Module(
        "pulumi",
        (
            ("pulumi", "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"),
            ("pulumi-language-python", "./pulumi-language-python"),
        ),
        5,
        (f"github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v{ENGINE_VERSION}",),
    ),
    Module("kubernetes", (("kubernetes", "."),), 8, ("k8s.io/component-base/version.gitVersion=v1.37.2",)),
    Module("github", (("pulumi-resource-github", "."),), 2, (f"main.Version={GITHUB_VERSION}",)),
    Module("kwok", (("kwok", "sigs.k8s.io/kwok/cmd/kwok"),), 2),
    Module("registry", (("registry", "github.com/distribution/distribution/v3/cmd/registry"),), 1),
    Module("etcd", (("etcd", "go.etcd.io/etcd/server/v3"),), 1),
    Module("act", (("act", "github.com/nektos/act"),), 0.6),
    Module("crane", (("crane", "github.com/google/go-containerregistry/cmd/crane"),), 0.5),
    Module("actionlint", (("actionlint", "github.com/rhysd/actionlint/cmd/actionlint"),), 0.2),
)
MODULES_BY_TOOL = {program: module for module in _TABLE for program, _ in module.packages}


def tool(name: str, report: Report = silent) -> Path:
    """The executable of the tool ``name``, built first where the cache does not hold it.

    Raises:
        ToolchainError: Go is missing or too old, or the build failed.
    """
    return built(MODULES_BY_TOOL[name], report) / golang.PROGRAMS / name


def built(module: Module, report: Report = silent) -> Path:
    """The cache's entry of ``module``; its programs lie in ``bin/``."""
    source = MODULES / module.name
    key = cache.key(source, golang.PROGRAMS, *golang.SETTINGS, *module.variables)
    return cache.entry(f"{module.name}-{key}", lambda folder: golang.build(module_build(module, folder), report))


def module_build(module: Module, folder: Path) -> golang.Build:
    """What ``go build`` is to make of ``module``."""
    return golang.Build(module.name, MODULES / module.name, module.packages, module.variables, folder, module.minutes)
