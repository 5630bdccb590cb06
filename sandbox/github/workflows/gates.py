"""What holds a job back that deploys: its environment's branches, reviewers and wait timer.

Source: GitHub's "Deployments and environments". Administrators do not get past them here.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.github.environments import ensure
from sandbox.github.patterns import matches
from sandbox.github.rules import HEADS
from sandbox.github.store import Database, Row, load, now
from sandbox.github.workflows import progress, tell
from sandbox.github.workflows.contexts import ref_name
from sandbox.github.workflows.site import Site


def enter(site: Site, run: Row, job: Row, name: str) -> None:
    """Bind a job to its environment, which is made if there is none, and hold it if the rules say so."""
    environment = _environment(site, name)
    site.db.update("workflow_jobs", job["id"], environment_id=environment["id"])
    rules = load(environment["document"])
    if not _may_deploy(site, environment, rules, run["ref"]):
        kind = "Tag" if run["ref"].startswith("refs/tags/") else "Branch"
        problem = (
            f'{kind} "{ref_name(run["ref"])}" is not allowed to deploy to {environment["name"]} '
            "due to environment protection rules."
        )
        progress.end_job(site, run, progress.job_row(site.db, job["id"]), "failure", problem)
        return
    waits = timedelta(minutes=rules["wait_timer"])
    due = (datetime.now(UTC) + waits).strftime("%Y-%m-%dT%H:%M:%SZ")
    held = bool(waits) or bool(rules["reviewers"])
    tell.deployment(site, run, progress.job_row(site.db, job["id"]), "waiting" if held else "queued")
    if held:
        site.db.update("workflow_jobs", job["id"], status="waiting", due_at=due)
        tell.job(site, run, progress.job_row(site.db, job["id"]))


def open_if_due(site: Site, run: Row, job: Row) -> None:
    """Let a waiting job go that waited long enough and was approved; end one that was rejected."""
    environment = site.db.one("SELECT * FROM environments WHERE id = ?", job["environment_id"])
    review = review_of(site.db, run, job["environment_id"])
    if review == "rejected" or environment is None:
        progress.end_job(site, run, job, "failure", "The deployment was rejected.")
        return
    asked = load(environment["document"])["reviewers"]
    if job["due_at"] <= now() and (review == "approved" or not asked):
        site.db.update("workflow_jobs", job["id"], status="queued", due_at=None)
        tell.deployment(site, run, job, "queued")
        tell.job(site, run, progress.job_row(site.db, job["id"]))


def review_of(db: Database, run: Row, environment_id: int) -> str | None:
    """What the reviewers said of a run's deployments to an environment in its present attempt."""
    row = db.one(
        "SELECT state FROM workflow_reviews WHERE run_id = ? AND attempt = ? AND environment_id = ? ORDER BY id DESC",
        run["id"],
        run["attempt"],
        environment_id,
    )
    return row["state"] if row else None


def may_review(db: Database, environment: Row, run: Row, account_id: int) -> bool:
    """Whether an account is a reviewer of the environment, and not the one whom its rules exclude."""
    rules = load(environment["document"])
    if rules["prevent_self_review"] and account_id == run["triggering_actor_id"]:
        return False
    return any(_is(db, reviewer, account_id) for reviewer in rules["reviewers"])


def _is(db: Database, reviewer: dict[str, Any], account_id: int) -> bool:
    if reviewer["type"] == "User":
        return bool(reviewer["id"] == account_id)
    sql = (
        "WITH RECURSIVE inside(id) AS (SELECT ? UNION SELECT teams.id FROM teams JOIN inside ON parent_id = inside.id) "
        "SELECT 1 AS yes FROM team_members JOIN inside ON inside.id = team_id WHERE account_id = ?"
    )
    return db.one(sql, reviewer["id"], account_id) is not None


def _environment(site: Site, name: str) -> Row:
    ensure(site.db, site.repository, name)
    sql = "SELECT * FROM environments WHERE repository_id = ? AND name = ?"
    return site.db.one(sql, site.repository["id"], name) or {}


def _may_deploy(site: Site, environment: Row, rules: dict[str, Any], ref: str) -> bool:
    policy = rules["deployment_branch_policy"]
    if policy is None:
        return True
    if policy["protected_branches"]:
        return ref.startswith(HEADS) and _is_protected(site, ref.removeprefix(HEADS))
    kind = "tag" if ref.startswith("refs/tags/") else "branch"
    rows = site.db.all(
        "SELECT name FROM branch_policies WHERE environment_id = ? AND type = ?", environment["id"], kind
    )
    # A pull request's ref is neither branch nor tag: patterns are held against all of it.
    name = ref if ref.startswith("refs/pull/") else ref_name(ref)
    return any(matches(row["name"], name) for row in rows)


def _is_protected(site: Site, branch: str) -> bool:
    rows = site.db.all("SELECT pattern FROM protections WHERE repository_id = ?", site.repository["id"])
    return any(matches(row["pattern"], branch) for row in rows)
