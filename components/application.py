"""One workload with everything around it that Kubernetes needs to run it safely.

It leaves out what it cannot know: the namespace and its ground rules (ClusterBaseline), the
Secrets that it refers to, and certificates, which are the ingress controller's.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, NotRequired, Optional, TypedDict

import pulumi
from pulumi_kubernetes.apps.v1 import Deployment, StatefulSet
from pulumi_kubernetes.autoscaling.v2 import HorizontalPodAutoscaler
from pulumi_kubernetes.core.v1 import ConfigMap, Service, ServiceAccount
from pulumi_kubernetes.networking.v1 import Ingress, NetworkPolicy
from pulumi_kubernetes.policy.v1 import PodDisruptionBudget

from components._network import policy_spec
from components._pod import DATA_VOLUME, labels, pod_template, selector
from model.application import Workload

SECRETS_ANNOTATION = "openim-cicd/secrets"
"""Changes when a Secret that the pods read changes, so that they are replaced."""


class ApplicationArgs(TypedDict):
    """What an Application is made of."""

    namespace: pulumi.Input[str]
    """The namespace of all its objects; it must exist."""
    workload: Workload
    """The workload."""
    pull_secret: NotRequired[str]
    """Name of the image pull Secret in the namespace; default none."""
    secrets_fingerprint: NotRequired[pulumi.Input[str]]
    """Changes with the content of the Secrets that the pods read and tells nothing about it; default none."""
    protect: NotRequired[bool]
    """Refuse to delete a StatefulSet; default no. A Deployment keeps nothing that is worth it."""


class Application(pulumi.ComponentResource):
    """A Deployment or StatefulSet with its Service, account, configuration, budget, scaling, policy and ingress."""

    service_name: pulumi.Output[str]
    """Name of its Service; empty where it has none."""

    def __init__(self, name: str, args: ApplicationArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        super().__init__("openim-cicd:index:Application", name, {}, opts)
        self._name = name
        self._args = args
        self._workload = args["workload"]
        self._child = pulumi.ResourceOptions(parent=self)
        account = self._service_account()
        configuration = self._configuration()
        self._network_policy()
        service = self._service()
        needs = [one for one in (account, configuration, service) if one is not None]
        self._pods(needs)
        self._disruption_budget()
        self._autoscaler()
        self._ingress()
        self.service_name = pulumi.Output.from_input(self._workload.get("service", ""))
        self.register_outputs({"service_name": self.service_name})

    def _metadata(self, name: str, annotations: Optional[Mapping[str, str]] = None) -> dict[str, Any]:
        metadata: dict[str, Any] = {
            "name": name,
            "namespace": self._args["namespace"],
            "labels": labels(self._workload),
        }
        return {**metadata, "annotations": dict(annotations)} if annotations else metadata

    def _service_account(self) -> ServiceAccount:
        return ServiceAccount(
            self._name,
            metadata=self._metadata(self._workload["name"]),
            automount_service_account_token=False,
            opts=self._child,
        )

    def _configuration(self) -> Optional[ConfigMap]:
        """Named by its content: a change makes a new one and rolls the pods, and the old pods keep theirs."""
        if not self._workload["files"]:
            return None
        return ConfigMap(
            f"{self._name}-config",
            metadata=self._metadata(_config_map_name(self._workload)),
            immutable=True,
            data=self._workload["files"],
            opts=self._child,
        )

    def _network_policy(self) -> None:
        NetworkPolicy(
            self._name,
            metadata=self._metadata(self._workload["name"]),
            spec=policy_spec(self._workload),
            opts=self._child,
        )

    def _service(self) -> Optional[Service]:
        if "service" not in self._workload:
            return None
        if "volume" in self._workload:
            self._headless_service()
        return Service(
            self._name,
            metadata=self._metadata(self._workload["service"]),
            spec={"type": "ClusterIP", "selector": selector(self._workload), "ports": self._service_ports()},
            opts=self._child,
        )

    def _headless_service(self) -> None:
        """Gives each pod of a StatefulSet its own name in DNS."""
        Service(
            f"{self._name}-nodes",
            metadata=self._metadata(_headless_name(self._workload)),
            spec={
                "clusterIP": "None",
                "publishNotReadyAddresses": True,
                "selector": selector(self._workload),
                "ports": [
                    {"name": port["name"], "port": port["container"], "targetPort": port["name"]}
                    for port in self._workload["ports"]
                ],
            },
            opts=self._child,
        )

    def _service_ports(self) -> list[dict[str, Any]]:
        return [
            {"name": port["name"], "port": port["service"], "targetPort": port["name"]}
            for port in self._workload["ports"]
        ]

    def _pods(self, needs: list[pulumi.Resource]) -> None:
        if "volume" in self._workload:
            options = pulumi.ResourceOptions(
                parent=self, depends_on=needs, protect=self._args.get("protect", False) or None
            )
            StatefulSet(self._name, metadata=self._metadata(self._workload["name"]), spec=self._stateful(), opts=options)
        else:
            options = pulumi.ResourceOptions(parent=self, depends_on=needs)
            Deployment(self._name, metadata=self._metadata(self._workload["name"]), spec=self._stateless(), opts=options)

    def _replicated(self) -> dict[str, Any]:
        fingerprint = self._args.get("secrets_fingerprint")
        annotations = {SECRETS_ANNOTATION: fingerprint} if fingerprint is not None else {}
        config_map = _config_map_name(self._workload) if self._workload["files"] else None
        spec: dict[str, Any] = {
            "selector": {"matchLabels": selector(self._workload)},
            "template": pod_template(self._workload, config_map, self._args.get("pull_secret"), annotations),
        }
        # The autoscaler owns the number of pods where there is one.
        return spec if "autoscaling" in self._workload else {"replicas": self._workload["replicas"], **spec}

    def _stateless(self) -> dict[str, Any]:
        rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}
        return {
            **self._replicated(),
            "revisionHistoryLimit": 5,
            "strategy": {"type": "Recreate"} if self._workload["singleton"] else rolling,
        }

    def _stateful(self) -> dict[str, Any]:
        return {
            **self._replicated(),
            "serviceName": _headless_name(self._workload),
            "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
            "volumeClaimTemplates": [_claim(self._workload)],
        }

    def _disruption_budget(self) -> None:
        """For several replicas only: with one it would block every drain of a node."""
        if self._workload["replicas"] < 2:  # noqa: PLR2004
            return
        PodDisruptionBudget(
            self._name,
            metadata=self._metadata(self._workload["name"]),
            spec={
                "maxUnavailable": 1,
                "unhealthyPodEvictionPolicy": "AlwaysAllow",
                "selector": {"matchLabels": selector(self._workload)},
            },
            opts=self._child,
        )
