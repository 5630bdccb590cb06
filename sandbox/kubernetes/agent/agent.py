"""All pods of one cluster, and what serves them: a pod's task per pod that the scheduler has bound to a node."""

import asyncio
import ssl
import zlib
from collections.abc import Sequence
from http import HTTPStatus

from sandbox.kubernetes.addresses import addresses_file
from sandbox.kubernetes.agent.api import Api, Object
from sandbox.kubernetes.agent.container import Container
from sandbox.kubernetes.agent.endpoints import Endpoints, told
from sandbox.kubernetes.agent.events import Recorder
from sandbox.kubernetes.agent.front import Front
from sandbox.kubernetes.agent.images import ImageStore
from sandbox.kubernetes.agent.listener import Answer, listen
from sandbox.kubernetes.agent.mirror import Mirror
from sandbox.kubernetes.agent.pod import Node, Pod
from sandbox.kubernetes.agent.tunnel import tunnel
from sandbox.kubernetes.agent.volumes import Provisioner
from sandbox.kubernetes.cluster import Cluster

POD_NETWORK = "10.244"
"""A /16 of addresses that pods are given; nothing is routed there."""
_PODS, _FIRST = 65000, 10


class Agent:
    """Every node's kubelet, the provisioner and the front of one cluster."""

    def __init__(self, cluster: Cluster, api: Api) -> None:
        self._cluster = cluster
        self._events = Recorder(api)
        images = ImageStore(cluster.layout.folder("kubernetes", cluster.name, "images"))
        self._node = Node(api, images, self._events, cluster.name)
        self._pods: dict[str, Pod] = {}
        self._mirror = Mirror(api, "/api/v1/pods", self._pod_seen, {"fieldSelector": "spec.nodeName!="})
        self._provisioner = Provisioner(api, self._events)
        file = addresses_file(cluster.layout, cluster.name)
        self._front = Front(api, file, cluster.port, Endpoints(api, self._containers_of))

    async def run(self) -> None:
        """Work until cancelled; any part that fails ends the process, for the supervisor to start it anew."""
        health = await listen(self._cluster.port("node-agent"), self._health)
        way = await tunnel(self._cluster.port("egress"), self._reach, _identity(self._cluster))
        async with health, way, asyncio.TaskGroup() as group:
            for part in (self._events, self._mirror, self._provisioner, self._front):
                group.create_task(part.run())

    def _pod_seen(self, pod: Object, exists: bool, /) -> None:
        uid = pod["metadata"]["uid"]
        known = self._pods.get(uid)
        if not exists:
            if known:
                known.forget()
                del self._pods[uid]
        elif known:
            known.seen(pod)
        else:
            self._pods[uid] = Pod(self._node, pod, self._address_for(pod))
            self._pods[uid].start()

    def _address_for(self, pod: Object) -> str:
        """The pod's IP: its own if it has one, else the first free one after its uid's checksum."""
        if own := pod.get("status", {}).get("podIP"):
            return str(own)
        taken = {each.get("status", {}).get("podIP") for each in self._mirror.objects.values()}
        taken |= {each.address for each in self._pods.values()}
        seed = zlib.crc32(pod["metadata"]["uid"].encode())
        addresses = (_address((seed + step) % _PODS + _FIRST) for step in range(_PODS))
        return next(each for each in addresses if each not in taken)

    def _containers_of(self, uid: str) -> Sequence[Container]:
        pod = self._pods.get(uid)
        return pod.containers if pod else ()

    def _reach(self, address: str, port: int) -> Answer | None:
        """What the program says that listens on a port of a pod's address."""
        pod = next((each for each in self._pods.values() if each.address == address), None)
        for container in pod.containers if pod else ():
            protocol = container.behaviour.ports.get(port)
            if pod and container.is_running and protocol:
                return Answer(HTTPStatus.OK, told("", pod.pod["metadata"]["name"], container), protocol == "http")
        return None

    def _health(self) -> Answer:
        return Answer(HTTPStatus.OK, {"cluster": self._cluster.name, "pods": len(self._pods)})


def _address(number: int) -> str:
    return f"{POD_NETWORK}.{number // 256}.{number % 256}"


def _identity(cluster: Cluster) -> ssl.SSLContext:
    """Shows the cluster's own certificate, and wants to see one of its making."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(cluster.authority))
    context.load_cert_chain(cluster.file("pki", "server.crt"), cluster.file("pki", "server.key"))
    context.verify_mode = ssl.CERT_REQUIRED
    return context
