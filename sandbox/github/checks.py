"""What was reported about a commit: check runs in their suites, and what they and the statuses come to.

Requests come in by ``check_runs`` and ``check_suites``; whoever runs workflows uses this room directly.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sandbox.github import check_views, views
from sandbox.github.apps import App
from sandbox.github.events import emit
from sandbox.github.store import Database, Row, now
from sandbox.github.world import World

Columns = Mapping[str, object]
EMPTY: Columns = MappingProxyType({})
PASSING = {"success", "neutral", "skipped"}
WORST_FIRST = (
    "failure", "timed_out", "cancelled", "action_required", "startup_failure", "stale", "error",
    "pending", "in_progress", "queued", "waiting", "requested", "success", "neutral", "skipped",
)  # fmt: skip
"""What several reports on one thing come to: the first of these that one of them says."""


def conclusion_by_context(db: Database, repository_id: int, sha: str) -> dict[str, str]:
    """What the newest reports on a commit say, by the name of the check or the context of the status.

    A check that has not ended gives its status (``queued``, ``in_progress``, ``pending``...). Where several Apps, or a
    check and a status, share a name, the worst counts.
    """
    found: dict[str, str] = {}
    for row in [*latest_statuses(db, repository_id, sha), *latest_runs(db, repository_id, sha)]:
        name, said = row.get("context") or row["name"], row.get("state") or row["conclusion"] or row["status"]
        found[name] = worst([said, *([found[name]] if name in found else [])])
    return found


def worst(conclusions: list[str]) -> str:
    """The one that counts of several."""
    return min(conclusions, key=WORST_FIRST.index)


def latest_statuses(db: Database, repository_id: int, sha: str) -> list[Row]:
    """The newest status of each context, newest first."""
    sql = "SELECT max(id) FROM statuses WHERE repository_id = ? AND sha = ? GROUP BY context"
    return db.all(f"SELECT * FROM statuses WHERE id IN ({sql}) ORDER BY id DESC", repository_id, sha)  # noqa: S608


def latest_runs(db: Database, repository_id: int, sha: str) -> list[Row]:
    """The newest check run of each name of each App."""
    sql = "SELECT max(id) FROM check_runs WHERE repository_id = ? AND head_sha = ? GROUP BY app_id, name"
    return db.all(f"SELECT * FROM check_runs WHERE id IN ({sql}) ORDER BY id DESC", repository_id, sha)  # noqa: S608


def by_id(db: Database, run_id: int) -> Row:
    """The check run with this id; empty for none."""
    return db.one("SELECT * FROM check_runs WHERE id = ?", run_id) or {}


@dataclass(frozen=True)
class Reporter:
    """Somebody who reports on the commits of a repository."""

    db: Database
    world: World
    repository: Row
    sender: views.Json
    """Whose doing it is, as GitHub's "simple user"."""

    def suite_of(self, app: App, sha: str) -> int:
        """The App's oldest suite on a commit, made if there is none."""
        sql = "SELECT id FROM check_suites WHERE repository_id = ? AND app_id = ? AND head_sha = ? ORDER BY id"
        row = self.db.one(sql, self.repository["id"], app.id, sha)
        return row["id"] if row else self.new_suite(app, sha)

    def new_suite(self, app: App, sha: str, branch: str | None = None) -> int:
        """A suite of its own, as each run of a workflow has it; without ``branch`` the one that ends in the commit."""
        branches = self.world.repositories.branches(self.repository["git_name"])
        moment = now()
        return self.db.insert(
            "check_suites",
            repository_id=self.repository["id"],
            app_id=app.id,
            head_sha=sha,
            head_branch=branch or next((name for name, tip in sorted(branches.items()) if tip == sha), None),
            created_at=moment,
            updated_at=moment,
        )

    def begin(self, app: App, name: str, sha: str, *, suite_id: int | None = None, columns: Columns = EMPTY) -> Row:
        """Report a check run for the first time.

        Args:
            app: Whose check it is.
            name: What others require.
            sha: The commit.
            suite_id: Its suite; the App's own on this commit unless it is given.
            columns: More of the table's: ``status``, ``conclusion``, ``details_url``, ``output`` (JSON text)...
        """
        facts = {"status": "queued", "started_at": now()} | dict(columns)
        suite = suite_id or self.suite_of(app, sha)
        run_id = self.db.insert(
            "check_runs", repository_id=self.repository["id"], suite_id=suite, app_id=app.id, head_sha=sha, name=name,
            **facts,
        )  # fmt: skip
        run = by_id(self.db, run_id)
        self._tell(run, "created")
        if run["status"] == "completed":
            self._ended(run)
        return run

    def change(self, run: Row, columns: Columns) -> Row:
        """Report more of a check run."""
        self.db.update("check_runs", run["id"], **columns)
        changed = by_id(self.db, run["id"])
        if changed["status"] == "completed" and run["status"] != "completed":
            self._ended(changed)
        return changed

    def _ended(self, run: Row) -> None:
        self._tell(run, "completed")
        self.db.update("check_suites", run["suite_id"], updated_at=now())
        row = self.db.one("SELECT * FROM check_suites WHERE id = ?", run["suite_id"]) or {}
        suite = check_views.suite(self.world, self.db, self.repository, row)
        if suite["status"] == "completed":
            shown = {"check_suite": suite, "sender": self.sender}
            emit(self.db, self.world, self.repository, "check_suite", "completed", shown)

    def _tell(self, run: Row, action: str) -> None:
        shown = check_views.run_of_event(self.world, self.db, self.repository, run)
        emit(self.db, self.world, self.repository, "check_run", action, {"check_run": shown, "sender": self.sender})
