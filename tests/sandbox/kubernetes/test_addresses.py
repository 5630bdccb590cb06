"""Each port of a Service answers on loopback, as long as something ready stands behind it."""

import json
import socket

import httpx
import pytest

from sandbox.kubernetes.addresses import address

SERVICES = "/api/v1/namespaces/default/services"


@pytest.fixture
def place(kube, eventually):
    """Create a Service for a Deployment; its address, once the node agent has given it one."""

    def create(name, port, target=10002):
        spec = {"selector": {"app": name}, "ports": [{"name": "main", "port": port, "targetPort": target}]}
        kube.create(SERVICES, {"metadata": {"name": name}, "spec": spec})
        eventually(lambda: "annotations" in kube.get(f"{SERVICES}/{name}")["metadata"])
        return address(kube.cluster.layout, "staging", "default", name, port)

    return create


def fetch(where):
    return httpx.get(f"http://{where}/healthz", trust_env=False, timeout=5)


def test_a_service_answers_while_a_pod_is_ready_and_tells_what_runs(kube, registry, eventually, place):
    where = place("front", 80)
    assert fetch(where).status_code == 503
    image = registry.push("openim/front", ports="10002/http")
    kube.deploy("front", image)
    eventually(lambda: fetch(where).status_code == 200)
    told = fetch(where).json()
    assert (told["service"], told["image"]) == ("default/front", image)
    assert told["digest"] == image.rpartition("@")[2]
    assert told["labels"] == {"org.opencontainers.image.version": "1.2.3"}
    assert "do not run" in told["note"]
    kube.delete("/apis/apps/v1/namespaces/default/deployments/front")
    eventually(lambda: fetch(where).status_code == 503)


def test_a_ready_pod_that_listens_elsewhere_does_not_count(kube, registry, eventually, place):
    where = place("elsewhere", 80, target=9999)
    kube.deploy("elsewhere", registry.push("openim/front", ports="10002/http"))
    eventually(lambda: kube.main("elsewhere").get("ready"))
    eventually(lambda: "no program listens" in fetch(where).json()["error"])
    assert fetch(where).status_code == 503


def test_what_is_not_http_is_held_open_only_while_ready(kube, registry, eventually, place):
    where = place("rpc", 10160, target=10002)
    kube.deploy("rpc", registry.push("openim/rpc", ports="10002/grpc"))

    def is_held_open():
        host, _, port = where.partition(":")
        with socket.create_connection((host, int(port)), timeout=0.5) as connection:
            try:
                return connection.recv(1) != b""
            except TimeoutError:
                return True

    eventually(lambda: kube.main("rpc").get("ready"))
    eventually(is_held_open)
    kube.delete("/apis/apps/v1/namespaces/default/deployments/rpc")
    eventually(lambda: not kube.pods("rpc"))


def test_addresses_stand_on_the_service_and_go_with_it(kube, place, eventually):
    where = place("shortlived", 80)
    annotation = kube.get(f"{SERVICES}/shortlived")["metadata"]["annotations"]["openim-cicd/addresses"]
    assert json.loads(annotation) == {"80": where, "main": where}
    with pytest.raises(LookupError, match=r"no port 81; known: \['80', 'main'\]"):
        address(kube.cluster.layout, "staging", "default", "shortlived", 81)
    kube.delete(f"{SERVICES}/shortlived")

    def gone():
        try:
            return not address(kube.cluster.layout, "staging", "default", "shortlived", 80)
        except LookupError:
            return True

    eventually(gone)
    with pytest.raises(httpx.ConnectError):
        fetch(where)


def test_the_api_server_reaches_a_service_with_nothing_but_a_kubeconfig(kube, registry, eventually):
    image = registry.push("openim/proxied", ports="10002/http")
    spec = {"selector": {"app": "proxied"}, "ports": [{"name": "http", "port": 80, "targetPort": 10002}]}
    kube.create(SERVICES, {"metadata": {"name": "proxied"}, "spec": spec})
    kube.deploy("proxied", image)

    def answer(port="80"):
        with kube.client() as client:
            return client.post(f"{SERVICES}/proxied:{port}/proxy/auth/token")

    eventually(lambda: answer().status_code == 200, lambda: answer().text)
    assert answer("http").json()["image"] == image
    kube.delete("/apis/apps/v1/namespaces/default/deployments/proxied")
    # Until the Service has lost its endpoint, the API server still knocks where nobody opens any more: 503 as well.
    eventually(lambda: "no endpoints available" in answer().text, lambda: answer().text)


def test_a_port_that_no_program_listens_on_is_no_way_in(kube, registry, eventually):
    spec = {"selector": {"app": "deaf"}, "ports": [{"name": "http", "port": 80, "targetPort": 9999}]}
    kube.create(SERVICES, {"metadata": {"name": "deaf"}, "spec": spec})
    kube.deploy("deaf", registry.push("openim/deaf", ports="10002/http"))
    eventually(lambda: kube.main("deaf").get("ready"))
    with kube.client() as client:
        eventually(lambda: "Bad Gateway" in client.get(f"{SERVICES}/deaf:80/proxy/").text)
