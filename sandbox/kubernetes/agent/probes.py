"""Probes: what each would find, and when its verdict changes.

A program listens where its image's labels say, so a probe of another port fails here as it would in a cluster.
HTTP paths are not checked, and ``exec`` passes once the program is up: no label says more.
Source of defaults: Kubernetes documents, Configure Liveness, Readiness and Startup Probes.
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Literal

from sandbox.kubernetes.agent import clock
from sandbox.kubernetes.agent.api import Object
from sandbox.kubernetes.agent.behaviour import Behaviour

Kind = Literal["startup", "liveness", "readiness"]


@dataclass(frozen=True)
class Probe:
    """One probe of a container whose program behaves in a known way."""

    kind: Kind
    settings: Object
    container: Object
    behaviour: Behaviour
    address: str
    """The pod's IP, for messages."""

    async def verdicts(self, elapsed: Callable[[], float], failed: Callable[[str], None]) -> AsyncIterator[bool]:
        """Yield each change of verdict; end when it can change no more.

        Args:
            elapsed: how long the program has run, in the pod's seconds.
            failed: told about each failure, with its message.
        """
        await clock.sleep(max(self._number("initialDelaySeconds", 0) - elapsed(), 0))
        successes = failures = 0
        verdict: bool | None = None
        while True:
            moment = elapsed()
            problem = self.problem(moment)
            successes, failures = (successes + 1, 0) if problem is None else (0, failures + 1)
            if problem is not None:
                failed(problem)
            reached = successes >= self._number("successThreshold", 1) or failures >= self._number(
                "failureThreshold", 3
            )
            if reached and verdict is not (problem is None):
                verdict = problem is None
                yield verdict
            if reached and moment >= self.behaviour.listens_after:
                return
            await clock.sleep(self._number("periodSeconds", 10))

    def problem(self, moment: float) -> str | None:
        """What this probe finds wrong when the program has run for ``moment`` seconds, or None."""
        if "exec" in self.settings:
            refused = "command failed: the program is not up" if moment < self.behaviour.listens_after else None
        else:
            refused = self._connection(moment)
        return refused or self._answer()

    def _connection(self, moment: float) -> str | None:
        kind = next(kind for kind in ("httpGet", "tcpSocket", "grpc") if kind in self.settings)
        port = self._port(self.settings[kind]["port"])
        if port is None:
            return f"couldn't find port: {self.settings[kind]['port']}"
        refused = f"dial tcp {self.address}:{port}: connect: connection refused"
        spoken = self.behaviour.ports.get(port)
        if spoken is None or moment < self.behaviour.listens_after:
            return (
                f'Get "http://{self.address}:{port}{_path(self.settings)}": {refused}' if kind == "httpGet" else refused
            )
        if kind == "httpGet" and spoken != "http":
            return f'Get "http://{self.address}:{port}{_path(self.settings)}": net/http: malformed HTTP response'
        if kind == "grpc" and spoken != "grpc":
            return f'service unhealthy: "{self.address}:{port}" does not speak gRPC'
        return None

    def _answer(self) -> str | None:
        well = self.behaviour.healthy if self.kind == "liveness" else self.behaviour.ready or self.kind == "startup"
        return None if well else "HTTP probe failed with statuscode: 503"

    def _port(self, port: int | str) -> int | None:
        if isinstance(port, int):
            return port
        named = {each["name"]: int(each["containerPort"]) for each in self.container.get("ports", []) if "name" in each}
        return named.get(port)

    def _number(self, name: str, default: int) -> int:
        return int(self.settings.get(name) or default)


def _path(settings: Object) -> str:
    path = str(settings["httpGet"].get("path", "/"))
    return path if path.startswith("/") else f"/{path}"
