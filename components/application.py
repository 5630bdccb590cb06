"""One workload with everything around it that Kubernetes needs to run it safely.

It leaves out what it cannot know: the namespace and its ground rules (ClusterBaseline), the
Secrets that it refers to, and certificates, which are the ingress controller's.
"""

from typing import Any, NotRequired, TypedDict

import pulumi
from pulumi_kubernetes.apps.v1 import Deployment, StatefulSet
from pulumi_kubernetes.autoscaling.v2 import HorizontalPodAutoscaler
from pulumi_kubernetes.core.v1 import ConfigMap, Service, ServiceAccount
from pulumi_kubernetes.networking.v1 import Ingress, NetworkPolicy
from pulumi_kubernetes.policy.v1 import PodDisruptionBudget

from components._network import policy_spec
from components._pod import Manifest, labels
from components._workload import (
    autoscaler_spec,
    config_map_name,
    deployment_spec,
    disruption_budget_spec,
    headless_name,
    headless_service_spec,
    ingress_spec,
    service_spec,
    stateful_set_spec,
)
from model.application import Workload


class ApplicationArgs(TypedDict):
    """What an Application is made of."""

    namespace: pulumi.Input[str]
    """The namespace of all its objects; it must exist."""
    workload: Workload
    """The workload."""
    pull_secret: NotRequired[pulumi.Input[str]]
    """Name of the image pull Secret in the namespace; default none."""
    secret_fingerprints: NotRequired[dict[str, pulumi.Input[str]]]
    """By Secret that the pods read: a value that changes with its content and tells nothing about it; default none."""
    protect: NotRequired[bool]
    """Refuse to delete a StatefulSet; default no. A Deployment keeps nothing that is worth it."""


class Application(pulumi.ComponentResource):
    """A Deployment or StatefulSet with its Service, account, configuration, budget, scaling, policy and ingress."""

    service_name: pulumi.Output[str]
    """Name of its Service; empty where it has none."""

    def __init__(self, name: str, args: ApplicationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("openim-cicd:index:Application", name, {}, opts)
        self._name = name
        self._namespace = args["namespace"]
        self._workload = args["workload"]
        self._network_policy()
        self._pods(args, [self._service_account(), *self._configuration(), *self._services()])
        self._disruption_budget()
        self._autoscaler()
        self._ingress()
        self.service_name = pulumi.Output.from_input(self._workload.get("service", ""))
        self.register_outputs({"service_name": self.service_name})

    def _child(self, **options: Any) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, **options)

    def _metadata(self, name: str | None = None) -> Manifest:
        return {
            "name": name or self._workload["name"],
            "namespace": self._namespace,
            "labels": labels(self._workload),
        }

    def _unawaited(self, name: str | None = None) -> Manifest:
        """For objects whose readiness is up to others: pods that need them first, a controller that is not ours."""
        return {**self._metadata(name), "annotations": {"pulumi.com/skipAwait": "true"}}

    def _service_account(self) -> ServiceAccount:
        """An identity of its own; its token is mounted only where the pod asks for it."""
        return ServiceAccount(
            self._name, metadata=self._metadata(), automount_service_account_token=False, opts=self._child()
        )

    def _configuration(self) -> list[ConfigMap]:
        name = config_map_name(self._workload)
        if name is None:
            return []
        metadata, files = self._metadata(name), self._workload["files"]
        return [ConfigMap(self._name, metadata=metadata, immutable=True, data=files, opts=self._child())]

    def _network_policy(self) -> None:
        NetworkPolicy(self._name, metadata=self._metadata(), spec=policy_spec(self._workload), opts=self._child())

    def _services(self) -> list[Service]:
        """They stand before any pod starts, as programs look each other's up at start; so they cannot wait for pods."""
        made = []
        if "service" in self._workload:
            metadata = self._unawaited(self._workload["service"])
            made.append(Service(self._name, metadata=metadata, spec=service_spec(self._workload), opts=self._child()))
        if "volume" in self._workload:
            metadata = self._unawaited(headless_name(self._workload))
            spec = headless_service_spec(self._workload)
            made.append(Service(f"{self._name}-nodes", metadata=metadata, spec=spec, opts=self._child()))
        return made

    def _pods(self, args: ApplicationArgs, needs: list[pulumi.Resource]) -> None:
        pull_secret, fingerprints = args.get("pull_secret"), args.get("secret_fingerprints", {})
        if "volume" in self._workload:
            options = self._child(depends_on=needs, protect=args.get("protect", False))
            spec = stateful_set_spec(self._workload, pull_secret, fingerprints)
            StatefulSet(self._name, metadata=self._metadata(), spec=spec, opts=options)
        else:
            options = self._child(depends_on=needs)
            spec = deployment_spec(self._workload, pull_secret, fingerprints)
            Deployment(self._name, metadata=self._metadata(), spec=spec, opts=options)

    def _disruption_budget(self) -> None:
        """For several replicas only: with one it would block every drain of a node."""
        if self._workload["replicas"] > 1:
            spec = disruption_budget_spec(self._workload)
            PodDisruptionBudget(self._name, metadata=self._metadata(), spec=spec, opts=self._child())

    def _autoscaler(self) -> None:
        if "autoscaling" in self._workload:
            spec = autoscaler_spec(self._workload)
            HorizontalPodAutoscaler(self._name, metadata=self._metadata(), spec=spec, opts=self._child())

    def _ingress(self) -> None:
        if "ingress" in self._workload:
            Ingress(self._name, metadata=self._unawaited(), spec=ingress_spec(self._workload), opts=self._child())
