"""One job: its folder, act's command line, and what it hands back."""

import json
import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.runner.actions import replacements
from sandbox.runner.client import Order
from sandbox.runner.output import HIDDEN
from sandbox.runner.processes import MARK

URL = "environment_url"
HANDED_ON = ("LANG", "SSL_CERT_FILE", "http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
"""What of the runner's own environment a job sees."""


@dataclass(frozen=True)
class Job:
    """A job in a folder of its own, which holds its secrets and goes away with it."""

    order: Order
    folder: Path
    mark: str
    act: Path
    extra: Mapping[str, str]
    """Environment that the sandbox gives to every job."""

    def prepare(self) -> None:
        """Write what act reads."""
        for name in ("home", "empty", "cache"):
            (self.folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        self._write("workflow.yml", json.dumps(self.workflow))
        self._write("event.json", json.dumps(self.order["event"]["payload"]))
        self._write("secrets.yml", json.dumps(self.order["secrets"]))

    @property
    def workflow(self) -> dict[str, Any]:
        """The workflow with a last step that hands on the outputs."""
        document: dict[str, Any] = json.loads(self.order["workflow"])
        document["jobs"][self.order["key"]]["steps"].append(self._handing_on())
        return document

    @property
    def steps(self) -> list[dict[str, Any]]:
        """The steps as they were written."""
        return list(json.loads(self.order["workflow"])["jobs"][self.order["key"]]["steps"])

    @property
    def argv(self) -> list[str]:
        """Act's command line; no secret stands in it.

        Raises:
            UnknownActionError: an action has no replacement.
        """
        github = self.order["github"]
        options = {
            "-W": self.folder / "workflow.yml",
            "-C": self.folder / "empty",
            "-j": self.order["key"],
            "-P": "sandbox=-self-hosted",
            "-e": self.folder / "event.json",
            "--secret-file": self.folder / "secrets.yml",
            "--action-cache-path": self.folder / "cache",
            "--actor": github["actor"],
        }
        switches = ["--json", "--no-skip-checkout", "--no-cache-server", "--rm", "--use-new-action-cache"]
        local = [f"--local-repository={each}" for each in replacements(self.steps, github["repository_owner"])]
        told = [f"--env={name}={value}" for name, value in self._told().items()]
        pairs = [str(word) for option in options.items() for word in option]
        return [str(self.act), self.order["event"]["name"], *pairs, *switches, *local, *told]

    @property
    def environment(self) -> dict[str, str]:
        """What act and the steps see of the outside."""
        own = {name: value for name in HANDED_ON if (value := os.environ.get(name))}
        quiet = {"TERM": "dumb", "NO_COLOR": "1", "DOCKER_HOST": "unix:///nonexistent", "GIT_TERMINAL_PROMPT": "0",
                 "PAGER": "cat"}  # fmt: skip
        return {**own, **quiet, **self.extra, "HOME": str(self.folder / "home"), MARK: self.mark}

    def outputs(self) -> dict[str, str]:
        """What the last step handed on; an output that holds a secret is dropped, as on GitHub."""
        if not self._handed.exists():
            return {}
        words = self._handed.read_text(errors="replace").split("\0")[:-1]
        secrets = [value for value in self.order["secrets"].values() if value]
        pairs = zip(words[::2], words[1::2], strict=True)
        return {name: value for name, value in pairs if not any(secret in value for secret in secrets)}

    def _told(self) -> dict[str, str]:
        github = self.order["github"]
        named = {f"GITHUB_{name.upper()}": value for name, value in github.items() if name != "repositoryUrl"}
        # act takes the commit from a variable of its own.
        return {**named, "SHA_REF": github["sha"], MARK: self.mark, "RUNNER_NAME": "sandbox",
                "RUNNER_ENVIRONMENT": "self-hosted"}  # fmt: skip

    @property
    def _handed(self) -> Path:
        return self.folder / "outputs"

    def _handing_on(self) -> dict[str, Any]:
        handed = {**self.order["outputs"], URL: self.order["environment_url"]}
        lines = [f"printf '%s\\0%s\\0' {shlex.quote(name)} \"$OUTPUT_{place}\"" for place, name in enumerate(handed)]
        return {
            "id": HIDDEN,
            "name": "Hand the outputs on",
            "if": "always()",
            "shell": "bash",
            "working-directory": "/",
            "env": {f"OUTPUT_{place}": str(value) for place, value in enumerate(handed.values())},
            "run": f"{{ {'; '.join(lines)}; }} > {shlex.quote(str(self._handed))}",
        }

    def _write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_text(text)
