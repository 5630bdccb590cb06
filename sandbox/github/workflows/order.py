"""A job as a runner gets it: one workflow of one job in which everything known is put in, and what it runs with."""

import math
from dataclasses import dataclass
from typing import Any

from sandbox.github.actions_permissions import DEFAULTS
from sandbox.github.actions_secrets import open_all
from sandbox.github.expressions import Scope, fold, resolve
from sandbox.github.scopes import Scope as Place
from sandbox.github.store import Row, dump, load
from sandbox.github.workflows import contexts
from sandbox.github.workflows.document import Document
from sandbox.github.workflows.permissions import Permissions, granted
from sandbox.github.workflows.progress import Progress

LABEL = "sandbox"
"""The one label that the runner serves; which labels a job asked for stands in its row."""
USUAL_MINUTES = 360


@dataclass(frozen=True)
class Order:
    """One job that is about to run."""

    progress: Progress
    job: Row

    def permissions(self) -> Permissions:
        """What its token may do."""
        settings = DEFAULTS | load(self.progress.site.repository["actions"])
        return granted(
            self.progress.workflow.document,
            self._written,
            default=settings["workflow"]["default_workflow_permissions"],
            from_fork=bool(self.progress.run["from_fork"]),
        )

    def document(self, token: str) -> dict[str, Any]:
        """All that the runner needs to know."""
        job, run = self._written, self.progress.run
        known = self._known
        github = known["github"]
        environment = job.get("environment")
        url = environment.get("url", "") if isinstance(environment, dict) else ""
        return {
            "job": self.job["id"],
            "run": run["id"],
            "key": self.job["key"],
            "name": self.job["name"],
            "workflow": dump(self._workflow()),
            "outputs": fold(dict(job.get("outputs") or {}), known),
            "environment_url": fold(url, known),
            "event": {"name": run["event"], "payload": load(run["payload"])},
            "github": {name: value for name, value in github.items() if isinstance(value, str)},
            "secrets": self._secrets() | {"GITHUB_TOKEN": token},
            "minutes": self._minutes(),
        }

    @property
    def _written(self) -> Document:
        return self.progress.workflow.jobs[self.job["key"]]

    @property
    def _known(self) -> dict[str, Any]:
        progress, strategy = self.progress, self._written.get("strategy") or {}
        siblings = progress.jobs(self.job["key"])
        environment = self.job["environment_id"]
        return {
            **progress.known,
            "needs": progress.needs_of(self._written),
            "matrix": load(self.job["matrix"]),
            "vars": contexts.variables(progress.site, environment),
            "strategy": {
                "fail-fast": strategy.get("fail-fast", True),
                "job-index": [row["id"] for row in siblings].index(self.job["id"]),
                "job-total": len(siblings),
                "max-parallel": strategy.get("max-parallel", len(siblings)),
            },
        }

    def _workflow(self) -> Document:
        whole, job = self.progress.workflow.document, self._written
        kept = {name: job[name] for name in ("env", "defaults", "steps") if name in job}
        body = {"name": self.job["name"], "runs-on": LABEL} | fold(kept, self._known)
        top = fold({name: whole[name] for name in ("env", "defaults") if name in whole}, self._known)
        name = self.progress.workflow.name
        return {"name": name, "on": self.progress.run["event"], **top, "jobs": {self.job["key"]: body}}

    def _secrets(self) -> dict[str, str]:
        """The repository's, and the environment's over them; a fork gets none."""
        if self.progress.run["from_fork"]:
            return {}
        places = [0, *([self.job["environment_id"]] if self.job["environment_id"] else [])]
        found: dict[str, str] = {}
        for place in places:
            found |= open_all(self.progress.site.db, Place(self.progress.site.repository, place))
        return found

    def _minutes(self) -> float:
        limit = resolve(self._written.get("timeout-minutes", USUAL_MINUTES), Scope(self._known))
        is_number = isinstance(limit, int | float) and not isinstance(limit, bool) and math.isfinite(limit)
        return float(limit) if is_number and limit > 0 else float(USUAL_MINUTES)
