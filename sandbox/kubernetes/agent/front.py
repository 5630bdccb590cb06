"""What answers for Services: a loopback listener per port, in the place of cluster networking.

A Service answers 200 only while a ready endpoint's program listens on the port in question, and 503 otherwise.
"""

import asyncio
import json
import logging
from collections.abc import Callable
from pathlib import Path

from sandbox.kubernetes.addresses import ANNOTATION, read_addresses, write_addresses
from sandbox.kubernetes.agent.api import MERGE, Api, Object, RefusedError
from sandbox.kubernetes.agent.endpoints import Endpoints
from sandbox.kubernetes.agent.listener import listen
from sandbox.kubernetes.agent.mirror import Mirror, key_of
from sandbox.ports import LOOPBACK

ChoosePort = Callable[[str], int]
"""A free port for a name, the same at each call."""

_log = logging.getLogger(__name__)


class Front:
    """The listeners of all Services of a cluster, and the file that tells where they are."""

    def __init__(self, api: Api, file: Path, choose_port: ChoosePort, endpoints: Endpoints) -> None:
        self._api, self._file, self._choose_port, self._endpoints = api, file, choose_port, endpoints
        self._services = Mirror(api, "/api/v1/services", self._seen)
        self._servers: dict[tuple[str, str], asyncio.Server] = {}
        self._queue: asyncio.Queue[tuple[Object, bool]] = asyncio.Queue()

    async def run(self) -> None:
        """Answer until cancelled."""
        write_addresses(self._file, {})
        async with asyncio.TaskGroup() as group:
            group.create_task(self._services.run())
            group.create_task(self._endpoints.run())
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
            try:
                place = f"{LOOPBACK}:{await self._listener(service, port)}"
            except OSError as error:
                _log.error("Service %s has no address for port %s: %s", key, port["port"], error)
            else:
                found |= {str(port["port"]): place, _title(port): place}
        self._close(key, keep={_title(port) for port in ports})
        self._note(key, found)
        if found:
            await self._annotate(service, found)

    async def _listener(self, service: Object, port: Object) -> int:
        key, name = (key_of(service), _title(port)), port.get("name", "")
        chosen = self._choose_port(f"service-{key[0]}-{key[1]}")
        if key not in self._servers:
            self._servers[key] = await listen(chosen, lambda: self._endpoints.answer(service["metadata"], name))
        return chosen

    def _close(self, key: str, keep: set[str]) -> None:
        for service, port in list(self._servers):
            if service == key and port not in keep:
                self._servers.pop((service, port)).close()

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


def _tcp_ports(service: Object) -> list[Object]:
    return [each for each in service["spec"].get("ports") or [] if each.get("protocol", "TCP") == "TCP"]


def _title(port: Object) -> str:
    """A port's name, or its number where it is the only one and has none."""
    return str(port.get("name") or port["port"])
