"""Events become runs."""

import logging
from dataclasses import dataclass

from sandbox.github.actions_permissions import DEFAULTS
from sandbox.github.expressions import ExpressionError, Scope, interpolate
from sandbox.github.store import Database, Row, load, now
from sandbox.github.workflows import contexts, queue, tell
from sandbox.github.workflows.document import InvalidWorkflowError, Workflow, read
from sandbox.github.workflows.happenings import Place, happening_of, place_of
from sandbox.github.workflows.policy import objections
from sandbox.github.workflows.site import Site
from sandbox.github.workflows.sources import files, record, take_stock
from sandbox.github.workflows.triggers import starts
from sandbox.github.world import World

log = logging.getLogger(__name__)
AT_ONCE = 50
"""Events taken in one transaction."""


def take_events(db: Database, world: World) -> None:
    """Make the runs of every event that nobody took yet."""
    for event in db.all("SELECT * FROM events WHERE taken_at IS NULL ORDER BY id LIMIT ?", AT_ONCE):
        db.update("events", event["id"], taken_at=now())
        try:
            _take(db, world, event)
        except Exception:
            # One event that nothing can be made of must not hold up all others.
            log.exception("event %s (%s) started nothing", event["id"], event["event"])


def _take(db: Database, world: World, event: Row) -> None:
    repository = db.one("SELECT * FROM repositories WHERE id = ?", event["repository_id"])
    if repository is None or repository["fork_of"] or not (DEFAULTS | load(repository["actions"]))["enabled"]:
        return  # GitHub leaves Actions off in forks until somebody wants them there
    site = Site(db, world, repository)
    if event["event"] == "push":
        take_stock(db, world, repository)
    place = place_of(site, event)
    if place is None:
        return
    happening = happening_of(site, event)
    chosen = load(event["payload"]).get("workflow") if event["event"] in ("workflow_dispatch", "schedule") else None
    for path, text in files(world, repository, place.sha).items():
        if chosen and path != chosen:
            continue
        beginning = Beginning(site, event, place)
        try:
            workflow = read(path, text)
        except InvalidWorkflowError as error:
            if event["event"] in ("push", "workflow_dispatch"):
                beginning.fail(path, text, str(error))
            continue
        if starts(workflow, happening):
            beginning.begin(workflow, text)


@dataclass(frozen=True)
class Beginning:
    """A run that is being made."""

    site: Site
    event: Row
    place: Place

    def begin(self, workflow: Workflow, text: str) -> None:
        """Queue a run of ``workflow``, unless it is switched off."""
        row = record(self.site.db, self.site.repository, workflow.path, text)
        if row["state"] != "active":
            return
        run = self._insert(row, text)
        try:
            self._check(workflow)
            self._name(run, workflow)
            group, cancels = self._concurrency(run, workflow)
        except (ExpressionError, InvalidWorkflowError) as error:
            queue.fail(self.site, run, str(error))
            return
        tell.run(self.site, run, "requested")
        queue.enter(self.site, run, group, cancels=cancels)

    def fail(self, path: str, text: str, problem: str) -> None:
        """Record a run that failed because its file is no workflow."""
        row = record(self.site.db, self.site.repository, path, text)
        if row["state"] == "active":
            queue.fail(self.site, self._insert(row, text), problem)

    def _check(self, workflow: Workflow) -> None:
        if found := objections(self.site.db, self.site.repository, workflow):
            raise InvalidWorkflowError("\n".join(found))

    def _insert(self, workflow: Row, text: str) -> Row:
        number = workflow["runs"] + 1
        self.site.db.update("workflows", workflow["id"], runs=number)
        payload, moment, place = load(self.event["payload"]), now(), self.place
        run_id = self.site.db.insert(
            "workflow_runs",
            repository_id=self.site.repository["id"],
            workflow_id=workflow["id"],
            number=number,
            event=self.event["event"],
            title=place.title or workflow["name"],
            source=text,
            payload=self.event["payload"],
            ref=place.ref,
            sha=place.sha,
            head_branch=place.head_branch,
            head_sha=place.head_sha,
            from_fork=place.from_fork,
            actor_id=payload["sender"]["id"],
            triggering_actor_id=payload["sender"]["id"],
            status="queued",
            created_at=moment,
            started_at=moment,
            updated_at=moment,
        )
        tell.begun(self.site, run_id)
        return queue.run_row(self.site.db, run_id)

    def _scope(self, run: Row, workflow: Workflow) -> Scope:
        return Scope(
            {
                "github": contexts.github(self.site, run),
                "inputs": contexts.inputs(workflow, load(run["payload"])),
                "vars": contexts.variables(self.site),
            }
        )

    def _name(self, run: Row, workflow: Workflow) -> None:
        if template := workflow.document.get("run-name"):
            self.site.db.update(
                "workflow_runs", run["id"], title=interpolate(str(template), self._scope(run, workflow))
            )

    def _concurrency(self, run: Row, workflow: Workflow) -> tuple[str | None, bool]:
        return queue.group_of(workflow.document.get("concurrency"), self._scope(run, workflow))
