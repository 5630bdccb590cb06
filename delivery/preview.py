"""The engine's preview of a stack, as data without secrets."""

import json
import subprocess
from pathlib import Path
from typing import Any

from delivery.engine import PREVIEW_PATIENCE, Engine
from delivery.errors import Refused
from delivery.salt import without_salt
from delivery.secrets import mask
from model.preview import reduced
from model.settings import stack_file


def run(engine: Engine, stack: str, *, refresh: bool = False) -> dict[str, Any]:
    """What an update of ``stack`` would do; with ``refresh`` compared with what really exists.

    A preview that fails tells why in its ``diagnostics``, as the engine's own do.

    Raises:
        Refused: there is no such stack file, or the engine does not come to an end.
    """
    file = engine.root / stack_file(stack)
    if not file.exists():
        raise Refused(f"{file.name} does not exist: there is no stack {stack!r}")
    command = [str(engine.pulumi), "preview", "--json", "--non-interactive", *engine.policies, "--stack", stack]
    try:
        done = subprocess.run(
            [*command, *(["--refresh"] if refresh else [])],
            cwd=engine.root,
            env=dict(engine.environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=PREVIEW_PATIENCE,
        )
    except subprocess.TimeoutExpired:
        raise Refused(f"the preview of {stack} did not end within {PREVIEW_PATIENCE / 60:.0f} min") from None
    finally:
        without_salt(file)
    return reduced(_parsed(done), mask(engine.environment))


def _parsed(done: "subprocess.CompletedProcess[str]") -> dict[str, Any]:
    try:
        data: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        data = {}
    errors = [one for one in data.get("diagnostics") or () if one.get("severity") == "error"]
    if done.returncode and not errors:
        said = done.stderr.strip() or f"the engine ended with code {done.returncode}"
        data["diagnostics"] = [*(data.get("diagnostics") or ()), {"severity": "error", "message": said}]
    return data


def load(file: Path, environment: dict[str, str]) -> dict[str, Any]:
    """What ``run`` gave, or the engine itself wrote, from a file.

    Raises:
        Refused: it holds no preview.
    """
    try:
        data = json.loads(file.read_text())
    except ValueError as error:
        raise Refused(f"{file} is no JSON: {error}") from None
    if (
        not isinstance(data, dict)
        or not isinstance(data.get("steps", []), list)
        or not data.keys() & {"steps", "config"}
    ):
        raise Refused(f"{file} is no preview; make one with: pulumi preview --json --stack STACK > {file}")
    return reduced(data, mask(environment))
