"""Run the runner by itself: ``python -m sandbox.runner --root FOLDER --github ADDRESS --key FILE --act PROGRAM``."""

import argparse
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import httpx

from sandbox.runner import processes
from sandbox.runner.client import Door, Order
from sandbox.runner.job import Job
from sandbox.runner.running import Running

AT_ONCE = 2
"""Jobs side by side."""
PAUSE = 1.0
"""Seconds until a stand-in that cannot be reached is asked again."""
NAME = "sandbox"
PROJECT = Path(__file__).resolve().parents[2]
"""The checkout whose sandbox this is; the stand-ins of some actions run its programs."""

log = logging.getLogger("sandbox.runner")


def main() -> None:
    """Take jobs until told to stop."""
    arguments = _arguments()
    os.umask(0o077)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    log.setLevel(logging.INFO)
    root = arguments.root.resolve()
    mark = processes.mark_of(root)
    stopping = threading.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_: stopping.set())
    _clean(root, mark)

    def job(order: Order) -> Job:
        return Job(order, root / "jobs" / str(order["job"]), f"{mark}:{order['job']}:", arguments.act, extra(arguments))

    slots = [Slot(Door(arguments.github, arguments.key, NAME), job, stopping) for _ in range(AT_ONCE)]
    slots[0].announce()
    threads = [threading.Thread(target=slot.work, daemon=True) for slot in slots]
    for thread in threads:
        thread.start()
    (root / "ready").write_text(str(os.getpid()))
    stopping.wait()
    for slot, thread in zip(slots, threads, strict=True):
        thread.join(3 * processes.GRACE if slot.busy else 0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox.runner", description="Runs the jobs of workflows.")
    parser.add_argument("--root", type=Path, required=True, help="folder of its jobs")
    parser.add_argument("--github", required=True, help="address of the stand-in, e.g. http://127.0.0.1:17400")
    parser.add_argument("--key", type=Path, required=True, help="file with the stand-in's key for runners")
    parser.add_argument("--act", type=Path, required=True, help="the program act")
    parser.add_argument("--path", default="", help="folders that jobs find programs in before all others")
    return parser.parse_args()


def extra(arguments: argparse.Namespace) -> dict[str, str]:
    """What every job is told of the sandbox."""
    paths = [path for path in (arguments.path, os.environ.get("PATH", "")) if path]
    return {
        "PATH": os.pathsep.join(paths),
        "SANDBOX_PROJECT": str(PROJECT),
        "SANDBOX_PYTHON": sys.executable,
        "SANDBOX_ROOT": str(arguments.root.resolve().parent),
        # A job's home is its own; without this it would build the engine anew.
        "OPENIM_CICD_CACHE": _cache(),
        **_go_settings(),
    }


def _cache() -> str:
    """Where this machine's built tools are, as ``toolchain.cache`` has it."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return os.environ.get("OPENIM_CICD_CACHE") or str(Path(base) / "openim-cicd")


@cache
def _go_settings() -> dict[str, str]:
    """Go's caches and proxy as on this machine: a job's own home has none, and would fetch and compile everything."""
    names = ("GOCACHE", "GOMODCACHE", "GOPROXY", "GONOSUMDB", "GOSUMDB", "GOFLAGS")
    if not shutil.which("go"):
        return {}
    done = subprocess.run(["go", "env", "-json", *names], capture_output=True, text=True, check=False)
    found: dict[str, str] = json.loads(done.stdout) if not done.returncode else {}
    return {name: value for name, value in found.items() if value}


def _clean(root: Path, mark: str) -> None:
    """End and remove what a runner that was killed left behind."""
    processes.end_all(f"{mark}:")
    shutil.rmtree(root / "jobs", ignore_errors=True)
    (root / "jobs").mkdir(mode=0o700, parents=True)
    (root / "ready").unlink(missing_ok=True)


class Slot:
    """One of the places in which jobs run."""

    def __init__(self, door: Door, job: Callable[[Order], Job], stopping: threading.Event) -> None:
        self._door, self._job, self._stopping = door, job, stopping
        self.busy = False

    def announce(self) -> None:
        """Say that the runner starts afresh, as soon as the stand-in can be reached."""
        while not self._stopping.is_set():
            try:
                if count := self._door.start():
                    log.warning("%s jobs of a runner that stopped have failed", count)
            except httpx.HTTPError:
                time.sleep(PAUSE)
            else:
                return

    def work(self) -> None:
        """One job after the other."""
        while not self._stopping.is_set():
            try:
                if order := self._door.next():
                    self._run(order)
            except httpx.HTTPError as error:
                log.warning("the stand-in: %s", error)
                time.sleep(PAUSE)

    def _run(self, order: Order) -> None:
        self.busy, begun = True, time.monotonic()
        name = f"job {order['job']} {order['name']!r} of {order['github']['repository']}"
        log.info("%s begins", name)
        try:
            Running(self._job(order), self._door, self._stopping).run()
        finally:
            self.busy = False
            log.info("%s ended after %.1f s", name, time.monotonic() - begun)


if __name__ == "__main__":
    main()
