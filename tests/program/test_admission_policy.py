"""What an environment registers so that its cluster refuses other images, and in which order."""

import asyncio

import kubernetes_validate
import pulumi
import pytest

from components.admission_policy import PAUSES, AdmissionPolicy
from components.environment import Environment
from model.application import assemble, read_application
from model.release import Release
from tests.program.openim.objects import ROOT

IMAGES = {
    "release": "v2.0.0+bbbbbbb",
    "incoming": [f"registry.example/openim-api@sha256:{'b' * 64}"],
    "last_verified": "v1.0.0+aaaaaaa",
    "verified": [f"registry.example/openim-api@sha256:{'a' * 64}"],
    "stores": [f"registry.example/redis@sha256:{'e' * 64}"],
}
DIGEST = f"sha256:{'c' * 64}"
LOOKUP = "docker:index/getRegistryImage:getRegistryImage"
PARAMETER = "kubernetes:cicd.openim.io/v1:AdmittedImages"


@pytest.fixture
def declared(record):
    """``declared(images, namespace)``: what an AdmissionPolicy of them registers."""

    def run(images=IMAGES, namespace="openim", **more):
        return record(lambda: AdmissionPolicy(namespace, {"namespace": namespace, "images": images, **more}))

    return run


@pytest.fixture
def environment(record):
    application = read_application("estate/openim.yaml", lambda file: (ROOT / file).read_text())
    content = assemble(
        application,
        overrides={},
        release=Release(id="v3.8.4+a1b2c3d", images=dict.fromkeys(application.estate.workloads(), DIGEST)),
        registry_host="registry.example:5000",
        namespace="openim",
        stack_file="Pulumi.staging.yaml",
    )
    login = {"host": "registry.example:5000", "username": "puller", "password": "hunter2"}
    args = {
        "baseline": {"namespace": "openim", "cpu": "32", "memory": "64Gi", "registry": login},
        "admission": {"namespace": "openim", "images": IMAGES},
        "application": {"namespace": "openim", "content": content},
    }
    return record(lambda: Environment("openim", args), answers={LOOKUP: {"sha256Digest": DIGEST}})


def of(recorded, kind):
    return [one for one in recorded if one.type.rsplit(":", 1)[-1] == kind]


def test_every_object_is_valid_for_kubernetes_1_37(declared):
    """Definition, policies, bindings and probe pass the API's own schemas, strictly."""
    for one in declared():
        if one.custom and one.type != PARAMETER:
            kubernetes_validate.validate(one.inputs, "1.37", strict=True)


def test_the_parameter_holds_what_its_kind_declares(declared):
    """Every field is declared and required; each list holds images by digest."""
    recorded = declared()
    ((parameter,), (definition,)) = of(recorded, "AdmittedImages"), of(recorded, "CustomResourceDefinition")
    schema = definition.inputs["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    assert set(parameter.inputs["spec"]) == set(schema["properties"]) == set(schema["required"])
    assert parameter.inputs["spec"]["incoming"] == IMAGES["incoming"]
    assert parameter.inputs["spec"]["verified"] == IMAGES["verified"]


def test_it_closes_rather_than_opens(declared):
    """An error, a missing parameter and an unknown image all end in a refusal; only dry runs are let be."""
    for one in of(declared(), "ValidatingAdmissionPolicy"):
        assert one.inputs["spec"]["failurePolicy"] == "Fail"
        assert [each["expression"] for each in one.inputs["spec"]["matchConditions"]] == ["!request.dryRun"]
    for one in of(declared(), "ValidatingAdmissionPolicyBinding"):
        assert one.inputs["spec"]["validationActions"] == ["Deny"]
    (binding,) = [one for one in of(declared(), "ValidatingAdmissionPolicyBinding") if one.name == "openim"]
    assert binding.inputs["spec"]["paramRef"] == {
        "name": "current",
        "namespace": "openim",
        "parameterNotFoundAction": "Deny",
    }


def test_no_config_map_is_a_parameter(declared):
    """A ConfigMap that is deleted and made again may stay as it was for the API server."""
    assert of(declared(), "ConfigMap") == []
    kinds = [one.inputs["spec"].get("paramKind") for one in of(declared(), "ValidatingAdmissionPolicy")]
    assert {"apiVersion": "cicd.openim.io/v1", "kind": "AdmittedImages"} in kinds


def test_workloads_wait_until_the_release_is_admitted(environment):
    """Each depends on the probe, which the API server takes only when it holds the parameter."""
    (probe,) = of(environment, "PodTemplate")
    kinds = ("AdmittedImages", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding")
    needed = {one.urn for kind in kinds for one in of(environment, kind) if one.name == "openim"}
    assert needed <= set(probe.depends_on)
    (application,) = of(environment, "OpenIM")
    assert probe.urn in application.depends_on
    workloads = [*of(environment, "Deployment"), *of(environment, "StatefulSet")]
    assert len(workloads) == 20
    # A child is registered after its parent, and that after what it depends on.
    assert environment.index(probe) < min(environment.index(one) for one in workloads)


def test_each_content_has_a_probe_of_its_own(declared):
    """The probe's image is a hash over all that is admitted, at a host that cannot exist."""
    other = {**IMAGES, "verified": []}
    probes = [of(declared(images), "PodTemplate")[0].inputs for images in (IMAGES, other, IMAGES)]
    images = [one["template"]["spec"]["containers"][0]["image"] for one in probes]
    assert images[0] == images[2] != images[1]
    assert images[0].startswith("revision.invalid/openim@sha256:")
    assert probes[0]["metadata"]["name"] != probes[1]["metadata"]["name"]


def test_namespaces_of_one_cluster_share_the_kind_alone(declared):
    """Names of everything else that is cluster-wide derive from the namespace; the kind is never deleted."""
    names = [
        {one.inputs["metadata"]["name"] for one in declared(namespace=name) if one.custom and is_cluster_wide(one)}
        for name in ("openim", "openim-2")
    ]
    assert names[0] & names[1] == {"admittedimages.cicd.openim.io"}


def is_cluster_wide(one):
    return "namespace" not in one.inputs["metadata"]


def test_a_deployer_of_another_name_is_the_one_who_may(declared):
    """The guard holds the parameter for the user whom the settings name, quoted as CEL wants it."""
    (guard,) = [
        one
        for one in of(declared(deployer='arn:aws:iam::1:role/"x"'), "ValidatingAdmissionPolicy")
        if ".guard." in one.inputs["metadata"]["name"]
    ]
    (rule,) = guard.inputs["spec"]["validations"]
    assert rule["expression"].startswith(r'request.userInfo.username == "arn:aws:iam::1:role/\"x\""')


def asked_again(hook, *errors):
    args = pulumi.ErrorHookArgs("urn", "", "probe", "PodTemplate", errors=list(errors))
    return asyncio.get_event_loop().run_until_complete(hook(args))


def test_only_its_own_policy_is_waited_for(declared):
    """Another error, or a parameter that is not seen in time, is told and not waited out."""
    (probe,) = of(declared(), "PodTemplate")
    (hook,) = probe.hooks["on_error"]
    denied = "ValidatingAdmissionPolicy 'openim.admittedimages.cicd.openim.io' denied request"
    assert asked_again(hook, denied)
    assert not asked_again(hook, "the server could not find the requested resource")
    assert not asked_again(hook, *[denied] * (len(PAUSES) + 1))


def test_a_changed_policy_is_given_time(declared):
    """What comes after it goes on when the API server must have looked again."""
    policies = [*of(declared(), "ValidatingAdmissionPolicy"), *of(declared(), "ValidatingAdmissionPolicyBinding")]
    hooked = {one.type.rsplit(":", 1)[-1]: set(one.hooks) for one in policies if one.hooks}
    assert hooked == {
        "ValidatingAdmissionPolicy": {"after_update"},
        "ValidatingAdmissionPolicyBinding": {"after_create", "after_update"},
    }
