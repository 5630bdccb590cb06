"""One run of a container, from its start to its end: the program's own life, and the probes that watch it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Protocol

from sandbox.kubernetes.agent import clock
from sandbox.kubernetes.agent.api import Object
from sandbox.kubernetes.agent.behaviour import Behaviour
from sandbox.kubernetes.agent.probes import Kind, Probe

KILLED = 137
"""The exit code after SIGKILL, which is how a failing probe's container ends."""


class Watcher(Protocol):
    """Told what becomes of a run."""

    def on_started(self) -> None:
        """The startup probe has passed, or there is none."""

    def on_ready(self, ready: bool, /) -> None:
        """The readiness probe's verdict."""

    def on_event(self, reason: str, message: str, /) -> None:
        """Something that an event should tell."""


@dataclass(frozen=True)
class Run:
    """A started program."""

    container: Object
    behaviour: Behaviour
    address: str
    """The pod's IP."""
    elapsed: Callable[[], float]
    """How long it has run, in the pod's seconds."""
    watcher: Watcher

    async def exit_code(self) -> int:
        """Wait until the program ends, or a probe has it ended."""
        lives = {asyncio.ensure_future(self._program()), asyncio.ensure_future(self._probed())}
        try:
            done, _ = await asyncio.wait(lives, return_when=asyncio.FIRST_COMPLETED)
            return done.pop().result()
        finally:
            for life in lives:
                life.cancel()

    async def _program(self) -> int:
        if self.behaviour.ends_after is None:
            await clock.forever()
        else:
            await clock.sleep(max(self.behaviour.ends_after - self.elapsed(), 0))
        return self.behaviour.exit_code

    async def _probed(self) -> int:
        if not await self._holds("startup"):
            return self._killed("startup")
        self.watcher.on_started()
        readiness = asyncio.ensure_future(self._follow_readiness())
        try:
            if not await self._holds("liveness"):
                return self._killed("liveness")
            # Alive, and nothing is known that would change it.
            await clock.forever()
        finally:
            readiness.cancel()
        return KILLED

    async def _holds(self, kind: Kind) -> bool:
        """Whether a probe, if there is one, comes to a good verdict before it comes to a bad one."""
        async for verdict in self._verdicts(kind):
            return verdict
        return True

    async def _follow_readiness(self) -> None:
        if "readinessProbe" not in self.container:
            self.watcher.on_ready(True)
        async for ready in self._verdicts("readiness"):
            self.watcher.on_ready(ready)

    async def _verdicts(self, kind: Kind) -> AsyncIterator[bool]:
        settings = self.container.get(f"{kind}Probe")
        if settings is None:
            return
        title = kind.capitalize()
        probe = Probe(kind, settings, self.container, self.behaviour, self.address)
        tell = self.watcher.on_event
        async for verdict in probe.verdicts(
            self.elapsed, lambda why: tell("Unhealthy", f"{title} probe failed: {why}")
        ):
            yield verdict

    def _killed(self, kind: Kind) -> int:
        text = f"Container {self.container['name']} failed {kind} probe, will be restarted"
        self.watcher.on_event("Killing", text)
        return KILLED
