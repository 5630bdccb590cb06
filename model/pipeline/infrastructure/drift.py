"""Whether what runs is still what is declared: one issue for each stage where it is not."""

from model.pipeline.infrastructure.common import PREVIEW, READ, Frame, Stage, kubeconfig, queue, settings
from model.pipeline.workflow import Event, Job, Permission, Step, Trigger, Workflow

PATH = ".github/workflows/drift.yml"


def make(frame: Frame) -> Workflow:
    """``drift.yml``."""
    return Workflow(
        "Drift",
        PATH,
        frame.origin,
        (Trigger(Event.schedule, crons=(frame.pipeline.drift,)), Trigger(Event.workflow_dispatch)),
        tuple(_drift(stage, frame) for stage in frame.stages),
        queue("${{ github.workflow }}"),
    )


def _drift(stage: Stage, frame: Frame) -> Job:
    saved = "${{ runner.temp }}/drift.json"
    look = Step(
        "Look",
        run=f'openim-cicd drift {stage.name} --save "$SAVED"',
        environment=settings(stage) | {"SAVED": saved, "GITHUB_TOKEN": "${{ secrets.READER_TOKEN || github.token }}"},
    )
    issue = Step(
        "Tell",
        run=f'openim-cicd drift {stage.name} --json "$SAVED" --issue',
        environment={
            "SAVED": saved,
            "GITHUB_BASE_URL": "${{ github.api_url }}/",
            "GITHUB_OWNER": "${{ github.repository_owner }}",
            "GITHUB_TOKEN": "${{ github.token }}",
        },
        # What differs fails the step before.
        condition="!cancelled()",
    )
    return Job(
        f"drift-{stage.name}",
        f"Drift {stage.name}",
        (frame.checkout(newest=True), *frame.prepare, *kubeconfig(stage, stage.reader_secret), look, issue),
        30,
        (READ, Permission("issues", "write", "open or close the stage's issue")),
        environment=PREVIEW,
    )
