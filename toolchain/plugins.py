"""Puts the four resource plugins into a PULUMI_HOME: from the user, from Pulumi, or built.

For Kubernetes, Docker and Random nothing can be built from Go modules; where Pulumi's download
site is out of reach, ``provide`` names them and the sandbox puts its stand-ins there.
"""

import os
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path

from toolchain import cache, tools
from toolchain.engine import INSTALLER, Engine, reachable
from toolchain.golang import Report, silent

DOWNLOAD = 600.0
"""Seconds for one plugin."""
NAMES = ("github", "kubernetes", "docker", "random")


def versions() -> dict[str, str]:
    """The version of each plugin: that of the Python SDK in use."""
    return {name: version(f"pulumi-{name}") for name in NAMES}


def folder(home: Path, name: str) -> Path:
    """Where the engine looks for the plugin ``name``."""
    return home / "plugins" / f"resource-{name}-v{versions()[name]}"


def provide(home: Path, engine: Engine, report: Report = silent) -> list[str]:
    """Lay every plugin that can be had into ``home``; returns the names of those that cannot.

    The user's own plugin is preferred, also to one that lies there already; a second call is quick.
    """
    wanted = [name for name in NAMES if not _linked(home, name) and not _program(folder(home, name)).exists()]
    if wanted and reachable(*INSTALLER):
        wanted = [name for name in wanted if not _downloaded(home, engine, name, report)]
    if "github" in wanted:
        wanted.remove("github")
        _link(folder(home, "github"), tools.tool("pulumi-resource-github", report))
    return wanted


def _linked(home: Path, name: str) -> bool:
    """Use the user's own plugin: from PATH, or the right version from ``~/.pulumi/plugins``."""
    program = f"pulumi-resource-{name}"
    theirs = (
        Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi") / "plugins" / folder(home, name).name / program
    )
    found = shutil.which(program) or (str(theirs) if theirs.exists() else None)
    if found and not Path(found).resolve().is_relative_to(cache.root()):
        _link(folder(home, name), Path(found))
        return True
    return False


def _link(target: Path, program: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    aside = target / ".new"
    aside.unlink(missing_ok=True)
    aside.symlink_to(program.resolve())
    aside.replace(_program(target))


def _program(target: Path) -> Path:
    """The executable in a plugin's folder ``resource-NAME-vVERSION``."""
    return target / f"pulumi-resource-{target.name.split('-')[1]}"


def _downloaded(home: Path, engine: Engine, name: str, report: Report) -> bool:
    report(f"downloading the {name} plugin {versions()[name]}")
    argv = [str(engine.pulumi), "plugin", "install", "resource", name, f"v{versions()[name]}"]
    environment = {**os.environ, "PULUMI_HOME": str(home), "PULUMI_SKIP_UPDATE_CHECK": "1"}
    try:
        subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=DOWNLOAD, check=True)
    except subprocess.TimeoutExpired:
        report(f"the {name} plugin did not arrive within {DOWNLOAD:.0f} s")
        return False
    except subprocess.CalledProcessError as error:
        report(f"the {name} plugin cannot be downloaded: {error.stderr.strip()}")
        return False
    return True
