"""Deployments that wait for a reviewer, and what reviewers said."""

from typing import Literal

from pydantic import Field

from sandbox.github import actions_find, deploying, find, views
from sandbox.github.accounts import Role
from sandbox.github.calls import Answer, Body, Call, Routes
from sandbox.github.environments import reviewers
from sandbox.github.errors import RefusalError
from sandbox.github.store import Row, load, now
from sandbox.github.workflows import gates

routes = Routes()

RUN = "/repos/{owner}/{repo}/actions/runs/{run_id:int}"
PENDING = f"{RUN}/pending_deployments"


class Review(Body):
    """POST a review."""

    environment_ids: list[int] = Field(min_length=1)
    state: Literal["approved", "rejected"]
    comment: str


@routes.add("GET", PENDING)
def list_pending(call: Call) -> Answer:
    """Each environment that a job of the run waits for."""
    repository = find.repository(call)
    run = actions_find.run(call, repository)
    return Answer([_pending(call, repository, run, row) for row in _waiting(call, run)])


@routes.add("POST", PENDING)
def review(call: Call) -> Answer:
    """Let the jobs go, or reject them. It is the reviewers' word alone; nobody's rights replace it."""
    repository = find.writable(call, Role.READ)
    run = actions_find.run(call, repository)
    body = call.body(Review, "PendingDeployment")
    waiting = {row["id"]: row for row in _waiting(call, run)}
    if unknown := sorted(set(body.environment_ids) - set(waiting)):
        raise RefusalError(422, f"No pending deployment requests to approve or reject for the environments {unknown}")
    for number in body.environment_ids:
        if not gates.may_review(call.db, waiting[number], run, call.actor.id):
            raise RefusalError(422, f"{call.actor.login} may not review deployments to {waiting[number]['name']}")
        call.db.insert(
            "workflow_reviews",
            run_id=run["id"],
            attempt=run["attempt"],
            environment_id=number,
            account_id=call.actor.id,
            state=body.state,
            comment=body.comment,
            created_at=now(),
        )
    rows = call.db.all(
        "SELECT deployments.* FROM deployments JOIN workflow_jobs ON deployment_id = deployments.id "
        "WHERE run_id = ? AND attempt = ? ORDER BY deployments.id",
        *(run["id"], run["attempt"]),
    )
    reviewed = [
        row for row in rows if row["environment"] in {waiting[number]["name"] for number in body.environment_ids}
    ]
    return Answer([deploying.deployment(call.world, call.db, repository, row) for row in reviewed])


@routes.add("GET", f"{RUN}/approvals")
def list_approvals(call: Call) -> Answer:
    """What reviewers said, newest first."""
    repository = find.repository(call)
    run = actions_find.run(call, repository)
    rows = call.db.all("SELECT * FROM workflow_reviews WHERE run_id = ? ORDER BY id DESC", run["id"])
    return Answer([_approval(call, repository, row) for row in rows])


def _waiting(call: Call, run: Row) -> list[Row]:
    return call.db.all(
        "SELECT DISTINCT environments.* FROM environments JOIN workflow_jobs ON environment_id = environments.id "
        "WHERE run_id = ? AND attempt = ? AND status = 'waiting' ORDER BY environments.id",
        run["id"],
        run["attempt"],
    )


def _pending(call: Call, repository: Row, run: Row, environment: Row) -> views.Json:
    rules = load(environment["document"])
    return {
        "environment": _environment(call, repository, environment),
        "wait_timer": rules["wait_timer"],
        "wait_timer_started_at": run["started_at"] if rules["wait_timer"] else None,
        "current_user_can_approve": gates.may_review(call.db, environment, run, call.actor.id),
        "reviewers": reviewers(call, rules),
    }


def _approval(call: Call, repository: Row, row: Row) -> views.Json:
    environment = call.db.one("SELECT * FROM environments WHERE id = ?", row["environment_id"]) or {}
    shown = _environment(call, repository, environment)
    moments = {name: environment[name] for name in ("created_at", "updated_at")}
    account = call.db.one("SELECT * FROM accounts WHERE id = ?", row["account_id"]) or {}
    return {
        "environments": [shown | moments],
        "state": row["state"],
        "user": views.user(call.world, account),
        "comment": row["comment"],
    }


def _environment(call: Call, repository: Row, row: Row) -> views.Json:
    full_name = repository["full_name"]
    return {
        "id": row["id"],
        "node_id": views.node_id("EN", row["id"]),
        "name": row["name"],
        "url": f"{call.world.api}/repos/{full_name}/environments/{row['name']}",
        "html_url": f"{call.world.base}/{full_name}/deployments/activity_log?environments_filter={row['name']}",
    }
