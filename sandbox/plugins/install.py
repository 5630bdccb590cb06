"""Lays a stand-in where the engine looks for a plugin: ``PULUMI_HOME/plugins/resource-NAME-vVERSION/``, a launcher."""

import os
import shlex
import sys
from pathlib import Path

NAMES = ("docker", "kubernetes", "random")
PROJECT = Path(__file__).resolve().parents[2]


def install(
    pulumi_home: Path, name: str, version: str, python: Path = Path(sys.executable), project: Path = PROJECT
) -> Path:
    """Install the stand-in for the plugin ``name``, run by ``python`` from the checkout ``project``.

    Whole or not at all, and harmless when it is there already. Returns the launcher.

    Raises:
        ValueError: there is no stand-in of that name.
    """
    if name not in NAMES:
        raise ValueError(f"no stand-in for the plugin {name!r}; known: {list(NAMES)}")
    folder = pulumi_home / "plugins" / f"resource-{name}-v{version}"
    folder.mkdir(parents=True, exist_ok=True)
    launcher = folder / f"pulumi-resource-{name}"
    aside = folder / f".new-{os.getpid()}"
    aside.write_text(_script(name, python, project))
    aside.chmod(0o755)
    aside.replace(launcher)
    return launcher


def _script(name: str, python: Path, project: Path) -> str:
    # exec: the engine's signals reach Python, and the plugin's parent is the engine, which it watches. The Python is
    # not resolved: a virtual environment is known by the path of its link.
    command = f"exec {shlex.quote(str(python))} -m sandbox.plugins.{name}"
    return f'#!/bin/sh\nexport PYTHONPATH={shlex.quote(str(project))}\n{command} "$@"\n'
