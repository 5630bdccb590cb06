"""What the infrastructure repository's workflows share: environments, credentials, the first steps of every job."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import Field

from model.base import Model
from model.pipeline.actions import Actions
from model.pipeline.workflow import Concurrency, Permission, Scalar, Step

MACHINE = "machine"
"""Environment of the jobs that write releases and records down, and reach no cluster."""
PREVIEW = "preview"
"""Environment of the jobs that only look; whoever may push a branch here can use what it holds."""
PREVIEWED = "refs/pull/*/merge"
"""The ref that a pull request's run has (GitHub documentation: events that trigger workflows)."""
ACTIONS = (
    "actions/checkout",
    "actions/create-github-app-token",
    "actions/setup-python",
    "actions/upload-artifact",
    "pulumi/actions",
)
"""What the table of actions must hold for these workflows."""
SECRET = re.compile(r"(^|_)(USERNAME|PASSWORD|TOKEN|KEY)$")
KUBECONFIG = "KUBECONFIG"
KUBECONFIG_FILE = "${{ runner.temp }}/kubeconfig"
MACHINE_KEY = "MACHINE_KEY"
"""The secret with the key that the machine signs records with."""
MACHINE_KEY_FILE = "${{ runner.temp }}/machine-key"
SIGNING = {"OPENIM_CICD_MACHINE_KEY": MACHINE_KEY_FILE}
"""Lets a command sign what it records; the file is empty where the organisation has set no key."""
APP_SECRETS = {"app-id": "DEPLOYER_APP_ID", "private-key": "DEPLOYER_PRIVATE_KEY"}
CRON = r"^(\S+ ){4}\S+$"
READ = Permission("contents", "read", "check the code out")


class Tools(Model):
    """Versions of what the jobs run."""

    python: str = Field(pattern=r"^[0-9]+\.[0-9]+$")
    pulumi: str = Field(pattern=r"^[0-9]+\.[0-9]+\.[0-9]+$")


class Pipeline(Model):
    """What ``estate/pipelines.yaml`` says of the infrastructure repository's workflows."""

    branch: str = "main"
    """The branch that is deployed; releases and records are committed to it."""
    release: str = Field(default="7,22,37,52 * * * *", pattern=CRON)
    """When to look for images whose announcement was missed, UTC."""
    tools: Tools
    drift: str = Field(default="41 2 * * *", pattern=CRON)
    """When to compare every stage with what really runs, UTC."""


@dataclass(frozen=True)
class Stage:
    """A stage as its jobs see it."""

    name: str
    variables: tuple[str, ...] = ()
    """Environment variables that its settings name, sorted."""

    @property
    def kubeconfig(self) -> str:
        """The variable that holds the path of its cluster's kubeconfig; empty where it has no cluster."""
        return next((name for name in self.variables if name.startswith(f"{KUBECONFIG}_")), "")

    @property
    def reader_secret(self) -> str:
        """The secret of the environment ``preview`` that holds a kubeconfig for looking at it."""
        return f"{KUBECONFIG}_{self.name.upper().replace('-', '_')}"


@dataclass(frozen=True)
class Frame:
    """What every workflow is made from."""

    origin: str
    pipeline: Pipeline
    stages: tuple[Stage, ...]
    """In the order in which they are deployed."""
    repositories: tuple[str, ...]
    """Those that a release is made from, and the infrastructure repository."""
    actions: Actions

    @property
    def prepare(self) -> tuple[Step, ...]:
        """Python, the engine, and this project with its locked dependencies."""
        tools = self.pipeline.tools
        return (
            Step("Set up Python", self.actions.use("actions/setup-python"), inputs={"python-version": tools.python}),
            # Without a command it only installs.
            Step("Set up Pulumi", self.actions.use("pulumi/actions"), inputs={"pulumi-version": tools.pulumi}),
            Step("Install the project", run=".ci/install"),
        )

    def checkout(self, *, history: bool = False, newest: bool = False) -> Step:
        """The code without credentials: commands that push take their token from the environment.

        ``history`` brings all commits, ``newest`` what the branch holds when the job begins, not what started it.
        """
        inputs: dict[str, Scalar] = {"persist-credentials": False}
        if newest:
            inputs["ref"] = self.pipeline.branch
        if history:
            inputs["fetch-depth"] = 0
        return Step("Check out", self.actions.use("actions/checkout"), inputs=inputs)

    def app_token(self, permissions: Mapping[str, str], where: Mapping[str, str] | None = None) -> Step:
        """A token of the deployer's App, for as long as the job; for this repository unless ``where`` widens it."""
        secrets = {key: f"${{{{ secrets.{name} }}}}" for key, name in APP_SECRETS.items()}
        rights = {f"permission-{scope}": level for scope, level in sorted(permissions.items())}
        return Step(
            "Become the machine",
            self.actions.use("actions/create-github-app-token"),
            id="machine",
            inputs={**secrets, **(where or {}), **rights},
            remarks={"owner": WIDE} if where == EVERYWHERE else {},
        )


EVERYWHERE = {"owner": "${{ github.repository_owner }}"}
"""Widens a token to every repository of the organisation."""
WIDE = "zizmor: ignore[github-app] also for repositories that this very run makes"
TOKEN = "${{ steps.machine.outputs.token }}"  # noqa: S105 an expression
"""What ``app_token`` hands on."""


def kubeconfig(stage: Stage, secret: str) -> tuple[Step, ...]:
    """The secret's content as a file that only the runner's user reads; nothing where the stage has no cluster."""
    if not stage.kubeconfig:
        return ()
    return (_kept("Take the cluster's credentials", secret, KUBECONFIG_FILE),)


def machine_key() -> Step:
    """The machine's key as a file that only the runner's user reads."""
    return _kept("Take the machine's key", MACHINE_KEY, MACHINE_KEY_FILE)


def _kept(name: str, secret: str, file: str) -> Step:
    script = 'umask 077\nprintf "%s\\n" "$CONTENT" > "$FILE"\n'
    return Step(name, run=script, environment={"CONTENT": f"${{{{ secrets.{secret} }}}}", "FILE": file})


def settings(stage: Stage) -> dict[str, str]:
    """The environment variables that a stage's settings and the engine need."""
    return {name: _value(name) for name in stage.variables} | ENGINE


def registry() -> dict[str, str]:
    """The registry, for commands that look images up."""
    return {name: _value(name) for name in ("REGISTRY", "REGISTRY_USERNAME", "REGISTRY_PASSWORD")}


def _value(name: str) -> str:
    if name == "GITHUB_OWNER":
        return "${{ github.repository_owner }}"
    if name.startswith(f"{KUBECONFIG}_"):
        return KUBECONFIG_FILE
    return f"${{{{ secrets.{name} }}}}" if SECRET.search(name) else f"${{{{ vars.{name} }}}}"


GITHUB = {"GITHUB_BASE_URL": "${{ github.api_url }}/", "GITHUB_OWNER": "${{ github.repository_owner }}"}
ENGINE = GITHUB | {
    "PULUMI_BACKEND_URL": "${{ vars.PULUMI_BACKEND_URL }}",
    "PULUMI_CONFIG_PASSPHRASE": "${{ secrets.PULUMI_PASSPHRASE }}",
    # The salt stands in the state; committed stack files hold none.
    "PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER": "true",
    "PULUMI_SKIP_UPDATE_CHECK": "true",
}


def queue(group: str) -> Concurrency:
    """One after the other; what has begun is never cut off."""
    return Concurrency(group, cancel=False)
