"""Who stands behind a Service's port, and what is said in their name."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from sandbox.kubernetes.agent.api import Api, Object
from sandbox.kubernetes.agent.container import Container
from sandbox.kubernetes.agent.listener import Answer
from sandbox.kubernetes.agent.mirror import Mirror

VERSION_LABELS = "org.opencontainers.image."
NOTE = "answered by the sandbox's node agent: containers do not run here"

ContainersOf = Callable[[str], Sequence[Container]]
"""The containers of the pod with a uid."""


@dataclass(frozen=True)
class Endpoint:
    """One container of one pod behind a Service's port, whether it listens there or not."""

    is_ready: bool
    """The pod, in the EndpointSlice's judgement."""
    pod: str
    container: Container
    port: int

    @property
    def protocol(self) -> str | None:
        """What the container's program speaks on the port; None if it does not listen there."""
        return self.container.behaviour.ports.get(self.port)

    @property
    def serves(self) -> bool:
        """Whether a connection would come through."""
        return self.is_ready and self.container.is_running and self.protocol is not None


class Endpoints:
    """All EndpointSlices of a cluster, and the answers of those that are in them."""

    def __init__(self, api: Api, containers_of: ContainersOf) -> None:
        self._slices = Mirror(api, "/apis/discovery.k8s.io/v1/endpointslices", lambda *_: None)
        self._containers_of = containers_of
        self._turn = itertools.count()

    async def run(self) -> None:
        """Follow the cluster until cancelled."""
        await self._slices.run()

    def answer(self, service: Object, port: str) -> Answer:
        """What the port called ``port`` of a Service (its metadata) says now; ready pods take turns."""
        name = f"{service['namespace']}/{service['name']}"
        behind = list(self._behind(service, port))
        serving = [each for each in behind if each.serves]
        if serving:
            endpoint = serving[next(self._turn) % len(serving)]
            return Answer(HTTPStatus.OK, told(name, endpoint.pod, endpoint.container), endpoint.protocol == "http")
        is_any_ready = any(each.is_ready for each in behind)
        error = "no program listens behind a ready endpoint" if is_any_ready else "no ready endpoint"
        spoken = {each.protocol for each in behind} - {None}
        speaks_http = "http" in spoken or not spoken
        return Answer(HTTPStatus.SERVICE_UNAVAILABLE, {"service": name, "error": error, "note": NOTE}, speaks_http)

    def _behind(self, service: Object, port: str) -> Iterator[Endpoint]:
        for each in self._slices.objects.values():
            if not _belongs(each["metadata"], service):
                continue
            numbers = [entry["port"] for entry in each.get("ports") or [] if entry.get("name", "") == port]
            for endpoint, number in itertools.product(each.get("endpoints") or [], numbers):
                is_ready = endpoint.get("conditions", {}).get("ready") is not False
                pod = endpoint.get("targetRef", {})
                for container in self._containers_of(pod.get("uid", "")):
                    yield Endpoint(is_ready, pod["name"], container, number)


def _belongs(slice_metadata: Object, service: Object) -> bool:
    owner = slice_metadata.get("labels", {}).get("kubernetes.io/service-name")
    return bool((slice_metadata["namespace"], owner) == (service["namespace"], service["name"]))


def told(service: str, pod: str, container: Container) -> Object:
    """What a program says of itself, on behalf of ``service``."""
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
