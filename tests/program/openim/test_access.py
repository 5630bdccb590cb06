"""Who gets in: between pods, from outside, and to the namespace's objects."""

import json

from tests.program.openim.objects import NAME, by_name, files, objects, workloads


def test_only_declared_callers_connect(declared):
    """Nothing is open by default; a store opens to the services whose configuration names it, and to nobody else."""
    recorded = declared()
    policies = by_name(recorded, "NetworkPolicy")
    assert policies["default-deny"]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    (rule,) = policies["kafka"]["spec"]["ingress"]
    assert rule["ports"] == [{"protocol": "TCP", "port": 9094}]
    (expression,) = rule["from"][0]["podSelector"]["matchExpressions"]
    readers = {
        name for name, workload in by_name(recorded, "Deployment").items() if "kafka.yml" in files(recorded, workload)
    }
    assert set(expression["values"]) == readers
    assert "openim-crontask" not in readers
    assert policies["openim-crontask"]["spec"]["ingress"] == []
    for name in workloads(recorded):
        assert policies[name]["spec"]["podSelector"] == {"matchLabels": {NAME: name}}


def test_the_api_server_is_let_in_to_what_smoke_checks_ask(declared):
    """Where a network plugin would hold smoke checks back, the settings open the ports that they ask, and no others."""
    policies = by_name(declared(networks=["10.0.0.0/28"]), "NetworkPolicy")
    rule = {"from": [{"ipBlock": {"cidr": "10.0.0.0/28"}}], "ports": [{"protocol": "TCP", "port": 9000}]}
    assert rule in policies["minio"]["spec"]["ingress"]
    opened = {name for name, one in policies.items() if "ipBlock" in json.dumps(one["spec"].get("ingress", []))}
    assert opened == {"minio", "openim-api", "openim-msgtransfer", "openim-admin-api", "openim-chat-api"}


def test_no_door_opens_to_the_outside_unasked(declared):
    """Services are inside the cluster; a host in the settings opens one port to the ingress controller."""
    recorded = declared()
    assert {one["spec"].get("type", "ClusterIP") for one in objects(recorded, "Service")} == {"ClusterIP"}
    assert not objects(recorded, "Ingress")
    opened = declared({"minio": {"host": "files.example.org"}})
    (ingress,) = objects(opened, "Ingress")
    assert ingress["spec"]["rules"][0]["host"] == "files.example.org"
    assert "nginx.ingress.kubernetes.io/rewrite-target" not in ingress["metadata"]["annotations"]
    minio = files(opened, by_name(opened, "Deployment")["openim-rpc-third"])["minio.yml"]
    assert minio["externalAddress"] == "https://files.example.org"
    assert minio["internalAddress"] == "minio-service:10005"


def test_deployers_cannot_change_their_own_limits(declared):
    """The deployer role holds no wildcard and cannot touch quota, limits or the namespace; readers see no Secrets."""
    recorded = declared()
    roles = by_name(recorded, "Role")
    for rule in roles["deployer"]["rules"]:
        assert "*" not in str(rule)
        if "create" in rule["verbs"]:
            assert not {"resourcequotas", "limitranges", "namespaces", "pods/exec"} & set(rule["resources"])
    assert not [rule for rule in roles["reader"]["rules"] if "secrets" in rule["resources"]]
    assert by_name(recorded, "RoleBinding")["deployer"]["subjects"][0]["name"] == "openim-cicd:deployer"
