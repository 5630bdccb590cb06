"""Deployments and what is said about them; requests come in by ``deployments``, whoever runs workflows by this room.

Source: GitHub's "REST API endpoints for deployments".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from sandbox.github import threads, views
from sandbox.github.accounts import Actor
from sandbox.github.apps import APPS
from sandbox.github.events import emit, sender
from sandbox.github.store import Database, Row, load, now
from sandbox.github.world import World

Columns = Mapping[str, object]
EMPTY: Columns = MappingProxyType({})
NO_RUN = MappingProxyType({"workflow": None, "workflow_run": None})
"""What the events of a deployment say that no workflow made."""
OVER = {"inactive", "error", "failure"}


@dataclass(frozen=True)
class Deployer:
    """Somebody who deploys from a repository."""

    db: Database
    world: World
    repository: Row
    actor: Actor
    context: Columns = field(default_factory=lambda: NO_RUN)
    """``workflow`` and ``workflow_run`` of the events."""

    def begin(self, ref: str, sha: str, environment: str, columns: Columns = EMPTY) -> Row:
        """Say that a commit is to be deployed."""
        moment = now()
        deployment_id = self.db.insert(
            "deployments",
            repository_id=self.repository["id"],
            sha=sha,
            ref=ref,
            environment=environment,
            creator_id=self.actor.id,
            app_id=self.actor.app_id,
            created_at=moment,
            updated_at=moment,
            **columns,
        )
        row = by_id(self.db, deployment_id)
        self._tell("deployment", {"deployment": deployment(self.world, self.db, self.repository, row)})
        return row

    def report(self, row: Row, state: str, columns: Columns = EMPTY, *, auto_inactive: bool = True) -> Row:
        """Say how it goes. A success makes the environment's earlier deployments inactive."""
        if state == "success" and auto_inactive:
            for earlier in self._active(row):
                self._add(earlier, "inactive", EMPTY)
        return self._add(row, state, columns)

    def _active(self, row: Row) -> list[Row]:
        sql = (
            "SELECT * FROM deployments WHERE repository_id = ? AND environment = ? AND id != ? "
            "AND NOT transient AND NOT production"
        )
        rows = self.db.all(sql, self.repository["id"], row["environment"], row["id"])
        states = {each["id"]: last_status(self.db, each["id"]) for each in rows}
        return [each for each in rows if (states[each["id"]] or {}).get("state") == "success"]

    def _add(self, row: Row, state: str, columns: Columns) -> Row:
        moment = now()
        facts = {"environment": row["environment"]} | dict(columns)
        status_id = self.db.insert(
            "deployment_statuses",
            deployment_id=row["id"],
            state=state,
            creator_id=self.actor.id,
            app_id=self.actor.app_id,
            created_at=moment,
            updated_at=moment,
            **facts,
        )
        self.db.update("deployments", row["id"], updated_at=moment)
        said = self.db.one("SELECT * FROM deployment_statuses WHERE id = ?", status_id) or {}
        self._tell(
            "deployment_status",
            {
                "deployment_status": status(self.world, self.db, self.repository, row, said),
                "deployment": deployment(self.world, self.db, self.repository, by_id(self.db, row["id"])),
            },
        )
        return said

    def _tell(self, event: str, payload: views.Json) -> None:
        told = payload | dict(self.context) | sender(self.db, self.world, self.actor)
        emit(self.db, self.world, self.repository, event, "created", told)


def by_id(db: Database, deployment_id: int) -> Row:
    """The deployment with this id; empty for none."""
    return db.one("SELECT * FROM deployments WHERE id = ?", deployment_id) or {}


def last_status(db: Database, deployment_id: int) -> Row | None:
    """The newest thing said about a deployment."""
    return db.one("SELECT * FROM deployment_statuses WHERE deployment_id = ? ORDER BY id DESC", deployment_id)


def deployment(world: World, db: Database, repository: Row, row: Row) -> views.Json:
    """GitHub's "deployment"."""
    api = f"{world.api}/repos/{repository['full_name']}"
    named = ("id", "sha", "ref", "task", "environment", "description", "created_at", "updated_at")
    return {name: row[name] for name in named} | {
        "url": f"{api}/deployments/{row['id']}",
        "node_id": views.node_id("DE", row["id"]),
        "payload": load(row["payload"]),
        "original_environment": row["environment"],
        "creator": threads.account(world, db, row["creator_id"]),
        "statuses_url": f"{api}/deployments/{row['id']}/statuses",
        "repository_url": api,
        "transient_environment": bool(row["transient"]),
        "production_environment": bool(row["production"]),
        "performed_via_github_app": _app(world, db, row),
    }


def status(world: World, db: Database, repository: Row, row: Row, said: Row) -> views.Json:
    """GitHub's "deployment status"."""
    api = f"{world.api}/repos/{repository['full_name']}"
    named = ("id", "state", "description", "environment", "environment_url", "log_url", "created_at", "updated_at")
    return {name: said[name] for name in named} | {
        "url": f"{api}/deployments/{row['id']}/statuses/{said['id']}",
        "node_id": views.node_id("DES", said["id"]),
        "target_url": said["log_url"],
        "creator": threads.account(world, db, said["creator_id"]),
        "deployment_url": f"{api}/deployments/{row['id']}",
        "repository_url": api,
        "performed_via_github_app": _app(world, db, said),
    }


def _app(world: World, db: Database, row: Row) -> views.Json | None:
    return views.app(world, db, APPS[row["app_id"]]) if row["app_id"] else None
