"""The infrastructure repository in the sandbox: published from the checkout, equipped as by an operator."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from cli import keyring
from cli.place import project_root, sandbox_root
from delivery.errors import Refused
from model.pipeline.infrastructure.common import MACHINE_KEY, SECRET
from sandbox.github import services as github
from sandbox.github.workflows import vouching
from sandbox.github.world import Places
from sandbox.infrastructure.clone import Clone, GitError
from sandbox.infrastructure.equip import Equipment, equip
from sandbox.infrastructure.publish import publish
from sandbox.kubernetes.cluster import clusters
from sandbox.layout import Layout
from sandbox.ports import Ports
from sandbox.sigstore.keys import keys
from sandbox.sigstore.trust import trusted_root

REPOSITORY = "openim-cicd"
APP_ID = "1"
PULL = ("REGISTRY", "REGISTRY_USERNAME", "REGISTRY_PASSWORD")
SHARED = (*PULL, "WEBHOOK_URL", "DISPATCH_TOKEN")
ORGANIZATION_PREFIX = "REGISTRY_"
"""Mirrors, which only the stack of the organisation knows."""


def clone_of(variables: Mapping[str, str]) -> Clone:
    """The working copy of the repository, in the sandbox's folder."""
    server = variables["GITHUB_BASE_URL"].removesuffix("/api/v3/")
    remote = f"{server}/{variables['GITHUB_OWNER']}/{REPOSITORY}.git"
    return Clone(sandbox_root() / "infrastructure", remote)


def bring_up_to_date(variables: Mapping[str, str]) -> Path:
    """Publish the checkout; returns the working copy.

    Raises:
        Refused: the checkout is no git repository, or the sandbox's GitHub refused.
    """
    clone = clone_of(variables)
    try:
        publish(project_root(), clone, variables["GITHUB_TOKEN"], _sections(variables))
    except GitError as error:
        raise Refused(f"the project cannot be published in the sandbox: {error}") from None
    return clone.folder


def _sections(variables: Mapping[str, str]) -> dict[str, dict[str, dict[str, Any]]]:
    """What only this sandbox's stages say: whose signatures count, and who vouches for images."""
    server = variables["GITHUB_BASE_URL"].removesuffix("/api/v3/")
    trusted = trusted_root(keys(_places().root / vouching.FOLDER))
    vouched = {"server": server, "issuer": vouching.issuer(server), "trustedRoot": trusted}
    return {file: {**one, "openim-cicd:provenance": vouched} for file, one in keyring.signing().items()}


def give_keys(variables: Mapping[str, str]) -> None:
    """Set what the repository's jobs need; until then none of them can make a release or deploy one."""
    address = f"{variables['GITHUB_BASE_URL']}repos/{variables['GITHUB_OWNER']}/{REPOSITORY}"
    equip(address, token("owner"), list(_equipment(variables)))


def token(name: str) -> str:
    """The token of one of the sandbox's people or Apps."""
    return _places().token(name).read_text().strip()


def _places() -> Places:
    return github.places(Layout(sandbox_root()))


def _equipment(variables: Mapping[str, str]) -> Iterator[Equipment]:
    """What each environment's jobs may use, and no more."""
    app = {"DEPLOYER_APP_ID": APP_ID, "DEPLOYER_PRIVATE_KEY": _places().app_key.read_text()}
    engine = {"PULUMI_PASSPHRASE": Path(variables["PULUMI_CONFIG_PASSPHRASE_FILE"]).read_text().strip()}
    backend = {"PULUMI_BACKEND_URL": variables["PULUMI_BACKEND_URL"]}
    everything = [name for name in variables if name in SHARED or name.startswith(ORGANIZATION_PREFIX)]
    signing = {MACHINE_KEY: keyring.machine_key()}
    yield _made("machine", variables, PULL, app | signing, {})
    yield _made("shared", variables, everything, app | engine | signing, backend)
    for stage in _stages():
        cluster = {"KUBECONFIG": _kubeconfig(stage, "deployer")}
        yield _made(stage, variables, PULL, app | engine | signing | cluster, backend)
    readers = {f"KUBECONFIG_{stage.upper()}": _kubeconfig(stage, "reader") for stage in _stages()}
    yield _made("preview", variables, everything, engine | readers | {"READER_TOKEN": token("reader")}, backend)


def _made(
    environment: str,
    variables: Mapping[str, str],
    names: Sequence[str],
    secrets: Mapping[str, str],
    more: Mapping[str, str],
) -> Equipment:
    hidden = {name: variables[name] for name in names if SECRET.search(name)}
    shown = {name: variables[name] for name in names if not SECRET.search(name)}
    return Equipment(environment, {**hidden, **secrets}, {**shown, **more})


def _stages() -> list[str]:
    layout = Layout(sandbox_root())
    return [cluster.name for cluster in clusters(layout, Ports(layout))]


def _kubeconfig(stage: str, who: str) -> str:
    layout = Layout(sandbox_root())
    found = next(cluster for cluster in clusters(layout, Ports(layout)) if cluster.name == stage)
    return found.kubeconfig(who).read_text()
