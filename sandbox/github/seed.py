"""Fills an empty stand-in from ``seed/organisation.yaml``: accounts, tokens, teams, repositories with their files.

Ids follow from the order of the file, so that estate data can name them. Seeding happens once; what people change
afterwards stays.
"""

from pathlib import Path
from typing import Any

from nacl.public import PrivateKey
from ruamel.yaml import YAML

from sandbox.github import credentials
from sandbox.github.apps import ACTIONS
from sandbox.github.git import Repositories
from sandbox.github.labels import DEFAULT_LABELS
from sandbox.github.settings import DEFAULTS, merged
from sandbox.github.store import Database, Store, dump
from sandbox.github.world import APP_SLUG, ORGANIZATION, Places

FILE = Path(__file__).parent / "seed" / "organisation.yaml"

Data = dict[str, Any]


def seed(places: Places, store: Store, git: Repositories, file: Path = FILE) -> None:
    """Make the organisation, unless it is there; the tokens are what their files say."""
    with store.transaction(write=True) as db:
        if db.one("SELECT 1 AS yes FROM accounts") is None:
            data = YAML(typ="safe", pure=True).load(file)
            _accounts(db, data)
            _teams(db, data)
            _repositories(db, data, git)
        credentials.keep(db, places)


def _accounts(db: Database, data: Data) -> None:
    organization = data["organization"]
    since = data["created_at"]
    _account(db, organization["id"], ORGANIZATION, "Organization", name=organization["name"], created_at=since)
    settings = {name: value for name, value in organization.items() if name != "id"} | {"login": ORGANIZATION}
    db.insert("organization", account_id=organization["id"], settings=dump(settings))
    _account(db, data["app"]["id"], f"{APP_SLUG}[bot]", "Bot", name=data["app"]["name"], created_at=since)
    _account(db, ACTIONS.account_id, ACTIONS.login, "Bot", name=ACTIONS.slug, created_at=since)
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
    files |= _code(facts.get("code") or ("library" if "go.mod" in files else ""))
    if git.exists(name):
        git.delete(name)  # left by a seeding that did not get to its end
    sha = git.create(name, branch, {path: text.encode() for path, text in files.items()})
    for other in facts.get("branches", []):
        git.create_ref(name, f"refs/heads/{other}", sha or "")
    for tag in facts.get("tags", []):
        git.create_ref(name, f"refs/tags/{tag}", sha or "")


def _code(name: str) -> Data:
    """What a repository is built from: small, needing nothing from elsewhere, with a test that passes."""
    files = sorted((FILE.parent / "code" / name).rglob("*")) if name else []
    return {str(path.relative_to(FILE.parent / "code" / name)): path.read_text() for path in files if path.is_file()}
