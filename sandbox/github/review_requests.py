"""Asking people and teams for a review: by hand, and the owners of what changes by themselves."""

from pydantic import Field

from sandbox.github import owners, pull_rows, pull_views, views
from sandbox.github.accounts import Actor, Role, account_role
from sandbox.github.calls import Answer, Body, Call, Routes
from sandbox.github.errors import RefusalError
from sandbox.github.pull_events import tell
from sandbox.github.store import Database, Row
from sandbox.github.world import World

routes = Routes()

PATH = "/repos/{owner}/{repo}/pulls/{number:int}/requested_reviewers"


class Reviewers(Body):
    """POST and DELETE: logins and slugs."""

    reviewers: list[str] = Field(default_factory=list)
    team_reviewers: list[str] = Field(default_factory=list)


@routes.add("GET", PATH)
def list_requested(call: Call) -> Answer:
    """Those who have not answered yet."""
    _, pull = pull_rows.of(call)
    users, teams = pull_views.requested(call.world, call.db, pull)
    return Answer({"users": users, "teams": teams})


@routes.add("POST", PATH)
def request_reviews(call: Call) -> Answer:
    """Ask them besides those who are asked."""
    repository, pull = pull_rows.of(call, Role.WRITE)
    body = call.body(Reviewers, "ReviewRequest")
    for account_id, team_id in _named(call, repository, pull, body):
        ask(call.world, call.db, pull, call.actor, account_id=account_id, team_id=team_id)
    return Answer(pull_views.simple(call.world, call.db, pull_rows.touched(call.db, pull)), 201)


@routes.add("DELETE", PATH)
def remove_requests(call: Call) -> Answer:
    """Ask them no longer."""
    repository, pull = pull_rows.of(call, Role.WRITE)
    body = call.body(Reviewers, "ReviewRequest")
    for account_id, team_id in _named(call, repository, pull, body):
        if _forget(call.db, pull, account_id, team_id):
            tell(
                call.world,
                call.db,
                pull,
                "review_request_removed",
                call.actor,
                **_asked(call.world, call.db, account_id, team_id),
            )
    return Answer(pull_views.simple(call.world, call.db, pull_rows.touched(call.db, pull)))


def _named(call: Call, repository: Row, pull: Row, body: Reviewers) -> list[tuple[int, int]]:
    """Pairs of an account and no team, or of no account and a team."""
    accounts = [call.db.one("SELECT * FROM accounts WHERE login = ?", login) for login in body.reviewers]
    teams = [call.db.one("SELECT * FROM teams WHERE slug = ?", slug.lower()) for slug in body.team_reviewers]
    if any(row and row["id"] == pull["author_id"] for row in accounts):
        raise RefusalError(422, "Review cannot be requested from pull request author.")
    strangers = [row for row in accounts if not row or account_role(call.db, row["id"], repository) < Role.READ]
    strangers += [row for row in teams if not row or owners.team_role(call.db, row["id"], repository) < Role.READ]
    if strangers:
        raise RefusalError(
            422,
            "Reviews may only be requested from collaborators. One or more of the users or teams you specified "
            f"is not a collaborator of the {repository['full_name']} repository.",
        )
    return [(row["id"], 0) for row in accounts if row] + [(0, row["id"]) for row in teams if row]


def ask(world: World, db: Database, pull: Row, actor: Actor, *, account_id: int, team_id: int) -> None:
    """Ask one person or one team, and tell of it unless they are asked already."""
    sql = "INSERT OR IGNORE INTO review_requests (thread_id, account_id, team_id) VALUES (?, ?, ?)"
    if db.run(sql, pull["id"], account_id, team_id):
        tell(world, db, pull, "review_requested", actor, **_asked(world, db, account_id, team_id))


def ask_owners(world: World, db: Database, pull: Row, actor: Actor) -> None:
    """Ask the owners of what changes, but for the author and for those who have answered; drafts ask nobody."""
    if pull["draft"]:
        return
    answered = {row["account_id"] for row in db.all("SELECT account_id FROM reviews WHERE thread_id = ?", pull["id"])}
    found = {owner for able in owners.of_files(world, db, pull).values() for owner in able}
    for owner in sorted(found, key=lambda one: one.name):
        if owner.account_id != pull["author_id"] and not owner.people & answered:
            ask(world, db, pull, actor, account_id=owner.account_id, team_id=owner.team_id)


def answered(db: Database, pull: Row, account_id: int) -> None:
    """Whoever reviews is asked no longer, and neither are the teams whose member it was."""
    _forget(db, pull, account_id, 0)
    for row in db.all("SELECT team_id FROM review_requests WHERE thread_id = ? AND team_id", pull["id"]):
        if account_id in owners.people(db, row["team_id"]):
            _forget(db, pull, 0, row["team_id"])


def _forget(db: Database, pull: Row, account_id: int, team_id: int) -> int:
    sql = "DELETE FROM review_requests WHERE thread_id = ? AND account_id = ? AND team_id = ?"
    return db.run(sql, pull["id"], account_id, team_id)


def _asked(world: World, db: Database, account_id: int, team_id: int) -> views.Json:
    if team_id:
        return {"requested_team": views.team(world, db, db.one("SELECT * FROM teams WHERE id = ?", team_id) or {})}
    return {"requested_reviewer": views.user(world, db.one("SELECT * FROM accounts WHERE id = ?", account_id) or {})}
