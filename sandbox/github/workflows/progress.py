"""How a run goes on: which jobs are due now that others have ended, and when it is over."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sandbox.github.expressions import ExpressionError, Scope, condition, resolve, text_of
from sandbox.github.store import Database, Row, dump, load, now
from sandbox.github.workflows import contexts, gates, queue, tell
from sandbox.github.workflows.document import Document, Workflow, needs, read
from sandbox.github.workflows.matrix import Combination, combinations
from sandbox.github.workflows.site import Site
from sandbox.github.world import World

URL = "environment_url"
"""Handed on by a job beside its outputs."""
UNSTARTED = ("queued", "waiting", "pending")


def advance_all(db: Database, world: World) -> None:
    """Take every open run as far as it goes by itself."""
    queue.release(db)
    for run in db.all("SELECT * FROM workflow_runs WHERE status IN ('queued', 'in_progress', 'waiting') ORDER BY id"):
        Progress.of(db, world, run).advance()
    for run in db.all("SELECT * FROM workflow_runs WHERE status = 'pending' AND cancelled"):
        queue.finish(Progress.of(db, world, run).site, run, "cancelled")


@dataclass(frozen=True)
class Progress:
    """One run in its present attempt."""

    site: Site
    run: Row
    workflow: Workflow

    @classmethod
    def of(cls, db: Database, world: World, run: Row) -> "Progress":
        """The progress of a run, whose file could be read when it began."""
        repository = db.one("SELECT * FROM repositories WHERE id = ?", run["repository_id"]) or {}
        path = (db.one("SELECT path FROM workflows WHERE id = ?", run["workflow_id"]) or {})["path"]
        return cls(Site(db, world, repository), run, read(path, run["source"]))

    def advance(self) -> None:
        """Make the jobs that are due, let the waiting ones go, and end the run if nothing is left."""
        if self.run["cancelled"]:
            self._cancel()
        while due := [key for key, job in self.workflow.jobs.items() if self._is_due(key, job)]:
            for key in due:
                self._make(key, self.workflow.jobs[key])
        self._release()
        self._settle()

    def jobs(self, key: str | None = None) -> list[Row]:
        """The jobs of this attempt, or those of one key."""
        sql = "SELECT * FROM workflow_jobs WHERE run_id = ? AND attempt = ?"
        rows = self.site.db.all(f"{sql} ORDER BY id", self.run["id"], self.run["attempt"])
        return [row for row in rows if key is None or row["key"] == key]

    def needs_of(self, job: Document) -> dict[str, Any]:
        """The ``needs`` context of a job."""
        return {key: {"result": self.result(key), "outputs": self._outputs(key)} for key in needs(job)}

    def result(self, key: str) -> str:
        """How all jobs of a key ended together."""
        ends = {"success" if row["tolerated"] and row["conclusion"] == "failure" else row["conclusion"]
                for row in self.jobs(key)}  # fmt: skip
        return next((end for end in ("failure", "cancelled", "success") if end in ends), "skipped")

    @cached_property
    def known(self) -> Mapping[str, Any]:
        """The contexts that are the same for every job."""
        return {
            "github": contexts.github(self.site, self.run),
            "inputs": contexts.inputs(self.workflow, load(self.run["payload"])),
        }

    def scope(self, job: Document, **more: Any) -> Scope:
        """What a job's own keys may name."""
        before = [self.result(key) for key in self._ancestors(job)]
        cancelled = bool(self.run["cancelled"])
        status = {
            "success": not cancelled and all(result == "success" for result in before),
            "failure": "failure" in before,
            "cancelled": cancelled,
            "always": True,
        }
        here = {"needs": self.needs_of(job), "vars": contexts.variables(self.site)}
        return Scope({**self.known, **here, **more}, status)

    def _ancestors(self, job: Document) -> list[str]:
        found: list[str] = []
        waiting = needs(job)
        while waiting:
            if (key := waiting.pop()) not in found:
                found.append(key)
                waiting += needs(self.workflow.jobs[key])
        return found

    def _outputs(self, key: str) -> dict[str, str]:
        return {name: value for row in self.jobs(key) for name, value in load(row["outputs"]).items()
                if value and name != URL}  # fmt: skip

    def _is_due(self, key: str, job: Document) -> bool:
        ended = all(self._has_ended(need) for need in needs(job))
        return ended and not self.jobs(key)

    def _has_ended(self, key: str) -> bool:
        rows = self.jobs(key)
        return bool(rows) and all(row["status"] == "completed" for row in rows)

    def _make(self, key: str, job: Document) -> None:
        try:
            scope = self.scope(job)
            if not condition(str(job.get("if", "")), scope):
                self._insert(key, job, {}, self._name(key, job, {}, scope), status="completed", conclusion="skipped")
                return
            for one in combinations(resolve((job.get("strategy") or {}).get("matrix"), scope)):
                self._queue(key, job, one)
        except ExpressionError as error:
            self._insert(key, job, {}, key, status="completed", conclusion="failure", problem=str(error))

    def _queue(self, key: str, job: Document, one: Combination) -> None:
        scope = self.scope(job, matrix=one)
        written = job.get("environment")
        # Its address may name what the job's own steps say; that is known at the end.
        named = {"environment": written.get("name") if isinstance(written, dict) else written}
        found = resolve({name: job.get(name) for name in ("runs-on", "continue-on-error")} | named, scope)
        labels = found["runs-on"]
        row = self._insert(
            key,
            job,
            one,
            self._name(key, job, one, scope),
            status="queued",
            labels=dump([labels] if isinstance(labels, str) else labels),
            tolerated=found["continue-on-error"] is True,
            concurrency=queue.group_of(job.get("concurrency"), scope)[0],
        )
        if found["environment"]:
            gates.enter(self.site, self.run, row, str(found["environment"]))

    def _name(self, key: str, job: Document, one: Combination, scope: Scope) -> str:
        if "name" in job:
            matrix = Scope({**scope.contexts, "matrix": one}, scope.status)
            return text_of(resolve(job["name"], matrix))
        return f"{key} ({', '.join(text_of(value) for value in one.values())})" if one else key

    def _insert(self, key: str, job: Document, one: Combination, name: str, **columns: Any) -> Row:
        moment = now()
        columns = {"labels": dump([]), "completed_at": moment if columns["status"] == "completed" else None} | columns
        number = self.site.db.insert(
            "workflow_jobs",
            run_id=self.run["id"],
            attempt=self.run["attempt"],
            key=key,
            name=name,
            matrix=dump(one),
            created_at=moment,
            **columns,
        )
        row = job_row(self.site.db, number)
        tell.job(self.site, self.run, row)
        return row

    def _cancel(self) -> None:
        for row in self.jobs():
            if row["status"] in UNSTARTED:
                end_job(self.site, self.run, row, "cancelled", "The run was canceled.")
            elif row["status"] == "in_progress" and not row["cancelled"]:
                self.site.db.update("workflow_jobs", row["id"], cancelled=True)

    def _release(self) -> None:
        for row in self.jobs():
            if row["status"] == "waiting":
                gates.open_if_due(self.site, self.run, row)
        for row in self.jobs():
            if row["status"] in ("queued", "pending"):
                status = "pending" if _is_taken(self.site, row) else "queued"
                if status != row["status"]:
                    self.site.db.update("workflow_jobs", row["id"], status=status)

    def _settle(self) -> None:
        rows = self.jobs()
        if all(self.jobs(key) for key in self.workflow.jobs) and all(row["status"] == "completed" for row in rows):
            queue.finish(self.site, self.run, self._conclusion(rows))
            return
        states = {row["status"] for row in rows} - {"completed"}
        status = next((each for each in ("in_progress", "queued", "waiting") if each in states), "queued")
        if status == "queued" and any(row["started_at"] for row in rows):
            status = "in_progress"
        if status != self.run["status"]:
            self.site.db.update("workflow_runs", self.run["id"], status=status)

    def _conclusion(self, rows: list[Row]) -> str:
        ends = {row["conclusion"] for row in rows if not (row["tolerated"] and row["conclusion"] == "failure")}
        if self.run["cancelled"]:
            return "cancelled"
        for end in ("failure", "cancelled"):
            if end in ends:
                return end
        return "success" if "success" in ends or not ends else "skipped"


def job_row(db: Database, job_id: int) -> Row:
    """A job as it is now."""
    return db.one("SELECT * FROM workflow_jobs WHERE id = ?", job_id) or {}


def end_job(site: Site, run: Row, job: Row, conclusion: str, problem: str | None = None) -> None:
    """Record how a job ended; a failure in a matrix that fails fast cancels its siblings."""
    moment = now()
    site.db.update(
        "workflow_jobs",
        job["id"],
        status="completed",
        conclusion=conclusion,
        problem=problem,
        completed_at=moment,
        token=None,
    )
    tell.job(site, run, job_row(site.db, job["id"]))
    tell.deployed(site, run, job_row(site.db, job["id"]), load(job["outputs"]).get(URL, ""))
    if conclusion == "failure" and not job["tolerated"]:
        _fail_fast(site, run, job)


def _fail_fast(site: Site, run: Row, job: Row) -> None:
    progress = Progress.of(site.db, site.world, run)
    strategy = progress.workflow.jobs[job["key"]].get("strategy") or {}
    if strategy.get("fail-fast", True) is False:
        return
    for sibling in progress.jobs(job["key"]):
        if sibling["status"] in UNSTARTED:
            end_job(site, run, sibling, "cancelled", "A job of the same matrix failed.")
        elif sibling["status"] == "in_progress":
            site.db.update("workflow_jobs", sibling["id"], cancelled=True)


def _is_taken(site: Site, job: Row) -> bool:
    """Whether another job of the same concurrency group came first and has not ended."""
    if job["concurrency"] is None:
        return False
    return bool(
        site.db.one(
            "SELECT 1 AS yes FROM workflow_jobs JOIN workflow_runs ON workflow_runs.id = run_id "
            "WHERE repository_id = ? AND workflow_jobs.concurrency = ? AND workflow_jobs.status != 'completed' "
            "AND workflow_jobs.id < ?",
            site.repository["id"],
            job["concurrency"],
            job["id"],
        )
    )
