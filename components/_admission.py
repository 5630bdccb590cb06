"""What admits images into a namespace, as Kubernetes objects: the parameter's kind, two policies and their bindings.

Rules are in CEL (Kubernetes documentation, Validating Admission Policy), which the API server evaluates itself.
Plain functions from data to data.
"""

import json
from typing import Any

from components._network import NAMESPACE_LABEL
from components._pod import Manifest
from model.admission import GROUP, KIND, PLURAL, VERSION, AdmittedImages
from model.canonical import sha256

API_VERSION = f"{GROUP}/{VERSION}"
PARAMETER = "current"
"""Name of the one parameter in each namespace."""

OURS = {"pulumi.com/patchForce": "true"}
"""On what only the deployer writes: an earlier one's fields are no conflict. The definition outlives its stacks."""
AT_ONCE = {**OURS, "pulumi.com/deletionPropagationPolicy": "background"}
"""Nothing depends on the parameter, and the garbage collector may need 30 s to hear of a kind that is new."""

PINNED = r"^[^\s@]+@sha256:[0-9a-f]{64}$"
LIST: Manifest = {
    "type": "array",
    "maxItems": 512,
    # Owned as a whole: nobody else can add to it beside the deployer.
    "x-kubernetes-list-type": "atomic",
    "items": {"type": "string", "pattern": PINNED, "maxLength": 512},
}

WORKLOADS = {
    "": ["replicationcontrollers", "podtemplates"],
    "apps": ["deployments", "statefulsets", "daemonsets", "replicasets"],
    "batch": ["jobs", "cronjobs"],
}
"""Checked so that whoever asks is told at once; pods are checked in any case, whoever makes them."""


def definition_spec() -> Manifest:
    """The parameter's kind.

    Not a ConfigMap, which an API server may keep as it was after it is deleted and made again
    (kubernetes/kubernetes issue 130887).
    """
    properties = {
        "release": {"type": "string", "description": "Id of the incoming release."},
        "incoming": {**LIST, "description": "Images of its services."},
        "lastVerified": {"type": "string", "description": "Id of the last other release that was verified here."},
        "verified": {**LIST, "description": "Images of that release."},
        "stores": {**LIST, "description": "Images of the stores."},
        "revision": {
            "type": "string",
            "pattern": PINNED,
            "description": "Names no image: a hash over all of this, by which a probe tells that it is in force.",
        },
    }
    spec = {"type": "object", "required": sorted(properties), "properties": properties}
    columns = {"Release": ".spec.release", "Last verified": ".spec.lastVerified"}
    version = {
        "name": VERSION,
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": {"type": "object", "required": ["spec"], "properties": {"spec": spec}}},
        "additionalPrinterColumns": [
            {"name": name, "type": "string", "jsonPath": path} for name, path in columns.items()
        ],
    }
    names = {"kind": KIND, "listKind": f"{KIND}List", "plural": PLURAL, "singular": PLURAL}
    return {"group": GROUP, "scope": "Namespaced", "names": names, "versions": [version]}


def parameter_spec(namespace: str, images: AdmittedImages) -> Manifest:
    """The parameter: lists of images, and a revision that changes with them and with the rules."""
    spec = {
        "release": images["release"],
        "incoming": images["incoming"],
        "lastVerified": images["last_verified"],
        "verified": images["verified"],
        "stores": images["stores"],
    }
    revision = sha256(
        [namespace, spec, images_policy_spec(namespace, KIND), images_binding_spec(namespace, policy_name(namespace))]
    )
    # A name that no registry can have (RFC 2606), so that admitting it admits nothing.
    return {**spec, "revision": f"revision.invalid/{namespace}@sha256:{revision}"}


def images_policy_spec(namespace: str, kind: Any) -> Manifest:
    """Whatever becomes a pod is made of admitted images.

    An image that stood there before is let be: a controller that finishes, scales or removes what is no longer
    admitted must not be held up. A dry run is let be too: a preview meets the parameter of the release before.
    """
    known = " + ".join(f"params.spec.{name}" for name in ("incoming", "verified", "stores"))
    return {
        "failurePolicy": "Fail",
        "paramKind": {"apiVersion": API_VERSION, "kind": kind},
        "matchConstraints": {
            "namespaceSelector": _only(namespace),
            "resourceRules": [
                _rule("", ["pods"], ["CREATE", "UPDATE"]),
                _rule("", ["pods/ephemeralcontainers"], ["UPDATE"]),
                *(_rule(group, resources, ["CREATE", "UPDATE"]) for group, resources in WORKLOADS.items()),
            ],
        },
        "matchConditions": [{"name": "no-dry-run", "expression": "!request.dryRun"}],
        "variables": [
            {"name": "pod", "expression": _pod_of("object")},
            {"name": "podBefore", "expression": f"oldObject == null ? dyn({{}}) : {_pod_of('oldObject')}"},
            {"name": "asked", "expression": _images_of("variables.pod")},
            {"name": "before", "expression": _images_of("variables.podBefore")},
            {"name": "admitted", "expression": f"{known} + [params.spec.revision]"},
            {
                "name": "foreign",
                "expression": "variables.asked.filter(i, !(i in variables.admitted) && !(i in variables.before))",
            },
        ],
        "validations": [
            {
                "expression": "size(variables.foreign) == 0",
                "reason": "Forbidden",
                "message": f"namespace {namespace} admits images of its releases only",
                "messageExpression": _refusal(namespace),
            }
        ],
    }


def images_binding_spec(namespace: str, policy: Any) -> Manifest:
    """In this namespace, with its own parameter; nothing is admitted without. ``policy`` will be its name."""
    reference = {"name": PARAMETER, "namespace": namespace, "parameterNotFoundAction": "Deny"}
    return {"policyName": policy, "paramRef": reference, "validationActions": ["Deny"]}


def guard_policy_spec(namespace: str, deployer: str) -> Manifest:
    """Who may change the parameter: the deployer, whatever rights others have; a namespace that goes takes it along."""
    going = 'request.operation == "DELETE" && namespaceObject.status.phase == "Terminating"'
    return {
        "failurePolicy": "Fail",
        "matchConstraints": {
            "namespaceSelector": _only(namespace),
            "resourceRules": [_rule(GROUP, [PLURAL], ["CREATE", "UPDATE", "DELETE"])],
        },
        "matchConditions": [{"name": "no-dry-run", "expression": "!request.dryRun"}],
        "validations": [
            {
                "expression": f"request.userInfo.username == {_text(deployer)} || ({going})",
                "reason": "Forbidden",
                "message": f"what namespace {namespace} admits is changed by {deployer} only",
                "messageExpression": _text(f"what namespace {namespace} admits is changed by {deployer} only, not by ")
                + " + request.userInfo.username + "
                + _text("; declare a release and let openim-cicd deploy it"),
            }
        ],
    }


def guard_binding_spec(namespace: str) -> Manifest:
    """The guard needs no parameter."""
    return {"policyName": guard_name(namespace), "validationActions": ["Deny"]}


def probe_template(images: Manifest) -> Manifest:
    """A pod template that nothing runs, admitted only once the API server holds this very parameter."""
    container = {
        "name": "revision",
        "image": images["revision"],
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    pod = {
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container],
    }
    return {"metadata": {"labels": {"app.kubernetes.io/name": "admission-probe"}}, "spec": pod}


def policy_name(namespace: str) -> str:
    """Cluster-wide, so it tells whose it is."""
    return f"{namespace}.{PLURAL}.{GROUP}"


def guard_name(namespace: str) -> str:
    """Cluster-wide, so it tells whose it is."""
    return f"{namespace}.guard.{PLURAL}.{GROUP}"


def _only(namespace: str) -> Manifest:
    return {"matchLabels": {NAMESPACE_LABEL: namespace}}


def _rule(group: str, resources: list[str], operations: list[str]) -> Manifest:
    return {"apiGroups": [group], "apiVersions": ["*"], "operations": operations, "resources": resources}


def _pod_of(obj: str) -> str:
    """The pod's spec in ``obj``, of whichever kind; ``dyn``, as the kinds have no fields in common."""
    return (
        f'request.resource.resource == "pods" ? dyn({obj}).spec : '
        f'request.resource.resource == "podtemplates" ? dyn({obj}).template.spec : '
        f'request.resource.resource == "cronjobs" ? dyn({obj}).spec.jobTemplate.spec.template.spec : '
        f"dyn({obj}).spec.template.spec"
    )


def _images_of(pod: str) -> str:
    """Images of containers of every sort, and those that are mounted as volumes."""
    sorts = ("containers", "initContainers", "ephemeralContainers")
    containers = " + ".join(f"{pod}.?{sort}.orValue([])" for sort in sorts)
    volumes = f"{pod}.?volumes.orValue([]).filter(v, has(v.image))"
    return f'({containers}).map(c, c.?image.orValue("")) + {volumes}.map(v, v.image.?reference.orValue(""))'


def _refusal(namespace: str) -> str:
    """CEL that names the images, what is admitted instead, and the way."""
    return (
        f'{_text(f"namespace {namespace} does not admit ")} + variables.foreign.join(", ")'
        ' + ": only images of " + params.spec.release'
        ' + (params.spec.lastVerified == "" ? "" : " and " + params.spec.lastVerified)'
        f" + {_text(' run here; declare a release that holds it, then: openim-cicd deploy')}"
    )


def _text(value: str) -> str:
    """``value`` as a CEL string; the escapes of JSON mean the same there."""
    return json.dumps(value)
