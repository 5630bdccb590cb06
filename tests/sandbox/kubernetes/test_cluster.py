"""The control plane is a real one: identities, rights, certificates, state."""

import ssl

import httpx
import pytest

from sandbox.kubernetes.cluster import Cluster
from sandbox.kubernetes.services import environment, populate, prepare
from sandbox.layout import Layout
from sandbox.ports import Ports

CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"


def test_three_nodes_in_three_zones_are_ready(kube):
    nodes = kube.get("/api/v1/nodes")["items"]
    assert len({each["metadata"]["labels"]["topology.kubernetes.io/zone"] for each in nodes}) == 3
    for node in nodes:
        assert {each["status"] for each in node["status"]["conditions"] if each["type"] == "Ready"} == {"True"}


def test_a_reader_reads_what_a_role_lets_it_and_writes_nothing(kube, eventually):
    with kube.client("reader") as reader:
        assert reader.get(CONFIG_MAPS).status_code == 403
        binding = {
            "metadata": {"name": "readers"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "openim-cicd:readers"}],
        }
        kube.create("/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings", binding)
        eventually(lambda: reader.get(CONFIG_MAPS).status_code == 200)
        assert reader.post(CONFIG_MAPS, json={"metadata": {"name": "mine"}}).status_code == 403
        assert reader.get("/api/v1/namespaces/default/secrets").status_code == 403


def test_a_wrong_token_is_nobody(kube):
    with kube.client("reader") as client:
        answer = client.get(CONFIG_MAPS, headers={"Authorization": "Bearer wrong"})
    assert answer.status_code == 401


def test_clients_that_do_not_trust_the_cluster_refuse_to_speak_to_it(kube):
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(kube.cluster.url("kube-apiserver"), verify=ssl.create_default_context(), trust_env=False)


def test_the_certificate_is_good_for_localhost_too(kube):
    trust = ssl.create_default_context(cafile=str(kube.cluster.authority))
    url = f"https://localhost:{kube.cluster.port('kube-apiserver')}/readyz"
    assert httpx.get(url, verify=trust, trust_env=False).text == "ok"


def test_etcd_speaks_only_to_the_api_server(kube):
    trust = ssl.create_default_context(cafile=str(kube.cluster.authority))
    with pytest.raises(httpx.TransportError):
        httpx.get(f"{kube.cluster.url('etcd')}/version", verify=trust, trust_env=False)


def test_secrets_lie_encrypted(kube):
    kube.create(
        "/api/v1/namespaces/default/secrets", {"metadata": {"name": "seen"}, "stringData": {"k": "plainly-visible"}}
    )
    kube.create(CONFIG_MAPS, {"metadata": {"name": "seen"}, "data": {"k": "meant-to-be-read"}})
    content = b"".join(path.read_bytes() for path in kube.cluster.file("etcd").rglob("*") if path.is_file())
    assert b"meant-to-be-read" in content
    assert b"plainly-visible" not in content


def test_pod_security_is_enforced_where_a_namespace_asks_for_it(kube):
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    kube.create("/api/v1/namespaces", {"metadata": {"name": "strict", "labels": labels}})
    pod = {"metadata": {"name": "root"}, "spec": {"containers": [{"name": "main", "image": "root"}]}}
    with kube.client() as client:
        answer = client.post("/api/v1/namespaces/strict/pods", json=pod)
    assert answer.status_code == 403
    assert "violates PodSecurity" in answer.text


def test_writes_are_audited_with_their_author_and_without_their_content(kube, eventually):
    secret = {"metadata": {"name": "audited"}, "stringData": {"k": "never-to-be-logged"}}
    with kube.client("deployer") as deployer:
        deployer.post("/api/v1/namespaces/default/secrets", json=secret).raise_for_status()
    log = kube.cluster.file("audit.log")
    eventually(lambda: '"name":"audited"' in log.read_text())
    [line] = [each for each in log.read_text().splitlines() if '"name":"audited"' in each]
    assert '"username":"openim-cicd:deployer"' in line
    assert "never-to-be-logged" not in log.read_text()


def test_a_killed_api_server_finds_its_state_and_pods_go_on(kube, registry, eventually):
    kube.create(CONFIG_MAPS, {"metadata": {"name": "kept"}, "data": {"k": "v"}})
    kube.deploy("survivor", registry.push("openim/survivor"))
    eventually(lambda: kube.main("survivor").get("ready"))
    before = kube.main("survivor")
    for process in ("etcd", "kube-apiserver"):
        kube.kill(process)
    assert kube.get(f"{CONFIG_MAPS}/kept")["data"] == {"k": "v"}
    kube.deploy("after", registry.push("openim/after"))
    eventually(lambda: kube.main("after").get("ready"))
    assert kube.main("survivor") == before


def test_a_killed_node_agent_leaves_running_pods_alone(kube, registry, eventually):
    image = registry.push("openim/steady")
    kube.deploy("steady", image, imagePullPolicy="Always")
    eventually(lambda: kube.main("steady").get("ready"))
    before, told = kube.pods("steady")[0]["status"], kube.messages("steady")
    del registry.blobs[image.rpartition("@")[2]]
    kube.kill("node-agent")
    kube.deploy("later", registry.push("openim/later"))
    eventually(lambda: kube.main("later").get("ready"))
    assert kube.pods("steady")[0]["status"] == before
    assert kube.messages("steady") == told


def test_preparing_twice_changes_no_key_and_each_cluster_has_its_own(tmp_path):
    layout = Layout(tmp_path)
    ports = Ports(layout)

    def files():
        return {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    prepare(layout, ports)
    before = files()
    prepare(layout, ports)
    assert files() == before
    staging, prod = (Cluster(name, layout, ports) for name in ("staging", "prod"))
    assert staging.authority.read_bytes() != prod.authority.read_bytes()
    assert environment(layout, ports) == {
        "KUBECONFIG_STAGING": str(staging.kubeconfig("deployer")),
        "KUBECONFIG_PROD": str(prod.kubeconfig("deployer")),
    }
    assert all(path.stat().st_mode & 0o077 == 0 for path in before if path.parent != tmp_path)


def test_populating_waits_for_clusters_that_answer(tmp_path):
    layout = Layout(tmp_path)
    prepare(layout, Ports(layout))
    with pytest.raises(httpx.ConnectError):
        populate(layout, Ports(layout))
