"""The real program against a real API server and registry: releases come and go, and nothing else gets in."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from delivery.engine import Engine
from delivery.ledger import Ledger
from delivery.salt import without_salt
from delivery.stack_file import release_of, write_release
from model.ledger import Kind
from model.policy import KEY
from model.release import Release
from sandbox.kubernetes.cluster import Cluster
from sandbox.kubernetes.furnish import furnish
from sandbox.kubernetes.services import cluster_services
from sandbox.kubernetes.services import prepare as prepare_clusters
from sandbox.layout import Layout
from sandbox.plugins.install import NAMES, install
from sandbox.ports import Ports
from sandbox.registry import services as registry
from sandbox.registry.catalogue import NEXT
from sandbox.registry.images import release_digests
from sandbox.service import Tool
from sandbox.supervisor import Supervisor
from tests.e2e.machine import Cluster as Seen
from tests.e2e.machine import copy_of
from toolchain.plugins import versions

STAGE = "staging"
FOREIGN = f"docker.io/library/busybox@sha256:{'f' * 64}"


@dataclass(frozen=True)
class Environment:
    """A checkout, and a cluster that its program brings up."""

    root: Path
    variables: Mapping[str, str]

    @property
    def cluster(self) -> Seen:
        return Seen(self.variables["KUBECONFIG_STAGING"])

    def pulumi(self, *arguments: str) -> str:
        done = subprocess.run(
            ["pulumi", *arguments, "--stack", STAGE, "--non-interactive", "--color", "never"],
            cwd=self.root,
            env=dict(self.variables),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        without_salt(self.root / "Pulumi.staging.yaml")
        assert done.returncode == 0, done.stdout
        return done.stdout

    def up(self, release: Release) -> str:
        """Declare ``release`` and bring it up."""
        write_release(self.root, STAGE, release)
        return self.pulumi("up", "--yes", "--skip-preview", "--suppress-outputs")

    def tell(self, kind: Kind, release: Release, **evidence: Any) -> None:
        """Record what `openim-cicd deploy` would."""
        facts = {"images": dict(release.images), **evidence}
        Ledger(self.root, STAGE).append(kind, release=release.id, evidence=facts)

    def admitted(self) -> dict[str, Any]:
        (found,) = self.cluster.items("/apis/cicd.openim.io/v1/namespaces/openim/admittedimages")
        return dict(found["spec"])


@pytest.fixture(scope="module")
def environment(root: Path, tool: Tool, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    layout = Layout(tmp_path_factory.mktemp("sandbox"))
    ports = Ports(layout)
    cluster = Cluster(STAGE, layout, ports)
    registry.prepare(layout, ports)
    prepare_clusters(layout, ports)
    supervisor = Supervisor(layout)
    try:
        supervisor.start([*registry.services(layout, ports, tool), *cluster_services(cluster, tool)], lambda _: None)
        registry.populate(layout, ports)
        furnish(cluster)
        yield made(root, layout, tool, registry.environment(layout, ports), cluster)
    finally:
        supervisor.stop(lambda _: None)


def made(root: Path, layout: Layout, tool: Tool, account: Mapping[str, str], cluster: Cluster) -> Environment:
    home, state = layout.folder("pulumi"), layout.folder("state")
    for name in NAMES:
        install(home, name, versions()[name])
    variables = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("PULUMI", "GITHUB", "KUBE"))},
        **account,
        "PATH": os.pathsep.join([str(tool("pulumi").parent), str(root / ".venv" / "bin"), os.environ["PATH"]]),
        "PULUMI_HOME": str(home),
        "PULUMI_BACKEND_URL": state.as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": "for tests only",
        "PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER": "true",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "KUBECONFIG_STAGING": str(cluster.kubeconfig("deployer")),
    }
    checkout = copy_of(root, layout.root / "checkout")
    Engine(checkout, variables).ensure(STAGE)
    return Environment(checkout, variables)


def test_releases_come_and_go_and_nothing_else_gets_in(environment: Environment) -> None:
    """First release, next one, way back, destroy and recreate; between them an image by hand is refused each time."""
    first = release_of(STAGE, (environment.root / "Pulumi.staging.yaml").read_text())
    following = Release(id="v3.8.5+a11a11a", images=release_digests(NEXT))
    # On an empty cluster too, by somebody who may not read everything in it: nothing that is to come is there yet.
    environment.pulumi("preview", "--policy-pack", "policies")
    environment.up(first)
    assert environment.admitted()["lastVerified"] == ""
    policy = json.loads(environment.pulumi("stack", "output", "policy", "--json"))
    environment.tell(Kind.GENESIS, first, **{KEY: policy})
    environment.tell(Kind.VERIFIED, first)
    environment.pulumi("preview", "--expect-no-changes")
    assert environment.cluster.set_image("openim-api", FOREIGN).status_code == 403

    write_release(environment.root, STAGE, following)
    assert "does not admit" not in environment.pulumi("preview")
    environment.up(following)
    assert environment.admitted()["lastVerified"] == first.id
    for kind in (Kind.DEPLOYED, Kind.VERIFIED):
        environment.tell(kind, following)
        environment.pulumi("preview", "--expect-no-changes")

    environment.tell(Kind.FAILED, following)
    environment.up(first)
    assert (environment.admitted()["release"], environment.admitted()["lastVerified"]) == (first.id, "")
    environment.tell(Kind.ROLLEDBACK, first)
    environment.pulumi("preview", "--expect-no-changes")
    assert environment.cluster.set_image("openim-api", FOREIGN).status_code == 403

    environment.pulumi("destroy", "--yes", "--skip-preview")
    environment.up(first)
    assert environment.cluster.set_image("openim-api", FOREIGN).status_code == 403
