"""Fills an empty stand-in from ``seed/organisation.yaml``: accounts, tokens, teams, repositories with their files.

Ids follow from the order of the file, so that estate data can name them. Seeding happens once; what people change
afterwards stays.
"""

import secrets
from pathlib import Path
from typing import Any

from nacl.public import PrivateKey
from ruamel.yaml import YAML

from sandbox.github.accounts import digest
from sandbox.github.git import Repositories
from sandbox.github.labels import DEFAULT_LABELS
from sandbox.github.settings import DEFAULTS, merged
from sandbox.github.store import Database, Store, dump
from sandbox.github.world import APP_SLUG, ORGANIZATION, Places

FILE = Path(__file__).parent / "seed" / "organisation.yaml"

Data = dict[str, Any]

TOKENS = {
    "deployer": ("ghs_", f"{APP_SLUG}[bot]", "app", False),
    "owner": ("ghp_", "mei-admin", "classic", False),
    "member": ("ghp_", "lin-tester", "classic", False),
    "reader": ("github_pat_", "mei-admin", "fine-grained", True),
    "dispatcher": ("github_pat_", f"{APP_SLUG}[bot]", "fine-grained", True),
    **{
        login: ("ghp_", login, "classic", False)
        for login in ("withchao", "FGadvancer", "aiko-tester", "omar-sre", "ines-sre", "pat-outsider")
    },
}
"""Each token file: prefix, whose, kind, whether it only reads."""


def write_tokens(places: Places) -> None:
    """Make the tokens, unless they are there. Their clear text stands in these files and nowhere else."""
    for name, (prefix, *_) in TOKENS.items():
        _write_once(places.token(name), prefix)
    _write_once(places.runner_key, "runner_")


def _write_once(path: Path, prefix: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        aside = path.with_suffix(".new")
        aside.touch(mode=0o600)
        aside.write_text(prefix + secrets.token_hex(18))
        aside.replace(path)


def seed(places: Places, store: Store, git: Repositories, file: Path = FILE) -> None:
    """Make the organisation, unless it is there; the tokens are what their files say."""
    with store.transaction(write=True) as db:
        if db.one("SELECT 1 AS yes FROM accounts") is None:
            data = YAML(typ="safe", pure=True).load(file)
            _accounts(db, data)
            _teams(db, data)
            _repositories(db, data, git)
        _tokens(db, places)


def _tokens(db: Database, places: Places) -> None:
    """What the files say counts: a changed file is a rotated token."""
    db.run("DELETE FROM tokens")
    for name, (_, login, kind, read_only) in TOKENS.items():
        account = (db.one("SELECT id FROM accounts WHERE login = ?", login) or {})["id"]
        hashed = digest(places.token(name).read_text().strip())
        db.insert("tokens", hash=hashed, name=name, account_id=account, kind=kind, read_only=read_only)


def _accounts(db: Database, data: Data) -> None:
    organization = data["organization"]
    since = data["created_at"]
    _account(db, organization["id"], ORGANIZATION, "Organization", name=organization["name"], created_at=since)
    settings = {name: value for name, value in organization.items() if name != "id"} | {"login": ORGANIZATION}
    db.insert("organization", account_id=organization["id"], settings=dump(settings))
    _account(db, data["app"]["id"], f"{APP_SLUG}[bot]", "Bot", name=data["app"]["name"], created_at=since)
    for number, (login, person) in enumerate(data["people"].items(), start=data["first_ids"]["people"]):
        facts = {"name": person.get("name"), "created_at": since, "email": person.get("email")}
        _account(db, person.get("id", number), login, "User", **facts)
        if person.get("role"):
            db.insert("members", account_id=number, role=person["role"], state="active")


def _account(db: Database, number: int, login: str, kind: str, **facts: str | None) -> None:
    plain = login.removesuffix("[bot]").lower()
    db.insert(
        "accounts",
        id=number,
        login=login,
        type=kind,
        name=facts["name"],
        email=facts.get("email") or f"{number}+{plain}@users.noreply.openim.example",
        created_at=facts["created_at"],
    )


def _teams(db: Database, data: Data) -> None:
    for number, (name, team) in enumerate(data["teams"].items(), start=data["first_ids"]["teams"]):
        db.insert(
            "teams",
            id=number,
            slug=name.lower(),
            name=name,
            description=team.get("description"),
            privacy=team.get("privacy", "closed"),
            notification_setting="notifications_enabled",
            created_at=data["created_at"],
            updated_at=data["created_at"],
        )
        for login, role in team.get("members", {}).items():
            account = (db.one("SELECT id FROM accounts WHERE login = ?", login) or {})["id"]
            db.insert("team_members", team_id=number, account_id=account, role=role)


def _repositories(db: Database, data: Data, git: Repositories) -> None:
    for number, (name, facts) in enumerate(data["repositories"].items(), start=data["first_ids"]["repositories"]):
        settings = merged(DEFAULTS, data["usual_settings"] | facts.get("settings", {}))
        moment = facts.get("pushed_at", data["created_at"])
        db.insert(
            "repositories",
            id=number,
            name=name,
            settings=dump(settings),
            topics=dump(facts.get("topics", [])),
            vulnerability_alerts=facts.get("vulnerability_alerts", False),
            private_key=bytes(PrivateKey.generate()),
            created_at=data["created_at"],
            updated_at=moment,
            pushed_at=moment,
        )
        _labels(db, number, facts.get("labels", {}))
        _team_permissions(db, number, facts.get("teams", {}))
        _git(git, name, settings["default_branch"], facts, data)


def _labels(db: Database, repository_id: int, extra: dict[str, str]) -> None:
    for name, (color, description) in DEFAULT_LABELS.items():
        db.insert(
            "labels", repository_id=repository_id, name=name, color=color, description=description, is_default=True
        )
    for name, color in extra.items():
        db.insert("labels", repository_id=repository_id, name=name, color=color)


def _team_permissions(db: Database, repository_id: int, teams: dict[str, str]) -> None:
    for name, permission in teams.items():
        team = (db.one("SELECT id FROM teams WHERE name = ?", name) or {})["id"]
        db.insert("team_repositories", team_id=team, repository_id=repository_id, permission=permission)


def _git(git: Repositories, name: str, branch: str, facts: Data, data: Data) -> None:
    files = {"README.md": f"# {name}\n\n{facts['settings'].get('description') or ''}\n"}
    files |= {path: data["files"][text] for path, text in facts.get("files", {}).items()}
    if git.exists(name):
        git.delete(name)  # left by a seeding that did not get to its end
    sha = git.create(name, branch, {path: text.encode() for path, text in files.items()})
    for other in facts.get("branches", []):
        git.create_ref(name, f"refs/heads/{other}", sha or "")
