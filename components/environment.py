"""One environment: a furnished namespace that admits a release, and the application in it, its images looked up first.

Not in it: the cluster, and the GitHub environment that guards its deploy jobs, which belongs to the
organisation.
"""

from typing import TypedDict

import pulumi

from components.admission_policy import AdmissionPolicy, AdmissionPolicyArgs
from components.cluster_baseline import ClusterBaseline, ClusterBaselineArgs
from components.openim import OpenIM, OpenIMArgs
from components.registry_images import require_images


class EnvironmentArgs(TypedDict):
    """Arguments of ``Environment``."""

    baseline: ClusterBaselineArgs
    """The namespace and its ground rules."""
    admission: AdmissionPolicyArgs
    """The images that may run in it."""
    application: OpenIMArgs
    """What runs in it; its namespace and pull Secret are the baseline's."""


class Environment(pulumi.ComponentResource):
    """A namespace on a cluster and OpenIM in it; its providers are a cluster's and, for the look-up, a registry's."""

    images: pulumi.Output[dict[str, str]]
    """Image reference of each workload, by its name."""

    def __init__(self, name: str, args: EnvironmentArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("openim-cicd:index:Environment", name, {}, opts)
        content = args["application"]["content"]
        workloads = [*content["stores"], *content["services"]]
        require_images((workload["image"] for workload in workloads), pulumi.InvokeOptions(parent=self))
        child = pulumi.ResourceOptions(parent=self)
        baseline = ClusterBaseline(name, args["baseline"], child)
        admission = AdmissionPolicy(name, args["admission"], pulumi.ResourceOptions(parent=self, depends_on=[baseline]))
        inside: OpenIMArgs = {
            **args["application"],
            "namespace": baseline.namespace,
            "pull_secret": baseline.pull_secret,
        }
        options = pulumi.ResourceOptions(parent=self, depends_on=[admission])
        self.images = OpenIM(content["name"], inside, options).images
        self.register_outputs({"images": self.images})
