"""Runs ``go build`` and says in one sentence what went wrong."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from toolchain.errors import ToolchainError

Report = Callable[[str], None]
"""Takes a line about progress; called at the start, now and then, and at the end."""

REQUIRED = (1, 26)
SETTINGS = ("CGO_ENABLED=0", "GOTOOLCHAIN=local", "GOFLAGS=-mod=readonly -trimpath -buildvcs=false")
"""No C compiler is needed, no toolchain fetched, and go.sum decides what may be built."""
PROGRAMS = "bin"
"""Folder of the built programs, as Pulumi's own tools expect it below an installation's root."""
INTERVAL = 20.0
"""Seconds between two lines of progress."""


def silent(_: str) -> None:
    """A Report that says nothing."""


@dataclass(frozen=True)
class Build:
    """One ``go build``."""

    name: str
    source: Path
    packages: tuple[tuple[str, str], ...]
    variables: tuple[str, ...]
    folder: Path
    minutes: float


def build(order: Build, report: Report) -> None:
    """Build every program of ``order`` into its folder.

    Raises:
        ToolchainError: with the cause and the remedy.
    """
    go = _go(order.name)
    started = time.monotonic()
    report(f"building {order.name} (typically {_typical(order.minutes)})")
    for program, package in order.packages:
        flags = " ".join(["-s -w", *(f"-X {variable}" for variable in order.variables)])
        argv = [go, "build", "-ldflags", flags, "-o", str(order.folder / PROGRAMS / program), package]
        _run(order, argv, started, report)
    report(f"built {order.name} in {_elapsed(started)}")


def _run(order: Build, argv: list[str], started: float, report: Report) -> None:
    environment = {**os.environ, **dict(setting.split("=", 1) for setting in SETTINGS)}
    log = order.folder / "build.log"
    with log.open("w") as output:
        process = subprocess.Popen(argv, cwd=order.source, env=environment, stdout=output, stderr=subprocess.STDOUT)
        try:
            while _still_running(process):
                report(f"building {order.name}: {_elapsed(started)} of typically {_typical(order.minutes)}")
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
    if process.returncode:
        raise ToolchainError(f"{order.name} could not be built: {_cause(log.read_text(errors='replace'))}")
    log.unlink()


def _still_running(process: subprocess.Popen[bytes]) -> bool:
    try:
        process.wait(INTERVAL)
    except subprocess.TimeoutExpired:
        return True
    return False


def _go(name: str) -> str:
    """The ``go`` on PATH, if it is new enough."""
    wanted = ".".join(map(str, REQUIRED))
    go = shutil.which("go")
    if not go:
        raise ToolchainError(f"{name} has to be built and there is no Go on PATH: install Go {wanted} or newer")
    version = subprocess.run([go, "env", "GOVERSION"], capture_output=True, text=True, check=False).stdout.strip()
    found = re.match(r"go(\d+)\.(\d+)", version)
    if not found or (int(found[1]), int(found[2])) < REQUIRED:
        raise ToolchainError(f"{name} has to be built with Go {wanted} or newer; {go} is {version or 'not working'}")
    return go


_CAUSES = (
    (
        "no space left on device",
        "the disk is full: free some 6 GiB, or point OPENIM_CICD_CACHE, GOCACHE and GOMODCACHE elsewhere",
    ),
    (
        r"dial tcp|no such host|i/o timeout|connection refused|TLS handshake|lookup disabled by GOPROXY",
        "the Go module proxy cannot be reached: check the network and `go env GOPROXY`, then run it again",
    ),
    (
        "checksum mismatch|verifying .*SECURITY ERROR",
        "a module's content is not what go.sum records; do not go on, look at `go env GOPROXY`",
    ),
)


def _cause(log: str) -> str:
    for pattern, remedy in _CAUSES:
        if re.search(pattern, log):
            return remedy
    tail = [line for line in log.strip().splitlines() if line.strip()][-8:]
    return "go build said:\n    " + "\n    ".join(tail)


def _typical(minutes: float) -> str:
    return f"{minutes:g} min" if minutes >= 1 else f"{minutes * 60:.0f} s"


def _elapsed(started: float) -> str:
    seconds = int(time.monotonic() - started)
    return f"{seconds // 60}m{seconds % 60:02d}s" if seconds >= 60 else f"{seconds}s"
