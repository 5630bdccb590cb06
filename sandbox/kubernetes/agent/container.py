"""One container's life as a kubelet leads it: pull, create, start, run, end, back off, and again.

The program itself does not run; its image's labels say what it would do (``behaviour``, ``running``).
"""

import asyncio
import hashlib
from collections.abc import Callable
from typing import Protocol

from sandbox.kubernetes.agent import clock
from sandbox.kubernetes.agent.api import Object
from sandbox.kubernetes.agent.behaviour import Behaviour, behaviour_of
from sandbox.kubernetes.agent.registry import PULL_FAILED, Image, PullError
from sandbox.kubernetes.agent.running import Run

SHOWN = 5.0
"""Seconds for which a first failure (ErrImagePull) is shown before the back-off from it."""
FIRST_BACK_OFF, LONGEST_BACK_OFF, FORGIVEN_AFTER = 10, 300, 600
"""Seconds; the kubelet's own, for pulls and for crashes."""
SIGTERM = 143
"""The exit code of a program that was asked to stop."""
LOOK_AGAIN = 10.0
"""Seconds between two looks for something that was missing."""


class Host(Protocol):
    """What a container needs of the pod that it is in."""

    address: str
    label: str
    """``name_namespace(uid)``, as messages have it."""

    @property
    def cluster(self) -> str:
        """Name of the cluster that the pod is in."""

    def changed(self) -> None:
        """Say that the status is to be reported."""

    def event(self, reason: str, message: str, *, warning: bool = False) -> None:
        """Record an event of the pod."""

    async def pull(self, container: Object) -> Image:
        """Have the container's image on the node."""

    async def recall(self, container: Object) -> Image | None:
        """The container's image, if the node has it; nothing is pulled and nothing told."""

    async def misconfigured(self, container: Object, image: Image) -> str | None:
        """What keeps the container from being created."""


class Container:
    """A container's status, and the task (``run``) that changes it."""

    def __init__(self, spec: Object, host: Host, policy: str, waits_for: str, previous: Object | None = None) -> None:
        """Start where ``previous``, the status that the API server has, ended; ``policy`` is the restart policy."""
        before = previous or {}
        self.spec, self.name = spec, str(spec["name"])
        self.image: Image | None = None
        self.behaviour = Behaviour()
        self.up = asyncio.Event()
        self.ready, self.started = bool(before.get("ready")), bool(before.get("started"))
        self._host, self._policy = host, policy
        self._state: Object = before.get("state") or {"waiting": {"reason": waits_for}}
        self._last_state: Object = before.get("lastState") or {}
        self._restarts = int(before.get("restartCount", 0))
        self._image_id, self._id = before.get("imageID", ""), before.get("containerID", "")
        has_ended = not self.is_running and bool(self._last_state or self.exit_code is not None)
        self._ends = self._restarts + has_ended

    def status(self) -> Object:
        """As it stands in the pod's status."""
        return {
            "name": self.name,
            "image": self.spec["image"],
            "imageID": self._image_id,
            "containerID": self._id,
            "state": self._state,
            "lastState": self._last_state,
            "ready": self.ready,
            "started": self.started,
            "restartCount": self._restarts,
        }

    @property
    def exit_code(self) -> int | None:
        """Of its end, if it has come to one."""
        ended = self._state.get("terminated")
        return None if ended is None else int(ended["exitCode"])

    @property
    def is_running(self) -> bool:
        """Whether its program has been started and has not ended."""
        return "running" in self._state

    async def run(self) -> int:
        """Lead its life; the exit code of a container that is not to be restarted."""
        elapsed = self._adopted()
        while True:
            if self.exit_code is not None and not self._is_restarted(self.exit_code):
                return self.exit_code
            if self.is_running:
                # The agent is new, the container is not: it goes on where it was.
                self._know(await self._host.recall(self.spec) or await self._pulled())
            else:
                await self._back_off()
                elapsed = self._start(await self._created())
            code = await Run(self.spec, self.behaviour, self._host.address, elapsed, self).exit_code()
            self._end(code, elapsed())

    def stop(self) -> None:
        """End with the pod, at once: nothing here has to finish its work."""
        if self.is_running:
            self._host.event("Killing", f"Stopping container {self.name}")
            self._end(SIGTERM, 0)

    def on_started(self) -> None:
        """The run has passed its startup probe."""
        self.started = True
        # A sidecar that has started counts as ready among init containers, and lets the next one begin.
        self.up.set()
        self._host.changed()

    def on_ready(self, ready: bool, /) -> None:
        """The run's readiness has changed."""
        self.ready = ready
        self._host.changed()

    def on_event(self, reason: str, message: str, /) -> None:
        """The run has something to tell."""
        self._host.event(reason, message, warning=reason == "Unhealthy")

    async def _created(self) -> Image:
        image = await self._pulled()
        while message := self._know(image) or await self._host.misconfigured(self.spec, image):
            self._wait("CreateContainerConfigError", message)
            self._host.event("Failed", f"Error: {message}", warning=True)
            await clock.sleep(LOOK_AGAIN)
        return image

    async def _pulled(self) -> Image:
        tries = 0
        while True:
            try:
                return await self._host.pull(self.spec)
            except PullError as error:
                await self._after_failed_pull(error, tries)
                tries += 1

    async def _after_failed_pull(self, error: PullError, tries: int) -> None:
        image, message = self.spec["image"], str(error)
        self._wait(error.reason, message)
        if error.reason != PULL_FAILED:
            # No pull was tried, so there is none to back off from.
            self._host.event(error.reason, message, warning=True)
            await clock.sleep(LOOK_AGAIN)
            return
        self._host.event("Failed", f'Failed to pull image "{image}": {message}', warning=True)
        self._host.event("Failed", f"Error: {PULL_FAILED}", warning=True)
        await clock.sleep(SHOWN)
        self._wait("ImagePullBackOff", f'Back-off pulling image "{image}": {PULL_FAILED}: {message}')
        self._host.event("BackOff", f'Back-off pulling image "{image}"')
        self._host.event("Failed", "Error: ImagePullBackOff", warning=True)
        await clock.sleep(_delay(tries))

    def _know(self, image: Image) -> str | None:
        """Take in an image and its labels; what is wrong with them, if anything."""
        self.image, self._image_id = image, image.image_id
        try:
            self.behaviour = behaviour_of(image.labels, self._host.cluster)
        except ValueError as error:
            return f"image {image.reference}: {error}"
        return None

    def _start(self, image: Image) -> Callable[[], float]:
        seed = f"{self._host.label}/{self.name}/{self._restarts}"
        self._id = f"sandbox://{hashlib.sha256(seed.encode()).hexdigest()}"
        self._state = {"running": {"startedAt": clock.now()}}
        self.started = self.ready = False
        self._host.event("Created", f"Container created: {self.name}")
        self._host.event("Started", f"Container started: {self.name}")
        self._host.changed()
        return clock.stopwatch()

    def _adopted(self) -> Callable[[], float]:
        running = self._state.get("running")
        return clock.stopwatch(clock.since(running["startedAt"]) if running else 0)

    def _end(self, code: int, ran: float) -> None:
        self._state = {
            "terminated": {
                "exitCode": code,
                "reason": "Error" if code else "Completed",
                "startedAt": self._state["running"]["startedAt"],
                "finishedAt": clock.now(),
                "containerID": self._id,
            }
        }
        self.ready = self.started = False
        self._ends = 1 if ran >= FORGIVEN_AFTER else self._ends + 1
        self._host.changed()

    def _is_restarted(self, code: int) -> bool:
        return self._policy == "Always" or (self._policy == "OnFailure" and code != 0)

    async def _back_off(self) -> None:
        """Before each run but the first; the second comes at once, the third waits, and so on."""
        if not self._ends:
            return
        if self.exit_code is not None:
            self._last_state = self._state
        if self._ends > 1:
            delay = _delay(self._ends - 2)
            message = f"back-off {delay}s restarting failed container={self.name} pod={self._host.label}"
            self._wait("CrashLoopBackOff", message)
            self._host.event(
                "BackOff", f"Back-off restarting failed container {self.name} in pod {self._host.label}", warning=True
            )
            await clock.sleep(delay)
        self._restarts += 1

    def _wait(self, reason: str, message: str) -> None:
        # A container that runs while a new agent looks for its image goes on running.
        if not self.is_running:
            self._state = {"waiting": {"reason": reason, "message": message}}
            self._host.changed()


def _delay(times: int) -> int:
    return int(min(FIRST_BACK_OFF * 2 ** min(times, 10), LONGEST_BACK_OFF))
