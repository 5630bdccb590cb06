"""What an application's file must satisfy so that its workloads can work; each check gives its problems."""

from collections import Counter
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from model.application.configuration import (
    BLANK,
    addresses,
    credentials_in_clear,
    listening,
    lookup,
    placeholders,
)
from model.application.endpoints import Configuration, Endpoints, services
from model.application.estate import ApplicationEstate, SecretReference, Service, Workload
from model.problems import Problem


def problems(file: str, estate: ApplicationEstate, configuration: Configuration) -> Iterator[Problem]:
    """Every problem of the file ``file`` and of the configuration files behind it."""
    yield from _families(file, estate)
    if any(service.family not in estate.families for service in estate.services.values()):
        return
    yield from _names(file, estate)
    yield from _waves(file, estate)
    yield from _secrets(file, estate)
    for kind, workloads in (("stores", estate.stores), ("services", estate.services)):
        for name, workload in workloads.items():
            yield from _ports(file, f"{kind}.{name}", workload)
            yield from _references(file, f"{kind}.{name}.secretEnvironment", estate, workload.secret_environment)
    for name, service in estate.services.items():
        yield from _listens(file, f"services.{name}", service, configuration[service.family])
    yield from _credentials(file, estate, configuration)
    yield from _configurations(estate, configuration)


def _families(file: str, estate: ApplicationEstate) -> Iterator[Problem]:
    for name, service in estate.services.items():
        if service.family not in estate.families:
            known = f"unknown family; known: {sorted(estate.families)}"
            yield Problem(file, f"services.{name}.family", service.family, known)
        if service.own not in service.files:
            yield Problem(file, f"services.{name}.own", service.own, "must be one of the service's files")


def _names(file: str, estate: ApplicationEstate) -> Iterator[Problem]:
    for name in sorted(set(estate.stores) & set(estate.services)):
        yield Problem(file, f"services.{name}", name, "is also the name of a store")
    workloads = {**estate.stores, **estate.services}
    counts = Counter(workload.service for workload in workloads.values() if workload.service)
    for name, workload in workloads.items():
        if workload.service and counts[workload.service] > 1:
            yield Problem(file, f"{name}.service", workload.service, "is the Service of several workloads")
        if workload.singleton is not None and estate.replicas(name) > 1:
            remedy = f"must be 1: {workload.singleton}"
            yield Problem(file, f"{name}.replicas", str(estate.replicas(name)), remedy)
        if workload.service and not workload.ports:
            yield Problem(file, f"{name}.service", workload.service, "a Service needs at least one port")


def _waves(file: str, estate: ApplicationEstate) -> Iterator[Problem]:
    for number, wave in enumerate(estate.waves):
        for pattern in wave:
            if not any(fnmatchcase(name, pattern) for name in estate.services):
                yield Problem(file, f"waves[{number}]", pattern, f"names no service; known: {sorted(estate.services)}")


def _secrets(file: str, estate: ApplicationEstate) -> Iterator[Problem]:
    for secret, keys in estate.secrets.items():
        for key, value in keys.items():
            if (value.generate is None) == (value.value is None):
                yield Problem(file, f"secrets.{secret}.{key}", "", "must have either generate or value")


def _references(
    file: str, key: str, estate: ApplicationEstate, references: Mapping[str, SecretReference]
) -> Iterator[Problem]:
    for name, reference in references.items():
        if reference.secret not in estate.secrets:
            known = f"unknown Secret; known: {sorted(estate.secrets)}"
            yield Problem(file, f"{key}.{name}.secret", reference.secret, known)
        elif reference.key not in estate.secrets[reference.secret]:
            known = f"unknown key of {reference.secret}; known: {sorted(estate.secrets[reference.secret])}"
            yield Problem(file, f"{key}.{name}.key", reference.key, known)


def _ports(file: str, key: str, workload: Workload) -> Iterator[Problem]:
    names = [port.name for port in workload.ports]
    for name, count in Counter(names).items():
        if count > 1:
            yield Problem(file, f"{key}.ports", name, "is the name of several ports")
    for port in workload.ports:
        if (port.listens is None) == (port.number is None):
            yield Problem(file, f"{key}.ports", port.name, "must have either listens or number")
    if workload.smoke and not workload.service:
        yield Problem(file, f"{key}.smoke", "", "is asked through a Service, and this workload has none")
    used = {"probe.port": workload.probe and workload.probe.port, "public": workload.public}
    used |= {f"smoke[{index}].port": one.port for index, one in enumerate(workload.smoke)}
    for field, name_ in used.items():
        if name_ and name_ not in names:
            yield Problem(file, f"{key}.{field}", name_, f"unknown port; known: {names}")


def _listens(file: str, key: str, service: Service, files: Mapping[str, Any]) -> Iterator[Problem]:
    """The declared ports are exactly those that the service's own configuration makes it listen on."""
    found = listening(files.get(service.own, {}))
    declared = [port.listens for port in service.ports if port.listens]
    for path in declared:
        if path not in found:
            known = f"not a list of ports in {service.own}; known: {sorted(found)}"
            yield Problem(file, f"{key}.ports", path, known)
    for path, numbers in found.items():
        if path not in declared:
            yield Problem(file, f"{key}.ports", "", f"{service.own} makes it listen on {path}, which is not declared")
        if len(numbers) != 1 or not isinstance(numbers[0], int):
            yield Problem(file, f"{key}.ports", path, "must be one number: several processes are several replicas here")


def _credentials(file: str, estate: ApplicationEstate, configuration: Configuration) -> Iterator[Problem]:
    for family_name, family in estate.families.items():
        for config, keys in family.credentials.items():
            at = f"families.{family_name}.credentials.{config}"
            yield from _references(file, at, estate, keys)
            for key in keys:
                yield from _fillable(file, at, key, configuration[family_name].get(config))


def _fillable(file: str, at: str, key: str, data: Any) -> Iterator[Problem]:
    """A variable overrides a key only where the file has it, and a credential may not stand there."""
    if data is None:
        yield Problem(file, at, "", "no service reads this file")
        return
    try:
        value = lookup(data, key)
    except KeyError:
        yield Problem(file, f"{at}.{key}", "", "the file has no such key, so the variable would have no effect")
        return
    if value not in BLANK:
        yield Problem(file, f"{at}.{key}", "", "must be blank in the file: a Secret fills it")


def _configurations(estate: ApplicationEstate, configuration: Configuration) -> Iterator[Problem]:
    dialled = services(estate, configuration)
    for family_name, files in configuration.items():
        folder = estate.families[family_name].folder
        for name, data in files.items():
            yield from _configuration(f"{folder}/{name}", data, estate, dialled)
        discovery = estate.families[family_name].discovery
        if discovery in files:
            yield from _discovery(f"{folder}/{discovery}", files[discovery], estate)


def _configuration(
    file: str, data: Mapping[str, Any], estate: ApplicationEstate, dialled: Mapping[str, Endpoints]
) -> Iterator[Problem]:
    for path in credentials_in_clear(data):
        yield Problem(file, path, "", "must be blank: configuration files become ConfigMaps; name it under credentials")
    for keys, host, port in addresses(data):
        if host not in dialled:
            yield Problem(file, ".".join(keys), f"{host}:{port}", f"unknown Service; known: {sorted(dialled)}")
        elif port not in dialled[host]:
            yield Problem(
                file, ".".join(keys), f"{host}:{port}", f"{host} has no such port; known: {sorted(dialled[host])}"
            )
    choices = ["namespace", *(f"address.{name}" for name, one in estate.workloads().items() if one.public)]
    for keys, placeholder in placeholders(data):
        if placeholder not in choices:
            yield Problem(file, ".".join(keys), f"${{{placeholder}}}", f"unknown placeholder; known: {choices}")


def _discovery(file: str, data: Mapping[str, Any], estate: ApplicationEstate) -> Iterator[Problem]:
    """Services are found by name through the API; callers dial the first port, and all ports named grpc."""
    known = {one.service: one for one in estate.workloads().values() if one.service}
    for key, name in data.get("rpcService", {}).items():
        if name not in known:
            yield Problem(file, f"rpcService.{key}", str(name), f"unknown Service; known: {sorted(known)}")
        elif known[name].ports[0].name != "grpc":
            yield Problem(file, f"rpcService.{key}", name, "the first port of its Service must be named grpc")
