"""Starts, watches and stops the sandbox's services: in order, at once where order allows, idempotent."""

import fcntl
import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sandbox import process
from sandbox.layout import Layout
from sandbox.service import Service

PATIENCE = 60.0
"""Seconds in which a service must become ready; all of them need about 5 together."""
LOOKED_AT, SHOWN = 60, 5
"""Last lines of a dead service's log: a panic says its reason before a long list of functions."""
REMEDIES = {
    "address already in use": "Its port is taken by another program: end that, or begin anew with "
    "`openim-cicd sandbox reset`, which chooses other ports.",
    "no space left on device": "The disk is full: free some 2 GiB, or give OPENIM_CICD_SANDBOX a folder elsewhere.",
}
"""By what a service's log says before it ends."""
Report = Callable[[str], None]


class SandboxError(Exception):
    """A part of the sandbox could not be started. The text names it, its log and the remedy."""


@dataclass(frozen=True)
class Supervisor:
    """The services of one sandbox. What runs is remembered in the sandbox's folder."""

    layout: Layout

    def start(self, services: Sequence[Service], report: Report) -> None:
        """Bring every service up; those that run already, as wanted, are left alone.

        Raises:
            SandboxError: a service died or did not become ready.
        """
        with self._locked():
            waiting = list(services)
            starting: dict[str, tuple[Service, float]] = {}
            ready: set[str] = set()
            while waiting or starting:
                for service in [s for s in waiting if ready.issuperset(s.after)]:
                    waiting.remove(service)
                    self._launch(service, report)
                    starting[service.name] = (service, time.monotonic())
                self._collect(starting, ready)
                time.sleep(0.02)

    def stop(self, report: Report) -> None:
        """End every service: those that no other needs any more together, and so on down."""
        with self._locked():
            running = self.states()
            while running:
                needed = {name for process in running.values() for name in process.after}
                wave = [name for name in running if name not in needed] or list(running)
                with ThreadPoolExecutor(len(wave)) as pool:
                    ended = [pool.submit(self._end, name, running[name], report) for name in wave]
                for one in ended:
                    one.result()  # an error in a thread is an error here
                running = {name: process for name, process in running.items() if name not in wave}

    def _end(self, name: str, running: process.Process, report: Report) -> None:
        if running.alive:
            report(f"stopping {name}")
            running.stop()
        self._record(name).unlink()

    def states(self) -> dict[str, process.Process]:
        """Every service that was started and not stopped, by name; some may have died since."""
        files = sorted(self.layout.folder("run").glob("*.json"))
        return {file.stem: found for file in files if (found := process.recall(file))}

    def dead(self) -> list[str]:
        """Services that should run and do not, each with the path of its log."""
        return [f"{name} (log: {self.layout.log(name)})" for name, found in self.states().items() if not found.alive]

    def _launch(self, service: Service, report: Report) -> None:
        record = self._record(service.name)
        running = process.recall(record)
        if not running or not running.alive:
            # Whoever started it may have been killed before it was written down.
            running = process.find(service.argv, service.after)
        if running:
            if running.argv == service.argv:
                process.save(running, record)
                return
            running.stop()
        report(f"starting {service.name}")
        environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "LANG": "C.UTF-8"}
        started = process.start(
            service.argv, {**environment, **service.environment}, self.layout.log(service.name), service.after
        )
        process.save(started, record)

    def _record(self, name: str) -> Path:
        return self.layout.folder("run") / f"{name}.json"

    def _collect(self, starting: dict[str, tuple[Service, float]], ready: set[str]) -> None:
        states = self.states()
        for name, (service, since) in list(starting.items()):
            if not states[name].alive:
                raise SandboxError(f"{name} ended as soon as it was started.{self._evidence(name)}")
            if service.ready():
                if not states[name].ready:
                    process.save(replace(states[name], ready=time.monotonic() - since), self._record(name))
                ready.add(name)
                del starting[name]
            elif time.monotonic() > since + PATIENCE:
                raise SandboxError(f"{name} is not ready after {PATIENCE:.0f} s.{self._evidence(name)}")

    def _evidence(self, name: str) -> str:
        log = self.layout.log(name)
        lines = log.read_text(errors="replace").strip().splitlines()[-LOOKED_AT:] if log.exists() else []
        text = "\n".join(lines)
        remedies = [f" {remedy}" for pattern, remedy in REMEDIES.items() if re.search(pattern, text, re.IGNORECASE)]
        return "\n".join([f"{''.join(remedies)} Log: {log}", *(f"    {line}" for line in lines[-SHOWN:])])

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One start or stop at a time; the kernel drops the lock with its process."""
        with (self.layout.folder() / "supervisor.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
