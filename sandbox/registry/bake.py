"""``python -m sandbox.registry.bake``: what the stand-in of docker/bake-action runs.

Each target becomes a real OCI image of the architectures that it asks for, pushed by digest. The program in it is the
sandbox's; labels, behaviour and existence are the Dockerfile's. The same commit gives the same digests.
"""

import base64
import json
import os
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from sandbox.registry.catalogue import CURRENT, specs
from sandbox.registry.client import Push, RegistryClient
from sandbox.registry.dockerfile import DockerfileError, read
from sandbox.registry.images import PORTS, USER
from sandbox.registry.oci import Image, image
from sandbox.registry.program import ARCHITECTURES, sleeper

TITLE = "org.opencontainers.image.title"
REFUSED = ("set", "call", "sbom")
"""Inputs that would change the build and do not here."""


class BakeError(Exception):
    """A build that cannot be done; the text says why."""


@dataclass(frozen=True)
class Target:
    """One image to build, as the definition says."""

    name: str
    definition: Mapping[str, Any]

    @property
    def output(self) -> dict[str, str]:
        """Its one output, e.g. type, name and push-by-digest.

        Raises:
            BakeError: it is not an image pushed by digest.
        """
        listed = self.definition.get("output") or []
        facts = dict(part.split("=", 1) for part in ",".join(listed).split(",") if "=" in part)
        pushed = facts.get("push-by-digest") == "true" and facts.get("push") == "true"
        if len(listed) != 1 or facts.get("type") != "image" or not pushed or "/" not in facts.get("name", ""):
            raise BakeError(f"target {self.name}: output must be one image that is pushed by digest, not {listed}")
        return facts

    @property
    def architectures(self) -> list[str]:
        """Those it is built for.

        Raises:
            BakeError: one that has no program here.
        """
        wanted = [str(each) for each in self.definition.get("platforms") or ["linux/amd64"]]
        known = {f"linux/{each}": each for each in ARCHITECTURES}
        if unknown := [each for each in wanted if each not in known]:
            raise BakeError(f"target {self.name}: no program for {unknown}; known: {sorted(known)}")
        return [known[each] for each in wanted]

    def build(self, source: Path) -> Image:
        """The image.

        Raises:
            BakeError: what it needs is not there.
        """
        title = self.labels(source).get(TITLE) or self.output["name"].rpartition("/")[2]
        path = f"/app/{title}"
        programs = {architecture: sleeper(architecture) for architecture in self.architectures}
        labels = _ports(title) | self.labels(source)
        ports = [port.partition("/")[0] for port in labels.get(PORTS, "").split(",") if port]
        exposed: dict[str, Any] = {f"{port}/tcp": {} for port in ports}
        shown = {name: value for name, value in labels.items() if value}
        config = {"User": USER, "Entrypoint": [path], "WorkingDir": "/", "ExposedPorts": exposed, "Labels": shown}
        return image(programs, path, config)

    def labels(self, source: Path) -> dict[str, str]:
        """The Dockerfile's, and the definition's over them."""
        context = source / self.definition.get("context", ".")
        file = context / self.definition.get("dockerfile", "Dockerfile")
        if not file.is_file():
            raise BakeError(f"target {self.name}: failed to read dockerfile: open {file}: no such file or directory")
        arguments = {name: str(value) for name, value in (self.definition.get("args") or {}).items()}
        if (command := arguments.get("CMD_PATH")) and not (context / command).is_dir():
            raise BakeError(f"target {self.name}: stat {context / command}: directory not found")
        try:
            found = read(file.read_text(), arguments, context).labels
        except DockerfileError as error:
            raise BakeError(f"target {self.name}: {file}: {error}") from None
        return found | {name: str(value) for name, value in (self.definition.get("labels") or {}).items()}


def _ports(title: str) -> dict[str, str]:
    """Where the service listens, which a program that only sleeps cannot tell."""
    return next(({PORTS: ",".join(spec.ports)} for spec in specs(CURRENT) if spec.name == title), {})


def targets(inputs: Mapping[str, str], source: Path) -> list[Target]:
    """What the definition files ask for.

    Raises:
        BakeError: they cannot be read, or ask for what is not done here.
    """
    if given := [name for name in REFUSED if inputs.get(name)]:
        raise BakeError(f"the inputs {given} are not supported by this stand-in of docker/bake-action")
    groups: dict[str, Any] = {}
    found: dict[str, Any] = {}
    for name in re.split(r"[,\n]", inputs["files"]):
        try:
            document = json.loads((source / name.strip()).read_text())
        except (OSError, ValueError) as error:
            raise BakeError(f"{name.strip()} is no definition in JSON: {error}") from None
        groups |= document.get("group") or {}
        found |= document.get("target") or {}
    wanted = re.findall(r"[\w.-]+", inputs.get("targets", "")) or ["default"]
    chosen = dict.fromkeys(each for name in wanted for each in (groups.get(name) or {"targets": [name]})["targets"])
    if unknown := [name for name in chosen if name not in found]:
        raise BakeError(f"failed to find target {unknown}; known: {sorted(found)}")
    return [Target(name, found[name]) for name in chosen]


def bake(chosen: Iterable[Target], source: Path) -> dict[str, dict[str, str]]:
    """Build and push; the metadata of each target.

    Raises:
        BakeError: an image cannot be built, or a registry does not take it.
    """
    built = [(target, target.build(source)) for target in chosen]
    by_host: defaultdict[str, list[Push]] = defaultdict(list)
    for target, made in built:
        host, _, repository = target.output["name"].partition("/")
        by_host[host].append(Push(repository, made.digest, made))
    for host, pushes in by_host.items():
        _push(host, pushes)
    return {
        target.name: {"containerimage.digest": made.digest, "image.name": target.output["name"]}
        for target, made in built
    }


def _push(host: str, pushes: list[Push]) -> None:
    user, password = _account(host)
    try:
        with RegistryClient(host, user, password) as client:
            new = client.push_all(pushes)
    except httpx.HTTPError as error:
        raise BakeError(f"failed to push to {host}: {error}") from None
    print(f"{len(pushes)} images at {host}, {new} of them new")


def _account(host: str) -> tuple[str, str]:
    """The account that a login left behind."""
    folder = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")
    file = folder / "config.json"
    known = json.loads(file.read_text())["auths"] if file.exists() else {}
    if host not in known:
        raise BakeError(f"failed to authorize: nobody logged in to {host}")
    user, _, password = base64.b64decode(known[host]["auth"]).decode().partition(":")
    return user, password


def main() -> int:
    """Read the action's inputs, build, and write its outputs."""
    inputs = json.loads(os.environ["INPUTS"])
    print("stand-in of docker/bake-action: reads Dockerfiles, runs nothing of them; each image's program only sleeps")
    source = Path(inputs["workdir"]) / inputs["source"]
    try:
        metadata = bake(targets(inputs, source), source)
    except BakeError as error:
        print(f"::error::{error}")
        return 1
    for name, facts in metadata.items():
        print(f"{name} {facts['containerimage.digest']}")
    with Path(os.environ["GITHUB_OUTPUT"]).open("a") as output:
        output.write(f"metadata<<END_OF_METADATA\n{json.dumps(metadata, indent=1)}\nEND_OF_METADATA\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
