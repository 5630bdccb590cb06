"""The folder in which everything of git's lives: its only configuration, the hooks, the repositories, one lock.

Every git process inherits the lock's descriptor. Whoever gets the lock for himself alone therefore knows that no git
of an earlier life runs any more, and may sweep up what a kill left behind: stale lock files, which would block a ref
for ever, and half-received objects. A second process on the same folder shares the lock and sweeps nothing.
"""

import fcntl
import os
import shlex
import shutil
import sys
import time
from pathlib import Path

from sandbox.github.git.names import ACCOUNTS

HOOK = Path(__file__).with_name("hook.py")
PATIENCE = 1.0
"""Seconds to wait for the git processes of a killed server to notice that it is gone."""

CONFIGURATION = """\
[core]
	hooksPath = {hooks}
	protectHFS = true
	protectNTFS = true
	warnAmbiguousRefs = false
[safe]
	directory = *
[gc]
	auto = 0
[pack]
	threads = 1
[fastimport]
	unpackLimit = 1
[receive]
	fsckObjects = true
	autogc = false
	hideRefs = refs/pull
	maxInputSize = 2g
[uploadpack]
	allowFilter = true
	allowAnySHA1InWant = true
"""

UPDATE_HOOK = """\
#!/bin/sh
# Refuses the refs that pre-receive's verdict names; a missing verdict (grep ends with 2) refuses as well.
grep -qxF -e "$1" "$SANDBOX_REFUSED"
[ $? -eq 1 ]
"""


class Home:
    """The folder, prepared."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.hooks = self.root / "hooks"
        self.making = self.root / "making"
        for folder in (self.root, self.hooks, self.making):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._write_hooks()
        self._replace("gitconfig", CONFIGURATION.format(hooks=_quoted(self.hooks)), 0o600)
        self.lock = os.open(self.root / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if self._alone():
            self._sweep()
        fcntl.flock(self.lock, fcntl.LOCK_SH)

    @property
    def environment(self) -> dict[str, str]:
        """What a git process sees: nothing of the user's own configuration, hooks or credentials."""
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.root),
            "GIT_CONFIG_GLOBAL": str(self.root / "gitconfig"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "LC_ALL": "C",
        }

    def _write_hooks(self) -> None:
        conversation = f"#!/bin/sh\nexec {shlex.quote(sys.executable)} -IS {shlex.quote(str(HOOK))} "
        self._replace("hooks/pre-receive", conversation + "pre-receive\n", 0o700)
        self._replace("hooks/post-receive", conversation + "post-receive\n", 0o700)
        self._replace("hooks/update", UPDATE_HOOK, 0o700)

    def _replace(self, name: str, text: str, mode: int) -> None:
        # Aside and renamed: a running git must never see half a file.
        target = self.root / name
        if target.exists() and target.read_text() == text:
            return
        aside = self.making / f"{target.name}.{os.getpid()}"
        aside.write_text(text)
        aside.chmod(mode)
        aside.replace(target)

    def _alone(self) -> bool:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    return False
                time.sleep(0.05)
            else:
                return True

    def _sweep(self) -> None:
        for leftover in self.making.iterdir():
            _remove(leftover)
        for repository in (*self.root.glob("*.git"), *self.root.glob(f"{ACCOUNTS}/*/*.git")):
            for leftover in (*repository.rglob("*.lock"), *repository.glob("objects/tmp_objdir-*")):
                _remove(leftover)


def _remove(leftover: Path) -> None:
    if leftover.is_dir():
        shutil.rmtree(leftover)
    else:
        leftover.unlink()


def _quoted(path: Path) -> str:
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
