"""The environment in which the engine works against the sandbox, as `make env` prints it."""

import os
import secrets
import shlex
import sys
from pathlib import Path

from cli.place import sandbox_root
from toolchain import cache
from toolchain.engine import Engine


def environment(engine: Engine, root: Path) -> dict[str, str]:
    """What the engine needs to work on the state in ``root``, PATH first.

    What is built or stands in here holds no schemas from which `pulumi import` could write a program; it imports.
    """
    writes_no_code = {"PULUMI_OPTION_GENERATE_CODE": "false"} if engine.origin == "built" else {}
    return {
        "PATH": _path(engine),
        "PULUMI_HOME": str(pulumi_home()),
        "PULUMI_BACKEND_URL": f"file://{_folder(root / 'state')}",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(_passphrase(root)),
        # The engine then takes the salt from the state instead of making a new one each time.
        "PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER": "true",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        **writes_no_code,
    }


def exports(variables: dict[str, str]) -> str:
    """``variables`` as lines that a POSIX shell evaluates."""
    return "\n".join(f"export {name}={_quoted(value)}" for name, value in variables.items())


def pulumi_home() -> Path:
    """The engine's home inside the sandbox; the user's own stays untouched."""
    return _folder(sandbox_root() / "pulumi")


def _quoted(value: str) -> str:
    """In double quotes where they are safe, which reads better, else as the shell needs it."""
    return f'"{value}"' if not set(value) & set('"$`\\!\n') else shlex.quote(value)


def _path(engine: Engine) -> str:
    venv = Path(sys.prefix) / "bin"
    ours = [str(engine.folder), str(venv)]
    stale = str(cache.root())
    theirs = [f for f in os.environ.get("PATH", "").split(os.pathsep) if f not in ours and not f.startswith(stale)]
    return os.pathsep.join([*ours, *theirs])


def _passphrase(root: Path) -> Path:
    """Encrypts the secrets in the sandbox's state; made once, like the state it belongs to."""
    file = _folder(root) / "passphrase"
    if not file.exists():
        # Whole or not at all: state that was encrypted with half of it would be lost.
        aside = file.with_suffix(".new")
        aside.touch(mode=0o600)
        aside.write_text(secrets.token_urlsafe(32))
        aside.replace(file)
    return file


def _folder(path: Path) -> Path:
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path
