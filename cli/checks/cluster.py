"""Kubernetes: whether the cluster answers and the identity may do what the stack does."""

from collections.abc import Iterator
from typing import Any

from kubernetes import client, config
from kubernetes.client.exceptions import ApiException
from kubernetes.config.config_exception import ConfigException
from urllib3.exceptions import HTTPError

from cli.checks.finding import Finding, bad, good
from model.settings import StackSettings, stack_file

NEEDED = (
    ("", "namespaces", "create"),
    ("admissionregistration.k8s.io", "validatingadmissionpolicies", "create"),
    ("apps", "deployments", "patch"),
    ("apps", "statefulsets", "patch"),
    ("networking.k8s.io", "networkpolicies", "create"),
    ("rbac.authorization.k8s.io", "roles", "create"),
)
"""Group, resource and verb; a sample of each kind of right that the stack needs."""


def check(stack: str, settings: StackSettings) -> Iterator[Finding]:
    """The cluster of ``stack``, where it has one."""
    if settings.cluster is None:
        return
    subject = f"cluster of {stack}"
    try:
        api = config.new_client_from_config(settings.cluster.kubeconfig)  # type: ignore[no-untyped-call]
    except (ConfigException, OSError) as error:
        yield bad(
            subject, f"the kubeconfig cannot be used: {error}", f"name a kubeconfig in KUBECONFIG_{stack.upper()}"
        )
        return
    try:
        version = client.VersionApi(api).get_code(_request_timeout=10)
        yield good(subject, f"Kubernetes {version.git_version}")
        yield _identity(stack, api, settings.cluster.deployer)
        yield from _rights(subject, api, settings.cluster.namespace)
    except (HTTPError, ApiException) as error:
        yield bad(
            subject,
            f"does not answer: {str(error).splitlines()[0]}",
            "check the kubeconfig's server and its credentials",
        )
    finally:
        api.close()


def _identity(stack: str, api: Any, deployer: str) -> Finding:
    """Only the declared deployer may change what the namespace admits, so an `up` by anybody else would fail."""
    subject = f"user in the cluster of {stack}"
    review: Any = client.AuthenticationV1Api(api).create_self_subject_review(
        client.V1SelfSubjectReview(), _request_timeout=10
    )
    user = str(review.status.user_info.username)
    if user == deployer:
        return good(subject, user)
    remedy = f"set deployer: {user} under openim-cicd:cluster in {stack_file(stack)}, or take the deployer's kubeconfig"
    return bad(subject, f"is {user}, and only {deployer} may change which images are admitted", remedy)


def _rights(subject: str, api: Any, namespace: str) -> Iterator[Finding]:
    missing = [
        f"{verb} {resource}" for group, resource, verb in NEEDED if not _may(api, namespace, group, resource, verb)
    ]
    if missing:
        yield bad(
            f"rights in the {subject}",
            f"may not {', '.join(missing)}",
            "bind the identity of the kubeconfig to these rights",
        )
    else:
        yield good(f"rights in the {subject}", "every sampled right is there")


def _may(api: Any, namespace: str, group: str, resource: str, verb: str) -> bool:
    attributes = client.V1ResourceAttributes(namespace=namespace, group=group, resource=resource, verb=verb)
    review = client.V1SelfSubjectAccessReview(spec=client.V1SelfSubjectAccessReviewSpec(resource_attributes=attributes))
    answer = client.AuthorizationV1Api(api).create_self_subject_access_review(review, _request_timeout=10)
    return answer.status is not None and bool(answer.status.allowed)
