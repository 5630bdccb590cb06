"""New images: assemble the release and commit it, which deploys it where it is new."""

from model.pipeline.infrastructure.common import EVERYWHERE, GITHUB, MACHINE, READ, TOKEN, Frame, queue, registry
from model.pipeline.workflow import Event, Job, Step, Trigger, Workflow

PATH = ".github/workflows/release.yml"
RIGHTS = {"checks": "read", "contents": "write", "pull-requests": "read", "statuses": "read"}


def make(frame: Frame) -> Workflow:
    """``release.yml``."""
    create = Step(
        "Create the release",
        run="openim-cicd release create",
        environment=GITHUB | registry() | {"GITHUB_TOKEN": TOKEN},
    )
    steps = (
        frame.checkout(history=True, newest=True),
        *frame.prepare,
        frame.app_token(RIGHTS, EVERYWHERE | {"repositories": ",".join(frame.repositories)}),
        create,
    )
    return Workflow(
        "Release",
        PATH,
        frame.origin,
        (Trigger(Event.workflow_dispatch), Trigger(Event.schedule, crons=(frame.pipeline.release,))),
        (Job("release", "Release", steps, 15, (READ,), environment=MACHINE),),
        queue("${{ github.workflow }}"),
    )
