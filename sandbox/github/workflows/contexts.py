"""What the expressions of a run can name before any of its steps has run."""

from collections.abc import Mapping
from typing import Any

from sandbox.github.store import Database, Row, load
from sandbox.github.workflows.document import Workflow
from sandbox.github.workflows.site import Site

Context = dict[str, Any]


def github(site: Site, run: Row) -> Context:
    """The ``github`` context, as far as it is known before a job starts."""
    payload = load(run["payload"])
    full_name = site.repository["full_name"]
    workflow = site.db.one("SELECT * FROM workflows WHERE id = ?", run["workflow_id"]) or {}
    request = payload.get("pull_request") if run["event"] == "pull_request" else None
    owner = site.db.one("SELECT id FROM accounts WHERE login = ?", site.repository["owner"]) or {}
    return {
        "event_name": run["event"],
        "event": payload,
        "ref": run["ref"],
        "ref_name": ref_name(run["ref"]),
        "ref_type": "tag" if run["ref"].startswith("refs/tags/") else "branch",
        "sha": run["sha"],
        "head_ref": request["head"]["ref"] if request else "",
        "base_ref": request["base"]["ref"] if request else "",
        "repository": full_name,
        "repository_id": str(site.repository["id"]),
        "repository_owner": site.repository["owner"],
        "repository_owner_id": str(owner["id"]),
        "repositoryUrl": f"{site.world.base.replace('http', 'git', 1)}/{full_name}.git",
        "actor": _login(site.db, run["actor_id"]),
        "actor_id": str(run["actor_id"]),
        "triggering_actor": _login(site.db, run["triggering_actor_id"]),
        "workflow": workflow["name"],
        "workflow_ref": f"{full_name}/{workflow['path']}@{run['ref']}",
        "workflow_sha": run["sha"],
        "run_id": str(run["id"]),
        "run_number": str(run["number"]),
        "run_attempt": str(run["attempt"]),
        "retention_days": "90",
        "server_url": site.world.base,
        "api_url": site.world.api,
        "graphql_url": f"{site.world.base}/api/graphql",
    }


def ref_name(ref: str) -> str:
    """A ref as people write it: ``main``, ``v1``, ``7/merge``."""
    for prefix in ("refs/heads/", "refs/tags/", "refs/pull/"):
        ref = ref.removeprefix(prefix)
    return ref


def _login(db: Database, account_id: int) -> str:
    return str((db.one("SELECT login FROM accounts WHERE id = ?", account_id) or {})["login"])


def inputs(workflow: Workflow, payload: Mapping[str, Any]) -> Context:
    """The ``inputs`` of a dispatched run, each of the kind that the workflow declares."""
    declared = workflow.triggers.get("workflow_dispatch", {}).get("inputs") or {}
    given = payload.get("inputs") or {}
    return {name: _typed((declared.get(name) or {}).get("type", "string"), value) for name, value in given.items()}


def _typed(kind: str, value: Any) -> Any:
    if kind == "boolean":
        return str(value).lower() == "true"
    if kind == "number":
        return float(value) if "." in str(value) else int(value)
    return value


def variables(site: Site, environment_id: int | None = None) -> Context:
    """``vars``: the repository's, and the environment's over them."""
    sql = "SELECT name, value FROM variables WHERE repository_id = ? AND environment_id = ?"
    places = [0, environment_id] if environment_id else [0]
    return {row["name"]: row["value"] for place in places for row in site.db.all(sql, site.repository["id"], place)}
