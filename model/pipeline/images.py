"""The images of a repository: built once, pushed by digest, reported as a check, copied to mirrors, announced.

Deliberately not in it: tags. Images are pushed by digest, and a release names digests. Nor does a job that builds
somebody's code hold the right to write checks.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import Field

from model.base import Model
from model.names import DnsLabel, ImagePath
from model.pipeline import scripts
from model.pipeline.actions import Actions
from model.pipeline.workflow import Event, Job, Permission, Step

REGISTRY_ENVIRONMENT = "registry"
"""Environment that holds the push credentials; only the pipeline's own branches get at it."""
HOST_VARIABLE = "REGISTRY"
USERNAME_SECRET = "DOCKER_USERNAME"  # noqa: S105 a secret's name
PASSWORD_SECRET = "DOCKER_PASSWORD"  # noqa: S105 a secret's name
DISPATCH_SECRET = "DISPATCH_TOKEN"  # noqa: S105 a secret's name
SUBJECT_HOST = f"vars.{HOST_VARIABLE} == 'docker.io' && 'index.docker.io' || vars.{HOST_VARIABLE}"
"""How the attesting action calls Docker Hub (its README, "Container Image")."""
CHECK = "Images"
"""The check whose text holds the digests; whoever assembles a release reads it."""
MIRROR = "mirror-"
"""How the ids of jobs that copy begin; the mirror's name follows."""
ANNOUNCED = "release.yml"
"""The infrastructure repository's workflow that takes new images up."""
ACTIONS = (
    "actions/attest-build-provenance",
    "actions/checkout",
    "actions/setup-go",
    "actions/upload-artifact",
    "docker/bake-action",
    "docker/login-action",
    "docker/setup-buildx-action",
    "docker/setup-qemu-action",
)


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
    mirrors: tuple[DnsLabel, ...] = ()
    """Registries that get the same digests, by the names of the stack's ``registry.mirrors``; default none."""
    images: tuple[Image, ...] = Field(min_length=1)


@dataclass(frozen=True)
class Surroundings:
    """What the jobs depend on."""

    needs: tuple[str, ...]
    """Jobs that must have passed."""
    crane: str
    """Version of the tool that copies."""
    infrastructure: str
    """Name of the repository that is told."""
    actions: Actions


def jobs(images: Images, surroundings: Surroundings) -> tuple[Job, ...]:
    """From the build on. Only pushes: a fork's pull request gets no credentials."""
    return (
        _build(images, surroundings),
        _attest(images, surroundings.actions),
        _report(images),
        *(_mirror(mirror, images, surroundings) for mirror in images.mirrors),
        _announce(surroundings),
    )


def mirror_variable(mirror: str) -> str:
    """The variable with the mirror's address; its secrets are this with ``_USERNAME`` and ``_PASSWORD``."""
    return f"{HOST_VARIABLE}_{mirror.upper().replace('-', '_')}"


def definition(images: Images) -> str:
    """The build as JSON; the run adds what only it knows: registry, source and revision."""
    data = {
        "path": images.path,
        "dockerfile": images.dockerfile,
        "platforms": list(images.platforms),
        "images": {image.name: dict(sorted(image.arguments.items())) for image in images.images},
    }
    return json.dumps(data, indent=1) + "\n"


def _build(images: Images, surroundings: Surroundings) -> Job:
    actions = surroundings.actions
    steps = (
        Step("Check out", actions.use("actions/checkout"), inputs={"persist-credentials": False}),
        Step("Set up emulation", actions.use("docker/setup-qemu-action")),
        Step("Set up the builder", actions.use("docker/setup-buildx-action")),
        Step("Log in to the registry", actions.use("docker/login-action"), inputs=_login()),
        _definition(images),
        _bake(actions),
        Step("Take the digests", id="digests", run=scripts.DIGESTS, environment=_built(images)),
        Step(
            "Keep them",
            actions.use("actions/upload-artifact"),
            inputs={"name": "images", "path": "images.json", "retention-days": 90},
        ),
    )
    return Job(
        "image",
        "Build images",
        steps,
        60,
        (Permission("contents", "read", "check the code out"),),
        Event.push,
        surroundings.needs,
        outputs={"images": "${{ steps.digests.outputs.images }}"},
        environment=REGISTRY_ENVIRONMENT,
    )


def _login() -> Mapping[str, str]:
    return {
        "registry": f"${{{{ vars.{HOST_VARIABLE} }}}}",
        "username": f"${{{{ secrets.{USERNAME_SECRET} }}}}",
        "password": f"${{{{ secrets.{PASSWORD_SECRET} }}}}",
    }


def _definition(images: Images) -> Step:
    return Step(
        "Define the build",
        run=scripts.DEFINE,
        environment={
            "IMAGES": definition(images),
            "REGISTRY": f"${{{{ vars.{HOST_VARIABLE} }}}}",
            "SOURCE": "${{ github.server_url }}/${{ github.repository }}",
            "REVISION": "${{ github.sha }}",
        },
    )


def _bake(actions: Actions) -> Step:
    return Step(
        "Build all images once and push by digest",
        actions.use("docker/bake-action"),
        id="build",
        inputs={"source": ".", "files": "${{ runner.temp }}/bake.json", "provenance": "mode=max"},
        # Provenance goes to the registry; in the step's output it would outgrow an environment variable.
        environment={"BUILDX_METADATA_PROVENANCE": "disabled"},
    )


def _built(images: Images) -> Mapping[str, str]:
    return {
        "METADATA": "${{ steps.build.outputs.metadata }}",
        "NAMES": " ".join(image.name for image in images.images),
    }


def _attest(images: Images, actions: Actions) -> Job:
    """Say where each image comes from, in a job that runs nobody's code: GitHub and Sigstore vouch for this run."""
    login = Step("Log in to the registry", actions.use("docker/login-action"), inputs=_login())
    steps = [
        Step(
            f"Attest {image.name}",
            actions.use("actions/attest-build-provenance"),
            inputs={
                "subject-name": f"${{{{ {SUBJECT_HOST} }}}}/{images.path}/{image.name}",
                "subject-digest": f"${{{{ fromJSON(needs.image.outputs.images)['{image.name}'] }}}}",
                "push-to-registry": True,
                # It would ask for one more right, and the registry holds the word already.
                "create-storage-record": False,
                "show-summary": False,
            },
        )
        for image in images.images
    ]
    permissions = (
        Permission("attestations", "write", "keep what was attested"),
        Permission("id-token", "write", "let GitHub and Sigstore vouch for this run"),
    )
    return Job(
        "attest",
        "Attest images",
        (login, *steps),
        15,
        permissions,
        Event.push,
        ("image",),
        environment=REGISTRY_ENVIRONMENT,
    )


def _report(images: Images) -> Job:
    step = Step(
        "Say what was built",
        run=scripts.REPORT,
        environment={
            "IMAGES": "${{ needs.image.outputs.images }}",
            "REGISTRY": f"${{{{ vars.{HOST_VARIABLE} }}}}",
            "IMAGE_PATH": images.path,
            "CHECK": CHECK,
            "GITHUB_TOKEN": "${{ github.token }}",
        },
    )
    permissions = (Permission("checks", "write", f"report the digests as the check {CHECK}"),)
    return Job("report", "Report images", (step,), 5, permissions, Event.push, ("image", "attest"))


def _mirror(mirror: str, images: Images, surroundings: Surroundings) -> Job:
    variable = mirror_variable(mirror)
    copy = Step(
        "Copy every digest",
        run=scripts.MIRROR,
        environment={
            "CRANE": surroundings.crane,
            "IMAGES": "${{ needs.image.outputs.images }}",
            "FROM": f"${{{{ vars.{HOST_VARIABLE} }}}}/{images.path}",
            "FROM_USERNAME": f"${{{{ secrets.{USERNAME_SECRET} }}}}",
            "FROM_PASSWORD": f"${{{{ secrets.{PASSWORD_SECRET} }}}}",
            "TO": f"${{{{ vars.{variable} }}}}",
            "TO_USERNAME": f"${{{{ secrets.{variable}_USERNAME }}}}",
            "TO_PASSWORD": f"${{{{ secrets.{variable}_PASSWORD }}}}",
        },
    )
    go: dict[str, Any] = {"go-version": "stable", "cache": False}
    steps = (Step("Set up Go", surroundings.actions.use("actions/setup-go"), inputs=go), copy)
    return Job(
        f"{MIRROR}{mirror}",
        f"Mirror to {mirror}",
        steps,
        30,
        only_on=Event.push,
        needs=("image",),
        environment=REGISTRY_ENVIRONMENT,
    )


def _announce(surroundings: Surroundings) -> Job:
    """A mirror's trouble delays no release, so this does not wait for them."""
    step = Step(
        "Start a release",
        run=scripts.ANNOUNCE,
        environment={
            "REPOSITORY": f"${{{{ github.repository_owner }}}}/{surroundings.infrastructure}",
            "WORKFLOW": ANNOUNCED,
            "DISPATCH_TOKEN": f"${{{{ secrets.{DISPATCH_SECRET} }}}}",
        },
    )
    return Job(
        "announce",
        "Announce",
        (step,),
        5,
        only_on=Event.push,
        needs=("report",),
        environment=REGISTRY_ENVIRONMENT,
    )
