"""An environment's cluster as a kubeconfig reaches it: what runs there, and what Services answer.

Smoke checks go through the API server's own proxy of Services (``services/<name>:<port>/proxy/<path>``). That is the
one way that works with a kubeconfig alone: from a CI job, a laptop or the sandbox, without a public address, and
through the Service as its callers see it. It needs the right ``create``/``get`` on ``services/proxy``. Where a network
plugin holds the API server to network policies, ``cluster.apiServerNetworks`` lets it in.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import urllib3
from kubernetes import client, config
from kubernetes.client.exceptions import ApiException
from kubernetes.config.config_exception import ConfigException

from delivery.errors import Refused
from delivery.observing import Object, observation
from model.application import SmokeCheck
from model.evidence import Observation

TIMEOUT = 10.0
"""Seconds for one answer."""
OK, DENIED = 200, (401, 403)
ADDRESSES = "openim-cicd/addresses"
"""Annotation of a Service: JSON, port name or number -> where it is reached from outside, e.g. ``127.0.0.1:8080``."""


class ClusterError(Refused):
    """The cluster cannot be asked: nobody can tell how it is."""


@dataclass(frozen=True)
class Cluster:
    """One namespace of a cluster."""

    api: client.ApiClient
    namespace: str

    def observe(self) -> Observation:
        """Everything that runs in the namespace.

        Raises:
            ClusterError: the cluster does not answer, or not to us.
        """
        apps = f"/apis/apps/v1/namespaces/{self.namespace}"
        workloads = [*self._items(f"{apps}/deployments"), *self._items(f"{apps}/statefulsets")]
        return observation(workloads, self._items(f"/api/v1/namespaces/{self.namespace}/pods"))

    def addresses(self) -> dict[str, dict[str, str]]:
        """Where Services are reached from outside, by Service and by port's name or number.

        Raises:
            ClusterError: the cluster does not answer, or not to us.
        """
        services = self._items(f"/api/v1/namespaces/{self.namespace}/services")
        return {one["metadata"]["name"]: found for one in services if (found := _outside(one))}

    def ask(self, check: SmokeCheck) -> tuple[int, str]:
        """Status and text of what a Service answers.

        Raises:
            ClusterError: the API server does not answer, or does not let us ask.
        """
        path = f"/api/v1/namespaces/{self.namespace}/services/{check.service}:{check.port}/proxy{check.path}"
        status, text = self._call(check.method, path)
        if status in DENIED and "services/proxy" in text:
            raise ClusterError(f"{self._where}: {_told(text)}; grant get and create on services/proxy")
        return status, _told(text)

    def _items(self, path: str) -> list[Object]:
        status, text = self._call("GET", path)
        if status != OK:
            raise ClusterError(f"{self._where} answers {status} to {path}: {_told(text)}; check the kubeconfig")
        return list(json.loads(text)["items"])

    def _call(self, method: str, path: str) -> tuple[int, str]:
        """Status and text: no object is made of it, which for a hundred pods would take longer than asking."""
        asked = self.api.param_serialize(method, path, auth_settings=["BearerToken"])
        try:
            answer: Any = self.api.call_api(*asked, _request_timeout=TIMEOUT)
            return int(answer.status), answer.read().decode(errors="replace")
        except (urllib3.exceptions.HTTPError, ApiException, OSError) as error:
            raise ClusterError(f"{self._where} does not answer: {error}; is it up, and reachable from here?") from None

    @property
    def _where(self) -> str:
        return f"the cluster {self.api.configuration.host}"


def connect(kubeconfig: str, namespace: str) -> Cluster:
    """The cluster of the current context of ``kubeconfig``.

    Raises:
        ClusterError: the file is none.
    """
    settings = client.Configuration()
    settings.retries = 0
    try:
        load: Callable[..., None] = config.load_kube_config
        load(kubeconfig, client_configuration=settings, persist_config=False)
    except (ConfigException, OSError, ValueError) as error:
        raise ClusterError(f"kubeconfig {Path(kubeconfig)}: {error}; set its path in the stack's file") from None
    return Cluster(client.ApiClient(settings), namespace)


def _outside(service: Mapping[str, Any]) -> dict[str, str]:
    text = service["metadata"].get("annotations", {}).get(ADDRESSES)
    if text:
        return dict(json.loads(text))
    balanced = service.get("status", {}).get("loadBalancer", {}).get("ingress") or []
    host = next((one.get("hostname") or one.get("ip") for one in balanced), None)
    ports = service["spec"].get("ports") or []
    return {
        str(key): f"{host}:{one['port']}" for one in ports for key in (one.get("name"), one["port"]) if key and host
    }


def _told(text: str) -> str:
    """The API server's own message; an application's answer as it is."""
    try:
        return str(json.loads(text)["message"])
    except (TypeError, ValueError, KeyError):
        return text
