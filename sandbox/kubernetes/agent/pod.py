"""One pod on a node: volumes, then init containers in order, then its containers, until it is deleted."""

import asyncio
import logging
from collections.abc import Coroutine
from dataclasses import dataclass

from sandbox.kubernetes.agent import clock
from sandbox.kubernetes.agent.api import Api, Object, RefusedError
from sandbox.kubernetes.agent.container import LOOK_AGAIN, Container
from sandbox.kubernetes.agent.events import Recorder
from sandbox.kubernetes.agent.images import ImageStore, credentials_for
from sandbox.kubernetes.agent.reference import parse_reference
from sandbox.kubernetes.agent.registry import Image, PullError
from sandbox.kubernetes.agent.resolving import Resolver, forbidden_root
from sandbox.kubernetes.agent.status import pod_status

TOGETHER = 0.02
"""Real seconds for which changes of a status are gathered into one report."""
ENDED = ("Succeeded", "Failed")

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Node:
    """What all pods of a cluster share."""

    api: Api
    images: ImageStore
    events: Recorder
    cluster: str
    """The cluster's name."""


class Pod:
    """A pod's containers and the two tasks that live their life and report it."""

    def __init__(self, node: Node, pod: Object, address: str) -> None:
        self.pod, self.address = pod, address
        metadata, spec, status = pod["metadata"], pod["spec"], pod.get("status", {})
        self.label = f"{metadata['name']}_{metadata['namespace']}({metadata['uid']})"
        self._node = node
        self._path = f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}"
        self._started = status.get("startTime") or clock.now()
        self._dirty = asyncio.Event()
        waits_for = "PodInitializing" if spec.get("initContainers") else "ContainerCreating"
        self._init = self._containers("initContainers", "initContainerStatuses", waits_for)
        self.containers = self._containers("containers", "containerStatuses", waits_for)
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = False

    @property
    def cluster(self) -> str:
        """Name of the cluster that it is in."""
        return self._node.cluster

    def start(self) -> None:
        """Begin, or go on where an earlier agent stopped."""
        if self.pod.get("status", {}).get("phase") not in ENDED:
            self._tasks = [self._spawn(self._live()), self._spawn(self._report())]
        self.seen(self.pod)

    def seen(self, pod: Object) -> None:
        """Take in what the API server says about the pod, unless it is older than what is known."""
        if _version(pod) < _version(self.pod):
            return
        self.pod = pod
        if "deletionTimestamp" in pod["metadata"] and not self._stopping:
            self._stopping = True
            self.forget()
            self._tasks = [self._spawn(self._delete())]

    def forget(self) -> None:
        """End every task: the pod is gone, or about to go."""
        for task in self._tasks:
            task.cancel()

    def changed(self) -> None:
        """Have the status reported soon."""
        self._dirty.set()

    def event(self, reason: str, message: str, *, warning: bool = False) -> None:
        """Record an event of this pod."""
        self._node.events.record(self.pod, "Pod", reason, message, warning=warning)

    async def pull(self, container: Object) -> Image:
        """Have a container's image on the node, by the pod's credentials and the container's policy.

        Raises:
            PullError: it cannot be had.
        """
        reference, policy = container["image"], container.get("imagePullPolicy", "IfNotPresent")
        _check(reference)
        secrets, missing = await self._resolver.pull_secrets()
        if missing:
            names = ", ".join(missing)
            text = (
                f"Unable to retrieve some image pull secrets ({names}); attempting to pull the image may not succeed."
            )
            self.event("FailedToRetrieveImagePullSecret", text, warning=True)
        credentials = credentials_for(reference, secrets)
        if known := self._node.images.find(reference, credentials) if policy != "Always" else None:
            self.event("Pulled", f'Container image "{reference}" already present on machine')
            return known
        if policy == "Never":
            text = f'Container image "{reference}" is not present with pull policy of Never'
            raise PullError(text, "ErrImageNeverPull")
        self.event("Pulling", f'Pulling image "{reference}"')
        image = await self._node.images.pull(reference, credentials, again=policy == "Always")
        self.event("Pulled", f'Successfully pulled image "{reference}"')
        return image

    async def recall(self, container: Object) -> Image | None:
        """A container's image as it was pulled before, whatever the policy says about pulling."""
        secrets, _ = await self._resolver.pull_secrets()
        return self._node.images.find(container["image"], credentials_for(container["image"], secrets))

    async def misconfigured(self, container: Object, image: Image) -> str | None:
        """What keeps a container from being created."""
        return (
            forbidden_root(self.pod, container, image)
            or await self._resolver.unresolved_environment(container)
            or await self._resolver.missing_sub_path(container)
        )

    async def _live(self) -> None:
        self.changed()
        while problem := await self._resolver.unmounted_volume():
            self.event("FailedMount", problem, warning=True)
            await clock.sleep(LOOK_AGAIN)
        sidecars: list[asyncio.Task[int]] = []
        try:
            if await self._initialise(sidecars):
                await asyncio.gather(*(container.run() for container in self.containers))
        finally:
            for sidecar in sidecars:
                sidecar.cancel()
        for container in self._init:
            container.stop()
        self.changed()

    async def _initialise(self, sidecars: list[asyncio.Task[int]]) -> bool:
        """Run the init containers one after the other; False if one has failed for good."""
        for container in self._init:
            if container.spec.get("restartPolicy") == "Always":
                sidecars.append(asyncio.create_task(container.run()))
                await container.up.wait()
            elif await container.run() != 0:
                return False
            container.on_ready(True)
        return True

    async def _report(self) -> None:
        while True:
            await self._dirty.wait()
            await asyncio.sleep(TOGETHER)
            self._dirty.clear()
            await self._write()

    async def _write(self) -> None:
        init, main = ([each.status() for each in group] for group in (self._init, self.containers))
        dates = {"started": self._started, "moment": clock.now()}
        status = pod_status(self.pod, init, main, address=self.address, **dates)
        change = {"metadata": {"uid": self.pod["metadata"]["uid"]}, "status": status}
        try:
            self.seen(await self._node.api.patch(f"{self._path}/status", change))
        except RefusedError as refused:
            # The pod has gone, or another of its name has come; its deletion is on the way to us.
            _log.info("status of %s: %s", self.label, refused)

    async def _delete(self) -> None:
        for container in (*self.containers, *self._init):
            container.stop()
        await self._write()
        uid = self.pod["metadata"]["uid"]
        await self._node.api.delete(self._path, {"gracePeriodSeconds": 0, "preconditions": {"uid": uid}})

    def _spawn(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        task.add_done_callback(self._complain)
        return task

    def _complain(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()):
            _log.error("pod %s is no longer looked after", self.label, exc_info=error)

    def _containers(self, field: str, statuses: str, waits_for: str) -> list[Container]:
        previous = {each["name"]: each for each in self.pod.get("status", {}).get(statuses, [])}
        return [
            Container(spec, self, self._policy(field, spec), waits_for, previous.get(spec["name"]))
            for spec in self.pod["spec"].get(field, [])
        ]

    def _policy(self, field: str, spec: Object) -> str:
        policy = str(self.pod["spec"].get("restartPolicy", "Always"))
        if field == "initContainers" and policy == "Always":
            policy = "OnFailure"
        return str(spec.get("restartPolicy", policy))

    @property
    def _resolver(self) -> Resolver:
        return Resolver(self._node.api, self.pod)


def _check(reference: str) -> None:
    try:
        parse_reference(reference)
    except ValueError as error:
        text = f'Failed to apply default image tag "{reference}": couldn\'t parse image name "{reference}": {error}'
        raise PullError(text, "InvalidImageName") from error


def _version(pod: Object) -> int:
    return int(pod["metadata"]["resourceVersion"])
