"""The owners of what a pull request changes: people and teams of the repository who write to it."""

from dataclasses import dataclass

from sandbox.github import codeowners, pull_rows, pull_state
from sandbox.github.accounts import ROLE_NAMES, Role, account_role
from sandbox.github.emails import account_of
from sandbox.github.git import Differences
from sandbox.github.store import Database, Row
from sandbox.github.world import ORGANIZATION, World


@dataclass(frozen=True)
class Owner:
    """Somebody who can be asked, and everybody whose approval is his."""

    name: str
    """As CODEOWNERS writes it."""
    account_id: int
    """0 for a team."""
    team_id: int
    """0 for a person."""
    people: frozenset[int]


def of_files(world: World, db: Database, pull: Row) -> dict[str, list[Owner]]:
    """The owners of each changed file that has some; those who do not write to the repository are none."""
    repository = pull_rows.base_repository(db, pull)
    lines = _lines(world, repository, pull["base_sha"])
    if not lines:
        return {}
    found = Differences(world.repositories.git(repository["git_name"]))
    paths = found.paths(pull_state.ancestor(world, db, pull), pull["head_sha"])
    known: dict[str, Owner | None] = {}

    def owner(name: str) -> Owner | None:
        if name not in known:
            known[name] = _owner(db, repository, name)
        return known[name]

    named = {path: [owner(name) for name in codeowners.owners(lines, path)] for path in paths}
    return {path: writers for path, all_ in named.items() if (writers := [one for one in all_ if one])}


def _lines(world: World, repository: Row, commit: str) -> list[codeowners.Line]:
    for place in codeowners.PLACES:
        blob = world.repositories.read(repository["git_name"], commit, place)
        if blob:
            return codeowners.parse(blob.content.decode(errors="replace"))
    return []


def _owner(db: Database, repository: Row, name: str) -> Owner | None:
    organization, slash, slug = name.removeprefix("@").partition("/")
    if slash:
        return _team(db, repository, name, slug) if organization.lower() == ORGANIZATION else None
    account = (
        db.one("SELECT * FROM accounts WHERE login = ?", organization) if name.startswith("@") else account_of(db, name)
    )
    if account is None or account_role(db, account["id"], repository) < Role.WRITE:
        return None
    return Owner(name, account["id"], 0, frozenset({account["id"]}))


def _team(db: Database, repository: Row, name: str, slug: str) -> Owner | None:
    team = db.one("SELECT * FROM teams WHERE slug = ?", slug.lower())
    if team is None or team_role(db, team["id"], repository) < Role.WRITE:
        return None
    return Owner(name, 0, team["id"], people(db, team["id"]))


def team_role(db: Database, team_id: int, repository: Row) -> Role:
    """What a team is on a repository, by itself or by a team above it."""
    rows = db.all(
        "WITH RECURSIVE above(id) AS (SELECT ? UNION SELECT parent_id FROM teams JOIN above USING (id)) "
        "SELECT permission FROM team_repositories JOIN above ON above.id = team_id WHERE repository_id = ?",
        team_id,
        repository["id"],
    )
    return max([Role.NONE, *(ROLE_NAMES[row["permission"]] for row in rows)])


def people(db: Database, team_id: int) -> frozenset[int]:
    """Who is in a team or in one below it."""
    rows = db.all(
        "WITH RECURSIVE below(id) AS (SELECT ? UNION SELECT teams.id FROM teams JOIN below ON parent_id = below.id) "
        "SELECT account_id FROM team_members JOIN below ON below.id = team_id",
        team_id,
    )
    return frozenset(row["account_id"] for row in rows)
