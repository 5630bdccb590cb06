"""A workflow as the text of an Actions file: the same input gives the same bytes."""

from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.scalarstring import LiteralScalarString

from model.pipeline.workflow import Event, Job, Step, Workflow

RUNNER = "ubuntu-24.04"
"""A fixed image: ``ubuntu-latest`` changes under a workflow."""
LINE = 4096
"""Longer than any line here, so that none is folded."""


def render(workflow: Workflow) -> str:
    """The file's text."""
    yaml = YAML()
    yaml.width = LINE
    yaml.indent(mapping=2, sequence=4, offset=2)
    stream = StringIO()
    yaml.dump(_workflow(workflow), stream)
    header = f"# Declared in {workflow.origin}, which overwrites changes made here.\n"
    return header + stream.getvalue()


def _workflow(workflow: Workflow) -> CommentedMap:
    return CommentedMap(
        {
            "name": workflow.name,
            "on": {event.value: {"branches": list(workflow.branches)} for event in Event},
            "permissions": {},
            "concurrency": {
                # A newer push makes a pull request's run worthless; a branch's images are all wanted.
                "group": "${{ github.workflow }}-${{ github.ref }}-"
                "${{ github.event_name == 'push' && github.sha || 'newest' }}",
                "cancel-in-progress": True,
            },
            "defaults": {"run": {"shell": "bash"}},
            "jobs": {job.id: _job(job) for job in workflow.jobs},
        }
    )


def _job(job: Job) -> dict[str, Any]:
    body: dict[str, Any] = {"name": job.name}
    if job.only_on:
        body["if"] = f"github.event_name == '{job.only_on.value}'"
    if job.needs:
        body["needs"] = list(job.needs)
    if job.environment:
        body["environment"] = job.environment
    body |= {"runs-on": RUNNER, "timeout-minutes": job.timeout_minutes, "permissions": _permissions(job)}
    if job.matrix:
        body["strategy"] = {"fail-fast": False, "matrix": {"include": [dict(one) for one in job.matrix]}}
    if job.outputs:
        body["outputs"] = dict(job.outputs)
    return body | {"steps": [_step(step) for step in job.steps]}


def _permissions(job: Job) -> CommentedMap:
    permissions = CommentedMap()
    for permission in job.permissions:
        permissions[permission.scope] = permission.level
        permissions.yaml_add_eol_comment(permission.reason, permission.scope, column=0)
    return permissions


def _step(step: Step) -> CommentedMap:
    body = CommentedMap({"name": step.name})
    if step.id:
        body["id"] = step.id
    if step.uses:
        body["uses"] = step.uses.reference
        body.yaml_add_eol_comment(step.uses.action.version, "uses", column=0)
    if step.environment:
        body["env"] = dict(step.environment)
    if step.inputs:
        body["with"] = {key: _scalar(value) for key, value in step.inputs.items()}
    if step.run:
        body["run"] = _scalar(step.run)
    return body


def _scalar(value: str | int | bool) -> str | int | bool:
    return LiteralScalarString(value) if isinstance(value, str) and "\n" in value else value
