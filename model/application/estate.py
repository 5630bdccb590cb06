"""The file that describes an application, e.g. ``estate/openim.yaml``.

A port or a credential is written once: ports are read from the configuration that the program
itself reads, credentials are named by the key of the file that they fill.
"""

from typing import Annotated

from pydantic import AfterValidator, Field

from model.application.version import Version
from model.base import Model
from model.names import (
    ConfigFile,
    CpuQuantity,
    DnsLabel,
    EnvironmentName,
    HostName,
    ImagePath,
    MemoryQuantity,
    PortName,
)


def _is_version(value: str) -> str:
    Version(value)
    return value


class Requests(Model):
    """What the scheduler reserves for the container."""

    cpu: CpuQuantity
    memory: MemoryQuantity


class Limits(Model):
    """What the kernel enforces; CPU is not limited unless asked, for throttling hurts latency."""

    cpu: CpuQuantity | None = None
    memory: MemoryQuantity


class Resources(Model):
    """Requests and limits of a container."""

    requests: Requests
    limits: Limits


class Autoscaling(Model):
    """Scale by CPU between ``replicas`` and ``max_replicas``."""

    max_replicas: int = Field(ge=2, le=100)
    cpu_percent: int = Field(default=70, ge=10, le=95)
    """Average use of the requested CPU to aim for, in percent."""


class Override(Model):
    """Where one environment differs from the application's file, for one service or store."""

    replicas: int | None = Field(default=None, ge=1, le=100)
    resources: Resources | None = None
    storage: MemoryQuantity | None = None
    """Size of each replica's volume; only for a store."""
    host: HostName | None = None
    """Public host name; only for a service that names its ``public`` port."""
    autoscaling: Autoscaling | None = None


class Port(Model):
    """A port: the number that the program's own configuration names, or a number."""

    name: PortName
    listens: str | None = None
    """Dotted path into the service's own configuration file, e.g. ``rpc.ports``."""
    number: int | None = Field(default=None, ge=1, le=65535)
    """For a program without such a file."""
    service: int | None = Field(default=None, ge=1, le=65535)
    """Port of the Service where it differs."""


class Probe(Model):
    """What shows that the program answers."""

    port: PortName
    path: str | None = Field(default=None, pattern=r"^/")
    """HTTP path; without it a TCP connection counts."""


class Volume(Model):
    """Durable storage of each replica."""

    path: str = Field(pattern=r"^/")
    size: MemoryQuantity
    storage_class: DnsLabel | None = None


class SecretKey(Model):
    """One value of a Secret: generated once, or no secret at all (a user name)."""

    generate: int | None = Field(default=None, ge=16, le=128)
    """Length of the value to generate."""
    value: str | None = None


class SecretReference(Model):
    """A key of one of the application's Secrets."""

    secret: DnsLabel
    key: str


class Workload(Model):
    """What services and stores have in common."""

    image: ImagePath | None = None
    """Name of the image; default is the workload's name."""
    service: DnsLabel | None = None
    """Name of the Kubernetes Service; none without it."""
    ports: tuple[Port, ...] = ()
    probe: Probe | None = None
    public: PortName | None = None
    """The port that may be reached from outside once an environment gives it a host."""
    replicas: int | None = Field(default=None, ge=1)
    resources: Resources | None = None
    singleton: str | None = None
    """Why there may be no second replica; empty where there may be."""
    args: tuple[str, ...] = ()
    environment: dict[EnvironmentName, str] = Field(default_factory=dict)
    secret_environment: dict[EnvironmentName, SecretReference] = Field(default_factory=dict)
    writable: tuple[str, ...] = ()
    user: int | None = Field(default=None, ge=1)


class Service(Workload):
    """A program of the application."""

    family: str
    own: ConfigFile
    """The configuration file that names what it listens on."""
    files: tuple[ConfigFile, ...]
    """Every configuration file that it reads at start; missing ones stop it."""


class Store(Workload):
    """A program that keeps data."""

    volume: Volume
    resources: Resources
    user: int = Field(ge=1)
    files: dict[str, str] = Field(default_factory=dict)
    """Files mounted at ``files_path``, by name."""
    files_path: str = "/config"


class Family(Model):
    """Services that share a code base and therefore conventions."""

    folder: str
    """Where their configuration files stand."""
    environment_prefix: EnvironmentName
    """``IMENV`` makes IMENV_REDIS_PASSWORD override ``password`` of redis.yml."""
    config_path_variable: EnvironmentName
    """The variable that tells where the files are mounted."""
    config_path: str = Field(pattern=r"^/")
    discovery: ConfigFile
    """The file whose ``rpcService`` names Services to be found through the Kubernetes API; its readers get a token."""
    credentials: dict[ConfigFile, dict[str, SecretReference]] = Field(default_factory=dict)
    """By file and dotted key: what fills it. Whoever reads the file gets the variables."""
    replicas: int = Field(default=2, ge=1)
    resources: Resources
    writable: tuple[str, ...] = ()
    user: int = Field(default=65532, ge=1)


class Requirement(Model):
    """The oldest release that this configuration suits."""

    version: Annotated[str, AfterValidator(_is_version)]
    reason: str


class IngressDefaults(Model):
    """The cluster's ingress controller."""

    class_name: DnsLabel
    namespace: DnsLabel


class ApplicationEstate(Model):
    """An application: which services and stores it has and how they are configured."""

    name: DnsLabel
    image_path: ImagePath
    """Folder of all its images in the registry."""
    requires: Requirement
    ingress: IngressDefaults
    secrets: dict[DnsLabel, dict[str, SecretKey]]
    families: dict[str, Family]
    stores: dict[DnsLabel, Store]
    services: dict[DnsLabel, Service]

    def workloads(self) -> dict[str, Workload]:
        """Stores, then services, by name."""
        return {**self.stores, **self.services}
