"""One environment's application: the file, its overrides and a release become workloads."""

from collections.abc import Mapping, Sequence

from model.application.configuration import render, variable
from model.application.endpoints import callers, ports
from model.application.estate import (
    Autoscaling,
    Family,
    Override,
    Probe,
    Resources,
    SecretReference,
    Service,
    Store,
    Volume,
)
from model.application.estate import Workload as Declared
from model.application.overriding import problems
from model.application.reading import Application
from model.application.workload import (
    ApplicationContent,
    SecretContent,
    SecretVariable,
    Workload,
    WorkloadAutoscaling,
    WorkloadIngress,
    WorkloadPort,
    WorkloadProbe,
    WorkloadResources,
    WorkloadSmoke,
    WorkloadVolume,
)
from model.problems import SettingsError
from model.release import Release

UNCHANGED = Override()


def image_place(application: Application, registry_host: str) -> str:
    """Where the application's images lie: ``host/path``."""
    return f"{registry_host}/{application.estate.image_path}"


def assemble(
    application: Application,
    *,
    overrides: Mapping[str, Override],
    release: Release,
    registry_host: str,
    namespace: str,
    stack_file: str,
    api_server_networks: Sequence[str] = (),
) -> ApplicationContent:
    """Everything to declare for ``application`` in one environment.

    ``stack_file`` is where overrides and release come from, for error messages; ``api_server_networks`` are let in to
    ports that smoke checks ask.

    Raises:
        SettingsError: an override or the release does not suit the application.
    """
    found = list(problems(application.estate, overrides, release, stack_file))
    if found:
        raise SettingsError(found)
    return _Assembly(
        application, overrides, release, registry_host, namespace, api_server_networks=api_server_networks
    ).content()


class _Assembly:
    """What all workloads of one environment are made from."""

    def __init__(
        self,
        application: Application,
        overrides: Mapping[str, Override],
        release: Release,
        registry_host: str,
        namespace: str,
        *,
        api_server_networks: Sequence[str],
    ) -> None:
        self.estate = application.estate
        self.configuration = application.configuration
        self.overrides = overrides
        self.release = release
        self.api_server_networks = list(api_server_networks)
        self.images = image_place(application, registry_host)
        self.callers = callers(self.estate, self.configuration)
        self.placeholders = {"namespace": namespace, **self._addresses()}

    def content(self) -> ApplicationContent:
        return ApplicationContent(
            name=self.estate.name,
            secrets=[self._secret(name) for name in self.estate.secrets],
            stores=[self._store(name, store) for name, store in self.estate.stores.items()],
            services=[self._service(name, service) for name, service in self.estate.services.items()],
            waves=self.estate.in_waves(),
        )

    def _addresses(self) -> dict[str, str]:
        """Where clients reach each public workload; without a host of its own only from inside the cluster."""
        found = {}
        for name, workload in self.estate.workloads().items():
            for port in ports(workload, self.configuration):
                if port["name"] == workload.public:
                    host = self._override(name).host
                    inside = f"http://{workload.service}:{port['service']}"
                    found[f"address.{name}"] = f"https://{host}" if host else inside
        return found

    def _override(self, name: str) -> Override:
        return self.overrides.get(name, UNCHANGED)

    def _secret(self, name: str) -> SecretContent:
        keys = self.estate.secrets[name]
        return SecretContent(
            name=name,
            values={key: one.value for key, one in keys.items() if one.value is not None},
            generated={key: one.generate for key, one in keys.items() if one.generate is not None},
        )

    def _service(self, name: str, service: Service) -> Workload:
        family = self.estate.families[service.family]
        workload = self._workload(name, service, service.resources or family.resources)
        workload["environment"][family.config_path_variable] = family.config_path
        workload["secret_environment"] += _credentials(service, family)
        workload["files"] = {file: self._text(service.family, file) for file in service.files}
        workload["files_path"] = family.config_path
        workload["writable"] += family.writable
        workload["user"] = service.user or family.user
        workload["api_access"] = family.discovery in service.files
        return workload

    def _store(self, name: str, store: Store) -> Workload:
        workload = self._workload(name, store, store.resources)
        workload["files"] = dict(store.files)
        workload["files_path"] = store.files_path
        workload["user"] = store.user
        workload["volume"] = _volume(store.volume, self._override(name))
        return workload

    def _text(self, family: str, file: str) -> str:
        return render(self.configuration[family][file], self.placeholders)

    def _workload(self, name: str, declared: Declared, resources: Resources) -> Workload:
        """What services and stores have in common."""
        override = self._override(name)
        image = declared.image or name
        workload = Workload(
            name=name,
            part_of=self.estate.name,
            image=f"{self.images}/{image}@{self.release.images[image]}",
            replicas=override.replicas or self.estate.replicas(name),
            singleton=declared.singleton is not None,
            args=list(declared.args),
            ports=ports(declared, self.configuration),
            environment=dict(declared.environment),
            secret_environment=_variables(declared.secret_environment),
            files={},
            files_path="/config",
            writable=list(declared.writable),
            user=1,
            resources=_resources(override.resources or resources),
            callers=self.callers[name],
            api_access=False,
        )
        return self._with_options(workload, declared, override)

    def _with_options(self, workload: Workload, declared: Declared, override: Override) -> Workload:
        if declared.service:
            workload["service"] = declared.service
        if declared.probe:
            workload["probe"] = _probe(declared.probe)
        if override.autoscaling:
            workload["autoscaling"] = _autoscaling(override.autoscaling)
        if override.host and declared.public:
            workload["ingress"] = self._ingress(override.host, declared.public)
        if declared.smoke and self.api_server_networks:
            workload["smoke"] = self._smoke(declared, workload["ports"])
        return workload

    def _smoke(self, declared: Declared, ports: Sequence[WorkloadPort]) -> list[WorkloadSmoke]:
        asked = {one.port for one in declared.smoke}
        found = [port["container"] for port in ports if port["name"] in asked]
        return [WorkloadSmoke(port=port, networks=self.api_server_networks) for port in found]

    def _ingress(self, host: str, port: str) -> WorkloadIngress:
        controller = self.estate.ingress
        return WorkloadIngress(host=host, class_name=controller.class_name, namespace=controller.namespace, port=port)


def _credentials(service: Service, family: Family) -> list[SecretVariable]:
    """The variables that fill the credentials of every file that ``service`` reads."""
    references = {
        variable(family.environment_prefix, file, key): reference
        for file in service.files
        for key, reference in family.credentials.get(file, {}).items()
    }
    return _variables(references)


def _variables(references: Mapping[str, SecretReference]) -> list[SecretVariable]:
    return [SecretVariable(name=name, secret=one.secret, key=one.key) for name, one in references.items()]


def _resources(resources: Resources) -> WorkloadResources:
    return WorkloadResources(
        requests=resources.requests.model_dump(),
        limits=resources.limits.model_dump(exclude_none=True),
    )


def _probe(probe: Probe) -> WorkloadProbe:
    return WorkloadProbe(port=probe.port, path=probe.path) if probe.path else WorkloadProbe(port=probe.port)


def _volume(volume: Volume, override: Override) -> WorkloadVolume:
    made = WorkloadVolume(path=volume.path, size=override.storage or volume.size)
    if volume.storage_class:
        made["storage_class"] = volume.storage_class
    return made


def _autoscaling(autoscaling: Autoscaling) -> WorkloadAutoscaling:
    return WorkloadAutoscaling(max_replicas=autoscaling.max_replicas, cpu_percent=autoscaling.cpu_percent)
