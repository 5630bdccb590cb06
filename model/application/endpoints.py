"""Who listens where, and who therefore calls whom: read off the configuration, so that it cannot go stale."""

from collections.abc import Iterator, Mapping
from typing import Any

from model.application.configuration import addresses, lookup
from model.application.estate import ApplicationEstate, Port, Service, Workload
from model.application.workload import WorkloadCaller, WorkloadPort

Configuration = Mapping[str, Mapping[str, Any]]
"""Data of each configuration file, by family and file name."""

Endpoints = Mapping[int, tuple[str, int]]
"""Workload and container port behind each port of a Service."""


def ports(workload: Workload, configuration: Configuration) -> list[WorkloadPort]:
    """The ports of ``workload``; one whose configuration does not name it is left out."""
    numbered = ((port, _number(port, workload, configuration)) for port in workload.ports)
    return [
        WorkloadPort(name=port.name, container=number, service=port.service or number)
        for port, number in numbered
        if number is not None
    ]


def _number(port: Port, workload: Workload, configuration: Configuration) -> int | None:
    if port.listens is None or not isinstance(workload, Service):
        return port.number
    try:
        numbers = lookup(configuration[workload.family][workload.own], port.listens)
    except KeyError:
        return None
    return numbers[0] if isinstance(numbers, list) and numbers and isinstance(numbers[0], int) else None


def services(estate: ApplicationEstate, configuration: Configuration) -> dict[str, Endpoints]:
    """What each Service leads to, by the Service's name."""
    return {
        workload.service: {port["service"]: (name, port["container"]) for port in ports(workload, configuration)}
        for name, workload in estate.workloads().items()
        if workload.service
    }


def callers(estate: ApplicationEstate, configuration: Configuration) -> dict[str, list[WorkloadCaller]]:
    """Who may connect to each workload, by its name: whoever's configuration names its address or finds it."""
    known = services(estate, configuration)
    found: dict[str, set[tuple[str, int]]] = {name: set() for name in estate.workloads()}
    for name, service in estate.services.items():
        for callee, port in _called(estate, service, configuration, known):
            found[callee].add((name, port))
    return {
        callee: [WorkloadCaller(name=name, port=port) for name, port in sorted(pairs)]
        for callee, pairs in found.items()
    }


def _called(
    estate: ApplicationEstate, service: Service, configuration: Configuration, known: Mapping[str, Endpoints]
) -> Iterator[tuple[str, int]]:
    for file in service.files:
        data = configuration[service.family][file]
        for _, host, port in addresses(data):
            yield known[host][port]
        if file == estate.families[service.family].discovery:
            for name in data.get("rpcService", {}).values():
                yield next(iter(known[name].values()))
