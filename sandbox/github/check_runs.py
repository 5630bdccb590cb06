"""Check runs: reported and changed by Apps alone, read by everybody. Left out: images and actions of the output."""

from typing import Any, Literal

from pydantic import Field, model_validator

from sandbox.github import check_views, checks, find
from sandbox.github.accounts import Role
from sandbox.github.apps import APPS, App
from sandbox.github.calls import Answer, Body, Call, Routes
from sandbox.github.commits import commit_of
from sandbox.github.errors import forbidden, not_found
from sandbox.github.events import sender
from sandbox.github.pagination import page
from sandbox.github.store import Row, dump, load, now

routes = Routes()

LONGEST = 65_535
"""Characters of a summary, and of a text."""
MOST_ANNOTATIONS = 50
"""In one request."""
PATH = "/repos/{owner}/{repo}/check-runs"

Status = Literal["queued", "in_progress", "completed"]
Conclusion = Literal["action_required", "cancelled", "failure", "neutral", "success", "skipped", "timed_out"]


class Annotation(Body):
    """A remark on some lines of a file."""

    path: str
    start_line: int
    end_line: int
    annotation_level: Literal["notice", "warning", "failure"]
    message: str = Field(max_length=64 * 1024)
    start_column: int | None = None
    end_column: int | None = None
    title: str | None = Field(default=None, max_length=255)
    raw_details: str | None = Field(default=None, max_length=64 * 1024)


class Output(Body):
    """What people read of a check run."""

    refused = frozenset({"images"})

    title: str | None = None
    summary: str = Field(max_length=LONGEST)
    text: str | None = Field(default=None, max_length=LONGEST)
    annotations: list[Annotation] = Field(default_factory=list, max_length=MOST_ANNOTATIONS)


class Report(Body):
    """What POST and PATCH of a check run have in common."""

    refused = frozenset({"actions"})

    details_url: str | None = Field(default=None, pattern=r"^https?://\S+$")
    external_id: str | None = None
    status: Status | None = None
    started_at: str | None = None
    conclusion: Conclusion | None = None
    completed_at: str | None = None
    output: Output | None = None

    @model_validator(mode="after")
    def _is_ended_or_not(self) -> "Report":
        if self.status == "completed" and self.conclusion is None:
            raise ValueError("conclusion is needed with the status completed")
        return self

    def columns(self) -> dict[str, object]:
        """The table's columns, as far as they were written; a conclusion completes the run."""
        given = self.given()
        names = ("details_url", "external_id", "status", "started_at", "conclusion", "completed_at")
        found: dict[str, object] = {name: given[name] for name in names if given.get(name) is not None}
        if self.conclusion or self.completed_at:
            found |= {"status": "completed", "completed_at": self.completed_at or now()}
        elif self.status:
            found |= {"conclusion": None, "completed_at": None}
        if self.output:
            found["output"] = dump(self.output.model_dump(include={"title", "summary", "text"}))
        return found


class NewRun(Report):
    """POST a check run."""

    name: str = Field(min_length=1)
    head_sha: str
    output: Output | None = None

    @model_validator(mode="after")
    def _has_a_title(self) -> "NewRun":
        if self.output is not None and self.output.title is None:
            raise ValueError("output.title is needed")
        return self


class RunChange(Report):
    """PATCH a check run."""

    name: str | None = Field(default=None, min_length=1)


def _app(call: Call) -> App:
    """The App that calls.

    Raises:
        RefusalError: 403, somebody else does.
    """
    if call.actor.app_id is None:
        raise forbidden("You must authenticate via a GitHub App.")
    return APPS[call.actor.app_id]


@routes.add("POST", PATH)
def create_run(call: Call) -> Answer:
    """A new report, of an App only."""
    repository = find.writable(call, Role.WRITE)
    app = _app(call)
    body = call.body(NewRun, "CheckRun")
    sha = commit_of(call, repository, body.head_sha)
    columns = body.columns() | {"annotations": dump(_annotations(body))}
    row = _reporter(call, repository).begin(app, body.name, sha, columns=columns)
    return Answer(check_views.run(call.world, call.db, repository, row), 201)


def _reporter(call: Call, repository: Row) -> checks.Reporter:
    return checks.Reporter(call.db, call.world, repository, sender(call.db, call.world, call.actor)["sender"])


def _annotations(body: Report) -> list[dict[str, Any]]:
    return [each.model_dump() for each in body.output.annotations] if body.output else []


@routes.add("PATCH", PATH + "/{run_id:int}")
def update_run(call: Call) -> Answer:
    """More of a report, by the App that made it; annotations are added to those that are there."""
    repository = find.writable(call, Role.WRITE)
    app, row = _app(call), _run(call, repository)
    if app.id != row["app_id"]:
        raise forbidden(
            f"Invalid app_id `{app.id}` - check run can only be modified by the GitHub App that created it."
        )
    body = call.body(RunChange, "CheckRun")
    columns = body.columns() | ({"name": body.name} if body.name else {})
    columns["annotations"] = dump([*load(row["annotations"]), *_annotations(body)])
    changed = _reporter(call, repository).change(row, columns)
    return Answer(check_views.run(call.world, call.db, repository, changed))


@routes.add("GET", PATH + "/{run_id:int}")
def get_run(call: Call) -> Answer:
    """One check run."""
    repository = find.repository(call)
    return Answer(check_views.run(call.world, call.db, repository, _run(call, repository)))


@routes.add("GET", PATH + "/{run_id:int}/annotations")
def list_annotations(call: Call) -> Answer:
    """In the order of their arrival."""
    repository = find.repository(call)
    row = _run(call, repository)
    blob = f"{call.world.base}/{repository['full_name']}/blob/{row['head_sha']}"
    return page(call, [each | {"blob_href": f"{blob}/{each['path']}"} for each in load(row["annotations"])])


@routes.add("GET", "/repos/{owner}/{repo}/commits/{ref:path}/check-runs")
def list_runs_of_ref(call: Call) -> Answer:
    """Those of a commit, branch or tag; the latest of each name unless all are asked for."""
    repository = find.repository(call)
    sha = commit_of(call, repository, call.parameters["ref"])
    sql = "SELECT * FROM check_runs WHERE repository_id = ? AND head_sha = ? ORDER BY id DESC"
    every = call.query.get("filter") == "all"
    number = repository["id"]
    return shown(call, repository, call.db.all(sql, number, sha) if every else checks.latest_runs(call.db, number, sha))


@routes.add("GET", "/repos/{owner}/{repo}/check-suites/{suite_id:int}/check-runs")
def list_runs_of_suite(call: Call) -> Answer:
    """Those of one suite; the latest of each name unless all are asked for."""
    repository = find.repository(call)
    sql = "SELECT * FROM check_runs WHERE repository_id = ? AND suite_id = ? ORDER BY id DESC"
    rows = call.db.all(sql, repository["id"], call.parameters["suite_id"])
    latest = {row["name"]: row for row in reversed(rows)}
    return shown(call, repository, rows if call.query.get("filter") == "all" else list(latest.values()))


def shown(call: Call, repository: Row, rows: list[Row]) -> Answer:
    """A page of check runs, narrowed down by the query."""
    query = call.query
    wanted = [
        check_views.run(call.world, call.db, repository, row)
        for row in rows
        if query.get("check_name", row["name"]) == row["name"]
        and query.get("status", row["status"]) == row["status"]
        and query.get("app_id", str(row["app_id"])) == str(row["app_id"])
    ]
    return page(call, wanted, "check_runs")


def _run(call: Call, repository: Row) -> Row:
    row = checks.by_id(call.db, int(call.parameters["run_id"]))
    if not row or row["repository_id"] != repository["id"]:
        raise not_found()
    return row
