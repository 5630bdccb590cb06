"""The cluster's own refusal: pods of a namespace are made of its releases' images, whoever asks for them.

It leaves out the release's proof and approval, which the gate judges; who holds the deployer's credentials gets past
both. API servers are asked one by one: behind a load balancer another one may lag for some milliseconds.
"""

import asyncio
from typing import Any, NotRequired, TypedDict

import pulumi
from pulumi_kubernetes.admissionregistration.v1 import ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.apiextensions.v1 import CustomResourceDefinition
from pulumi_kubernetes.core.v1 import PodTemplate

from components import _admission as admission
from components._pod import Manifest
from model.admission import DEFINITION, KIND, AdmittedImages
from model.names import DEPLOYER

REFRESH = 2.0
"""Seconds; an API server looks for changed policies once a second, and nothing tells when it has."""
PAUSES = (0.2, 0.5, 1.0, 3.0, 6.0, 10.0, 10.0, 10.0, 20.0)
"""Seconds between looks whether a parameter is in force. A kind that is new to the cluster may take 30 s to be known
to its policies; anything else takes milliseconds."""


class AdmissionPolicyArgs(TypedDict):
    """What an AdmissionPolicy is made of."""

    namespace: str
    """Name of the namespace; it must exist."""
    images: AdmittedImages
    """What it admits."""
    deployer: NotRequired[str]
    """The one user who may change that; default ``openim-cicd:deployer``."""


class AdmissionPolicy(pulumi.ComponentResource):
    """Admits a release's images and those of the one verified before it; in force when this component is ready.

    The parameter's kind is one for the whole cluster: the first namespace brings it, others find it, and none of them
    takes it away, for the parameters of all would go with it.
    """

    revision: pulumi.Output[str]
    """Changes with what is admitted."""

    def __init__(self, name: str, args: AdmissionPolicyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("openim-cicd:index:AdmissionPolicy", name, {}, opts)
        self._name = name
        self._namespace = args["namespace"]
        spec = admission.parameter_spec(self._namespace, args["images"])
        definition = self._definition()
        parameter = self._parameter(spec, definition)
        enforced = self._enforced(definition, parameter)
        self._guarded(args.get("deployer", DEPLOYER), parameter)
        self._probe(spec, enforced)
        self.revision = pulumi.Output.from_input(spec["revision"])
        self.register_outputs({"revision": self.revision})

    def _child(self, **options: Any) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, **options)

    def _metadata(self, name: str, **more: Any) -> Manifest:
        return {"name": name, "labels": {"app.kubernetes.io/managed-by": "pulumi"}, **more}

    def _inside(self, name: str, **more: Any) -> Manifest:
        return self._metadata(name, namespace=self._namespace, **more)

    def _definition(self) -> CustomResourceDefinition:
        return CustomResourceDefinition(
            f"{self._name}-definition",
            metadata=self._metadata(DEFINITION, annotations=admission.OURS),
            spec=admission.definition_spec(),
            opts=self._child(retain_on_delete=True),
        )

    def _parameter(self, spec: Manifest, definition: pulumi.Resource) -> CustomResource:
        return CustomResource(
            self._name,
            api_version=admission.API_VERSION,
            kind=KIND,
            metadata=self._inside(admission.PARAMETER, annotations=admission.AT_ONCE),
            spec=spec,
            opts=self._child(depends_on=[definition]),
        )

    def _enforced(self, definition: CustomResourceDefinition, parameter: pulumi.Resource) -> list[pulumi.Resource]:
        """Kind and policy come from what makes them, so that a preview that does so does not know them.

        The API server takes neither a policy with a parameter's kind nor a binding to a policy that is not there yet,
        in a dry run neither, unless from somebody who may read everything in the cluster.
        """
        policy = ValidatingAdmissionPolicy(
            self._name,
            metadata=self._metadata(admission.policy_name(self._namespace)),
            spec=admission.images_policy_spec(self._namespace, definition.id.apply(lambda _: KIND)),
            opts=self._child(depends_on=[parameter], hooks=pulumi.ResourceHookBinding(after_update=[_refreshed])),
        )
        binding = ValidatingAdmissionPolicyBinding(
            self._name,
            metadata=self._metadata(admission.policy_name(self._namespace)),
            spec=admission.images_binding_spec(self._namespace, policy.id),
            opts=self._child(
                depends_on=[policy],
                hooks=pulumi.ResourceHookBinding(after_create=[_refreshed], after_update=[_refreshed]),
            ),
        )
        return [parameter, policy, binding]

    def _guarded(self, deployer: str, parameter: pulumi.Resource) -> None:
        """After the parameter, so that an administrator can bring up what the deployer then goes on with."""
        name = f"{self._name}-guard"
        metadata = self._metadata(admission.guard_name(self._namespace))
        spec = admission.guard_policy_spec(self._namespace, deployer)
        policy = ValidatingAdmissionPolicy(name, metadata=metadata, spec=spec, opts=self._child(depends_on=[parameter]))
        ValidatingAdmissionPolicyBinding(
            name,
            metadata=metadata,
            spec=admission.guard_binding_spec(self._namespace),
            opts=self._child(depends_on=[policy]),
        )

    def _probe(self, spec: Manifest, enforced: list[pulumi.Resource]) -> None:
        """Named by revision: each one is a new object, which is not there before its revision is in force."""
        digest = spec["revision"].rpartition(":")[2]
        PodTemplate(
            f"{self._name}-probe",
            metadata=self._inside(f"admission-probe-{digest[:12]}"),
            template=admission.probe_template(spec),
            opts=self._child(depends_on=enforced, hooks=_retried(admission.policy_name(self._namespace))),
        )


async def _refreshed(_: pulumi.ResourceHookArgs) -> None:
    """Goes on when the API server has had the time to see a new or changed policy."""
    await asyncio.sleep(REFRESH)


def _retried(policy: str) -> pulumi.ResourceHookBinding:
    """Asks again while ``policy`` refuses, until its parameter must have been seen."""

    async def again(args: pulumi.ErrorHookArgs) -> bool:
        attempts = len(args.errors)
        if attempts > len(PAUSES) or policy not in args.errors[0]:
            return False
        await asyncio.sleep(PAUSES[attempts - 1])
        return True

    return pulumi.ResourceHookBinding(on_error=[pulumi.ErrorHook(f"{policy} is in force", again)])
