"""A namespace and its ground rules, on a cluster that exists.

It leaves out the cluster itself, its nodes, its ingress controller and its network plugin
(NetworkPolicies need one that enforces them). Who applies it needs cluster rights once; from
then on the deployer role is enough.
"""

from typing import NotRequired, TypedDict

import pulumi
from pulumi_kubernetes.core.v1 import LimitRange, Namespace, ResourceQuota, Secret
from pulumi_kubernetes.networking.v1 import NetworkPolicy
from pulumi_kubernetes.rbac.v1 import Role, RoleBinding

from components import _ground_rules as rules
from components._pod import Manifest
from model.names import DEPLOYER

READERS = "openim-cicd:readers"
PULL_SECRET = "registry-credentials"  # noqa: S105 the name of the object
API_SERVER_PORTS = [443, 6443]


class RegistryCredentials(TypedDict):
    """What pulls images."""

    host: str
    """Host and port of the registry."""
    username: pulumi.Input[str]
    """User that may pull."""
    password: pulumi.Input[str]
    """Its password; secret from here on."""


class ClusterBaselineArgs(TypedDict):
    """What a ClusterBaseline is made of."""

    namespace: str
    """Name of the namespace."""
    cpu: str
    """CPU that all pods together may request, e.g. ``32``."""
    memory: str
    """Memory that all pods together may request, e.g. ``64Gi``."""
    registry: RegistryCredentials
    """Registry of all images."""
    deployer: NotRequired[str]
    """User that deploys; default ``openim-cicd:deployer``."""
    readers: NotRequired[str]
    """Group that may look at everything but Secrets; default ``openim-cicd:readers``."""
    protect: NotRequired[bool]
    """Refuse to delete the namespace, and with it everything inside; default no."""


class ClusterBaseline(pulumi.ComponentResource):
    """A namespace with Pod Security, quota, limits, network policies, deployer and reader roles and a pull Secret."""

    namespace: pulumi.Output[str]
    """The namespace, once it exists."""
    pull_secret: pulumi.Output[str]
    """Name of the image pull Secret."""

    def __init__(self, name: str, args: ClusterBaselineArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("openim-cicd:index:ClusterBaseline", name, {}, opts)
        self._name = name
        self.namespace = self._namespace(args)
        self._amounts(args)
        self._network()
        self._role("deployer", rules.DEPLOYER_RULES, "User", args.get("deployer", DEPLOYER))
        self._role("reader", rules.READER_RULES, "Group", args.get("readers", READERS))
        self.pull_secret = self._pull_secret(args["registry"])
        self.register_outputs({"namespace": self.namespace, "pull_secret": self.pull_secret})

    def _child(self, protect: bool = False) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, protect=protect)

    def _metadata(self, name: str) -> Manifest:
        return {"name": name, "namespace": self.namespace, "labels": {"app.kubernetes.io/managed-by": "pulumi"}}

    def _namespace(self, args: ClusterBaselineArgs) -> pulumi.Output[str]:
        metadata: Manifest = {
            "name": args["namespace"],
            "labels": {"app.kubernetes.io/managed-by": "pulumi", **rules.POD_SECURITY},
        }
        made = Namespace(self._name, metadata=metadata, opts=self._child(args.get("protect", False)))
        return made.metadata.apply(lambda known: str(known.name))

    def _amounts(self, args: ClusterBaselineArgs) -> None:
        quota = rules.quota_spec(args["cpu"], args["memory"])
        ResourceQuota(self._name, metadata=self._metadata("quota"), spec=quota, opts=self._child())
        LimitRange(self._name, metadata=self._metadata("defaults"), spec=rules.LIMITS, opts=self._child())

    def _network(self) -> None:
        policies = {
            "default-deny": rules.default_deny(),
            "allow-dns": rules.allow_dns(),
            "allow-within": rules.allow_within(),
            "allow-api-server": rules.allow_api_server(API_SERVER_PORTS),
        }
        for name, spec in policies.items():
            NetworkPolicy(f"{self._name}-{name}", metadata=self._metadata(name), spec=spec, opts=self._child())

    def _role(self, name: str, granted: Manifest, kind: str, subject: str) -> None:
        metadata = self._metadata(name)
        Role(f"{self._name}-{name}", metadata=metadata, rules=granted, opts=self._child())
        RoleBinding(
            f"{self._name}-{name}",
            metadata=metadata,
            role_ref={"api_group": rules.RBAC_GROUP, "kind": "Role", "name": name},
            subjects=[{"api_group": rules.RBAC_GROUP, "kind": kind, "name": subject}],
            opts=self._child(),
        )

    def _pull_secret(self, registry: RegistryCredentials) -> pulumi.Output[str]:
        credentials = pulumi.Output.all(registry["host"], registry["username"], registry["password"])
        clear: pulumi.Output[str] = credentials.apply(lambda known: rules.docker_config(*known))
        config: pulumi.Output[str] = pulumi.Output.secret(clear)
        made = Secret(
            f"{self._name}-{PULL_SECRET}",
            metadata=self._metadata(PULL_SECRET),
            type="kubernetes.io/dockerconfigjson",
            data={".dockerconfigjson": config},
            opts=self._child(),
        )
        return made.metadata.apply(lambda known: str(known.name))
