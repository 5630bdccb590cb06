"""What is merged is deployed: one job for each stage, behind that stage's environment, one after the other."""

from model.pipeline.infrastructure.common import (
    EVERYWHERE,
    KUBECONFIG,
    READ,
    SIGNING,
    TOKEN,
    Frame,
    Stage,
    kubeconfig,
    machine_key,
    queue,
    settings,
)
from model.pipeline.workflow import Event, Input, Job, Step, Trigger, Workflow

PATH = ".github/workflows/deploy.yml"
RECORDS = ("ledger/**", "approvals/**", ".github/workflows/**", ".github/CODEOWNERS")
"""What the machine itself commits; it changes nothing that runs."""
RIGHTS = {"actions": "read", "checks": "read", "contents": "write", "issues": "write", "pull-requests": "read"}
ORGANIZATION_RIGHTS = RIGHTS | {
    "actions": "write",
    "administration": "write",
    "environments": "write",
    "members": "write",
    "organization-administration": "read",
    "repository-hooks": "write",
    "secrets": "write",
    "actions-variables": "write",
    "workflows": "write",
}
"""For the stage that declares the organisation."""


def make(frame: Frame) -> Workflow:
    """``deploy.yml``."""
    names = tuple(stage.name for stage in frame.stages)
    asked = Input("stage", "Which stage to deploy", names)
    jobs = [_stages(frame)]
    for position, stage in enumerate(frame.stages):
        jobs.append(_deploy(stage, names[:position], frame))
    push = Trigger(Event.push, (frame.pipeline.branch,), RECORDS)
    return Workflow(
        "Deploy", PATH, frame.origin, (push, Trigger(Event.workflow_dispatch, inputs=(asked,))), tuple(jobs)
    )


def _stages(frame: Frame) -> Job:
    find = Step(
        "Find the stages that change",
        id="stages",
        run='openim-cicd stages ${ASKED:+--only "$ASKED"} --since "$BEFORE" >> "$GITHUB_OUTPUT"',
        environment={"ASKED": "${{ inputs.stage }}", "BEFORE": "${{ github.event.before }}"},
    )
    steps = (frame.checkout(history=True), *frame.prepare, find)
    return Job(
        "stages",
        "Stages",
        steps,
        10,
        (READ,),
        outputs={"stages": "${{ steps.stages.outputs.stages }}"},
        concurrency=queue("stages-${{ github.run_id }}"),
    )


def _deploy(stage: Stage, earlier: tuple[str, ...], frame: Frame) -> Job:
    """After the earlier stages, whether they had anything to do or not; what each may do its own gate decides."""
    deploy = Step(
        "Deploy",
        run=f"openim-cicd deploy {stage.name}",
        environment=settings(stage) | {"GITHUB_TOKEN": TOKEN} | SIGNING,
    )
    keep = Step(
        "Keep the status page",
        frame.actions.use("actions/upload-artifact"),
        inputs={"name": f"status-{stage.name}", "path": "status.html", "if-no-files-found": "ignore"},
        condition="always()",
    )
    return Job(
        stage.name,
        f"Deploy {stage.name}",
        (
            frame.checkout(history=True, newest=True),
            *frame.prepare,
            _become(stage, frame),
            *kubeconfig(stage, KUBECONFIG),
            machine_key(),
            deploy,
            keep,
        ),
        60,
        (READ,),
        needs=("stages", *earlier),
        condition=f"!cancelled() && contains(needs.stages.outputs.stages, '\"{stage.name}\"')",
        environment=stage.name,
        concurrency=queue(f"deploy-{stage.name}"),
    )


def _become(stage: Stage, frame: Frame) -> Step:
    if "GITHUB_OWNER" in stage.variables:
        return frame.app_token(ORGANIZATION_RIGHTS, EVERYWHERE)
    return frame.app_token(RIGHTS)
