"""The application as the engine would get it: valid objects, references that resolve, secrets that stay secret."""

from pathlib import Path

import kubernetes_validate
import pytest

from components.cluster_baseline import ClusterBaseline
from components.openim import OpenIM
from model.application import Override, assemble, read_application
from model.release import Release

ROOT = Path(__file__).parents[2]


def read(file):
    return (ROOT / file).read_text()


@pytest.fixture(scope="module")
def application():
    return read_application("estate/openim.yaml", read)


def program(application, overrides=None, protect=False):
    images = {name: f"sha256:{index:064x}" for index, name in enumerate(application.estate.workloads())}
    content = assemble(
        application,
        overrides=overrides or {},
        release=Release(id="v3.8.4+a1b2c3d", images=images),
        registry_host="registry.example:5000",
        namespace="openim",
        stack_file="Pulumi.staging.yaml",
    )

    def run():
        baseline = ClusterBaseline(
            "openim",
            {
                "namespace": "openim",
                "cpu": "32",
                "memory": "64Gi",
                "registry": {"host": "registry.example:5000", "username": "puller", "password": "hunter2"},
                "protect": protect,
            },
        )
        OpenIM(
            "openim",
            {
                "namespace": baseline.namespace,
                "content": content,
                "pull_secret": baseline.pull_secret,
                "protect": protect,
            },
        )

    return run


@pytest.fixture
def recorded(record, application):
    return record(program(application))


def test_every_object_is_valid_for_kubernetes_1_37(recorded):
    """Each generated object passes the API's own schema, strictly."""
    for one in recorded:
        if one.type.startswith("kubernetes:"):
            kubernetes_validate.validate(one.inputs, "1.37", strict=True)
    print(len(recorded))
