"""Everything that OpenIM's objects name exists: accounts, configuration, ports, services."""

import json

import kubernetes_validate
from pulumi.provider.experimental.component import ComponentProvider

from components.application import Application
from components.cluster_baseline import ClusterBaseline
from components.openim import OpenIM
from tests.program.openim.objects import NAME, PREFIXES, STORES, by_name, container, files, objects, pod, workloads


def test_all_services_and_stores_are_there(declared):
    """Twelve services of the server, four of chat and four stores run."""
    recorded = declared()
    assert len(by_name(recorded, "Deployment")) == 16
    assert set(by_name(recorded, "StatefulSet")) == STORES


def test_every_object_is_valid_for_kubernetes_1_37(declared):
    """Each generated object passes the API's own schema, strictly, with every option in use."""
    options = {
        "openim-api": {"host": "api.example.org", "autoscaling": {"maxReplicas": 6}},
        "minio": {"host": "files.example.org", "storage": "100Gi"},
    }
    for one in objects(declared(options)):
        kubernetes_validate.validate(one, "1.37", strict=True)


def test_everything_stands_in_the_one_namespace(declared):
    """Nothing lands beside the namespace, and nothing but the namespace is cluster-wide."""
    recorded = declared()
    assert {one["metadata"]["namespace"] for one in objects(recorded) if one["kind"] != "Namespace"} == {"openim-test"}
    assert not objects(recorded, "ClusterRole")
    assert not objects(recorded, "ClusterRoleBinding")


def test_pods_refer_only_to_what_exists(declared):
    """Every account, ConfigMap, Secret key and pull Secret that a pod names is declared."""
    recorded = declared()
    secrets = by_name(recorded, "Secret")
    for workload in workloads(recorded).values():
        assert pod(workload)["serviceAccountName"] in by_name(recorded, "ServiceAccount")
        assert all(one["name"] in secrets for one in pod(workload)["imagePullSecrets"])
        for volume in pod(workload).get("volumes", []):
            assert "configMap" not in volume or volume["configMap"]["name"] in by_name(recorded, "ConfigMap")
        for variable in container(workload)["env"]:
            reference = variable.get("valueFrom", {}).get("secretKeyRef")
            assert reference is None or reference["key"] in secrets[reference["name"]]["data"]
        mounted = {one["name"] for one in container(workload)["volumeMounts"]}
        assert mounted == {one["name"] for one in pod(workload).get("volumes", [])} | (
            {"data"} if "volumeClaimTemplates" in workload["spec"] else set()
        )


def test_services_lead_to_pods_and_ports_that_exist(declared):
    """Each Service selects exactly one workload and each target port is a port of its container."""
    recorded = declared({"openim-msggateway": {"host": "ws.example.org"}})
    running = workloads(recorded)
    services = by_name(recorded, "Service")
    for service in services.values():
        target = running[service["spec"]["selector"][NAME]]
        assert target["spec"]["template"]["metadata"]["labels"].items() >= service["spec"]["selector"].items()
        names = {port["name"] for port in container(target)["ports"]}
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= names
    for workload in by_name(recorded, "StatefulSet").values():
        assert services[workload["spec"]["serviceName"]]["spec"]["clusterIP"] == "None"
    (rule,) = by_name(recorded, "Ingress")["openim-msggateway"]["spec"]["rules"]
    backend = rule["http"]["paths"][0]["backend"]["service"]
    assert backend == {"name": "messagegateway-rpc-service", "port": {"name": "websocket"}}
    assert "websocket" in {port["name"] for port in services[backend["name"]]["spec"]["ports"]}


def test_containers_listen_where_their_configuration_says(declared):
    """The container's ports are those of its own configuration file, no more and no fewer."""
    recorded = declared()
    for name, workload in by_name(recorded, "Deployment").items():
        own = {file: data for file, data in files(recorded, workload).items() if file in own_files(name)}
        sections = [section for data in own.values() for section in data.values() if isinstance(section, dict)]
        listened = {port for section in sections for port in section.get("ports", [])}
        assert {port["containerPort"] for port in container(workload).get("ports", [])} == listened


def own_files(name):
    family, _, kind = name.removeprefix("openim-").partition("-")
    return {f"{name}.yml", f"chat-{kind}-{family}.yml"}


def test_services_find_each_other(declared):
    """Names registered for discovery are Services whose first port is named grpc, in the pods' own namespace."""
    recorded = declared()
    services = by_name(recorded, "Service")
    role = by_name(recorded, "Role")["service-discovery"]
    assert {resource for rule in role["rules"] for resource in rule["resources"]} == {
        "services",
        "endpoints",
        "pods",
        "endpointslices",
    }
    subjects = {one["name"] for one in by_name(recorded, "RoleBinding")["service-discovery"]["subjects"]}
    for name, workload in by_name(recorded, "Deployment").items():
        discovery = files(recorded, workload)["discovery.yml"]
        assert discovery["enable"] == "kubernetes"
        assert discovery["kubernetes"]["namespace"] == "openim-test"
        for service in discovery["rpcService"].values():
            assert services[service]["spec"]["ports"][0]["name"] == "grpc"
        assert name in subjects
        assert pod(workload)["automountServiceAccountToken"]
    for workload in by_name(recorded, "StatefulSet").values():
        assert not pod(workload)["automountServiceAccountToken"]


def test_variables_override_keys_that_the_service_reads(declared):
    """Each override names a blank key of a mounted file under its family's prefix; elsewhere it would do nothing."""
    recorded = declared()
    for name, workload in by_name(recorded, "Deployment").items():
        keys = {
            f"{prefix}{file.removesuffix('.yml')}_{path}".replace("-", "_").replace(".", "_").upper(): value
            for prefix in PREFIXES
            for file, data in files(recorded, workload).items()
            for path, value in flat(data)
        }
        names = [one["name"] for one in container(workload)["env"] if one["name"].startswith(PREFIXES)]
        assert all(keys[one] in ("", []) for one in names), name
        assert len({one.split("_")[0] for one in names}) <= 1
        assert {"name": "CONFIG_PATH", "value": "/config"} in container(workload)["env"]


def flat(data, path=""):
    for key, value in data.items():
        if isinstance(value, dict):
            yield from flat(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", value


def test_children_stand_under_their_component(declared):
    """Every object has a component of ours as its parent, and every component tells its outputs."""
    recorded = declared()
    components = {one.urn for one in recorded if one.type.startswith("openim-cicd:index:")}
    assert all(one.parent in components for one in recorded if one.custom)
    assert all(one.outputs for one in recorded if one.urn in components)


def test_programs_in_other_languages_can_use_the_components():
    """The component provider describes each of them under the project's own tokens."""
    schema = json.loads(ComponentProvider([Application, ClusterBaseline, OpenIM], "openim-cicd").schema)
    assert set(schema["resources"]) == {
        f"openim-cicd:index:{name}" for name in ("Application", "ClusterBaseline", "OpenIM")
    }
    workload = schema["types"]["openim-cicd:index:Workload"]
    assert all("description" in one for one in workload["properties"].values())


def test_a_wave_waits_for_the_ones_before_it(declared):
    """The API first, then the server's own services, then all others: as OpenIM's rules on version skew say."""
    recorded = declared()
    made = {one.inputs["metadata"]["name"]: one.urn for one in recorded if one.type.endswith(":Deployment")}
    waits = {one.name.removeprefix("openim-"): one.depends_on for one in recorded if one.type.endswith(":Application")}
    second = {name for name in made if name.startswith("openim-rpc-")}
    last = made.keys() - second - {"openim-api"}
    assert (len(second), len(last)) == (7, 8)
    for names, earlier in (({"openim-api"}, set()), (second, {"openim-api"}), (last, {"openim-api"} | second)):
        for name in names:
            assert {other for other in made if made[other] in waits[name]} == earlier, name
