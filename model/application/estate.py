"""The file that describes an application, e.g. ``estate/openim.yaml``.

A port or a credential is written once: ports are read from the configuration that the program
itself reads, credentials are named by the key of the file that they fill.
"""

from fnmatch import fnmatchcase
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from model.application.version import Version
from model.base import Model
from model.names import (
    ConfigFile,
    CpuQuantity,
    DnsLabel,
    EnvironmentName,
    EstatePath,
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
    """In cores or thousandths of one, e.g. ``250m``."""
    memory: MemoryQuantity
    """In bytes, e.g. ``256Mi``."""


class Limits(Model):
    """What the kernel enforces; CPU is not limited unless asked, for throttling hurts latency."""

    cpu: CpuQuantity | None = None
    """Default is none."""
    memory: MemoryQuantity
    """A program that takes more is ended."""


class Resources(Model):
    """Requests and limits of a container."""

    requests: Requests
    """What the scheduler reserves."""
    limits: Limits
    """What the kernel enforces."""


class Autoscaling(Model):
    """Scale by CPU between ``replicas`` and ``max_replicas``.

    Turned on for a running service, it begins at one pod: the Deployment gives the number up first.
    """

    max_replicas: int = Field(ge=2, le=100)
    """Upper bound, 2 to 100."""
    cpu_percent: int = Field(default=70, ge=10, le=95)
    """Average use of the requested CPU to aim for, in percent."""


class Override(Model):
    """Where one environment differs from the application's file, for one service or store."""

    replicas: int | None = Field(default=None, ge=1, le=100)
    """Number of pods, 1 to 100; with ``autoscaling`` the lower bound. Default is the application's."""
    resources: Resources | None = None
    """Requests and limits of the container; default is the application's."""
    storage: MemoryQuantity | None = None
    """Size of each volume, only for a store; volumes that exist keep theirs, as Kubernetes does not resize them."""
    host: HostName | None = None
    """Public host name; only for a service that names its ``public`` port."""
    autoscaling: Autoscaling | None = None
    """Scale by load; only for a service. Default no."""


class Port(Model):
    """A port: the number that the program's own configuration names, or a number."""

    name: PortName
    """Name of the port, unique in the workload."""
    listens: str | None = None
    """Dotted path into the service's own configuration file, e.g. ``rpc.ports``."""
    number: int | None = Field(default=None, ge=1, le=65535)
    """For a program without such a file."""
    service: int | None = Field(default=None, ge=1, le=65535)
    """Port of the Service where it differs."""


class Probe(Model):
    """What shows that the program answers."""

    port: PortName
    """Name of the port that is asked."""
    path: str | None = Field(default=None, pattern=r"^/")
    """HTTP path; without it a TCP connection counts."""


class Smoke(Model):
    """A request that a deployment must see answered, through the Service, before it counts as verified.

    It must change nothing: a GET, or a POST that the program refuses in a known way. It has no body.
    """

    port: PortName
    """Name of the port that is asked."""
    path: str = Field(pattern=r"^/[!-~]*$")
    """Path of the request."""
    method: Literal["GET", "POST"] = "GET"
    """Method of the request."""
    status: int = Field(default=200, ge=200, le=599)
    """Status of the answer, which is not followed where it leads elsewhere."""


class Volume(Model):
    """Durable storage of each replica."""

    path: str = Field(pattern=r"^/")
    """Where it is mounted."""
    size: MemoryQuantity
    """Requested size."""
    storage_class: DnsLabel | None = None
    """Default is the cluster's."""


class SecretKey(Model):
    """One value of a Secret: generated once, or no secret at all (a user name)."""

    generate: int | None = Field(default=None, ge=16, le=128)
    """Length of the value to generate."""
    value: str | None = None
    """What it holds, where that is no secret."""


class SecretReference(Model):
    """A key of one of the application's Secrets."""

    secret: DnsLabel
    """Name of the Secret."""
    key: str
    """Key in it."""


class Workload(Model):
    """What services and stores have in common."""

    image: ImagePath | None = None
    """Name of the image; default is the workload's name."""
    service: DnsLabel | None = None
    """Name of the Kubernetes Service; none without it."""
    ports: tuple[Port, ...] = ()
    """In the order of the Service's ports; the first is what discovery hands out."""
    probe: Probe | None = None
    """Default none, for a program that listens on nothing."""
    smoke: tuple[Smoke, ...] = ()
    """What must be answered after each deployment; default nothing. Only for a workload with a Service."""
    public: PortName | None = None
    """The port that may be reached from outside once an environment gives it a host."""
    replicas: int | None = Field(default=None, ge=1)
    """Default is the family's, and 1 for a store."""
    resources: Resources | None = None
    """Default is the family's."""
    singleton: str | None = None
    """Why there may be no second replica; empty where there may be."""
    args: tuple[str, ...] = ()
    """Arguments of the image's entry point."""
    environment: dict[EnvironmentName, str] = Field(default_factory=dict)
    """Plain environment variables."""
    secret_environment: dict[EnvironmentName, SecretReference] = Field(default_factory=dict)
    """Environment variables from Secrets, besides the family's credentials."""
    writable: tuple[str, ...] = ()
    """Folders that the program writes to; everything else is read-only."""
    user: int | None = Field(default=None, ge=1)
    """User id that it runs as, never 0; default is the family's."""


class Service(Workload):
    """A program of the application."""

    family: str
    """Name of its family."""
    own: ConfigFile
    """The configuration file that names what it listens on."""
    files: tuple[ConfigFile, ...]
    """Every configuration file that it reads at start; missing ones stop it."""


class Store(Workload):
    """A program that keeps data."""

    volume: Volume
    """Durable storage of each replica."""
    resources: Resources
    """Requests and limits."""
    user: int = Field(ge=1)
    """User id that owns its volume, never 0."""
    files: dict[str, str] = Field(default_factory=dict)
    """Files mounted at ``files_path``, by name."""
    files_path: str = "/config"
    """Where ``files`` are mounted."""


class Family(Model):
    """Services that share a code base and therefore conventions."""

    folder: EstatePath
    """Where their configuration files stand."""
    environment_prefix: EnvironmentName
    """``IMENV`` makes IMENV_REDIS_PASSWORD override ``password`` of redis.yml."""
    config_path_variable: EnvironmentName
    """The variable that tells where the files are mounted."""
    config_path: str = Field(pattern=r"^/")
    """Where they are mounted."""
    discovery: ConfigFile
    """The file whose ``rpcService`` names Services to be found through the Kubernetes API; its readers get a token."""
    credentials: dict[ConfigFile, dict[str, SecretReference]] = Field(default_factory=dict)
    """By file and dotted key: what fills it. Whoever reads the file gets the variables."""
    replicas: int = Field(default=2, ge=1)
    """Pods of each service that names no number of its own."""
    resources: Resources
    """Of each service that names none of its own."""
    writable: tuple[str, ...] = ()
    """Folders that every program of the family writes to."""
    user: int = Field(default=65532, ge=1)
    """User id that they run as, never 0."""


class Requirement(Model):
    """The oldest release that this configuration suits."""

    version: Annotated[str, AfterValidator(_is_version)]
    """SemVer, e.g. ``v3.8.4-alpha.1``."""
    reason: str
    """Why older ones do not suit."""


class IngressDefaults(Model):
    """The cluster's ingress controller."""

    class_name: DnsLabel
    """Its class."""
    namespace: DnsLabel
    """Where it runs; it alone may reach public ports."""


ServicePattern = Annotated[str, Field(pattern=r"^[a-z0-9*][a-z0-9*-]*$")]
"""A service's name, or a part of it and ``*``."""


class ApplicationEstate(Model):
    """An application: which services and stores it has and how they are configured."""

    name: DnsLabel
    """Name of the application."""
    image_path: ImagePath
    """Folder of all its images in the registry."""
    requires: Requirement
    """What older releases are refused for."""
    ingress: IngressDefaults
    """How public ports are reached."""
    secrets: dict[DnsLabel, dict[str, SecretKey]]
    """Values by Secret and key."""
    families: dict[str, Family]
    """By name."""
    stores: dict[DnsLabel, Store]
    """By name."""
    services: dict[DnsLabel, Service]
    """By name."""
    waves: tuple[tuple[ServicePattern, ...], ...] = ()
    """Services in the order in which a release replaces them, by name with ``*`` for any part of it: a wave begins when
    the ones before it are healthy. What no wave names comes last; default all at once."""

    def in_waves(self) -> list[list[str]]:
        """Every service once, wave by wave: in the first wave that names it."""
        found: list[list[str]] = [[] for _ in (*self.waves, ())]
        for name in self.services:
            matching = (number for number, wave in enumerate(self.waves) if any(fnmatchcase(name, one) for one in wave))
            found[next(matching, len(self.waves))].append(name)
        return [wave for wave in found if wave]

    def replicas(self, name: str) -> int:
        """How many replicas the service or store ``name`` has where no environment says otherwise."""
        if name in self.stores:
            return self.stores[name].replicas or 1
        service = self.services[name]
        return service.replicas or self.families[service.family].replicas

    def workloads(self) -> dict[str, Workload]:
        """Stores, then services, by name."""
        return {**self.stores, **self.services}
