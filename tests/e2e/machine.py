"""A copy of the checkout with a sandbox of its own, driven by the commands that a user types."""

import json
import os
import shlex
import shutil
import ssl
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from kubernetes import client, config

STACKS = ("shared", "staging", "prod")
PATIENCE = 1800


@dataclass(frozen=True)
class Done:
    """What a finished command left."""

    code: int
    text: str
    """Standard output and error, as a user sees them."""


@dataclass
class Machine:
    """A checkout whose demo has run."""

    root: Path
    variables: dict[str, str] = field(default_factory=dict)
    demo: Done = field(default_factory=lambda: Done(-1, ""))

    def run(self, command: str, **environment: str) -> Done:
        """Run one command line in the sandbox's shell, as a user types it."""
        return run(shlex.split(command), self.root, {**self.variables, **environment})

    def start(self, command: str, **more: str) -> "subprocess.Popen[str]":
        """As ``run``, for commands that are interrupted before they end."""
        environment = {**base_environment(), **self.variables, **more}
        return subprocess.Popen(
            shlex.split(command),
            cwd=self.root,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def succeed(self, command: str, **environment: str) -> str:
        """As ``run``, for commands that must not fail."""
        done = self.run(command, **environment)
        assert done.code == 0, f"{command}:\n{done.text}"
        return done.text

    def state(self, stack: str) -> dict[str, Any]:
        """The stack's deployment, secrets encrypted."""
        done = subprocess.run(
            ["pulumi", "stack", "export", "-s", stack],
            cwd=self.root,
            env={**base_environment(), **self.variables},
            capture_output=True,
            text=True,
            check=True,
            timeout=PATIENCE,
        )
        return dict(json.loads(done.stdout)["deployment"])

    def kubectl(self, stage: str) -> "Cluster":
        """The objects of a cluster, as its deployer sees them."""
        return Cluster(self.variables[f"KUBECONFIG_{stage.upper()}"])


@dataclass(frozen=True)
class Cluster:
    """A cluster through its own API."""

    kubeconfig: str

    def items(self, path: str) -> list[dict[str, Any]]:
        """The objects under an API path, e.g. ``/apis/apps/v1/namespaces/openim/deployments``."""
        return list(self._call("GET", path).raise_for_status().json()["items"])

    def set_image(self, deployment: str, image: str) -> httpx.Response:
        """What ``kubectl set image`` sends, for the container that is named like its Deployment."""
        pod = {"containers": [{"name": deployment, "image": image}]}
        path = f"/apis/apps/v1/namespaces/openim/deployments/{deployment}?fieldManager=kubectl-set"
        return self._call("PATCH", path, json={"spec": {"template": {"spec": pod}}})

    def _call(self, method: str, path: str, **body: Any) -> httpx.Response:
        settings = client.Configuration()
        config.load_kube_config(self.kubeconfig, client_configuration=settings)
        headers = {"Authorization": settings.get_api_key_with_prefix("BearerToken")}
        if method == "PATCH":
            headers["Content-Type"] = "application/strategic-merge-patch+json"
        trust = ssl.create_default_context(cafile=settings.ssl_ca_cert)
        return httpx.request(method, settings.host + path, headers=headers, verify=trust, **body)


def base_environment() -> dict[str, str]:
    """What a user's shell has anyway; nothing of an outer sandbox."""
    names = ("PATH", "HOME", "LANG", "TERM", "XDG_CACHE_HOME", "OPENIM_CICD_CACHE", "GOCACHE", "GOMODCACHE", "GOPROXY")
    return {name: os.environ[name] for name in names if name in os.environ}


def run(argv: list[str], folder: Path, environment: Mapping[str, str]) -> Done:
    """Run ``argv`` in ``folder``."""
    done = subprocess.run(
        argv,
        cwd=folder,
        env={**base_environment(), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return Done(done.returncode, done.stdout)


def copy_of(root: Path, target: Path) -> Path:
    """The files that git knows or would know, as a repository of its own that shares the Python environment."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        capture_output=True,
        check=True,
    ).stdout.decode()
    for name in filter(None, listed.split("\0")):
        if (root / name).exists():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, target / name)
    (target / ".venv").symlink_to(root / ".venv")
    identity = ["-c", "user.name=Test", "-c", "user.email=test@example.org"]
    for arguments in (["init", "-q"], ["add", "-A"], [*identity, "commit", "-qm", "Copy"]):
        subprocess.run(["git", *arguments], cwd=target, check=True, capture_output=True)
    return target


def exported(text: str) -> dict[str, str]:
    """The variables of `make -s env`, as a shell would read them."""
    lines = [shlex.split(line) for line in text.splitlines() if line.startswith("export ")]
    return dict(words[1].split("=", 1) for words in lines)
