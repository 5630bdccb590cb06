"""What a stack with OpenIM registers, and how to find things in it."""

from functools import cache
from pathlib import Path

from ruamel.yaml import YAML

from components.cluster_baseline import ClusterBaseline
from components.openim import OpenIM
from model.application import Override, assemble
from model.release import Release

NAME = "app.kubernetes.io/name"
STORES = {"mongo", "redis", "kafka", "minio"}
PREFIXES = ("IMENV_", "CHATENV_")
ROOT = Path(__file__).parents[3]


def assembled(application, overrides, networks=()):
    images = {name: f"sha256:{index:064x}" for index, name in enumerate(application.estate.workloads())}
    return assemble(
        application,
        overrides={name: Override.model_validate(one) for name, one in overrides.items()},
        release=Release(id="v3.8.4+a1b2c3d", images=images),
        registry_host="registry.example:5000",
        namespace="openim-test",
        stack_file="Pulumi.staging.yaml",
        api_server_networks=networks,
    )


def stack(content, protect):
    registry = {"host": "registry.example:5000", "username": "puller", "password": "hunter2"}
    baseline = ClusterBaseline(
        "openim",
        {"namespace": "openim-test", "cpu": "32", "memory": "64Gi", "registry": registry, "protect": protect},
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


def objects(recorded, kind=None):
    found = [one for one in recorded if one.type.startswith("kubernetes:")]
    return [one.inputs for one in found if kind in (None, one.type.rsplit(":", 1)[-1])]


def by_name(recorded, kind):
    return {one["metadata"]["name"]: one for one in objects(recorded, kind)}


def workloads(recorded):
    return {**by_name(recorded, "Deployment"), **by_name(recorded, "StatefulSet")}


def pod(workload):
    return workload["spec"]["template"]["spec"]


def container(workload):
    return pod(workload)["containers"][0]


def files(recorded, workload):
    """The parsed configuration that ``workload`` mounts."""
    for volume in pod(workload).get("volumes", []):
        if "configMap" in volume:
            data = by_name(recorded, "ConfigMap")[volume["configMap"]["name"]]["data"]
            return {name: parsed(text) for name, text in data.items() if name.endswith(".yml")}
    return {}


@cache
def parsed(text):
    return YAML(typ="safe").load(text)


def templates(recorded):
    return {name: workload["spec"]["template"] for name, workload in workloads(recorded).items()}
