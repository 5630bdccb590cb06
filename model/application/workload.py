"""One workload as plain, resolved data: what the components take and ``assemble`` returns.

Everything is decided here already: full image references, numbers, names. Nothing refers to a
file. Types are plain so that a component provider can describe them to other languages.
"""

from typing import NotRequired, TypedDict


class WorkloadPort(TypedDict):
    """A port of the container and, where the workload has a Service, of that Service."""

    name: str
    """Port name, unique in the workload."""
    container: int
    """What the program listens on."""
    service: int
    """What callers dial."""


class SecretVariable(TypedDict):
    """An environment variable whose value stands in a Secret."""

    name: str
    """The variable."""
    secret: str
    """Name of the Secret."""
    key: str
    """Key in it."""


class WorkloadProbe(TypedDict):
    """How the kubelet learns that the program answers: an HTTP path, or else a TCP connection."""

    port: str
    """Name of the port."""
    path: NotRequired[str]
    """HTTP path that answers 2xx; without it a TCP connection counts."""


class WorkloadResources(TypedDict):
    """Requests and limits of the container, keyed as in Kubernetes: cpu, memory."""

    requests: dict[str, str]
    """What the scheduler reserves."""
    limits: dict[str, str]
    """What the kernel enforces."""


class WorkloadVolume(TypedDict):
    """A volume that each replica has for itself; its presence makes the workload a StatefulSet."""

    path: str
    """Where it is mounted."""
    size: str
    """Requested size, e.g. ``10Gi``."""
    storage_class: NotRequired[str]
    """Storage class; default is the cluster's."""


class WorkloadCaller(TypedDict):
    """Another workload that may open connections to one port of this one."""

    name: str
    """The calling workload."""
    port: int
    """Container port it may reach."""


class WorkloadIngress(TypedDict):
    """How clients outside the cluster reach one port."""

    host: str
    """Host name; TLS is ended by the ingress controller with its default certificate."""
    class_name: str
    """Ingress class."""
    namespace: str
    """Namespace of the ingress controller; it alone may connect."""
    port: str
    """Name of the port."""


class WorkloadSmoke(TypedDict):
    """Where the API server comes from when it asks a port on behalf of a smoke check."""

    port: int
    """Container port it may reach."""
    networks: list[str]
    """Networks in CIDR notation."""


class WorkloadAutoscaling(TypedDict):
    """Horizontal scaling by CPU; ``replicas`` is then the lower bound."""

    max_replicas: int
    """Upper bound."""
    cpu_percent: int
    """Average use of the requested CPU to aim for, in percent."""


class Workload(TypedDict):
    """A Deployment, or a StatefulSet where ``volume`` is given, and everything around it."""

    name: str
    """Name of all its objects."""
    part_of: str
    """The application that it belongs to."""
    image: str
    """Image reference by digest."""
    replicas: int
    """Number of pods, or the lower bound with ``autoscaling``."""
    singleton: bool
    """Never two at once: a Deployment is then recreated rather than rolled."""
    args: list[str]
    """Arguments of the image's entry point."""
    ports: list[WorkloadPort]
    """Container ports in the order of the Service's ports."""
    service: NotRequired[str]
    """Name of the Service; without it the workload has none."""
    environment: dict[str, str]
    """Plain environment variables."""
    secret_environment: list[SecretVariable]
    """Environment variables from Secrets."""
    files: dict[str, str]
    """Configuration files by name, mounted read-only at ``files_path``."""
    files_path: str
    """Folder of the configuration files."""
    writable: list[str]
    """Folders that the program writes to; they go with the pod."""
    user: int
    """User and group that the program runs as; never 0."""
    resources: WorkloadResources
    """Requests and limits."""
    probe: NotRequired[WorkloadProbe]
    """Start-up, readiness and liveness; only for a program that listens."""
    volume: NotRequired[WorkloadVolume]
    """Durable storage of each replica."""
    callers: list[WorkloadCaller]
    """Who may connect; everybody else is refused."""
    api_access: bool
    """Whether the program talks to the Kubernetes API and gets a token for it."""
    ingress: NotRequired[WorkloadIngress]
    """Reachable from outside; default no."""
    smoke: NotRequired[list[WorkloadSmoke]]
    """Ports that smoke checks reach from outside the pods' network; default none."""
    autoscaling: NotRequired[WorkloadAutoscaling]
    """Scaled by load; default no."""


class SecretContent(TypedDict):
    """A Secret, made once."""

    name: str
    """Name of the Secret."""
    values: dict[str, str]
    """Values that are no secret, such as user names, by key."""
    generated: dict[str, int]
    """Length of each value to generate, by key; letters and digits only."""


class ApplicationContent(TypedDict):
    """A whole application: its secrets, its stores, then the services that need them."""

    name: str
    """Name of the application."""
    secrets: list[SecretContent]
    """Secrets of all workloads."""
    stores: list[Workload]
    """Workloads that keep data."""
    services: list[Workload]
    """Workloads that need the stores."""
    waves: NotRequired[list[list[str]]]
    """Names of the services, wave by wave: each begins when the ones before it are healthy; default all at once."""
