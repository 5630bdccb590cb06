"""The Pulumi engine: the one on PATH, else from Pulumi's own installer, else built."""

import os
import re
import shutil
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

from pulumi.automation import PulumiCommand
from semver import VersionInfo

from toolchain import cache, tools
from toolchain.errors import ToolchainError
from toolchain.golang import Report, silent

OLDEST = VersionInfo.parse("3.200.0")
"""The first engine this project is tried with; older ones lack RunPlugin for Python policy packs."""
INSTALLER = ("get.pulumi.com", 443)


@dataclass(frozen=True)
class Engine:
    """A Pulumi CLI with a language host for Python beside it."""

    pulumi: Path
    origin: str
    """``PATH``, ``installer`` or ``built``."""

    @property
    def folder(self) -> Path:
        """What goes on PATH."""
        return self.pulumi.parent


def engine(report: Report = silent) -> Engine:
    """The engine to use.

    Raises:
        ToolchainError: the one on PATH is too old, or none could be had.
    """
    return _on_path() or _installed(report) or Engine(tools.tool("pulumi", report), "built")


def _on_path() -> Engine | None:
    """Skips engines of our own cache, which a shell of `make env` has on PATH."""
    built = str(cache.root())
    folders = [f for f in os.environ.get("PATH", "").split(os.pathsep) if not f.startswith(built)]
    found = shutil.which("pulumi", path=os.pathsep.join(folders))
    if not found:
        return None
    text = subprocess.run([found, "version"], capture_output=True, text=True, check=False).stdout.strip()
    if not re.match(r"v?\d+\.\d+\.\d+", text) or VersionInfo.parse(text.lstrip("v")) < OLDEST:
        raise ToolchainError(
            f"{found} is Pulumi {text or 'of no known version'}; {OLDEST} or newer is needed: upgrade it"
        )
    return Engine(Path(found).resolve(), "PATH")


def _installed(report: Report) -> Engine | None:
    """Pulumi's installer puts the engine and its language hosts into our cache; None where it cannot be reached."""

    def install(folder: Path) -> None:
        report(f"installing Pulumi {tools.ENGINE_VERSION} with its own installer")
        PulumiCommand.install(root=str(folder), version=VersionInfo.parse(tools.ENGINE_VERSION))

    name = f"installed-{tools.ENGINE_VERSION}"
    if not cache.has(name) and not reachable(*INSTALLER):
        return None
    try:
        return Engine(cache.entry(name, install) / "bin" / "pulumi", "installer")
    except (OSError, subprocess.CalledProcessError, RuntimeError) as error:
        report(f"Pulumi's installer failed ({error}); building instead")
        return None


def reachable(host: str, port: int) -> bool:
    """Whether a TCP connection to ``host`` can be opened within 5 seconds."""
    try:
        with socket.create_connection((host, port), timeout=5):
            return True
    except OSError:
        return False
