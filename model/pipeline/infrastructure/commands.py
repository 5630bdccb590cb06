"""People's words: a tester's comment, a freeze. The command reads the comment itself; only its number goes in."""

from model.pipeline.infrastructure.common import (
    GITHUB,
    MACHINE,
    READ,
    SIGNING,
    TOKEN,
    Frame,
    machine_key,
    queue,
    registry,
)
from model.pipeline.workflow import Event, Input, Job, Step, Trigger, Workflow

PATH = ".github/workflows/commands.yml"
RIGHTS = {"contents": "write", "issues": "write", "members": "read"}
SAFE = "zizmor: ignore[dangerous-triggers] only the branch's own code runs, and only the comment's number goes in"
WORDS = "contains(github.event.comment.body, '/test')"


def make(frame: Frame) -> Workflow:
    """``commands.yml``."""
    stages = tuple(stage.name for stage in frame.stages)
    asked = (
        Input("command", "What to do", ("freeze", "thaw", "break-glass")),
        Input("stage", "Where", stages),
        Input("reason", "Why; it is recorded", default="-"),
        Input("fingerprint", "What break-glass lets past", default="-"),
    )
    return Workflow(
        "Commands",
        PATH,
        frame.origin,
        (Trigger(Event.issue_comment, types=("created",), remark=SAFE), Trigger(Event.workflow_dispatch, inputs=asked)),
        (_record(frame), _freeze(frame)),
    )


def _record(frame: Frame) -> Job:
    record = Step(
        "Record the comment",
        run='openim-cicd record --comment "$COMMENT"',
        environment=GITHUB
        | SIGNING
        | registry()
        | {"COMMENT": "${{ github.event.comment.id }}", "GITHUB_TOKEN": TOKEN},
    )
    return _job("record", record, frame, Event.issue_comment, WORDS)


def _freeze(frame: Frame) -> Job:
    freeze = Step(
        "Freeze, thaw, or break the glass",
        run=(
            'openim-cicd record --command "$COMMAND" --stage "$STAGE" --reason "$REASON" --actor "$ACTOR" '
            '--fingerprint "$FINGERPRINT"'
        ),
        environment=GITHUB
        | SIGNING
        | registry()
        | {
            "COMMAND": "${{ inputs.command }}",
            "STAGE": "${{ inputs.stage }}",
            "REASON": "${{ inputs.reason }}",
            "ACTOR": "${{ github.actor }}",
            "FINGERPRINT": "${{ inputs.fingerprint }}",
            "GITHUB_TOKEN": TOKEN,
        },
    )
    return _job("freeze", freeze, frame, Event.workflow_dispatch)


def _job(name: str, step: Step, frame: Frame, event: Event, condition: str = "") -> Job:
    checkout = frame.checkout(history=True, newest=True)
    return Job(
        name,
        name.capitalize(),
        (checkout, *frame.prepare, frame.app_token(RIGHTS), machine_key(), step),
        10,
        (READ,),
        event,
        condition=condition,
        environment=MACHINE,
        # Each run has a comment of its own, and a group drops what waits: none is shared.
        concurrency=queue(f"{name}-${{{{ github.run_id }}}}"),
    )
