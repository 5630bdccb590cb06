"""Who may talk to a cluster, and as whom: tokens, kubeconfigs, the key that encrypts Secrets at rest.

Processes of the control plane hold client certificates, people and pipelines hold tokens, as on most managed clusters.
"""

import base64
import json
import secrets
from typing import Any

from sandbox.kubernetes.certificates import Authority, make_service_account_key, write_private
from sandbox.kubernetes.cluster import Cluster

MASTERS = "system:masters"
PROCESSES = {
    "admin": ("openim-cicd:admin", (MASTERS,)),
    "kube-controller-manager": ("system:kube-controller-manager", ()),
    "kube-scheduler": ("system:kube-scheduler", ()),
    # These two play every node of the cluster and its storage provisioner at once; no smaller built-in role fits.
    "kwok": ("openim-cicd:kwok", (MASTERS,)),
    "node-agent": ("openim-cicd:node-agent", (MASTERS,)),
}
"""Client certificates: file name -> (user, groups)."""

DEPLOYER, DEPLOYERS = "openim-cicd:deployer", "openim-cicd:deployers"
READER, READERS = "openim-cicd:reader", "openim-cicd:readers"
TOKENS = {"deployer": (DEPLOYER, DEPLOYERS), "reader": (READER, READERS)}
"""Token holders: file name -> (user, group). A reader may do nothing until somebody binds a role to it."""


def prepare_credentials(cluster: Cluster) -> None:
    """Write every key, certificate, token and kubeconfig of a cluster that is not there yet."""
    authority = Authority(cluster.authority.parent, f"openim-cicd sandbox {cluster.name}")
    authority.establish()
    authority.issue_server("server")
    for name, (user, groups) in PROCESSES.items():
        authority.issue_client(name, user, groups)
        _write_kubeconfig(cluster, name, _certificate_of(cluster, name))
    for name in TOKENS:
        _write_kubeconfig(cluster, name, {"token": _token(cluster, name)})
    make_service_account_key(cluster.file("pki", "service-account.key"))
    _write_token_file(cluster)
    _write_encryption_configuration(cluster)


def _certificate_of(cluster: Cluster, name: str) -> dict[str, str]:
    return {
        "client-certificate-data": _encoded(cluster.file("pki", f"{name}.crt").read_bytes()),
        "client-key-data": _encoded(cluster.file("pki", f"{name}.key").read_bytes()),
    }


def _token(cluster: Cluster, name: str) -> str:
    path = cluster.file("tokens", name)
    if not path.exists():
        write_private(path, secrets.token_urlsafe(32).encode())
    return path.read_text()


def _write_token_file(cluster: Cluster) -> None:
    rows = [f"{_token(cluster, name)},{user},{user},{group}\n" for name, (user, group) in TOKENS.items()]
    write_private(cluster.file("tokens.csv"), "".join(rows).encode())


def _write_kubeconfig(cluster: Cluster, identity: str, user: dict[str, str]) -> None:
    """A self-contained kubeconfig: certificates inside, so that it works from any folder."""
    server = {
        "server": cluster.url("kube-apiserver"),
        "certificate-authority-data": _encoded(cluster.authority.read_bytes()),
    }
    context = {"cluster": cluster.name, "user": f"{identity}@{cluster.name}"}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": cluster.name, "cluster": server}],
        "users": [{"name": context["user"], "user": user}],
        "contexts": [{"name": cluster.name, "context": context}],
        "current-context": cluster.name,
    }
    _write_json(cluster, f"{identity}.kubeconfig", document)


def _write_encryption_configuration(cluster: Cluster) -> None:
    """Secrets are encrypted before they reach etcd; ``identity`` only reads what came before."""
    if cluster.file("encryption.yaml").exists():
        return
    key = {"name": "sandbox", "secret": _encoded(secrets.token_bytes(32))}
    document = {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "EncryptionConfiguration",
        "resources": [{"resources": ["secrets"], "providers": [{"secretbox": {"keys": [key]}}, {"identity": {}}]}],
    }
    _write_json(cluster, "encryption.yaml", document)


def _write_json(cluster: Cluster, name: str, document: dict[str, Any]) -> None:
    # JSON is YAML: one writer for both kinds of reader.
    write_private(cluster.file(name), (json.dumps(document, indent=2) + "\n").encode())


def _encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()
