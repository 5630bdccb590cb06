"""`openim-cicd doctor` says whether the kubeconfig's user is the one who may deploy."""

import pytest

from cli.checks import cluster
from model.release import Release
from model.settings import ApplicationSource, Cluster, Quota, Registry, StackSettings
from sandbox.kubernetes.credentials import DEPLOYER, READER


@pytest.fixture
def findings(kube):
    """``findings(identity)``: what is found with this identity's kubeconfig."""

    def look(identity):
        registry = Registry(host="127.0.0.1:5000", username="ci", password="for tests only")
        path = str(kube.cluster.kubeconfig(identity))
        place = Cluster(kubeconfig=path, namespace="openim", quota=Quota(cpu="1", memory="1Gi"))
        settings = StackSettings(
            registry=registry,
            cluster=place,
            application=ApplicationSource(source="estate/openim.yaml"),
            release=Release(id="v1.0.0+aaaaaaa", images={"openim-api": f"sha256:{'a' * 64}"}),
        )
        return list(cluster.check("staging", settings))

    return look


def test_the_deployer_is_well(findings):
    """Every right and the right name."""
    found = findings("deployer")
    assert all(one.good for one in found), found
    assert DEPLOYER in [one.detail for one in found]


def test_somebody_else_is_told_before_an_update_fails(findings):
    """Who he is, who may, and the setting that decides it."""
    (wrong,) = [one for one in findings("reader") if one.subject == "user in the cluster of staging"]
    assert wrong.detail == f"is {READER}, and only {DEPLOYER} may change which images are admitted"
    assert f"set deployer: {READER} under openim-cicd:cluster in Pulumi.staging.yaml" in wrong.remedy
