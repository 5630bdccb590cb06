"""A pull request: which stages it would change, and one comment for each with what would happen there.

A fork's pull request gets no credentials, so it is only told which stages it would change.
"""

from model.pipeline.infrastructure.common import (
    PREVIEW,
    READ,
    Frame,
    Stage,
    kubeconfig,
    settings,
)
from model.pipeline.workflow import Concurrency, Event, Job, Permission, Step, Trigger, Workflow

PATH = ".github/workflows/preview.yml"
OURS = "github.event.pull_request.head.repo.full_name == github.repository"
SAVED = "${{ runner.temp }}/preview.json"
BASE = "${{ github.event.pull_request.base.sha }}"


def make(frame: Frame) -> Workflow:
    """``preview.yml``."""
    jobs = (_stages(frame), *(_preview(stage, frame) for stage in frame.stages))
    number = "${{ github.event.pull_request.number }}"
    return Workflow(
        "Preview",
        PATH,
        frame.origin,
        (Trigger(Event.pull_request, (frame.pipeline.branch,)),),
        jobs,
        Concurrency(f"${{{{ github.workflow }}}}-{number}", cancel=True),
    )


def _stages(frame: Frame) -> Job:
    find = Step(
        "Find the stages that change",
        id="stages",
        run='openim-cicd stages --since "$BASE" >> "$GITHUB_OUTPUT"',
        environment={"BASE": BASE},
    )
    steps = (frame.checkout(history=True), *frame.prepare, find)
    return Job("stages", "Stages", steps, 10, (READ,), outputs={"stages": "${{ steps.stages.outputs.stages }}"})


def _preview(stage: Stage, frame: Frame) -> Job:
    """Two steps: the pull request's own code runs in the first, which has no right to write."""
    preview = Step(
        "Preview",
        run=f'openim-cicd diff {stage.name} --save "$SAVED"',
        environment=settings(stage) | {"SAVED": SAVED, "GITHUB_TOKEN": "${{ secrets.READER_TOKEN || github.token }}"},
    )
    comment = Step(
        "Comment",
        run=f'openim-cicd diff {stage.name} --json "$SAVED" --comment "$PULL_REQUEST"',
        environment={
            "SAVED": SAVED,
            "PULL_REQUEST": "${{ github.event.pull_request.number }}",
            "GITHUB_BASE_URL": "${{ github.api_url }}/",
            "GITHUB_TOKEN": "${{ github.token }}",
        },
        # A preview that failed is told of, too.
        condition="!cancelled()",
    )
    return Job(
        f"preview-{stage.name}",
        f"Preview {stage.name}",
        (frame.checkout(), *frame.prepare, *kubeconfig(stage, stage.reader_secret), preview, comment),
        20,
        (READ, Permission("pull-requests", "write", "comment on the pull request")),
        needs=("stages",),
        condition=f"{OURS} && contains(needs.stages.outputs.stages, '\"{stage.name}\"')",
        environment=PREVIEW,
    )
