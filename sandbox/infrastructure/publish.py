"""Publishes the checkout as the organisation's infrastructure repository."""

import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from sandbox.infrastructure.clone import Clone, git

KEPT = (".github/workflows/", ".github/CODEOWNERS", "ledger/", "approvals/", "plans/")
"""What the machine itself writes into the repository."""
RELEASE = "openim-cicd:release"
Sections = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""Settings by file, section and key."""
REHEARSED: Sections = {
    "Pulumi.prod.yaml": {
        "openim-cicd:promotion": {"soakTime": "5s"},
        "openim-cicd:approval": {"freezeWindows": []},
    }
}
"""Where the sandbox's production differs from the settings in the checkout: nobody waits half an hour for a demo, and
it works on weekends too. Who approves, and how many must, is as declared."""
SALT = re.compile(r"^encryptionsalt:.*\n", re.MULTILINE)
LINE = 4096
"""Longer than any line of a stack file, so that none is folded."""


def publish(checkout: Path, clone: Clone, token: str, sections: Sections | None = None) -> bool:
    """Bring the repository to what the checkout holds; False where it is there already.

    The commit starts no workflow: whoever publishes brings the stacks up by hand. ``sections`` are settings that only
    this sandbox has: what each stack file holds besides, by section.

    Raises:
        GitError: the checkout is no git repository, or the push was refused.
    """
    clone.ensure(token)
    wanted = [name for name in _files(checkout) if not name.startswith(KEPT)]
    releases = {name: _release(clone.folder / name) for name in wanted if _is_stack(name)}
    _remove(clone, set(wanted))
    for name in wanted:
        _copy(checkout / name, clone.folder / name)
    for name in releases:
        _without_salt(clone.folder / name)
    for name, release in releases.items():
        _rewrite(clone.folder / name, release, {**REHEARSED.get(name, {}), **(sections or {}).get(name, {})})
    _link(checkout, clone.folder)
    changed = clone.commit("Publish the project\n\n[skip ci]")
    if changed:
        clone.push()
    return changed


def _files(checkout: Path) -> list[str]:
    """What git knows or would know of the checkout, and exists."""
    listed = git(checkout, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    return [name for name in listed.split("\0") if name and (checkout / name).is_file()]


def _remove(clone: Clone, wanted: set[str]) -> None:
    for name in clone.git("ls-files", "-z").split("\0"):
        if name and name not in wanted and not name.startswith(KEPT):
            (clone.folder / name).unlink(missing_ok=True)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, target)


def _without_salt(file: Path) -> None:
    """What the engine left in the checkout's working tree is not the repository's."""
    file.write_text(SALT.sub("", file.read_text()))


def _is_stack(name: str) -> bool:
    return name.startswith("Pulumi.") and name not in {"Pulumi.yaml"} and name.endswith(".yaml")


def _yaml() -> YAML:
    yaml = YAML()
    yaml.width = LINE
    yaml.preserve_quotes = True
    return yaml


def _release(file: Path) -> Any:
    """The release that the repository has there; None before the first publication."""
    if not file.exists():
        return None
    return (_yaml().load(file.read_text()) or {}).get("config", {}).get(RELEASE)


def _rewrite(file: Path, release: Any, changes: Mapping[str, Mapping[str, Any]]) -> None:
    if release is None and not changes:
        return
    yaml = _yaml()
    document = yaml.load(file.read_text())
    config = document["config"]
    if release is not None:
        config[RELEASE] = release
    for section, values in changes.items():
        config.setdefault(section, {}).update(values)
    with file.open("w") as stream:
        yaml.dump(document, stream)


def _link(checkout: Path, folder: Path) -> None:
    link = folder / ".venv"
    if not link.is_symlink() and (checkout / ".venv").is_dir():
        link.symlink_to((checkout / ".venv").resolve())
