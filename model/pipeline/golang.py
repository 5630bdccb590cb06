"""The pipeline of a Go repository: lint, test, known vulnerabilities, code analysis, and images.

Deliberately not in it: tags of images. Images are pushed by digest, and a release names digests.
"""

from collections.abc import Mapping

from pydantic import Field

from model.base import Model
from model.names import DnsLabel, ImagePath
from model.pipeline.actions import Actions
from model.pipeline.workflow import Event, Job, Permission, Step, Workflow

REGISTRY_ENVIRONMENT = "registry"
"""Environment that holds the push credentials; only the pipeline's own branches get at it."""
PATH = ".github/workflows/openim-cicd.yml"
ACTIONS = (
    "actions/checkout",
    "actions/download-artifact",
    "actions/setup-go",
    "actions/upload-artifact",
    "docker/build-push-action",
    "docker/login-action",
    "docker/setup-buildx-action",
    "docker/setup-qemu-action",
    "github/codeql-action",
    "golangci/golangci-lint-action",
)
"""What the table of actions must hold for these pipelines."""

GATHER = """\
python3 - >> "$GITHUB_OUTPUT" <<'PYTHON'
import json, pathlib
digests = {path.name: path.read_text().strip() for path in sorted(pathlib.Path("digests").iterdir())}
pathlib.Path("images.json").write_text(json.dumps(digests))
print(f"images={json.dumps(digests)}")
PYTHON
"""

READ = Permission("contents", "read", "check the code out")


class Tools(Model):
    """Versions of what the jobs run."""

    golangci_lint: str = Field(pattern=r"^v[0-9]+\.[0-9]+\.[0-9]+$")
    govulncheck: str = Field(pattern=r"^v[0-9]+\.[0-9]+\.[0-9]+$")


class Image(Model):
    """An image that the repository builds."""

    name: DnsLabel
    arguments: dict[str, str] = Field(default_factory=dict)
    """Build arguments; they are public."""


class Images(Model):
    """How the repository's images are built."""

    path: ImagePath
    """Where they stand in the registry: an image is ``<registry>/<path>/<name>``."""
    dockerfile: str = "Dockerfile"
    platforms: tuple[str, ...] = ("linux/amd64", "linux/arm64")
    images: tuple[Image, ...] = Field(min_length=1)


class Pipeline(Model):
    """What ``estate/pipelines.yaml`` says of one pipeline."""

    branches: tuple[str, ...] = Field(min_length=1)
    """Branch patterns whose pushes and pull requests are checked."""
    test_packages: str = "./..."
    """Go package pattern of the tests; default all."""
    images: Images | None = None
    """Default: none are built."""


def workflow(name: str, pipeline: Pipeline, tools: Tools, actions: Actions) -> Workflow:
    """The workflow of ``pipeline``."""
    jobs = [
        _lint(tools, actions),
        _test(pipeline, actions),
        _vulnerabilities(tools, actions),
        _analysis(actions),
    ]
    if pipeline.images:
        needs = tuple(job.id for job in jobs)
        jobs += [_image(pipeline.images, needs, actions), _digests(actions)]
    origin = f"openim-cicd, estate/pipelines.yaml: pipelines.{name}"
    return Workflow("CI", PATH, origin, pipeline.branches, tuple(jobs))


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


def _vulnerabilities(tools: Tools, actions: Actions) -> Job:
    check = Step(
        "Look for known vulnerabilities",
        run='go run "golang.org/x/vuln/cmd/govulncheck@$VERSION" ./...',
        environment={"VERSION": tools.govulncheck},
    )
    return Job("vulnerabilities", "Vulnerabilities", (_checkout(actions), _go(actions), check), 20, (READ,))


def _analysis(actions: Actions) -> Job:
    steps = (
        _checkout(actions),
        _go(actions),
        Step("Prepare the analysis", actions.use("github/codeql-action/init"), inputs={"languages": "go"}),
        Step("Analyse", actions.use("github/codeql-action/analyze")),
    )
    permissions = (READ, Permission("security-events", "write", "report findings to code scanning"))
    return Job("analysis", "Analysis", steps, 45, permissions)


def _image(images: Images, needs: tuple[str, ...], actions: Actions) -> Job:
    """One run for each image. Only pushes: a fork's pull request gets no credentials."""
    login = Step(
        "Log in to the registry",
        actions.use("docker/login-action"),
        inputs={
            "registry": "${{ vars.REGISTRY }}",
            "username": "${{ secrets.DOCKER_USERNAME }}",
            "password": "${{ secrets.DOCKER_PASSWORD }}",
        },
    )
    steps = (
        _checkout(actions),
        Step("Set up emulation", actions.use("docker/setup-qemu-action")),
        Step("Set up the builder", actions.use("docker/setup-buildx-action")),
        login,
        _build(images, actions),
        Step(
            "Note the digest",
            run='mkdir digests\necho "$DIGEST" > "digests/$IMAGE"\n',
            environment={"IMAGE": "${{ matrix.image }}", "DIGEST": "${{ steps.build.outputs.digest }}"},
        ),
        Step(
            "Hand the digest on",
            actions.use("actions/upload-artifact"),
            inputs={"name": "digest-${{ matrix.image }}", "path": "digests", "retention-days": 7},
        ),
    )
    matrix = tuple({"image": image.name, "arguments": _arguments(image)} for image in images.images)
    return Job(
        "image",
        "Image ${{ matrix.image }}",
        steps,
        60,
        (READ,),
        Event.push,
        needs,
        matrix,
        environment=REGISTRY_ENVIRONMENT,
    )


def _arguments(image: Image) -> str:
    return "\n".join(f"{key}={value}" for key, value in sorted(image.arguments.items()))


def _build(images: Images, actions: Actions) -> Step:
    name = f"${{{{ vars.REGISTRY }}}}/{images.path}/${{{{ matrix.image }}}}"
    labels = {
        "source": "${{ github.server_url }}/${{ github.repository }}",
        "revision": "${{ github.sha }}",
        "title": "${{ matrix.image }}",
    }
    return Step(
        "Build and push by digest",
        actions.use("docker/build-push-action"),
        id="build",
        inputs={
            "context": ".",
            "file": images.dockerfile,
            "platforms": ",".join(images.platforms),
            "build-args": "${{ matrix.arguments }}",
            "labels": "\n".join(f"org.opencontainers.image.{key}={value}" for key, value in labels.items()),
            "outputs": f"type=image,name={name},push-by-digest=true,name-canonical=true,push=true",
            "provenance": "mode=max",
        },
    )


def _digests(actions: Actions) -> Job:
    """What the run built, as one JSON object: image to digest."""
    steps = (
        Step(
            "Take the digests",
            actions.use("actions/download-artifact"),
            inputs={"pattern": "digest-*", "path": "digests", "merge-multiple": True},
        ),
        Step(
            "Gather them",
            id="gather",
            run=GATHER,
        ),
        Step(
            "Keep them",
            actions.use("actions/upload-artifact"),
            inputs={"name": "images", "path": "images.json", "retention-days": 90},
        ),
    )
    outputs = {"images": "${{ steps.gather.outputs.images }}"}
    return Job("digests", "Digests", steps, 5, only_on=Event.push, needs=("image",), outputs=outputs)
