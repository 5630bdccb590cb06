"""One process that outlives its starter, recognised again by its id and start time."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

GRACE = 10.0
"""Seconds between the polite and the final signal."""
START_TIME_FIELD = 19
"""Index of `starttime` in /proc/PID/stat after the parenthesised command (proc(5), field 22)."""


@dataclass(frozen=True)
class Process:
    """A started process; ids are reused by the kernel, id and start time together are not."""

    pid: int
    started: int
    """Clock ticks after boot."""
    argv: tuple[str, ...]
    after: tuple[str, ...] = ()
    """Services that it needs, and that therefore end after it."""
    ready: float = 0.0
    """Seconds that it took to be ready; 0 while it is not."""

    @property
    def alive(self) -> bool:
        """Whether it still runs (a zombie does not)."""
        return _start_time(self.pid) == self.started

    def stop(self) -> None:
        """End it and what it started; returns when it is gone."""
        for sign, patience in ((signal.SIGTERM, GRACE), (signal.SIGKILL, GRACE)):
            if not self.alive:
                return
            os.killpg(self.pid, sign)
            self._gone_within(patience)

    def _gone_within(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while self.alive and time.monotonic() < deadline:
            _reap(self.pid)
            time.sleep(0.02)


def start(argv: tuple[str, ...], environment: Mapping[str, str], log: Path, after: tuple[str, ...] = ()) -> Process:
    """Start ``argv`` in a session of its own, its output appended to ``log``."""
    with log.open("ab") as output:
        child = subprocess.Popen(
            argv,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    return Process(child.pid, _start_time(child.pid) or 0, argv, after)


def save(process: Process, file: Path) -> None:
    """Remember ``process`` in ``file``."""
    aside = file.with_suffix(".new")
    aside.write_text(json.dumps(asdict(process)))
    aside.replace(file)


def recall(file: Path) -> Process | None:
    """The process remembered in ``file``, alive or not."""
    if not file.exists():
        return None
    data = json.loads(file.read_text())
    return Process(
        data["pid"], data["started"], tuple(data["argv"]), tuple(data.get("after", ())), data.get("ready", 0.0)
    )


def find(argv: tuple[str, ...], after: tuple[str, ...] = ()) -> Process | None:
    """A running process of exactly this command line, whoever started it."""
    wanted = "\0".join((*argv, "")).encode()
    for folder in Path("/proc").glob("[0-9]*"):
        pid = int(folder.name)
        try:
            found = (folder / "cmdline").read_bytes() == wanted and os.getsid(pid) == pid
        except OSError:
            continue  # it has just ended
        if found:
            return Process(pid, _start_time(pid) or 0, argv, after)
    return None


def _start_time(pid: int) -> int | None:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else int(fields[START_TIME_FIELD])


def _reap(pid: int) -> None:
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return  # started by an earlier run; its parent is init
