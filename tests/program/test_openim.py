"""OpenIM as the engine would get it: valid objects, references that resolve, secrets that stay secret."""

import base64
import json
from functools import cache
from pathlib import Path

import kubernetes_validate
import pytest
from pulumi.provider.experimental.component import ComponentProvider
from ruamel.yaml import YAML

from components.application import Application
from components.cluster_baseline import ClusterBaseline
from components.openim import OpenIM
from model.application import Override, assemble, read_application
from model.release import Release

ROOT = Path(__file__).parents[2]
NAME = "app.kubernetes.io/name"
STORES = {"mongo", "redis", "kafka", "minio"}
PREFIXES = ("IMENV_", "CHATENV_")


@pytest.fixture(scope="module")
def application():
    return read_application("estate/openim.yaml", lambda file: (ROOT / file).read_text())


@pytest.fixture(scope="module")
def recordings():
    """What was recorded already, by what was asked: tests only look."""
    return {}


@pytest.fixture
def declared(record, application, recordings):
    """``declared(overrides, protect)``: what a stack with them registers."""

    def run(overrides=None, protect=False, networks=()):
        asked = json.dumps([overrides, protect, networks])
        if asked not in recordings:
            recordings[asked] = record(lambda: stack(assembled(application, overrides or {}, networks), protect))
        return recordings[asked]

    return run


def assembled(application, overrides, networks=()):
    images = {name: f"sha256:{index:064x}" for index, name in enumerate(application.estate.workloads())}
    return assemble(
        application,
        overrides={name: Override.model_validate(one) for name, one in overrides.items()},
        release=Release(id="v3.8.4+a1b2c3d", images=images),
        registry_host="registry.example:5000",
        namespace="openim-test",
        stack_file="Pulumi.staging.yaml",
        api_server_networks=networks,
    )


def stack(content, protect):
    registry = {"host": "registry.example:5000", "username": "puller", "password": "hunter2"}
    baseline = ClusterBaseline(
        "openim",
        {"namespace": "openim-test", "cpu": "32", "memory": "64Gi", "registry": registry, "protect": protect},
    )
    OpenIM(
        "openim",
        {
            "namespace": baseline.namespace,
            "content": content,
            "pull_secret": baseline.pull_secret,
            "protect": protect,
        },
    )


def objects(recorded, kind=None):
    found = [one for one in recorded if one.type.startswith("kubernetes:")]
    return [one.inputs for one in found if kind in (None, one.type.rsplit(":", 1)[-1])]


def by_name(recorded, kind):
    return {one["metadata"]["name"]: one for one in objects(recorded, kind)}


def workloads(recorded):
    return {**by_name(recorded, "Deployment"), **by_name(recorded, "StatefulSet")}


def pod(workload):
    return workload["spec"]["template"]["spec"]


def container(workload):
    return pod(workload)["containers"][0]


def files(recorded, workload):
    """The parsed configuration that ``workload`` mounts."""
    for volume in pod(workload).get("volumes", []):
        if "configMap" in volume:
            data = by_name(recorded, "ConfigMap")[volume["configMap"]["name"]]["data"]
            return {name: parsed(text) for name, text in data.items() if name.endswith(".yml")}
    return {}


@cache
def parsed(text):
    return YAML(typ="safe").load(text)


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


def test_credentials_never_leave_secrets(declared):
    """Generated passwords and the registry's stand in Secrets only, and travel as secrets."""
    recorded = declared()
    for one in recorded:
        clear = str({key: value for key, value in one.inputs.items() if not secret_path(one, key)})
        assert "generated-" not in clear, one.urn
        assert "hunter2" not in clear, one.urn
    for one in objects(recorded, "ConfigMap"):
        assert "openIM123" not in str(one)
        assert "666666" not in str(one)


def secret_path(one, key):
    inside = [path for path in one.secrets if path == key or path.startswith(f"{key}.")]
    return bool(inside) and (key in inside or {f"{key}.{name}" for name in one.inputs[key]} == set(inside))


def test_both_ends_share_each_password(declared):
    """A store and its clients read the same key of the same Secret."""
    recorded = declared()
    secrets = {name: one["data"] for name, one in by_name(recorded, "Secret").items()}
    password = base64.b64decode(secrets["openim-redis-secret"]["redis-password"]).decode()
    assert password == "generated-openim-openim-redis-secret-redis-password"
    running = workloads(recorded)
    assert reference(running["redis"], "REDIS_PASSWORD") == ("openim-redis-secret", "redis-password")
    assert reference(running["openim-api"], "IMENV_REDIS_PASSWORD") == ("openim-redis-secret", "redis-password")
    assert reference(running["openim-chat-rpc"], "CHATENV_REDIS_PASSWORD") == ("openim-redis-secret", "redis-password")
    assert reference(running["mongo"], "MONGO_OPENIM_PASSWORD") == reference(
        running["openim-rpc-user"], "IMENV_MONGODB_PASSWORD"
    )
    assert reference(running["openim-api"], "IMENV_SHARE_SECRET") == reference(
        running["openim-chat-api"], "CHATENV_SHARE_OPENIM_SECRET"
    )


def reference(workload, name):
    (found,) = [one for one in container(workload)["env"] if one["name"] == name]
    return found["valueFrom"]["secretKeyRef"]["name"], found["valueFrom"]["secretKeyRef"]["key"]


def test_passwords_are_generated_once(declared):
    """Nothing that changes from run to run can make a password anew."""
    passwords = [one for one in declared() if one.type == "random:index/randomPassword:RandomPassword"]
    assert len(passwords) == 8
    assert all(set(one.inputs) == {"length", "special"} for one in passwords)


def test_images_are_digests_from_the_declared_registry(declared):
    """No pod runs a tag, and each runs the image of its own name."""
    for name, workload in workloads(declared()).items():
        image, _, digest = container(workload)["image"].partition("@sha256:")
        assert image == f"registry.example:5000/openim/{name}"
        assert len(digest) == 64
        assert container(workload)["imagePullPolicy"] == "IfNotPresent"


def test_pods_meet_the_restricted_standard(declared):
    """Not root, no privileges, a read-only root and the runtime's seccomp profile, for every pod."""
    recorded = declared()
    for workload in workloads(recorded).values():
        security = pod(workload)["securityContext"]
        assert security["runAsNonRoot"]
        assert security["runAsUser"] > 0
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}
        assert container(workload)["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container(workload)["resources"]["requests"].keys() == {"cpu", "memory"}
        assert "memory" in container(workload)["resources"]["limits"]
    (namespace,) = objects(recorded, "Namespace")
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_whatever_listens_is_probed(declared):
    """Start-up, readiness and liveness of every program with a port; the cron program has none."""
    for name, workload in workloads(declared()).items():
        probes = {"startupProbe", "readinessProbe", "livenessProbe"} & container(workload).keys()
        assert len(probes) == (0 if name == "openim-crontask" else 3)
        ports = {port["name"] for port in container(workload)["ports"]}
        for probe in probes:
            how = container(workload)[probe]
            assert how.get("httpGet", how.get("tcpSocket"))["port"] in ports


def test_each_replica_of_a_store_has_its_own_volume(declared):
    """Stores claim their volumes by template, and no claim is shared or deleted with the store."""
    recorded = declared()
    assert not objects(recorded, "PersistentVolumeClaim")
    for workload in by_name(recorded, "StatefulSet").values():
        (claim,) = workload["spec"]["volumeClaimTemplates"]
        assert claim["spec"]["accessModes"] == ["ReadWriteOnce"]
        assert claim["metadata"]["name"] in {one["name"] for one in container(workload)["volumeMounts"]}
        assert workload["spec"]["replicas"] == 1
        assert workload["spec"]["persistentVolumeClaimRetentionPolicy"]["whenDeleted"] == "Retain"


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


def test_replicas_are_kept_through_drains_and_zones(declared):
    """Several replicas spread and give way one at a time; a single one holds no drain up."""
    recorded = declared({"openim-push": {"replicas": 1}, "openim-api": {"replicas": 4}})
    deployments, budgets = by_name(recorded, "Deployment"), by_name(recorded, "PodDisruptionBudget")
    assert deployments["openim-api"]["spec"]["replicas"] == 4
    assert "openim-api" in budgets
    assert "openim-push" not in budgets
    assert {one["topologyKey"] for one in pod(deployments["openim-api"])["topologySpreadConstraints"]} == {
        "topology.kubernetes.io/zone",
        "kubernetes.io/hostname",
    }
    assert deployments["openim-crontask"]["spec"]["strategy"] == {"type": "Recreate"}


def test_the_autoscaler_alone_counts_its_pods(declared):
    """With autoscaling the Deployment names no number that would undo the autoscaler's on every deployment."""
    recorded = declared({"openim-api": {"replicas": 3, "autoscaling": {"maxReplicas": 9}}})
    assert "replicas" not in by_name(recorded, "Deployment")["openim-api"]["spec"]
    scaler = by_name(recorded, "HorizontalPodAutoscaler")["openim-api"]["spec"]
    assert (scaler["minReplicas"], scaler["maxReplicas"]) == (3, 9)


def test_a_changed_configuration_rolls_its_readers_only(record, declared, application, monkeypatch):
    """Pods whose files change are replaced; the others stay."""
    before = templates(declared())
    changed = {**application.configuration["server"]["openim-push.yml"], "maxConcurrentWorkers": 7}
    monkeypatch.setitem(application.configuration["server"], "openim-push.yml", changed)
    after = templates(record(lambda: stack(assembled(application, {}), False)))
    assert {name for name in before if before[name] != after[name]} == {"openim-api", "openim-push"}


def templates(recorded):
    return {name: workload["spec"]["template"] for name, workload in workloads(recorded).items()}


def test_a_changed_secret_rolls_its_readers_without_telling(declared):
    """Pods carry a keyed fingerprint of each Secret that they read, never a plain hash of it."""
    recorded = declared()
    (redis,) = [one for one in recorded if one.type.endswith(":StatefulSet") and one.name == "openim-redis"]
    annotations = redis.inputs["spec"]["template"]["metadata"]["annotations"]
    assert list(annotations) == ["openim-cicd/openim-redis-secret"]
    assert len(annotations["openim-cicd/openim-redis-secret"]) == 16
    assert not redis.secrets


def test_stores_are_there_before_the_services(declared):
    """A service is declared to wait for every store."""
    recorded = declared()
    stores = {one.urn for one in recorded if one.type.endswith(":StatefulSet")}
    services = {one.parent for one in recorded if one.type.endswith(":Deployment")}
    assert len(services) == 16
    for one in recorded:
        assert one.urn not in services or stores <= set(one.depends_on)


def test_production_protects_what_cannot_be_made_again(declared):
    """The namespace, the stores and their passwords refuse to be deleted; nothing else does."""
    kinds = {one.type.rsplit(":", 1)[-1] for one in declared(protect=True) if one.protect}
    assert kinds == {"Namespace", "StatefulSet", "RandomPassword"}
    assert not [one for one in declared() if one.protect]


def test_children_stand_under_their_component(declared):
    """Every object has a component of ours as its parent, and every component tells its outputs."""
    recorded = declared()
    components = {one.urn for one in recorded if one.type.startswith("openim-cicd:index:")}
    assert all(one.parent in components for one in recorded if one.custom)
    assert all(one.outputs for one in recorded if one.urn in components)


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


def test_programs_in_other_languages_can_use_the_components():
    """The component provider describes each of them under the project's own tokens."""
    schema = json.loads(ComponentProvider([Application, ClusterBaseline, OpenIM], "openim-cicd").schema)
    assert set(schema["resources"]) == {
        f"openim-cicd:index:{name}" for name in ("Application", "ClusterBaseline", "OpenIM")
    }
    workload = schema["types"]["openim-cicd:index:Workload"]
    assert all("description" in one for one in workload["properties"].values())
