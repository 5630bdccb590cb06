"""What answers for Services: a loopback listener per port, in the place of cluster networking.

A Service answers 200 only while a ready endpoint's program listens on the port in question, and 503 otherwise.
"""

import asyncio
import itertools
import json
import logging
from collections.abc import Callable, Iterator, Sequence
from http import HTTPStatus
from pathlib import Path

from sandbox.kubernetes.addresses import ANNOTATION, read_addresses, write_addresses
from sandbox.kubernetes.agent.api import MERGE, Api, Object, RefusedError
from sandbox.kubernetes.agent.container import Container
from sandbox.kubernetes.agent.listener import Answer, listen
from sandbox.kubernetes.agent.mirror import Mirror, key_of
from sandbox.ports import LOOPBACK

VERSION_LABELS = "org.opencontainers.image."
NOTE = "answered by the sandbox's node agent: containers do not run here"

ContainersOf = Callable[[str], Sequence[Container]]
"""The containers of the pod with a uid."""
ChoosePort = Callable[[str], int]
"""A free port for a name, the same at each call."""

_log = logging.getLogger(__name__)


class Front:
    """The listeners of all Services of a cluster, and the file that tells where they are."""

    def __init__(self, api: Api, file: Path, choose_port: ChoosePort, containers_of: ContainersOf) -> None:
        self._api, self._file, self._choose_port, self._containers_of = api, file, choose_port, containers_of
        self._services = Mirror(api, "/api/v1/services", self._seen)
        self._slices = Mirror(api, "/apis/discovery.k8s.io/v1/endpointslices", lambda *_: None)
        self._servers: dict[tuple[str, str], asyncio.Server] = {}
        self._turn = itertools.count()
        self._queue: asyncio.Queue[tuple[Object, bool]] = asyncio.Queue()

    async def run(self) -> None:
        """Answer until cancelled."""
        write_addresses(self._file, {})
        async with asyncio.TaskGroup() as group:
            group.create_task(self._services.run())
            group.create_task(self._slices.run())
            while True:
                service, exists = await self._queue.get()
                await self._serve(service, exists=exists)

    def _seen(self, service: Object, exists: bool, /) -> None:
        self._queue.put_nowait((service, exists))

    async def _serve(self, service: Object, *, exists: bool) -> None:
        key = key_of(service)
        ports = _tcp_ports(service) if exists and service["spec"].get("selector") else []
        found: dict[str, str] = {}
        for port in ports:
            name = port.get("name", "")
            try:
                place = f"{LOOPBACK}:{await self._listener(service, name, int(port['port']))}"
            except OSError as error:
                _log.error("Service %s has no address for port %s: %s", key, port["port"], error)
                continue
            found |= {str(port["port"]): place, **({name: place} if name else {})}
        self._close(key, keep={port.get("name", "") for port in ports})
        self._note(key, found)
        if found:
            await self._annotate(service, found)

    async def _listener(self, service: Object, name: str, number: int) -> int:
        chosen = self._choose_port(f"service-{key_of(service)}-{name or number}")
        if (key_of(service), name) not in self._servers:
            server = await listen(chosen, lambda: self.answer(service["metadata"], name))
            self._servers[key_of(service), name] = server
        return chosen

    def _close(self, key: str, keep: set[str]) -> None:
        for service, name in list(self._servers):
            if service == key and name not in keep:
                self._servers.pop((service, name)).close()

    def _note(self, key: str, found: dict[str, str]) -> None:
        addresses = read_addresses(self._file)
        if addresses.get(key, {}) == found:
            return
        addresses.pop(key, None)
        write_addresses(self._file, addresses | ({key: found} if found else {}))

    async def _annotate(self, service: Object, found: dict[str, str]) -> None:
        text, metadata = json.dumps(found, sort_keys=True), service["metadata"]
        if metadata.get("annotations", {}).get(ANNOTATION) == text:
            return
        path = f"/api/v1/namespaces/{metadata['namespace']}/services/{metadata['name']}"
        try:
            await self._api.patch(path, {"metadata": {"annotations": {ANNOTATION: text}}}, MERGE)
        except RefusedError as refused:
            _log.info("annotation of %s: %s", path, refused)

    def answer(self, service: Object, port: str) -> Answer:
        """What the port called ``port`` of a Service (its metadata) says now."""
        endpoints = list(self._endpoints(service, port))
        serving = [
            (pod, each, number) for ready, pod, each, number in endpoints if ready and number in each.behaviour.ports
        ]
        name = f"{service['namespace']}/{service['name']}"
        if not serving:
            spoken = {
                each.behaviour.ports[number] for _, _, each, number in endpoints if number in each.behaviour.ports
            }
            some = (
                "no program listens behind a ready endpoint"
                if any(ready for ready, *_ in endpoints)
                else "no ready endpoint"
            )
            return Answer(
                HTTPStatus.SERVICE_UNAVAILABLE, {"service": name, "error": some}, "http" in spoken or not spoken
            )
        pod, container, number = serving[next(self._turn) % len(serving)]
        return Answer(HTTPStatus.OK, _told(name, pod, container), container.behaviour.ports[number] == "http")

    def _endpoints(self, service: Object, port: str) -> Iterator[tuple[bool, str, Container, int]]:
        """Whether ready, pod, container, port number: each container of each endpoint of a Service's port."""
        for each in self._slices.objects.values():
            metadata = each["metadata"]
            owner = metadata.get("labels", {}).get("kubernetes.io/service-name")
            if (metadata["namespace"], owner) != (service["namespace"], service["name"]):
                continue
            numbers = [entry["port"] for entry in each.get("ports") or [] if entry.get("name", "") == port]
            for endpoint, number in itertools.product(each.get("endpoints") or [], numbers):
                ready = endpoint.get("conditions", {}).get("ready") is not False
                pod = endpoint.get("targetRef", {})
                for container in self._containers_of(pod.get("uid", "")):
                    yield ready, pod["name"], container, number


def _tcp_ports(service: Object) -> list[Object]:
    return [each for each in service["spec"].get("ports") or [] if each.get("protocol", "TCP") == "TCP"]


def _told(service: str, pod: str, container: Container) -> Object:
    image = container.image
    labels = image.labels if image else {}
    return {
        "service": service,
        "pod": pod,
        "image": container.spec["image"],
        "digest": image.digest if image else "",
        "labels": {name: value for name, value in labels.items() if name.startswith(VERSION_LABELS)},
        "note": NOTE,
    }
