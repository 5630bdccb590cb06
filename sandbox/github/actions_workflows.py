"""Workflows of a repository: list, read, start, switch on and off."""

from typing import Any

from pydantic import Field

from sandbox.github import actions_find, find, run_views
from sandbox.github.accounts import Role
from sandbox.github.calls import NO_CONTENT, Answer, Body, Call, Routes
from sandbox.github.errors import RefusalError
from sandbox.github.events import sender
from sandbox.github.pagination import page
from sandbox.github.store import Row, dump, now
from sandbox.github.workflows.document import Document, InvalidWorkflowError, read
from sandbox.github.workflows.sources import files, take_stock

routes = Routes()

ALL = "/repos/{owner}/{repo}/actions/workflows"
ONE = f"{ALL}/{{workflow}}"
MOST_INPUTS = 25


class Dispatch(Body):
    """POST a dispatch."""

    ref: str = Field(min_length=1)
    inputs: dict[str, Any] = Field(default_factory=dict, max_length=MOST_INPUTS)
    return_run_details: bool = False

    refused = frozenset({"return_run_details"})


@routes.add("GET", ALL)
def list_workflows(call: Call) -> Answer:
    """Those that stand on the default branch or ran."""
    repository = find.repository(call)
    rows = call.db.all("SELECT * FROM workflows WHERE repository_id = ? ORDER BY id", repository["id"])
    return page(call, [run_views.workflow(call.world, repository, row) for row in rows], wrap="workflows")


@routes.add("GET", ONE)
def get_workflow(call: Call) -> Answer:
    """By its id or its file's name."""
    repository = find.repository(call)
    return Answer(run_views.workflow(call.world, repository, actions_find.workflow(call, repository)))


@routes.add("PUT", f"{ONE}/enable")
def enable(call: Call) -> Answer:
    """Events start it again."""
    return _switch(call, "active")


@routes.add("PUT", f"{ONE}/disable")
def disable(call: Call) -> Answer:
    """Nothing starts it any more."""
    return _switch(call, "disabled_manually")


def _switch(call: Call, state: str) -> Answer:
    repository = find.writable(call, Role.WRITE)
    call.db.update("workflows", actions_find.workflow(call, repository)["id"], state=state, updated_at=now())
    return NO_CONTENT


@routes.add("POST", f"{ONE}/dispatches")
def dispatch(call: Call) -> Answer:
    """Start it by hand; the run follows in a moment."""
    repository = find.writable(call, Role.WRITE)
    take_stock(call.db, call.world, repository)
    workflow = actions_find.workflow(call, repository)
    if workflow["state"] != "active":
        raise RefusalError(422, "Cannot trigger a 'workflow_dispatch' on a disabled workflow")
    body = call.body(Dispatch, "WorkflowDispatch")
    ref = _ref(call, repository, body.ref)
    payload = {
        "inputs": _inputs(_declared(call, repository, workflow, ref), body.inputs),
        "ref": ref,
        "workflow": workflow["path"],
        "repository": {"full_name": repository["full_name"]},
        **sender(call.db, call.world, call.actor),
    }
    columns = {"event": "workflow_dispatch", "payload": dump(payload), "created_at": now()}
    call.db.insert("events", repository_id=repository["id"], **columns)
    return NO_CONTENT


def _ref(call: Call, repository: Row, named: str) -> str:
    candidates = [named] if named.startswith("refs/") else [f"refs/heads/{named}", f"refs/tags/{named}"]
    found = next((ref for ref in candidates if call.world.repositories.head(repository["git_name"], ref)), None)
    if found is None:
        raise RefusalError(422, f"No ref found for: {named}")
    return found


def _declared(call: Call, repository: Row, workflow: Row, ref: str) -> Document:
    """The inputs that the workflow declares at the ref."""
    commit = call.world.repositories.head(repository["git_name"], ref) or ""
    text = files(call.world, repository, commit).get(workflow["path"])
    if text is None:
        raise RefusalError(422, f"Workflow does not exist at {ref}: {workflow['path']}")
    try:
        triggers = read(workflow["path"], text).triggers
    except InvalidWorkflowError as error:
        raise RefusalError(422, f"failed to parse workflow: {error}") from None
    if "workflow_dispatch" not in triggers:
        raise RefusalError(422, "Workflow does not have 'workflow_dispatch' trigger")
    return dict(triggers["workflow_dispatch"].get("inputs") or {})


def _inputs(declared: Document, given: dict[str, Any]) -> dict[str, str]:
    """Every declared input as text, the given ones over the defaults."""
    if unexpected := sorted(set(given) - set(declared)):
        raise RefusalError(422, f"Unexpected inputs provided: {unexpected}")
    found: dict[str, str] = {}
    for name, facts in declared.items():
        value = given.get(name, (facts or {}).get("default"))
        if value is None and (facts or {}).get("required"):
            raise RefusalError(422, f"Required input '{name}' not provided")
        if options := (facts or {}).get("options"):
            _check_option(name, value, options)
        found[name] = _text(value)
    return found


def _check_option(name: str, value: Any, options: list[Any]) -> None:
    if value is not None and value not in options:
        raise RefusalError(422, f"Provided value '{value}' for input '{name}' not in the list of allowed values")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
