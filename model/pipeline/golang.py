"""The pipeline of a Go repository: lint, test, known vulnerabilities, code analysis, and its images."""

from collections.abc import Mapping

from pydantic import Field

from model.base import Model
from model.pipeline import images
from model.pipeline.actions import Actions
from model.pipeline.images import Images, Surroundings
from model.pipeline.workflow import Concurrency, Event, Job, Permission, Step, Trigger, Workflow

PATH = ".github/workflows/openim-cicd.yml"
OWN_ACTIONS = {
    "actions/checkout",
    "actions/setup-go",
    "github/codeql-action",
    "golang/govulncheck-action",
    "golangci/golangci-lint-action",
}
ACTIONS = tuple(sorted(OWN_ACTIONS | set(images.ACTIONS)))
"""What the table of actions must hold for these pipelines."""

READ = Permission("contents", "read", "check the code out")


class Tools(Model):
    """Versions of what the jobs run."""

    golangci_lint: str = Field(pattern=r"^v[0-9]+\.[0-9]+\.[0-9]+$")
    crane: str = Field(pattern=r"^v[0-9]+\.[0-9]+\.[0-9]+$")
    """Copies images to mirrors; a runner that has one on its PATH uses that."""


class Pipeline(Model):
    """What ``estate/pipelines.yaml`` says of one pipeline."""

    branches: tuple[str, ...] = Field(min_length=1)
    """Branch patterns whose pushes and pull requests are checked."""
    test_packages: str = "./..."
    """Go package pattern of the tests; default all."""
    images: Images | None = None
    """Default: none are built."""


def workflow(name: str, pipeline: Pipeline, tools: Tools, actions: Actions, infrastructure: str) -> Workflow:
    """The workflow of ``pipeline``; ``infrastructure`` names the repository that is told of new images."""
    checks = [
        _lint(tools, actions),
        _test(pipeline, actions),
        _vulnerabilities(actions),
        _analysis(actions),
    ]
    jobs = [*checks, *_images(pipeline, tuple(job.id for job in checks), tools, actions, infrastructure)]
    return Workflow(
        "CI",
        PATH,
        f"openim-cicd, estate/pipelines.yaml: pipelines.{name}",
        (Trigger(Event.push, pipeline.branches), Trigger(Event.pull_request, pipeline.branches)),
        tuple(jobs),
        Concurrency(
            # A newer push makes a pull request's run worthless; a branch's images are all wanted.
            "${{ github.workflow }}-${{ github.ref }}-${{ github.event_name == 'push' && github.sha || 'newest' }}",
            cancel=True,
        ),
    )


def _images(
    pipeline: Pipeline, needs: tuple[str, ...], tools: Tools, actions: Actions, infrastructure: str
) -> tuple[Job, ...]:
    if pipeline.images is None:
        return ()
    return images.jobs(pipeline.images, Surroundings(needs, tools.crane, infrastructure, actions))


def _checkout(actions: Actions, history: bool = False) -> Step:
    inputs: Mapping[str, bool | int] = {"persist-credentials": False} | ({"fetch-depth": 0} if history else {})
    return Step("Check out", actions.use("actions/checkout"), inputs=inputs)


def _go(actions: Actions) -> Step:
    # No cache: what a pull request leaves in it would reach the runs of the branches.
    return Step("Set up Go", actions.use("actions/setup-go"), inputs={"go-version-file": "go.mod", "cache": False})


def _lint(tools: Tools, actions: Actions) -> Job:
    # Only new findings, so that the check can be required where old code has some; no configuration, since
    # the repositories hold configurations of golangci-lint 1, which version 2 refuses.
    linter = Step(
        "Lint what changed",
        actions.use("golangci/golangci-lint-action"),
        inputs={"version": tools.golangci_lint, "only-new-issues": True, "args": "--no-config", "skip-cache": True},
    )
    permissions = (READ, Permission("pull-requests", "read", "find what a pull request changes"))
    return Job("lint", "Lint", (_checkout(actions, history=True), _go(actions), linter), 20, permissions)


def _test(pipeline: Pipeline, actions: Actions) -> Job:
    test = Step(
        "Test for failures and data races",
        run='go test -race -short "$PACKAGES"',
        environment={"PACKAGES": pipeline.test_packages},
    )
    return Job("test", "Test", (_checkout(actions), _go(actions), test), 30, (READ,))


def _vulnerabilities(actions: Actions) -> Job:
    check = Step(
        "Look for known vulnerabilities",
        actions.use("golang/govulncheck-action"),
        # The code is checked out already, without credentials; see _go for the cache.
        inputs={"repo-checkout": False, "go-version-file": "go.mod", "cache": False},
    )
    return Job("vulnerabilities", "Vulnerabilities", (_checkout(actions), check), 20, (READ,))


def _analysis(actions: Actions) -> Job:
    steps = (
        _checkout(actions),
        _go(actions),
        Step("Prepare the analysis", actions.use("github/codeql-action/init"), inputs={"languages": "go"}),
        Step("Analyse", actions.use("github/codeql-action/analyze")),
    )
    permissions = (READ, Permission("security-events", "write", "report findings to code scanning"))
    return Job("analysis", "Analysis", steps, 45, permissions)
