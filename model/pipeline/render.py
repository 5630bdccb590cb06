"""A workflow as the text of an Actions file: the same input gives the same bytes."""

from collections.abc import Sequence
from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.scalarstring import LiteralScalarString

from model.pipeline.workflow import Concurrency, Input, Job, Step, Trigger, Workflow

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
    body: dict[str, Any] = {
        "name": workflow.name,
        "on": _triggers(workflow.triggers),
        "permissions": {},
    }
    if workflow.concurrency:
        body["concurrency"] = _concurrency(workflow.concurrency)
    body |= {"defaults": {"run": {"shell": "bash"}}, "jobs": {job.id: _job(job) for job in workflow.jobs}}
    return CommentedMap(body)


def _triggers(triggers: Sequence[Trigger]) -> CommentedMap:
    body = CommentedMap({trigger.event.value: _trigger(trigger) for trigger in triggers})
    for trigger in triggers:
        if trigger.remark:
            body.yaml_add_eol_comment(trigger.remark, trigger.event.value, column=0)
    return body


def _trigger(trigger: Trigger) -> Any:
    if trigger.crons:
        return [{"cron": cron} for cron in trigger.crons]
    lists = {"types": trigger.types, "branches": trigger.branches, "paths-ignore": trigger.paths_ignore}
    body: dict[str, Any] = {key: list(values) for key, values in lists.items() if values}
    if trigger.inputs:
        body["inputs"] = {one.name: _input(one) for one in trigger.inputs}
    return body or None


def _input(asked: Input) -> dict[str, Any]:
    body: dict[str, Any] = {"description": asked.description, "required": asked.required}
    if asked.options:
        body |= {"type": "choice", "options": list(asked.options)}
    else:
        body["type"] = "string"
    return body | ({"default": asked.default} if asked.default else {})


def _concurrency(concurrency: Concurrency) -> dict[str, Any]:
    return {"group": concurrency.group, "cancel-in-progress": concurrency.cancel}


def _job(job: Job) -> dict[str, Any]:
    body: dict[str, Any] = {"name": job.name}
    if condition := _condition(job):
        body["if"] = condition
    if job.needs:
        body["needs"] = list(job.needs)
    if job.environment:
        body["environment"] = job.environment
    if job.concurrency:
        body["concurrency"] = _concurrency(job.concurrency)
    body |= {"runs-on": RUNNER, "timeout-minutes": job.timeout_minutes, "permissions": _permissions(job)}
    if job.variables:
        body["env"] = dict(job.variables)
    if job.matrix:
        body["strategy"] = {"fail-fast": False, "matrix": {"include": [dict(one) for one in job.matrix]}}
    if job.outputs:
        body["outputs"] = dict(job.outputs)
    return body | {"steps": [_step(step) for step in job.steps]}


def _condition(job: Job) -> str:
    event = f"github.event_name == '{job.only_on.value}'" if job.only_on else ""
    return " && ".join(part for part in (event, job.condition) if part)


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
    if step.condition:
        body["if"] = step.condition
    if step.uses:
        body["uses"] = step.uses.reference
        body.yaml_add_eol_comment(step.uses.action.version, "uses", column=0)
    if step.environment:
        body["env"] = {key: _scalar(value) for key, value in step.environment.items()}
    if step.inputs:
        inputs = CommentedMap({key: _scalar(value) for key, value in step.inputs.items()})
        for key, remark in step.remarks.items():
            inputs.yaml_add_eol_comment(remark, key, column=0)
        body["with"] = inputs
    if step.run:
        body["run"] = _scalar(step.run)
    return body


def _scalar(value: str | int | bool) -> str | int | bool:
    return LiteralScalarString(value) if isinstance(value, str) and "\n" in value else value
