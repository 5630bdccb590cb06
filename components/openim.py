"""A whole application on one namespace: its secrets, its stores, then the services that need them.

It leaves out replication of the stores, their backups and a LiveKit server; whoever needs them
brings managed ones and names their addresses in the configuration files.
"""

from typing import NotRequired, TypedDict

import pulumi
from pulumi_kubernetes.rbac.v1 import Role, RoleBinding

from components._pod import Manifest
from components._secrets import fingerprint, fingerprint_key, generated_values, secret
from components.application import Application, ApplicationArgs
from model.application import ApplicationContent, Workload

DISCOVERY = "service-discovery"
DISCOVERY_RULES: Manifest = [
    {"apiGroups": [""], "resources": ["services", "endpoints", "pods"], "verbs": ["get", "list", "watch"]},
    {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["get", "list", "watch"]},
]
"""Names are looked up as Services, their pods as EndpointSlices; each program looks its own pod up too."""
DISCOVERY_REF: Manifest = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": DISCOVERY}


class OpenIMArgs(TypedDict):
    """What OpenIM is made of."""

    namespace: pulumi.Input[str]
    """The namespace of everything; it must exist."""
    content: ApplicationContent
    """Secrets, stores and services."""
    pull_secret: NotRequired[pulumi.Input[str]]
    """Name of the image pull Secret in the namespace; default none."""
    protect: NotRequired[bool]
    """Refuse to delete the stores and the passwords that open them; default no."""


class OpenIM(pulumi.ComponentResource):
    """OpenIM's server and chat services with their stores."""

    images: pulumi.Output[dict[str, str]]
    """Image reference of each workload, by its name."""

    def __init__(self, name: str, args: OpenIMArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("openim-cicd:index:OpenIM", name, {}, opts)
        self._name = name
        self._args = args
        content = args["content"]
        self._fingerprints: dict[str, pulumi.Output[str]] = {}
        needs = [*self._discovery(content), *self._secrets(content)]
        stores = [self._application(workload, needs) for workload in content["stores"]]
        self._services(content, [*needs, *stores])
        workloads = [*content["stores"], *content["services"]]
        self.images = pulumi.Output.from_input({workload["name"]: workload["image"] for workload in workloads})
        self.register_outputs({"images": self.images})

    def _metadata(self, name: str) -> Manifest:
        labels = {
            "app.kubernetes.io/part-of": self._args["content"]["name"],
            "app.kubernetes.io/managed-by": "pulumi",
        }
        return {"name": name, "namespace": self._args["namespace"], "labels": labels}

    def _discovery(self, content: ApplicationContent) -> list[pulumi.Resource]:
        """What finding each other takes, in this namespace only, for the services that do so."""
        name, child = f"{self._name}-{DISCOVERY}", pulumi.ResourceOptions(parent=self)
        names = [workload["name"] for workload in content["services"] if workload["api_access"]]
        metadata, namespace = self._metadata(DISCOVERY), self._args["namespace"]
        subjects: Manifest = [{"kind": "ServiceAccount", "name": one, "namespace": namespace} for one in names]
        role = Role(name, metadata=metadata, rules=DISCOVERY_RULES, opts=child)
        binding = RoleBinding(name, metadata=metadata, role_ref=DISCOVERY_REF, subjects=subjects, opts=child)
        return [role, binding]

    def _secrets(self, content: ApplicationContent) -> list[pulumi.Resource]:
        key = fingerprint_key(self._name, self)
        made: list[pulumi.Resource] = []
        for one in content["secrets"]:
            values = generated_values(self._name, one, self, self._args.get("protect", False))
            self._fingerprints[one["name"]] = fingerprint(key, values)
            made.append(secret(f"{self._name}-{one['name']}", values, self._metadata(one["name"]), self))
        return made

    def _services(self, content: ApplicationContent, needs: list[pulumi.Resource]) -> None:
        """Wave by wave: a service that does not become healthy holds back those of the next."""
        services = {workload["name"]: workload for workload in content["services"]}
        for wave in content.get("waves", [list(services)]):
            made = [self._application(services[name], needs) for name in wave]
            needs = [*needs, *made]

    def _application(self, workload: Workload, needs: list[pulumi.Resource]) -> Application:
        args = ApplicationArgs(
            namespace=self._args["namespace"],
            workload=workload,
            secret_fingerprints={
                name: self._fingerprints[name]
                for name in sorted({variable["secret"] for variable in workload["secret_environment"]})
            },
            protect=self._args.get("protect", False),
        )
        if "pull_secret" in self._args:
            args["pull_secret"] = self._args["pull_secret"]
        options = pulumi.ResourceOptions(parent=self, depends_on=needs)
        return Application(f"{self._name}-{workload['name']}", args, options)
