"""The files with credentials: tokens of people and of the deployer's App, and the App's private key.

Their clear text stands in these files and nowhere else; the database keeps digests. The tokens of people are what
GitHub calls fine-grained: they may no more than is listed here, whatever their account may.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sandbox.github.accounts import digest
from sandbox.github.app_keys import keep_public, write_key
from sandbox.github.apps import DEPLOYER, Permissions
from sandbox.github.store import Database, dump
from sandbox.github.world import Places

WORKING: Permissions = {
    "actions": "write",
    "contents": "write",
    "deployments": "write",
    "issues": "write",
    "metadata": "read",
    "pull_requests": "write",
    "statuses": "read",
    "checks": "read",
    "members": "read",
    "environments": "read",
    "workflows": "write",
}
"""What a person who develops, reviews, tests or operates grants a token."""


@dataclass(frozen=True)
class Credential:
    """A token file."""

    prefix: str
    login: str
    """Whose it is."""
    kind: str
    read_only: bool = False
    permissions: Permissions | None = None
    repositories: Sequence[str] | None = None


def _person(login: str) -> Credential:
    return Credential("github_pat_", login, "fine-grained", permissions=WORKING)


TOKENS: Mapping[str, Credential] = {
    "deployer": Credential("ghs_", DEPLOYER.login, "app"),
    "owner": Credential("ghp_", "mei-admin", "classic"),
    "member": Credential("ghp_", "lin-tester", "classic"),
    "reader": Credential("github_pat_", "mei-admin", "fine-grained", read_only=True),
    **{
        login: _person(login)
        for login in ("withchao", "FGadvancer", "skiffer-git", "omar-sre", "ines-sre", "lin-tester", "aiko-tester")
    },
    # GitHub has no fine-grained tokens for the repositories of an organisation that one does not belong to.
    "pat-outsider": Credential("ghp_", "pat-outsider", "classic"),
    "dispatcher": Credential(
        "github_pat_",
        "OpenIM-Robot",
        "fine-grained",
        permissions={"actions": "write", "metadata": "read"},
        repositories=("openim-cicd",),
    ),
}
"""Each token file by its name."""


def write(places: Places) -> None:
    """Make the files, unless they are there."""
    for name, credential in TOKENS.items():
        _write_once(places.token(name), credential.prefix)
    _write_once(places.runner_key, "runner_")
    write_key(places.app_key)


def _write_once(path: Path, prefix: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        aside = path.with_suffix(".new")
        aside.touch(mode=0o600)
        aside.write_text(prefix + secrets.token_hex(18))
        aside.replace(path)


def keep(db: Database, places: Places) -> None:
    """Make good what the files say, and nothing else that was in files: a changed file is a rotated token."""
    db.run("DELETE FROM tokens WHERE name != ''")
    for name, credential in TOKENS.items():
        account = db.one("SELECT id FROM accounts WHERE login = ?", credential.login)
        if account:
            _keep(db, name, account["id"], credential, places.token(name).read_text().strip())
    keep_public(db, DEPLOYER, places.app_key)


def _keep(db: Database, name: str, account_id: int, credential: Credential, token: str) -> None:
    db.insert(
        "tokens",
        hash=digest(token),
        name=name,
        account_id=account_id,
        kind=credential.kind,
        read_only=credential.read_only,
        app_id=DEPLOYER.id if credential.kind == "app" else None,
        permissions=dump(credential.permissions) if credential.permissions else None,
        repositories=dump(credential.repositories) if credential.repositories else None,
    )
