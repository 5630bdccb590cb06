"""The command line of every process of a control plane, trimmed for one developer's machine.

Memory is the budget here: Go's collector runs earlier (GOGC, GOMEMLIMIT), and controllers whose world is not
simulated (clouds, certificate signing) stay off. What the API accepts and refuses is untouched.
"""

import json
import sys
from pathlib import Path

from sandbox.kubernetes.certificates import write_private
from sandbox.kubernetes.cluster import SERVICE_RANGE, Cluster
from sandbox.ports import LOOPBACK

OFF = (
    "certificatesigningrequest-approving-controller",
    "certificatesigningrequest-cleaner-controller",
    "certificatesigningrequest-signing-controller",
    "device-taint-eviction-controller",
    "endpointslice-mirroring-controller",
    "legacy-serviceaccount-token-cleaner-controller",
    "node-ipam-controller",
    "persistentvolume-attach-detach-controller",
    "persistentvolume-expander-controller",
    "podcertificaterequest-cleaner-controller",
    "resourceclaim-controller",
    "service-cidr-controller",
    "storage-version-migrator-controller",
    "volumeattributesclass-protection-controller",
)
"""Controllers with nothing to control here: no cloud, no kubelet certificates, no devices."""


def etcd(cluster: Cluster, tool: Path) -> tuple[str, ...]:
    """One member that only holders of this cluster's certificates can read."""
    peers = cluster.url("etcd-peer")
    return (
        str(tool),
        f"--name={cluster.name}",
        f"--data-dir={cluster.file('etcd')}",
        f"--listen-client-urls={cluster.url('etcd')}",
        f"--advertise-client-urls={cluster.url('etcd')}",
        f"--listen-metrics-urls={cluster.url('etcd-health', 'http')}",
        f"--listen-peer-urls={peers}",
        f"--initial-advertise-peer-urls={peers}",
        f"--initial-cluster={cluster.name}={peers}",
        *(f"--{side}cert-file={cluster.file('pki', 'server.crt')}" for side in ("", "peer-")),
        *(f"--{side}key-file={cluster.file('pki', 'server.key')}" for side in ("", "peer-")),
        *(f"--{side}trusted-ca-file={cluster.authority}" for side in ("", "peer-")),
        *(f"--{side}client-cert-auth" for side in ("", "peer-")),
        "--snapshot-count=5000",
        "--log-level=warn",
    )


def api_server(cluster: Cluster, tool: Path) -> tuple[str, ...]:
    """The API server: RBAC, default admission (Pod Security among it), Secrets encrypted, writes audited."""
    keys = cluster.file("pki", "service-account.key")
    return (
        str(tool),
        "kube-apiserver",
        f"--bind-address={LOOPBACK}",
        f"--secure-port={cluster.port('kube-apiserver')}",
        f"--cert-dir={cluster.file('pki')}",
        f"--tls-cert-file={cluster.file('pki', 'server.crt')}",
        f"--tls-private-key-file={cluster.file('pki', 'server.key')}",
        f"--client-ca-file={cluster.authority}",
        f"--token-auth-file={cluster.file('tokens.csv')}",
        "--authorization-mode=Node,RBAC",
        f"--etcd-servers={cluster.url('etcd')}",
        f"--etcd-cafile={cluster.authority}",
        f"--etcd-certfile={cluster.file('pki', 'server.crt')}",
        f"--etcd-keyfile={cluster.file('pki', 'server.key')}",
        f"--encryption-provider-config={cluster.file('encryption.yaml')}",
        f"--service-account-issuer={cluster.url('kube-apiserver')}",
        f"--service-account-signing-key-file={keys}",
        f"--service-account-key-file={keys.with_suffix('.pub')}",
        f"--service-cluster-ip-range={SERVICE_RANGE}",
        # A loopback address may not stand in an EndpointSlice, so the `kubernetes` Service stays without one.
        "--endpoint-reconciler-type=none",
        f"--audit-policy-file={cluster.file('audit-policy.yaml')}",
        f"--audit-log-path={cluster.file('audit.log')}",
        "--audit-log-maxsize=20",
        "--audit-log-maxbackup=1",
        f"--egress-selector-config-file={cluster.file('egress.yaml')}",
        "--event-ttl=30m",
        "--profiling=false",
        "--shutdown-delay-duration=0s",
    )


def controller_manager(cluster: Cluster, tool: Path) -> tuple[str, ...]:
    """The real controllers, each with its own ServiceAccount's rights."""
    return (
        *_with_kubeconfig(cluster, tool, "kube-controller-manager"),
        f"--controllers=*,{','.join(f'-{name}' for name in OFF)}",
        "--use-service-account-credentials",
        f"--service-account-private-key-file={cluster.file('pki', 'service-account.key')}",
        f"--root-ca-file={cluster.authority}",
        "--cluster-name=" + cluster.name,
        # Autoscalers find no metrics here and say so in an event each time they look: a minute apart will do.
        "--horizontal-pod-autoscaler-sync-period=60s",
        "--leader-elect=false",
        "--profiling=false",
    )


def scheduler(cluster: Cluster, tool: Path) -> tuple[str, ...]:
    """The real scheduler."""
    return (*_with_kubeconfig(cluster, tool, "kube-scheduler"), "--leader-elect=false", "--profiling=false")


def kwok(cluster: Cluster, tool: Path) -> tuple[str, ...]:
    """Keeps Node objects alive (conditions, leases); pods are left to the node agent."""
    return (
        str(tool),
        f"--kubeconfig={cluster.kubeconfig('kwok')}",
        f"--config={cluster.file('kwok.yaml')}",
        "--manage-all-nodes",
        "--node-lease-duration-seconds=40",
        f"--server-address={LOOPBACK}:{cluster.port('kwok')}",
        "--v=WARN",
    )


def node_agent(cluster: Cluster) -> tuple[str, ...]:
    """Our own process; it runs in the interpreter that the sandbox runs in."""
    root = cluster.layout.root
    return (sys.executable, "-m", "sandbox.kubernetes.agent", f"--sandbox={root}", f"--cluster={cluster.name}")


def write_configuration(cluster: Cluster) -> None:
    """The files that the command lines above name and that hold no secret."""
    _write(cluster, "audit-policy.yaml", _AUDIT_POLICY)
    _write(cluster, "kwok.yaml", _NO_POD_STAGES)
    _write(cluster, "egress.yaml", _egress(cluster))


def _egress(cluster: Cluster) -> dict[str, object]:
    """Connections to pods go through the node agent, which alone knows where they are."""
    files = {"caBundle": cluster.authority, "clientCert": cluster.file("pki", "server.crt")}
    identity = {name: str(path) for name, path in {**files, "clientKey": cluster.file("pki", "server.key")}.items()}
    way = {"tcp": {"url": cluster.url("egress"), "tlsConfig": identity}}
    return {
        "apiVersion": "apiserver.k8s.io/v1beta1",
        "kind": "EgressSelectorConfiguration",
        "egressSelections": [
            {"name": "cluster", "connection": {"proxyProtocol": "HTTPConnect", "transport": way}},
        ],
    }


def _with_kubeconfig(cluster: Cluster, tool: Path, process: str) -> tuple[str, ...]:
    return (
        str(tool),
        process,
        f"--kubeconfig={cluster.kubeconfig(process)}",
        f"--bind-address={LOOPBACK}",
        f"--secure-port={cluster.port(process)}",
        f"--tls-cert-file={cluster.file('pki', 'server.crt')}",
        f"--tls-private-key-file={cluster.file('pki', 'server.key')}",
    )


def _write(cluster: Cluster, name: str, document: dict[str, object]) -> None:
    write_private(cluster.file(name), (json.dumps(document, indent=2) + "\n").encode())


_AUDIT_POLICY: dict[str, object] = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [
        {"level": "None", "userGroups": ["system:nodes", "system:serviceaccounts:kube-system", "system:masters"]},
        {"level": "None", "users": ["system:kube-scheduler", "system:kube-controller-manager", "system:apiserver"]},
        {"level": "None", "verbs": ["get", "list", "watch"]},
        {"level": "Metadata"},
    ],
}
"""Who changed what (never its content); the control plane's own traffic would bury it."""

_NO_POD_STAGES: dict[str, object] = {
    "apiVersion": "kwok.x-k8s.io/v1alpha1",
    "kind": "Stage",
    "metadata": {"name": "pods-belong-to-the-node-agent"},
    "spec": {
        "resourceRef": {"apiGroup": "v1", "kind": "Pod"},
        "selector": {"matchExpressions": [{"key": ".metadata.uid", "operator": "In", "values": ["none"]}]},
        "next": {},
    },
}
"""kwok brings its own pod stages, which make any pod ready, unless one of ours is there; this one matches no pod."""
